"""A short message over the page's lower edge, with Undo, gone by itself after ten seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from ui.theme import Tone, colour
from ui.widgets.notes import ToneLabel

SHOWN_MS: Final = 10_000
_MARGIN: Final = 16


class Toast(QFrame):
    """Sits on *host* and follows its size. Only the newest message is shown; undo stays in the Edit menu."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        self._text = ToneLabel("", Tone.BASE, self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self.undo_button = QPushButton(self.tr("Undo"), self)
        self.undo_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.undo_button.clicked.connect(self._pressed)
        layout.addWidget(self._text)
        layout.addWidget(self.undo_button)
        self._undo: Callable[[], object] | None = None
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        host.installEventFilter(self)
        self.hide()

    def text(self) -> str:
        """What is shown, "" when nothing is."""
        return self._text.text() if not self.isHidden() else ""

    def tell(self, text: str, undo: Callable[[], object] | None = None) -> None:
        """Show a sentence; *undo* is called by its button."""
        self._undo = undo
        self._text.setText(text)
        self.setAccessibleName(text)
        self.undo_button.setVisible(undo is not None)
        self.show()
        self.raise_()
        self._place()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name and signature
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(Tone.TEXT))
        painter.drawRoundedRect(self.rect(), 6, 6)

    def _place(self) -> None:
        host = self._host
        longest = max(120, host.width() - 2 * _MARGIN)
        self._text.setWordWrap(self._text.fontMetrics().horizontalAdvance(self._text.text()) > longest - 120)
        size = self.sizeHint()
        width = min(size.width(), longest)
        height = max(size.height(), self.heightForWidth(width))
        self.setGeometry((host.width() - width) // 2, host.height() - height - _MARGIN, width, height)

    def _pressed(self) -> None:
        undo, self._undo = self._undo, None
        self.hide()
        if undo is not None:
            undo()
