"""The commands about sites."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.access import actor, now, reading, writing
from app.commands.output import JsonOption, print_json_array, print_table, say
from app.services import sites

app = typer.Typer(help="Sites: the host names that group lists.", add_completion=False)

HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="The site's host name.")]


@app.command()
def create(ctx: typer.Context, host: HostArgument) -> None:
    """Create a site."""
    with writing(ctx) as session:
        view = sites.create(session, host, actor=actor(), now=now())
    say(f"Created site {view.host}.")


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all sites."""
    with reading(ctx) as session:
        views = sites.listing(session)
    if as_json:
        print_json_array({"host": view.host, "stream": view.stream, "lists": view.lists} for view in views)
        return
    print_table(
        ("site", "stream", "lists"),
        ((view.host, view.stream or "inherit", view.lists) for view in views),
        empty="There are no sites; create one with: mailstreams site create HOST",
    )


@app.command()
def delete(ctx: typer.Context, host: HostArgument) -> None:
    """Delete a site that has no lists."""
    with writing(ctx) as session:
        view = sites.by_host(session, host)
        sites.delete(session, view.id, actor=actor(), now=now())
    say(f"Deleted site {view.host}.")
