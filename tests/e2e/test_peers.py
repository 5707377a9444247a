"""An internet in which most servers are hostile: one mailing to all of them at once. Who works gets its mail, nobody gets
another's outcome, nothing grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from enginehouse import ADDRESSES, EngineHouse

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import (
    MX,
    Action,
    Answer,
    Append,
    Certificate,
    Domain,
    Drop,
    Fault,
    Flood,
    FloodKind,
    MailHost,
    NameFault,
    Offer,
    Provider,
    Raw,
    Record,
    Renege,
    Rule,
    Scenario,
    Silence,
    Swap,
    Trickle,
)
from app.rehearsal.scenarios import senders, single_host
from engine.ports import MailingState, RecipientState
from engine.replies import Stage

GOOD = ("good1.test", "good2.test", "good3.test")
PEOPLE = 20

HOSTILE: dict[str, tuple[tuple[Stage, Action], ...]] = {
    "silent-banner": ((Stage.BANNER, Silence()),),
    "silent-ehlo": ((Stage.EHLO, Silence()),),
    "silent-rcpt": ((Stage.RCPT, Silence()),),
    "silent-after-dot": ((Stage.END_OF_DATA, Silence(accept=True)),),
    "deaf": ((Stage.DATA, Silence(deaf=True)),),
    "byte-by-byte": ((Stage.RCPT, Trickle(1.0)),),
    "endless-line": ((Stage.EHLO, Flood(FloodKind.LINE)),),
    "endless-reply": ((Stage.RCPT, Flood(FloodKind.CONTINUATION)),),
    "endless-replies": ((Stage.MAIL, Flood(FloodKind.REPLIES)),),
    "closes-banner": ((Stage.BANNER, Drop()),),
    "closes-mail": ((Stage.MAIL, Drop(reset=True)),),
    "closes-data": ((Stage.DATA, Drop()),),
    "closes-after-dot": ((Stage.END_OF_DATA, Drop(accept=True)),),
    "closes-before-dot": ((Stage.END_OF_DATA, Drop(after_bytes=50)),),
    "out-of-order": ((Stage.RCPT, Swap()),),
    "one-too-many": ((Stage.RCPT, Append("250 2.1.5 and another\r\n")),),
    "no-reply-at-all": ((Stage.MAIL, Raw("hello\r\n")),),
    "354-to-nobody": ((Stage.RCPT, Answer(550, "5.1.1 user unknown")), (Stage.DATA, Answer(354, "go on"))),
    "breaks-its-word": (
        (Stage.EHLO, Offer(add=("SIZE 1000000",))),
        (Stage.EHLO, Renege(("PIPELINING", "8BITMIME", "SIZE", "SMTPUTF8", "CHUNKING"))),
    ),
}
"""Each domain with what its server does, at every message."""


def hostile_world() -> Scenario:
    """Three domains that work, one for each kind of misbehaviour, and three with TLS that is not what it should be."""
    names = [f"{name}.test" for name in HOSTILE]
    rules = [
        Rule(stage, action, at=(f"{name}.test",)) for name, actions in HOSTILE.items() for stage, action in actions
    ]
    plain = single_host([*GOOD, *names], rules)
    tls = {"expired": Certificate.EXPIRED, "wrong-name": Certificate.WRONG_NAME, "injects": Certificate.TRUSTED}
    secured = tuple(
        Provider(f"{name}.test", (MailHost(f"mx.{name}.test", (f"127.0.2.{number}",), tls=certificate),))
        for number, (name, certificate) in enumerate(tls.items(), start=1)
    )
    return Scenario(
        "hostile",
        (*plain.providers, *secured),
        (*plain.domains, *(Domain(f"{name}.test", (MX(f"mx.{name}.test"),)) for name in tls)),
        senders=senders(),
        rules=(*plain.rules, Rule(Stage.STARTTLS, Append("250 2.0.0 injected\r\n"), at=("injects.test",))),
    )


async def started(tmp_path: Path, network: RehearsalNetwork, domains: list[str], **settings: str) -> EngineHouse:
    """An engine that has begun a mailing to some people at each domain."""
    home = EngineHouse(tmp_path, network, network.clock)
    chosen = {name.replace("__", "."): value for name, value in settings.items()}
    await home.set_up(ADDRESSES[:2], {"retry.schedule_minutes": "60", **chosen})
    home.import_members([f"p{number}@{domain}" for domain in domains for number in range(PEOPLE)])
    home.start_mailing()
    await home.start()
    return home


@pytest.mark.expects_warnings
async def test_hostile_mail_servers(rehearsal: Any, tmp_path: Path) -> None:
    scenario = hostile_world()
    network = await rehearsal(scenario)
    domains = [domain.name for domain in scenario.domains]
    home = await started(
        tmp_path,
        network,
        domains,
        delivery__reply_timeout_seconds="3",
        delivery__connect_timeout_seconds="3",
        delivery__tls_required="wrong-name.test",
        delivery__drain_timeout_seconds="1",
    )
    try:
        done = len(GOOD) * PEOPLE

        def good_ones_are_served() -> bool:
            return [message.recipient.endswith(GOOD) for message in network.log.received()].count(True) == done

        await home.until(good_ones_are_served, "hostile servers hold up nobody")

        def hostile_ones_are_met() -> bool:
            met = {connection.host.removeprefix("mx.") for connection in network.log.connections()}
            return met >= set(domains) and all(row.state is not None for row in home.recipients().values())

        await home.until(hostile_ones_are_met, "everybody was called")
        unsure = {"silent-after-dot.test", "closes-after-dot.test"}

        def cut_ones_are_told() -> bool:
            rows = home.recipients().values()
            return unsure <= {row.domain for row in rows if row.state is RecipientState.IN_DOUBT}

        await home.until(cut_ones_are_told, "handed over without a reply is in doubt")
        workers = psutil.Process().children()
        assert all(worker.memory_info().rss < 150 << 20 for worker in workers)
    finally:
        await home.close()
    assert_nobody_has_anothers_outcome(tmp_path, network)


def assert_nobody_has_anothers_outcome(tmp_path: Path, network: RehearsalNetwork) -> None:
    taken = network.log.recipients()
    home = EngineHouse(tmp_path, network, network.clock)
    rows = home.recipients()
    home.database.dispose()
    by_domain: dict[str, set[RecipientState]] = {}
    for address, row in rows.items():
        by_domain.setdefault(row.domain, set()).add(row.state)
        assert taken[address] <= 1, address
        assert row.state is not RecipientState.DELIVERED or taken[address] == 1, address
        assert row.state is not RecipientState.FAILED or not taken[address], address
        if taken[address]:
            assert row.state in (RecipientState.DELIVERED, RecipientState.IN_DOUBT), address
    for domain in (*GOOD, "expired.test"):
        assert by_domain[domain] == {RecipientState.DELIVERED}, domain
    assert by_domain["354-to-nobody.test"] == {RecipientState.FAILED}
    assert RecipientState.DELIVERED not in by_domain["wrong-name.test"], "TLS was required there"


async def test_hostile_name_servers(rehearsal: Any, tmp_path: Path) -> None:
    """They hold up nobody, and what they say leads no mail astray."""
    faulty = {f"{fault.replace('_', '-')}.test": fault for fault in Fault}
    loop = Record("loop.test", "CNAME", ("pool.test.",))
    back = Record("pool.test", "CNAME", ("loop.test.",))
    many = tuple(MX(f"mx{number}.many.test", number) for number in range(1000))
    poison = Record("mx.good1.test", "A", ("127.0.9.9",))
    plain = single_host([*GOOD, "many.test"])
    scenario = Scenario(
        "names",
        plain.providers,
        (
            *plain.domains[: len(GOOD)],
            Domain("many.test", (MX("mx.many.test", 0), *many)),
            *(Domain(name, (MX("mx.good1.test"),)) for name in faulty),
        ),
        senders=senders(),
        records=(loop, back),
        name_faults=tuple(
            NameFault(name, fault, extra=(poison,) if fault is Fault.POISON else ()) for name, fault in faulty.items()
        ),
    )
    network = await rehearsal(scenario)
    home = await started(tmp_path, network, [*GOOD, "many.test", "loop.test", *faulty])
    try:
        reached = [*GOOD, "many.test", "truncate.test", "poison.test"]

        def served() -> bool:
            return bool(network.log.messages == len(reached) * PEOPLE)

        await home.until(served, "all that can be looked up is served")
        rows = home.recipients()
        states = {
            domain: {row.state for row in rows.values() if row.domain == domain} for domain in ("loop.test", *faulty)
        }
        assert home.mailing().state is MailingState.ACTIVE
    finally:
        await home.close()
    assert {message.server for message in network.log.received(recipient="p0@good1.test")} == {"127.0.1.1"}
    assert not network.log.connections(server="127.0.9.9")
    assert RecipientState.DELIVERED not in states["loop.test"]
    for domain in ("servfail.test", "timeout.test", "garbage.test", "wrong-id.test", "truncate-dead.test"):
        assert states[domain] == {RecipientState.WAITING}, "a name server's trouble says nothing about the domain"
    assert states["nxdomain.test"] <= {RecipientState.FAILED, RecipientState.WAITING}


async def test_mail_leads_to_no_private_loopback_or_own_address(rehearsal: Any, tmp_path: Path) -> None:
    """Without the setting that a rehearsal needs: names that lead back to this machine or its network fail, unconnected."""
    own = "198.41.0.6"
    inward = {"loopback": "127.0.1.1", "private": "10.0.0.1", "link": "169.254.1.1", "own": own}
    plain = single_host(["good1.test"])
    named = [Domain(f"{name}.test", addresses=(address,)) for name, address in inward.items()]
    network = await rehearsal(Scenario("inward", plain.providers, (*plain.domains, *named), senders=senders()))
    home = EngineHouse(tmp_path, network, network.clock)
    await home.set_up([ADDRESSES[0], own], {"network.allow_loopback": "false"})
    home.import_members([f"p{number}@{name}.test" for name in (*inward, "good1") for number in range(3)])
    home.start_mailing()
    await home.start()
    try:
        await home.completed()
        rows = home.recipients()
    finally:
        await home.close()
    assert {row.state for row in rows.values()} == {RecipientState.FAILED}
    assert {row.reply.rpartition(" would go to ")[2] for row in rows.values()} == {
        "private or loopback addresses only.",
        "our own addresses only.",
    }
    assert network.log.connections() == []
