"""The overview: is mail flowing, what was blocked, where does it go, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.database.changes import ALERTS, BLOCKS, HOLDS, WORLD
from app.services import alerts, attention, runs, stats, status
from app.services.attention import Attention, AttentionKind
from app.services.blocks import BlockFilter
from app.services.search import Found, FoundKind
from app.services.stats import Destination, Series
from app.services.status import Status
from ui import words
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.pages.overview_attention import AttentionList
from ui.pages.overview_legend import Legend
from ui.pages.page import Page
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.notes import ToneLabel, heading
from ui.widgets.segmented_bar import Part
from ui.widgets.tables import TableView

if TYPE_CHECKING:
    from ui.pages.overview_charts import BlocksChart, TrafficChart

translate = QCoreApplication.translate
_HOUR: Final = 3600
_STEP: Final = 60
_REFRESH_MS: Final = 5_000
"""Traffic is no change that anybody tells of."""
_CHARTS: Final = "ui.pages.overview_charts"
_PLACE: Final = "overview"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that the page shows, as of one moment (epoch seconds)."""

    now: float
    status: Status
    traffic: Sequence[Series]
    blocks: Sequence[int]
    busiest: Sequence[Destination]
    attention: Sequence[Attention]


def read_numbers(session: Session, *, now: float) -> Numbers:
    """Read them, in a thread."""
    return Numbers(
        now,
        status.read(session),
        stats.traffic(session, now=now, seconds=_HOUR, step=_STEP),
        stats.blocks_by_hour(session, now=now),
        stats.busiest(session, now=now),
        attention.listing(session),
    )


class OverviewPage(Page):
    """Charts at the left, destinations and the attention list at the right."""

    topics = frozenset({ALERTS, BLOCKS, HOLDS, WORLD})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.help = _help(self)
        self.sentence = ToneLabel("", Tone.TEXT, self)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.traffic: TrafficChart | None = None
        self.blocks: BlocksChart | None = None
        self.legend = Legend(self)
        self.attention = AttentionList(self)
        self.attention.acted.connect(lambda thing: session.spawn(self._act(thing)))
        self.attention.dismissed.connect(lambda alert: session.spawn(self._dismiss(alert)))
        self.destinations: RowTable[Destination] = RowTable(
            _columns(), identity=lambda each: hash(each.provider), parent=self
        )
        self.table = TableView("overview/destinations", self.tr("Busiest destinations"), self)
        self.table.show_columns(self.destinations, session.layout_store)
        self.table.opened.connect(self._open_destination)
        self._build()
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(session.slot(self.load))

    def _build(self) -> None:
        nothing = EmptyState(
            "send-clock-outline",
            self.tr("No mail lately"),
            self.tr("Where your mail goes in this hour and the last stands here."),
        )
        self._destinations = ListOrEmpty(self.table, nothing, self)
        self._traffic_card = Card(self.tr("Messages per second"), self)
        self._traffic_card.body.addWidget(self.legend)
        self._blocks_card = Card(self.tr("New blocks by hour"), self)
        attention_card = Card(self.tr("What needs attention"), self)
        attention_card.body.addWidget(self.attention, 1)
        table_card = Card(self.tr("Busiest destinations"), self)
        table_card.body.addWidget(self._destinations, 1)
        self._left = _stacked(self._traffic_card, self._blocks_card, (3, 2))
        self._right = _stacked(attention_card, table_card, (1, 1))
        self._across = QSplitter(Qt.Orientation.Horizontal, self)
        self._across.addWidget(self._left)
        self._across.addWidget(self._right)
        self._across.setStretchFactor(0, 3)
        self._across.setStretchFactor(1, 2)
        self._across.setSizes([600, 440])
        for name, splitter in self._splitters():
            splitter.setChildrenCollapsible(False)
            self.session.layout_store.restore_splitter(name, splitter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.sentence)
        column.addWidget(self._across, 1)

    def _splitters(self) -> tuple[tuple[str, QSplitter], ...]:
        return (
            (_PLACE, self._across),
            (f"{_PLACE}/left", self._left),
            (f"{_PLACE}/right", self._right),
        )

    # What the frame asks

    async def load(self) -> None:
        numbers = await self.session.read(read_numbers)
        await self._need_charts()
        self._show(numbers)

    def show_status(self, status: Status) -> None:
        self.sentence.setText(self._sentence(status))

    def shown(self) -> None:
        self._timer.start()

    def hidden(self) -> None:
        self._timer.stop()

    def save_state(self) -> None:
        self.table.keep(self.session.layout_store)
        for name, splitter in self._splitters():
            self.session.layout_store.keep_splitter(name, splitter)

    # Showing

    async def _need_charts(self) -> None:
        """Make the charts; their library takes a while to load, so that is done in a thread."""
        if self.traffic is None:
            charts = await self.session.background.run(import_module, _CHARTS)
            if self.traffic is None:
                self.traffic, self.blocks = charts.TrafficChart(self), charts.BlocksChart(self)
                self._traffic_card.body.addWidget(self.traffic, 1)
                self._blocks_card.body.addWidget(self.blocks, 1)

    def _show(self, numbers: Numbers) -> None:
        if self.traffic is None or self.blocks is None:
            return
        self.show_status(numbers.status)
        self.traffic.show_series(numbers.traffic, numbers.now - _HOUR, numbers.now)
        self.legend.show_series(numbers.traffic)
        hours = len(numbers.blocks)
        self.blocks.show_counts(numbers.blocks, (int(numbers.now) // _HOUR + 1 - hours) * _HOUR)
        self.destinations.set_rows(numbers.busiest)
        self._destinations.show_empty(not numbers.busiest)
        self.attention.show_things(numbers.attention, numbers.now)

    def _sentence(self, state: Status) -> str:
        rate = words.rate(state.messages_per_second)
        flow = {
            "stopped": self.tr("No mail is sent: the engine is stopped"),
            "starting": self.tr("The engine starts"),
            "draining": self.tr("The engine finishes open mail and stops"),
            "idle": self.tr("Mail can flow; nothing is due to be sent"),
            "sending": self.tr("Mail flows at {}").format(rate),
        }[state.engine.value]
        blocked = (
            self.tr("%Ln block(s) open", "", state.open_blocks) if state.open_blocks else self.tr("nothing is blocked")
        )
        held = self.tr("%Ln recipient(s) held", "", state.held) if state.held else ""
        return f"{'; '.join(part for part in (flow, blocked, held) if part)}."

    # Acting

    async def _act(self, thing: Attention) -> None:
        match thing.kind:
            case AttentionKind.TOTAL_BLOCK:
                by_domain = thing.domains == 1
                wanted = BlockFilter(
                    stream_id=thing.target,
                    domain=thing.place if by_domain else "",
                    provider="" if by_domain else thing.place,
                )
                self.navigate.emit("blocks", wanted)
            case AttentionKind.STREAM_PAUSED | AttentionKind.MAILING_REFUSED:
                await self.session.write(alerts.lift, thing.target)
                self.session.tell_done(self.tr("Mail goes to {} again").format(words.one_line(thing.place)))
            case AttentionKind.UNUSABLE_ADDRESS:
                self.navigate.emit("streams", Found(FoundKind.ADDRESS, thing.target, thing.name))
            case AttentionKind.IN_DOUBT:
                self.navigate.emit("mailings", Found(FoundKind.MAILING, thing.target, thing.name))
            case AttentionKind.MAILING_PAUSED:
                await self.session.write(runs.resume, thing.target)
                self.session.tell_done(self.tr("Mailing {} goes on").format(words.one_line(thing.name)))
            case AttentionKind.ALERT:
                await self._dismiss(thing.alert)

    async def _dismiss(self, alert_id: int) -> None:
        await self.session.write(alerts.dismiss, alert_id)

    def _open_destination(self) -> None:
        row = self.destinations.row(self.table.currentIndex())
        if row is not None:
            self.navigate.emit("blocks", BlockFilter(provider=row.provider))


class Card(QFrame):
    """A titled part of the page."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 4, 0, 4)
        self.body.setSpacing(4)
        self.body.addWidget(heading(title, self, scale=1.0))


def _stacked(above: QWidget, below: QWidget, shares: tuple[int, int]) -> QSplitter:
    splitter = QSplitter(Qt.Orientation.Vertical)
    splitter.addWidget(above)
    splitter.addWidget(below)
    splitter.setSizes([200 * share for share in shares])
    for place, share in enumerate(shares):
        splitter.setStretchFactor(place, share)
    return splitter


def _columns() -> tuple[Column[Destination], ...]:
    return (
        Column("provider", translate("overview", "Provider"), lambda each: words.one_line(each.provider), width=20),
        Column(
            "result",
            translate("overview", "What became of it"),
            lambda each: words.number(each.delivered),
            width=26,
            parts=_parts,
            tip=lambda each: ", ".join(f"{words.number(part.value)} {part.name}" for part in _parts(each)),
            value=lambda each: each.delivered,
            header_tip=translate(
                "overview", "In this hour and the last: delivered, failed, tried again later, blocked"
            ),
        ),
        Column(
            "blocked",
            translate("overview", "Refusals"),
            lambda each: words.number(each.blocked) if each.blocked else words.NONE,
            width=10,
            is_number=True,
            value=lambda each: each.blocked,
        ),
    )


def _parts(each: Destination) -> tuple[Part, ...]:
    return (
        Part(translate("overview", "delivered"), each.delivered, Tone.GOOD),
        Part(translate("overview", "failed"), each.failed, Tone.BAD),
        Part(translate("overview", "tried again later"), each.deferred, Tone.WARNING),
        Part(translate("overview", "refused as blocked"), each.blocked, Tone.HELD),
    )


def _help(page: QWidget) -> str:
    return page.tr(
        "<p>Is mail flowing? The upper chart shows each stream over the last hour, the lower one how many pairs were newly"
        " blocked.</p>"
        "<p><b>What needs attention</b> lists what waits for you, the worst first. Each line has one button; what it does"
        " stands on it.</p>"
        "<p>Enter or a double click on a destination shows its blocks.</p>"
    )
