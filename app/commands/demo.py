"""The command that shows on a rehearsal network what the program does."""

from __future__ import annotations

from typing import Annotated

import typer

from app import demo
from app.commands.invocation import Failure
from app.services.problems import BadValue

app = typer.Typer(add_completion=False)

LONGEST = 3600.0


@app.command("demo")
def demo_(
    seconds: Annotated[float, typer.Option(metavar="N", help="How long it takes.")] = demo.DEFAULT_SECONDS,
) -> None:
    """Show a mailing over a rehearsal network, live: a block, its report, its probes, its end. Nothing leaves this machine."""
    if not 1 <= seconds <= LONGEST:
        raise BadValue("seconds", f"The seconds must be 1 to {LONGEST:.0f}, not {seconds:g}.")
    try:
        code = demo.run(seconds)
    except demo.DemoProblem as problem:
        raise Failure(str(problem)) from None
    raise typer.Exit(code)
