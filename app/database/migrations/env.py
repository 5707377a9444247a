"""Run by Alembic for each command: migrates the connection that the caller gives, in the caller's transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from app.database.schema import Base


def run(connection: Connection) -> None:
    """Run the migrations on *connection*."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
        compare_server_default=True,
    )
    context.run_migrations()


run(context.config.attributes["connection"])
