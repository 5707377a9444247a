"""Which limit wins at a provider or a domain: the smallest of all that apply, with who set it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.services.limits import QUANTITIES
from engine.limits import LimitRule, LimitScope


@dataclass(frozen=True, slots=True)
class Effective:
    """The smallest value of one quantity, and whose it is; ``value`` None: nothing limits it."""

    quantity: str
    value: int | None
    origin: str


def effective(rules: Sequence[LimitRule], place: str) -> tuple[Effective, ...]:
    """What holds at a provider or domain called *place* ("" for any other), one answer for each quantity."""
    applying = [rule for rule in rules if _applies(rule, place.strip().casefold())]
    found = []
    for quantity in QUANTITIES:
        limits = [(getattr(rule, quantity), rule.origin) for rule in applying if getattr(rule, quantity) is not None]
        value, origin = min(limits, default=(None, ""), key=lambda limit: limit[0])
        found.append(Effective(quantity, value, origin))
    return tuple(found)


def _applies(rule: LimitRule, place: str) -> bool:
    if rule.scope is LimitScope.PAIR or not rule.target:
        return True
    targets = rule.target.casefold().split(",")
    return rule.scope is not LimitScope.ADDRESS and place in (target.strip() for target in targets)
