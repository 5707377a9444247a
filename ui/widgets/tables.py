"""Tables as all pages show them: calm, dense, sortable, with columns that can be moved, hidden and are remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from ui.layout_store import LayoutStore
from ui.models.columns import Column
from ui.models.paged_table import PagedTable
from ui.models.row_table import RowTable
from ui.widgets.cells import PADDING, CellDelegate
from ui.widgets.column_fit import Wish, fitted

_LOOKS: Final = frozenset({QEvent.Type.FontChange, QEvent.Type.PaletteChange, QEvent.Type.StyleChange})
"""Changes after which cells look different."""


class TableView(QTableView):
    """A table of whole rows. ``opened`` is emitted on Enter and on double click, with the index; ``name`` is its place.

    Columns share the room until the person gives one a width: from then on all keep theirs.
    """

    opened = Signal(QModelIndex)

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._wishes: tuple[Wish, ...] = ()
        self._is_fitting = self._has_own_widths = False
        self.setAccessibleName(label)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fit_rows()
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)
        header.sectionResized.connect(self._note_width)
        self.setItemDelegate(CellDelegate(self))
        self.doubleClicked.connect(self.opened)

    def show_columns(
        self,
        model: PagedTable[Any] | RowTable[Any],
        layout: LayoutStore,
        *,
        sort: int = -1,
        descending: bool = False,
    ) -> None:
        """Show a model: widths of its columns or those of last time, sorted by column *sort* at first (-1: by none)."""
        self.setModel(model)
        header = self.horizontalHeader()
        for section, column in enumerate(model.columns):
            header.setSectionHidden(section, column.hidden)
        self.wish_widths([(column.width, column.least_width) for column in model.columns])
        header.setSortIndicatorClearable(True)
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        header.setSortIndicator(sort, order)
        self._is_fitting = True
        restored = layout.restore_header(self._name, header)
        self._is_fitting = False
        self._has_own_widths = restored and layout.word(f"{self._name}/widths") == "own"
        self.setSortingEnabled(True)

    def wish_widths(self, characters: Sequence[tuple[int, int]]) -> None:
        """What each column would like, and the least that it can do with, in average characters; never less than its title."""
        metrics, header = self.fontMetrics(), self.horizontalHeader()
        character = metrics.averageCharWidth()
        wishes = []
        for section, (width, least) in enumerate(characters):
            title = str(self.model().headerData(section, Qt.Orientation.Horizontal) or "")
            narrowest = max(least * character, header.fontMetrics().horizontalAdvance(title)) + PADDING
            wishes.append(Wish(max(width * character + 2 * PADDING, narrowest), narrowest))
        self._wishes = tuple(wishes)
        self._fit_columns()

    def keep(self, layout: LayoutStore) -> None:
        """Remember widths, order and sort of the columns."""
        if self.model() is not None:
            layout.keep_header(self._name, self.horizontalHeader())
            layout.set_word(f"{self._name}/widths", "own" if self._has_own_widths else "shared")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit_columns()

    def _fit_columns(self) -> None:
        header = self.horizontalHeader()
        if self._has_own_widths or self._is_fitting or header.count() != len(self._wishes):
            return
        shown = [section for section in range(header.count()) if not header.isSectionHidden(section)]
        self._is_fitting = True
        widths = fitted([self._wishes[section] for section in shown], self.viewport().width())
        for section, width in zip(shown, widths, strict=True):
            header.resizeSection(section, width)
        self._is_fitting = False

    def _note_width(self, section: int, _before: int, _after: int) -> None:
        """The last column follows the table by itself; all others are dragged by a person unless they are fitted here."""
        header = self.horizontalHeader()
        last = max((each for each in range(header.count()) if not header.isSectionHidden(each)), key=header.visualIndex)
        if not self._is_fitting and self.isVisible() and section != last:
            self._has_own_widths = True

    def selected_rows(self) -> list[QModelIndex]:
        """The selected rows, from top to bottom."""
        return sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
            event.accept()
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:  # noqa: N802 - Qt's name
        """Typing does not search: that would read all rows on the loop. The filter box is for that."""

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_rows()
        if event.type() in _LOOKS:
            for delegate in self.findChildren(CellDelegate, options=Qt.FindChildOption.FindDirectChildrenOnly):
                delegate.forget()

    def _fit_rows(self) -> None:
        rows = self.verticalHeader()
        rows.setMinimumSectionSize(8)
        rows.setDefaultSectionSize(self.fontMetrics().height() + PADDING + 2)

    def _choose_columns(self, at: QPoint) -> None:
        menu = QMenu(self)
        header = self.horizontalHeader()
        columns: tuple[Column[Any], ...] = getattr(self.model(), "columns", ())
        for section, column in enumerate(columns):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(not header.isSectionHidden(section))
            action.setEnabled(header.isSectionHidden(section) or header.count() - header.hiddenSectionCount() > 1)
            action.toggled.connect(lambda shown, section=section: self._show_column(section, shown=shown))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(header.mapToGlobal(at))

    def _show_column(self, section: int, *, shown: bool) -> None:
        self._is_fitting = True
        self.horizontalHeader().setSectionHidden(section, not shown)
        self._is_fitting = False
        self._fit_columns()
