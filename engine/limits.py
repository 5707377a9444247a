"""What was used of every limit and how much is left: connections, rates, warm-up, back-off. Pure accounting on the engine's loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.limit_rules import (
    Applied,
    Binding,
    Key,
    LimitKind,
    LimitRule,
    LimitScope,
    Place,
    RuleBook,
    WarmUp,
    warm_up_ceiling,
)
from engine.meters import DAY, DayMeter, Gauge, SharedPool, SlidingMeter
from engine.pair_state import BackOff, PairState

if TYPE_CHECKING:
    from engine.ports import World

__all__ = [
    "Binding",
    "LimitKind",
    "LimitRule",
    "LimitScope",
    "Limits",
    "Place",
    "WarmUp",
    "warm_up_ceiling",
]

HOUR: Final = 3600.0
RAMP_CEILING: Final = 1024
"""Messages a step at which a slow start is over when no limit says how many a pair may carry."""
_DEFAULT: Final = "the default of each pair"
_TIDY_FROM: Final = 20_000
"""Pairs in memory from which on those that have nothing to remember are forgotten."""


@dataclass(frozen=True, slots=True)
class _Channel:
    """All that applies to one place, looked up once."""

    state: PairState
    day: DayMeter
    messages: tuple[tuple[Applied, SlidingMeter], ...]
    gauges: tuple[Gauge, ...]
    connections: Applied
    """The limit of the pair alone."""
    pools: tuple[tuple[Applied, SharedPool], ...]
    hourly: tuple[tuple[Applied, SlidingMeter], ...]
    messages_per_connection: int


class Limits:
    """What was used of every limit, and how much is left: the smallest limit that applies wins.

    Hourly limits are about any 60 minutes. Limits of a stream count that stream's messages; connections belong to a pair
    whatever its streams, so the connection limits of all streams with its address apply. A pair has at most the setting's
    connections (10) unless a limit of scope PAIR says otherwise. A throttle reply halves the pair's own connections and
    rate (not below 1), each minute without one raises them again. Trouble with connections makes a pair back off for
    1, 2, 4 … minutes, at most an hour, until it works again; for less where the retry schedule has shorter steps.
    """

    def __init__(self) -> None:
        self._rules = RuleBook()
        self._default = Applied((), LimitScope.PAIR, 10, _DEFAULT)
        self._default_messages = 1000
        self._rest = BackOff()
        self._channels: dict[Place, _Channel] = {}
        self._pairs: dict[tuple[str, str], PairState] = {}
        self._days: dict[tuple[str, str], DayMeter] = {}
        self._meters: dict[Key, SlidingMeter] = {}
        self._pools: dict[Key, SharedPool] = {}
        self._mailings: dict[int, SlidingMeter] = {}
        self._tidy_at = _TIDY_FROM

    def update(self, world: World) -> None:
        """Take the limits as administrators have set them now. What was used stays counted; ask for connections again."""
        self._rules = RuleBook(world)
        self._default = Applied((), LimitScope.PAIR, world.settings.connections_per_pair, _DEFAULT)
        self._default_messages = world.settings.messages_per_connection
        self._rest = BackOff.within(world.settings.retry_schedule)
        self._channels.clear()
        self._mailings = {number: meter for number, meter in self._mailings.items() if number in world.mailings}
        for state in self._pairs.values():
            state.forget_shared()

    def start_day(self, sent: Mapping[tuple[str, str], int], now: float) -> None:
        """Take the messages of this UTC day by (sending address, provider), for warm-up plans."""
        for key, count in sent.items():
            self._day(key).start(count, now)

    def set_back(self, now: float, by: float) -> None:
        """The clock was set back *by* so many seconds to *now*."""
        for sliding in (*self._meters.values(), *self._mailings.values()):
            sliding.set_back(now, by)
        for day in self._days.values():
            day.set_back(now)
        for state in self._pairs.values():
            state.set_back(now, by)

    # Messages

    def gauges(self, place: Place, now: float) -> tuple[Gauge, ...]:
        """All that limits the messages of a place, brought up to *now*: each must have something left, each is taken from."""
        return self._refreshed(place, now).gauges

    def messages_for(self, place: Place, demand: int, now: float) -> int:
        """How many messages may be handed over now, at most *demand*; 0 while the pair backs off."""
        channel = self._refreshed(place, now)
        if channel.state.rests_until(now) is not None:
            return 0
        return max(0, min(demand, *(gauge.left for gauge in channel.gauges)))

    def note_sent(self, place: Place, count: int, now: float, mailing: int = 0) -> None:
        """Messages of a mailing were handed over (negative: they came back unused). Not for what a Turn has chosen: that is
        counted, in the mailing's ceiling, too."""
        for gauge in self._refreshed(place, now).gauges:
            gauge.take(count)
        if (ceiling := self._mailings.get(mailing)) is not None:
            ceiling.refresh(now)
            ceiling.take(count)

    def binding(self, place: Place, now: float) -> Binding | None:
        """The limit that binds: one that is exhausted (of several the one that frees last), None when none is."""
        channel = self._refreshed(place, now)
        exhausted = [*self._exhausted_messages(channel, place, now), *self._exhausted_connections(channel, now)]
        return max(exhausted, key=lambda binding: binding.until or 0.0, default=None)

    def mailing_ceiling(self, mailing: int, per_hour: int, now: float) -> Gauge:
        """The hourly ceiling of a mailing, brought up to *now*."""
        meter = self._mailings.setdefault(mailing, SlidingMeter(HOUR))
        meter.limit = per_hour
        meter.refresh(now)
        return meter

    def ramp_ceiling(self, sending_address: str, mx_address: str, provider: str, step_seconds: float) -> int:
        """Messages in one step at which a slow start has reached the pair's limit."""
        hourly = self._rules.smallest_hourly(Place(0, sending_address, mx_address, "", provider))
        if hourly is None:
            return RAMP_CEILING
        return max(1, min(RAMP_CEILING, int(hourly * step_seconds / HOUR)))

    # Connections

    def connections_for(self, place: Place, demand: int, now: float) -> int:
        """Grant connections to a pair, at most *demand*: how many may be open at once from now on.

        The grant stands, and counts against shared limits, until the next call for the pair or :meth:`release`. A pair
        that serves several domains is bound by the limits of all of them.
        """
        channel = self._refreshed(place, now)
        state = channel.state
        if channel.pools:
            state.pools = {**state.pools, **dict(channel.pools)}
        if channel.hourly:
            state.hourly = {**state.hourly, **dict(channel.hourly)}
        granted = 0 if state.rests_until(now) is not None else min(demand, state.connections)
        for meter in state.hourly.values():
            meter.refresh(now)
            granted = min(granted, state.open + max(0, meter.left))
        for pool in state.pools.values():
            granted = min(granted, pool.room_for(state))
        state.grant(max(0, granted))
        return state.granted

    def messages_per_connection(self, place: Place) -> int:
        """Messages in one connection at most."""
        return self._channel(place, 0.0).messages_per_connection

    def release(self, sending_address: str, mx_address: str, now: float) -> None:
        """The pair needs no connections any more; those that are open still count until they are reported closed."""
        key = sending_address, mx_address
        if state := self._pairs.get(key):
            state.grant(0)
            self._forget_if_idle(key, state, now)

    def note_connections(self, sending_address: str, mx_address: str, open_now: int, opened: int, now: float) -> None:
        """What a worker reports: connections of a pair that are open, and how many were opened since the last report."""
        state = self._pair(sending_address, mx_address, now)
        state.open = open_now
        state.grant(state.granted)
        for meter in state.hourly.values():
            meter.refresh(now)
            meter.take(opened)
        self._forget_if_idle((sending_address, mx_address), state, now)

    # What destinations say

    def note_throttle(self, sending_address: str, mx_address: str, now: float) -> None:
        """The destination wants less on this pair. Replies within ten seconds count as one.

        A pair that has no open connection backs off as well, or it would knock again at once.
        """
        state = self._pair(sending_address, mx_address, now)
        state.throttle(now)
        if not state.open:
            state.back_off(self._rest, now)

    def note_clean(self, sending_address: str, mx_address: str) -> None:
        """The pair works: its back-off starts anew with the next trouble."""
        if state := self._pairs.get((sending_address, mx_address)):
            state.works()

    def note_unreachable(self, sending_address: str, mx_address: str, now: float) -> float:
        """A connection failed: the pair rests. Returns until when; trouble while it rests does not add to it."""
        return self._pair(sending_address, mx_address, now).back_off(self._rest, now)

    def backing_off_until(self, sending_address: str, mx_address: str, now: float) -> float | None:
        """Until when the pair rests after trouble; None when it doesn't."""
        state = self._pairs.get((sending_address, mx_address))
        return state.rests_until(now) if state else None

    # Within

    def _exhausted_messages(self, channel: _Channel, place: Place, now: float) -> Iterator[Binding]:
        state = channel.state
        rests = state.rests_until(now)
        if rests is not None:
            yield Binding(LimitKind.BACK_OFF, 0, state.failures, "connections failed", rests)
        rate = state.rate
        if rate.limit is not None and rate.left <= 0:
            origin = "the destination asked for less"
            yield Binding(LimitKind.MESSAGES_PER_MINUTE, rate.limit, rate.used, origin, rate.free_at())
        day = channel.day
        if day.limit is not None and day.left <= 0:
            origin = f"warm-up of {place.sending_address}"
            yield Binding(LimitKind.WARM_UP, day.limit, day.used, origin, day.free_at())
        for applied, meter in channel.messages:
            if meter.left <= 0:
                yield Binding(LimitKind.MESSAGES_PER_HOUR, applied.limit, meter.used, applied.origin, meter.free_at())

    def _exhausted_connections(self, channel: _Channel, now: float) -> Iterator[Binding]:
        state = channel.state
        if state.open >= state.connections:
            lowered = state.connections < channel.connections.limit
            origin = "the destination asked for less" if lowered else channel.connections.origin
            yield Binding(LimitKind.CONNECTIONS, state.connections, state.open, origin)
        for applied, pool in channel.pools:
            if pool.room_for(state) <= state.open:
                yield Binding(LimitKind.CONNECTIONS, applied.limit, pool.used, applied.origin)
        for applied, meter in channel.hourly:
            meter.refresh(now)
            if meter.left <= 0:
                yield Binding(
                    LimitKind.CONNECTIONS_PER_HOUR, applied.limit, meter.used, applied.origin, meter.free_at()
                )

    def _refreshed(self, place: Place, now: float) -> _Channel:
        channel = self._channel(place, now)
        channel.state.refresh(now)
        if plan := self._rules.plans.get(place.sending_address):
            channel.day.limit = warm_up_ceiling(plan, int(now // DAY))
        channel.day.refresh(now)
        for _, meter in channel.messages:
            meter.refresh(now)
        return channel

    def _channel(self, place: Place, now: float) -> _Channel:
        channel = self._channels.get(place)
        if channel is None:
            channel = self._channels[place] = self._look_up(place, now)
            channel.state.places.append(place)
        return channel

    def _look_up(self, place: Place, now: float) -> _Channel:
        state = self._pair(place.sending_address, place.mx_address, now)
        if self._rules.is_empty:
            return self._unlimited(place, state)
        connections = self._rules.connections(place, LimitKind.CONNECTIONS)
        of_pair = [applied for applied in connections if applied.scope is LimitScope.PAIR]
        pair_limit = min(of_pair, key=lambda applied: applied.limit, default=self._default)
        state.base_connections = pair_limit.limit
        messages = self._metered(self._rules.messages(place))
        day = self._day((place.sending_address, place.provider))
        if place.sending_address not in self._rules.plans:
            day.limit = None
        most = self._rules.messages_per_connection(place)
        return _Channel(
            state=state,
            day=day,
            messages=messages,
            gauges=(state.rate, day, *(meter for _, meter in messages)),
            connections=pair_limit,
            pools=tuple(
                (applied, self._pool(applied)) for applied in connections if applied.scope is not LimitScope.PAIR
            ),
            hourly=self._metered(self._rules.connections(place, LimitKind.CONNECTIONS_PER_HOUR)),
            messages_per_connection=self._default_messages if most is None else most,
        )

    def _unlimited(self, place: Place, state: PairState) -> _Channel:
        """The same where nobody has set a limit: quicker, and a mailing to very many pairs looks up each of them."""
        state.base_connections = self._default.limit
        day = self._day((place.sending_address, place.provider))
        if place.sending_address not in self._rules.plans:
            day.limit = None
        return _Channel(state, day, (), (state.rate, day), self._default, (), (), self._default_messages)

    def _metered(self, limits: list[Applied]) -> tuple[tuple[Applied, SlidingMeter], ...]:
        found = []
        for applied in limits:
            meter = self._meters.setdefault(applied.key, SlidingMeter(HOUR))
            meter.limit = applied.limit
            found.append((applied, meter))
        return tuple(found)

    def _pool(self, applied: Applied) -> SharedPool:
        pool = self._pools.setdefault(applied.key, SharedPool(applied.limit))
        pool.limit = applied.limit
        return pool

    def _day(self, key: tuple[str, str]) -> DayMeter:
        return self._days.setdefault(key, DayMeter())

    def _pair(self, sending_address: str, mx_address: str, now: float) -> PairState:
        state = self._pairs.get((sending_address, mx_address))
        if state is None:
            if len(self._pairs) >= self._tidy_at:
                self._tidy(now)
            state = self._pairs[sending_address, mx_address] = PairState(self._default.limit)
        return state

    def _forget_if_idle(self, key: tuple[str, str], state: PairState, now: float) -> None:
        """A mailing to very many domains meets more pairs than are worth to be remembered. One that hourly limits count is
        kept for a while: a connection may be on its way that has not been reported."""
        if not state.hourly and state.is_idle(now):
            del self._pairs[key]
            for place in state.places:
                self._channels.pop(place, None)

    def _tidy(self, now: float) -> None:
        """Forget pairs and counts that have had nothing to remember for a while."""
        self._channels.clear()
        self._pairs = {key: state for key, state in self._pairs.items() if not state.is_idle(now)}
        self._meters = {key: meter for key, meter in self._meters.items() if not meter.is_idle(now)}
        self._days = {key: day for key, day in self._days.items() if not day.is_idle(now)}
        self._tidy_at = max(_TIDY_FROM, 2 * len(self._pairs))
