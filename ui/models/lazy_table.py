"""A paged table that reads nothing until it is told to: views sort their model when they get it, pages load later."""

from __future__ import annotations

from typing import Generic

from PySide6.QtCore import Qt

from ui.models.columns import Row
from ui.models.paged_table import PagedTable


class LazyTable(PagedTable[Row], Generic[Row]):
    """Before the first :meth:`refresh`, a sort is only remembered; afterwards one that changes nothing reads nothing."""

    _was_read = False

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        before = self._sort_column, self._descending
        can_sort = column < 0 or self.columns[column].sort is not None
        after = (None, False) if column < 0 else (column, order is Qt.SortOrder.DescendingOrder)
        if can_sort and after != before:
            self._sort_column, self._descending = after
            if self._was_read:
                self._sort_soon()

    async def refresh(self) -> None:
        self._was_read = True
        await super().refresh()
