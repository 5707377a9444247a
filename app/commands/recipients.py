"""The commands about recipients of a mailing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.access import reading
from app.commands.output import JsonObject, JsonOption, csv_output, print_json_array, print_table, say
from app.services import mailings, recipients
from app.services.recipients import RecipientFilter, RecipientView

app = typer.Typer(help="Recipients of a mailing.", add_completion=False)

MailingArgument = Annotated[str, typer.Argument(metavar="MAILING", help="The mailing.")]
StateOption = Annotated[str | None, typer.Option(metavar="STATE", help="Only those in this state, such as held.")]
DomainOption = Annotated[str, typer.Option(metavar="D", help="Only those of this domain.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    mailing: MailingArgument,
    state: StateOption = None,
    domain: DomainOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the recipients of a mailing with what became of them."""
    wanted = _filter(state, domain)
    with reading(ctx) as session:
        found = recipients.listing(session, mailings.by_name(session, mailing).id, wanted)
        if as_json:
            print_json_array(_json(view) for view in found)
            return
        print_table(
            ("address", "state", "attempts", "sent via", "MX address", "code", "reply"),
            (
                (view.address, view.state.value, view.attempts, view.sent_via, view.mx_address, view.code, view.reply)
                for view in found
            ),
            empty="There are no such recipients.",
        )


@app.command()
def export(
    ctx: typer.Context,
    mailing: MailingArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A new file, or - for standard output.")],
    state: StateOption = None,
    domain: DomainOption = "",
) -> None:
    """Write the recipients of a mailing to a CSV file that is safe to open in a spreadsheet."""
    wanted = _filter(state, domain)
    with reading(ctx) as session:
        mailing_id = mailings.by_name(session, mailing).id
        with csv_output(file) as output:
            number = recipients.export_csv(session, mailing_id, output, wanted)
    if str(file) != "-":
        say(f"Wrote {number:,} recipients to {file}.")


def _filter(state: str | None, domain: str) -> RecipientFilter:
    return RecipientFilter(state=None if state is None else recipients.parse_state(state), domain=domain)


def _json(view: RecipientView) -> JsonObject:
    return {
        "address": view.address,
        "state": view.state.value,
        "attempts": view.attempts,
        "sent_via": view.sent_via or None,
        "mx_address": view.mx_address or None,
        "code": view.code,
        "reply": view.reply or None,
    }
