"""The commands about mail streams."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.access import actor, now, reading, writing
from app.commands.output import JsonObject, JsonOption, print_facts, print_json, print_json_array, print_table, say
from app.services import streams
from app.services.problems import BadValue, names_of
from app.services.streams import StreamEdit, StreamRow, StreamView

app = typer.Typer(help="Mail streams: named sets of sending addresses.", add_completion=False)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The stream.")]
IpArgument = Annotated[str, typer.Argument(metavar="IP", help="A sending address.")]
IpsArgument = Annotated[list[str] | None, typer.Argument(metavar="IP...", help="Sending addresses.")]
AddressOption = Annotated[list[str] | None, typer.Option(metavar="IP", help="The same, as an option.")]


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    address: Annotated[list[str], typer.Option(metavar="IP", help="A sending address; may be given several times.")],
    description: Annotated[str, typer.Option(help="What the stream is for.")] = "",
    guard: Annotated[bool, typer.Option(help="Pause toward a provider that blocks half of the addresses.")] = False,
) -> None:
    """Create a stream over sending addresses."""
    with writing(ctx) as session:
        view = streams.create(
            session, name=name, addresses=address, description=description, guard=guard, actor=actor(), now=now()
        )
    say(f"Created stream {view.name} over {_number(len(view.addresses))}.")


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all streams."""
    with reading(ctx) as session:
        rows = streams.listing(session, now=now())
        views = [streams.get(session, row.id) for row in rows] if as_json else []
    if as_json:
        print_json_array({**_json(view), **_numbers(row)} for view, row in zip(views, rows, strict=True))
        return
    print_table(
        ("stream", "default", "paused", "addresses", "sites", "lists", "segments", "msgs/s", "today", "blocks", "held"),
        (
            (
                row.name,
                row.is_default,
                row.paused,
                row.addresses,
                row.sites,
                row.lists,
                row.segments,
                row.messages_per_second,
                row.delivered_today,
                row.blocks,
                row.held,
            )
            for row in rows
        ),
        empty="There are no streams.",
    )


@app.command()
def show(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Show one stream with its addresses."""
    with reading(ctx) as session:
        view = streams.by_name(session, name)
    if as_json:
        print_json(_json(view))
        return
    print_facts(
        (
            ("stream", view.name),
            ("description", view.description),
            ("default", view.is_default),
            ("paused", view.paused),
            ("guard", view.guard),
        )
    )
    print_table(
        ("address", "weight", "paused here", "state", "HELO"),
        ((each.ip, each.weight, each.paused, each.state.value, each.helo) for each in view.addresses),
        empty="The stream has no addresses.",
    )


@app.command()
def rename(
    ctx: typer.Context, name: NameArgument, new_name: Annotated[str, typer.Argument(help="The new name.")]
) -> None:
    """Give a stream another name."""
    with writing(ctx) as session:
        view = streams.rename(session, streams.by_name(session, name).id, new_name, actor=actor(), now=now())
    say(f"The stream is called {view.name} now.")


@app.command()
def copy(
    ctx: typer.Context,
    name: NameArgument,
    copy_name: Annotated[str | None, typer.Argument(help="The copy's name; a free one when left out.")] = None,
) -> None:
    """Copy a stream with its addresses and limits, without its associations."""
    with writing(ctx) as session:
        original = streams.by_name(session, name)
        view = streams.copy(session, original.id, name=copy_name, actor=actor(), now=now())
    say(f"Created stream {view.name}.")


@app.command()
def delete(
    ctx: typer.Context,
    name: NameArgument,
    replace_with: Annotated[
        str | None, typer.Option(metavar="S", help="The stream that takes over associations and waiting recipients.")
    ] = None,
) -> None:
    """Delete a stream."""
    with writing(ctx) as session:
        stream = streams.by_name(session, name)
        other = None if replace_with is None else streams.by_name(session, replace_with).id
        deleted = streams.delete(session, stream.id, replace_with=other, actor=actor(), now=now())
    say(f"Deleted stream {deleted.name}.")
    if deleted.replacement and deleted.mailings:
        say(f"Moved to stream {deleted.replacement}: {names_of(deleted.mailings)}.")


@app.command()
def edit(
    ctx: typer.Context,
    name: NameArgument,
    description: Annotated[str | None, typer.Option(help="What the stream is for.")] = None,
    guard: Annotated[
        bool | None,
        typer.Option("--guard/--no-guard", help="Pause toward a provider that blocks half of the addresses."),
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Make it the default stream.")] = False,
) -> None:
    """Change a stream's description or guard, or make it the default stream."""
    with writing(ctx) as session:
        base = streams.by_name(session, name)
        view = streams.edit(
            session,
            base,
            StreamEdit(
                name=base.name,
                description=base.description if description is None else description,
                guard=base.guard if guard is None else guard,
                bindings=base.bindings(),
                limits=base.limits,
                make_default=default,
            ),
            actor=actor(),
            now=now(),
        )
    say(f"Changed stream {view.name}.")


@app.command()
def pause(ctx: typer.Context, name: NameArgument) -> None:
    """Start no new attempt over a stream until it is resumed."""
    with writing(ctx) as session:
        view = streams.pause(session, streams.by_name(session, name).id, actor=actor(), now=now())
    say(f"Paused stream {view.name}.")


@app.command()
def resume(ctx: typer.Context, name: NameArgument) -> None:
    """Let mail go over a stream again."""
    with writing(ctx) as session:
        view = streams.resume(session, streams.by_name(session, name).id, actor=actor(), now=now())
    say(f"Resumed stream {view.name}.")


@app.command("add-address")
def add_address(ctx: typer.Context, name: NameArgument, ips: IpsArgument = None, address: AddressOption = None) -> None:
    """Bind more sending addresses in a stream."""
    chosen = _chosen(ips, address)
    with writing(ctx) as session:
        view = streams.add_addresses(session, streams.by_name(session, name).id, chosen, actor=actor(), now=now())
    say(f"Stream {view.name} has {_number(len(view.addresses))} now.")


@app.command("remove-address")
def remove_address(
    ctx: typer.Context, name: NameArgument, ips: IpsArgument = None, address: AddressOption = None
) -> None:
    """Take sending addresses out of a stream."""
    chosen = _chosen(ips, address)
    with writing(ctx) as session:
        view = streams.by_name(session, name)
        for ip in chosen:
            view = streams.remove_address(session, view.id, ip, actor=actor(), now=now())
    say(f"Stream {view.name} has {_number(len(view.addresses))} now.")


def _chosen(ips: list[str] | None, addresses: list[str] | None) -> list[str]:
    chosen = [*(ips or ()), *(addresses or ())]
    if not chosen:
        raise BadValue("address", "Give the address: an IPv4 or IPv6 address behind the stream's name.")
    return chosen


@app.command("set-weight", context_settings={"ignore_unknown_options": True})
def set_weight(
    ctx: typer.Context,
    name: NameArgument,
    ip: IpArgument,
    weight: Annotated[str, typer.Argument(metavar="N", help="1 to 1000.")],
) -> None:
    """Set the share of an address in a stream's mail."""
    if not weight.lstrip("-").isascii() or not weight.lstrip("-").isdigit():
        raise BadValue("weight", f"The weight must be a whole number from 1 to {streams.MOST_WEIGHT}, not {weight!r}.")
    with writing(ctx) as session:
        stream = streams.by_name(session, name)
        view = streams.set_weight(session, stream.id, ip, int(weight), actor=actor(), now=now())
    say(f"{ip} has the weight {weight} in stream {view.name}.")


def _number(addresses: int) -> str:
    return "1 address" if addresses == 1 else f"{addresses} addresses"


def _json(view: StreamView) -> JsonObject:
    return {
        "name": view.name,
        "description": view.description,
        "default": view.is_default,
        "paused": view.paused,
        "guard": view.guard,
        "addresses": [
            {
                "ip": each.ip,
                "helo": each.helo,
                "state": each.state.value,
                "weight": each.weight,
                "paused": each.paused,
            }
            for each in view.addresses
        ],
    }


def _numbers(row: StreamRow) -> JsonObject:
    return {
        "sites": row.sites,
        "lists": row.lists,
        "segments": row.segments,
        "messages_per_second": row.messages_per_second,
        "delivered_today": row.delivered_today,
        "blocks": row.blocks,
        "held": row.held,
    }
