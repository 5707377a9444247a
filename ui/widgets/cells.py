"""How the cells of tables are painted: plain ones by a few strokes of our own, all others by Qt's style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.models.column_table import ColumnTable
from ui.models.columns import PENDING, Column
from ui.theme import Tone, colour
from ui.widgets.cell_texts import CellTexts
from ui.widgets.segmented_bar import Part, paint_parts

Index = QModelIndex | QPersistentModelIndex
PADDING: Final = 8
_STATE: Final = QStyle.StateFlag
_TOLD: Final = (_STATE.State_Enabled | _STATE.State_Selected | _STATE.State_HasFocus | _STATE.State_Editing).value
"""The states that make a cell look different in the style that the program has."""
_ENABLED: Final = _STATE.State_Enabled.value


class RoomyDelegate(QStyledItemDelegate):
    """Rows with some room above and below their text, for trees."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + PADDING, option.fontMetrics.height() + PADDING)


class CellDelegate(RoomyDelegate):
    """Paints cells that have parts as a segmented bar with the text behind it; all others as Qt's style does.

    A plain cell of a :class:`ColumnTable` (not selected, without the cursor, enabled) is painted here: it looks the same, in
    half the time, and without seven questions to Python for each, all of which wait while other threads are at work.
    The sign of a number stands behind it: before it, it would seem to belong to the column on the left.
    """

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view
        self._texts = CellTexts(view)
        self._colours: dict[Tone | None, QColor] = {}
        self.margin = 0
        """What Qt's style leaves on both sides of a sign or a text."""
        self.forget()

    def forget(self) -> None:
        """The style, the colours or the fonts of the view are others now."""
        self._texts.forget()
        self._colours.clear()
        self.margin = self._view.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, self._view) + 1

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802 - Qt's name
        super().initStyleOption(option, index)
        if option.displayAlignment & Qt.AlignmentFlag.AlignRight:
            option.decorationPosition = QStyleOptionViewItem.Position.Right

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, ColumnTable):
            super().paint(painter, option, index)
            return
        self.paint_cell(painter, option, index, model.columns[index.column()], model.shown(index))

    def paint_cell(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, column: Column[Any], row: Any
    ) -> None:
        """Paint a cell of a :class:`ColumnTable`; *row* is None while it is being read."""
        parts = column.parts(row) if row is not None and column.parts is not None else ()
        if parts:
            self._paint_parts(painter, option, index, parts)
        elif self.is_plain(option):
            self.paint_content(painter, option, option.rect, column, row)
        else:
            super().paint(painter, option, index)

    def is_plain(self, option: QStyleOptionViewItem) -> bool:
        """Whether a cell looks as most do."""
        return option.state.value & _TOLD == _ENABLED and not self._view.isRightToLeft()

    def paint_content(
        self, painter: QPainter, option: QStyleOptionViewItem, cell: QRect, column: Column[Any], row: Any
    ) -> None:
        """Sign and text of a plain cell, where Qt's style puts them."""
        margin = self.margin
        place = cell.adjusted(margin, 0, -margin, 0)
        mark = column.mark(row) if row is not None and column.mark is not None else None
        if mark is not None:
            size = option.decorationSize.height()
            left = place.right() + 1 - size if column.is_number else place.left()
            mark.picture().paint(painter, left, cell.top() + cell.height() // 2 - size // 2, size, size)
            taken = size + 2 * margin
            place.adjust(0 if column.is_number else taken, 0, -taken if column.is_number else 0, 0)
        tone = column.tone(row) if row is not None and column.tone is not None else None
        text = PENDING if row is None else column.text(row)
        painter.setPen(self._colour(tone))
        self._texts.paint(painter, place, text, column, is_bold=row is not None and column.is_bold(row))

    def _colour(self, tone: Tone | None) -> QColor:
        found = self._colours.get(tone)
        if found is None:
            plain = self._view.palette().color(QPalette.ColorRole.Text)
            found = self._colours[tone] = plain if tone is None else colour(tone)
        return found

    def _paint_parts(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, parts: Sequence[Part]
    ) -> None:
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        text, shown.text = shown.text, ""
        style = shown.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, shown.widget)
        inner: QRect = shown.rect.adjusted(PADDING, 0, -PADDING, 0)
        width = shown.fontMetrics.horizontalAdvance(text) + PADDING if text else 0
        bar = QRect(inner.left(), 0, max(20, inner.width() - width), max(8, inner.height() // 3))
        bar.moveTop(inner.center().y() - bar.height() // 2 + 1)
        paint_parts(painter, bar, parts, shown.palette)
        if text:
            selected = bool(shown.state & QStyle.StateFlag.State_Selected)
            role = shown.palette.ColorRole.HighlightedText if selected else shown.palette.ColorRole.Text
            painter.save()
            painter.setPen(shown.palette.color(role))
            painter.setFont(shown.font)
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            painter.restore()
