"""The third step of the wizard: over which stream, why that one, and who refuses it now."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QRadioButton, QVBoxLayout, QWidget

from app.services.associations import Resolution, ResolutionRule
from app.services.audience import Obstacle
from app.services.streams import StreamView
from ui import words
from ui.layout_store import LayoutStore
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.theme import Tone
from ui.widgets.marks import Mark
from ui.widgets.notes import Note, heading
from ui.widgets.tables import TableView

translate = QCoreApplication.translate


class StreamStep(QWidget):
    """The stream by association, or another. ``edited`` when the choice changes."""

    edited = Signal()

    def __init__(self, layout: LayoutStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams: dict[int, StreamView] = {}
        self._resolved: Resolution | None = None
        self.tone = Tone.GOOD
        """How what is said of the stream is meant."""
        self.inherited = QRadioButton(self)
        self.inherited.setChecked(True)
        self.another = QRadioButton(self.tr("&Another stream, for this mailing only:"), self)
        group = QButtonGroup(self)
        group.addButton(self.inherited)
        group.addButton(self.another)
        self.stream = QComboBox(self)
        self.stream.setAccessibleName(self.tr("Stream for this mailing"))
        self.outlook = Note(Tone.GOOD, self)
        self.obstacles: RowTable[tuple[int, Obstacle]] = RowTable(_columns(), identity=lambda row: row[0], parent=self)
        self.table = TableView("wizard/obstacles", self.tr("Who refuses the stream now"), self)
        self.table.show_columns(self.obstacles, layout)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.inherited)
        column.addWidget(self.another)
        column.addWidget(self.stream)
        column.addSpacing(8)
        column.addWidget(heading(self.tr("Who refuses it now"), self))
        column.addWidget(self.outlook)
        column.addWidget(self.table, 1)
        column.addStretch(0)
        self.inherited.toggled.connect(self._chosen)
        self.stream.currentIndexChanged.connect(self._chosen)
        self.stream.setEnabled(False)

    @property
    def own_stream_id(self) -> int | None:
        """The mailing's own choice, None: by association."""
        return None if self.inherited.isChecked() else self.stream.currentData()

    @property
    def chosen(self) -> StreamView | None:
        """The stream that the mailing goes over."""
        if self.inherited.isChecked():
            return self._streams.get(self._resolved.stream_id) if self._resolved else None
        return self._streams.get(self.stream.currentData())

    @property
    def reason(self) -> str:
        """Who chose it."""
        if not self.inherited.isChecked():
            return self.tr("chosen for this mailing")
        return reason(self._resolved) if self._resolved else ""

    def set_streams(self, streams: Sequence[StreamView], chosen: int | None) -> None:
        """Offer the streams."""
        self._streams = {each.id: each for each in streams}
        self.stream.blockSignals(True)
        self.stream.clear()
        for each in streams:
            paused = self.tr(", paused") if each.paused else ""
            addresses = self.tr("%Ln address(es)", "", len(each.addresses))
            self.stream.addItem(self.tr("{} ({}{})").format(each.name, addresses, paused), each.id)
        self.stream.setCurrentIndex(max(0, self.stream.findData(chosen)))
        self.stream.blockSignals(False)
        (self.another if chosen is not None else self.inherited).setChecked(True)

    def show_resolution(self, resolved: Resolution) -> None:
        """Say which stream it is by association, and why."""
        self._resolved = resolved
        text = self.tr("{}, {}").format(resolved.stream.replace("&", "&&"), reason(resolved).replace("&", "&&"))
        self.inherited.setText(text)

    def show_obstacles(self, found: Sequence[Obstacle]) -> None:
        """Say who refuses the stream, and how many recipients that holds."""
        stream = self.chosen
        self.obstacles.set_rows(list(enumerate(found)))
        self.table.setVisible(bool(found))
        held = sum(each.recipients for each in found if each.held)
        if stream is not None and not stream.addresses:
            text, tone = self.tr("{} has no addresses yet: the mailing waits until it has."), Tone.WARNING
        elif stream is not None and stream.paused:
            text, tone = self.tr("{} is paused: the mailing waits until it is resumed."), Tone.WARNING
        elif held:
            text, tone = self.tr("%Ln recipient(s) will be held: no address of {} is open there.", "", held), Tone.HELD
        elif found:
            text, tone = self.tr("Some addresses of {} are refused; the others carry the mail."), Tone.WARNING
        else:
            text, tone = self.tr("Nobody whom this mailing goes to refuses {}."), Tone.GOOD
        self.tone = tone
        self.outlook.show_text(text.format(stream.name if stream else ""), tone)

    def _chosen(self, *_: object) -> None:
        self.stream.setEnabled(not self.inherited.isChecked())
        self.edited.emit()


def reason(resolved: Resolution) -> str:
    """Which rule chose a stream."""
    match resolved.rule:
        case ResolutionRule.MAILING:
            return translate("wizard", "chosen for this mailing")
        case ResolutionRule.SEGMENT:
            return translate("wizard", "the stream of segment {}").format(resolved.origin)
        case ResolutionRule.LIST:
            return translate("wizard", "the stream of list {}").format(resolved.origin)
        case ResolutionRule.SITE:
            return translate("wizard", "the stream of site {}").format(resolved.origin)
        case ResolutionRule.DEFAULT:
            return translate("wizard", "the server's default stream")


def _columns() -> tuple[Column[tuple[int, Obstacle]], ...]:
    return (
        Column("name", translate("wizard", "Provider or domain"), lambda row: row[1].name, width=34),
        Column(
            "recipients",
            translate("wizard", "Recipients"),
            lambda row: words.number(row[1].recipients),
            width=14,
            is_number=True,
            value=lambda row: row[1].recipients,
        ),
        Column(
            "state",
            translate("wizard", "Here and now"),
            lambda row: _mark(row[1]).word,
            width=32,
            mark=lambda row: _mark(row[1]),
        ),
    )


def _mark(obstacle: Obstacle) -> Mark:
    if obstacle.held:
        return Mark("pause-circle-outline", translate("wizard", "Held: no address is open"), Tone.HELD)
    text = translate("wizard", "{} of {} addresses refused").format(obstacle.blocked, obstacle.addresses)
    return Mark("cancel", text, Tone.BAD)
