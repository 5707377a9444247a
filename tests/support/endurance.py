"""One engine at full speed for a long time, mailing after mailing, while blocks come and go: what of it grows?

Everything is a process of its own. Used by the endurance test and the endurance bench.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import lateness
import psutil
from nursery import Nursery
from ordeal import ACTOR, ADDRESSES, DOMAINS, Ordeal
from sqlalchemy import func, select

from app.database.schema import Base, Mailing, MailingList, StoredBlock, Stream
from app.rehearsal.scenario import Scenario
from app.rehearsal.scenarios import block, single_host
from app.services import drafts
from app.services.messages import Content
from engine.ports import MailingState
from engine.replies import Stage

MEMBERS: Final = 20_000
HISTORY: Final = frozenset(
    {
        *("mailings", "mailing_contents", "mailing_lanes", "recipients", "blocks", "block_pairs", "block_events"),
        *("audit", "alerts", "met_replies", "stream_traffic", "address_traffic", "change_counters"),
    }
)
"""Tables that are meant to grow, or that are cut to a length (met_replies) or an age (traffic, alerts), or have a row for each
thing that can happen, once it has happened (change_counters: topics)."""
SPARE_FILES: Final = 4
"""Open files that may be more in the end: connections to the database are opened when they are needed."""
WARM_UP: Final = 500_000
"""Messages after which the program has seen all that it keeps, however busy the machine is."""
LOOK: Final = 2.0
"""Seconds from one look at the memory to the next."""
IDLE: Final = 7.0
"""Seconds after which an idle engine has closed its connections to mail servers."""
_STAGES: Final = (Stage.BANNER, Stage.RCPT, Stage.END_OF_DATA)
_BLOCKS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Growth:
    """Something that was measured after the warm-up and in the end."""

    what: str
    before: float
    after: float

    @property
    def share(self) -> float:
        """How much it has grown."""
        return self.after / self.before - 1 if self.before else float(self.after > 0)


@dataclass(slots=True)
class Endured:
    """What was seen. ``memory`` in bytes a process, ``late`` as :func:`lateness.read` tells it."""

    messages: int = 0
    mailings: int = 0
    blocks: int = 0
    seconds: float = 0.0
    memory: list[Growth] = field(default_factory=list)
    files: list[Growth] = field(default_factory=list)
    tables: list[Growth] = field(default_factory=list)
    disk: list[Growth] = field(default_factory=list)
    late: tuple[int, int, float] = (0, 0, 0.0)
    faults: list[str] = field(default_factory=list)


class Endurance:
    """One run; use it in a ``with`` block. *members*: how many each mailing goes to."""

    def __init__(self, folder: Path, nursery: Nursery, members: int = MEMBERS, *, seed: int = 1) -> None:
        self._source = random.Random(seed)
        self._lateness = folder / "lateness"
        self._members = members
        self._started = 1
        self._rules: list[str] = []
        self._memory: dict[str, list[int]] = defaultdict(list)
        self._ordeal = Ordeal(
            folder,
            nursery,
            members,
            scenario=_network(),
            settings={"probe.interval_seconds": "2", "recovery.step_seconds": "0.5", "retry.schedule_minutes": "0.05"},
            speed=1.0,
        )
        self._ordeal.network_options = ("--count-only",)
        self._ordeal.environment = {lateness.VARIABLE: str(self._lateness)}

    def __enter__(self) -> Endurance:
        self._ordeal.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ordeal.__exit__(*exception)

    def run(self, seconds: float, share: float, warm_up: int = WARM_UP) -> Endured:
        """Send for so long behind *warm_up* messages; memory may grow by *share*."""
        found = Endured()
        self._ordeal.start()
        self._send(lambda: self._messages() >= warm_up)
        self._rest()
        files, tables, disk = self._files(), self._tables(), self._disk()
        began, taken = time.monotonic(), self._messages()
        self._memory.clear()
        self._send(lambda: time.monotonic() >= began + seconds)
        found.seconds, found.messages = time.monotonic() - began, self._messages() - taken
        found.memory = [_growth(name, values) for name, values in self._memory.items()]
        self._rest()
        found.files = _together(files, self._files())
        found.tables = [each for each in _together(tables, self._tables()) if each.before != each.after]
        found.disk = _together(disk, self._disk())
        found.late = lateness.read(self._lateness)
        found.mailings = self._started
        self._check(found, share)
        return found

    def _check(self, found: Endured, share: float) -> None:
        """Everything was sent once, and nothing has grown."""
        with self._ordeal.open() as database, database.read() as session:
            found.blocks = session.scalar(select(func.count()).select_from(StoredBlock)) or 0
            for mailing in session.scalars(select(Mailing)):
                if mailing.state is not MailingState.COMPLETED or mailing.delivered != self._members:
                    found.faults.append(f"{mailing.name} is {mailing.state}, {mailing.delivered} delivered")
        if (messages := self._messages()) != self._started * self._members:
            found.faults.append(f"{messages} messages came, {self._started * self._members} recipients were to get one")
        found.faults += [f"{each.what} has grown by {each.share:.0%}" for each in found.memory if each.share > share]
        found.faults += [
            f"{each.what} has {each.after - each.before:+.0f} open files and sockets"
            for each in found.files
            if each.after > each.before + SPARE_FILES
        ]
        found.faults += [f"table {each.what} has grown" for each in found.tables if each.what not in HISTORY]
        if "Traceback" in self._ordeal.output.read_text():
            found.faults.append("the engine wrote a traceback")

    # The load

    def _send(self, enough: Callable[[], bool]) -> None:
        """Keep the queue filled until it is enough, let blocks come and go, and look at the memory."""
        while not enough():
            until = time.monotonic() + LOOK
            if self._started * self._members - self._messages() < self._members // 2:
                self._start_mailing()
            self._change_blocks()
            for name, process in self._processes():
                self._memory[name].append(process.memory_info().rss)
            self._ordeal.wait(lambda until=until: time.monotonic() >= until, "the next look")

    def _rest(self) -> None:
        """Wait until everything is sent and idle connections are closed."""
        for rule in self._rules:
            self._ordeal.network.client.lift_rule(rule)
        self._rules.clear()
        self._ordeal.wait(self._all_sent, "all mailings are completed", 300.0)
        until = time.monotonic() + IDLE
        self._ordeal.wait(lambda: time.monotonic() >= until, "the engine is idle")

    def _change_blocks(self) -> None:
        client = self._ordeal.network.client
        while len(self._rules) >= _BLOCKS_AT_ONCE:
            client.lift_rule(self._rules.pop(0))
        address, domain = self._source.choice(ADDRESSES), self._source.choice(DOMAINS)
        self._rules.append(client.add_rule(block(address, [domain], stage=self._source.choice(_STAGES))))

    def _start_mailing(self) -> None:
        self._started += 1
        content = Content(from_address="news@sender.test", subject="News", text="Good morning.\n" * 100)
        with self._ordeal.open() as database, database.write() as session:
            members = session.scalars(select(MailingList.id)).one()
            stream = session.scalars(select(Stream.id).where(Stream.name == "news")).one()
            draft = drafts.Draft(f"news {self._started}", members, content, stream_id=stream)
            made = drafts.create(session, draft, actor=ACTOR, now=time.time())
            drafts.start(session, made.id, actor=ACTOR, now=time.time())

    # What is looked at

    def _messages(self) -> int:
        return self._ordeal.network.client.summary().messages

    def _all_sent(self) -> bool:
        with self._ordeal.open() as database, database.read() as session:
            states = session.scalars(select(Mailing.state)).all()
        return all(state is MailingState.COMPLETED for state in states)

    def _processes(self) -> list[tuple[str, psutil.Process]]:
        workers = [(f"worker {process.pid}", process) for process in self._ordeal.workers()]
        return [("engine", psutil.Process(self._ordeal.engine)), *workers]

    def _files(self) -> dict[str, float]:
        return {name: process.num_fds() for name, process in self._processes()}

    def _tables(self) -> dict[str, float]:
        with self._ordeal.open() as database, database.read() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }

    def _disk(self) -> dict[str, float]:
        """Bytes of journals and of the database's log."""
        profile = self._ordeal.profile
        journals = 0
        for file in profile.journal.rglob("*.journal"):
            with contextlib.suppress(FileNotFoundError):
                journals += file.stat().st_size
        return {"journals": journals, "write-ahead log": Path(f"{profile.database_file}-wal").stat().st_size}


def _network() -> Scenario:
    return single_host(DOMAINS)


def _growth(what: str, values: Sequence[int]) -> Growth:
    """From the first fifth of the time to the last."""
    part = max(1, len(values) // 5)
    return Growth(what, statistics.mean(values[:part]), statistics.mean(values[-part:]))


def _together(before: dict[str, float], after: dict[str, float]) -> list[Growth]:
    return [Growth(name, before.get(name, 0.0), after[name]) for name in after]
