"""What the program is: versions, licences of what it is built on, where its data are, and diagnostics to copy."""

from __future__ import annotations

import platform
import sys
from email.message import Message
from importlib import metadata
from typing import Final, cast

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.logs import without_secrets
from app.services.status import Status
from app.version import VERSION
from ui import icons
from ui.session import WindowSession
from ui.theme import is_dark
from ui.widgets.notes import fixed, heading, quiet

PACKAGES: Final = (
    "PySide6-Essentials",
    "shiboken6",
    "qasync",
    "QtAwesome",
    "QtPy",
    "pyqtgraph",
    "numpy",
    "colorama",
    "SQLAlchemy",
    "alembic",
    "Mako",
    "MarkupSafe",
    "psycopg",
    "psycopg-binary",
    "aiosmtplib",
    "dnspython",
    "idna",
    "cryptography",
    "cffi",
    "pycparser",
    "google-re2",
    "msgspec",
    "platformdirs",
    "psutil",
    "typer",
    "annotated-doc",
    "shellingham",
    "pydantic",
    "pydantic_core",
    "annotated-types",
    "typing-inspection",
    "typing_extensions",
    "rich",
    "markdown-it-py",
    "mdurl",
    "Pygments",
    "packaging",
    "uvloop",
)
"""What the program stands on, and what that stands on in turn."""
LONGEST_LICENCE: Final = 60


class AboutDialog(QDialog):
    """Shows it; "Copy diagnostics" leaves out passwords and keys."""

    def __init__(self, session: WindowSession, status: Status | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About MailStreams"))
        self._session, self._status = session, status
        layout = QVBoxLayout(self)
        layout.addWidget(heading(f"MailStreams {VERSION}", self, scale=1.4))
        layout.addWidget(
            quiet(
                self.tr(
                    "Sends bulk mail over many addresses in parallel and keeps it flowing when destinations refuse some."
                ),
                self,
            )
        )
        layout.addWidget(QLabel(self.tr("Data folder"), self))
        layout.addWidget(fixed(str(session.profile.folder), self))
        label = QLabel(self.tr("&Built with"), self)
        table = self._packages()
        label.setBuddy(table)
        layout.addWidget(label)
        layout.addWidget(table, 1)
        buttons = QDialogButtonBox(self)
        self.copy_button = QPushButton(icons.icon("content-copy"), self.tr("&Copy diagnostics"), self)
        self.copy_button.clicked.connect(self.copy_diagnostics)
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        buttons.addButton(QDialogButtonBox.StandardButton.Close).clicked.connect(self.accept)
        row.addWidget(buttons, 1)
        layout.addLayout(row)
        self.resize(self.fontMetrics().averageCharWidth() * 92, self.fontMetrics().height() * 30)

    def _packages(self) -> QTableWidget:
        found = [each for each in map(package, PACKAGES) if each is not None]
        table = QTableWidget(len(found), 3, self)
        table.setAccessibleName(self.tr("Packages"))
        table.setHorizontalHeaderLabels([self.tr("Package"), self.tr("Version"), self.tr("Licence")])
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        for row, texts in enumerate(found):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(row, column, item)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        return table

    def copy_diagnostics(self) -> None:
        """Put them on the clipboard."""
        QGuiApplication.clipboard().setText(diagnostics(self._session, self._status))
        self.copy_button.setText(self.tr("Copied"))


def diagnostics(session: WindowSession, status: Status | None) -> str:
    """What helps to understand a fault report, as text; no passwords, no addresses of people."""
    screen = QGuiApplication.primaryScreen()
    database = session.database
    kind = f"SQLite ({database.file})" if database.is_sqlite else f"PostgreSQL ({database.writer_engine.url.host})"
    lines = [
        f"MailStreams {VERSION}",
        f"Python {platform.python_version()}, Qt {qVersion()}, {'frozen' if getattr(sys, 'frozen', False) else 'source'}",
        f"{platform.platform()}, {QGuiApplication.platformName()}, scale {screen.devicePixelRatio():g}, "
        f"{'dark' if is_dark() else 'light'}, {Qt.LayoutDirection(QGuiApplication.layoutDirection()).name}",
        f"Profile {session.profile.folder}",
        f"Database {kind}",
        f"Engine {status.engine.value if status else 'unknown'}",
    ]
    if status is not None:
        lines.append(
            f"{status.messages_per_second:.1f} messages/s, {status.in_flight} in flight, {status.open_blocks} blocks,"
            f" {status.held} held, {status.alerts} alerts, {status.running_mailings} mailings active"
        )
    lines += [" ".join(each[:2]) for each in map(package, PACKAGES) if each is not None]
    return without_secrets("\n".join(lines))


def package(name: str) -> tuple[str, str, str] | None:
    """Name, version and licence of a package, None when it is not there."""
    try:
        about = cast("Message", metadata.metadata(name))  # what it is, though its type does not say so
    except metadata.PackageNotFoundError:
        return None
    licence = about.get("License-Expression") or about.get("License") or _classified(about.get_all("Classifier") or [])
    return about["Name"], about["Version"], licence.strip().splitlines()[0][:LONGEST_LICENCE] if licence.strip() else ""


def _classified(classifiers: list[str]) -> str:
    return ", ".join(each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::"))
