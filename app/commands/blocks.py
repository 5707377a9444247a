"""The commands about blocks."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.commands.access import actor, now, reading, writing
from app.commands.output import (
    JsonObject,
    JsonOption,
    iso,
    local_time,
    print_facts,
    print_json,
    print_json_array,
    print_table,
    say,
)
from app.services import addresses, block_actions, blocks, streams
from app.services.blocks import BlockEventView, BlockFilter, BlockView
from app.services.problems import BadValue
from engine.addresses import AddressError, to_ascii_domain
from engine.blocks import BlockState
from engine.replies import Scope

app = typer.Typer(help="Blocks: pairs of a sending address and an MX address that are refused.", add_completion=False)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="A block's number.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", help="Blocks' numbers.")]
ReasonOption = Annotated[str, typer.Option(metavar="T", help="Why; stands in the block's history.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Cleared ones, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the blocks that are not cleared."""
    with reading(ctx) as session:
        found = blocks.listing(session, BlockFilter(with_cleared=everything))
        if as_json:
            print_json_array(_json(view) for view in found)
            return
        print_table(
            ("block", "state", "sending address", "domain", "MX address", "since", "next probe", "held", "reply"),
            (
                (
                    view.id,
                    view.state.value,
                    view.sending_address,
                    view.domain,
                    _mx_address(view),
                    local_time(view.since),
                    "never" if view.state is BlockState.PERMANENT else local_time(view.next_probe),
                    view.held,
                    view.reply,
                )
                for view in found
            ),
            empty="No address is blocked anywhere.",
        )


@app.command()
def show(ctx: typer.Context, block_id: IdArgument, as_json: JsonOption = False) -> None:
    """Show one block with the exact reply."""
    with reading(ctx) as session:
        view = blocks.get(session, _number(block_id))
    if as_json:
        print_json(_json(view))
        return
    print_facts(
        (
            ("block", view.id),
            ("state", view.state.value),
            ("streams", ", ".join(view.streams)),
            ("sending address", view.sending_address),
            ("domain", view.domain),
            ("provider", view.provider),
            ("MX address", f"{view.mx_address} ({view.mx_host})"),
            ("stage", view.stage.value),
            ("reason", view.reason),
            ("rule", view.rule),
            ("reply", view.reply),
            ("advice", view.advice),
            ("since", local_time(view.since)),
            ("last probe", f"{local_time(view.last_probe)} {view.probe_note}".strip()),
            ("next probe", local_time(view.next_probe)),
            ("held", view.held),
            ("note", view.note),
        )
    )
    if view.scope is Scope.GROUP:
        print_table(
            ("MX address", "MX host", "since", "reply"),
            ((pair.mx_address, pair.mx_host, local_time(pair.at), pair.reply) for pair in view.pairs),
            empty="",
        )


@app.command()
def history(ctx: typer.Context, block_id: IdArgument, as_json: JsonOption = False) -> None:
    """Show everything that happened to a block."""
    with reading(ctx) as session:
        events = blocks.history(session, _number(block_id))
    if as_json:
        print_json_array(_event_json(event) for event in events)
        return
    print_table(
        ("time", "what", "who", "details", "MX address", "reply"),
        (
            (local_time(event.at), event.kind.value, event.actor, event.text, event.mx_address, event.reply)
            for event in events
        ),
        empty="Nothing has happened to this block.",
    )


@app.command()
def clear(
    ctx: typer.Context,
    block_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Blocks' numbers.")] = None,
    stream: Annotated[str | None, typer.Option(metavar="S", help="All blocks of this stream.")] = None,
    domain: Annotated[str | None, typer.Option(metavar="D", help="All blocks at this domain.")] = None,
    address: Annotated[str | None, typer.Option(metavar="IP", help="All blocks of this sending address.")] = None,
    reason: ReasonOption = "",
) -> None:
    """Open the pairs of blocks at once; whoever is held there goes out."""
    chosen = [option for option in (stream, domain, address) if option is not None]
    if bool(block_ids) == bool(chosen):
        raise BadValue("id", "Give either numbers of blocks or --stream, --domain or --address.")
    with writing(ctx) as session:
        if block_ids:
            ids = [_number(each) for each in block_ids]
            cleared = block_actions.clear(session, ids, reason=reason, actor=actor(), now=now())
        else:
            wanted = _filter(session, stream, domain, address)
            cleared = block_actions.clear_matching(session, wanted, reason=reason, actor=actor(), now=now())
    say("There was nothing to clear." if not cleared.ids else f"Cleared {_count(len(cleared.ids))}.")


@app.command("clear-and-probe")
def clear_and_probe(ctx: typer.Context, block_ids: IdsArgument) -> None:
    """Open the pairs of blocks with a slow start."""
    with writing(ctx) as session:
        block_actions.clear_and_probe(session, _numbers(block_ids), actor=actor(), now=now())
    say(f"{_count(len(block_ids))} cleared with a slow start.")


@app.command()
def probe(ctx: typer.Context, block_ids: IdsArgument) -> None:
    """Test blocks as soon as the engine can."""
    with writing(ctx) as session:
        block_actions.probe_now(session, _numbers(block_ids), actor=actor(), now=now())
    say(f"{_count(len(block_ids))} will be tested at once.")


@app.command()
def hold(ctx: typer.Context, block_ids: IdsArgument, reason: ReasonOption = "") -> None:
    """Make blocks permanent: no probe until a person acts."""
    with writing(ctx) as session:
        block_actions.hold(session, _numbers(block_ids), reason=reason, actor=actor(), now=now())
    say(f"{_count(len(block_ids))} made permanent.")


@app.command()
def exempt(ctx: typer.Context, block_ids: IdsArgument, reason: ReasonOption = "") -> None:
    """Never block these pairs again."""
    with writing(ctx) as session:
        block_actions.exempt(session, _numbers(block_ids), reason=reason, actor=actor(), now=now())
    say(f"{_count(len(block_ids))} exempt.")


@app.command()
def unexempt(ctx: typer.Context, block_ids: IdsArgument) -> None:
    """End exemptions."""
    with writing(ctx) as session:
        block_actions.unexempt(session, _numbers(block_ids), actor=actor(), now=now())
    say(f"{_count(len(block_ids))} no longer exempt.")


@app.command()
def note(ctx: typer.Context, block_id: IdArgument, text: Annotated[str, typer.Argument(help="The note.")]) -> None:
    """Write a note on a block."""
    with writing(ctx) as session:
        block_actions.note(session, _number(block_id), text, actor=actor(), now=now())
    say(f"Noted on block {block_id}.")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise BadValue("id", f"The id of a block is a whole number, not {text!r}.")
    return int(text)


def _numbers(texts: list[str]) -> list[int]:
    return [_number(text) for text in texts]


def _filter(session: Session, stream: str | None, domain: str | None, address: str | None) -> BlockFilter:
    return BlockFilter(
        stream_id=None if stream is None else streams.by_name(session, stream).id,
        domain="" if domain is None else _domain(domain),
        sending_address="" if address is None else addresses.by_ip(session, address).ip,
    )


def _domain(text: str) -> str:
    try:
        return to_ascii_domain(text)
    except AddressError as error:
        raise BadValue("domain", f"The domain {text!r} can't be used: {error}.") from None


def _count(number: int) -> str:
    return "1 block" if number == 1 else f"{number:,} blocks"


def _mx_address(view: BlockView) -> str:
    return f"{view.mx_address} and all of its group" if view.scope is Scope.GROUP else view.mx_address


def _json(view: BlockView) -> JsonObject:
    row: dict[str, object] = {
        "id": view.id,
        "state": view.state.value,
        "streams": list(view.streams),
        "sending_address": view.sending_address,
        "mx_address": view.mx_address,
        "mx_host": view.mx_host,
        "domain": view.domain,
        "scope": view.scope.value,
        "stage": view.stage.value,
        "code": view.code,
        "enhanced": view.enhanced,
        "reply": view.reply,
        "rule": view.rule,
        "since": iso(view.since),
        "last_probe": iso(view.last_probe),
        "next_probe": iso(view.next_probe),
        "held": view.held,
    }
    if view.scope is Scope.GROUP:
        row["pairs"] = [
            {
                "sending_address": view.sending_address,
                "mx_address": pair.mx_address,
                "mx_host": pair.mx_host,
                "code": pair.code,
                "reply": pair.reply,
                "since": iso(pair.at),
            }
            for pair in view.pairs
        ]
    return row


def _event_json(event: BlockEventView) -> JsonObject:
    return {
        "at": iso(event.at),
        "event": event.kind.value,
        "actor": event.actor,
        "text": event.text,
        "mx_address": event.mx_address,
        "reply": event.reply,
    }
