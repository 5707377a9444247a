"""The values of limits and warm-up plans, and which limits apply where. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.ports import World


class LimitScope(StrEnum):
    """What a limit is about."""

    PAIR = "pair"
    """Each pair by itself; ``target`` is ""."""
    PROVIDER = "provider"
    """One sending address at one provider; ``target`` is the provider's name."""
    DOMAIN = "domain"
    """All sending addresses together at one domain, or at the comma-separated set of domains in ``target``."""
    ADDRESS = "address"
    """One sending address toward everybody; ``target`` is the address."""


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A limit that an administrator set; None leaves a quantity alone. Of all that apply, the smallest wins.

    An empty ``target`` means each provider, domain or address by itself.
    """

    scope: LimitScope
    target: str = ""
    connections: int | None = None
    connections_per_hour: int | None = None
    messages_per_connection: int | None = None
    messages_per_hour: int | None = None
    origin: str = ""
    """Who set it, in words, for "which limit binds" ("stream news", "address 192.0.2.7", "server")."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A ceiling per day and provider that grows: ``first_day`` messages, times ``growth`` each day, until ``last_day``.

    ``last_day`` is the number of messages of the last day that has a ceiling. ``started`` is the UTC day (epoch seconds
    // 86,400) that counts as the first.
    """

    started: int
    first_day: int
    growth: float
    last_day: int


class LimitKind(StrEnum):
    """The quantity that a limit is about."""

    CONNECTIONS = "connections"
    CONNECTIONS_PER_HOUR = "connections_per_hour"
    MESSAGES_PER_HOUR = "messages_per_hour"
    MESSAGES_PER_MINUTE = "messages_per_minute"
    """The pair's own, lowered because the destination asked for it."""
    WARM_UP = "warm_up"
    BACK_OFF = "back_off"
    """The destination can't be reached over the pair: it rests."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The limit that keeps a pair from more. ``until`` in epoch seconds, None when it depends on what is under way."""

    kind: LimitKind
    limit: int
    used: int
    origin: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What limits are looked up by: mail of one stream, over one pair, to one domain of one provider ("" for none)."""

    stream: int
    sending_address: str
    mx_address: str
    domain: str
    provider: str


Key = tuple[object, ...]
"""What one count is kept for: who set the limit, its scope, and the pair, provider, domain or address it is about."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A limit as it applies to a place."""

    key: Key
    scope: LimitScope
    limit: int
    origin: str


_FIELDS: Final = {
    LimitKind.CONNECTIONS: "connections",
    LimitKind.CONNECTIONS_PER_HOUR: "connections_per_hour",
    LimitKind.MESSAGES_PER_HOUR: "messages_per_hour",
}


def warm_up_ceiling(plan: WarmUp, day: int) -> int | None:
    """Messages that *plan* allows on the UTC *day* (epoch seconds // 86,400) at one provider; None when it has ended."""
    age = max(0, day - plan.started)
    if age > 0 and _grown(plan, age - 1) >= plan.last_day:
        return None
    return int(min(plan.last_day, _grown(plan, age)))


def _grown(plan: WarmUp, days: int) -> float:
    """The ceiling after so many days, infinite where a number has no room for it."""
    try:
        return plan.first_day * math.pow(plan.growth, days)
    except OverflowError:
        return math.inf


class RuleBook:
    """The limits of server, streams and addresses, as administrators have set them."""

    def __init__(self, world: World | None = None) -> None:
        self._server: tuple[LimitRule, ...] = world.limits if world else ()
        self._streams: dict[int, tuple[LimitRule, ...]] = {}
        self._streams_of: dict[str, list[int]] = {}
        self._addresses: dict[str, LimitRule] = {}
        self.plans: dict[str, WarmUp] = {}
        """Warm-up plans by sending address."""
        for stream in world.streams.values() if world else ():
            self._streams[stream.id] = stream.limits
            for bound in stream.addresses:
                address = bound.address
                self._streams_of.setdefault(address.ip, []).append(stream.id)
                if address.limits:
                    self._addresses[address.ip] = address.limits
                if address.warm_up:
                    self.plans[address.ip] = address.warm_up
        self.is_empty = not (self._server or self._addresses or any(self._streams.values()))
        """Nobody has set a limit; warm-up plans are another matter."""

    def messages(self, place: Place) -> list[Applied]:
        """The hourly limits of messages: the server's, the stream's own, the address's."""
        return self._strictest(self._rules(place, [place.stream]), place, LimitKind.MESSAGES_PER_HOUR)

    def connections(self, place: Place, kind: LimitKind) -> list[Applied]:
        """Limits of connections, or of new ones an hour: connections are shared by all streams with the address."""
        return self._strictest(self._rules(place, self._streams_of.get(place.sending_address, ())), place, kind)

    def messages_per_connection(self, place: Place) -> int | None:
        """The smallest number of messages that one connection may carry; None when no limit says."""
        rules = self._rules(place, self._streams_of.get(place.sending_address, ()))
        numbers = (rule.messages_per_connection for _, rule in rules)
        return min((number for number in numbers if number is not None), default=None)

    def smallest_hourly(self, place: Place) -> int | None:
        """The smallest hourly limit of messages of any stream with the address; None when there is none."""
        rules = self._rules(place, self._streams_of.get(place.sending_address, ()))
        numbers = (rule.messages_per_hour for _, rule in rules)
        return min((number for number in numbers if number is not None), default=None)

    def _rules(self, place: Place, streams: Iterable[int]) -> Iterator[tuple[Key, LimitRule]]:
        """Rules that apply to a place, each with the key of who set it."""
        for rule in self._server:
            if _applies(rule, place):
                yield ("server",), rule
        for stream in streams:
            for rule in self._streams.get(stream, ()):
                if _applies(rule, place):
                    yield ("stream", stream), rule
        own = self._addresses.get(place.sending_address)
        if own and _applies(own, place):
            yield ("address", place.sending_address), own

    @staticmethod
    def _strictest(rules: Iterable[tuple[Key, LimitRule]], place: Place, kind: LimitKind) -> list[Applied]:
        """One limit for each count that is kept."""
        found: dict[Key, Applied] = {}
        for owner, rule in rules:
            limit: int | None = getattr(rule, _FIELDS[kind])
            if limit is None:
                continue
            key = (kind, *owner, rule.scope, *_subject(rule, place))
            if key not in found or limit < found[key].limit:
                found[key] = Applied(key, rule.scope, limit, rule.origin or " ".join(map(str, owner)))
        return list(found.values())


def _applies(rule: LimitRule, place: Place) -> bool:
    if rule.scope is LimitScope.PAIR or not rule.target:
        return True
    if rule.scope is LimitScope.PROVIDER:
        return rule.target == place.provider
    if rule.scope is LimitScope.ADDRESS:
        return rule.target == place.sending_address
    return place.domain in (domain.strip() for domain in rule.target.split(","))


def _subject(rule: LimitRule, place: Place) -> Key:
    """What a rule counts for, of all the places that it applies to."""
    if rule.scope is LimitScope.PAIR:
        return place.sending_address, place.mx_address
    if rule.scope is LimitScope.PROVIDER:
        return place.sending_address, place.provider
    if rule.scope is LimitScope.ADDRESS:
        return (place.sending_address,)
    return (rule.target or place.domain,)
