"""Which stream has which colour in the charts of the overview, with its rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.services.stats import Series
from ui import words
from ui.pages.overview_attention import remove_all_but_last
from ui.theme import colours

_WIDEST: Final = 36
"""Average characters of the widest entry."""


def series_colour(number: int) -> str:
    """The colour of a stream by its place; after the last the colours come again."""
    series = colours().series
    return series[number % len(series)]


def rate_now(series: Series) -> float:
    """Messages per second in the last whole step."""
    return series.values[-2] if len(series.values) > 1 else 0.0


class Legend(QWidget):
    """Which stream has which colour, with its rate."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        self._row.addStretch(1)
        self._shown: list[tuple[str, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_series(self, series: Sequence[Series]) -> None:
        """Name these streams."""
        told = [(each.stream, words.rate(rate_now(each))) for each in series]
        if told == self._shown:
            return
        self._shown = told
        remove_all_but_last(self._row)
        for number, (name, rate) in enumerate(told):
            self._row.insertWidget(number, LegendEntry(number, words.one_line(name), rate, self))


class LegendEntry(QWidget):
    """A coloured square, a name that is cut when it is too long, a rate."""

    def __init__(self, number: int, name: str, rate: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._number, self._name, self._rate = number, name, rate
        self.setToolTip(f"{name}: {rate}")
        self.setAccessibleName(f"{name}: {rate}")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(60, self.fontMetrics().height() + 2)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        height = self.fontMetrics().height()
        width = self.fontMetrics().horizontalAdvance(self._text()) + height + 8
        return QSize(min(width, _WIDEST * self.fontMetrics().averageCharWidth()), height + 2)

    def _text(self) -> str:
        return f"{self._name}  {self._rate}"

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name and signature
        painter = QPainter(self)
        side = self.fontMetrics().height() - 6
        painter.fillRect(0, (self.height() - side) // 2, side, side, QColor(series_colour(self._number)))
        place = self.rect().adjusted(side + 6, 0, 0, 0)
        text = self.fontMetrics().elidedText(self._text(), Qt.TextElideMode.ElideMiddle, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
