"""Whose turn it is: lanes that can go on, in order, and lanes that wait for an instant. Runs on the engine's loop."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Final

from engine.clock import Clock
from engine.lanes import LaneQueue, LaneState

WAITING = frozenset({LaneState.HELD, LaneState.STARVED, LaneState.SLEEPING, LaneState.SUSPENDED})
"""States that an instant or an event ends."""

_FEWEST: Final = 256
"""Timers below which it is not worth while to look for those that mean nothing any more. Each keeps its lane in memory."""


class Turns:
    """Lanes are served round robin, so that a large domain does not keep the others waiting."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ready: deque[LaneQueue] = deque()
        self._timers: list[tuple[float, int, LaneQueue]] = []
        self._order = count()
        self._sweep_at = _FEWEST
        self._wake = asyncio.Event()

    def ready(self, lane: LaneQueue) -> None:
        """The lane has its turn soon."""
        lane.state = LaneState.READY
        self._ready.append(lane)
        self._wake.set()

    def sleep(self, lane: LaneQueue, until: float) -> None:
        """The lane has its turn at an instant (epoch seconds), or when something wakes it before."""
        lane.state = LaneState.SLEEPING
        self.remind(lane, until)

    def remind(self, lane: LaneQueue, until: float) -> None:
        """The same without a change of what the lane waits for."""
        lane.wake_at = until
        heapq.heappush(self._timers, (until, next(self._order), lane))
        if len(self._timers) >= self._sweep_at:
            self._sweep()
        self._wake.set()

    @property
    def timers(self) -> int:
        """How many reminders are kept."""
        return len(self._timers)

    def _sweep(self) -> None:
        """Forget timers of lanes that wait for something else by now: a lane may be reminded of a far instant very often."""
        self._timers = list({timer[2]: timer for timer in self._timers if self._counts(timer[0], timer[2])}.values())
        heapq.heapify(self._timers)
        self._sweep_at = max(_FEWEST, 2 * len(self._timers))

    @staticmethod
    def _counts(instant: float, lane: LaneQueue) -> bool:
        return lane.wake_at == instant and lane.state in WAITING

    def nudge(self) -> None:
        """There is something to do besides turns."""
        self._wake.set()

    def take(self, most: int) -> Iterator[LaneQueue]:
        """The next lanes, at most *most*, those whose instant has come among them."""
        now = self._clock.now()
        while self._timers and self._timers[0][0] <= now:
            instant, _, lane = heapq.heappop(self._timers)
            if self._counts(instant, lane):
                self.ready(lane)
        for _ in range(min(most, len(self._ready))):
            lane = self._ready.popleft()
            if lane.state is LaneState.READY:
                yield lane

    async def nudged(self) -> None:
        """Return at the next nudge, whoever could have a turn meanwhile."""
        self._wake.clear()
        await self._wake.wait()

    async def wait(self) -> None:
        """Return when a lane can have its turn, or at a nudge."""
        if self._ready:
            await asyncio.sleep(0)
            return
        self._wake.clear()
        if not self._timers:
            await self._wake.wait()
            return
        timer = asyncio.ensure_future(self._clock.sleep_until(self._timers[0][0]))
        waker = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({timer, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            waker.cancel()
