"""The order of a table's rows by their ids, and how a new order is told to views so that selection and scroll stay."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex

Index = QModelIndex | QPersistentModelIndex
_PART: Final = 10_000
"""Ids that are taken at a time: no other thread runs meanwhile."""


class Rows(Protocol):
    """The way from an id to its row."""

    def get(self, identity: int, /) -> int | None: ...

    def __contains__(self, identity: object, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Order:
    """Ids in the order of rows, with the way from an id back to its row."""

    ids: Sequence[int]
    rows: Rows

    @classmethod
    def of(cls, ids: Sequence[int]) -> Order:
        """Make it from ids; takes a while for a million, so this is done in a thread, which lets others in between."""
        rows: dict[int, int] = {}
        for start in range(0, len(ids), _PART):
            rows.update(zip(ids[start : start + _PART], range(start, start + _PART), strict=False))
        return cls(ids, rows)

    def led_by(self, head: Sequence[int]) -> Order:
        """The same ids with those of *head*, a few, before all others: at once for a million, too."""
        found = ((self.rows.get(identity), identity) for identity in head)
        known = {identity: row for row, identity in found if row is not None}
        taken = sorted(known.values())
        ids = array("q", known)
        start = 0
        for row in taken:
            ids.extend(self.ids[start:row])
            start = row + 1
        ids.extend(self.ids[start:])
        return Order(ids, _Led(dict(zip(known, range(len(known)), strict=True)), taken, self.rows))


@dataclass(frozen=True, slots=True)
class _Led:
    """The rows of an order that is led by a few: ``head`` are these, ``taken`` the rows that they left, in order."""

    head: Mapping[int, int]
    taken: Sequence[int]
    rest: Rows

    def get(self, identity: int, /) -> int | None:
        if (row := self.head.get(identity)) is not None:
            return row
        row = self.rest.get(identity)
        return None if row is None else row + len(self.taken) - bisect_left(self.taken, row)

    def __contains__(self, identity: object, /) -> bool:
        return identity in self.rest


class KeyedModel(QAbstractTableModel):
    """Base of tables whose rows have ids. Views learn of a new order as moves, not as a reset."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = Order.of(())
        self._count = 0

    @property
    def ids(self) -> Sequence[int]:
        """The ids in the order of rows."""
        return self._order.ids

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else self._count

    def row_of(self, identity: int) -> int | None:
        """The row of an id, None when it is not in the table."""
        return self._order.rows.get(identity)

    def id_of(self, index: Index) -> int | None:
        """The id at an index."""
        return self._order.ids[index.row()] if index.isValid() and index.row() < len(self._order.ids) else None

    def take_order(self, order: Order) -> None:
        """Take a new order: rows that stay keep what views know of them."""
        if not self._count or not order.ids:
            self.beginResetModel()
            self._order, self._count = order, len(order.ids)
            self.endResetModel()
            return
        if self._order.ids == order.ids:
            self._order = order
            return
        growth = len(order.ids) - self._count
        if growth > 0:
            self.beginInsertRows(QModelIndex(), self._count, self._count + growth - 1)
            self._count += growth
            self.endInsertRows()
        self._permute(order)
        if growth < 0:
            self.beginRemoveRows(QModelIndex(), len(order.ids), self._count - 1)
            self._count = len(order.ids)
            self.endRemoveRows()

    def _permute(self, order: Order) -> None:
        """Move what views remember to its new rows; what has gone moves to the end or is forgotten."""
        self.layoutAboutToBeChanged.emit()
        before, after = [], []
        ids = self._order.ids
        for index in self.persistentIndexList():
            row = order.rows.get(ids[index.row()]) if index.row() < len(ids) else None
            before.append(index)
            after.append(QModelIndex() if row is None else self.index(row, index.column()))
        self._order = order
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
