"""The list of pages at the left of the window, with badges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPalette
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ui import icons, words
from ui.pages.registry import PageEntry
from ui.theme import Tone, colour, colours

BADGE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
_ICON: Final = 20
_GAP: Final = 12


class Sidebar(QListWidget):
    """One line for each page. ``chosen`` carries the name of a page that the person picks by mouse or keyboard."""

    chosen = Signal(str)

    def __init__(self, pages: Sequence[PageEntry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = [page.name for page in pages]
        self.setAccessibleName(self.tr("Pages"))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_PageDelegate(self))
        self.setUniformItemSizes(True)
        palette = self.palette()
        palette.setBrush(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.setPalette(palette)
        for number, page in enumerate(pages, start=1):
            item = QListWidgetItem(icons.icon(page.icon), page.title)
            item.setToolTip(self.tr("{} (Ctrl+{})").format(page.title, number))
            self.addItem(item)
        self.currentRowChanged.connect(self._tell)

    def show_chosen(self, name: str) -> None:
        """Mark a page as the one that is shown, without telling."""
        blocked = self.blockSignals(True)
        self.setCurrentRow(self._names.index(name))
        self.blockSignals(blocked)

    def set_badge(self, name: str, number: int, meaning: str) -> None:
        """Show a number beside a page, none for 0; *meaning* says what it counts, for tooltip and screen reader."""
        item = self.item(self._names.index(name))
        if item.data(BADGE_ROLE) != number:
            item.setData(BADGE_ROLE, number)
        spoken = f"{item.text()}, {meaning}" if number else item.text()
        if item.data(Qt.ItemDataRole.AccessibleTextRole) != spoken:
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)

    def badge(self, name: str) -> int:
        """The number beside a page."""
        return int(self.item(self._names.index(name)).data(BADGE_ROLE) or 0)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        metrics = self.fontMetrics()
        widest = max(metrics.horizontalAdvance(self.item(row).text()) for row in range(self.count()))
        badge = metrics.horizontalAdvance("99,999") + 2 * _GAP
        return QSize(widest + _ICON + 4 * _GAP + badge, 100)

    def _tell(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(self._names[row])


class _PageDelegate(QStyledItemDelegate):
    """Paints icon, title and badge with room around them; the page that is shown has a bar at its left."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802, ARG002
        return QSize(0, max(_ICON, option.fontMetrics.height()) + 2 * 8)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        rect: QRect = shown.rect.adjusted(6, 1, -6, -1)
        selected = bool(shown.state & shown.state.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, rect, shown, selected=selected)
        icon = QRect(rect.left() + _GAP, rect.center().y() - _ICON // 2 + 1, _ICON, _ICON)
        shown.icon.paint(painter, icon)
        right = self._paint_badge(painter, rect, shown, int(index.data(BADGE_ROLE) or 0))
        font = QFont(shown.font)
        font.setBold(selected)
        painter.setFont(font)
        painter.setPen(shown.palette.color(QPalette.ColorRole.Text))
        text = QRect(icon.right() + _GAP, rect.top(), right - icon.right() - _GAP, rect.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown.text)
        painter.restore()

    @staticmethod
    def _paint_ground(painter: QPainter, rect: QRect, shown: QStyleOptionViewItem, *, selected: bool) -> None:
        hovered = bool(shown.state & shown.state.State_MouseOver)
        focused = bool(shown.state & shown.state.State_HasFocus)
        tint = QColor(colour(Tone.ACCENT))
        tint.setAlpha(38 if selected else 18)
        painter.setPen(colour(Tone.ACCENT) if focused else Qt.PenStyle.NoPen)
        painter.setBrush(tint if selected or hovered else Qt.BrushStyle.NoBrush)
        if selected or hovered or focused:
            painter.drawRoundedRect(rect, 5, 5)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(Tone.ACCENT))
            painter.drawRoundedRect(rect.left(), rect.top() + 6, 3, rect.height() - 12, 1.5, 1.5)

    @staticmethod
    def _paint_badge(painter: QPainter, rect: QRect, shown: QStyleOptionViewItem, number: int) -> int:
        """Paint the number; returns where the title must end."""
        if not number:
            return rect.right() - 4
        text = words.number(number)
        height = shown.fontMetrics.height() + 2
        width = max(height, shown.fontMetrics.horizontalAdvance(text) + 12)
        badge = QRect(rect.right() - width - 6, rect.center().y() - height // 2 + 1, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(Tone.BAD))
        painter.drawRoundedRect(badge, height / 2, height / 2)
        painter.setPen(QColor(colours().base))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        return badge.left() - 4
