"""The commands about lists."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.access import actor, now, reading, writing
from app.commands.output import JsonOption, print_json_array, print_table, say
from app.services import lists, sites

app = typer.Typer(help="Lists of a site, with members.", add_completion=False)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The list.")]


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    site: Annotated[str, typer.Option(metavar="HOST", help="The site that the list belongs to.")],
    description: Annotated[str, typer.Option(help="What the list is for.")] = "",
) -> None:
    """Create a list."""
    with writing(ctx) as session:
        site_id = sites.by_host(session, site).id
        view = lists.create(session, name=name, site_id=site_id, description=description, actor=actor(), now=now())
    say(f"Created list {view.name}.")


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all lists."""
    with reading(ctx) as session:
        views = lists.listing(session)
    if as_json:
        print_json_array(
            {
                "name": view.name,
                "site": view.site,
                "description": view.description,
                "stream": view.stream,
                "members": view.members,
                "segments": view.segments,
                "fields": list(view.fields),
            }
            for view in views
        )
        return
    print_table(
        ("list", "site", "stream", "members", "segments"),
        ((view.name, view.site, view.stream or "inherit", view.members, view.segments) for view in views),
        empty="There are no lists; create one with: mailstreams list create NAME --site HOST",
    )


@app.command()
def delete(ctx: typer.Context, name: NameArgument) -> None:
    """Delete a list with its members and segments."""
    with writing(ctx) as session:
        view = lists.by_name(session, name)
        lists.delete(session, view.id, actor=actor(), now=now())
    say(f"Deleted list {view.name} with its {view.members:,} members.")
