"""A real engine in the test's own loop: real database, real workers, a rehearsal for an internet, a clock that may run fast."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from waiting import wait_until

from app.database.database import Database
from app.database.lease import Lease
from app.database.ledger import DatabaseLedger
from app.database.queue import DatabaseQueue
from app.database.writer import Writer
from app.rehearsal.network import RehearsalNetwork
from app.services import (
    addresses,
    block_actions,
    blocks,
    drafts,
    imports,
    lists,
    mailings,
    recipients,
    rules,
    sites,
    streams,
)
from app.services.blocks import BlockFilter, BlockView
from app.services.mailings import MailingView
from app.services.messages import Content
from app.services.recipients import RecipientView
from app.settings import store
from engine.clock import Clock, ScaledClock
from engine.engine import Engine, Surroundings
from engine.ports import MailingState

T = TypeVar("T")

ME = "tester"
ADDRESSES = ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14")
DEADLINE = 30.0


class EngineHouse:
    """One database, one stream "news", one list "readers", and an engine that is started and stopped at will."""

    def __init__(self, folder: Path, network: RehearsalNetwork, clock: Clock, url: str = "") -> None:
        self.network = network
        self.clock = clock
        self.folder = folder
        self.database = Database.open(url or f"sqlite:///{folder / 'mailstreams.db'}", folder / "backups")
        self._engine: Engine | None = None
        self._run: asyncio.Task[None] | None = None
        self._closing: list[Callable[[], None]] = []
        self.stream = 0
        self.list = 0

    async def set_up(self, used: Sequence[str] = ADDRESSES, settings: Mapping[str, str] | None = None) -> None:
        """Addresses, stream, site and list; the settings lead to the network."""
        chosen = {
            "network.name_servers": self.network.name_server,
            "network.smtp_port": str(self.network.smtp_port),
            "network.allow_loopback": "true",
            **(settings or {}),
        }
        with self.database.write() as session:
            for key, value in chosen.items():
                store(session, key, value)
        for number, address in enumerate(used):
            self.write(addresses.add, address, helo=f"out{number}.sender.test")
        self.stream = self.write(streams.create, name="news", addresses=list(used)).id
        site = self.write(sites.create, "lists.sender.test")
        self.list = self.write(lists.create, name="readers", site_id=site.id).id

    def write(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Call a service in a transaction, as a person would."""
        wanted = inspect.signature(function).parameters
        extra = {"actor": ME, "now": self.clock.now()}
        with self.database.write() as session:
            return function(session, *arguments, **options, **{name: extra[name] for name in extra if name in wanted})

    def read(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Call a service that reads."""
        with self.database.read() as session:
            return function(session, *arguments, **options)

    def import_members(self, members: Sequence[str]) -> None:
        """Make these the members of the list."""
        file = self.folder / "members.csv"
        file.write_text("address\n" + "\n".join(members) + "\n", encoding="utf-8")
        imports.import_members(self.database, self.list, file, actor=ME, now=self.clock.now())

    def start_mailing(self, name: str = "news 1", **draft: Any) -> int:
        """Write a mailing and start it."""
        content = Content(from_address="news@sender.test", subject="News", text="Good morning.\n")
        made = self.write(drafts.create, drafts.Draft(name, self.list, content, **{"stream_id": self.stream, **draft}))
        self.write(drafts.start, made.id)
        return made.id

    def mailing(self, name: str = "news 1") -> MailingView:
        """How a mailing stands."""
        return self.read(mailings.by_name, name)

    def recipients(self, name: str = "news 1") -> dict[str, RecipientView]:
        """All recipients of a mailing by address."""
        mailing = self.mailing(name)
        return self.read(lambda session: {row.address: row for row in recipients.listing(session, mailing.id)})

    def blocks(self, *, cleared: bool = False) -> list[BlockView]:
        """The report of blocks."""
        wanted = BlockFilter(with_cleared=cleared)
        return self.read(lambda session: list(blocks.listing(session, wanted)))

    def clear(self, block: int) -> None:
        """Double-click."""
        self.write(block_actions.clear, [block])

    async def start(self) -> None:
        """Start the engine; returns when it takes work."""
        lease = Lease.acquire(self.database)
        writer = Writer(self.database.writer_engine)
        queue = DatabaseQueue(self.database, writer, lease, rules=rules.bundled_rules(), now=self.clock.now)
        self._engine = Engine(
            Surroundings(
                queue=queue,
                ledger=DatabaseLedger(self.database, writer, lease),
                clock=self.clock,
                worker=(sys.executable, "-m", "engine.worker"),
                journal=self.folder / "journal",
                provider_of=rules.provider_of,
            )
        )
        ready = asyncio.Event()
        self._run = asyncio.create_task(self._engine.run(on_ready=ready.set))
        waiter = asyncio.create_task(ready.wait())
        await asyncio.wait({waiter, self._run}, return_when=asyncio.FIRST_COMPLETED)
        if self._run.done():
            self._run.result()
        self._closing = [writer.stop, queue.close, lambda: lease.release(self.database)]

    async def stop(self) -> None:
        """Drain, as SIGTERM does."""
        if self._engine is None or self._run is None:
            return
        self._engine.drain()
        try:
            await self._run
        finally:
            self._engine = self._run = None
            for close in self._closing:
                close()

    async def close(self) -> None:
        """The end of the test."""
        with contextlib.suppress(asyncio.CancelledError):
            await self.stop()
        self.database.dispose()

    async def until(self, condition: Callable[[], T | Awaitable[T]], what: str = "", deadline: float = DEADLINE) -> T:
        """Wait for a condition; an engine that has failed fails the test at once."""

        def look() -> T | Awaitable[T]:
            if self._run is not None and self._run.done():
                self._run.result()
            return condition()

        return await wait_until(look, deadline, what)

    async def completed(self, name: str = "news 1", deadline: float = DEADLINE) -> MailingView:
        """Wait until a mailing is completed."""
        await self.until(lambda: self.mailing(name).state is MailingState.COMPLETED, f"{name} completed", deadline)
        return self.mailing(name)


def fast_clock(speed: float) -> ScaledClock:
    """A clock on which an hour takes 3600 / *speed* seconds."""
    return ScaledClock(speed)
