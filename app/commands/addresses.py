"""The commands about sending addresses."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from app.commands.access import actor, now, open_database, reading, writing
from app.commands.network import make_resolver
from app.commands.output import JsonObject, JsonOption, print_facts, print_json, print_json_array, print_table, say
from app.services import addresses, preflight
from app.services.address_entries import sendable
from app.services.addresses import AddressView
from app.services.doctor import usual_domain
from app.services.preflight import Check, Finding, PortTarget
from app.services.problems import BadValue
from app.settings import engine_settings
from engine.pairs import IPText
from engine.ports import EngineSettings

app = typer.Typer(help="Sending addresses: the IP addresses that mail leaves from.", add_completion=False)

IpArgument = Annotated[str, typer.Argument(metavar="IP", help="An IPv4 or IPv6 address.")]

HELO_SECONDS = 3.0
"""How long adding an address waits for its reverse name."""


@app.command()
def add(
    ctx: typer.Context,
    ip: IpArgument,
    helo: Annotated[str | None, typer.Option(help="The HELO name; the reverse DNS name when left out.")] = None,
) -> None:
    """Add a sending address of this machine."""
    canonical = _sendable(ip)
    with open_database(ctx) as database:
        with database.read() as session:
            network = engine_settings(session)
        name = asyncio.run(_reverse_name(network, canonical)) if helo is None else helo
        with database.write() as session:
            view = addresses.add(session, canonical, helo=name, actor=actor(), now=now())
    say(f"Added {view.ip}; it greets as {view.helo}.")


def _sendable(ip: str) -> IPText:
    try:
        return sendable(ip)
    except ValueError as error:
        raise BadValue("ip", str(error)) from None


async def _reverse_name(network: EngineSettings, ip: str) -> str:
    """The HELO name that suits, "" when the DNS takes too long."""
    names = make_resolver(network)
    try:
        async with asyncio.timeout(HELO_SECONDS):
            return await preflight.default_helo(names, ip)
    except TimeoutError:
        return ""
    finally:
        await names.close()


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all sending addresses."""
    with reading(ctx) as session:
        views = addresses.listing(session)
    if as_json:
        print_json_array(_json(view) for view in views)
        return
    print_table(
        ("address", "state", "HELO", "streams", "blocks", "fault"),
        (
            (view.ip, view.state.value, view.helo, ", ".join(view.streams), view.open_blocks, view.fault)
            for view in views
        ),
        empty="There are no sending addresses; add one with: mailstreams address add IP",
    )


@app.command()
def show(ctx: typer.Context, ip: IpArgument, as_json: JsonOption = False) -> None:
    """Show one sending address."""
    with reading(ctx) as session:
        view = addresses.by_ip(session, ip)
    if as_json:
        print_json(_json(view))
        return
    print_facts(
        (
            ("address", view.ip),
            ("state", view.state.value),
            ("HELO", view.helo),
            ("node", view.node),
            ("streams", ", ".join(view.streams)),
            ("open blocks", view.open_blocks),
            ("fault", view.fault),
        )
    )


@app.command()
def pause(ctx: typer.Context, ip: IpArgument) -> None:
    """Let no mail leave from an address until it is resumed."""
    with writing(ctx) as session:
        view = addresses.pause(session, addresses.by_ip(session, ip).id, actor=actor(), now=now())
    say(f"Paused {view.ip}.")


@app.command()
def resume(ctx: typer.Context, ip: IpArgument) -> None:
    """Let mail leave from an address again."""
    with writing(ctx) as session:
        view = addresses.resume(session, addresses.by_ip(session, ip).id, actor=actor(), now=now())
    say(f"Resumed {view.ip}.")


@app.command()
def remove(ctx: typer.Context, ip: IpArgument) -> None:
    """Forget an address that no stream uses."""
    with writing(ctx) as session:
        view = addresses.by_ip(session, ip)
        addresses.remove(session, view.id, actor=actor(), now=now())
    say(f"Removed {view.ip}.")


@app.command()
def check(
    ctx: typer.Context,
    ip: IpArgument,
    sender_domain: Annotated[
        str, typer.Option(help="Also check whether SPF of this domain covers the address.", metavar="D")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Check an address before or after it is used: binding, reverse name, HELO name, port 25, SPF. Changes nothing."""
    canonical = _sendable(ip)
    with reading(ctx) as session:
        network = engine_settings(session)
        helo = next((view.helo for view in addresses.listing(session) if view.ip == canonical), "")
        target = PortTarget(usual_domain(session), network.smtp_port)
    findings = asyncio.run(_check(network, canonical, helo, target, sender_domain))
    if as_json:
        print_json_array(
            {"ip": each.ip, "check": each.check.value, "grade": each.grade.value, "sentence": each.sentence}
            for each in findings
        )
        return
    print_table(
        ("check", "grade", ""),
        ((each.check.value, each.grade.value, each.sentence) for each in findings),
        empty="Nothing was checked.",
    )


async def _check(network: EngineSettings, ip: str, helo: str, target: PortTarget, sender_domain: str) -> list[Finding]:
    names = make_resolver(network)
    try:
        greeting = helo or await preflight.default_helo(names, ip)
        found = preflight.check_address(names, ip, helo=greeting, port_target=target, sender_domain=sender_domain)
        return sorted([finding async for finding in found], key=lambda finding: list(Check).index(finding.check))
    finally:
        await names.close()


def _json(view: AddressView) -> JsonObject:
    return {
        "ip": view.ip,
        "family": view.family.value,
        "helo": view.helo,
        "state": view.state.value,
        "fault": view.fault,
        "node": view.node,
        "streams": list(view.streams),
        "open_blocks": view.open_blocks,
    }
