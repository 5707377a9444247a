"""Keeps the window's geometry, splitters, column widths, order and sort between starts, in the profile folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QHeaderView, QMainWindow, QSplitter

FILE_NAME: Final = "window.ini"


class LayoutStore:
    """Reads and writes one file; a damaged one counts as empty. Names are of the widget's place: "streams/table"."""

    def __init__(self, folder: Path) -> None:
        self._settings = QSettings(str(folder / FILE_NAME), QSettings.Format.IniFormat)

    def restore_window(self, window: QMainWindow) -> bool:
        """Give the window its former place; False when there is none."""
        return bool(window.restoreGeometry(self._bytes("window/geometry")))

    def keep_window(self, window: QMainWindow) -> None:
        """Remember the window's place."""
        self._settings.setValue("window/geometry", window.saveGeometry())

    def restore_splitter(self, name: str, splitter: QSplitter) -> None:
        """Give a splitter its former shares."""
        splitter.restoreState(self._bytes(f"{name}/splitter"))

    def keep_splitter(self, name: str, splitter: QSplitter) -> None:
        """Remember the shares of a splitter."""
        self._settings.setValue(f"{name}/splitter", splitter.saveState())

    def restore_header(self, name: str, header: QHeaderView) -> bool:
        """Give a header its former widths, order and sort, when it still has as many columns; False otherwise."""
        if self.word(f"{name}/columns") != str(header.count()):
            return False
        return bool(header.restoreState(self._bytes(f"{name}/header")))

    def keep_header(self, name: str, header: QHeaderView) -> None:
        """Remember widths, order and sort."""
        self.set_word(f"{name}/columns", str(header.count()))
        self._settings.setValue(f"{name}/header", header.saveState())

    def word(self, name: str, default: str = "") -> str:
        """A kept text."""
        return str(self._settings.value(name, default))

    def set_word(self, name: str, value: str) -> None:
        """Keep a text."""
        self._settings.setValue(name, value)

    def sync(self) -> None:
        """Write the file now."""
        self._settings.sync()

    def _bytes(self, name: str) -> QByteArray:
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()
