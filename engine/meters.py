"""Counters that limits are made of: what was used within a sliding time or a day, and what is left. Pure accounting.

A meter is brought up to an instant with ``refresh``; ``left`` and ``take`` are then about that instant.
"""

from __future__ import annotations

from typing import Final, Protocol

UNLIMITED: Final = 1 << 62
"""What is left where there is no limit."""

DAY: Final = 86_400


class Gauge(Protocol):
    """Something that allows so many more: a limit, a slow start, the room in a worker."""

    left: int
    """How many more now; not above 0 means none."""

    def take(self, count: int = 1) -> None:
        """Use up *count*; negative gives back."""
        ...

    def free_at(self) -> float | None:
        """When something is left again, if nothing more is taken; None when something is left, or nobody can know."""
        ...


class Room:
    """A gauge of a given size."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int = 1) -> None:
        """Use up *count*; negative gives back."""
        self.left -= count

    def free_at(self) -> float | None:
        """Nobody can know."""
        return None


class SlidingMeter:
    """At most ``limit`` within any *length* seconds (None: just count).

    Use is kept in slots of a sixtieth of the length, which makes it hold on a little longer than it must: never too short.
    """

    __slots__ = ("_length", "_slot", "_slots", "_width", "left", "limit", "used")

    def __init__(self, length: float, limit: int | None = None) -> None:
        self.limit = limit
        self.used = 0
        self.left = UNLIMITED
        self._length = length
        self._width = length / 60
        self._slot = 0
        self._slots: list[list[int]] = []  # there are very many meters, and a deque takes ten times as much

    def refresh(self, now: float) -> None:
        """Forget what is older than the length."""
        self._slot = max(self._slot, int(now / self._width))
        oldest = self._slot - 60
        while self._slots and self._slots[0][0] < oldest:
            self.used -= self._slots.pop(0)[1]
        self.left = UNLIMITED if self.limit is None else self.limit - self.used

    def set_back(self, now: float, by: float) -> None:
        """The clock was set back *by* so many seconds to *now*: what was used counts for as long as it would have."""
        present = int(now / self._width)
        for slot in self._slots:
            if slot[0] > present:
                slot[0] = min(present, slot[0] - int(by / self._width))
        self._slots.sort()
        self._slot = min(self._slot, present)

    def take(self, count: int = 1) -> None:
        """Use up *count*; negative gives back what was taken within the length."""
        if self._slots and self._slots[-1][0] == self._slot:
            self._slots[-1][1] += count
        else:
            self._slots.append([self._slot, count])
        self.used += count
        self.left -= count

    def free_at(self) -> float | None:
        """When something is left again, if nothing more is taken; None when something is left now, or never will be."""
        if self.limit is None or self.used < self.limit:
            return None
        kept = self.used
        for slot, count in self._slots:
            kept -= count
            if kept < self.limit:
                return (slot + 61) * self._width
        return None

    def is_idle(self, now: float) -> bool:
        """Whether nothing was used within the length, and nobody has looked just now."""
        seen_now = self._slot == int(now / self._width)
        return not seen_now and (not self._slots or self._slots[-1][0] < int(now / self._width) - 60)


class DayMeter:
    """At most ``limit`` within one UTC day (None: just count)."""

    __slots__ = ("_day", "left", "limit", "used")

    def __init__(self) -> None:
        self.limit: int | None = None
        self.used = 0
        self.left = UNLIMITED
        self._day = 0

    def refresh(self, now: float) -> None:
        """Begin anew when the day has changed."""
        day = int(now // DAY)
        if day > self._day:
            self._day = day
            self.used = 0
        self.left = UNLIMITED if self.limit is None else self.limit - self.used

    def set_back(self, now: float) -> None:
        """The clock was set back to *now*."""
        self._day = min(self._day, int(now // DAY))

    def start(self, used: int, now: float) -> None:
        """Take what was used on the day of *now* so far."""
        self._day = int(now // DAY)
        self.used = used

    def take(self, count: int = 1) -> None:
        """Use up *count*; negative gives back."""
        self.used += count
        self.left -= count

    def free_at(self) -> float | None:
        """When something is left again: the next midnight UTC; None when something is left now."""
        return None if self.limit is None or self.used < self.limit else float((self._day + 1) * DAY)

    def is_idle(self, now: float) -> bool:
        """Whether nothing was used today."""
        return not self.used or self._day < int(now // DAY)


class SharedPool:
    """At most ``limit`` connections among several pairs: what each holds, granted or open."""

    __slots__ = ("_held", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._held: dict[object, int] = {}

    def room_for(self, holder: object) -> int:
        """The most that *holder* may have, given what the others have."""
        return max(0, self.limit - self.used + self._held.get(holder, 0))

    def hold(self, holder: object, count: int) -> None:
        """*holder* has *count* from now on."""
        self.used += count - self._held.pop(holder, 0)
        if count:
            self._held[holder] = count
