"""The conditions of a segment as checked data: which members of a list it selects. Pure; the database is not touched here."""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.services.names import BUILT_IN_FIELDS
from app.services.problems import BadValue, near_names

MOST_CONDITIONS = 200
MOST_LEVELS = 10
MOST_VALUES = 10_000
"""Texts in all "in" conditions together: each becomes a parameter of the query, and databases limit these."""
LONGEST_VALUE = 1_000

NUMBER_PATTERN = r"^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,2})?\s*$"
"""What counts as a number in a field of a member; a regular expression that Python and PostgreSQL read alike."""
NUMBER = re.compile(NUMBER_PATTERN).match

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch


class Operator(StrEnum):
    """How a field is compared with a value. Text is compared without regard to the case of the letters A to Z."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IN = "in"
    GREATER = "greater"
    LESS = "less"
    BEFORE = "before"
    AFTER = "after"
    IS_SET = "is_set"
    IS_EMPTY = "is_empty"


TEXT_OPERATORS = (
    Operator.EQUALS,
    Operator.NOT_EQUALS,
    Operator.CONTAINS,
    Operator.STARTS_WITH,
    Operator.ENDS_WITH,
    Operator.IN,
    Operator.IS_SET,
    Operator.IS_EMPTY,
)
DATE_OPERATORS = (
    Operator.EQUALS,
    Operator.NOT_EQUALS,
    Operator.BEFORE,
    Operator.AFTER,
    Operator.IS_SET,
    Operator.IS_EMPTY,
)
_WITHOUT_VALUE = (Operator.IS_SET, Operator.IS_EMPTY)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or an instant to compare with. ``at`` is epoch seconds (of UTC midnight for a date)."""

    at: float
    whole_day: bool


Value = str | float | Moment | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. ``value`` is text, a number (greater, less), a moment (before, after, joined), texts (in) or None."""

    field: str
    operator: Operator
    value: Value = None


class Match(StrEnum):
    """How a group joins its parts."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups that must all hold, or of which one must."""

    match: Match
    parts: tuple[Condition | Group, ...]


Node = Condition | Group


def operators_for(field: str) -> tuple[Operator, ...]:
    """The operators that make sense for a field, in the order of a menu."""
    if field == "joined":
        return DATE_OPERATORS
    return TEXT_OPERATORS if field in BUILT_IN_FIELDS else tuple(Operator)


def parse_text(text: str, fields: Collection[str]) -> Node:
    """Read conditions written as JSON; see :func:`parse`."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadValue("where", f"where: must be JSON{where}.") from None
    return parse(data, fields)


def parse(data: object, fields: Collection[str]) -> Node:
    """Check conditions given as data: {"field","operator","value"}, {"all": […]} and {"any": […]}, nested.

    *fields* are the custom fields of the list. Raises BadValue on the field "where"; its sentence starts with the path of
    what is wrong, for example ``all[1].operator``.
    """
    return _Reader(tuple(fields)).node(data, path="", level=1)


class _Reader:
    """Checks one tree; counts its conditions on the way."""

    def __init__(self, custom_fields: tuple[str, ...]) -> None:
        self._fields = (*BUILT_IN_FIELDS, *custom_fields)
        self._conditions = 0
        self._values = 0

    def node(self, data: object, path: str, level: int) -> Node:
        if not isinstance(data, Mapping):
            raise _wrong(path, 'must be an object with "field", "operator" and "value", or with "all" or "any"')
        if level > MOST_LEVELS:
            raise _wrong(path, f"groups may be nested {MOST_LEVELS} levels deep")
        if "all" in data or "any" in data:
            return self._group(data, path, level)
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise _wrong(path, f"a segment has at most {MOST_CONDITIONS} conditions")
        return self._condition(data, path)

    def _group(self, data: Mapping[object, object], path: str, level: int) -> Group:
        if len(data) != 1:
            raise _wrong(path, 'a group has "all" or "any" and nothing else')
        match = Match.ALL if "all" in data else Match.ANY
        parts = data[match.value]
        here = f"{path}.{match}" if path else match.value
        if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
            raise _wrong(here, "must be a list of at least one condition")
        return Group(match, tuple(self.node(part, f"{here}[{at}]", level + 1) for at, part in enumerate(parts)))

    def _condition(self, data: Mapping[object, object], path: str) -> Condition:
        for key in data:
            if key not in ("field", "operator", "value"):
                raise _wrong(_join(path, str(key)), 'is not known; a condition has "field", "operator" and "value"')
        field = self._field(data.get("field"), _join(path, "field"))
        operator = _operator(data.get("operator"), field, _join(path, "operator"))
        here = _join(path, "value")
        if operator in _WITHOUT_VALUE:
            if data.get("value") is not None:
                raise _wrong(here, f"must be left out with {operator}")
            return Condition(field, operator)
        if data.get("value") is None:
            raise _wrong(here, f"is missing; {operator} needs one")
        value = _value(data["value"], field, operator, here)
        self._values += len(value) if isinstance(value, tuple) else 1
        if self._values > MOST_VALUES:
            raise _wrong(here, f"a segment has at most {MOST_VALUES:,} values")
        return Condition(field, operator, value)

    def _field(self, name: object, path: str) -> str:
        if not isinstance(name, str):
            raise _wrong(path, f"must be one of {', '.join(self._fields)}")
        if name in self._fields:
            return name
        same = [field for field in self._fields if field.casefold() == name.casefold()]
        if len(same) == 1:
            return same[0]
        near = near_names(name, self._fields)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(self._fields)}"
        raise _wrong(path, f"the list has no field {name[:80]!r}; {hint}")


def _operator(word: object, field: str, path: str) -> Operator:
    allowed = operators_for(field)
    if isinstance(word, str):
        operator = next((each for each in Operator if each.value == word), None)
        if operator in allowed:
            return operator
        if operator is not None:
            raise _wrong(path, f"{operator} does not apply to {field}; allowed are {', '.join(allowed)}")
    raise _wrong(path, f"must be one of {', '.join(allowed)}")


def _value(value: object, field: str, operator: Operator, path: str) -> Value:
    if operator is Operator.IN:
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            raise _wrong(path, "must be a list of at least one text")
        return tuple(_text(each, f"{path}[{at}]") for at, each in enumerate(value))
    if operator in (Operator.GREATER, Operator.LESS):
        return _number(value, path)
    if field == "joined" or operator in (Operator.BEFORE, Operator.AFTER):
        return _moment(value, path)
    return _text(value, path)


def _text(value: object, path: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong(path, "must be a text")
    text = str(value)
    if len(text) > LONGEST_VALUE or "\0" in text:
        raise _wrong(path, f"must be a text of at most {LONGEST_VALUE:,} characters, without NUL")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _wrong(path, "contains a broken character")
    return text


def _number(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong(path, "must be a number")
    if isinstance(value, str) and NUMBER(value) is None:
        raise _wrong(path, "must be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _wrong(path, "must be a number of ordinary size")
    return number


def _moment(value: object, path: str) -> Moment:
    sentence = "must be a date such as 2024-05-31, or a date and time such as 2024-05-31T18:00:00Z"
    if not isinstance(value, str):
        raise _wrong(path, sentence)
    text = value.strip()
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return Moment(moment.timestamp(), whole_day=_DATE(text) is not None)
    except (ValueError, OverflowError):
        raise _wrong(path, sentence) from None


def to_data(node: Node) -> dict[str, object]:
    """The conditions as data that JSON can carry and :func:`parse` reads back to the same."""
    if isinstance(node, Group):
        return {node.match.value: [to_data(part) for part in node.parts]}
    data: dict[str, object] = {"field": node.field, "operator": node.operator.value}
    if node.value is not None:
        data["value"] = _plain(node.value)
    return data


def _plain(value: str | float | Moment | tuple[str, ...]) -> object:
    if isinstance(value, Moment):
        moment = datetime.datetime.fromtimestamp(value.at, datetime.UTC)
        return moment.date().isoformat() if value.whole_day else moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def fields_of(node: Node) -> frozenset[str]:
    """Every field that the conditions look at."""
    if isinstance(node, Condition):
        return frozenset({node.field})
    return frozenset().union(*(fields_of(part) for part in node.parts))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _wrong(path: str, sentence: str) -> BadValue:
    return BadValue("where", f"{path or 'where'}: {sentence}{'' if sentence.endswith('?') else '.'}")
