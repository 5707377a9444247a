"""Conditions of segments: what SQLite selects is what the same condition means when plain Python reads it."""

from __future__ import annotations

import datetime
import operator
import re
import string
from collections.abc import Callable
from functools import cache

from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.engine import Engine

from app.database.engines import json_text
from app.database.schema import Member
from app.services.conditions import NUMBER, Condition, Group, Match, Moment, Node, Operator, operators_for, parse
from app.services.segment_query import DAY_SECONDS, clause

CUSTOM = ("city", "Age", "a.b", "x y-z", "0", "äß_1")
FIELDS = ("address", "name", "domain", "joined", *CUSTOM)
DATES = [
    "2024-05-31",
    "2024-05-31T18:00:00",
    "2024-05-31 18:00:00",
    "2024-05-31T18:00:00Z",
    "1969-12-31",
    "2024-06-01T00:00:00Z",
]
NUMBERS = ["0", "-1", "+1.5", ".5", "5.", "1e3", " 7 ", "1e99", "0x10", "1_0", "nan", "٣", "\n8"]
WORDS = [
    "",
    " ",
    "Köln",
    "KÖLN",
    "koln",
    "a",
    "A",
    "%",
    "_",
    "\\",
    "a%b",
    "'",
    '"',
    "--",
    "a@one.test",
    "one.test",
    "ß",
    "İ",
]
TEXTS = st.sampled_from([*DATES, *NUMBERS, *WORDS]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4
)
MOMENTS = st.sampled_from([1_717_113_600.0, 1_717_113_599.5, 1_717_178_400.0, 1_717_200_000.0, 0.0, -1.0, 1.5e9])

Row = tuple[str, str, str, float, dict[str, str]]
"""address, name, domain, joined, custom fields"""
ROWS = st.tuples(TEXTS, TEXTS, TEXTS, MOMENTS, st.dictionaries(st.sampled_from(CUSTOM), TEXTS, max_size=4))


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, object]:
    field = draw(st.sampled_from(FIELDS))
    chosen = draw(st.sampled_from(operators_for(field)))
    data: dict[str, object] = {"field": field, "operator": chosen.value}
    if chosen is Operator.IN:
        data["value"] = draw(st.lists(TEXTS, min_size=1, max_size=3))
    elif chosen in (Operator.GREATER, Operator.LESS):
        data["value"] = draw(st.floats(-1e4, 1e4) | st.integers(-3, 2_000))
    elif field == "joined" or chosen in (Operator.BEFORE, Operator.AFTER):
        data["value"] = draw(st.sampled_from(DATES))
    else:
        data["value"] = draw(TEXTS)
    if chosen in (Operator.IS_SET, Operator.IS_EMPTY):
        del data["value"]
    return data


TREES = st.recursive(
    conditions(),
    lambda parts: st.builds(
        lambda match, some: {match: some}, st.sampled_from(["all", "any"]), st.lists(parts, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@cache
def engine() -> Engine:
    made = create_engine("sqlite://", json_serializer=json_text)
    Member.__table__.metadata.create_all(made)
    return made


@given(TREES, st.lists(ROWS, max_size=8))
def test_sql_and_python_agree(data: dict[str, object], rows: list[Row]) -> None:
    node = parse(data, CUSTOM)
    assume(all(_is_exact(row) for row in rows))
    expected = {number for number, row in enumerate(rows, 1) if holds(node, row)}
    with engine().connect() as connection, connection.begin() as transaction:
        for number, (address, name, domain, joined, fields) in enumerate(rows, 1):
            values = {"address": address, "name": name, "domain": domain, "joined_at": joined, "fields": fields or None}
            connection.execute(
                insert(Member).values(id=number, list_id=1, address_key=str(number), state="active", **values)
            )
        found = set(connection.scalars(select(Member.id).where(clause(node))))
        transaction.rollback()
    assert found == expected, (node, [rows[number - 1] for number in found ^ expected])


def _is_exact(row: Row) -> bool:
    """Numbers of very many digits are rounded by each in its own way."""
    return all(len(text.strip()) <= 12 for text in (*row[:3], *row[4].values()) if NUMBER(text))


def fold(text: str) -> str:
    return text.translate(str.maketrans(string.ascii_uppercase, string.ascii_lowercase))


COMPARISONS: dict[Operator, Callable[[str, str], bool]] = {
    Operator.EQUALS: operator.eq,
    Operator.NOT_EQUALS: operator.ne,
    Operator.CONTAINS: operator.contains,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
}


def holds(node: Node, row: Row) -> bool:
    """What a condition means, said a second time."""
    if isinstance(node, Group):
        return (all if node.match is Match.ALL else any)(holds(part, row) for part in node.parts)
    if node.field == "joined":
        return _joined(node, row[3])
    at = FIELDS.index(node.field)
    text = row[4].get(node.field, "") if node.field in CUSTOM else str(row[at])
    folded, value = fold(text), node.value
    match node.operator, value:
        case Operator.IS_SET, _:
            return text != ""
        case Operator.IS_EMPTY, _:
            return text == ""
        case Operator.IN, tuple(values):
            return folded in {fold(each) for each in values}
        case Operator.GREATER, float(number):
            return NUMBER(text) is not None and float(text) > number
        case Operator.LESS, float(number):
            return NUMBER(text) is not None and float(text) < number
        case ((Operator.BEFORE | Operator.AFTER), Moment()):
            return _date(node.operator, value, text)
        case comparison, str():
            return COMPARISONS[comparison](folded, fold(value))
    raise AssertionError(node)


def _date(chosen: Operator, moment: Moment, text: str) -> bool:
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|\Z)", text):
        return False
    when = datetime.datetime.fromtimestamp(moment.at, datetime.UTC)
    limit = when.strftime("%Y-%m-%d" if moment.whole_day else "%Y-%m-%d %H:%M:%S")
    start = text[: len(limit)].replace("T", " ")
    return fold(start) < limit if chosen is Operator.BEFORE else fold(start) > limit


def _joined(condition: Condition, joined: float) -> bool:
    if condition.operator is Operator.IS_SET:
        return True
    if condition.operator is Operator.IS_EMPTY:
        return False
    assert isinstance(condition.value, Moment)
    start = condition.value.at
    end = start + (DAY_SECONDS if condition.value.whole_day else 1.0)
    match condition.operator:
        case Operator.BEFORE:
            return joined < start
        case Operator.AFTER:
            return joined >= end if condition.value.whole_day else joined > start
        case Operator.EQUALS:
            return start <= joined < end
        case Operator.NOT_EQUALS:
            return not start <= joined < end
    raise AssertionError(condition)
