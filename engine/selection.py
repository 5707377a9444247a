"""Which pair next: MX preference, then weighted rendezvous hashing over the stream's addresses, then free capacity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from engine.limits import Limits
from engine.meters import Gauge
from engine.pairs import IPPair, MXAddress, Route
from engine.ports import BoundAddress, StreamPlan
from engine.registry import Registry
from engine.why import Explanation


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that a recipient may be handed to."""

    pair: IPPair
    mx: MXAddress
    bound: BoundAddress


class Selector:
    """Chooses pairs for one stream.

    A recipient's order of addresses is its rendezvous order: address *i* with weight *w* scores ``-w / ln(h)``, where *h*
    in (0, 1) is a hash of the address and the recipient's bucket; the highest score comes first. So an address is first
    for its share of the recipients, and adding or removing one moves only the recipients that it wins or had.
    """

    def __init__(self, stream: StreamPlan, registry: Registry, limits: Limits) -> None: ...

    def update(self, stream: StreamPlan) -> None:
        """Take the stream as it is now. Cheap when its pool has not changed."""
        raise NotImplementedError

    def order(self, key: str) -> Sequence[BoundAddress]:
        """All addresses of the pool in the rendezvous order of the recipient *key*, the closed ones too."""
        raise NotImplementedError

    def turn(
        self,
        route: Route,
        provider: str,
        now: float,
        *,
        capacity: Callable[[IPPair], int],
        unusable: Collection[str] = (),
        ceiling: Gauge | None = None,
    ) -> Turn:
        """Choose for recipients of one domain at one instant.

        *capacity* says how many more messages a pair can be handed now, as far as the caller is concerned (asked once for
        each pair). *unusable* are addresses that can't be bound. *ceiling* is a further limit, of the mailing.
        """
        raise NotImplementedError

    def explain(
        self,
        key: str,
        route: Route,
        provider: str,
        now: float,
        *,
        capacity: Callable[[IPPair], int] | None = None,
        unusable: Collection[str] = (),
        keep: str = "",
        strict: bool = False,
    ) -> Explanation:
        """Why a recipient is not sent: every pair with the reason that excludes it, in the order of choice."""
        raise NotImplementedError


class Turn:
    """Choices for one domain at one instant. What it chooses is taken from limits and slow starts at once."""

    def choose(
        self, key: str, *, keep: str = "", strict: bool = False, avoid: Collection[IPPair] = ()
    ) -> Candidate | None:
        """The pair for the recipient *key* (its address), or None when it has to wait.

        *keep* is the sending address that a greylisting destination has seen: it is used as long as it is open, even if
        that means to wait; *strict* forbids any other (after a refusal of content, sender domain or policy). *avoid*
        leaves out pairs that refused this recipient a moment ago.

        MX addresses of a worse preference are used when all pairs of the better ones are closed, back off or have their
        slow start's step full, not when a limit or the capacity is exhausted.
        """
        raise NotImplementedError

    def give_back(self, candidate: Candidate, count: int = 1) -> None:
        """*count* messages that were chosen in this turn for a pair were not handed over after all."""
        raise NotImplementedError

    @property
    def is_exhausted(self) -> bool:
        """Nobody without a bond to one address can be placed in this turn any more."""
        raise NotImplementedError

    def next_time(self) -> float | None:
        """The first instant at which a pair may be free again, as far as limits and back-offs say; None when unknown
        (closed, or waiting for capacity)."""
        raise NotImplementedError
