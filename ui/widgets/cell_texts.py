"""The texts of cells, in the middle of their room and no longer than it."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from ui.models.columns import Column

_ON_ONE_LINE: Final = str.maketrans("\n\r\t\u2028\u2029", "     ")


class _Face(dict[str, float]):
    """A font, and how wide each character is in it.

    Laying a text out costs more than all else that is done to a cell; most texts fit, and the sum of their characters says so.
    """

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self.font = font
        self.metrics = QFontMetrics(font)
        self._exact = QFontMetricsF(font)

    def __missing__(self, character: str) -> float:
        width = self[character] = self._exact.horizontalAdvance(character)
        return width

    def fitted(self, text: str, room: int) -> tuple[str, float]:
        """What of a text has room, with an ellipsis when something has not, and how wide that is."""
        if not text.isprintable():
            text = text.translate(_ON_ONE_LINE)
        width = sum(map(self.__getitem__, text))
        if width <= room:
            return text, width
        shorter = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        return shorter, self._exact.horizontalAdvance(shorter)


class CellTexts:
    """In the fonts of *view*."""

    def __init__(self, view: QWidget) -> None:
        self._view = view
        self._faces: dict[tuple[bool, bool], _Face] = {}

    def forget(self) -> None:
        """The fonts of the view are others now."""
        self._faces.clear()

    def paint(self, painter: QPainter, place: QRect, text: str, column: Column[Any], *, is_bold: bool) -> None:
        """Paint one line in the painter's pen, numbers at the right."""
        face = self._faces.get((column.is_fixed, is_bold))
        if face is None:
            face = self._faces[column.is_fixed, is_bold] = self._face(column, is_bold=is_bold)
        fitting, width = face.fitted(text, place.width())
        left = place.right() + 1 - width if column.is_number else place.left()
        top = place.top() + (place.height() - face.metrics.height()) // 2
        painter.setFont(face.font)
        painter.drawText(QPointF(left, top + face.metrics.ascent()), fitting)

    def _face(self, column: Column[Any], *, is_bold: bool) -> _Face:
        own, plain = column.font(is_bold=is_bold), self._view.font()
        return _Face(QFont(plain) if own is None else own.resolve(plain))
