"""Texts of strangers: plain, escaped, selectable, wrapped wherever they must be, never a link."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from engine.hostile import shown
from engine.replies import REPLY_LIMIT
from ui.theme import fixed_font

MOST_LINES: Final = 12
"""A longer reply scrolls."""


def escaped(reply: str) -> str:
    """The lines of a reply, each with its control and bidirectional characters written as escapes."""
    return "\n".join(shown(line) for line in reply[:REPLY_LIMIT].split("\n"))


class FlowText(QPlainTextEdit):
    """Plain text that is as high as it needs, wraps anywhere, and can be selected: long words never widen what is around it."""

    def __init__(self, label: str = "", parent: QWidget | None = None, *, is_fixed: bool = False) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAccessibleName(label)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        if is_fixed:
            self.setFont(fixed_font(self.font()))

    def show_text(self, text: str) -> None:
        """Show another text; one that is shown already keeps its selection."""
        if text != self.toPlainText():
            self.setPlainText(text)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(60, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit()

    def most_lines(self) -> int:
        """Lines that are shown at once."""
        return 200

    def _height(self) -> int:
        lines = max(1, min(self.most_lines(), round(self.document().size().height())))
        frame = 2 * self.frameWidth() + 2 * round(self.document().documentMargin())
        return lines * self.fontMetrics().lineSpacing() + frame + 1

    def _fit(self) -> None:
        if self.height() != self._height():
            self.setFixedHeight(self._height())


class ReplyView(FlowText):
    """One reply in a frame; a long one scrolls."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(label, parent, is_fixed=True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.document().setDocumentMargin(4)
        self.viewport().setAutoFillBackground(True)

    def show_reply(self, reply: str) -> None:
        """Show another reply."""
        self.show_text(escaped(reply))

    def most_lines(self) -> int:
        return MOST_LINES
