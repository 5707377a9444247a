"""Renders every page and dialog of the window into a folder, light and dark: ``python tests/gui/screenshots.py FOLDER``.

Pages are shown with their first row selected and each of their tabs; of each page, every action that opens a dialog ("…") is
tried. The data are made up (tests/support/busy.py). For people to look at; it asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import busy  # noqa: E402 - found by the path above
import qasync  # noqa: E402
from PySide6.QtCore import QtMsgType, qInstallMessageHandler  # noqa: E402
from PySide6.QtGui import QAction  # noqa: E402
from PySide6.QtWidgets import (  # noqa: E402
    QAbstractItemView,
    QApplication,
    QDialog,
    QFileDialog,
    QMessageBox,
    QPushButton,
    QTableView,
    QTabWidget,
    QTreeView,
    QWidget,
)

from app import settings  # noqa: E402
from app.database.database import Database  # noqa: E402
from app.paths import open_profile  # noqa: E402
from app.settings import Scheme  # noqa: E402
from ui.application import make_application  # noqa: E402
from ui.dialogs.about import AboutDialog  # noqa: E402
from ui.dialogs.import_members import ImportDialog  # noqa: E402
from ui.engine_process import EngineProcess  # noqa: E402
from ui.first_start import FirstStartDialog  # noqa: E402
from ui.goto import GoToDialog  # noqa: E402
from ui.language import Language  # noqa: E402
from ui.main_window import MainWindow  # noqa: E402
from ui.pages.blocks import BlocksPage  # noqa: E402
from ui.pages.lists import ListsPage  # noqa: E402
from ui.pages.mailings import MailingsPage  # noqa: E402
from ui.pages.registry import pages  # noqa: E402
from ui.pages.settings import SettingsPage  # noqa: E402
from ui.session import WindowSession  # noqa: E402
from ui.theme import Theme  # noqa: E402

PATIENCE = 4.0
"""Seconds that a page may take to be loaded, or a dialog to open."""
QUIET = 0.35
"""Seconds without anything happening before a picture is taken."""
MOST_STEPS = 6
"""Steps of a wizard."""


class Stage:
    """Takes pictures of one window in one scheme."""

    def __init__(self, window: MainWindow, folder: Path, suffix: str) -> None:
        self.window, self._folder, self._suffix = window, folder, suffix
        self.taken = 0

    async def take(self, name: str, widget: QWidget) -> None:
        """Save a picture once everything has come to rest."""
        await asyncio.sleep(QUIET)
        file = self._folder / f"{_plain(name)}-{self._suffix}.png"
        widget.grab().save(str(file))
        self.taken += 1

    async def take_page(self, name: str) -> None:
        """A page with its tabs, and the dialogs of its actions."""
        self.window.show_page(name)
        await self.window.session.settled()
        page = self.window.host.currentWidget()
        select_first(page)
        await self.take(name, self.window)
        for tabs in (each for each in page.findChildren(QTabWidget) if each.isVisible()):
            for index in range(1, tabs.count()):
                tabs.setCurrentIndex(index)
                select_first(tabs.currentWidget())
                await self.take(f"{name}-{tabs.tabText(index)}", self.window)
            tabs.setCurrentIndex(0)
        select_first(page)
        await asyncio.sleep(QUIET)
        for action in page.actions():
            if action.isEnabled() and "…" in action.text():
                await self.take_dialog_of(name, action)

        if name in SCENES:
            await SCENES[name](self, page)

    async def take_dialog_of(self, page: str, action: QAction) -> None:
        action.trigger()
        dialog = await opened_dialog()
        if dialog is not None:
            await self.take_dialog(f"{page}-{action.text()}", dialog)

    async def take_dialog(self, name: str, dialog: QDialog) -> None:
        """A dialog with its tabs or its steps; it is left without saving."""
        if not isinstance(dialog, QFileDialog):
            select_first(dialog)
            await self.take(name, dialog)
            for tabs in dialog.findChildren(QTabWidget):
                for index in range(1, tabs.count() if tabs.isVisible() else 0):
                    tabs.setCurrentIndex(index)
                    await self.take(f"{name}-{tabs.tabText(index)}", dialog)
            for step in range(1, MOST_STEPS):
                if not press(dialog, "Next"):
                    break
                await self.take(f"{name}-step-{step}", dialog)
        await leave(dialog)


async def _blocks(stage: Stage, page: BlocksPage) -> None:
    """A long reply in the details, and the report in groups."""
    page.now.view.selectRow(page.now.model.rowCount() - 1)
    page.now.open_details()
    await stage.take("blocks-details", stage.window)
    page.now.close_details()
    page.now.filters.grouping.setCurrentIndex(1)
    await stage.take("blocks-grouped", stage.window)
    page.now.filters.grouping.setCurrentIndex(0)


async def _mailings(stage: Stage, page: MailingsPage) -> None:
    """Why a recipient waits, and the wizard over a draft that is complete."""
    page.why_action.trigger()
    dialog = await opened_dialog()
    assert dialog is not None
    await stage.take_dialog("mailings-why-not-sent", dialog)
    page.table.selectRow(page.model.rowCount() - 1)
    await stage.window.session.settled()
    await stage.take_dialog_of("mailings", page.edit_action)


async def _lists(stage: Stage, page: ListsPage) -> None:
    """The members of a list, its segment editor, and an import with a line that can't be read."""
    page.tree.setCurrentIndex(page.model.index(0, 0, page.model.index(0, 0)))
    await stage.window.session.settled()
    page.panel.table.selectRow(2)
    await stage.take("lists-members", stage.window)
    for action in (page.segment_action, page.add_member_action, page.edit_action):
        await stage.take_dialog_of("lists", action)
    await stage.take_dialog_of("lists-member", page.member_action)
    shown = page.panel.list_view
    assert shown is not None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "members.csv"
        file.write_text("address;name\nnew@post.test;Ann\nnobody;Ben\n", encoding="utf-8")
        dialog = ImportDialog(stage.window.session, shown, page)
        dialog.open()
        dialog.file.setText(str(file))
        await dialog.look()
        await stage.take("lists-import", dialog)
        await dialog.run()
        await stage.take_dialog("lists-import-report", dialog)


async def _settings(stage: Stage, page: SettingsPage) -> None:
    """Every part of the settings."""
    for row in range(1, page.parts.count()):
        page.parts.setCurrentRow(row)
        await stage.window.session.settled()
        await stage.take(f"settings-{page.parts.item(row).text()}", stage.window)


SCENES: Mapping[str, Callable[[Stage, Any], Awaitable[None]]] = {
    "blocks": _blocks,
    "mailings": _mailings,
    "lists": _lists,
    "settings": _settings,
}
"""What is to be seen of a page besides its tabs and the dialogs of its actions."""


def select_first(widget: QWidget) -> None:
    """Put the cursor on a row that has something to show in each visible list."""
    for view in widget.findChildren(QAbstractItemView):
        model = view.model()
        if isinstance(view, QTableView | QTreeView) and view.isVisible() and model is not None and model.rowCount():
            view.setCurrentIndex(model.index(min(1, model.rowCount() - 1), 0))


def press(dialog: QDialog, word: str) -> bool:
    """Press the button of this word, if it can be pressed."""
    for button in dialog.findChildren(QPushButton):
        if button.text().replace("&", "").startswith(word) and button.isVisible() and button.isEnabled():
            button.click()
            return True
    return False


async def opened_dialog() -> QDialog | None:
    """The dialog that opens now; None when none does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                return widget
        await asyncio.sleep(0.05)
    return None


async def leave(dialog: QDialog) -> None:
    """Close a dialog; what was typed is discarded."""
    dialog.reject()
    await asyncio.sleep(QUIET)
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMessageBox) and widget.isVisible():
            press(widget, "Discard") or press(widget, "Leave")
            await asyncio.sleep(QUIET)


async def take_all(folder: Path, scheme: Scheme, scale: str, only: str) -> int:
    """All pictures in one scheme; returns their number."""
    with tempfile.TemporaryDirectory() as home:
        profile = open_profile(Path(home))
        database = Database.open(profile.database_url(), profile.backups)
        with database.write() as session:
            busy.fill(session, now=time.time())
            settings.store(session, settings.NAME_SERVERS.key, "127.0.0.1:9")
        window_session = WindowSession(database, profile, actor="anna")
        await window_session.start()
        engine = EngineProcess(profile.folder, ("false",), window_session)
        window = MainWindow(window_session, engine)
        window.start("streams")
        window.resize(1280, 800)
        window.show()
        stage = Stage(window, folder, f"{scheme.value}{scale}")
        for page in pages():
            if not only or only == page.name:
                await stage.take_page(page.name)
        if not only:
            await _take_frame(stage)
        window.close_now()
        await window_session.close()
        window.deleteLater()
    return stage.taken


async def _take_frame(stage: Stage) -> None:
    """What belongs to no page: help, messages, and the frame's own dialogs."""
    window = stage.window
    window.show_page("streams")
    window.toggle_help()
    window.toast.tell("Paused news", lambda: None)
    window.banners.banner("trouble").tell(
        "The database is locked by another program. What is shown may be old.", button="Try again"
    )
    await stage.take("frame-help-and-messages", window)
    window.toggle_help()
    await window.read_status()
    for name, dialog in (
        ("first-start", FirstStartDialog(window)),
        ("about", AboutDialog(window.session, window.status, window)),
        ("go-to", GoToDialog(window.session, pages(), window)),
    ):
        if isinstance(dialog, GoToDialog):
            dialog.box.setText("news")
        dialog.open()
        await asyncio.sleep(PATIENCE / 4)
        await stage.take_dialog(name, dialog)


def _plain(name: str) -> str:
    """A name for a file."""
    return re.sub(r"[^a-z0-9]+", "-", name.replace("&", "").lower()).strip("-")


def _mute(kind: QtMsgType, _: object, text: str) -> None:
    """Qt's words go to standard error, but for what the offscreen platform says of every dialog."""
    if "propagateSizeHints" not in text:
        sys.stderr.write(f"{kind.name}: {text}\n")


def main() -> None:
    """Take the pictures of both schemes."""
    parser = argparse.ArgumentParser(description="Pictures of every page and dialog.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", metavar="PAGE", help="the name of one page")
    parser.add_argument("--scheme", choices=("light", "dark"), help="one scheme instead of both")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    qInstallMessageHandler(_mute)
    application = make_application(["mailstreams"])
    Language(application)
    theme = Theme(application)
    scale = f"-{application.devicePixelRatio():g}x" if application.devicePixelRatio() != 1 else ""
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        for scheme in (Scheme(options.scheme),) if options.scheme else (Scheme.LIGHT, Scheme.DARK):
            theme.choose(scheme)
            taken = runner.run(take_all(options.folder, scheme, scale, options.only))
            sys.stdout.write(f"{taken} pictures ({scheme.value}) in {options.folder}\n")


if __name__ == "__main__":
    main()
