"""The commands about segments."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.commands.access import actor, now, reading, writing
from app.commands.output import JsonOption, print_json, print_json_array, print_table, say
from app.services import conditions, lists, segments
from app.services.segments import SegmentView

app = typer.Typer(help="Segments: saved selections of a list's members.", add_completion=False)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The segment.")]
ListOption = Annotated[
    str | None, typer.Option("--list", metavar="L", help="Its list, where several lists have a segment of this name.")
]


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    list_name: Annotated[str, typer.Option("--list", metavar="L", help="The list.")],
    where: Annotated[
        str,
        typer.Option(
            metavar="JSON",
            help='The conditions, such as {"all": [{"field": "country", "operator": "equals", "value": "DE"}]}.',
        ),
    ],
) -> None:
    """Create a segment of a list."""
    with writing(ctx) as session:
        list_id = lists.by_name(session, list_name).id
        view = segments.create(session, name=name, list_id=list_id, where=where, actor=actor(), now=now())
    say(f"Created segment {view.name} of list {view.list_name}.")


@app.command("list")
def list_(ctx: typer.Context, list_name: ListOption = None, as_json: JsonOption = False) -> None:
    """List all segments, or those of one list."""
    with reading(ctx) as session:
        list_id = None if list_name is None else lists.by_name(session, list_name).id
        views = segments.listing(session, list_id=list_id)
    if as_json:
        print_json_array(
            {
                "name": view.name,
                "list": view.list_name,
                "stream": view.stream,
                "where": conditions.to_data(view.where),
            }
            for view in views
        )
        return
    print_table(
        ("segment", "list", "stream"),
        ((view.name, view.list_name, view.stream or "inherit") for view in views),
        empty="There are no segments; create one with: mailstreams segment create NAME --list L --where JSON",
    )


@app.command()
def count(ctx: typer.Context, name: NameArgument, list_name: ListOption = None, as_json: JsonOption = False) -> None:
    """Count the members that a segment selects now."""
    with reading(ctx) as session:
        view = _find(session, name, list_name)
        number = segments.count(session, view.list_id, view.where)
    if as_json:
        print_json({"name": view.name, "list": view.list_name, "count": number})
    else:
        say(f"{number:,}")


@app.command()
def delete(ctx: typer.Context, name: NameArgument, list_name: ListOption = None) -> None:
    """Delete a segment."""
    with writing(ctx) as session:
        view = _find(session, name, list_name)
        segments.delete(session, view.id, actor=actor(), now=now())
    say(f"Deleted segment {view.name} of list {view.list_name}.")


def _find(session: Session, name: str, list_name: str | None) -> SegmentView:
    list_id = None if list_name is None else lists.by_name(session, list_name).id
    return segments.by_name(session, name, list_id=list_id)
