"""Opens dialogs without a nested loop and awaits them; questions and messages with verbs on their buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QDialog, QFileDialog, QMessageBox, QWidget
from shiboken6 import isValid


async def opened(dialog: QDialog) -> bool:
    """Open a dialog and wait for its end; whether it was accepted. Its widgets can be read until the caller's next await."""
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(result: int) -> None:
        if not ended.done():
            ended.set_result(result)

    dialog.finished.connect(end)
    dialog.open()
    try:
        return await ended == QDialog.DialogCode.Accepted
    finally:
        if isValid(dialog):
            dialog.finished.disconnect(end)
            dialog.hide()
            dialog.deleteLater()


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a question. ``key`` is what :func:`ask` returns."""

    key: str
    text: str
    destructive: bool = False
    is_default: bool = False


async def ask(parent: QWidget, question: str, explanation: str, choices: Sequence[Choice], *, cancel: str = "") -> str:
    """Ask a question; the key of the chosen button, "" when the person cancelled. *cancel*: the word on that button."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, _title(parent), question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(explanation)
    keys: dict[QAbstractButton, str] = {}
    for choice in choices:
        role = QMessageBox.ButtonRole.DestructiveRole if choice.destructive else QMessageBox.ButtonRole.AcceptRole
        button = box.addButton(choice.text, role)
        keys[button] = choice.key
        if choice.is_default:
            box.setDefaultButton(button)
    stay = box.addButton(QMessageBox.StandardButton.Cancel)
    if cancel:
        stay.setText(cancel)
    box.setEscapeButton(stay)
    await opened(box)
    return keys.get(box.clickedButton(), "")


async def tell(parent: QWidget, sentence: str, explanation: str = "") -> None:
    """Show a message that must be seen."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, _title(parent), sentence, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(explanation)
    box.addButton(QMessageBox.StandardButton.Close)
    await opened(box)


async def file_to_save(parent: QWidget, title: str, name: str, kinds: str) -> str:
    """Let the person choose where to write a file; "" when they don't. *kinds* as for QFileDialog: "CSV (*.csv)"."""
    dialog = QFileDialog(parent, title, name, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    return dialog.selectedFiles()[0] if await opened(dialog) else ""


async def file_to_open(parent: QWidget, title: str, kinds: str) -> str:
    """Let the person choose a file to read; "" when they don't."""
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return dialog.selectedFiles()[0] if await opened(dialog) else ""


def _title(parent: QWidget) -> str:
    return parent.window().windowTitle()
