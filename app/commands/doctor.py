"""The command that looks at everything that sending depends on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import typer

from app.commands.access import now, open_database, profile_of
from app.commands.network import make_resolver
from app.commands.output import JsonOption, print_json_array, print_table
from app.services import addresses, doctor
from app.services.addresses import AddressView
from app.services.doctor import Diagnosis
from app.services.preflight import Grade
from app.settings import engine_settings
from engine.ports import EngineSettings

app = typer.Typer(add_completion=False)


@app.command("doctor")
def doctor_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Check database, settings, addresses, name servers, port 25, disk, clock and engine; exit code 1 when one fails."""
    profile = profile_of(ctx)
    with open_database(ctx) as database:
        found = doctor.look(database, profile, now=now())
        with database.read() as session:
            network = engine_settings(session)
            views = addresses.listing(session)
            domain = doctor.usual_domain(session)
    found += asyncio.run(_look_outside(network, views, domain))
    if as_json:
        print_json_array({"check": each.check, "grade": each.grade.value, "sentence": each.sentence} for each in found)
    else:
        print_table(
            ("", "check", ""),
            ((each.grade.value, each.check, each.sentence) for each in found),
            empty="Nothing to check.",
        )
    if any(each.grade is Grade.FAIL for each in found):
        raise typer.Exit(1)


async def _look_outside(network: EngineSettings, views: Sequence[AddressView], domain: str) -> list[Diagnosis]:
    resolver = make_resolver(network)
    try:
        return await doctor.look_outside(resolver, views, domain, port=network.smtp_port)
    finally:
        await resolver.close()
