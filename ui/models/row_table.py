"""A table over some hundred rows at most, which are all in memory and sorted here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from ui.models.column_table import ColumnTable
from ui.models.columns import Column, Row
from ui.models.keyed import Index, Order


class RowTable(ColumnTable[Row]):
    """Shows the rows that it is given, in their order or sorted by a column; keeps selection and scroll."""

    def __init__(
        self, columns: Sequence[Column[Row]], *, identity: Callable[[Row], int], parent: QObject | None = None
    ) -> None:
        super().__init__(columns, parent)
        self._identity = identity
        self._given: tuple[Row, ...] = ()
        self._rows: dict[int, Row] = {}
        self._sort_column: int | None = None
        self._descending = False

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        return None if row is None else self.columns[index.column()].data(row, role)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1: the order in which the rows were given."""
        self._sort_column = None if column < 0 else column
        self._descending = order is Qt.SortOrder.DescendingOrder
        self._show()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self._given = tuple(rows)
        self._show()

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, as they were given."""
        return self._given

    def row(self, index: Index) -> Row | None:
        """The row at an index."""
        identity = self.id_of(index)
        return None if identity is None else self._rows.get(identity)

    def row_by_id(self, identity: int) -> Row | None:
        """The row of an id."""
        return self._rows.get(identity)

    def index_of(self, identity: int, column: int = 0) -> QModelIndex:
        """The index of an id, invalid when it is not in the table."""
        row = self.row_of(identity)
        return QModelIndex() if row is None else self.index(row, column)

    def _show(self) -> None:
        rows = list(self._given)
        if self._sort_column is not None:
            rows.sort(key=self.columns[self._sort_column].sort_value, reverse=self._descending)
        self._rows.update({self._identity(row): row for row in rows})
        self.take_order(Order([self._identity(row) for row in rows]))
        self._rows = {self._identity(row): row for row in rows}
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
