"""Limits that administrators set for streams, sending addresses and the server: checked here, stored as rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.changes import WORLD, bump
from app.database.schema import SendingAddress, StoredLimit
from app.services import audit
from app.services.address_entries import sendable
from app.services.names import check_line
from app.services.problems import BadValue
from engine.addresses import AddressError, to_ascii_domain
from engine.limits import LimitRule, LimitScope, WarmUp

MOST = 1_000_000_000
MOST_RULES = 1_000
QUANTITIES = ("connections", "connections_per_hour", "messages_per_connection", "messages_per_hour")
_SCOPE_ORDER = tuple(LimitScope)


def check_limits(rules: Sequence[LimitRule]) -> tuple[LimitRule, ...]:
    """The rules with their targets in canonical form, sorted; raise BadValue("limits", …) for one that is not allowed.

    Each quantity is None or 1 to 1,000,000,000; a rule sets at least one; one rule for each scope and target.
    """
    if len(rules) > MOST_RULES:
        raise BadValue("limits", f"limits: at most {MOST_RULES:,} rules are allowed.")
    checked = [replace(check_quantities(rule), target=_target(rule), origin="") for rule in rules]
    for (scope, target), number in Counter((rule.scope, rule.target) for rule in checked).items():
        if number > 1:
            raise BadValue("limits", f"limits: there are {number} rules for {_words_of(scope, target)}.")
    return tuple(sorted(checked, key=lambda rule: (_SCOPE_ORDER.index(rule.scope), rule.target)))


def check_quantities(rule: LimitRule) -> LimitRule:
    """The rule itself, when its numbers are allowed and at least one is set; raise BadValue("limits", …) otherwise."""
    values = [(name, getattr(rule, name)) for name in QUANTITIES]
    for name, value in values:
        if value is not None and not 1 <= value <= MOST:
            raise BadValue("limits", f"limits: {name} must be 1 to {MOST:,}, or left empty.")
    if all(value is None for _, value in values):
        raise BadValue("limits", "limits: a rule must set at least one quantity.")
    return rule


def check_warm_up(plan: WarmUp | None) -> WarmUp | None:
    """The plan, when its numbers make sense; raise BadValue("warm_up", …) otherwise."""
    if plan is None:
        return None
    if not 1 <= plan.first_day <= MOST or not plan.first_day <= plan.last_day <= MOST:
        raise BadValue("warm_up", "warm_up: the first day must be 1 or more, the last day not less than the first.")
    if not math.isfinite(plan.growth) or not 1.0 < plan.growth <= 10.0:
        raise BadValue("warm_up", "warm_up: the growth a day must be more than 1 and at most 10.")
    if not 0 <= plan.started <= MOST:
        raise BadValue("warm_up", "warm_up: the first day is no date.")
    return plan


def server_limits(session: Session) -> tuple[LimitRule, ...]:
    """The limits that hold for every stream and address."""
    stored = session.scalars(select(StoredLimit).where(StoredLimit.stream_id.is_(None)))
    return from_rows(stored, origin="server")


def set_server_limits(session: Session, rules: Sequence[LimitRule], *, actor: str, now: float) -> tuple[LimitRule, ...]:
    """Replace the limits that hold for every stream and address."""
    checked = check_limits(rules)
    before = server_limits(session)
    session.execute(delete(StoredLimit).where(StoredLimit.stream_id.is_(None)))
    session.add_all(to_rows(checked))
    audit.record(
        session, actor=actor, now=now, action="limits.set", subject="server", before=words(before), after=words(checked)
    )
    bump(session, WORLD)
    session.flush()
    return server_limits(session)


def from_rows(stored: Iterable[StoredLimit], *, origin: str) -> tuple[LimitRule, ...]:
    """Stored limits as values, sorted. *origin* says whose they are, for "which limit binds"."""
    rules = (
        LimitRule(row.scope, row.target, **{name: getattr(row, name) for name in QUANTITIES}, origin=origin)
        for row in stored
    )
    return tuple(sorted(rules, key=lambda rule: (_SCOPE_ORDER.index(rule.scope), rule.target)))


def to_rows(rules: Iterable[LimitRule]) -> list[StoredLimit]:
    """New rows for checked limits; the caller sets the stream, or leaves them to the server."""
    return [
        StoredLimit(scope=rule.scope, target=rule.target, **{name: getattr(rule, name) for name in QUANTITIES})
        for rule in rules
    ]


def address_limits(address: SendingAddress) -> LimitRule | None:
    """The limits of a sending address toward everybody, None without any."""
    values = {name: getattr(address, name) for name in QUANTITIES}
    if all(value is None for value in values.values()):
        return None
    return LimitRule(LimitScope.ADDRESS, address.ip, **values, origin=f"address {address.ip}")


def warm_up_of(address: SendingAddress) -> WarmUp | None:
    """The warm-up plan of a sending address, None without one."""
    started, first, growth, last = (
        address.warm_up_started,
        address.warm_up_first_day,
        address.warm_up_growth,
        address.warm_up_last_day,
    )
    if started is None or first is None or growth is None or last is None:
        return None
    return WarmUp(started, first, growth, last)


def words(rules: Iterable[LimitRule]) -> str:
    """Limits as one line for the audit trail."""
    return "; ".join(f"{_words_of(rule.scope, rule.target)}: {_quantities(rule)}" for rule in rules)


def _quantities(rule: LimitRule) -> str:
    set_ones = ((name, getattr(rule, name)) for name in QUANTITIES)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in set_ones if value is not None)


def _words_of(scope: LimitScope, target: str) -> str:
    return f"{scope} {target}" if target else f"each {scope}"


def _target(rule: LimitRule) -> str:
    match rule.scope:
        case LimitScope.PAIR:
            if rule.target.strip():
                raise BadValue("limits", "limits: a limit of each pair has no target.")
            return ""
        case LimitScope.PROVIDER:
            return _needed(check_line(rule.target, "limits", longest=100), "the name of a provider")
        case LimitScope.DOMAIN:
            return _domains(rule.target)
        case LimitScope.ADDRESS:
            try:
                return sendable(rule.target)
            except ValueError as error:
                raise BadValue("limits", f"limits: {error}") from None


def _domains(target: str) -> str:
    """A set of domains in one spelling: A-labels, sorted, joined by commas."""
    try:
        domains = {to_ascii_domain(part) for part in target.split(",") if part.strip()}
    except AddressError as error:
        raise BadValue("limits", f"limits: {target[:100]!r}: {error}.") from None
    return _needed(",".join(sorted(domains)), "a domain, or several with commas between them")


def _needed(target: str, what: str) -> str:
    if not target:
        raise BadValue("limits", f"limits: the target must be {what}.")
    return target
