"""Base of the tables whose cells are told by columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from PySide6.QtCore import QObject, Qt

from ui.models.columns import Column, Row
from ui.models.keyed import Index, KeyedModel


class ColumnTable(KeyedModel, Generic[Row]):
    """Knows its columns; what a cell shows is told by its column and its row."""

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is Qt.Orientation.Horizontal and section < len(self.columns):
            return self.columns[section].header(role)
        return None

    def row(self, index: Index) -> Row | None:
        """The row at an index, None while it is being read."""
        raise NotImplementedError

    def shown(self, index: Index) -> Row | None:
        """The same for an index that somebody looks at."""
        return self.row(index)
