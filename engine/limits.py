"""Connection and rate limits, warm-up plans, slow start and adaptive lowering: pure accounting, time comes in as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
