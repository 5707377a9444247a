"""The box to filter a page with: tells what was typed once the person pauses."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ui import icons
from ui.theme import Tone

PAUSE_MS: Final = 200


class FilterBox(QLineEdit):
    """``settled`` carries the text 200 ms after the last key, or at once on Enter. Escape empties it."""

    settled = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setClearButtonEnabled(True)
        self.setAccessibleName(self.tr("Filter"))
        self.addAction(icons.icon("magnify", Tone.MUTED), QLineEdit.ActionPosition.LeadingPosition)
        self._told = ""
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._tell)
        self.textChanged.connect(lambda _: self._timer.start())
        self.returnPressed.connect(self._tell)

    def show_text(self, text: str) -> None:
        """Show what a page is filtered by, without telling."""
        self._told = text.strip()
        self.setText(text)
        self._timer.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self._tell()
            return
        super().keyPressEvent(event)

    def _tell(self) -> None:
        self._timer.stop()
        text = self.text().strip()
        if text != self._told:
            self._told = text
            self.settled.emit(text)
