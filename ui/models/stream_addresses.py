"""The addresses of a stream while it is edited: weight and pause are changed in place; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, Qt, Signal

from app.services.addresses import AddressState
from app.services.streams import MOST_WEIGHT, Binding
from ui import words
from ui.models.keyed import Index
from ui.theme import Tone, fixed_font
from ui.widgets.marks import Mark

translate = QCoreApplication.translate
IP, HELO, WEIGHT, PAUSED, STATE = range(5)
_HEADERS: Final = 5


@dataclass(frozen=True, slots=True)
class EditedAddress:
    """One address. ``state`` None: it is not a sending address yet, and becomes one when the stream is saved."""

    ip: str
    helo: str
    weight: int = 100
    paused: bool = False
    state: AddressState | None = None

    def binding(self) -> Binding:
        """In the form that the service takes."""
        return Binding(self.ip, self.weight, self.paused)


class StreamAddresses(QAbstractTableModel):
    """``edited`` is emitted on every change."""

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[EditedAddress] = []

    @property
    def addresses(self) -> tuple[EditedAddress, ...]:
        """All rows."""
        return tuple(self._rows)

    def set_addresses(self, rows: Sequence[EditedAddress]) -> None:
        """Show these."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()
        self.edited.emit()

    def add(self, rows: Sequence[EditedAddress]) -> None:
        """Add addresses that are not there yet."""
        present = {row.ip for row in self._rows}
        fresh = [row for row in rows if row.ip not in present]
        if fresh:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(fresh) - 1)
            self._rows += fresh
            self.endInsertRows()
            self.edited.emit()

    def remove(self, rows: Sequence[int]) -> None:
        """Take rows away."""
        for row in sorted(rows, reverse=True):
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._rows[row]
            self.endRemoveRows()
        self.edited.emit()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else _HEADERS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            translate("stream editor", "Sending address"),
            translate("stream editor", "HELO name"),
            translate("stream editor", "Weight"),
            translate("stream editor", "Paused"),
            translate("stream editor", "State"),
        )[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == WEIGHT:
            flags |= Qt.ItemFlag.ItemIsEditable
        if index.column() == PAUSED:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(row, column)
            case Qt.ItemDataRole.EditRole if column == WEIGHT:
                return row.weight
            case Qt.ItemDataRole.CheckStateRole if column == PAUSED:
                return Qt.CheckState.Checked if row.paused else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.FontRole if column == IP:
                return fixed_font()
            case Qt.ItemDataRole.DecorationRole if column == STATE:
                return _mark(row).picture()
            case Qt.ItemDataRole.TextAlignmentRole if column == WEIGHT:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self.headerData(column, Qt.Orientation.Horizontal)}: {_text(row, column)}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802 - Qt's name
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.EditRole and index.column() == WEIGHT:
            changed = replace(row, weight=max(1, min(MOST_WEIGHT, int(value))))
        elif role == Qt.ItemDataRole.CheckStateRole and index.column() == PAUSED:
            changed = replace(row, paused=Qt.CheckState(value) is Qt.CheckState.Checked)
        else:
            return False
        self._rows[index.row()] = changed
        self.dataChanged.emit(self.index(index.row(), 0), self.index(index.row(), STATE))
        self.edited.emit()
        return True


def _text(row: EditedAddress, column: int) -> str:
    return {
        IP: row.ip,
        HELO: words.one_line(row.helo),
        WEIGHT: words.number(row.weight),
        PAUSED: translate("stream editor", "Paused") if row.paused else "",
        STATE: _mark(row).word,
    }[column]


def _mark(row: EditedAddress) -> Mark:
    if row.state is None:
        return Mark("plus-circle-outline", translate("stream editor", "New"), Tone.ACCENT)
    word = words.address_state(row.state, paused_here=row.paused)
    if row.state is AddressState.UNUSABLE:
        return Mark("alert-circle-outline", word, Tone.BAD)
    if row.paused or row.state is AddressState.PAUSED:
        return Mark("pause-circle-outline", word, Tone.WARNING)
    return Mark("check-circle-outline", word, Tone.GOOD)
