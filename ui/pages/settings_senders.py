"""The sender domains of the settings: their DKIM keys, the records to publish, new keys and keys from files."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.services import dkim_keys
from app.services.dkim_keys import DkimKeyView
from ui import icons
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.pages.lists_dialogs import FormDialog
from ui.session import WindowSession
from ui.theme import Tone, fixed_font
from ui.widgets.dialogs import Choice, ask, file_to_open, opened
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.marks import Mark
from ui.widgets.notes import quiet
from ui.widgets.tables import TableView

translate = QCoreApplication.translate


class SendersPanel(QWidget):
    """A table of keys, and the record of the selected one."""

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model: RowTable[DkimKeyView] = RowTable(_columns(), identity=lambda key: key.id, parent=self)
        self.table = TableView("settings/senders", self.tr("DKIM keys of sender domains"), self)
        self.table.show_columns(self.model, session.layout_store)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_record())
        self.new_button = QPushButton(icons.icon("key-plus"), self.tr("&Make a key…"), self)
        self.file_button = QPushButton(icons.icon("file-key-outline"), self.tr("&Use a key file…"), self)
        self.remove_button = QPushButton(icons.icon("delete-outline"), self.tr("&Forget key…"), self)
        self.new_button.clicked.connect(session.slot(self.make))
        self.file_button.clicked.connect(session.slot(self.register))
        self.remove_button.clicked.connect(session.slot(self.remove))
        self.host = QLineEdit(self)
        self.host.setReadOnly(True)
        self.host.setFont(fixed_font())
        self.record = QPlainTextEdit(self)
        self.record.setReadOnly(True)
        self.record.setFont(fixed_font())
        self.record.setTabChangesFocus(True)
        self.record.setMaximumHeight(self.fontMetrics().height() * 7)
        self.copy_button = QPushButton(icons.icon("content-copy"), self.tr("&Copy record"), self)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.record.toPlainText()))
        self._lay_out()
        self._show_record()

    async def load(self) -> None:
        """Read the keys; their files are looked at."""
        self.model.set_rows(await self._session.read(dkim_keys.listing))
        self.keys.show_empty(not self.model.rows)
        if not self.table.currentIndex().isValid() and self.model.rows:
            self.table.setCurrentIndex(self.model.index(0, 0))
        self._show_record()

    def save_state(self) -> None:
        """Keep the columns."""
        self.table.keep(self._session.layout_store)

    async def make(self) -> None:
        """Make a key for a domain."""
        await opened(KeyDialog(self._session, None, self.window()))

    async def register(self) -> None:
        """Use a key that is in a file already."""
        path = await file_to_open(self, self.tr("Choose a private key"), self.tr("Keys (*.pem *.key);;All files (*)"))
        if path:
            await opened(KeyDialog(self._session, Path(path), self.window()))

    async def remove(self) -> None:
        """Forget the selected key; its file stays."""
        key = self.model.row(self.table.currentIndex())
        if key is None:
            return
        choice = await ask(
            self,
            self.tr("Forget the key of {}?").format(key.domain),
            self.tr("Mailings that start from now on are not signed for it. The file {} stays.").format(key.path),
            [Choice("forget", self.tr("&Forget key"), destructive=True)],
            cancel=self.tr("Keep it"),
        )
        if choice:
            await self._session.write(dkim_keys.remove, key.domain)

    def _show_record(self) -> None:
        key = self.model.row(self.table.currentIndex())
        self.host.setText(key.host if key else "")
        self.record.setPlainText((key.record or key.fault) if key else "")
        self.copy_button.setEnabled(bool(key and key.record))
        self.remove_button.setEnabled(key is not None)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for button in (self.new_button, self.file_button, self.remove_button):
            row.addWidget(button)
        row.addStretch(1)
        host = QLabel(self.tr("TXT record &at"), self)
        host.setBuddy(self.host)
        self.host.setAccessibleName(self.tr("Name of the TXT record"))
        record = QLabel(self.tr("&Its text"), self)
        record.setBuddy(self.record)
        self.record.setAccessibleName(self.tr("Text of the TXT record"))
        said = self.tr(
            "Messages from these domains are signed (DKIM); large providers ask for it. Publish the record of each key in the"
            " DNS of its domain."
        )
        empty = EmptyState(
            "key-outline",
            self.tr("No message is signed yet"),
            self.tr("Make a key for the domain of your senders, or use one that is in a file already."),
        )
        self.keys = ListOrEmpty(self.table, empty, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(quiet(said, self))
        column.addLayout(row)
        column.addWidget(self.keys, 1)
        for widget in (host, self.host, record, self.record):
            column.addWidget(widget)
        bottom = QHBoxLayout()
        bottom.addWidget(self.copy_button)
        bottom.addStretch(1)
        column.addLayout(bottom)


class KeyDialog(FormDialog):
    """Domain and selector of a new key, or of one in a file."""

    def __init__(self, session: WindowSession, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._path = path
        self.domain = self.line(
            "domain", self.tr("&Domain"), hint=self.tr("What stands behind the @ of the sender, such as example.com.")
        )
        self.selector = self.line(
            "selector",
            self.tr("&Selector"),
            time.strftime("mail%Y", time.gmtime(session.now())),
            hint=self.tr("A word of your choice that tells several keys of a domain apart."),
        )
        if path is None:
            self.begin(self.tr("Make a DKIM key"), self.tr("&Make key"), 72)
        else:
            self.path = self.line("path", self.tr("&File"), str(path))
            self.begin(self.tr("Use a DKIM key"), self.tr("&Use key"), 72)

    def values(self) -> tuple[object, ...]:
        """All fields."""
        return self.domain.text(), self.selector.text()

    def is_complete(self) -> bool:
        """Whether there is a domain."""
        return bool(self.domain.text().strip() and self.selector.text().strip())

    async def save(self) -> None:
        """Make or register the key."""
        domain, selector = self.domain.text(), self.selector.text()
        if self._path is None:
            folder = self.session.profile.keys
            await self.session.write(dkim_keys.generate, domain=domain, selector=selector, folder=folder)
        else:
            path = Path(self.path.text().strip())
            await self.session.write(dkim_keys.register, domain=domain, selector=selector, path=path)


def _columns() -> tuple[Column[DkimKeyView], ...]:
    return (
        Column("domain", translate("settings", "Domain"), lambda key: key.domain, width=30),
        Column("selector", translate("settings", "Selector"), lambda key: key.selector, width=16),
        Column(
            "state",
            translate("settings", "State"),
            lambda key: _mark(key).word,
            width=20,
            mark=_mark,
            tip=lambda key: key.fault,
        ),
        Column("path", translate("settings", "File"), lambda key: str(key.path), width=50, is_fixed=True),
    )


def _mark(key: DkimKeyView) -> Mark:
    if key.fault:
        return Mark("alert-circle-outline", translate("settings", "Can't be used"), Tone.BAD)
    return Mark("check-circle-outline", translate("settings", "In use"), Tone.GOOD)
