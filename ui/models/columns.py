"""What the columns of a table show of a row: text, icon, tooltip, alignment, and what they are sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QIcon

from ui.theme import Tone, colour, fixed_font
from ui.widgets.marks import Mark
from ui.widgets.segmented_bar import Part

Row = TypeVar("Row")

PARTS_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The parts of a segmented bar (ui.widgets.segmented_bar), for ui.widgets.cells.CellDelegate."""
ROW_ROLE: Final = Qt.ItemDataRole.UserRole + 2
"""The row itself, the same in every column."""
PENDING: Final = "…"
"""Stands in the cells of a row that is being read."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column. ``width`` in average characters; ``sort`` is what the database calls the order, None: can't be sorted by.

    ``least`` is what is left of the width where room is short, 0: half of it, all of it for numbers. ``key`` names the column
    where its width and order are kept. ``mark`` gives icon and tooltip a state; ``value`` is what
    a table in memory sorts by, the text by default.
    """

    key: str
    title: str
    text: Callable[[Row], str]
    sort: Any = None
    width: int = 16
    is_number: bool = False
    is_fixed: bool = False
    mark: Callable[[Row], Mark | None] | None = None
    parts: Callable[[Row], tuple[Part, ...]] | None = None
    tip: Callable[[Row], str] | None = None
    tone: Callable[[Row], Tone | None] | None = None
    bold: Callable[[Row], bool] | None = None
    value: Callable[[Row], Any] | None = None
    header_tip: str = ""
    least: int = 0
    hidden: bool = False
    """Not shown until the person asks for it."""

    def header(self, role: int) -> Any:
        """Answer of headerData."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.header_tip or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment()
        return None

    def data(self, row: Row, role: int) -> Any:
        """Answer of data for one role."""
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(row)
            case Qt.ItemDataRole.DecorationRole:
                return self._icon(row)
            case Qt.ItemDataRole.ToolTipRole:
                return (self.tip(row) or None) if self.tip else None
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.alignment()
            case Qt.ItemDataRole.FontRole:
                return self.font(is_bold=self.is_bold(row))
            case Qt.ItemDataRole.ForegroundRole:
                tone = self.tone(row) if self.tone else None
                return colour(tone) if tone else None
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self.title}: {self.text(row)}"
            case _ if role == PARTS_ROLE:
                return self.parts(row) if self.parts else None
            case _ if role == ROW_ROLE:
                return row
        return None

    @property
    def least_width(self) -> int:
        """The narrowest that it may be, in average characters."""
        return self.least or (self.width if self.is_number else self.width // 2)

    def alignment(self) -> Qt.AlignmentFlag:
        """Numbers stand at the right."""
        side = Qt.AlignmentFlag.AlignRight if self.is_number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def sort_value(self, row: Row) -> Any:
        """What a table in memory sorts by."""
        return self.value(row) if self.value else self.text(row).casefold()

    def _icon(self, row: Row) -> QIcon | None:
        mark = self.mark(row) if self.mark else None
        return mark.picture() if mark else None

    def is_bold(self, row: Row) -> bool:
        """Whether the text of a row is bold."""
        return self.bold is not None and self.bold(row)

    def font(self, *, is_bold: bool) -> QFont | None:
        """The face of a text, None: that of the table."""
        if not is_bold and not self.is_fixed:
            return None
        font = fixed_font() if self.is_fixed else QFont()
        font.setBold(is_bold)
        return font
