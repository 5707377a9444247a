"""The command that runs the engine without a window."""

from __future__ import annotations

from typing import Annotated

import typer

from app import logs, serve
from app.commands.access import open_database, profile_of
from app.settings import LOG_LEVEL, value_of

app = typer.Typer(add_completion=False)


@app.command("serve")
def serve_(
    ctx: typer.Context,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when nothing is left to send.")] = False,
) -> None:
    """Send mail until told to stop; SIGTERM lets open transactions finish. Prints "ready" when it takes work."""
    profile = profile_of(ctx)
    with open_database(ctx) as database:
        with database.read() as session:
            level = value_of(session, LOG_LEVEL)
        logs.set_up(profile.logs, level, to_stderr=True)
        code = serve.run(database, profile.journal, until_idle=until_idle)
    raise typer.Exit(code)
