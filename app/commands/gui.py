"""The command that shows the window; also what happens without any command where there is a display."""

from __future__ import annotations

import typer

from app import gui
from app.commands.access import WRONG_USAGE, profile_of
from app.commands.invocation import Failure, Invocation

app = typer.Typer(add_completion=False)


@app.command("gui")
def gui_(ctx: typer.Context) -> None:
    """Show the window. A second start brings the first window to the front."""
    if not gui.has_window():
        raise Failure("This program has no window; start mailstreams for it. --help lists the commands.", WRONG_USAGE)
    if not gui.has_display():
        raise Failure("There is no display here to show a window on; --help lists the commands.", WRONG_USAGE)
    invocation = ctx.find_object(Invocation)
    raise typer.Exit(gui.run(profile_of(ctx), invocation.database if invocation else None))
