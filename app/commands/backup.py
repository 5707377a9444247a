"""The command that copies the database."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from app.commands.access import now, open_database, profile_of
from app.commands.output import say

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A new file; one in the profile when left out.")
    ] = None,
) -> None:
    """Write a consistent copy of the database while others go on."""
    with open_database(ctx) as database:
        ending = "db" if database.is_sqlite else "zip"
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now()))
        target = file or profile_of(ctx).backups / f"backup-{stamp}.{ending}"
        database.backup(target)
    say(f"Wrote a copy of the database to {target}.")
