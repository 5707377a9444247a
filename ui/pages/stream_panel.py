"""Below the table of streams: the selected stream with its addresses."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.services.addresses import AddressState
from app.services.stream_details import AddressLine, StreamDetails
from ui import icons
from ui.layout_store import LayoutStore
from ui.models.row_table import RowTable
from ui.pages.stream_columns import address_columns
from ui.theme import Tone
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.notes import ToneLabel, heading
from ui.widgets.tables import TableView


class StreamPanel(QWidget):
    """Shows one stream. Signals ask for what is to be done with one of its addresses, or for more of them."""

    edit_asked = Signal(object)
    pause_asked = Signal(object, bool)
    pause_here_asked = Signal(object, bool)
    remove_asked = Signal(object)
    blocks_asked = Signal(object)
    add_asked = Signal()

    def __init__(self, layout: LayoutStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.details: StreamDetails | None = None
        self.name = heading("", self)
        self.name.setWordWrap(True)
        self.description = ToneLabel("", Tone.MUTED, self)
        self.description.setTextFormat(Qt.TextFormat.PlainText)
        self.description.setWordWrap(True)
        self.usage = QLabel(self)
        self.usage.setTextFormat(Qt.TextFormat.PlainText)
        self.usage.setWordWrap(True)
        self.add_button = QPushButton(icons.icon("plus"), self.tr("&Bind addresses…"), self)
        self.add_button.clicked.connect(self.add_asked)
        self.model: RowTable[AddressLine] = RowTable(
            address_columns(), identity=lambda line: line.address_id, parent=self
        )
        self.table = TableView("streams/addresses", self.tr("Addresses of the stream"), self)
        self.table.show_columns(self.model, layout)
        self.table.opened.connect(lambda index: self.edit_asked.emit(self.model.row(index)))
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        bind = QAction(icons.icon("plus"), self.tr("Bind addresses…"), self)
        bind.triggered.connect(self.add_asked)
        empty = EmptyState(
            "ip-network-outline",
            self.tr("No addresses yet"),
            self.tr("No mail can leave over this stream until it has a sending address."),
            bind,
        )
        self.stack = ListOrEmpty(self.table, empty, self)
        title = QVBoxLayout()
        title.setSpacing(2)
        title.addWidget(self.name)
        title.addWidget(self.description)
        title.addWidget(self.usage)
        head = QHBoxLayout()
        head.addLayout(title, 1)
        head.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(head)
        column.addWidget(self.stack, 1)

    def show_details(self, details: StreamDetails | None) -> None:
        """Show a stream, or nothing."""
        self.details = details
        self.setVisible(details is not None)
        if details is None:
            return
        stream = details.stream
        self.name.setText(stream.name)
        self.description.setText(stream.description)
        self.description.setVisible(bool(stream.description))
        self.usage.setText(self._usage(details))
        self.model.set_rows(details.lines)
        self.stack.show_empty(not details.lines)
        self.add_button.setVisible(bool(details.lines))

    def selected(self) -> AddressLine | None:
        """The address that the cursor is on."""
        return self.model.row(self.table.currentIndex())

    def _usage(self, details: StreamDetails) -> str:
        used = details.usage
        parts = [self.tr("%n address(es)", "", len(details.lines))]
        if used.associations:
            parts.append(self.tr("%n association(s)", "", used.associations))
        if used.mailings:
            parts.append(self.tr("%n unfinished mailing(s)", "", len(used.mailings)))
        if details.stream.guard:
            parts.append(self.tr("contagion guard on"))
        if details.stream.limits:
            parts.append(self.tr("%n limit(s)", "", len(details.stream.limits)))
        return " · ".join(parts)

    def _open_menu(self, at: QPoint) -> None:
        line = self.selected()
        if line is not None:
            self.menu_for(line).popup(self.table.viewport().mapToGlobal(at))

    def menu_for(self, line: AddressLine) -> QMenu:
        """What can be done with an address; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        paused = line.state is AddressState.PAUSED
        here = self.tr("&Use in this stream again") if line.paused else self.tr("&Pause in this stream")
        everywhere = self.tr("&Resume everywhere") if paused else self.tr("Pause &everywhere")
        for text, icon, act in (
            (self.tr("E&dit address…"), "pencil-outline", lambda: self.edit_asked.emit(line)),
            (here, "pause", lambda: self.pause_here_asked.emit(line, not line.paused)),
            (everywhere, "pause-circle-outline", lambda: self.pause_asked.emit(line, not paused)),
            (self.tr("Show &blocks"), "cancel", lambda: self.blocks_asked.emit(line)),
            (self.tr("&Copy address"), "content-copy", lambda: QGuiApplication.clipboard().setText(line.ip)),
            (self.tr("Re&move from this stream"), "minus", lambda: self.remove_asked.emit(line)),
        ):
            action = QAction(icons.icon(icon), text, menu)
            action.triggered.connect(act)
            menu.addAction(action)
        return menu
