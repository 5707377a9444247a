"""Classification rules: what one is, how a table is read, and the check that a rule does what its examples say.

Pure values and functions. Where rules come from (bundled tables, the database) is the application's affair.

A table is TOML: an optional ``[fragments]`` of named pattern pieces, used as ``{name}``, and ``[[rule]]`` entries. The
first rule that matches decides, so the order of a table, and of tables, is part of their meaning.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import re2

from engine.hostile import fold_pattern, folded, parse_reply
from engine.replies import Reply, Scope, Stage, Threshold, Verdict

_ID = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_CODE = re.compile(r"[2-5](?:\d\d|\dx|xx)")
_ENHANCED = re.compile(r"[245x]\.(?:\d{1,3}|x)\.(?:\d{1,3}|x)")
_FRAGMENT = re.compile(r"(?<!\\p)\{([a-z][a-z0-9_]*)\}")
_PROGRAM_LIMIT = 20_000
"""RE2 instructions of one pattern: what bounds the time that it can take (about 10 ns a byte)."""


_WordT = TypeVar("_WordT", Stage, Verdict, Scope)


_SHOWN = 200
"""Characters of the regular expression engine's complaint that are passed on; it quotes whole patterns."""


class RuleError(ValueError):
    """A rule or table that can't be used. The message names table, rule and field or example."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule (product.md 4.2).

    Empty ``stages``, ``codes`` and ``enhanced`` match any. A code is "550" or has x for any digit ("4xx"); so has an
    enhanced code ("5.7.x", "x.2.2"). ``pattern`` is RE2 syntax, searched without regard to case in the folded text
    (:func:`engine.hostile.folded`); the sending address reads ``own-ip`` there. ``reason`` is a template: ``{ip}`` is the
    address that is meant, ``{list}`` ": name" of the block list that the reply names, or nothing.
    """

    id: str
    provider: str
    stages: tuple[Stage, ...]
    codes: tuple[str, ...]
    enhanced: tuple[str, ...]
    pattern: str
    verdict: Verdict
    scope: Scope = Scope.PAIR
    threshold: Threshold | None = None
    permanent: bool = False
    probe_interval_seconds: int | None = None
    reason: str = ""
    advice: str = ""
    source: str = ""
    note: str = ""
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    shadow: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a rule asks of a reply besides its pattern, prepared for quick answers."""

    stages: frozenset[Stage]
    codes: frozenset[int]
    enhanced: re.Pattern[str] | None
    classes: frozenset[str]

    @classmethod
    def of(cls, rule: Rule) -> Conditions | None:
        """Prepare a rule's conditions; None when it has none."""
        if not (rule.stages or rule.codes or rule.enhanced):
            return None
        codes = frozenset(n for code in rule.codes for n in range(200, 600) if _same_digits(code, str(n)))
        classes = frozenset(code[0] for code in rule.codes if code.endswith("xx"))
        enhanced = "|".join(re.escape(code).replace("x", r"\d{1,3}") for code in rule.enhanced)
        return cls(frozenset(rule.stages), codes, re.compile(enhanced) if enhanced else None, classes)

    def hold(self, reply: Reply, stage: Stage | None) -> bool:
        """Whether they hold; a stage that isn't known (None) satisfies all."""
        if self.stages and stage is not None and stage not in self.stages:
            return False
        if self.codes and reply.code not in self.codes and not (reply.code == 0 and reply.enhanced[:1] in self.classes):
            return False
        return self.enhanced is None or self.enhanced.fullmatch(reply.enhanced) is not None


def _same_digits(wanted: str, code: str) -> bool:
    return all(a in ("x", b) for a, b in zip(wanted, code, strict=True))


def pattern_options() -> Any:
    """How every pattern is compiled: case ignored, no error text on standard error, a bounded size."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    options.max_mem = 16 << 20
    return options


def check_rule(rule: Rule, earlier: Sequence[Rule] = ()) -> None:
    """Raise RuleError when *rule* doesn't do what it says.

    Its pattern must compile, every example must match it, and no counter-example may be decided by it, the rules that are
    tried before it (*earlier*) included.
    """
    for example in rule.examples:
        if not _matches(rule, example):
            raise RuleError(f"rule {rule.id}: the example {example!r} does not match")
    for example in rule.counter_examples:
        if _matches(rule, example) and not any(_matches(before, example) for before in earlier):
            raise RuleError(f"rule {rule.id}: the counter-example {example!r} matches")


def compile_pattern(rule: Rule) -> Any:
    """The rule's pattern as a regular expression of RE2; RuleError when it is none or too large."""
    try:
        expression = re2.compile(fold_pattern(rule.pattern), pattern_options())
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise RuleError(f"rule {rule.id}: pattern: {reason[:_SHOWN]}") from None
    check_size(rule, expression)
    return expression


def check_size(rule: Rule, expression: Any) -> None:
    """Raise RuleError when a rule's compiled pattern is larger than any that a person would write."""
    if expression.programsize > _PROGRAM_LIMIT:
        raise RuleError(f"rule {rule.id}: pattern: too large; split it into several rules")


def _matches(rule: Rule, text: str) -> bool:
    reply = parse_reply(text)
    stage = rule.stages[0] if rule.stages else None
    conditions = Conditions.of(rule)
    if conditions is not None and not conditions.hold(reply, stage):
        return False
    return bool(compile_pattern(rule).search(folded(reply.text)))


def load_fragments(text: str, *, name: str) -> Mapping[str, str]:
    """The ``[fragments]`` of a table, each with those above it filled in."""
    table = _parse(text, name)
    fragments: dict[str, str] = {}
    for key, value in table.get("fragments", {}).items():
        fragments[key] = _fill(_text(value, f"{name}: fragment {key}"), fragments, f"{name}: fragment {key}")
    return fragments


def load_table(
    text: str, *, name: str, fragments: Mapping[str, str] | None = None, earlier: Sequence[Rule] = ()
) -> tuple[Rule, ...]:
    """Read a table of rules and check that each does what it says, by its pattern and its examples.

    *fragments* of other tables may be used in it; *earlier* are the rules of the tables that are tried before it.

    Raises RuleError naming the table, the rule and the field or example that is wrong.
    """
    rules = read_table(text, name=name, fragments=fragments)
    for index, rule in enumerate(rules):
        try:
            compile_pattern(rule)
            check_rule(rule, (*earlier, *rules[:index]))
        except RuleError as error:
            raise RuleError(f"{name}: {error}") from None
    return rules


def read_table(text: str, *, name: str, fragments: Mapping[str, str] | None = None) -> tuple[Rule, ...]:
    """The same for a table whose rules have been checked before: takes milliseconds. Raises RuleError for a wrong field."""
    known = {**(fragments or {}), **load_fragments(text, name=name)}
    table = _parse(text, name)
    if unknown := sorted(set(table) - {"provider", "fragments", "rule"}):
        raise RuleError(f"{name}: unknown key {unknown[0]!r}")
    rules: list[Rule] = []
    for number, entry in enumerate(table.get("rule", ()), start=1):
        rule = _read_rule(entry, f"{name}: rule {number}", table.get("provider", ""), known)
        if any(rule.id == other.id for other in rules):
            raise RuleError(f"{name}: rule {rule.id}: id: used twice")
        rules.append(rule)
    return tuple(rules)


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{name}: {error}") from None


_FIELDS = frozenset(Rule.__dataclass_fields__)


def _read_rule(entry: Mapping[str, Any], where: str, provider: str, fragments: Mapping[str, str]) -> Rule:
    where = f"{where} ({entry.get('id', 'without id')})"
    if unknown := sorted(set(entry) - _FIELDS):
        raise RuleError(f"{where}: unknown field {unknown[0]!r}")
    for needed in ("id", "pattern", "verdict", "examples"):
        if not entry.get(needed):
            raise RuleError(f"{where}: {needed}: missing")
    return Rule(
        id=_matching(entry["id"], _ID, f"{where}: id"),
        provider=_text(entry.get("provider", provider), f"{where}: provider"),
        stages=tuple(_word(Stage, stage, f"{where}: stages") for stage in entry.get("stages", ())),
        codes=tuple(_matching(code, _CODE, f"{where}: codes") for code in entry.get("codes", ())),
        enhanced=tuple(_matching(code, _ENHANCED, f"{where}: enhanced") for code in entry.get("enhanced", ())),
        pattern=_pattern(entry["pattern"], f"{where}: pattern", fragments),
        verdict=_word(Verdict, entry["verdict"], f"{where}: verdict"),
        scope=_word(Scope, entry.get("scope", Scope.PAIR), f"{where}: scope"),
        threshold=_threshold(entry.get("threshold"), f"{where}: threshold"),
        permanent=_flag(entry.get("permanent", False), f"{where}: permanent"),
        probe_interval_seconds=_seconds(entry.get("probe_interval_seconds"), f"{where}: probe_interval_seconds"),
        reason=_template(entry.get("reason", ""), f"{where}: reason"),
        advice=_text(entry.get("advice", ""), f"{where}: advice"),
        source=_text(entry.get("source", ""), f"{where}: source"),
        note=_text(entry.get("note", ""), f"{where}: note"),
        examples=tuple(_texts(entry["examples"], f"{where}: examples")),
        counter_examples=tuple(_texts(entry.get("counter_examples", ()), f"{where}: counter_examples")),
        shadow=_flag(entry.get("shadow", False), f"{where}: shadow"),
        enabled=_flag(entry.get("enabled", True), f"{where}: enabled"),
    )


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise RuleError(f"{where}: not a text")
    return value


def _texts(value: object, where: str) -> Iterable[str]:
    if not isinstance(value, list | tuple):
        raise RuleError(f"{where}: not a list")
    return (_text(item, where) for item in value)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise RuleError(f"{where}: neither true nor false")
    return value


def _seconds(value: object, where: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise RuleError(f"{where}: not a whole number of seconds")
    return value


def _matching(value: object, form: re.Pattern[str], where: str) -> str:
    text = _text(value, where)
    if not form.fullmatch(text):
        raise RuleError(f"{where}: {text!r} is not of the form it must have")
    return text


def _word(kind: type[_WordT], value: object, where: str) -> _WordT:
    try:
        return kind(_text(value, where))
    except ValueError:
        raise RuleError(f"{where}: {value!r} is none of {', '.join(kind)}") from None


def _threshold(value: object, where: str) -> Threshold | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"count", "period_seconds"}:
        raise RuleError(f"{where}: needs count and period_seconds")
    count, period = _seconds(value["count"], where), _seconds(value["period_seconds"], where)
    return Threshold(count or 1, period or 1)


def _template(value: object, where: str) -> str:
    text = _text(value, where)
    if unknown := set(_FRAGMENT.findall(text)) - {"ip", "list"}:
        raise RuleError(f"{where}: {{{unknown.pop()}}} is neither {{ip}} nor {{list}}")
    return text


def _pattern(value: object, where: str, fragments: Mapping[str, str]) -> str:
    """One pattern, or a list of alternatives, with its fragments filled in."""
    if isinstance(value, str):
        return _fill(value, fragments, where)
    return "|".join(f"(?:{_fill(part, fragments, where)})" for part in _texts(value, where))


def _fill(pattern: str, fragments: Mapping[str, str], where: str) -> str:
    def fragment(found: re.Match[str]) -> str:
        if found[1] not in fragments:
            raise RuleError(f"{where}: no fragment {{{found[1]}}}")
        return f"(?:{fragments[found[1]]})"

    return _FRAGMENT.sub(fragment, pattern)
