"""Turns the conditions of a segment into SQL: bound parameters only, and the same rules on SQLite and PostgreSQL. Pure."""

from __future__ import annotations

import datetime

from sqlalchemy import (
    ColumnElement,
    Double,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    false,
    func,
    not_,
    or_,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from app.database.schema import Member
from app.services.conditions import NUMBER_PATTERN, Condition, Group, Match, Moment, Node, Operator, Value

DAY_SECONDS = 86_400.0
_DATE_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|$)"


class _folded(GenericFunction[str]):  # noqa: N801 - the name of an SQL function
    """Text with the letters A to Z in lower case: the one folding that both databases do alike."""

    type = String()
    inherit_cache = True


@compiles(_folded)
def _lower(element: _folded, compiler: SQLCompiler, **options: object) -> str:
    """SQLite's lower() knows ASCII only."""
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(_folded, "postgresql")
def _lower_postgresql(element: _folded, compiler: SQLCompiler, **options: object) -> str:
    """In the collation "C" lower() knows ASCII only, and texts compare by their bytes as they do on SQLite."""
    return f'lower(({compiler.process(element.clauses, **options)}) COLLATE "C")'


def clause(node: Node) -> ColumnElement[bool]:
    """The condition on ``members`` that selects what *node* means; the list is the caller's condition.

    Text is compared without regard to the case of the letters A to Z. A field that a member does not have is empty text.
    Numbers and dates are compared as such, and members whose field holds none are not selected.
    """
    if isinstance(node, Group):
        parts = [clause(part) for part in node.parts]
        return and_(*parts) if node.match is Match.ALL else or_(*parts)
    return _joined(node.operator, node.value) if node.field == "joined" else _field(node)


def _field(condition: Condition) -> ColumnElement[bool]:
    text = _column(condition.field)
    match condition.operator, condition.value:
        case Operator.IS_SET, _:
            return text != ""
        case Operator.IS_EMPTY, _:
            return text == ""
        case Operator.GREATER, float(number):
            return _number(text) > number
        case Operator.LESS, float(number):
            return _number(text) < number
        case (Operator.BEFORE | Operator.AFTER) as operator, Moment() as moment:
            return _date(text, operator, moment)
        case Operator.IN, tuple(values):
            return _folded(text).in_([_fold(value) for value in values])
        case operator, str(value):
            return _text(text, operator, _fold(value))
    raise AssertionError(condition)


def _text(text: SQLColumnExpression[str], operator: Operator, value: str) -> ColumnElement[bool]:
    folded = _folded(text)
    match operator:
        case Operator.EQUALS:
            return folded == value
        case Operator.NOT_EQUALS:
            return folded != value
        case Operator.CONTAINS:
            return folded.contains(value, autoescape=True)
        case Operator.STARTS_WITH:
            return folded.startswith(value, autoescape=True)
        case Operator.ENDS_WITH:
            return folded.endswith(value, autoescape=True)
    raise AssertionError(operator)


def _column(field: str) -> SQLColumnExpression[str]:
    match field:
        case "address":
            return Member.address
        case "name":
            return Member.name
        case "domain":
            return Member.domain
    return func.coalesce(Member.fields[field].as_string(), "")


def _number(text: SQLColumnExpression[str]) -> ColumnElement[float]:
    """The number that a text is, NULL when it is none; the look comes first, so that no database fails to convert."""
    return case((text.regexp_match(NUMBER_PATTERN), cast(func.trim(text), Double)))


def _date(text: SQLColumnExpression[str], operator: Operator, moment: Moment) -> ColumnElement[bool]:
    """Dates in a field are texts such as 2024-05-31 or 2024-05-31T18:00:00, in UTC; as texts they sort by time."""
    when = datetime.datetime.fromtimestamp(moment.at, datetime.UTC)
    length = 10 if moment.whole_day else 19
    value = when.strftime("%Y-%m-%d" if moment.whole_day else "%Y-%m-%d %H:%M:%S")
    start = _folded(func.replace(func.substr(text, 1, length), "T", " "))
    return and_(text.regexp_match(_DATE_PATTERN), start < value if operator is Operator.BEFORE else start > value)


def _joined(operator: Operator, value: Value) -> ColumnElement[bool]:
    match operator, value:
        case Operator.IS_SET, _:
            return true()
        case Operator.IS_EMPTY, _:
            return false()
        case Operator.BEFORE, Moment(at, _):
            return Member.joined_at < at
        case Operator.AFTER, Moment(at, whole_day):
            return Member.joined_at >= at + DAY_SECONDS if whole_day else Member.joined_at > at
        case Operator.EQUALS, Moment(at, whole_day):
            return and_(Member.joined_at >= at, Member.joined_at < at + (DAY_SECONDS if whole_day else 1.0))
        case Operator.NOT_EQUALS, Moment():
            return not_(_joined(Operator.EQUALS, value))
    raise AssertionError(operator, value)


def _fold(value: str) -> str:
    """A to Z in lower case, other letters as they are."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in value)
