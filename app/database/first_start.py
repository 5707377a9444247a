"""What a new database has in it: the default stream and this machine's node. Runs whenever a database is opened."""

from __future__ import annotations

import platform

from sqlalchemy import Connection, insert, select, update

from app.database.schema import IdRange, Node, Stream, name_key

DEFAULT_STREAM = "default"


def own_node(connection: Connection, name: str, now: float) -> int:
    """The id of this machine's node. A database without nodes is new, and gets what it needs.

    A SQLite database belongs to one machine: its only node is meant, whatever the machine is called today.
    """
    host = platform.node()
    key = name_key(name)
    wanted = select(Node.id) if connection.dialect.name == "sqlite" else select(Node.id).where(Node.name_key == key)
    node = connection.scalar(wanted.order_by(Node.id).limit(1))
    if node is not None:
        connection.execute(update(Node).where(Node.id == node, Node.host != host).values(host=host))
        return node
    if connection.scalar(select(Node.id).limit(1)) is None:
        _fill(connection, now)
    row = {"name": name, "name_key": key, "host": host}
    return connection.execute(insert(Node).values(row).returning(Node.id)).scalar_one()


def _fill(connection: Connection, now: float) -> None:
    if connection.scalar(select(Stream.id).where(Stream.is_default)) is None:
        connection.execute(
            insert(Stream).values(
                name=DEFAULT_STREAM, name_key=name_key(DEFAULT_STREAM), is_default=True, created_at=now
            )
        )
    connection.execute(insert(IdRange), [{"name": name, "next_id": 1} for name in ("lanes", "recipients")])
