"""The icons of the window: glyphs of Material Design Icons, painted in the colours of the scheme that is shown.

The font comes with the package qtawesome; it is loaded from there by itself, which is ten times as fast as all its fonts.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap

from ui.theme import Tone, colour

_FONT: Final = "materialdesignicons6-webfont-6.9.96.ttf"
_NAMES: Final = "materialdesignicons6-webfont-charmap-6.9.96.json"
_FILL: Final = 0.92
"""The glyph's height as a share of the icon's: glyphs touch the edges of their boxes."""


def icon(name: str, tone: Tone = Tone.TEXT) -> QIcon:
    """The icon *name* of pictogrammers.com/library/mdi, for example "email-outline"; KeyError when there is none such."""
    return QIcon(_GlyphEngine(_glyphs()[name], tone))


def pixmap(name: str, size: int, tone: Tone = Tone.TEXT, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of *size* logical pixels."""
    return icon(name, tone).pixmap(QSize(size, size), ratio)


@functools.cache
def _folder() -> Path:
    found = importlib.util.find_spec("qtawesome")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the package qtawesome is part of the program")
    return Path(found.submodule_search_locations[0]) / "fonts"


@functools.cache
def _glyphs() -> dict[str, str]:
    codes = json.loads((_folder() / _NAMES).read_text(encoding="utf-8"))
    return {name: chr(int(code, 16)) for name, code in codes.items()}


@functools.cache
def _family() -> str:
    number = QFontDatabase.addApplicationFont(str(_folder() / _FONT))
    return QFontDatabase.applicationFontFamilies(number)[0]


class _GlyphEngine(QIconEngine):
    """Paints one glyph; the colour is looked up when it is painted, so a change of scheme needs no new icons."""

    def __init__(self, glyph: str, tone: Tone) -> None:
        super().__init__()
        self._glyph = glyph
        self._tone = tone

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:  # noqa: ARG002 - Qt's signature
        font = QFont(_family())
        font.setPixelSize(max(1, round(rect.height() * _FILL)))
        painter.save()
        painter.setFont(font)
        painter.setPen(self._colour(mode))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._glyph)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._glyph, self._tone)

    def _colour(self, mode: QIcon.Mode) -> QColor:
        palette = QGuiApplication.palette()
        if mode is QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        if mode is QIcon.Mode.Selected:
            return palette.color(QPalette.ColorRole.HighlightedText)
        return colour(self._tone, palette)
