"""Arithmetic on the ids of a whole table."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from app.services.id_arrays import led_by, rows_of, without


@given(st.permutations(range(30)), st.frozensets(st.integers(0, 40)))
def test_the_rows_of_a_few_ids_are_found_in_order(ids: list[int], wanted: frozenset[int]) -> None:
    expected = [(each, row) for row, each in enumerate(ids) if each in wanted]
    assert list(rows_of(array("q", ids), wanted).items()) == expected


def test_rows_are_found_in_every_part_of_a_large_table() -> None:
    ids = array("q", range(50_000, 0, -1))
    wanted = {50_000, 40_001, 40_000, 25_000, 1}
    assert rows_of(ids, wanted) == {each: 50_000 - each for each in wanted}


@given(st.permutations(range(30)), st.sets(st.integers(0, 29)))
def test_rows_are_taken_out(ids: list[int], rows: set[int]) -> None:
    assert list(without(ids, sorted(rows))) == [each for row, each in enumerate(ids) if row not in rows]


def test_ids_led_by_a_few_are_the_same_ones_behind_them() -> None:
    ids = led_by(array("q", [7, 3, 9, 1, 5, 2]), [5, 7, 4])
    assert list(ids) == [5, 7, 3, 9, 1, 2]
    assert list(led_by(ids, [2, 3])) == [2, 3, 5, 7, 9, 1]
