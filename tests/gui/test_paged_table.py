"""The table over ids that the database sorts: only what is looked at is read, and refreshes keep selection and rows."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot
from sqlalchemy.orm import Session

from ui.models.columns import Column
from ui.models.keyed import Order
from ui.models.paged_table import KEPT, LARGE, PAGE, PENDING, PagedTable
from ui.session import WindowSession
from ui.widgets.tables import TableView

WaitUntil = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Thing:
    id: int
    name: str


class Things:
    """What a database would hold; remembers which rows were read."""

    def __init__(self, count: int) -> None:
        self.names = {number: f"thing {number}" for number in range(1, count + 1)}
        self.reads: list[int] = []

    def order(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        ids = sorted(self.names, key=lambda each: self.names[each] if sort == "name" else each, reverse=descending)
        return array("q", ids)

    def rows(self, session: Session, ids: Sequence[int]) -> list[Thing]:
        self.reads += ids
        return [Thing(each, self.names[each]) for each in ids if each in self.names]


COLUMNS: tuple[Column[Thing], ...] = (
    Column("id", "Id", lambda thing: str(thing.id), sort="id", is_number=True),
    Column("name", "Name", lambda thing: thing.name, sort="name"),
    Column("note", "Note", lambda thing: "–"),
)


def table_of(session: WindowSession, things: Things) -> PagedTable[Thing]:
    return PagedTable(
        session,
        COLUMNS,
        read_order=things.order,
        read_rows=things.rows,
        identity=lambda thing: thing.id,
        parent=session,
    )


@pytest.fixture
def things() -> Things:
    return Things(400)


@pytest.fixture
def table(empty_session: WindowSession, things: Things, model_tester: Any) -> PagedTable[Thing]:
    """A table that Qt's tester watches: it reads every cell at every change, which forbids many rows."""
    model = table_of(empty_session, things)
    model_tester(model)
    return model


@pytest.fixture
def show(empty_session: WindowSession, qtbot: QtBot) -> Callable[[PagedTable[Thing]], TableView]:
    def make(table: PagedTable[Thing]) -> TableView:
        shown = TableView("things", "Things")
        shown.show_columns(table, empty_session.layout_store)
        shown.resize(600, 400)
        shown.show()
        qtbot.addWidget(shown)
        return shown

    return make


@pytest.fixture
def view(table: PagedTable[Thing], show: Callable[[PagedTable[Thing]], TableView]) -> TableView:
    return show(table)


async def test_only_what_is_looked_at_is_read(
    empty_session: WindowSession, show: Callable[[PagedTable[Thing]], TableView], wait_until: WaitUntil
) -> None:
    things = Things(100_000)
    table = table_of(empty_session, things)
    view = show(table)
    await table.refresh()
    assert table.rowCount() == 100_000
    assert table.index(0, 1).data() == "thing 1"  # the first page came with the order
    view.scrollToBottom()
    last = table.index(99_999, 1)
    await wait_until(lambda: last.data() == "thing 100000")
    assert len(set(things.reads)) < KEPT


async def test_the_database_sorts_and_the_selection_stays(
    table: PagedTable[Thing], view: TableView, wait_until: WaitUntil
) -> None:
    await table.refresh()
    view.selectRow(4)
    view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    await wait_until(lambda: table.index(0, 1).data() == "thing 400")
    assert [table.id_of(index) for index in view.selected_rows()] == [5]
    view.sortByColumn(2, Qt.SortOrder.AscendingOrder)  # can't be sorted by
    assert table.ids[0] == 400


async def test_a_refresh_keeps_rows_that_stay_and_forgets_those_that_go(
    table: PagedTable[Thing], view: TableView, things: Things, wait_until: WaitUntil
) -> None:
    await table.refresh()
    flags = QItemSelectionModel.SelectionFlag
    for row in (2, 5):
        view.selectionModel().select(table.index(row, 0), flags.Select | flags.Rows)
    del things.names[3], things.names[1]
    things.names[401] = "new"
    things.names[6] = "renamed"
    await table.refresh()
    assert [table.id_of(index) for index in view.selected_rows()] == [6]
    assert table.index(3, 1).data() == "renamed"
    assert table.rowCount() == 399
    things.names.clear()
    await table.refresh()
    assert table.rowCount() == 0
    things.names[7] = "back"
    await table.refresh()
    assert table.index(0, 1).data() == "back"


async def test_a_row_that_is_gone_is_asked_for_once(empty_session: WindowSession, wait_until: WaitUntil) -> None:
    things = Things(100_000)
    table = table_of(empty_session, things)
    await table.refresh()
    row = 50_000
    identity = table.ids[row]
    del things.names[identity]
    assert table.index(row, 1).data() == PENDING
    await wait_until(lambda: identity in things.reads)
    await empty_session.settled()
    assert table.index(row, 1).data() == PENDING
    assert table.index(0, 1).data() == "thing 1"
    table.index(99_999, 1).data()  # asked for behind it, so when this is there the other would have been read again
    await wait_until(lambda: table.ids[99_999] in things.reads)
    assert things.reads.count(identity) == 1


async def test_refreshes_that_come_together_are_answered_by_one_more(
    table: PagedTable[Thing], things: Things, empty_session: WindowSession
) -> None:
    loads: list[bool] = []
    table.loaded.connect(lambda: loads.append(True))
    for _ in range(5):
        table.refresh_soon()
    await empty_session.settled()
    assert len(loads) == 1
    assert things.reads.count(1) <= 4  # the reading that was under way, and one behind it; each reads the first page


async def test_rows_that_are_read_already_are_seen_by_position_and_id(table: PagedTable[Thing]) -> None:
    await table.refresh()
    assert table.row(table.index(9, 0)) == Thing(10, "thing 10")
    assert table.row_by_id(10) == Thing(10, "thing 10")
    assert table.index_of(10).row() == 9
    assert not table.index_of(0).isValid()


def test_an_order_knows_the_rows_that_were_looked_for_and_finds_others() -> None:
    order = Order.of(array("q", [7, 3, 9, 1, 5, 2]), {9, 4})
    assert order.found == {9: 2, 4: None}
    assert order.rows_of({9, 4})[9] == 2
    assert order.rows_of({2, 7, 8}) == {7: 0, 2: 5}


async def test_a_new_order_comes_with_the_rows_where_the_screen_is_and_with_those_that_views_remember(
    empty_session: WindowSession, show: Callable[[PagedTable[Thing]], TableView], wait_until: WaitUntil
) -> None:
    things = Things(10_000)
    table = table_of(empty_session, things)
    view = show(table)
    await table.refresh()
    view.selectRow(4)
    view.verticalScrollBar().setValue(5_000)
    await wait_until(lambda: table.index(5_000, 1).data() == "thing 5001")
    await empty_session.settled()
    things.reads.clear()
    things.names[5] = "renamed"
    table.sort(0, Qt.SortOrder.DescendingOrder)
    await empty_session.settled()
    top, bottom = view.rowAt(0), view.rowAt(view.viewport().height() - 1)
    assert bottom > top >= 5_000
    shown = [table.row(table.index(row, 0)) for row in range(top, bottom + 1)]
    assert shown == [Thing(10_000 - row, f"thing {10_000 - row}") for row in range(top, bottom + 1)]
    assert table.row_by_id(5) == Thing(5, "renamed")
    assert set(things.reads) >= {1, 5}  # by the first row, views remember columns
    assert len(things.reads) == PAGE + 2


async def test_the_first_rows_of_a_large_table_do_not_wait_until_all_are_sorted(
    empty_session: WindowSession, wait_until: WaitUntil
) -> None:
    things = Things(LARGE)
    sorting = threading.Event()

    def order(session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        assert sort is None or sorting.wait(20)
        return things.order(session, sort, descending=descending)

    def head(session: Session, sort: Any, *, descending: bool, limit: int) -> Sequence[int]:
        return things.order(session, sort, descending=descending)[:limit]

    table = PagedTable(
        empty_session,
        COLUMNS,
        read_order=order,
        read_head=head,
        read_rows=things.rows,
        identity=lambda thing: thing.id,
        parent=empty_session,
    )
    await table.refresh()
    table.sort(0, Qt.SortOrder.DescendingOrder)
    await wait_until(lambda: table.ids[0] == LARGE)
    assert list(table.ids[:PAGE]) == list(range(LARGE, LARGE - PAGE, -1))
    assert table.rowCount() == LARGE
    assert table.index(0, 0).data() == str(LARGE)
    assert table.ids[PAGE] == 1  # the others still stand as before
    sorting.set()
    await empty_session.settled()
    assert list(table.ids) == list(range(LARGE, 0, -1))
