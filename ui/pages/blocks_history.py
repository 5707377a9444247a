"""The tab "History" of the blocks page: everything that ever happened to blocks, sortable, to be exported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import block_history
from app.services.block_history import EventRow, EventSort
from ui import icons
from ui.models.block_columns import event_columns
from ui.models.lazy_table import LazyTable
from ui.session import WindowSession
from ui.whole_file import whole_file
from ui.widgets.dialogs import file_to_save
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.tables import TableView


class HistoryTab(QWidget):
    """``block_asked`` carries the id of a block whose event was opened."""

    block_asked = Signal(int)

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._text = ""
        self._block: int | None = None
        self.model: LazyTable[EventRow] = LazyTable(
            session,
            event_columns(),
            read_order=self._read_order,
            read_rows=block_history.rows,
            identity=lambda row: row.id,
            parent=self,
        )
        self.view = TableView("blocks/history", self.tr("History of all blocks"), self)
        self.view.show_columns(self.model, session.layout_store)
        self.view.opened.connect(self._open)
        self.lists = ListOrEmpty(
            self.view,
            EmptyState(
                "history",
                self.tr("Nothing has happened here yet"),
                self.tr("Every refusal, probe and decision about a block is kept here, with who made it."),
            ),
            self,
        )
        self.one_block = QPushButton(self)
        self.one_block.setIcon(icons.icon("close"))
        self.one_block.setToolTip(self.tr("Show the history of all blocks"))
        self.one_block.clicked.connect(lambda: self.show_block(None))
        self.one_block.hide()
        row = QHBoxLayout()
        row.addWidget(self.one_block)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        column.addWidget(self.lists, 1)
        self.model.loaded.connect(lambda: self.lists.show_empty(not self.model.rowCount() and not self._is_filtered()))

    async def load(self) -> None:
        """Read what is shown."""
        await self.model.refresh()

    def set_text(self, text: str) -> None:
        """Only events that have this text somewhere."""
        self._text = text
        self.model.refresh_soon()

    def show_block(self, block_id: int | None) -> None:
        """Only the events of one block; None: of all."""
        self._block = block_id
        self.one_block.setText(self.tr("Only block {}").format(block_id))
        self.one_block.setVisible(block_id is not None)
        self.model.refresh_soon()

    async def export(self) -> None:
        """Write the events that are shown, in their order, to a file that the person chooses."""
        name = await file_to_save(self, self.tr("Export history"), "block-history.csv", self.tr("CSV (*.csv)"))
        if name:
            number = await self._session.read(_export, Path(name), self.model.ids)
            self._session.tell_done(self.tr("%Ln event(s) written", "", number))

    def _is_filtered(self) -> bool:
        return bool(self._text) or self._block is not None

    def _open(self) -> None:
        row = self.model.row(self.view.currentIndex())
        if row is not None:
            self.block_asked.emit(row.block_id)

    def _read_order(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        order, descending = (sort, descending) if sort is not None else (EventSort.AT, True)
        return block_history.ids(
            session, sort=order, descending=descending, containing=self._text, block_id=self._block
        )


def _export(session: Session, path: Path, ids: Sequence[int]) -> int:
    with whole_file(path) as file:
        return block_history.export_csv(session, file, ids)
