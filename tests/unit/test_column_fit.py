"""How columns share the room of a table."""

from __future__ import annotations

import pytest

from ui.widgets.column_fit import Wish, fitted

COLUMNS = (Wish(100, 50), Wish(200, 100), Wish(60, 60))


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (360, [100, 200, 60]),
        (300, [80, 160, 60]),
        (420, [120, 240, 60]),
        (210, [50, 100, 60]),
        (50, [50, 100, 60]),
    ],
)
def test_what_can_give_gives_and_takes_by_its_share(room: int, widths: list[int]) -> None:
    assert fitted(COLUMNS, room) == widths


def test_no_rounding_makes_a_table_scroll() -> None:
    for room in range(211, 480):
        assert room - len(COLUMNS) < sum(fitted(COLUMNS, room)) <= room


def test_columns_that_give_nothing_keep_their_widths() -> None:
    assert fitted([Wish(40, 40), Wish(30, 60)], 500) == [40, 30]
