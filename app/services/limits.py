"""Limits that administrators set for streams, sending addresses and the server: checked here, stored as rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from engine.limits import LimitRule, WarmUp


def check_limits(rules: Sequence[LimitRule]) -> tuple[LimitRule, ...]:
    """The rules with their targets in canonical form; raise BadValue("limits", …) for one that is not allowed.

    Each quantity is None or 1 to 1,000,000,000; a rule sets at least one; one rule for each scope and target.
    """
    raise NotImplementedError


def check_warm_up(plan: WarmUp | None) -> WarmUp | None:
    """The plan, when its numbers make sense; raise BadValue("warm_up", …) otherwise."""
    raise NotImplementedError


def server_limits(session: Session) -> tuple[LimitRule, ...]:
    """The limits that hold for every stream and address."""
    raise NotImplementedError


def set_server_limits(session: Session, rules: Sequence[LimitRule], *, actor: str, now: float) -> tuple[LimitRule, ...]:
    """Replace the limits that hold for every stream and address."""
    raise NotImplementedError
