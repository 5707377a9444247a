"""The report of blocks as a table of lines: groups that close, widened blocks that open, cleared blocks that linger for a while."""

from __future__ import annotations

import time
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from sqlalchemy.orm import Session

from app.services import block_groups, block_lookups, blocks
from app.services.block_groups import BlockGroup, Grouping
from app.services.blocks import BlockFilter, BlockSort
from engine.blocks import BlockState
from engine.replies import Scope
from ui.models.block_columns import block_columns
from ui.models.block_lines import MOST_PAIRS, BlockLine, GroupLine, Line, LineKey, PairLine, depth_of
from ui.models.keyed import Index
from ui.models.lazy_table import LazyTable
from ui.models.paged_table import PAGE
from ui.session import WindowSession

LINGER_SECONDS: Final = 10.0
"""How long a block that was cleared here stays on show, with Undo."""
_FADE_MS: Final = 100
_UNANSWERED: Final = frozenset(
    {Qt.ItemDataRole.BackgroundRole.value, Qt.ItemDataRole.CheckStateRole.value, Qt.ItemDataRole.SizeHintRole.value}
)
"""What views ask of every cell, and no column tells."""
_FADED: Final = 0.75
_FAINTEST: Final = 0.3
"""How opaque the text of a cleared block is in the beginning and in the end."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides about the lines. ``closed`` are keys of groups, ``opened`` and ``lingering`` ids of blocks."""

    wanted: BlockFilter = field(default_factory=BlockFilter)
    grouping: Grouping = Grouping.NONE
    closed: frozenset[int] = frozenset()
    opened: frozenset[int] = frozenset()
    lingering: frozenset[int] = frozenset()


class BlockTable(LazyTable[Line]):
    """``lingering_changed`` is emitted while cleared blocks fade, and when one is gone."""

    lingering_changed = Signal()

    def __init__(self, session: WindowSession, parent: QObject | None = None) -> None:
        super().__init__(
            session,
            block_columns(session.now),
            read_order=self._read_lines,
            read_head=self._read_first_lines,
            read_rows=self._read,
            identity=lambda line: line.key,
            parent=parent,
        )
        self._shape = Shape()
        self._serials: dict[tuple[str, int | None], int] = {}
        self._groups: Mapping[int, BlockGroup] = {}
        self._lingering: dict[int, float] = {}
        self._hurry = False
        self._fading = QTimer(self, interval=_FADE_MS)
        self._fading.timeout.connect(self._fade)

    # What is shown

    @property
    def shape(self) -> Shape:
        """What decides about the lines."""
        return self._shape

    def show(self, wanted: BlockFilter, grouping: Grouping) -> None:
        """Show other blocks, or in other groups. What lingers goes."""
        self._lingering.clear()
        self._reshape(Shape(wanted, grouping, opened=self._shape.opened))

    def can_open(self, line: Line) -> bool:
        """Whether there are lines below this one."""
        return isinstance(line, GroupLine) or (isinstance(line, BlockLine) and line.block.scope is Scope.GROUP)

    def is_open(self, line: Line) -> bool:
        """Whether they are shown."""
        if isinstance(line, GroupLine):
            return line.key not in self._shape.closed
        return isinstance(line, BlockLine) and line.block.id in self._shape.opened

    def set_open(self, line: Line, is_open: bool) -> None:
        """Show or hide the lines below this one."""
        if self.can_open(line) and self.is_open(line) is not is_open:
            if isinstance(line, GroupLine):
                self._reshape(replace(self._shape, closed=self._shape.closed ^ {line.key}))
            elif isinstance(line, BlockLine):
                self._reshape(replace(self._shape, opened=self._shape.opened ^ {line.block.id}))

    def close_groups(self, *, closed: bool) -> None:
        """Close, or open, all groups."""
        keys = frozenset(LineKey(serial, 0).packed() for serial in self._groups) if closed else frozenset[int]()
        self._reshape(replace(self._shape, closed=keys))

    def parent_of(self, index: Index) -> int | None:
        """The row of the line that this one is below of, None for one at the top."""
        key = self.id_of(index)
        if key is None or not depth_of(key):
            return None
        found = LineKey.of(key)
        return self.row_of(LineKey(found.group, found.block if found.pair else 0).packed())

    def ids_of_group(self, key: int) -> Sequence[int]:
        """The blocks of a group."""
        group = self._groups.get(LineKey.of(key).group)
        return group.ids if group else ()

    def index_of_block(self, block_id: int) -> QModelIndex:
        """Where a block stands first, invalid when it does not."""
        rows = (self.row_of(key) for key in self._keys_of(block_id))
        return next((self.index(row, 0) for row in rows if row is not None), QModelIndex())

    # Blocks that were just cleared

    def linger(self, block_ids: Iterable[int]) -> None:
        """Keep blocks on show that were just cleared here, for ten seconds."""
        until = time.monotonic() + LINGER_SECONDS
        self._lingering.update(dict.fromkeys(block_ids, until))
        self._shape = replace(self._shape, lingering=frozenset(self._lingering))
        self._fading.start()

    def stop_lingering(self, block_ids: Iterable[int]) -> None:
        """They are blocked again, or it was not to be."""
        for block_id in block_ids:
            self._lingering.pop(block_id, None)
        self._reshape(replace(self._shape, lingering=frozenset(self._lingering)))

    def lingers(self, index: Index) -> float | None:
        """How much of its time is left to a cleared block, from 1 to 0; None for all others."""
        line = self.row(index) if self._lingering else None
        if not isinstance(line, BlockLine) or line.block.state is not BlockState.CLEARED:
            return None
        until = self._lingering.get(line.block.id)
        return None if until is None else max(0.0, min(1.0, (until - time.monotonic()) / LINGER_SECONDS))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in _UNANSWERED:
            return None
        if role == Qt.ItemDataRole.ForegroundRole and self._lingering:
            left = self.lingers(index)
            if left is not None:
                return _faint(left)
        return super().data(index, role)

    def _fade(self) -> None:
        now = time.monotonic()
        gone = [block for block, until in self._lingering.items() if until <= now]
        if gone:
            self.stop_lingering(gone)
        if not self._lingering:
            self._fading.stop()
        self.lingering_changed.emit()

    # Reading, in threads

    async def refresh(self) -> None:
        """Read the order and the rows on show anew. The first time, the first rows are shown before all others are sorted."""
        if not self._was_read and self._shape.grouping is Grouping.NONE:
            self._was_read = True
            self._hurry = True
            try:
                await self._refresh_once()
            finally:
                self._hurry = False
        await super().refresh()

    def _reshape(self, shape: Shape) -> None:
        self._shape = replace(shape, lingering=frozenset(self._lingering))
        if self._was_read:
            self.refresh_soon()

    def _read_lines(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        shape, before = self._shape, self._order
        order, descending = (sort, descending) if sort is not None else (BlockSort.SINCE, True)
        if shape.grouping is Grouping.NONE:
            keys: Sequence[int] = blocks.ordered_ids(
                session,
                sort=order,
                descending=descending,
                wanted=shape.wanted,
                totals_first=True,
                limit=PAGE if self._hurry else None,
            )
        else:
            found = block_groups.grouped(
                session, shape.grouping, sort=order, descending=descending, wanted=shape.wanted
            )
            keys = self._grouped(found, shape.closed)
        keys = _with_lingering(keys, shape.lingering, before.ids)
        return _with_pairs(keys, block_lookups.numbers_of_pairs(session, shape.opened)) if shape.opened else keys

    def _read_first_lines(self, session: Session, sort: Any, *, descending: bool, limit: int) -> Sequence[int]:
        """The first lines of an order, where lines are blocks."""
        shape = self._shape
        if shape.grouping is not Grouping.NONE or shape.opened or shape.lingering:
            return ()
        order, descending = (sort, descending) if sort is not None else (BlockSort.SINCE, True)
        return blocks.ordered_ids(
            session, sort=order, descending=descending, wanted=shape.wanted, totals_first=True, limit=limit
        )

    def _grouped(self, found: Iterable[BlockGroup], closed: Collection[int]) -> array[int]:
        groups: dict[int, BlockGroup] = {}
        keys = array("q")
        for group in found:
            serial = self._serials.setdefault((group.name, group.stream_id), len(self._serials) + 1)
            groups[serial] = group
            head = LineKey(serial, 0).packed()
            keys.append(head)
            if head not in closed:
                keys.extend(head | block for block in group.ids)
        self._groups = groups
        return keys

    def _read(self, session: Session, keys: Sequence[int]) -> Sequence[Line]:
        wanted = [(key, LineKey.of(key)) for key in keys]
        numbers = list({each.block for _, each in wanted if each.block})
        views = {
            view.id: view
            for start in range(0, len(numbers), blocks.PAGE)
            for view in blocks.rows(session, numbers[start : start + blocks.PAGE])
        }
        lines: list[Line] = []
        for key, each in wanted:
            if not each.block:
                if group := self._groups.get(each.group):
                    lines.append(GroupLine(key, group.name, group.stream_id, len(group.ids), group.held))
            elif view := views.get(each.block):
                if not each.pair:
                    lines.append(BlockLine(key, view))
                elif each.pair <= len(view.pairs):
                    lines.append(PairLine(key, view, view.pairs[each.pair - 1]))
        return lines

    def _keys_of(self, block_id: int) -> Iterable[int]:
        if self._shape.grouping is Grouping.NONE:
            return (block_id,)
        return (LineKey(serial, block_id).packed() for serial in self._groups)


def _faint(left: float) -> QColor:
    """The colour of a text that has so much of its time left, from 1 to 0."""
    palette = QGuiApplication.palette()
    colour = palette.color(QPalette.ColorRole.Text)
    colour.setAlphaF(_FAINTEST + (_FADED - _FAINTEST) * left)
    return colour


def _with_lingering(keys: Sequence[int], lingering: Collection[int], before: Sequence[int]) -> Sequence[int]:
    """The keys with those of lingering blocks where they stood before: behind the line that they stood behind."""
    gone = [key for key in before if LineKey.of(key).block in lingering] if lingering else []
    present = set(keys) if gone else set()
    gone = [key for key in gone if key not in present and not LineKey.of(key).pair]
    if not gone:
        return keys
    result = array("q", keys)
    behind = _predecessors(gone, before, present)
    for key in gone:
        anchor = behind[key]
        result.insert(0 if anchor is None else result.index(anchor) + 1, key)
    return result


def _predecessors(gone: Sequence[int], before: Sequence[int], present: set[int]) -> dict[int, int | None]:
    """The nearest line before each that is still there, or lingers too."""
    wanted = set(gone)
    found: dict[int, int | None] = {}
    last: int | None = None
    for key in before:
        if key in wanted:
            found[key] = last
            last = key
        elif key in present:
            last = key
    return found


def _with_pairs(keys: Sequence[int], pairs: Mapping[int, int]) -> array[int]:
    """The keys with those of the pairs behind each block that is open."""
    result = array("q")
    for key in keys:
        result.append(key)
        found = LineKey.of(key)
        for number in range(1, min(pairs.get(found.block, 0), MOST_PAIRS) + 1):
            result.append(LineKey(found.group, found.block, number).packed())
    return result
