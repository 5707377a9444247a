"""Connection and rate limits, warm-up plans, slow start and adaptive lowering: pure accounting, time comes in as an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.meters import Gauge

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
    """A limit that an administrator set; None leaves a quantity alone. Of all that apply, the smallest wins."""

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

    ``started`` is the UTC day (epoch seconds // 86,400) that counts as the first.
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


def warm_up_ceiling(plan: WarmUp, day: int) -> int | None:
    """Messages that *plan* allows on the UTC *day* (epoch seconds // 86,400) at one provider; None when it has ended."""
    raise NotImplementedError


class Limits:
    """What was used of every limit, and how much is left: the smallest limit that applies wins.

    Hourly limits are about any 60 minutes. Limits of a stream count that stream's messages; connections belong to a pair
    whatever its streams, so the connection limits of all streams with its address apply. A pair has at most the setting's
    connections (10) unless a limit of scope PAIR says otherwise. A throttle reply halves the pair's own connections and
    rate (not below 1), each minute without one raises them again. Trouble with connections makes a pair back off for
    1, 2, 4 … minutes, at most an hour, until it works again.
    """

    def update(self, world: World) -> None:
        """Take the limits as administrators have set them now. What was used stays counted."""
        raise NotImplementedError

    def start_day(self, sent: Mapping[tuple[str, str], int], now: float) -> None:
        """Take the messages of this UTC day by (sending address, provider), for warm-up plans."""
        raise NotImplementedError

    # Messages

    def gauges(self, place: Place, now: float) -> tuple[Gauge, ...]:
        """All that limits the messages of a place, brought up to *now*: each must have something left, each is taken from."""
        raise NotImplementedError

    def messages_for(self, place: Place, demand: int, now: float) -> int:
        """How many messages may be handed over now, at most *demand*; 0 while the pair backs off."""
        raise NotImplementedError

    def note_sent(self, place: Place, count: int, now: float) -> None:
        """Messages were handed over (negative: they came back unused). Not for what a Turn has chosen: that is counted."""
        raise NotImplementedError

    def binding(self, place: Place, now: float) -> Binding | None:
        """The limit that binds: one that is exhausted (of several the one that frees last), None when none is."""
        raise NotImplementedError

    def mailing_ceiling(self, mailing: int, per_hour: int, now: float) -> Gauge:
        """The hourly ceiling of a mailing, brought up to *now*."""
        raise NotImplementedError

    def ramp_ceiling(self, sending_address: str, mx_address: str, provider: str, step_seconds: float) -> int:
        """Messages in one step at which a slow start has reached the pair's limit."""
        raise NotImplementedError

    # Connections

    def connections_for(self, place: Place, demand: int, now: float) -> int:
        """Grant connections to a pair, at most *demand*: how many may be open at once from now on.

        The grant stands, and counts against shared limits, until the next call for the pair or :meth:`release`. A pair
        that serves several domains is bound by the limits of all of them.
        """
        raise NotImplementedError

    def messages_per_connection(self, place: Place) -> int:
        """Messages in one connection at most."""
        raise NotImplementedError

    def release(self, sending_address: str, mx_address: str) -> None:
        """The pair needs no connections any more."""
        raise NotImplementedError

    def note_connections(self, sending_address: str, mx_address: str, open_now: int, opened: int, now: float) -> None:
        """What a worker reports: connections of a pair that are open, and how many were opened since the last report."""
        raise NotImplementedError

    # What destinations say

    def note_throttle(self, sending_address: str, mx_address: str, now: float) -> None:
        """The destination wants less on this pair. Replies within ten seconds count as one."""
        raise NotImplementedError

    def note_clean(self, sending_address: str, mx_address: str) -> None:
        """The pair works: its back-off starts anew with the next trouble."""
        raise NotImplementedError

    def note_unreachable(self, sending_address: str, mx_address: str, now: float) -> float:
        """A connection failed: the pair rests. Returns until when; trouble while it rests does not add to it."""
        raise NotImplementedError

    def backing_off_until(self, sending_address: str, mx_address: str, now: float) -> float | None:
        """Until when the pair rests after trouble; None when it doesn't."""
        raise NotImplementedError
