"""What happened over time as marks on a line: the refusals and probes of a block, with the next probe as a ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui import icons, words
from ui.theme import Tone, colour

_ICON: Final = 14
_MARGIN: Final = 10
MOST: Final = 40
"""Marks that are shown: the newest."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One mark. ``at`` in epoch seconds; ``icon`` as for ui.icons.icon; ``is_ahead``: it has not happened yet."""

    at: float
    icon: str
    tone: Tone
    text: str
    is_ahead: bool = False


class Timeline(QWidget):
    """Marks from left to right, evenly apart, for they crowd where much happens; times stand in the tooltips and at the ends."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._moments: tuple[Moment, ...] = ()
        self._now = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(label)

    def show_moments(self, moments: Sequence[Moment], now: float) -> None:
        """Show other moments, oldest first."""
        self._moments = tuple(moments)[-MOST:]
        self._now = now
        told = "; ".join(f"{moment.text}, {words.exact(moment.at)}" for moment in self._moments)
        self.setAccessibleDescription(told)
        self.setVisible(bool(self._moments))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, _ICON + self.fontMetrics().height() + 14)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(120, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            for moment, x in zip(self._moments, self._places(), strict=True):
                if abs(event.pos().x() - x) <= _ICON // 2 + 2:
                    QToolTip.showText(event.globalPos(), f"{moment.text}\n{words.exact(moment.at)}", self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name and signature
        if not self._moments:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = self._places()
        middle = _ICON / 2 + 4
        happened = [x for x, moment in zip(places, self._moments, strict=True) if not moment.is_ahead]
        painter.setPen(QPen(colour(Tone.MUTED), 1))
        painter.drawLine(QPointF(places[0], middle), QPointF(happened[-1] if happened else places[0], middle))
        painter.setPen(QPen(colour(Tone.MUTED), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(happened[-1] if happened else places[0], middle), QPointF(places[-1], middle))
        for x, moment in zip(places, self._moments, strict=True):
            place = QRectF(x - _ICON / 2, middle - _ICON / 2, _ICON, _ICON)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().window())
            painter.drawEllipse(place.adjusted(-2, -2, 2, 2))
            icons.icon(moment.icon, moment.tone).paint(painter, place.toRect())
        self._paint_ends(painter)

    def _paint_ends(self, painter: QPainter) -> None:
        painter.setPen(colour(Tone.MUTED))
        below = self.rect().adjusted(0, _ICON + 8, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self._when(self._moments[0]))
        if len(self._moments) > 1:
            painter.drawText(
                below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self._when(self._moments[-1])
            )

    def _when(self, moment: Moment) -> str:
        return words.until(moment.at, self._now) if moment.is_ahead else words.ago(moment.at, self._now)

    def _places(self) -> list[float]:
        """Where each mark stands."""
        width = self.width() - 2 * _MARGIN
        steps = max(1, len(self._moments) - 1)
        apart = min(width / steps, 120.0)
        right = self.width() - _MARGIN if apart * steps >= width - 1 else _MARGIN + apart * steps
        return [right - apart * (len(self._moments) - 1 - number) for number in range(len(self._moments))]
