"""The recipients of one mailing: by state and text, with the decision about those in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import recipients
from app.services.recipients import RecipientFilter, RecipientView
from app.services.runs import Settlement
from engine.ports import RecipientState
from ui import icons
from ui.models.paged_table import PagedTable
from ui.pages import mailings_words
from ui.pages.mailings_columns import recipient_columns
from ui.session import WindowSession
from ui.widgets.filter_box import FilterBox
from ui.widgets.tables import TableView


class RecipientsTab(QWidget):
    """A table of recipients. ``settle_asked`` carries the Settlement and the ids, None for all that are in doubt; ``why_asked``
    an address."""

    settle_asked = Signal(object, object)
    why_asked = Signal(str)

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._mailing_id: int | None = None
        self.wanted = RecipientFilter()
        self.state = QComboBox(self)
        self.state.addItem(self.tr("All recipients"), None)
        for state in RecipientState:
            mark = mailings_words.recipient_mark(state)
            self.state.addItem(mark.picture(), mark.word, state.value)
        self.state.currentIndexChanged.connect(self._chosen)
        self.box = FilterBox(self)
        self.box.setPlaceholderText(self.tr("Part of an address"))
        self.box.settled.connect(self._chosen)
        self.delivered_button = QPushButton(icons.icon("check"), self.tr("Treat as &delivered"), self)
        self.again_button = QPushButton(icons.icon("send"), self.tr("Send a&gain"), self)
        self.delivered_button.clicked.connect(lambda: self._settle(Settlement.DELIVERED))
        self.again_button.clicked.connect(lambda: self._settle(Settlement.AGAIN))
        self.model: PagedTable[RecipientView] = PagedTable(
            session,
            recipient_columns(session.now),
            read_order=self._read_order,
            read_head=self._read_order,
            read_rows=self._read_rows,
            identity=lambda row: row.id,
            parent=self,
        )
        self.table = TableView("mailings/recipients", self.tr("Recipients of the mailing"), self)
        self.table.show_columns(self.model, session.layout_store)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.opened.connect(self._row_opened)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_buttons())
        self.model.loaded.connect(self._show_buttons)
        self._lay_out()

    def show_mailing(self, mailing_id: int | None) -> None:
        """Show the recipients of another mailing."""
        self._mailing_id = mailing_id
        if self.isVisible():
            self.model.refresh_soon()

    def show_in_doubt(self) -> None:
        """Show those that are in doubt."""
        self.state.setCurrentIndex(self.state.findData(RecipientState.IN_DOUBT.value))

    def selected_in_doubt(self) -> list[int]:
        """The selected recipients that are in doubt."""
        rows = [self.model.row(index) for index in self.table.selected_rows()]
        return [row.id for row in rows if row is not None and row.state is RecipientState.IN_DOUBT]

    def menu_for(self, row: RecipientView) -> QMenu:
        """What can be done with a recipient; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        why = QAction(icons.icon("help-circle-outline"), self.tr("&Why not sent?"), menu)
        why.triggered.connect(lambda: self.why_asked.emit(row.address))
        address = QAction(icons.icon("content-copy"), self.tr("&Copy address"), menu)
        address.triggered.connect(lambda: QGuiApplication.clipboard().setText(row.address))
        reply = QAction(icons.icon("content-copy"), self.tr("Copy &reply"), menu)
        reply.triggered.connect(lambda: QGuiApplication.clipboard().setText(row.reply))
        reply.setEnabled(bool(row.reply))
        for action in (why, address, reply):
            menu.addAction(action)
        return menu

    def _lay_out(self) -> None:
        label = QLabel(self.tr("&State"), self)
        label.setBuddy(self.state)
        self.state.setAccessibleName(self.tr("State of the recipients that are shown"))
        search = QLabel(self.tr("&Find"), self)
        search.setBuddy(self.box)
        row = QHBoxLayout()
        row.setContentsMargins(0, 6, 0, 0)
        for widget in (label, self.state, search, self.box):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.delivered_button)
        row.addWidget(self.again_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        self._show_buttons()

    def _chosen_state(self) -> RecipientState | None:
        word = self.state.currentData()
        return None if word is None else RecipientState(word)

    def _chosen(self, *_: object) -> None:
        self.wanted = RecipientFilter(state=self._chosen_state(), text=self.box.text().strip())
        self._show_buttons()
        self.model.refresh_soon()

    def _show_buttons(self) -> None:
        shown = self._chosen_state() is RecipientState.IN_DOUBT
        for button in (self.delivered_button, self.again_button):
            button.setVisible(shown)
            button.setEnabled(bool(self.model.ids))
        chosen = len(self.selected_in_doubt()) if shown else 0
        self.delivered_button.setText(
            self.tr("Treat %Ln as &delivered", "", chosen) if chosen else self.tr("Treat all as &delivered")
        )
        self.again_button.setText(
            self.tr("Send a&gain to %Ln", "", chosen) if chosen else self.tr("Send a&gain to all")
        )

    def _settle(self, how: Settlement) -> None:
        self.settle_asked.emit(how, self.selected_in_doubt() or None)

    def _row_opened(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is not None:
            self.why_asked.emit(row.address)

    def _open_menu(self, at: QPoint) -> None:
        row = self.model.row(self.table.indexAt(at))
        if row is not None:
            self.menu_for(row).popup(self.table.viewport().mapToGlobal(at))

    def _read_order(
        self,
        session: Session,
        sort: Any,  # noqa: ARG002 - the queue's order
        *,
        descending: bool,  # noqa: ARG002
        limit: int | None = None,
    ) -> Sequence[int]:
        if self._mailing_id is None:
            return ()
        return recipients.ids(session, self._mailing_id, self.wanted, limit=limit)

    def _read_rows(self, session: Session, ids: Sequence[int]) -> Sequence[RecipientView]:
        return recipients.rows(session, self._mailing_id, ids) if self._mailing_id is not None else ()
