"""Lanes by the exchanger group that serves their domains: who waits for room at the same mail exchangers. Pure book-keeping."""

from __future__ import annotations

from collections.abc import Collection

from engine.lanes import LaneQueue
from engine.pairs import ExchangerGroup


class LaneGroups:
    """Every lane that has a route, by its group. Most groups serve one domain, and a set takes a fifth of a kilobyte."""

    def __init__(self) -> None:
        self._lanes: dict[ExchangerGroup, LaneQueue | set[LaneQueue]] = {}

    def of(self, group: ExchangerGroup) -> Collection[LaneQueue]:
        """The lanes of a group; do not change any lane's route while they are gone through."""
        found = self._lanes.get(group, ())
        return (found,) if isinstance(found, LaneQueue) else found

    def add(self, lane: LaneQueue, group: ExchangerGroup) -> None:
        """A lane has a route to the group."""
        found = self._lanes.setdefault(group, lane)
        if isinstance(found, set):
            found.add(lane)
        elif found is not lane:
            self._lanes[group] = {found, lane}

    def discard(self, lane: LaneQueue, group: ExchangerGroup) -> None:
        """A lane is over, or goes elsewhere."""
        found = self._lanes.get(group)
        if isinstance(found, set):
            found.discard(lane)
        if found is lane or found == set():
            del self._lanes[group]
