"""The commands about suppressed addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.commands.access import actor, now, reading, writing
from app.commands.output import JsonOption, iso, local_time, print_json_array, print_table, say
from app.services import lists, suppressions
from app.services.problems import BadValue, UnknownName
from app.services.suppressions import SuppressionView
from engine.addresses import AddressError, parse_mailbox

app = typer.Typer(help="Suppressed addresses: never mailed, also when they are imported again.", add_completion=False)

AddressesArgument = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Mail addresses.")]
ListOption = Annotated[
    str | None, typer.Option("--list", metavar="L", help="For this list only; for all when left out.")
]


@app.command()
def add(
    ctx: typer.Context,
    addresses: AddressesArgument,
    list_name: ListOption = None,
    reason: Annotated[str, typer.Option(metavar="T", help="Why.")] = "",
) -> None:
    """Suppress addresses; takes effect at once, also for mailings under way."""
    with writing(ctx) as session:
        number = suppressions.add_many(
            session, addresses, list_id=_list_id(session, list_name), reason=reason, actor=actor(), now=now()
        )
    say(f"Suppressed {number:,}; {len(addresses) - number:,} were suppressed already.")


@app.command("list")
def list_(ctx: typer.Context, list_name: ListOption = None, as_json: JsonOption = False) -> None:
    """List suppressed addresses."""
    with reading(ctx) as session:
        found = _every(session, _list_id(session, list_name))
        if as_json:
            print_json_array(
                {
                    "address": each.address,
                    "list": each.list_name,
                    "reason": each.reason,
                    "at": iso(each.at),
                    "actor": each.actor,
                }
                for each in found
            )
            return
        print_table(
            ("address", "list", "since", "reason"),
            ((each.address, each.list_name or "all", local_time(each.at), each.reason) for each in found),
            empty="No address is suppressed.",
        )


@app.command()
def remove(ctx: typer.Context, addresses: AddressesArgument, list_name: ListOption = None) -> None:
    """Let addresses be mailed again."""
    with writing(ctx) as session:
        list_id = _list_id(session, list_name)
        ids = [_find(session, address, list_id).id for address in addresses]
        number = suppressions.remove(session, ids, actor=actor(), now=now())
    say(f"{number:,} may be mailed again.")


def _list_id(session: Session, name: str | None) -> int | None:
    return None if name is None else lists.by_name(session, name).id


def _every(session: Session, list_id: int | None) -> Iterator[SuppressionView]:
    last = 0
    while part := suppressions.page(session, after_id=last, limit=1000, list_id=list_id):
        yield from part
        last = part[-1].id


def _find(session: Session, address: str, list_id: int | None) -> SuppressionView:
    try:
        key = parse_mailbox(address).key
    except AddressError as error:
        raise BadValue("address", f"The address {address!r} can't be used: {error}.") from None
    for each in suppressions.page(session, containing=key, limit=1000, list_id=list_id):
        if each.address == key and each.list_id == list_id:
            return each
    raise UnknownName("suppressed address", address)
