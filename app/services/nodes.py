"""The machine that this process runs on, as a row of the database. A service: functions on the caller's session."""

from __future__ import annotations

import platform

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.schema import Node


def this_node(session: Session) -> int:
    """The id of this machine's node: the one with its host name, else the first; every open database has one."""
    own_first = (Node.host != platform.node(), Node.id)
    return session.scalars(select(Node.id).order_by(*own_first).limit(1)).one()
