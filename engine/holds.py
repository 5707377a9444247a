"""Which domains are held for which streams, as others see it: written to the queue with an alert for each. On the engine's loop."""

from __future__ import annotations

import asyncio

from engine.clock import Clock
from engine.ports import Alert, Hold, Queue, World


class HoldBoard:
    """What is held is computed elsewhere, lane by lane; here it is collected and shown."""

    def __init__(self, queue: Queue, clock: Clock, background: asyncio.TaskGroup) -> None:
        self._queue = queue
        self._clock = clock
        self._background = background
        self._now: set[Hold] = set()
        self._shown: frozenset[Hold] = frozenset()
        self._changed = False
        self._writing = False

    def __bool__(self) -> bool:
        return bool(self._now)

    def __contains__(self, hold: Hold) -> bool:
        return hold in self._now

    async def start(self) -> None:
        """Take over what an engine before this one has left; what of it does not hold any more is removed."""
        self._shown = await self._queue.holds()
        self._changed = bool(self._shown)

    def set(self, hold: Hold, *, held: bool) -> None:
        """The domain is totally blocked for the stream, or is not."""
        if held == (hold in self._now):
            return
        self._changed = True
        if held:
            self._now.add(hold)
        else:
            self._now.discard(hold)

    def publish(self, world: World) -> None:
        """Write what has changed; what changes meanwhile is written by the next call after that."""
        if self._changed and not self._writing:
            self._changed, self._writing = False, True
            self._background.create_task(self._write(world))

    async def _write(self, world: World) -> None:
        wanted = frozenset(self._now)
        known, self._shown = self._shown, wanted
        added, removed = tuple(wanted - known), tuple(known - wanted)
        await self._queue.set_holds(added, removed)
        now = self._clock.now()
        names = {stream.id: stream.name for stream in world.streams.values()}
        await self._queue.alert(
            [_alert(hold, names.get(hold.stream, ""), now) for hold in added],
            [("total_block", _subject(hold, names.get(hold.stream, ""))) for hold in removed],
        )
        self._writing = False


def _subject(hold: Hold, stream: str) -> str:
    return f"{stream} → {hold.domain}"


def _alert(hold: Hold, stream: str, now: float) -> Alert:
    text = f"{hold.domain} refuses every address of stream {stream}; its recipients are held."
    return Alert("total_block", _subject(hold, stream), text, now)
