"""The matrix of sending addresses and providers as a model: symbol and rate in each cell."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QObject, Qt

from app.services.block_reports import MATRIX_HOURS, Cell, Matrix
from engine.blocks import BlockState
from ui import words
from ui.models.block_marks import state_mark
from ui.models.keyed import Index
from ui.theme import Tone, fixed_font
from ui.widgets.marks import Mark

_SECONDS = MATRIX_HOURS * 3600


class MatrixModel(QAbstractTableModel):
    """Rows are sending addresses, columns providers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.matrix = Matrix((), (), {})

    def show(self, matrix: Matrix) -> None:
        """Show another matrix; the same addresses and providers keep cursor and scroll."""
        before, same = self.matrix, False
        same = (before.sending_addresses, before.providers) == (matrix.sending_addresses, matrix.providers)
        if not same:
            self.beginResetModel()
        self.matrix = matrix
        if not same:
            self.endResetModel()
        elif self.rowCount() and self.columnCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.matrix.sending_addresses)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.matrix.providers)

    def place_of(self, index: Index) -> tuple[str, str]:
        """(sending address, provider) of a cell."""
        return self.matrix.sending_addresses[index.row()], self.matrix.providers[index.column()]

    def cell(self, index: Index) -> Cell | None:
        """What there is to tell of a cell, None when there is nothing."""
        return self.matrix.cells.get(self.place_of(index))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        across = orientation is Qt.Orientation.Horizontal
        names = self.matrix.providers if across else self.matrix.sending_addresses
        if section >= len(names):
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return words.one_line(names[section])
        if role == Qt.ItemDataRole.FontRole and not across:
            return fixed_font()
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self.cell(index)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(cell)
            case Qt.ItemDataRole.DecorationRole:
                mark = cell_mark(cell)
                return mark.picture() if mark else None
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._told(index, cell)
        return None

    def _text(self, cell: Cell | None) -> str:
        if cell is None:
            return ""
        mark = cell_mark(cell)
        rate = self.tr("{}/h").format(words.number(cell.delivered * 3600 / _SECONDS)) if cell.delivered else ""
        return rate or (mark.word if mark else "")

    def _told(self, index: Index, cell: Cell | None) -> str:
        address, provider = self.place_of(index)
        head = self.tr("{address} at {provider}").format(address=address, provider=words.one_line(provider))
        if cell is None:
            return self.tr("{}: no mail, no block").format(head)
        mark = cell_mark(cell)
        state = mark.word if mark and cell.state is not None else self.tr("open")
        counts = self.tr(
            "{delivered} delivered and {refused} refused in the last %Ln hour(s)", "", MATRIX_HOURS
        ).format(delivered=words.number(cell.delivered), refused=words.number(cell.refused))
        return f"{head}: {state}\n{counts}"


def cell_mark(cell: Cell | None) -> Mark | None:
    """The symbol of a cell: that of its block, or a sign that mail goes there."""
    if cell is None:
        return None
    if cell.state is not None and cell.state is not BlockState.CLEARED:
        return state_mark(cell.state)
    return Mark("check", "", Tone.GOOD) if cell.delivered else Mark("alert-outline", "", Tone.WARNING)
