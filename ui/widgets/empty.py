"""What an empty list shows: a picture, one sentence, and the first thing to do."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ui.theme import Tone
from ui.widgets.notes import Sign, heading, quiet

_TEXT_WIDTH: Final = 64
"""Characters of a line of the sentence."""


class EmptyState(QWidget):
    """Shown in place of a list that has nothing in it. The button triggers *action*."""

    def __init__(self, icon: str, title: str, sentence: str, *actions: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(Sign(icon, Tone.MUTED, 56), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        self.title = heading(title)
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.title)
        text = quiet(sentence)
        text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        widest = text.fontMetrics().averageCharWidth() * _TEXT_WIDTH
        width = min(widest, text.fontMetrics().horizontalAdvance(sentence) + 8)
        text.setFixedSize(width, text.heightForWidth(width))
        layout.addWidget(text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(12)
        self.buttons: list[QPushButton] = []
        for action in actions:
            button = QPushButton(action.icon(), action.text())
            button.clicked.connect(action.trigger)
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self.buttons.append(button)
        layout.addStretch(3)


class ListOrEmpty(QStackedWidget):
    """A list, or one of its empty states."""

    def __init__(self, content: QWidget, empty: EmptyState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content, self._empty = content, empty
        self.addWidget(content)
        self.addWidget(empty)

    def show_empty(self, empty: bool) -> None:
        """Show the empty state, or the list."""
        self.setCurrentWidget(self._empty if empty else self._content)

    @property
    def is_empty(self) -> bool:
        """Whether the empty state is shown."""
        return self.currentWidget() is self._empty
