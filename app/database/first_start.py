"""What a new database has in it: the default stream and this machine's node. Runs whenever a database is opened."""

from __future__ import annotations

import platform

from sqlalchemy import Connection, insert, select

from app.database import trail
from app.database.schema import IdRange, Node, Stream, name_key

DEFAULT_STREAM = "default"


def find_node(connection: Connection, name: str) -> int | None:
    """The id of this machine's node, if it has one.

    A SQLite database belongs to one machine: its only node is meant, whatever the machine is called today.
    """
    wanted = select(Node.id).order_by(Node.id).limit(1)
    if connection.dialect.name != "sqlite":
        wanted = wanted.where(Node.name_key == name_key(name))
    return connection.scalar(wanted)


def make_node(connection: Connection, name: str, now: float) -> int:
    """Make this machine's node; a database without nodes is new, and gets what it needs. Needs the write lock."""
    node = find_node(connection, name)
    if node is not None:  # another process was quicker
        return node
    if connection.scalar(select(Node.id).limit(1)) is None:
        _fill(connection, now)
    else:
        trail.tell(connection, now, "node.join", f"node {name}", after=f"host {platform.node()}")
    row = {"name": name, "name_key": name_key(name), "host": platform.node()}
    return connection.execute(insert(Node).values(row).returning(Node.id)).scalar_one()


def _fill(connection: Connection, now: float) -> None:
    row = {"name": DEFAULT_STREAM, "name_key": name_key(DEFAULT_STREAM), "is_default": True, "created_at": now}
    connection.execute(insert(Stream).values(row))
    connection.execute(insert(IdRange), [{"name": name, "next_id": 1} for name in ("lanes", "recipients")])
