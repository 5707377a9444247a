"""Makes things durable: what changed in the registry of blocks first, then outcomes, then word to whoever waits for it.

One task on the engine's loop. What piles up while a transaction is on its way goes into the next one (group commit).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.ports import BlockLedger, Outcome, Queue
from engine.registry import Registry

OUTCOMES_AT_ONCE = 2000
"""Outcomes in one transaction at most: a transaction stays short, so that other programs find their turn."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Outcomes that came together. ``then`` is called on the loop once they, and all blocks known by now, are durable."""

    outcomes: Sequence[Outcome] = ()
    then: Callable[[], None] | None = None


class Recorder:
    """The only writer of outcomes, and of what the engine changes about blocks; also the one that reloads these."""

    def __init__(self, queue: Queue, ledger: BlockLedger, registry: Registry) -> None:
        self._queue = queue
        self._ledger = ledger
        self._registry = registry
        self._entries: list[Entry] = []
        self._reload: Callable[[], None] | None = None
        self._wake = asyncio.Event()

    def add(self, entry: Entry) -> None:
        """Make an entry durable soon."""
        self._entries.append(entry)
        self._wake.set()

    def reload_blocks(self, then: Callable[[], None]) -> None:
        """Somebody else has changed blocks: read them, and call *then* when that has happened."""
        self._reload = then
        self._wake.set()

    async def flush(self) -> None:
        """Wait until everything that was added before is durable, and so are the changes of blocks."""
        durable = asyncio.Event()
        self.add(Entry(then=durable.set))
        await durable.wait()

    async def run(self) -> None:
        """Work until cancelled. The ports try again as long as that makes sense; an error that they raise ends the engine."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._entries or self._reload is not None:
                if self._reload is not None:
                    then, self._reload = self._reload, None
                    await self._save_blocks()
                    self._registry.reload(await self._ledger.load())
                    then()
                await self._write(self._next_group())

    def _next_group(self) -> list[Entry]:
        """Entries for one transaction."""
        count = size = 0
        for entry in self._entries:
            if count and size + len(entry.outcomes) > OUTCOMES_AT_ONCE:
                break
            count += 1
            size += len(entry.outcomes)
        group = self._entries[:count]
        del self._entries[:count]
        return group

    async def _save_blocks(self) -> None:
        while changes := self._registry.take_changes():
            self._registry.saved(changes, await self._ledger.save(changes))

    async def _write(self, group: list[Entry]) -> None:
        await self._save_blocks()
        outcomes = [outcome for entry in group for outcome in entry.outcomes]
        if outcomes:
            await self._queue.record(outcomes)
        for entry in group:
            if entry.then is not None:
                entry.then()
