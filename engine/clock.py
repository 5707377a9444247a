"""Time as the engine sees it. The one Protocol, and the clocks that fulfil it; nothing else in the engine asks the time.

Waiting means "until the instant X": every sleeper looks at the clock again when it wakes, because timers may fire early and
a machine's clock may be set.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import time
from collections.abc import Callable
from itertools import count
from typing import Final, Protocol

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 1.0
"""Seconds of real time after which a sleeper looks at the clock again, in case it was set."""

JUMP: Final = 60.0
"""Seconds by which a machine's clock must have been set before that is told, and what goes by it is reckoned anew."""
_TURNS_TO_SETTLE: Final = 50
"""Turns of the event loop that tasks get, at each instant of a manual clock, to do what they woke for."""


class Clock(Protocol):
    """The engine's only source of time."""

    def now(self) -> float:
        """UTC seconds since the epoch."""
        ...

    async def sleep_until(self, instant: float) -> None:
        """Return when ``now() >= instant``."""
        ...


class SystemClock:
    """The machine's clock. When it was set, or the machine slept, a line in the log says so."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._offset = wall() - steady()

    def now(self) -> float:
        """UTC seconds since the epoch."""
        now = self._wall()
        jump = now - self._steady() - self._offset
        if abs(jump) > JUMP:
            self._offset += jump
            direction = "back" if jump < 0 else "forward"
            log.warning(
                "The machine's clock was set %s by %.0f seconds; what waits for an instant goes by it.",
                direction,
                abs(jump),
            )
        return now

    async def sleep_until(self, instant: float) -> None:
        """Return when ``now() >= instant``, also when the machine's clock is set meanwhile."""
        while (left := instant - self.now()) > 0:  # noqa: ASYNC110 - no event tells that a clock was set
            await asyncio.sleep(min(left, LOOK_AGAIN))


class FurthestClock:
    """Another clock, and the furthest instant that anybody was told: where it comes from when it turns out to be set back.

    It may have been set forward and back between two looks; what was made to wait meanwhile goes by the instants in between.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._furthest = clock.now()

    def now(self) -> float:
        """UTC seconds since the epoch."""
        now = self._clock.now()
        self._furthest = max(self._furthest, now)
        return now

    async def sleep_until(self, instant: float) -> None:
        """Return when ``now() >= instant``."""
        await self._clock.sleep_until(instant)

    def set_back_by(self, now: float) -> float:
        """By how much it was set back since this was last asked, seen from *now*; 0 when it was not by more than JUMP."""
        by = self._furthest - now
        if by <= JUMP:
            return 0.0
        self._furthest = now
        return by


async def pause(clock: Clock, seconds: float) -> None:
    """Sleep for so long by the clock, and hardly longer when that is set back meanwhile."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2 * seconds):
            await clock.sleep_until(clock.now() + seconds)


class ScaledClock:
    """A clock that runs *speed* times as fast as the machine's, so that an hour passes in seconds.

    It shows *start* (epoch seconds) at the real instant *origin*; both default to now. Processes that are given the same
    three numbers agree on the time.
    """

    def __init__(self, speed: float, start: float | None = None, origin: float | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"a clock's speed must be above 0, not {speed}")
        self.speed: Final = speed
        self.origin: Final = time.time() if origin is None else origin
        self.start: Final = self.origin if start is None else start

    def now(self) -> float:
        """UTC seconds since the epoch, as this clock counts them."""
        return self.start + (time.time() - self.origin) * self.speed

    async def sleep_until(self, instant: float) -> None:
        """Return when ``now() >= instant``."""
        while (left := instant - self.now()) > 0:  # noqa: ASYNC110 - no event tells that a clock was set
            await asyncio.sleep(min(left / self.speed, LOOK_AGAIN))


class ManualClock:
    """A clock that stands still until it is moved: for tests, and for whoever steps through time by hand."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """UTC seconds since the epoch."""
        return self._now

    async def sleep_until(self, instant: float) -> None:
        """Return when the clock was moved to *instant* or beyond."""
        while self._now < instant:
            wake = asyncio.get_running_loop().create_future()
            heapq.heappush(self._sleepers, (instant, next(self._order), wake))
            await wake

    @property
    def sleepers(self) -> int:
        """How many wait for an instant that has not come."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move by *seconds* in one step (backwards too, as when a machine's clock is set) and wake who is due."""
        self._move(self._now + seconds)

    async def run(self, seconds: float) -> None:
        """Move by *seconds*, stopping at every instant that somebody sleeps for, so that each acts at its own time."""
        end = self._now + seconds
        await _settle()
        while (instant := self._next()) is not None and instant <= end:
            self._move(max(instant, self._now))
            await _settle()
        self._move(end)
        await _settle()

    def _next(self) -> float | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def _move(self, instant: float) -> None:
        self._now = instant
        while self._sleepers and self._sleepers[0][0] <= instant:
            wake = heapq.heappop(self._sleepers)[2]
            if not wake.done():
                wake.set_result(None)


async def _settle() -> None:
    for _ in range(_TURNS_TO_SETTLE):
        await asyncio.sleep(0)
