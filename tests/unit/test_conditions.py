"""Conditions of a segment: what is accepted, and where an error is said to be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.conditions import Condition, Group, Match, Moment, Operator, fields_of, parse, parse_text, to_data
from app.services.problems import BadValue

FIELDS = ("city", "Age", "born")


def fault(data: object) -> str:
    with pytest.raises(BadValue) as caught:
        parse(data, FIELDS)
    assert caught.value.field == "where"
    return caught.value.sentence


def condition(field: str, operator: str, value: object = None) -> dict[str, object]:
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def test_reads_conditions_and_nested_groups() -> None:
    node = parse({"all": [condition("city", "equals", "Bern"), {"any": [condition("age", "greater", "30")]}]}, FIELDS)
    assert node == Group(
        Match.ALL,
        (
            Condition("city", Operator.EQUALS, "Bern"),
            Group(Match.ANY, (Condition("Age", Operator.GREATER, 30.0),)),
        ),
    )
    assert fields_of(node) == {"city", "Age"}


def test_reads_moments_as_utc() -> None:
    assert parse(condition("joined", "after", "1970-01-02"), FIELDS) == Condition(
        "joined", Operator.AFTER, Moment(86_400.0, whole_day=True)
    )
    assert parse(condition("joined", "before", "1970-01-01T02:00:00+01:00"), FIELDS) == Condition(
        "joined", Operator.BEFORE, Moment(3_600.0, whole_day=False)
    )


@pytest.mark.parametrize(
    ("data", "start", "part"),
    [
        ([], "where: ", "must be an object"),
        ({}, "field: ", "must be one of address, name, domain, joined, city, Age, born"),
        ({"all": []}, "all: ", "at least one"),
        ({"all": "x"}, "all: ", "must be a list"),
        ({"all": [1]}, "all[0]: ", "must be an object"),
        ({"all": [{"any": [{"field": "city"}]}]}, "all[0].any[0].operator: ", "must be one of equals"),
        ({"all": [], "any": []}, "where: ", "nothing else"),
        (condition("town", "equals", "x"), "field: ", "no field 'town'"),
        (condition("cty", "equals", "x"), "field: ", "did you mean city?"),
        (condition("city", "EQUALS", "x"), "operator: ", "must be one of"),
        (condition("address", "greater", 1), "operator: ", "does not apply to address"),
        (condition("joined", "contains", "x"), "operator: ", "does not apply to joined"),
        (condition("city", "equals"), "value: ", "is missing"),
        (condition("city", "equals", ["x"]), "value: ", "must be a text"),
        (condition("city", "equals", True), "value: ", "must be a text"),
        (condition("city", "equals", "a\0b"), "value: ", "NUL"),
        (condition("city", "equals", "\ud800"), "value: ", "broken"),
        (condition("city", "equals", "x" * 1001), "value: ", "1,000"),
        (condition("city", "in", "x"), "value: ", "must be a list"),
        (condition("city", "in", []), "value: ", "at least one"),
        (condition("city", "in", ["x", None]), "value[1]: ", "must be a text"),
        (condition("Age", "greater", "old"), "value: ", "must be a number"),
        (condition("Age", "less", float("nan")), "value: ", "must be a number"),
        (condition("Age", "less", 10**400), "value: ", "must be a number"),
        (condition("born", "before", "31.5.2024"), "value: ", "must be a date"),
        (condition("joined", "before", 5), "value: ", "must be a date"),
        (condition("city", "is_set", "x"), "value: ", "must be left out"),
        ({"field": "city", "operator": "is_set", "valeu": 1}, "valeu: ", "is not known"),
    ],
)
def test_an_error_starts_with_its_path(data: object, start: str, part: str) -> None:
    sentence = fault(data)
    assert sentence.startswith(start)
    assert part in sentence


def test_depth_and_number_are_bounded() -> None:
    deep: dict[str, object] = condition("city", "is_set")
    for _ in range(50):
        deep = {"all": [deep]}
    assert "levels" in fault(deep)
    assert "200 conditions" in fault({"any": [condition("city", "is_set")] * 201})


def test_text_that_is_no_json_is_refused_with_its_place() -> None:
    with pytest.raises(BadValue, match="line 1, column 2"):
        parse_text("{field}", FIELDS)
    with pytest.raises(BadValue, match="JSON"):
        parse_text("[" * 100_000, FIELDS)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
leaves = st.one_of(
    st.builds(condition, st.sampled_from(["city", "name"]), st.just("contains"), texts),
    st.builds(condition, st.just("Age"), st.just("less"), st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(condition, st.just("city"), st.just("in"), st.lists(texts, min_size=1, max_size=3)),
    st.builds(condition, st.just("joined"), st.just("before"), st.dates().map(str)),
)
trees = st.recursive(
    leaves,
    lambda parts: st.builds(
        lambda m, p: {m: p}, st.sampled_from(["all", "any"]), st.lists(parts, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(trees)
def test_data_round_trips_through_json(data: dict[str, object]) -> None:
    node = parse(data, FIELDS)
    assert parse_text(json.dumps(to_data(node)), FIELDS) == node


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda c: (
            st.lists(c, max_size=3)
            | st.dictionaries(st.sampled_from(["all", "any", "field", "operator", "value", "x"]), c, max_size=3)
        ),
    )
)
def test_nothing_else_than_a_bad_value_is_ever_raised(data: object) -> None:
    try:
        parse(data, FIELDS)
    except BadValue:
        return
