"""A reply of a mail server, exactly as it came: escaped, in a fixed-width face, selectable, never a link."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from engine.hostile import shown
from engine.replies import REPLY_LIMIT
from ui.theme import fixed_font

MOST_LINES: Final = 12
"""A longer reply scrolls."""


def escaped(reply: str) -> str:
    """The lines of a reply, each with its control and bidirectional characters written as escapes."""
    return "\n".join(shown(line) for line in reply[:REPLY_LIMIT].split("\n"))


class ReplyView(QPlainTextEdit):
    """Shows one reply, as high as it needs."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAccessibleName(label)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._set_font()

    def show_reply(self, reply: str) -> None:
        """Show another reply; one that is shown already keeps its selection."""
        text = escaped(reply)
        if text != self.toPlainText():
            self.setPlainText(text)
            self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(120, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit()

    def _set_font(self) -> None:
        font = fixed_font(self.font())
        self.setFont(font)

    def _height(self) -> int:
        lines = max(1, min(MOST_LINES, round(self.document().size().height())))
        frame = 2 * self.frameWidth() + 2 * round(self.document().documentMargin())
        return lines * self.fontMetrics().lineSpacing() + frame + 2

    def _fit(self) -> None:
        self.setFixedHeight(self._height())
