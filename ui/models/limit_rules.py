"""Limits while they are edited: one row for a pair, a provider, a domain or an address; the smallest that applies wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, Qt, Signal

from app.services.limits import MOST, QUANTITIES
from engine.limits import LimitRule, LimitScope
from ui import words
from ui.models.keyed import Index
from ui.theme import Tone, colour

translate = QCoreApplication.translate
SCOPE, TARGET = range(2)
_FIRST_QUANTITY: Final = 2


class LimitRules(QAbstractTableModel):
    """``edited`` is emitted on every change. Quantities are typed as numbers; empty means "no limit here"."""

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[LimitRule] = []

    @property
    def rules(self) -> tuple[LimitRule, ...]:
        """All rows."""
        return tuple(self._rows)

    def set_rules(self, rules: Sequence[LimitRule]) -> None:
        """Show these."""
        self.beginResetModel()
        self._rows = [replace(rule, origin="") for rule in rules]
        self.endResetModel()
        self.edited.emit()

    def add(self, rule: LimitRule) -> QModelIndex:
        """Add a row at the end; where it stands."""
        row = len(self._rows)
        self.beginInsertRows(QModelIndex(), row, row)
        self._rows.append(rule)
        self.endInsertRows()
        self.edited.emit()
        return self.index(row, TARGET)

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
        return 0 if parent is not None and parent.isValid() else _FIRST_QUANTITY + len(QUANTITIES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            translate("limits", "For"),
            translate("limits", "Provider, domains or address"),
            translate("limits", "Connections"),
            translate("limits", "Connections/h"),
            translate("limits", "Messages/connection"),
            translate("limits", "Messages/h"),
        )[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags
        fixed = index.column() == TARGET and self._rows[index.row()].scope is LimitScope.PAIR
        return flags if fixed else flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(row, column)
            case Qt.ItemDataRole.EditRole:
                return _value(row, column)
            case Qt.ItemDataRole.TextAlignmentRole if column >= _FIRST_QUANTITY:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ForegroundRole if column == TARGET and not row.target:
                return colour(Tone.MUTED)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self.headerData(column, Qt.Orientation.Horizontal)}: {_text(row, column)}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802 - Qt's name
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        row = self._rows[index.row()]
        changed = _changed(row, index.column(), value)
        if changed is None:
            return False
        if changed != row:
            self._rows[index.row()] = changed
            self.dataChanged.emit(self.index(index.row(), 0), self.index(index.row(), self.columnCount() - 1))
            self.edited.emit()
        return True


def scope_word(scope: LimitScope) -> str:
    """What a limit is about, in words."""
    return {
        LimitScope.PAIR: translate("limits", "Each pair of addresses"),
        LimitScope.PROVIDER: translate("limits", "Each address at a provider"),
        LimitScope.DOMAIN: translate("limits", "All addresses at a domain"),
        LimitScope.ADDRESS: translate("limits", "One sending address"),
    }[scope]


def _value(row: LimitRule, column: int) -> Any:
    if column == SCOPE:
        return row.scope
    return row.target if column == TARGET else getattr(row, QUANTITIES[column - _FIRST_QUANTITY])


def _text(row: LimitRule, column: int) -> str:
    if column == SCOPE:
        return scope_word(row.scope)
    if column == TARGET:
        if row.scope is LimitScope.PAIR:
            return words.NONE
        return words.one_line(row.target) or translate("limits", "each by itself")
    value = _value(row, column)
    return words.number(value) if value is not None else words.NONE


def _changed(row: LimitRule, column: int, value: Any) -> LimitRule | None:
    """The row with another value; None when the value is none."""
    if column == SCOPE:
        scope = LimitScope(value)
        return replace(row, scope=scope, target="" if scope is LimitScope.PAIR else row.target)
    if column == TARGET:
        return replace(row, target=str(value).strip())
    text = "".join(str("" if value is None else value).split()).replace(",", "")
    if text and not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        return None
    changes: dict[str, Any] = {QUANTITIES[column - _FIRST_QUANTITY]: int(text) if text else None}
    return replace(row, **changes)
