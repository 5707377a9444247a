"""States as icon, word and tone: one place, so that a state looks the same on every page."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import icons
from ui.theme import Tone
from ui.widgets.notes import Sign, ToneLabel


@dataclass(frozen=True, slots=True)
class Mark:
    """How a state is shown. ``icon`` as for ui.icons.icon; ``word`` is translated."""

    icon: str
    word: str
    tone: Tone

    def picture(self) -> QIcon:
        """The icon in the tone's colour."""
        return icons.icon(self.icon, self.tone)


class MarkLabel(QWidget):
    """A mark as a widget."""

    def __init__(self, mark: Mark, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._sign = Sign(mark.icon, mark.tone, parent=self)
        self._word = ToneLabel(mark.word, mark.tone, self)
        self._word.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self._sign)
        layout.addWidget(self._word, 1)
        self.show_mark(mark)

    def show_mark(self, mark: Mark) -> None:
        """Show another state."""
        self._sign.show_icon(mark.icon, mark.tone)
        self._word.set_tone(mark.tone)
        self._word.setText(mark.word)
        self.setAccessibleName(mark.word)

    def word(self) -> str:
        """The word that is shown."""
        return self._word.text()
