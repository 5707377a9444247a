"""The charts of the overview on pyqtgraph: messages per second by stream, stacked, and blocks by hour. On the Qt loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QWidget

from app.services.stats import Series
from ui import words
from ui.pages.overview_legend import series_colour
from ui.theme import colours

translate = QCoreApplication.translate
_HEIGHT: Final = 150
_FILL: Final = 110
"""How opaque the areas are, of 255."""


class Chart(pg.PlotWidget):  # type: ignore[misc]
    """A plot that looks like the rest of the window, can't be dragged away, and follows the scheme.

    A chart is a picture: *label* and :meth:`tell` say in words what it shows.
    """

    def __init__(self, label: str, unit: str, parent: QWidget | None = None) -> None:
        self._unit = unit
        self._is_ready = False
        super().__init__(parent, axisItems={"bottom": pg.DateAxisItem()})
        self.setAccessibleName(label)
        self.setMinimumHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        item = self.getPlotItem()
        item.setContentsMargins(0, 4, 8, 0)
        item.showGrid(x=False, y=True, alpha=0.15)
        self._is_ready = True
        self.recolour()

    def tell(self, text: str) -> None:
        """What it shows, in words."""
        self.setAccessibleDescription(text)
        self.setToolTip(text)

    def recolour(self) -> None:
        """Take the colours of the scheme that is shown now."""
        scheme = colours()
        self.setBackground(scheme.base)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(QColor(scheme.border))
            axis.setTextPen(QColor(scheme.muted))
            axis.setTickFont(font)
        self.setLabel("left", self._unit, color=scheme.muted)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._is_ready:
            self.recolour()
            self.redraw()

    def redraw(self) -> None:
        """Draw again what is shown, in the colours of now."""


class TrafficChart(Chart):
    """Messages per second of each stream over the last hour, one upon the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        label = translate("overview", "Messages per second by stream over the last hour")
        super().__init__(label, translate("overview", "messages/s"), parent)
        self._series: tuple[Series, ...] = ()

    def show_series(self, series: Sequence[Series], start: float, end: float) -> None:
        """Show other numbers, from *start* to *end* (epoch seconds); the last step is not over and is left out."""
        self._series = tuple(replace(each, values=each.values[:-1]) for each in series)
        self.setXRange(start, end, padding=0)
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        series = self._series
        low: Any = None
        top = 0.0
        for number, each in enumerate(series):
            times = each.start + each.step * (np.arange(len(each.values)) + 0.5)
            values = np.asarray(each.values)
            low = np.zeros(len(values)) if low is None else low
            high = low + values
            self._draw_area(times, low, high, QColor(series_colour(number)))
            low, top = high, max(top, float(high.max(initial=0.0)))
        self.setYRange(0, max(1.0, top * 1.1), padding=0)
        self.tell(self._in_words())

    def _draw_area(self, times: Any, low: Any, high: Any, colour: QColor) -> None:
        fill = QColor(colour)
        fill.setAlpha(_FILL)
        bottom = pg.PlotCurveItem(times, low, pen=None)
        top = pg.PlotCurveItem(times, high, pen=pg.mkPen(colour, width=1.5))
        self.addItem(pg.FillBetweenItem(bottom, top, brush=fill))
        self.addItem(top)

    def _in_words(self) -> str:
        lines = [
            self.tr("{stream}: now {now}, at most {most}").format(
                stream=words.one_line(each.stream),
                now=words.rate(each.values[-1] if each.values else 0.0),
                most=words.rate(max(each.values, default=0.0)),
            )
            for each in self._series
        ]
        return "\n".join(lines) or self.tr("No mail in the last hour")


class BlocksChart(Chart):
    """How many pairs were blocked in each of the last hours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        label = translate("overview", "New blocks by hour over the last day")
        super().__init__(label, translate("overview", "new blocks"), parent)
        self._counts: tuple[int, ...] = ()
        self._first = 0.0

    def show_counts(self, counts: Sequence[int], first_hour: float) -> None:
        """Show other numbers, oldest first; *first_hour* (epoch seconds) is the beginning of the first."""
        self._counts, self._first = tuple(counts), first_hour
        self.setXRange(first_hour, first_hour + 3600 * len(counts), padding=0.01)
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        counts = self._counts
        if counts:
            middles = self._first + 3600 * (np.arange(len(counts)) + 0.5)
            bad = QColor(colours().bad)
            self.addItem(pg.BarGraphItem(x=middles, height=np.asarray(counts), width=3600 * 0.7, brush=bad, pen=None))
        self.setYRange(0, max(4, *counts, 0) * 1.1 if counts else 4, padding=0)
        told = self.tr("%Ln new block(s) in the last day", "", sum(counts))
        self.tell(told)
