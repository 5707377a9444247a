"""The table of blocks: lines that open and close, a double click that clears, cleared rows that fade with Undo."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QIcon, QKeyEvent, QMouseEvent, QPainter, QPalette, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ui.layout_store import LayoutStore
from ui.models.block_lines import BlockLine, GroupLine, Line, LineKey, PairLine, depth_of
from ui.models.block_table import BlockTable
from ui.models.columns import Column
from ui.widgets.cells import PADDING, CellDelegate
from ui.widgets.tables import TableView

Index = QModelIndex | QPersistentModelIndex
INDENT: Final = 16
"""Pixels of one step of depth, and of the sign that opens a line."""
_ALIGNMENT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class BlockView(TableView):
    """Signals ask for what is to be done; the page does it. Ids are those of blocks.

    ``opened`` (Enter) asks for details, ``clear_asked`` follows a double click.
    """

    clear_asked = Signal(list)
    undo_asked = Signal(int)
    menu_asked = Signal(QPoint)

    def __init__(self, model: BlockTable, layout: LayoutStore, parent: QWidget | None = None) -> None:
        super().__init__("blocks/now", "", parent)
        self.setAccessibleName(self.tr("Blocks"))
        self.blocks = model
        self.show_columns(model, layout)
        self.setItemDelegate(BlockDelegate(model, self))
        self.doubleClicked.disconnect(self.opened)
        self.doubleClicked.connect(self._clear_or_toggle)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.menu_asked)
        model.lingering_changed.connect(self.viewport().update)

    # What is selected

    def current_line(self) -> Line | None:
        """The line that the cursor is on."""
        return self.blocks.row(self.currentIndex())

    def selected_blocks(self) -> list[int]:
        """The blocks of the selected lines, from top to bottom, each once; heads of groups don't count."""
        ids = self.blocks.ids
        areas = self.selectionModel().selection().toList()
        rows = sorted({(area.top(), area.bottom()) for area in areas})
        keys = (LineKey.of(key) for top, bottom in rows for key in ids[top : bottom + 1])
        return list(dict.fromkeys(key.block for key in keys if key.block))

    def select_block(self, block_id: int) -> bool:
        """Put the cursor on a block; False when it is not in the table."""
        index = self.blocks.index_of_block(block_id)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        return index.isValid()

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid() and index.column() == 0:
            line = self.blocks.row(index)
            if isinstance(line, BlockLine) and self.blocks.lingers(index) is not None:
                self.undo_asked.emit(line.block.id)
                return
            if line is not None and self._sign_of(index).contains(event.position().toPoint()):
                self.blocks.set_open(line, not self.blocks.is_open(line))
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == 0 and self._sign_of(index).contains(event.position().toPoint()):
            self.mousePressEvent(event)
            return
        super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        line = self.current_line()
        if line is not None and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            if event.key() == Qt.Key.Key_Right and self.blocks.can_open(line) and not self.blocks.is_open(line):
                self.blocks.set_open(line, True)
                return
            if event.key() == Qt.Key.Key_Left and self._close_or_go_up(line):
                return
        super().keyPressEvent(event)

    def _close_or_go_up(self, line: Line) -> bool:
        if self.blocks.can_open(line) and self.blocks.is_open(line):
            self.blocks.set_open(line, False)
            return True
        row = self.blocks.parent_of(self.currentIndex())
        if row is not None:
            self.setCurrentIndex(self.blocks.index(row, self.currentIndex().column()))
        return row is not None

    def _clear_or_toggle(self, index: QModelIndex) -> None:
        line = self.blocks.row(index)
        if isinstance(line, GroupLine):
            self.blocks.set_open(line, not self.blocks.is_open(line))
        elif isinstance(line, BlockLine | PairLine) and self.blocks.lingers(index) is None:
            self.clear_asked.emit([line.block.id])

    def _sign_of(self, index: QModelIndex) -> QRect:
        """Where the sign that opens a line is."""
        line = self.blocks.row(index)
        if line is None or not self.blocks.can_open(line):
            return QRect()
        cell = self.visualRect(index)
        return QRect(cell.left() + depth_of(line.key) * INDENT, cell.top(), INDENT + PADDING, cell.height())


class BlockDelegate(CellDelegate):
    """Paints the first column with indent, sign and state; lines that linger grow faint and offer Undo."""

    def __init__(self, model: BlockTable, view: BlockView) -> None:
        super().__init__(view)
        self._blocks = model

    def paint_cell(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, column: Column[Any], row: Any
    ) -> None:
        is_first, is_lingering = index.column() == 0, self._blocks.lingers(index) is not None
        painter.save()
        if isinstance(row, GroupLine) and (is_first or not column.text(row)):
            self._paint_group(painter, option, index, row)
        elif is_first and row is not None:
            self._paint_first(painter, option, index, row, is_lingering=is_lingering)
        elif is_lingering:
            QStyledItemDelegate.paint(self, painter, option, index)
        else:
            super().paint_cell(painter, option, index, column, row)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        hint = super().sizeHint(option, index)
        wide = 3 * INDENT if index.column() == 0 else PADDING
        return QSize(hint.width() + wide, hint.height())

    def _paint_group(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, line: GroupLine) -> None:
        """The head of a group runs over the empty cells behind its own: each cell paints its part of it."""
        first = self._blocks.index(index.row(), 0)
        shown = self._background(painter, option, first)
        cell = QRect(option.rect)
        shown.rect = self._view.visualRect(first)
        painter.setClipRect(cell)
        place = self._paint_front(painter, shown, line, QIcon(first.data(Qt.ItemDataRole.DecorationRole)))
        place.setRight(self._view.viewport().width())
        painter.drawText(place, _ALIGNMENT, str(first.data()))

    def _paint_first(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, line: Line, *, is_lingering: bool
    ) -> None:
        if self.is_plain(option) and not is_lingering:
            painter.setPen(option.palette.color(QPalette.ColorRole.Text))
            left = self._paint_sign(painter, option.rect, line)
            cell = QRect(left, option.rect.top(), max(0, option.rect.right() - left + 1), option.rect.height())
            self.paint_content(painter, option, cell, self._blocks.columns[0], line)
            return
        shown = self._background(painter, option, index)
        place = self._paint_front(painter, shown, line, QIcon(index.data(Qt.ItemDataRole.DecorationRole)))
        text = str(index.data())
        if is_lingering:
            self._paint_undo(painter, place, text, shown)
        else:
            fitting = shown.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, _ALIGNMENT, fitting)

    def _background(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> QStyleOptionViewItem:
        """Paint a cell without its text; what is set for it is returned."""
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        shown.text, shown.icon = "", QIcon()
        shown.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, shown.widget)
        painter.setPen(shown.palette.color(_group_of(shown), _role_of(shown)))
        painter.setFont(shown.font)
        return shown

    def _paint_front(self, painter: QPainter, shown: QStyleOptionViewItem, line: Line, icon: QIcon) -> QRect:
        """Indent, sign and icon; what is left of the cell is returned."""
        cell = shown.rect
        left = self._paint_sign(painter, cell, line) + self.margin
        if not icon.isNull():
            size = shown.decorationSize.height()
            place = QRect(left, cell.top() + cell.height() // 2 - size // 2, size, size)
            icon.paint(painter, place, mode=QIcon.Mode.Selected if _is_selected(shown) else QIcon.Mode.Normal)
            left += size + 2 * self.margin
        return QRect(left, cell.top(), max(0, cell.right() + 1 - self.margin - left), cell.height())

    def _paint_sign(self, painter: QPainter, cell: QRect, line: Line) -> int:
        """Indent, and the sign that opens the line; returns where the rest begins."""
        left: int = cell.left() + depth_of(line.key) * INDENT + PADDING // 2
        if self._blocks.can_open(line):
            _paint_triangle(painter, QRect(left, cell.top(), INDENT, cell.height()), is_open=self._blocks.is_open(line))
        return left + INDENT - self.margin

    def _paint_undo(self, painter: QPainter, rest: QRect, text: str, shown: QStyleOptionViewItem) -> None:
        words = f"{text} · "
        painter.drawText(rest, _ALIGNMENT, words)
        font = QFont(shown.font)
        font.setUnderline(True)
        painter.setFont(font)
        if not _is_selected(shown):
            painter.setPen(shown.palette.color(QPalette.ColorRole.Link))
        rest.setLeft(rest.left() + shown.fontMetrics.horizontalAdvance(words))
        painter.drawText(rest, _ALIGNMENT, self.tr("Undo"))


def _is_selected(shown: QStyleOptionViewItem) -> bool:
    return bool(shown.state & QStyle.StateFlag.State_Selected)


def _role_of(shown: QStyleOptionViewItem) -> QPalette.ColorRole:
    return QPalette.ColorRole.HighlightedText if _is_selected(shown) else QPalette.ColorRole.Text


def _group_of(shown: QStyleOptionViewItem) -> QPalette.ColorGroup:
    active = shown.state & QStyle.StateFlag.State_Active
    return QPalette.ColorGroup.Active if active else QPalette.ColorGroup.Inactive


def _paint_triangle(painter: QPainter, place: QRect, *, is_open: bool) -> None:
    """To the right when closed, down when open."""
    centre, size = QPointF(place.center()), 4.0
    points = (
        [QPointF(-size, -size / 2), QPointF(size, -size / 2), QPointF(0, size / 2 + 1)]
        if is_open
        else [QPointF(-size / 2, -size), QPointF(-size / 2, size), QPointF(size / 2 + 1, 0)]
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(QPolygonF([centre + point for point in points]))
    painter.restore()
