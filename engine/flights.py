"""The recipients that are at workers, or whose outcome is not durable yet. Book-keeping on the engine's loop."""

from __future__ import annotations

from dataclasses import dataclass

from engine.fleet import Line
from engine.lanes import LaneQueue
from engine.limits import Place
from engine.pairs import IPPair
from engine.ports import Waiting


@dataclass(slots=True)
class Flight:
    """One recipient under way. ``answered``: the worker has said what became of it, and that is being written. ``dated``: what
    was read of it may hold no more, so it is read again before it is tried again."""

    row: Waiting
    lane: LaneQueue
    line: Line
    place: Place
    answered: bool = False
    dated: bool = False


class Flights:
    """All flights by recipient, and the pairs that recipients met a refusal on and are to avoid."""

    def __init__(self) -> None:
        self._flights: dict[int, Flight] = {}
        self._avoid: dict[int, dict[IPPair, float]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def recipients(self) -> tuple[int, ...]:
        """Who is under way."""
        return tuple(self._flights)

    def has_any_of(self, mailing: int) -> bool:
        """Whether recipients of a mailing are under way."""
        return any(flight.lane.mailing == mailing for flight in self._flights.values())

    def start(self, flight: Flight) -> None:
        """A recipient is handed out."""
        self._flights[flight.row.id] = flight

    def answer(self, recipient: int, attempt: int) -> Flight | None:
        """Take a worker's answer: the flight that it is about, None when there is no such (an echo)."""
        flight = self._flights.get(recipient)
        if flight is None or flight.answered or flight.row.attempts + 1 != attempt:
            return None
        flight.answered = True
        return flight

    def unanswered(self, worker: int) -> list[Flight]:
        """What a worker has."""
        return [flight for flight in self._flights.values() if flight.line.worker == worker and not flight.answered]

    def settle(self, recipient: int) -> Flight:
        """The outcome is durable: the flight is over."""
        self._avoid.pop(recipient, None)
        return self._flights.pop(recipient)

    def hand_back(self, flight: Flight, *, avoid_until: float | None) -> None:
        """Not tried after all; not over this pair again before *avoid_until* (None: it was not refused there)."""
        del self._flights[flight.row.id]
        if avoid_until is not None:
            self._avoid.setdefault(flight.row.id, {})[flight.line.pair] = avoid_until

    def set_back(self, now: float, by: float) -> None:
        """The clock was set back *by* so many seconds to *now*."""
        for pairs in self._avoid.values():
            for pair, until in pairs.items():
                pairs[pair] = until - by if until > now else until

    def was_refused(self, flight: Flight) -> bool:
        """The same attempt was refused over the same pair before, uncharged: a journal may still tell of that refusal."""
        return flight.line.pair in self._avoid.get(flight.row.id, ())

    def avoided(self, recipient: int, now: float) -> list[IPPair] | tuple[()]:
        """The pairs that a recipient is not to be tried on now."""
        pairs = self._avoid.get(recipient)
        return [pair for pair, until in pairs.items() if until > now] if pairs else ()

    def move_to(self, lanes: dict[int, LaneQueue]) -> None:
        """Lanes were read anew: what is under way is open in them."""
        for flight in self._flights.values():
            if (lane := lanes.get(flight.lane.id)) is not None:
                lane.reopen(flight.row.id)
                flight.lane = lane
                flight.dated = True
