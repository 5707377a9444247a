"""The tab "Matrix" of the blocks page: who is refused where, at a glance; a click shows the blocks behind a cell."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QTableView, QVBoxLayout, QWidget

from app.services import block_reports
from app.services.blocks import BlockFilter
from engine.blocks import BlockState
from ui.models.block_marks import state_mark
from ui.models.block_matrix import MatrixModel
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.marks import Mark, MarkLabel
from ui.widgets.notes import quiet

_CELL: Final = 17
"""Average characters of a column."""


class MatrixView(QTableView):
    """``chosen`` follows a click, Enter and Space."""

    chosen = Signal(QModelIndex)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Sending addresses by providers"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.horizontalHeader().setDefaultSectionSize(self.fontMetrics().averageCharWidth() * _CELL)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        self.clicked.connect(self.chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex())
            return
        super().keyPressEvent(event)


class MatrixTab(QWidget):
    """``filter_asked`` carries the filter of the blocks behind a cell."""

    filter_asked = Signal(object)

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model = MatrixModel(self)
        self.view = MatrixView(self)
        self.view.setModel(self.model)
        self.view.chosen.connect(self._choose)
        self.lists = ListOrEmpty(
            self.view,
            EmptyState(
                "table-large",
                self.tr("There is nothing to compare yet"),
                self.tr("Once mail was sent, each sending address is shown at each provider, with its state and rate."),
            ),
            self,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(
            quiet(self.tr("Messages delivered an hour, over the last day. Click a cell to see its blocks."), self)
        )
        column.addLayout(self._legend())
        column.addWidget(self.lists, 1)

    async def load(self) -> None:
        """Read what is shown."""
        self.model.show(await self._session.read(block_reports.matrix))
        self.lists.show_empty(not self.model.rowCount() or not self.model.columnCount())

    def _legend(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(MarkLabel(Mark("check", self.tr("Open"), Tone.GOOD), self))
        for state in (
            BlockState.BLOCKED,
            BlockState.PROBING,
            BlockState.PERMANENT,
            BlockState.RECOVERING,
            BlockState.SUSPECT,
            BlockState.EXEMPT,
        ):
            row.addWidget(MarkLabel(state_mark(state), self))
        row.addStretch(1)
        return row

    def _choose(self, index: QModelIndex) -> None:
        address, provider = self.model.place_of(index)
        self.filter_asked.emit(BlockFilter(sending_address=address, provider=provider))
