"""The command that answers "why not sent?"."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from app.commands.access import now, open_database
from app.commands.network import make_resolver
from app.commands.output import JsonObject, JsonOption, iso, local_time, print_json, print_table, say
from app.services import addresses, mailings, why
from app.services.why import Question, Why
from engine.why import CandidateReport, Exclusion

app = typer.Typer(add_completion=False)


@app.command("why")
def why_(
    ctx: typer.Context,
    mailing: Annotated[str, typer.Argument(metavar="MAILING", help="The mailing.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A recipient's address, or a domain.")],
    as_json: JsonOption = False,
) -> None:
    """Say why a recipient is not sent: every pair with what excludes it, and the next possible time."""
    instant = now()
    with open_database(ctx) as database, database.read() as session:
        mailing_id = mailings.by_name(session, mailing).id
        question = why.ask(session, mailing_id, address, node=database.node, now=instant)
        own = frozenset(view.ip for view in addresses.listing(session))
    found = asyncio.run(_answer(question, own, instant))
    if as_json:
        print_json(_json(found))
        return
    say(found.summary)
    if found.next_time is not None:
        say(f"Next possible time: {local_time(found.next_time)}.")
    if found.candidates:
        print_table(
            ("sending address", "MX address", "MX host", "preference", "open", "why"),
            (
                (
                    each.pair.sending_address,
                    each.pair.mx_address,
                    each.mx_host,
                    each.preference,
                    each.exclusion is Exclusion.NONE,
                    each.text,
                )
                for each in found.candidates
            ),
            empty="",
        )


async def _answer(question: Question, own: frozenset[str], instant: float) -> Why:
    resolver = make_resolver(question.world.settings, own)
    try:
        return await why.answer(question, resolver, instant)
    finally:
        await resolver.close()


def _json(found: Why) -> JsonObject:
    return {
        "mailing": found.mailing,
        "address": found.address,
        "state": found.state.value,
        "stream": found.stream,
        "summary": found.summary,
        "next_time": iso(found.next_time),
        "candidates": [_candidate(each) for each in found.candidates],
    }


def _candidate(each: CandidateReport) -> JsonObject:
    return {
        "sending_address": each.pair.sending_address,
        "mx_address": each.pair.mx_address,
        "mx_host": each.mx_host,
        "preference": each.preference,
        "open": each.exclusion is Exclusion.NONE,
        "exclusion": each.exclusion.value,
        "reason": each.text,
        "until": iso(each.until),
    }
