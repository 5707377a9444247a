"""Short texts: notes with a sign, quiet hints, headings, replies and addresses in a fixed-width face."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from ui import icons
from ui.theme import Tone, colour, fixed_font

_SIGNS: Final = {
    Tone.BAD: "alert-circle-outline",
    Tone.WARNING: "alert-outline",
    Tone.GOOD: "check-circle-outline",
    Tone.MUTED: "information-outline",
    Tone.ACCENT: "information-outline",
    Tone.HELD: "pause-circle-outline",
    Tone.TEXT: "information-outline",
    Tone.BASE: "information-outline",
}
SIGN_SIZE: Final = 16


class ToneLabel(QLabel):
    """A label in the colour of a tone, in the light and in the dark scheme."""

    def __init__(self, text: str, tone: Tone, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._tone = tone
        self._recolour()

    def set_tone(self, tone: Tone) -> None:
        """Take another tone."""
        self._tone = tone
        self._recolour()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolour()

    def _recolour(self) -> None:
        palette, wanted = self.palette(), colour(self._tone)
        if palette.color(QPalette.ColorRole.WindowText) != wanted:
            palette.setColor(QPalette.ColorRole.WindowText, wanted)
            self.setPalette(palette)


class Sign(QLabel):
    """An icon that stands by itself beside a text, in the light and in the dark scheme."""

    def __init__(self, name: str, tone: Tone, size: int = SIGN_SIZE, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self.show_icon(name, tone)

    def show_icon(self, name: str, tone: Tone) -> None:
        """Show another icon."""
        self._name, self._tone = name, tone
        self.setPixmap(icons.pixmap(name, self._size, tone, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange):
            self.show_icon(self._name, self._tone)


class Note(QWidget):
    """A sentence with a sign, gone while there is nothing to say. Screen readers are told when it changes."""

    def __init__(self, tone: Tone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._sign = Sign(_SIGNS[tone], tone, parent=self)
        self._label = ToneLabel("", tone, self)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)
        self.hide()

    def text(self) -> str:
        """What is said now."""
        return self._label.text()

    def show_text(self, text: str, tone: Tone | None = None) -> None:
        """Say something else, or nothing."""
        if tone is not None:
            self._sign.show_icon(_SIGNS[tone], tone)
            self._label.set_tone(tone)
        self._label.setText(text)
        self._label.setAccessibleName(text)
        self.setVisible(bool(text))


def quiet(text: str, parent: QWidget | None = None) -> ToneLabel:
    """A hint in muted colour that wraps."""
    label = ToneLabel(text, Tone.MUTED, parent)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    label.setSizePolicy(_as_high_as_needed(label))
    return label


def _as_high_as_needed(label: QLabel) -> QSizePolicy:
    """A policy for text that wraps: its height follows from its width."""
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    policy.setHeightForWidth(label.hasHeightForWidth())
    return policy


def heading(text: str, parent: QWidget | None = None, *, scale: float = 1.25) -> QLabel:
    """A title inside a page or dialog."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    font.setBold(True)
    label.setFont(font)
    return label


def fixed(text: str, parent: QWidget | None = None) -> QLabel:
    """Text of a stranger or an address: fixed width, plain, selectable, wrapping."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(fixed_font())
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
