"""The clock of the machine that the real program runs on is set in the middle of a mailing: back by an hour, forward by a day, and
right again. Engine and workers see it; the mail servers, and whoever looks on, have the right time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clockset import VARIABLE, ClockFile
from nursery import Nursery
from ordeal import ACTOR, ADDRESSES, DOMAINS, Ordeal
from sqlalchemy import func, select

from app.database.lease import Lease, LeaseTaken
from app.database.schema import Recipient, StoredBlock
from app.rehearsal.scenario import Answer, Greylist, Rule, Slow
from app.rehearsal.scenarios import block, single_host
from app.services import configuration, stats
from engine.blocks import BlockState
from engine.ports import RecipientState
from engine.replies import Stage

HOUR, DAY = 3600.0, 86_400.0
PEOPLE = 1600
AT_EACH = PEOPLE // len(DOMAINS)
BLOCKING, GREYLISTING, BUSY = DOMAINS[1], DOMAINS[4], DOMAINS[5]
SCHEDULE = "0.15,90,0.15"
"""Minutes. Nobody who ends within PATIENCE has waited for the 90 of them, nor by a clock that is wrong by an hour."""
PATIENCE = 120.0


@contextmanager
def machine(nursery: Nursery, folder: Path) -> Iterator[tuple[Ordeal, ClockFile]]:
    """A mailing is being sent: one provider refuses an address, one greylists, one has no time for anybody."""
    rules = (
        block(ADDRESSES[0], [BLOCKING], rule_id=BLOCKING),
        Rule(Stage.RCPT, Greylist(5.0), at=(GREYLISTING,)),
        Rule(Stage.RCPT, Answer(451, "4.3.0 try again later"), id=BUSY, at=(BUSY,)),
        Rule(Stage.END_OF_DATA, Slow(0.3)),
    )
    settings = {
        "retry.schedule_minutes": SCHEDULE,
        "probe.interval_seconds": "5",
        "recovery.step_seconds": "0.2",
    }
    with Ordeal(folder, nursery, PEOPLE, scenario=single_host(DOMAINS, rules), settings=settings, speed=1.0) as ordeal:
        clock = ClockFile(folder / "clock")
        ordeal.environment = {VARIABLE: str(clock.path)}
        ordeal.start()
        yield ordeal, clock


def deferred(ordeal: Ordeal, domain: str, attempts: int) -> int:
    """How many of a domain wait after so many attempts."""
    with ordeal.open() as database, database.read() as session:
        count = session.scalar(
            select(func.count()).where(
                Recipient.state == RecipientState.WAITING,
                Recipient.address.like(f"%@{domain}"),
                Recipient.attempts == attempts,
            )
        )
    return count or 0


def delivered(ordeal: Ordeal, domain: str) -> int:
    """How many of a domain's people their mail server has taken."""
    return sum(address.endswith(f"@{domain}") for address in ordeal.network.client.recipients())


def block_state(ordeal: Ordeal) -> BlockState:
    with ordeal.open() as database, database.read() as session:
        return session.scalars(select(StoredBlock.state)).one()


def assert_the_engine_is_seen(ordeal: Ordeal) -> None:
    """Others, whose clock is right, neither take the engine for dead nor start a second one."""
    with ordeal.open() as database:
        with database.read() as session:
            (seen,) = stats.engines(session)
        assert (seen.pid, seen.state) in [(ordeal.engine, "sending"), (ordeal.engine, "idle")]
        with pytest.raises(LeaseTaken):
            Lease.acquire(database, journal=ordeal.profile.journal)


def assert_everybody_got_one(ordeal: Ordeal) -> None:
    found = ordeal.reckon()
    faults = [fault for fault in found.faults if fault != "a story is out of order"]  # by a clock that was set, it is
    assert not faults, "\n".join(faults)
    assert found.ends == {RecipientState.DELIVERED: PEOPLE}
    assert ordeal.network.client.recipients() == dict.fromkeys(ordeal.people, 1)


def test_an_hour_back_and_right_again(nursery: Nursery, tmp_path: Path) -> None:
    with machine(nursery, tmp_path) as (ordeal, clock):
        client = ordeal.network.client
        ordeal.wait(lambda: deferred(ordeal, GREYLISTING, 1) > 50, "some are greylisted")
        clock.ahead = -HOUR
        ordeal.wait_for_line("The machine's clock was set back by 3600 seconds; what waits for an instant goes by it.")
        ordeal.wait_for_line("The clock was set back; retries, probes and limits are reckoned anew.")
        assert_the_engine_is_seen(ordeal)
        client.lift_rule(BUSY)
        ordeal.wait(lambda: delivered(ordeal, GREYLISTING) == AT_EACH, "nobody waits for an hour", PATIENCE)
        # A person changes something, by which the engine looks at all blocks anew.
        with ordeal.open() as database, database.write() as session:
            configuration.store(session, "delivery.connections_per_pair", "4", actor=ACTOR, now=time.time())
        refused = len(client.connections(ADDRESSES[0], f"mx.{BLOCKING}"))
        ordeal.wait(
            lambda: len(client.connections(ADDRESSES[0], f"mx.{BLOCKING}")) > refused, "the block is tested", PATIENCE
        )
        client.lift_rule(BLOCKING)
        ordeal.wait(lambda: block_state(ordeal) is BlockState.CLEARED, "the block is over", PATIENCE)
        clock.ahead = 0.0
        ordeal.wait_for_line("The machine's clock was set forward by 3600 seconds;")
        ordeal.finish(PATIENCE)
        assert_everybody_got_one(ordeal)


def test_a_day_forward_and_right_again(nursery: Nursery, tmp_path: Path) -> None:
    with machine(nursery, tmp_path) as (ordeal, clock):
        client = ordeal.network.client
        ordeal.wait(lambda: deferred(ordeal, BUSY, 2) == AT_EACH, "all of one provider wait for an hour and a half")
        clock.ahead = DAY
        ordeal.wait_for_line(
            "The machine's clock was set forward by 86400 seconds; what waits for an instant goes by it."
        )
        ordeal.wait(lambda: deferred(ordeal, BUSY, 3) > 50, "who is due by that clock is tried at once")
        assert_the_engine_is_seen(ordeal)
        clock.ahead = 0.0
        ordeal.wait_for_line("The machine's clock was set back by 86400 seconds;")
        ordeal.wait_for_line("The clock was set back; retries, probes and limits are reckoned anew.")
        client.lift_rule(BUSY)
        client.lift_rule(BLOCKING)
        ordeal.wait(lambda: delivered(ordeal, BUSY) == AT_EACH, "nobody waits for a day", PATIENCE)
        ordeal.wait(lambda: block_state(ordeal) is BlockState.CLEARED, "the block is over", PATIENCE)
        ordeal.finish(PATIENCE)
        assert_everybody_got_one(ordeal)
