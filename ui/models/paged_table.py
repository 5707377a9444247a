"""A table over any number of rows: the database sorts their ids, and only the rows that are looked at are read."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, Protocol

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal
from sqlalchemy.orm import Session

from app.services.id_arrays import led_by
from ui.models.column_table import ColumnTable
from ui.models.columns import PENDING, Column, Row
from ui.models.keyed import Index, Order
from ui.session import WindowSession

PAGE: Final = 100
"""Rows that are read at a time, on both sides of one that is looked at."""
_ABOVE: Final = PAGE * 3 // 4
"""How many of the rows that are read with a new order stand above the one that was painted last: that is the screen's lowest."""
KEPT: Final = 2_000
"""Rows that are kept in memory."""
LARGE: Final = 50_000
"""Rows from which on a new order takes so long to read that its first rows are shown before it is there."""


class ReadOrder(Protocol):
    """Reads the ids of all wanted rows in order. ``sort`` is that of a column, None: the order of the table itself."""

    def __call__(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]: ...


class ReadHead(Protocol):
    """Reads the ids of the first rows of an order, at most *limit*, much faster than all of them."""

    def __call__(self, session: Session, sort: Any, *, descending: bool, limit: int) -> Sequence[int]: ...


class PagedTable(ColumnTable[Row]):
    """Asks *read_order* for ids and *read_rows* for rows, both in threads. ``loaded`` is emitted after each refresh.

    With *read_head*, the first rows of an empty table, and of a large one in a new order, are there before all others.
    *read_rows* gets up to 300 ids and may leave out those that are gone. Rows that were read stay on show while they are
    read anew, so nothing flickers.
    """

    loaded = Signal()

    def __init__(
        self,
        session: WindowSession,
        columns: Sequence[Column[Row]],
        *,
        read_order: ReadOrder,
        read_rows: Callable[[Session, Sequence[int]], Sequence[Row]],
        identity: Callable[[Row], int],
        read_head: ReadHead | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, parent)
        self._session = session
        self._read_order, self._read_rows, self._identity = read_order, read_rows, identity
        self._read_head = read_head
        self._head_wanted = False
        self._sort_column: int | None = None
        self._descending = False
        self._rows: OrderedDict[int, Row | None] = OrderedDict()
        self._fresh: set[int] = set()
        self._wanted: set[int] = set()
        self._fetching = False
        self._is_stale = False
        self._refreshing: asyncio.Future[None] | None = None
        self._seen = 0
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._fetch_soon)

    # What views ask

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._order.ids):
            return None
        column, row = self.columns[index.column()], self.shown(index)
        if row is None:
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return column.alignment()
            return PENDING if role == Qt.ItemDataRole.DisplayRole else None
        return column.data(row, role)

    def shown(self, index: Index) -> Row | None:
        """The row at an index that somebody looks at: it is read soon unless that was done."""
        self._seen = index.row()
        identity = self._order.ids[self._seen]
        if identity not in self._fresh:
            self._want(self._seen)
        return self._rows.get(identity)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask the database for another order; what is shown stays until it has come."""
        if column < 0:
            self._sort_column, self._descending = None, False
        elif self.columns[column].sort is not None:
            self._sort_column, self._descending = column, order is Qt.SortOrder.DescendingOrder
        else:
            return
        self._sort_soon()

    def _sort_soon(self) -> None:
        self._head_wanted = self._count >= LARGE and self._seen < PAGE  # further down, nobody would see the head
        self.refresh_soon()

    # What pages ask

    def row(self, index: Index) -> Row | None:
        """The row at an index, None while it is being read."""
        identity = self.id_of(index)
        return None if identity is None else self._rows.get(identity)

    def row_by_id(self, identity: int) -> Row | None:
        """The row of an id, None when it has not been read or is not in the table."""
        return self._rows.get(identity)

    def refresh_soon(self) -> None:
        """Read the order, and the rows on show, anew."""
        self._session.spawn(self.refresh())

    async def refresh(self) -> None:
        """The same, to be awaited. A call while another is under way is answered by one more reading behind it."""
        if self._refreshing is not None:
            self._is_stale = True
            await asyncio.shield(self._refreshing)
            return
        self._refreshing = asyncio.get_running_loop().create_future()
        try:
            self._is_stale = True
            while self._is_stale:
                self._is_stale = False
                if self._read_head is not None and (self._head_wanted or not self._count):
                    await self._show_head(self._read_head)
                await self._refresh_once()
        finally:
            self._refreshing.set_result(None)
            self._refreshing = None
        self.loaded.emit()

    async def _refresh_once(self) -> None:
        sort = None if self._sort_column is None else self.columns[self._sort_column].sort
        remembered = self.remembered()
        start = max(0, self._seen - _ABOVE)

        def read(session: Session) -> tuple[Order, Sequence[Row]]:
            order = Order.of(self._read_order(session, sort, descending=self._descending), remembered)
            shown = dict.fromkeys(order.ids[start : start + PAGE])
            shown.update(dict.fromkeys(islice((each for each, row in order.found.items() if row is not None), PAGE)))
            return order, self._read_rows(session, list(shown))

        order, rows = await self._session.read(read)
        self._fresh.clear()
        self._keep(rows)
        self.take_order(order)
        if order.ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(order.ids) - 1, len(self.columns) - 1))

    async def _show_head(self, read_head: ReadHead) -> None:
        """Put the first rows of the wanted order before the rows that are shown."""
        self._head_wanted = False
        sort = None if self._sort_column is None else self.columns[self._sort_column].sort
        before = self._order
        remembered = self.remembered()

        def read(session: Session) -> tuple[Order, Sequence[Row]]:
            head = read_head(session, sort, descending=self._descending, limit=PAGE)
            ids = led_by(before.ids, head) if before.ids else head
            return Order.of(ids, remembered), self._read_rows(session, head)

        order, rows = await self._session.read(read)
        if self._order is before:
            self._keep(rows)
            self.take_order(order)

    # Rows that are looked at

    def _want(self, row: int) -> None:
        self._wanted.add(row // PAGE)
        if not self._timer.isActive():
            self._timer.start()

    def _fetch_soon(self) -> None:
        if not self._fetching:
            self._fetching = True
            self._session.spawn(self._fetch())

    async def _fetch(self) -> None:
        try:
            while self._wanted:
                pages = sorted(self._wanted)[-3:]  # the newest wishes of someone who scrolls are what is on the screen
                self._wanted.clear()
                await self._fetch_pages(pages)
        finally:
            self._fetching = False

    async def _fetch_pages(self, pages: Sequence[int]) -> None:
        ids = self._order.ids
        asked = [each for page in pages for each in ids[page * PAGE : (page + 1) * PAGE] if each not in self._fresh]
        if not asked:
            return
        self._keep(await self._session.read(self._read_rows, asked), asked)
        for page in pages:
            last = min((page + 1) * PAGE, self._count) - 1
            if page * PAGE <= last:
                self.dataChanged.emit(self.index(page * PAGE, 0), self.index(last, len(self.columns) - 1))

    def _keep(self, rows: Sequence[Row], asked: Sequence[int] = ()) -> None:
        """Remember rows; ids that were asked for and did not come count as read, so that they are not asked for again."""
        for row in rows:
            identity = self._identity(row)
            self._rows[identity] = row
            self._rows.move_to_end(identity)
            self._fresh.add(identity)
        for identity in asked:
            if identity not in self._fresh:
                self._rows.setdefault(identity, None)
                self._fresh.add(identity)
        while len(self._rows) > KEPT:
            self._fresh.discard(self._rows.popitem(last=False)[0])

    def index_of(self, identity: int, column: int = 0) -> QModelIndex:
        """The index of an id, invalid when it is not in the table."""
        row = self.row_of(identity)
        return QModelIndex() if row is None else self.index(row, column)
