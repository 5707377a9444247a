"""The administrator's own rules: added, edited, ordered, switched off, in shadow, and tried out in the rule lab. A service.

They are tried before the bundled ones, in their own order. Checked as the bundled ones are: every example must match.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.changes import WORLD, bump
from app.database.schema import MetReply, OwnRule
from app.database.world import own_rules
from app.services import audit
from app.services.problems import BadValue, Refused, UnknownName, near_names
from app.services.rules import Replayed, StoredReply, bundled_fragments, bundled_rules, replay
from engine.rules import Rule, RuleError, load_table

DAY = 86_400.0
LARGEST_TABLE = 1_000_000
"""Characters of a table of rules at most."""

_IN_COLUMNS = frozenset({"id", "enabled", "shadow"})


@dataclass(frozen=True, slots=True)
class OwnRuleView:
    """One rule of the administrator. ``version`` grows with every change."""

    rule: Rule
    position: int
    version: int


def parse_table(text: str, name: str = "the file") -> tuple[Rule, ...]:
    """Read a TOML table with one or more ``[[rule]]``; the words of the bundled rules may be used in patterns.

    Raises BadValue("rule", …) naming the rule and the field or example that is wrong.
    """
    if len(text) > LARGEST_TABLE:
        raise BadValue("rule", f"{name} is too large for a table of rules.")
    try:
        found = load_table(text, name=name, fragments=bundled_fragments())
    except RuleError as error:
        raise BadValue("rule", f"{error}.") from None
    if not found:
        raise BadValue("rule", f"{name} has no rule; write [[rule]] and its fields below.")
    return found


def parse(values: Mapping[str, object]) -> Rule:
    """One rule from the values of a form, by the names of the fields of :class:`engine.rules.Rule`; empty ones are left out."""
    return parse_table(to_toml(values), "rule")[0]


def to_toml(values: Mapping[str, object]) -> str:
    """The values of a rule as a table of one rule; every text is quoted, whatever is in it."""
    return "[[rule]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items() if _is_given(value))


def values_of(rule: Rule) -> Mapping[str, object]:
    """The values of a rule by field, as :func:`parse` takes them."""
    built = {each.name: msgspec.to_builtins(getattr(rule, each.name)) for each in fields(rule)}
    return {key: value for key, value in built.items() if _is_given(value)}


def listing(session: Session) -> list[OwnRuleView]:
    """All own rules in the order in which they are tried, those that are switched off included."""
    rows = session.scalars(select(OwnRule).order_by(OwnRule.position, OwnRule.id)).all()
    return [OwnRuleView(rule, row.position, row.version) for rule, row in zip(own_rules(session), rows, strict=True)]


def get(session: Session, rule_id: str) -> OwnRuleView:
    """One own rule; raises UnknownName."""
    row = _row(session, rule_id)
    return next(view for view in listing(session) if view.rule.id == row.rule_id)


def complete_set(session: Session) -> tuple[Rule, ...]:
    """All rules in the order in which they are tried: the administrator's, then the bundled ones."""
    return (*own_rules(session), *bundled_rules())


def add(session: Session, rule: Rule, *, actor: str, now: float) -> OwnRuleView:
    """Put a rule behind the other own ones. Refused when there is one of this id, own or bundled."""
    if session.scalar(select(OwnRule.id).where(OwnRule.rule_id == rule.id)) is not None:
        raise Refused(f"There is a rule {rule.id} already.")
    if any(rule.id == other.id for other in bundled_rules()):
        raise Refused(f"A bundled rule is called {rule.id}; choose another id.")
    last = session.scalar(select(func.max(OwnRule.position))) or 0
    session.add(
        OwnRule(
            rule_id=rule.id, position=last + 1, enabled=rule.enabled, shadow=rule.shadow, body=_body(rule), version=1
        )
    )
    return _changed(session, rule.id, "add", actor=actor, now=now, after=rule.verdict.value)


def edit(session: Session, rule_id: str, rule: Rule, *, actor: str, now: float) -> OwnRuleView:
    """Replace an own rule by another one of the same id."""
    row = _row(session, rule_id)
    if rule.id != row.rule_id:
        raise BadValue("id", f"The id of rule {row.rule_id} can't be changed to {rule.id}; add a new rule.")
    row.enabled, row.shadow, row.body = rule.enabled, rule.shadow, _body(rule)
    row.version += 1
    return _changed(session, rule.id, "edit", actor=actor, now=now, after=rule.verdict.value)


def switch(session: Session, rule_id: str, *, enabled: bool, shadow: bool, actor: str, now: float) -> OwnRuleView:
    """Switch a rule on, off, or into shadow, where it is logged and decides nothing."""
    row = _row(session, rule_id)
    row.enabled, row.shadow = enabled, shadow
    row.version += 1
    state = "shadow" if enabled and shadow else "on" if enabled else "off"
    return _changed(session, row.rule_id, "switch", actor=actor, now=now, after=state)


def move(session: Session, rule_id: str, before: str | None, *, actor: str, now: float) -> OwnRuleView:
    """Put a rule before another own one, or last."""
    row = _row(session, rule_id)
    target = None if before is None else _row(session, before)
    if target is row:
        raise BadValue("before", f"Rule {rule_id} can't stand before itself.")
    others = [
        each for each in session.scalars(select(OwnRule).order_by(OwnRule.position, OwnRule.id)) if each is not row
    ]
    others.insert(len(others) if target is None else others.index(target), row)
    for position, each in enumerate(others, start=1):
        each.position = position
    where = "last" if before is None else f"before {before}"
    return _changed(session, row.rule_id, "move", actor=actor, now=now, after=where)


def remove(session: Session, rule_id: str, *, actor: str, now: float) -> None:
    """Delete an own rule."""
    row = _row(session, rule_id)
    session.delete(row)
    session.flush()
    audit.record(session, actor=actor, now=now, action="rule.remove", subject=f"rule {row.rule_id}")
    bump(session, WORLD)


def lab(session: Session, edited: Sequence[Rule], *, days: float, now: float) -> Iterator[Replayed]:
    """Replay the replies met in the last *days* against the rules as they would be with *edited* among the own ones.

    A rule of *edited* replaces the own one of its id or comes behind the others; shadow rules count as switched on.
    """
    current = own_rules(session)
    replaced = {rule.id: rule for rule in edited}
    own = [replaced.pop(rule.id, rule) for rule in current]
    bundled = bundled_rules()
    stored = _met(session, now - days * DAY)
    return replay((*current, *bundled), (*own, *replaced.values(), *bundled), stored)


def _met(session: Session, since: float) -> Iterator[StoredReply]:
    query = select(MetReply).where(MetReply.at >= since).order_by(MetReply.at, MetReply.id)
    return (StoredReply(met.text, met.stage, met.own_ip, met.at) for met in session.scalars(query))


def _row(session: Session, rule_id: str) -> OwnRule:
    row = session.scalar(select(OwnRule).where(OwnRule.rule_id == rule_id.strip()))
    if row is None:
        raise UnknownName("rule of your own", rule_id, near_names(rule_id, session.scalars(select(OwnRule.rule_id))))
    return row


def _body(rule: Rule) -> dict[str, object]:
    """The rule as it is stored beside its id and state."""
    return {
        each.name: msgspec.to_builtins(getattr(rule, each.name))
        for each in fields(rule)
        if each.name not in _IN_COLUMNS
    }


def _changed(session: Session, rule_id: str, verb: str, *, actor: str, now: float, after: str) -> OwnRuleView:
    session.flush()
    audit.record(session, actor=actor, now=now, action=f"rule.{verb}", subject=f"rule {rule_id}", after=after)
    bump(session, WORLD)
    return get(session, rule_id)


def _is_given(value: object) -> bool:
    return value is not None and value not in ("", (), [])


def _toml(value: object) -> str:
    """A value in TOML: its basic strings and arrays are those of JSON, whose texts are ASCII here."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
