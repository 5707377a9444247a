"""The command that gives a site, a list or a segment a stream of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.access import actor, now, writing
from app.commands.output import say
from app.services import associations, lists, streams
from app.services.associations import NodeKind
from app.services.problems import BadValue, names_of

app = typer.Typer(add_completion=False)


@app.command()
def associate(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="site|list|segment", help="What gets a stream of its own.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    stream: Annotated[str | None, typer.Argument(metavar="[STREAM]", help="The stream.")] = None,
    inherit: Annotated[bool, typer.Option("--inherit", help="Take the association away.")] = False,
    list_name: Annotated[
        str | None, typer.Option("--list", metavar="L", help="The list of a segment whose name several lists have.")
    ] = None,
    move_running: Annotated[
        bool, typer.Option("--move-running", help="Also move the waiting recipients of running mailings.")
    ] = False,
) -> None:
    """Give a site, a list or a segment a stream of its own, or let it inherit."""
    node_kind = _kind(kind)
    if (stream is None) != inherit:
        raise BadValue("stream", "Give either the name of a stream or --inherit.")
    with writing(ctx) as session:
        list_id = None if list_name is None else lists.by_name(session, list_name).id
        node_id = associations.find(session, node_kind, name, list_id=list_id)
        stream_id = None if stream is None else streams.by_name(session, stream).id
        change = associations.associate(session, node_kind, node_id, stream_id, actor=actor(), now=now())
        if move_running:
            running = [mailing.id for mailing in change.running]
            associations.move_waiting(session, running, actor=actor(), now=now())
    say(
        f"Mail of {change.kind.value} {change.name} goes over stream {change.resolved.stream} ({change.resolved.rule.value})."
    )
    if change.running:
        names = names_of([mailing.name for mailing in change.running])
        say(f"{'Moved' if move_running else 'Started mailings stay where they are'}: {names}.")


def _kind(text: str) -> NodeKind:
    try:
        return NodeKind(text.lower())
    except ValueError:
        raise BadValue("kind", f"Associate a site, a list or a segment, not {text!r}.") from None
