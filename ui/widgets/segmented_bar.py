"""A bar in coloured parts with their numbers: delivered, failed, held, waiting. As a widget, and painted into table cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import words
from ui.theme import Tone, colour, colours


@dataclass(frozen=True, slots=True)
class Part:
    """One part. ``value`` is its size, ``name`` its translated word."""

    name: str
    value: int
    tone: Tone


def describe(parts: Sequence[Part]) -> str:
    """The parts that are not empty, in words: "12,480 delivered, 7 failed"."""
    return ", ".join(f"{words.number(part.value)} {part.name}" for part in parts if part.value)


def paint_parts(painter: QPainter, rect: QRect, parts: Sequence[Part], palette: QPalette) -> None:
    """Paint the bar into *rect*. Parts that are not empty are at least two pixels wide, and parted by a line."""
    total = sum(part.value for part in parts)
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(rect, QColor(colours(palette).border))
    left = float(rect.left())
    for part in parts:
        if not part.value or not total:
            continue
        width = max(2.0, rect.width() * part.value / total)
        right = min(left + width, float(rect.right() + 1))
        painter.fillRect(
            round(left), rect.top(), max(1, round(right) - round(left) - 1), rect.height(), _fill(part, palette)
        )
        left = right
    painter.restore()


def _fill(part: Part, palette: QPalette) -> QColor:
    return QColor(colours(palette).border) if part.tone is Tone.MUTED else colour(part.tone, palette)


class SegmentedBar(QWidget):
    """The bar as a widget; its numbers are its tooltip and its accessible text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[Part, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Show other numbers."""
        self._parts = tuple(parts)
        self.setToolTip(describe(self._parts))
        self.setAccessibleName(describe(self._parts))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(160, max(10, self.fontMetrics().height() // 2 + 2))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name and signature
        paint_parts(QPainter(self), self.rect(), self._parts, self.palette())
