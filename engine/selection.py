"""Which pair next: MX preference, then weighted rendezvous hashing over the stream's addresses, then free capacity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby

from engine.explain import Explainer
from engine.limits import Limits, Place
from engine.meters import Gauge, Room
from engine.pairs import Family, IPPair, MXAddress, Route, family_of
from engine.ports import BoundAddress, StreamPlan
from engine.registry import Registry
from engine.rendezvous import KEPT, Pool, bucket_of
from engine.why import Explanation


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that a recipient may be handed to."""

    pair: IPPair
    mx: MXAddress
    bound: BoundAddress


class Selector:
    """Chooses pairs for one stream. A recipient's order of addresses is that of :mod:`engine.rendezvous`."""

    def __init__(self, stream: StreamPlan, registry: Registry, limits: Limits) -> None:
        self._registry = registry
        self._limits = limits
        self._pool = Pool(())
        self.update(stream)

    def update(self, stream: StreamPlan) -> None:
        """Take the stream as it is now. Cheap when its pool has not changed."""
        self._stream = stream
        self._indexes: dict[str, int] = {bound.address.ip: index for index, bound in enumerate(stream.addresses)}
        members = tuple((bound.address.ip, bound.weight) for bound in stream.addresses)
        if members != self._pool.members:
            self._pool = Pool(members)

    def order(self, key: str) -> Sequence[BoundAddress]:
        """All addresses of the pool in the rendezvous order of the recipient *key*, the closed ones too."""
        addresses = self._stream.addresses
        return [addresses[index] for index in self._pool.rank(bucket_of(key), range(len(addresses)))]

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
        ways = _Ways(self._stream, self._registry, self._limits, route, provider, now, capacity, unusable, ceiling)
        return Turn(self._pool, self._indexes, ways, ceiling)

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
        explainer = Explainer(self._stream, self._registry, self._limits, provider, now, capacity, unusable)
        return explainer.explain(route, self.order(key), bucket_of(key), keep=keep, strict=strict)


class _Way:
    """A candidate with all that it is limited by."""

    __slots__ = ("candidate", "gauges", "ramp")

    def __init__(self, candidate: Candidate, gauges: tuple[Gauge, ...], ramp: Gauge | None) -> None:
        self.candidate = candidate
        self.gauges = gauges
        self.ramp = ramp

    def has_room(self) -> bool:
        for gauge in self.gauges:  # noqa: SIM110 - done for every message, and a generator takes twice as long
            if gauge.left <= 0:
                return False
        return True

    def take(self, count: int) -> None:
        for gauge in self.gauges:
            gauge.take(count)
        if self.ramp is not None:
            self.ramp.take(count)


class _Ways:
    """The open ways of each address at each preference, worked out when they are first asked for."""

    def __init__(
        self,
        stream: StreamPlan,
        registry: Registry,
        limits: Limits,
        route: Route,
        provider: str,
        now: float,
        capacity: Callable[[IPPair], int],
        unusable: Collection[str],
        ceiling: Gauge | None,
    ) -> None:
        self._stream = stream
        self._registry = registry
        self._limits = limits
        self._route = route
        self._provider = provider
        self._now = now
        self._capacity = capacity
        self._unusable = unusable
        self._ceiling = () if ceiling is None else (ceiling,)
        self._rests: list[float] = []
        self.levels = _levels(route.addresses)
        self.known: list[dict[int, tuple[_Way | None, ...]]] = [{} for _ in self.levels]
        """What :meth:`of` has answered, by level and index."""

    def of(self, index: int, level: int) -> tuple[_Way | None, ...]:
        """The ways of an address (by its index in the stream) at a preference: one for each MX address of its family, None
        where the pair is closed or backs off; () when that is so everywhere."""
        ways = self.known[level].get(index)
        if ways is None:
            bound = self._stream.addresses[index]
            found = tuple([self._way(bound, mx) for mx in self._exchangers(bound, level)])
            ways = self.known[level][index] = found if any(found) else ()
        return ways

    def open_at(self, level: int) -> list[int]:
        """The indexes of all addresses that have a way at a preference."""
        return [index for index in range(len(self._stream.addresses)) if self.of(index, level)]

    def next_time(self) -> float | None:
        """When the first way that is known may be free again, as far as that is known."""
        known = (way for level in self.known for ways in level.values() for way in ways if way)
        times = [time for way in known if (time := self._free_at(way))]
        return min((*times, *self._rests), default=None)

    def _free_at(self, way: _Way) -> float | None:
        full = [gauge.free_at() for gauge in way.gauges if gauge.left <= 0]
        if way.ramp is not None and way.ramp.left <= 0:
            pair = way.candidate.pair
            full.append(self._registry.ramp_until(pair.sending_address, pair.mx_address, self._route.group))
        times = [time for time in full if time is not None]
        return max(times) if times and len(times) == len(full) else None

    def _exchangers(self, bound: BoundAddress, level: int) -> Sequence[MXAddress]:
        usable = bound.is_open and bound.address.ip not in self._unusable
        return self.levels[level].get(family_of(bound.address.ip), ()) if usable else ()

    def _way(self, bound: BoundAddress, mx: MXAddress) -> _Way | None:
        ip = bound.address.ip
        if self._registry.is_closed(ip, mx.address, self._route.group):
            return None
        rests = self._limits.backing_off_until(ip, mx.address, self._now)
        if rests is not None:
            self._rests.append(rests)
            return None
        pair = IPPair(ip, mx.address)
        place = Place(self._stream.id, ip, mx.address, self._route.domain, self._provider)
        gauges = (Room(self._capacity(pair)), *self._limits.gauges(place, self._now), *self._ceiling)
        return _Way(Candidate(pair, mx, bound), gauges, self._registry.ramp(ip, mx.address, self._route.group))


class _No(Enum):
    """Why an address gives no candidate."""

    CLOSED = auto()
    """Its pairs are closed, rest, have their slow start's step full or are to be avoided: a worse MX may be used."""
    BUSY = auto()
    """Its pairs are open, but a limit or the capacity is exhausted: worth waiting for."""


class _Rest:
    """The addresses of a large pool that have a way at a preference and may have room left."""

    __slots__ = ("indexes", "was_busy")

    def __init__(self, indexes: list[int]) -> None:
        self.indexes = indexes
        self.was_busy = False
        """One that was open had no room left."""


class Turn:
    """Choices for one domain at one instant. What it chooses is taken from limits and slow starts at once."""

    def __init__(self, pool: Pool, indexes: Mapping[str, int], ways: _Ways, ceiling: Gauge | None) -> None:
        self._pool = pool
        self._indexes = indexes
        self._ways = ways
        self._ceiling = ceiling
        self._rest: dict[int, _Rest] = {}
        self._exhausted = False

    def choose(
        self, key: str, *, keep: str = "", strict: bool = False, avoid: Collection[IPPair] = ()
    ) -> Candidate | None:
        """The pair for the recipient *key* (its address), or None when it has to wait.

        *keep* is the sending address that a greylisting destination has seen: it is used as long as it is open, even if
        that means to wait; *strict* forbids any other while it is in the stream (after a refusal of content, sender domain
        or policy). *avoid* leaves out pairs that refused this recipient a moment ago.

        MX addresses of a worse preference are used when all pairs of the better ones are closed, back off or have their
        slow start's step full, not when a limit or the capacity is exhausted.
        """
        bucket = bucket_of(key)
        kept = self._indexes.get(keep) if keep else None
        if kept is not None:
            found = self._over((kept,), bucket, avoid)
            if isinstance(found, Candidate):
                return found
            if strict or found is _No.BUSY:
                return None
        if self._exhausted:
            return None
        for level in range(len(self._ways.levels)):
            found = self._at(level, bucket, avoid)
            if isinstance(found, Candidate):
                return found
            if found is _No.BUSY:
                break
        self._exhausted = not avoid
        return None

    def give_back(self, candidate: Candidate, count: int = 1) -> None:
        """*count* messages that were chosen in this turn for a pair were not handed over after all."""
        index = self._indexes[candidate.pair.sending_address]
        for level in range(len(self._ways.levels)):
            for way in self._ways.of(index, level):
                if way is not None and way.candidate is candidate:
                    way.take(-count)
                    self._rest.clear()
                    self._exhausted = False

    @property
    def is_exhausted(self) -> bool:
        """Nobody without a bond to one address can be placed in this turn any more."""
        return self._exhausted or (self._ceiling is not None and self._ceiling.left <= 0)

    def next_time(self) -> float | None:
        """When a pair that was looked at may be free again, as limits, slow starts and back-offs say; None when unknown
        (closed, or waiting for capacity)."""
        return self._ways.next_time()

    def _over(self, indexes: Sequence[int], bucket: int, avoid: Collection[IPPair]) -> Candidate | _No:
        """The best pair of given addresses alone."""
        for level in range(len(self._ways.levels)):
            found = self._first_of(indexes, level, bucket, avoid)
            if found is not _No.CLOSED:
                return found
        return _No.CLOSED

    def _at(self, level: int, bucket: int, avoid: Collection[IPPair]) -> Candidate | _No:
        """The best pair at a preference, over all addresses."""
        found = self._first_of(self._pool.first(bucket), level, bucket, avoid)
        if isinstance(found, Candidate) or len(self._indexes) <= KEPT:
            return found
        return self._beyond(level, bucket, avoid, found)

    def _beyond(self, level: int, bucket: int, avoid: Collection[IPPair], so_far: _No) -> Candidate | _No:
        """The best pair at a preference when the addresses that are first for the bucket have none.

        Addresses that turn out to have nothing left are not looked at again in this turn.
        """
        rest = self._rest.get(level)
        if rest is None:
            rest = self._rest[level] = _Rest(self._ways.open_at(level))
        found: Candidate | _No = so_far
        passed = set()
        was_busy = rest.was_busy or so_far is _No.BUSY
        for index in self._pool.rank(bucket, rest.indexes):
            found = self._first_of((index,), level, bucket, avoid)
            if isinstance(found, Candidate):
                break
            passed.add(index)
            was_busy = was_busy or found is _No.BUSY
        if passed and not avoid:
            rest.indexes = [index for index in rest.indexes if index not in passed]
            rest.was_busy = was_busy
        return found if isinstance(found, Candidate) else _No.BUSY if was_busy else _No.CLOSED

    def _first_of(self, indexes: Sequence[int], level: int, bucket: int, avoid: Collection[IPPair]) -> Candidate | _No:
        """The first of *indexes* that has a pair with room; the MX addresses of a preference take turns by bucket."""
        result = _No.CLOSED
        known = self._ways.known[level]
        for index in indexes:
            ways = known.get(index)
            if ways is None:
                ways = self._ways.of(index, level)
            for step in range(len(ways)):
                way = ways[(bucket + step) % len(ways)]
                if way is None or (way.ramp is not None and way.ramp.left <= 0):
                    continue
                if avoid and way.candidate.pair in avoid:
                    continue
                if way.has_room():
                    way.take(1)
                    return way.candidate
                result = _No.BUSY
        return result


def _levels(addresses: Sequence[MXAddress]) -> list[dict[Family, Sequence[MXAddress]]]:
    """MX addresses of equal preference together, the best first, by family."""
    if len(addresses) == 1:  # most domains, and each of them is looked at anew in every turn
        return [{family_of(addresses[0].address): addresses}]
    ordered = sorted(addresses, key=lambda mx: mx.preference)
    return [_by_family(level) for _, level in groupby(ordered, key=lambda mx: mx.preference)]


def _by_family(addresses: Iterable[MXAddress]) -> dict[Family, Sequence[MXAddress]]:
    found: dict[Family, list[MXAddress]] = {}
    for mx in addresses:
        found.setdefault(family_of(mx.address), []).append(mx)
    return {**found}
