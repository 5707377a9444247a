"""The row above the table of blocks: which stream, provider and state, and what the blocks are grouped by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget
from sqlalchemy.orm import Session

from app.services import block_lookups, stream_views
from app.services.block_groups import Grouping
from app.services.blocks import BlockFilter
from engine.blocks import BlockState
from ui import icons, words
from ui.models.block_marks import state_mark

_STATES: Final = (
    BlockState.BLOCKED,
    BlockState.PROBING,
    BlockState.PERMANENT,
    BlockState.RECOVERING,
    BlockState.SUSPECT,
    BlockState.EXEMPT,
    BlockState.CLEARED,
)
_EVERY: Final = "every"
_WIDEST: Final = 26
"""Average characters of the widest box."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from. ``streams`` are (id, name)."""

    streams: tuple[tuple[int, str], ...]
    providers: tuple[str, ...]


def read_choices(session: Session) -> Choices:
    """All streams, and the providers that refuse something now."""
    known = tuple((stream.id, stream.name) for stream in stream_views.every(session))
    return Choices(known, tuple(block_lookups.refusing_providers(session)))


class FilterRow(QWidget):
    """``changed`` is emitted when the person, or :meth:`show_filter`, chose something else."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = BlockFilter()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self.stream = self._box(self.tr("S&tream"))
        self.provider = self._box(self.tr("Pro&vider"))
        self.state = self._box(self.tr("Stat&e"))
        self.grouping = self._box(self.tr("&Group by"))
        self.also = QPushButton(self)
        self.also.setIcon(icons.icon("close"))
        self.also.setToolTip(self.tr("Show the blocks of all domains and addresses"))
        self.also.hide()
        self.also.clicked.connect(self._drop_place)
        self.reset = QPushButton(self.tr("Show all"), self)
        self.reset.clicked.connect(lambda: self.show_filter(BlockFilter()))
        self._row.addWidget(self.also)
        self._row.addWidget(self.reset)
        self._row.addStretch(1)
        self._fill_fixed()
        self.take_choices(Choices((), ()))
        for box in (self.stream, self.provider, self.state, self.grouping):
            box.currentIndexChanged.connect(self._told)
        self._show_reset()

    # What is chosen

    def wanted(self) -> BlockFilter:
        """Which blocks are wanted."""
        state = self.state.currentData()
        one_state = frozenset() if state in (None, _EVERY) else frozenset({BlockState(state)})
        return replace(
            self._base,
            stream_id=self.stream.currentData(),
            provider=self.provider.currentData() or "",
            states=one_state,
            with_cleared=state == _EVERY,
        )

    def group_by(self) -> Grouping:
        """What the blocks are grouped by."""
        return Grouping(self.grouping.currentData())

    def show_filter(self, wanted: BlockFilter) -> None:
        """Choose what a filter says; domain and address, which have no box, stand as a button that drops them."""
        self._base = wanted
        _choose(self.stream, wanted.stream_id)
        if wanted.provider and self.provider.findData(wanted.provider) < 0:
            self.provider.addItem(words.one_line(wanted.provider), wanted.provider)
        _choose(self.provider, wanted.provider)
        state = next(iter(wanted.states)).value if len(wanted.states) == 1 else None
        _choose(self.state, _EVERY if wanted.with_cleared else state)
        self._told()

    def set_text(self, text: str) -> None:
        """Only blocks that have this text somewhere."""
        self._base = replace(self._base, text=text)
        self._told()

    def choose_grouping(self, grouping: Grouping) -> None:
        """Group otherwise."""
        _choose(self.grouping, grouping.value)
        self._told()

    def take_choices(self, choices: Choices) -> None:
        """Offer these streams and providers; what is chosen stays."""
        _refill(self.stream, [(self.tr("All"), None), *((name, number) for number, name in choices.streams)])
        providers: list[tuple[str, Any]] = [(self.tr("All"), "")]
        chosen = self.provider.currentData()
        names = sorted({*choices.providers, *([chosen] if chosen else [])}, key=str.casefold)
        providers.extend((words.one_line(name), name) for name in names)
        _refill(self.provider, providers)

    # The rest

    def _box(self, label: str) -> QComboBox:
        box = QComboBox(self)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setMaximumWidth(self.fontMetrics().averageCharWidth() * _WIDEST)
        box.setAccessibleName(label.replace("&", ""))
        name = QLabel(label, self)
        name.setBuddy(box)
        self._row.addWidget(name)
        self._row.addWidget(box)
        self._row.addSpacing(8)
        return box

    def _fill_fixed(self) -> None:
        self.state.addItem(self.tr("All but cleared"), None)
        for state in _STATES:
            mark = state_mark(state)
            self.state.addItem(mark.picture(), mark.word, state.value)
        self.state.addItem(self.tr("All, cleared ones too"), _EVERY)
        for grouping, text in (
            (Grouping.NONE, self.tr("Nothing")),
            (Grouping.STREAM, self.tr("Stream")),
            (Grouping.DOMAIN, self.tr("Domain")),
            (Grouping.PROVIDER, self.tr("Provider")),
            (Grouping.ADDRESS, self.tr("Sending address")),
        ):
            self.grouping.addItem(text, grouping.value)

    def _drop_place(self) -> None:
        self._base = replace(self._base, domain="", sending_address="")
        self._told()

    def _told(self, *_: object) -> None:
        self._show_reset()
        self.changed.emit()

    def _show_reset(self) -> None:
        place = " ".join(part for part in (self._base.domain, self._base.sending_address) if part)
        self.also.setText(self.tr("Only {}").format(words.one_line(place)))
        self.also.setVisible(bool(place))
        self.reset.setVisible(replace(self.wanted(), text="") != BlockFilter())


def _choose(box: QComboBox, value: object) -> None:
    """Choose without a word to anyone; the first entry when the value is not offered."""
    number = next((row for row in range(box.count()) if box.itemData(row) == value), 0)
    blocked = box.blockSignals(True)
    box.setCurrentIndex(number)
    box.blockSignals(blocked)


def _refill(box: QComboBox, entries: list[tuple[str, Any]]) -> None:
    """Offer other entries without a word to anyone; what was chosen stays, when it is still there."""
    if [(box.itemText(row), box.itemData(row)) for row in range(box.count())] == entries:
        return
    chosen = box.currentData()
    blocked = box.blockSignals(True)
    box.clear()
    for text, value in entries:
        box.addItem(text, value)
        box.setItemData(box.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
    _choose(box, chosen)
    box.blockSignals(blocked)
