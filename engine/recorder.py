"""Makes things durable in the order in which they happened: blocks first, then outcomes, then word to whoever waits for it.

One task on the engine's loop. What piles up while a transaction is on its way goes into the next one (group commit).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.blocks import Block, BlockEvent
from engine.ports import BlockLedger, Outcome, Queue

log = logging.getLogger(__name__)

OUTCOMES_AT_ONCE = 2000
"""Outcomes in one transaction at most: a transaction stays short, so that other programs find their turn."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Things that happened together. ``then`` is called on the loop once all of it, and all before it, is durable."""

    outcomes: Sequence[Outcome] = ()
    changes: Sequence[tuple[Block, BlockEvent]] = ()
    then: Callable[[Sequence[Block]], None] | None = None
    """Gets the changed blocks as they now stand in the ledger."""


class Recorder:
    """The only writer of outcomes and of the engine's changes to blocks."""

    def __init__(self, queue: Queue, ledger: BlockLedger) -> None:
        self._queue = queue
        self._ledger = ledger
        self._entries: list[Entry] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, entry: Entry) -> None:
        """Make an entry durable soon."""
        self._entries.append(entry)
        self._idle.clear()
        self._wake.set()

    async def flush(self) -> None:
        """Wait until everything that was added is durable."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled. A failing database is not handled here: the ports try again as long as that makes sense."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._entries:
                await self._write(self._next_group())
            self._idle.set()

    def _next_group(self) -> list[Entry]:
        """Entries for one transaction. Changes of blocks end a group: what follows may build on their new version."""
        count = size = 0
        for entry in self._entries:
            if count and size + len(entry.outcomes) > OUTCOMES_AT_ONCE:
                break
            count += 1
            size += len(entry.outcomes)
            if entry.changes:
                break
        group = self._entries[:count]
        del self._entries[:count]
        return group

    async def _write(self, group: list[Entry]) -> None:
        changes = [change for entry in group for change in entry.changes]
        blocks = await self._ledger.save(changes) if changes else ()
        outcomes = [outcome for entry in group for outcome in entry.outcomes]
        if outcomes:
            await self._queue.record(outcomes)
        for entry in group:
            if entry.then is not None:
                entry.then(blocks if entry.changes else ())
