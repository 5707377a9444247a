"""Lines above a page that say what is wrong or slow, until that is over or the person closes them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from ui import icons
from ui.theme import Tone, colour
from ui.widgets.notes import Sign

_ICONS = {Tone.BAD: "alert-circle", Tone.WARNING: "alert", Tone.ACCENT: "information", Tone.GOOD: "check-circle"}


class Banner(QFrame):
    """One line: sign, sentence, perhaps a button, and a cross."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = Tone.WARNING
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        self._sign = Sign(_ICONS[Tone.WARNING], Tone.WARNING, 18, self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton(self)
        self._button.hide()
        self._act: Callable[[], object] | None = None
        self._button.clicked.connect(self._pressed)
        self._close = QToolButton(self)
        self._close.setAutoRaise(True)
        self._close.setIcon(icons.icon("close"))
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.setToolTip(self.tr("Close this message"))
        self._close.clicked.connect(self.dismiss)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._close)
        self.hide()

    def text(self) -> str:
        """What is said, "" when nothing is."""
        return self._text.text() if not self.isHidden() else ""

    def tell(
        self, text: str, tone: Tone = Tone.WARNING, *, button: str = "", act: Callable[[], object] | None = None
    ) -> None:
        """Show a sentence, with a button when there is something to do about it."""
        self._tone = tone
        self._sign.show_icon(_ICONS[tone], tone)
        self._text.setText(text)
        self.setAccessibleName(text)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._act = act
        self.show()

    def dismiss(self) -> None:
        """Say nothing any more."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        painter = QPainter(self)
        tint = QColor(colour(self._tone))
        tint.setAlpha(28)
        painter.fillRect(self.rect(), tint)
        painter.fillRect(0, 0, 4, self.height(), colour(self._tone))

    def _pressed(self) -> None:
        if self._act is not None:
            self._act()


class Banners(QWidget):
    """The banners of a window, one for each kind of trouble."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        self._banners: dict[str, Banner] = {}

    def banner(self, kind: str) -> Banner:
        """The banner of a kind of trouble."""
        if kind not in self._banners:
            self._banners[kind] = Banner(self)
            self._layout.addWidget(self._banners[kind])
        return self._banners[kind]
