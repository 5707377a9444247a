"""The order of a table's rows by their ids, and how a new order is told to views so that selection and scroll stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex

from app.services.id_arrays import rows_of

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Order:
    """Ids in the order of rows. ``found`` are the rows of a few that were looked for before, None: it is not there.

    There is no way from each id to its row: for a million it would take a second of Python and 100 MB, and few are asked for.
    """

    ids: Sequence[int]
    found: Mapping[int, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: Sequence[int], looked_for: Set[int] = frozenset()) -> Order:
        """Make it with the rows of some ids, which takes a while for a million: in a thread, which lets others in between."""
        found: dict[int, int | None] = dict.fromkeys(looked_for)
        found.update(rows_of(ids, looked_for))
        return cls(ids, found)

    def rows_of(self, wanted: Set[int]) -> Mapping[int, int | None]:
        """The rows of the wanted ids."""
        return self.found if wanted <= self.found.keys() else rows_of(self.ids, wanted)


class KeyedModel(QAbstractTableModel):
    """Base of tables whose rows have ids. Views learn of a new order as moves, not as a reset."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = Order(())
        self._count = 0

    @property
    def ids(self) -> Sequence[int]:
        """The ids in the order of rows."""
        return self._order.ids

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else self._count

    def row_of(self, identity: int) -> int | None:
        """The row of an id, None when it is not in the table."""
        return self._order.rows_of({identity}).get(identity)

    def remembered(self) -> frozenset[int]:
        """The ids of the rows that views remember: the cursor, the ends of what is selected, the first row for the columns."""
        ids = self._order.ids
        rows = {0, *(index.row() for index in self.persistentIndexList())}
        return frozenset(ids[row] for row in rows if row < len(ids))

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
        rows = order.rows_of(self.remembered())
        for index in self.persistentIndexList():
            row = rows.get(ids[index.row()]) if index.row() < len(ids) else None
            before.append(index)
            after.append(QModelIndex() if row is None else self.index(row, index.column()))
        self._order = order
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
