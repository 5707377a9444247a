"""What is known about one pair's traffic: open connections, how far throttling has lowered it, its back-off. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from engine.limit_rules import Applied, Place
from engine.meters import SharedPool, SlidingMeter

MINUTE: Final = 60.0
THROTTLE_WINDOW: Final = 10.0
"""Seconds in which throttle replies count as one: all connections of a pair get them at once."""
BACK_OFF_SHORTEST: Final = 1.0
BACK_OFF_FIRST: Final = 60.0
BACK_OFF_LONGEST: Final = 3600.0
SLOW_RATE: Final = 20
"""Messages a minute. Halving starts from here when less was sent: a pair that has hardly begun has no rate to measure."""
_RAISES: Final = 10
"""Clean minutes in which a lowered rate comes back by as much as it had been at first."""
_NONE: Final[Mapping[Applied, Any]] = MappingProxyType({})
"""What nearly all pairs share with others: there are very many."""


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long a pair rests after trouble, in seconds: ``first``, then twice as long each time, at most ``longest``."""

    first: float = BACK_OFF_FIRST
    longest: float = BACK_OFF_LONGEST

    @classmethod
    def within(cls, schedule: Sequence[float]) -> BackOff:
        """A pair rests no longer than the retry schedule (seconds) makes a recipient wait, and never less than a second."""
        longest = max(BACK_OFF_SHORTEST, min(BACK_OFF_LONGEST, max(schedule)))
        return cls(max(BACK_OFF_SHORTEST, min(BACK_OFF_FIRST, schedule[0], longest)), longest)


class PairState:
    """One pair's own limits and what it holds of shared ones."""

    __slots__ = (
        "_first_rate",
        "_lowered",
        "_raised_at",
        "_rests_until",
        "_throttled_at",
        "base_connections",
        "failures",
        "granted",
        "hourly",
        "open",
        "places",
        "pools",
        "rate",
    )

    def __init__(self, base_connections: int) -> None:
        self.base_connections = base_connections
        """Connections that the pair may have when nothing lowers them."""
        self.open = 0
        self.granted = 0
        self.pools: Mapping[Applied, SharedPool] = _NONE
        self.hourly: Mapping[Applied, SlidingMeter] = _NONE
        self.places: list[Place] = []
        """Where its messages go, as far as that was asked for."""
        self.rate = SlidingMeter(MINUTE)
        """The pair's own rate: it counts always and limits after a throttle reply."""
        self.failures = 0
        self._lowered: int | None = None
        self._first_rate = 0
        self._throttled_at = -THROTTLE_WINDOW
        self._raised_at = 0.0
        self._rests_until = 0.0

    @property
    def connections(self) -> int:
        """Connections that the pair may have, as far as its own limit goes."""
        return self.base_connections if self._lowered is None else min(self._lowered, self.base_connections)

    def refresh(self, now: float) -> None:
        """Bring the rate up to *now*, and raise what was lowered for each clean minute."""
        if self._lowered is not None:
            self._raise(int((now - self._raised_at) // MINUTE))
        self.rate.refresh(now)

    def throttle(self, now: float) -> None:
        """Halve connections and rate, neither below 1."""
        if now - self._throttled_at < THROTTLE_WINDOW:
            return
        self.refresh(now)
        rate = max(self.rate.used, SLOW_RATE) if self.rate.limit is None else self.rate.limit
        if self._lowered is None:
            self._first_rate = rate
        self._lowered = max(1, self.connections // 2)
        self.rate.limit = max(1, rate // 2)
        self.rate.refresh(now)
        self._throttled_at = self._raised_at = now

    def _raise(self, minutes: int) -> None:
        """A connection and a tenth of the first rate for each clean minute; both whole again, the limit is gone."""
        if minutes <= 0 or self._lowered is None:
            return
        self._raised_at += minutes * MINUTE
        self._lowered += minutes
        rate = (self.rate.limit or 0) + minutes * max(1, self._first_rate // _RAISES)
        whole = self._lowered >= self.base_connections and rate >= self._first_rate
        self.rate.limit = None if whole else rate
        if whole:
            self._lowered = None

    def back_off(self, rest: BackOff, now: float) -> float:
        """Rest for twice as long as the last time, and return until when; unchanged while it rests."""
        if now >= self._rests_until:
            self._rests_until = now + min(rest.longest, rest.first * 2 ** min(self.failures, 16))
            self.failures += 1
        return self._rests_until

    def set_back(self, now: float, by: float) -> None:
        """The clock was set back *by* so many seconds to *now*: nothing that goes by an instant lasts longer for that."""
        self.rate.set_back(now, by)
        self._throttled_at = min(self._throttled_at, now)
        self._raised_at = min(self._raised_at, now)
        self._rests_until = min(self._rests_until - by, now + BACK_OFF_LONGEST)

    def works(self) -> None:
        """The next trouble is the first again. A rest that goes on is kept: it is new connections that failed."""
        self.failures = 0

    def rests_until(self, now: float) -> float | None:
        """Until when the pair rests; None when it doesn't."""
        return self._rests_until if now < self._rests_until else None

    def grant(self, connections: int) -> None:
        """The pair may have so many connections; shared limits count them, or those still open when they are more."""
        self.granted = connections
        for pool in self.pools.values():
            pool.hold(self, max(connections, self.open))

    def forget_shared(self) -> None:
        """Leave all shared limits, and forget where they applied: they were set anew."""
        self.places.clear()
        for pool in self.pools.values():
            pool.hold(self, 0)
        self.pools = self.hourly = _NONE

    def is_idle(self, now: float) -> bool:
        """Whether there is nothing to remember: a rate that a throttle reply would not start from is nothing."""
        self.refresh(now)
        busy = self.open or self.granted or self.rate.used > SLOW_RATE or self._lowered is not None
        return not busy and (not self.failures or now >= self._rests_until + BACK_OFF_LONGEST)
