"""A mailing of the real program that is killed again and again, and the reckoning afterwards: nothing lost, nothing twice.

Everything is a process of its own: the engine, its workers, the mail servers. Used by the crash tests and the crash bench.
"""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil
from nursery import Nursery, Start
from processes import RehearsalProcess
from sqlalchemy import select
from waiting import wait_until_blocking

from app.database.database import Database
from app.database.schema import Mailing, MailingLane, Recipient, StoredBlock, StoredBlockEvent
from app.paths import open_profile
from app.rehearsal.scenario import Answer, Drop, Greylist, Rule, Scenario, Slow
from app.rehearsal.scenarios import block, single_host
from app.services import addresses, drafts, imports, lists, mailings, sites, streams
from app.services.messages import Content
from app.settings import store
from engine.blocks import BlockEventKind, BlockState
from engine.clock import ScaledClock
from engine.journal import read_journals
from engine.ports import InDoubtPolicy, MailingState, RecipientState
from engine.replies import Stage
from engine.wire import End

T = TypeVar("T")

ACTOR = "tester"
ADDRESSES = ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14")
DOMAINS = tuple(f"d{number}.test" for number in range(1, 9))
SPEED = 60.0
"""A minute of the engine's clock in a second: retries, back-off and probes come soon."""
WORKERS = 2
CONNECTIONS = 3
"""Of each pair."""
FINAL = frozenset(RecipientState) - {RecipientState.WAITING, RecipientState.HELD, RecipientState.IN_FLIGHT}
BLOCKED_PAIRS = ((ADDRESSES[0], DOMAINS[1]), (ADDRESSES[1], DOMAINS[2]), (ADDRESSES[2], DOMAINS[3]))
CUT = "cut behind the last dot"


def troubled(reply_seconds: float) -> Scenario:
    """Eight domains: one works, three refuse an address each, one greylists, two cut connections, one refuses some people.

    *reply_seconds* is how long each message takes: with it a mailing lasts long enough to be killed in the middle.
    """
    _, banner, rcpt, dotted, grey, cut, lossy, picky = DOMAINS
    return single_host(
        DOMAINS,
        (
            block(ADDRESSES[0], [banner]),
            block(ADDRESSES[1], [rcpt], stage=Stage.RCPT, code=550),
            block(ADDRESSES[2], [dotted], stage=Stage.END_OF_DATA, code=550),
            Rule(Stage.RCPT, Greylist(45.0), at=(grey,)),
            Rule(Stage.RCPT, Drop(reset=True), at=(cut,), probability=0.01, seed=1),
            Rule(Stage.END_OF_DATA, Drop(accept=True), id=CUT, at=(lossy,), probability=0.02, seed=2),
            Rule(Stage.RCPT, Answer(550, "5.1.1 <{recipient}>: user unknown"), at=(picky,), recipient="p?3*@*"),
            Rule(Stage.END_OF_DATA, Slow(reply_seconds)),
        ),
    )


@dataclass(frozen=True, slots=True)
class Kill:
    """One end by force. ``open``: connections that the mail servers had then; at most these were in a transaction."""

    what: str
    open: int
    noted: int | None
    """Recipients in doubt in the journals; None when a running engine looked after them itself."""


@dataclass(slots=True)
class Reckoning:
    """What became of everybody, and what does not add up. ``faults`` is empty when all is well."""

    total: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    doubts: int = 0
    """In doubt at most, as far as the kills and the cuts can have caused it."""
    blocks: int = 0
    events: int = 0
    probes: int = 0
    faults: list[str] = field(default_factory=list)

    def expect(self, condition: bool, fault: str) -> None:
        """Note a fault unless the condition holds."""
        if not condition:
            self.faults.append(fault)


class Ordeal:
    """One profile, one mailing and one rehearsal network; use it in a ``with`` block."""

    def __init__(
        self,
        folder: Path,
        nursery: Nursery,
        recipients: int,
        *,
        scenario: Scenario | None = None,
        policy: InDoubtPolicy = InDoubtPolicy.ASK,
        settings: Mapping[str, str] | None = None,
        speed: float = SPEED,
    ) -> None:
        """*speed*: how fast the clock of engine and mail servers runs."""
        self.folder = folder
        self.kills: list[Kill] = []
        self._nursery = nursery
        self._scenario = scenario or troubled(0.1)
        self._policy = policy
        self._settings = settings or {}
        self.people = [f"p{number}@{DOMAINS[number % len(DOMAINS)]}" for number in range(recipients)]
        self._origin = time.time()
        self._speed = speed
        self._clock = ScaledClock(speed, self._origin, self._origin)
        self.profile = open_profile(folder / "profile")
        self.output = folder / "output.txt"
        """What the engines print."""
        self.orders = folder / "orders"
        self.orders.mkdir()
        self.hang_seconds = 20.0
        self.environment: dict[str, str] = {}
        self.network_options: tuple[str, ...] = ()
        self._engine: int | None = None
        self._ready_lines = 0

    def __enter__(self) -> Ordeal:
        clock = ("--speed", str(self._speed), "--start", str(self._clock.now())) if self._speed != 1.0 else ()
        self.network = RehearsalProcess(self._scenario, self.folder / "rehearsal", *clock, *self.network_options)
        try:
            self._set_up()
        except BaseException:
            self.network.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._nursery.kill(self._engine)
            self._nursery.wait(self._engine)
        self.network.close()

    # Setting up

    def open(self) -> Database:
        """The profile's database."""
        return Database.open(self.profile.database_url(), self.profile.backups)

    def _set_up(self) -> None:
        """What a person does before the mailing starts."""
        settings = {
            "network.name_servers": self.network.name_server,
            "network.smtp_port": str(self.network.smtp_port),
            "network.allow_loopback": "true",
            "delivery.workers": str(WORKERS),
            "delivery.in_doubt": self._policy.value,
            "delivery.connections_per_pair": str(CONNECTIONS),
            "delivery.drain_timeout_seconds": "5",
            "retry.schedule_minutes": "1,2",
            "probe.interval_seconds": "120",
            **self._settings,
        }
        now = self._clock.now()
        with self.open() as database:
            with database.write() as session:
                for key, value in settings.items():
                    store(session, key, value)
                for address in ADDRESSES:
                    addresses.add(session, address, helo="out.sender.test", actor=ACTOR, now=now)
                stream = streams.create(session, name="news", addresses=list(ADDRESSES), actor=ACTOR, now=now).id
                site = sites.create(session, "lists.sender.test", actor=ACTOR, now=now).id
                members = lists.create(session, name="readers", site_id=site, actor=ACTOR, now=now).id
            file = self.folder / "members.csv"
            file.write_text("address\n" + "\n".join(self.people) + "\n", encoding="utf-8")
            imports.import_members(database, members, file, actor=ACTOR, now=now)
            content = Content(from_address="news@sender.test", subject="News", text="Good morning.\n")
            with database.write() as session:
                draft = drafts.Draft("news 1", members, content, stream_id=stream)
                made = drafts.create(session, draft, actor=ACTOR, now=now)
                drafts.start(session, made.id, actor=ACTOR, now=now)

    # Engines

    def start(self, stop_at: str = "", stop_count: int = 1, *, wait: bool = True) -> None:
        """Start the engine; with *stop_at* it will kill itself there (see stops.ENGINE)."""
        self._ready_lines = self.said("ready")
        self._engine = self._nursery.start(
            Start(
                ("--profile", str(self.profile.folder), "serve"),
                str(self.output),
                stop_at,
                stop_count,
                str(self.orders),
                self._speed,
                self._origin,
                self.hang_seconds,
                self.environment,
            )
        )
        if wait:
            self.wait(lambda: self.said("ready") > self._ready_lines, "the engine is ready")

    def said(self, line: str) -> int:
        """How often the engines have printed this line."""
        return self.output.read_text().splitlines().count(line) if self.output.exists() else 0

    @property
    def engine(self) -> int:
        """The process id of the engine that runs."""
        assert self._engine is not None
        return self._engine

    def workers(self) -> list[psutil.Process]:
        """The worker processes that live."""
        found: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            found += psutil.Process(self.engine).children()
        return found

    def wait_for_orders(self, count: int) -> None:
        """Wait until so many workers have died as they were ordered to."""
        self.wait(lambda: self.output.read_text().count("is gone (ended with -9)") >= count, "the workers die in turn")
        pairs = len(ADDRESSES) * len(DOMAINS)
        self.kills += [Kill("a worker, at a step", CONNECTIONS * pairs // WORKERS, None)] * count

    def wait(self, condition: Callable[[], T], what: str, deadline: float = 60.0) -> T:
        """Wait for something; an engine that ends by itself meanwhile fails the test."""

        def look() -> T:
            if self._engine is not None and (code := self._nursery.ended(self._engine)) is not None:
                self._engine = None
                raise AssertionError(f"the engine ended with {code}:\n{self.output.read_text()[-4000:]}")
            return condition()

        return wait_until_blocking(look, deadline, what)

    def signal(self, number: signal.Signals) -> None:
        """Send the engine a signal."""
        self._nursery.kill(self.engine, number)

    def wait_for_line(self, text: str, deadline: float = 60.0) -> None:
        """Wait until the engine has printed a line that holds *text*."""
        self.wait(lambda: self.output.exists() and text in self.output.read_text(), text, deadline)

    def wait_for_stop(self) -> None:
        """Wait until the engine has killed itself, and count that."""
        code = self.wait_for_end()
        assert code == -signal.SIGKILL, self.output.read_text()[-4000:]
        self._count("the engine, at a step", self._open_connections())

    def wait_for_end(self, deadline: float = 60.0) -> int:
        """Wait until the engine has ended; its exit code."""
        end = time.monotonic() + deadline
        while (code := self._nursery.ended(self.engine)) is None:
            assert time.monotonic() < end, f"the engine did not end:\n{self.output.read_text()[-4000:]}"
            time.sleep(0.005)
        self._engine = None
        return code

    def kill(self, what: str, *, source: random.Random) -> None:
        """Kill "engine", "worker" or "both"."""
        victims = self.workers()
        opened = self._open_connections()
        if what != "engine" and victims:
            chosen = victims if what == "both" else [source.choice(victims)]
            for each in chosen:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
        if what == "worker":
            self.kills.append(Kill(what, opened, None))
            return
        self._nursery.kill(self.engine)
        self._nursery.wait(self.engine)
        self._engine = None
        self._count(what, opened)

    def _count(self, what: str, opened: int) -> None:
        """Look at what the journals say when all workers have ended."""
        recovery = read_journals(self.profile.journal)
        self.kills.append(Kill(what, opened, sum(noted.end is End.IN_DOUBT for noted in recovery.noted)))

    def _open_connections(self) -> int:
        return self.network.client.summary().open

    def finished(self) -> bool:
        """The mailing is completed."""
        with self.open() as database, database.read() as session:
            return mailings.by_name(session, "news 1").state is MailingState.COMPLETED

    def wait_for_messages(self, count: float) -> None:
        """Wait until the mail servers have taken so many."""
        self.wait(lambda: self.network.client.summary().messages >= count, "the mailing goes on")

    def finish(self, deadline: float = 120.0) -> None:
        """Let the engine send what is left, then end it the kind way."""
        self.wait(self.finished, "the mailing is completed", deadline)
        self._nursery.kill(self.engine, signal.SIGTERM)
        code = self._nursery.wait(self.engine)
        self._engine = None
        assert code == 0, self.output.read_text()[-4000:]

    # The reckoning

    def reckon(self) -> Reckoning:
        """Compare the database with what the mail servers saw."""
        found = Reckoning(total=len(self.people))
        taken = self.network.client.recipients()
        with self.open() as database, database.read() as session:
            rows = session.scalars(select(Recipient)).all()
            self._reckon_ends(found, rows, taken)
            self._reckon_sums(
                found, rows, session.scalars(select(MailingLane)).all(), session.scalars(select(Mailing)).one()
            )
            self._reckon_blocks(
                found, session.scalars(select(StoredBlock)).all(), session.scalars(select(StoredBlockEvent)).all()
            )
        output = self.output.read_text()
        found.expect("Traceback" not in output, f"the engine wrote a traceback:\n{output[-4000:]}")
        return found

    def _reckon_ends(self, found: Reckoning, rows: Sequence[Recipient], taken: Counter[str]) -> None:
        cuts = self.network.client.applied(CUT) if any(rule.id == CUT for rule in self._scenario.rules) else 0
        # A killed worker leaves at most one recipient in doubt for each of its connections.
        found.doubts = cuts + sum(kill.open if kill.noted is None else kill.noted for kill in self.kills)
        found.ends = Counter(row.state.value for row in rows)
        found.expect(sorted(row.address for row in rows) == sorted(self.people), "not everybody has one row")
        again = self._policy is InDoubtPolicy.AGAIN
        for row in rows:
            count = taken[row.address]
            found.expect(row.state in FINAL, f"{row.address} is {row.state}")
            if row.state is RecipientState.DELIVERED:
                found.expect(count >= 1, f"{row.address} is delivered, and no server took it")
            if row.state is RecipientState.FAILED:
                found.expect(count == 0, f"{row.address} has failed, and a server took it")
            most = row.attempts if again else 1
            found.expect(count <= most, f"{row.address} was sent {count} times in {row.attempts} attempts")
        found.twice = sum(count - 1 for count in taken.values())
        doubtful = found.twice if again else found.ends[RecipientState.IN_DOUBT]
        found.expect(doubtful <= found.doubts, f"{doubtful} in doubt or twice, {found.doubts} can be explained")

    def _reckon_sums(
        self, found: Reckoning, rows: Sequence[Recipient], lanes: Sequence[MailingLane], mailing: Mailing
    ) -> None:
        words = ("delivered", "failed", "expired", "stopped", "in_doubt")
        by_lane: dict[int, Counter[str]] = {lane.id: Counter() for lane in lanes}
        for row in rows:
            by_lane[row.lane_id][row.state.value] += 1
        for lane in lanes:
            counted = {word: getattr(lane, word) for word in words}
            found.expect(counted == {word: by_lane[lane.id][word] for word in words}, f"{lane.domain}: {counted}")
        sums = {word: getattr(mailing, word) for word in words}
        found.expect(sums == {word: found.ends[word] for word in words}, f"the mailing's sums are {sums}")
        found.expect(mailing.state is MailingState.COMPLETED, f"the mailing is {mailing.state}")

    def _reckon_blocks(
        self, found: Reckoning, blocks: Sequence[StoredBlock], events: Sequence[StoredBlockEvent]
    ) -> None:
        """Every pair that was refused is a block with its whole story, and since then only probes went there."""
        found.blocks, found.events = len(blocks), len(events)
        pairs = {(each.sending_address, each.domain) for each in blocks}
        expected = {pair for pair in BLOCKED_PAIRS if self._was_refused(*pair)}
        found.expect(pairs == expected, f"blocks {sorted(pairs)}, refused {sorted(expected)}")
        active = Counter((each.sending_address, each.domain) for each in blocks if each.state is not BlockState.CLEARED)
        found.expect(set(active.values()) <= {1}, f"a pair is blocked twice: {active}")
        for each in blocks:
            story = [event for event in events if event.block_id == each.id]
            kinds = [event.kind for event in story]
            found.expect(BlockEventKind.BLOCKED in kinds, f"{each.sending_address} at {each.domain}: {kinds}")
            found.expect(
                [event.at for event in story] == sorted(event.at for event in story), "a story is out of order"
            )
            probes = kinds.count(BlockEventKind.PROBE_STARTED)
            found.probes += probes
            over = BlockEventKind.RECOVERED in kinds
            found.expect(over == (each.state is BlockState.CLEARED), f"a block is {each.state}: {kinds}")
            found.expect(each.probes <= probes, f"{each.probes} probes, {probes} of them in the history")

    def _was_refused(self, address: str, domain: str) -> bool:
        return any(each.refusals for each in self.network.client.connections(address, f"mx.{domain}"))
