"""The command that says over which stream mail would go, and which rule chose it."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.access import reading
from app.commands.output import JsonOption, print_json, say
from app.services import associations, lists, segments

app = typer.Typer(add_completion=False)


@app.command()
def resolve(
    ctx: typer.Context,
    list_name: Annotated[str, typer.Argument(metavar="LIST", help="The list.")],
    segment: Annotated[str | None, typer.Option(metavar="S", help="A segment of the list.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the stream that a mailing to a list or segment would go over, and the rule that chose it."""
    with reading(ctx) as session:
        list_id = lists.by_name(session, list_name).id
        segment_id = None if segment is None else segments.by_name(session, segment, list_id=list_id).id
        found = associations.resolve(session, list_id=list_id, segment_id=segment_id)
    if as_json:
        print_json({"stream": found.stream, "rule": found.rule.value})
    else:
        say(f"{found.stream} ({found.rule.value}{f' {found.origin}' if found.origin else ''})")
