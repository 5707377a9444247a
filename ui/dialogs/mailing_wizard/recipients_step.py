"""The second step of the wizard: the list or segment, and how many of it get the mailing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.services.audience import Audience, Share
from app.services.lists import ListView
from app.services.segments import SegmentView
from ui import words
from ui.layout_store import LayoutStore
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.theme import Tone
from ui.widgets.form import Form
from ui.widgets.notes import Note, heading, quiet
from ui.widgets.tables import TableView

translate = QCoreApplication.translate


class RecipientsStep(QWidget):
    """``list_chosen`` when another list is chosen, ``edited`` for that and for another segment."""

    list_chosen = Signal()
    edited = Signal()

    def __init__(self, layout: LayoutStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.audience: Audience | None = None
        self._lists: dict[int, ListView] = {}
        self.form = Form(self)
        self.list = QComboBox(self)
        self.segment = QComboBox(self)
        self.form.add("list", self.tr("&List"), self.list)
        self.form.add("segment", self.tr("&Segment"), self.segment)
        self.count = heading("", self)
        self.taken_off = Note(Tone.MUTED, self)
        self.trouble = Note(Tone.BAD, self)
        self.shares: RowTable[tuple[int, Share]] = RowTable(_columns(), identity=lambda row: row[0], parent=self)
        self.table = TableView("wizard/shares", self.tr("Recipients by provider"), self)
        self.table.show_columns(self.shares, layout, sort=1, descending=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.form)
        column.addWidget(self.count)
        column.addWidget(self.taken_off)
        column.addWidget(self.trouble)
        column.addWidget(quiet(self.tr("By provider, or by domain where no mailing has met its provider yet:"), self))
        column.addWidget(self.table, 1)
        self.list.currentIndexChanged.connect(self._list_changed)
        self.segment.currentIndexChanged.connect(lambda _: self.edited.emit())

    @property
    def chosen_list(self) -> ListView | None:
        """The list that is chosen."""
        return self._lists.get(self.list.currentData())

    @property
    def segment_id(self) -> int | None:
        """The segment that is chosen, None for the whole list."""
        data = self.segment.currentData()
        return data if isinstance(data, int) else None

    def set_lists(self, lists: Sequence[ListView], chosen: int | None) -> None:
        """Offer the lists."""
        self._lists = {each.id: each for each in lists}
        self.list.blockSignals(True)
        self.list.clear()
        for each in lists:
            members = self.tr("%Ln member(s)", "", each.members)
            self.list.addItem(self.tr("{} ({}, {})").format(each.name, each.site, members), each.id)
        self.list.setCurrentIndex(max(0, self.list.findData(chosen)))
        self.list.blockSignals(False)

    def set_segments(self, segments: Sequence[SegmentView], chosen: int | None) -> None:
        """Offer the segments of the list."""
        self.segment.blockSignals(True)
        self.segment.clear()
        self.segment.addItem(self.tr("All members of the list"), None)
        for each in segments:
            self.segment.addItem(each.name, each.id)
        self.segment.setCurrentIndex(max(0, self.segment.findData(chosen)))
        self.segment.setEnabled(bool(segments))
        self.segment.blockSignals(False)

    def show_counting(self) -> None:
        """Say that the recipients are being counted."""
        self.trouble.show_text("")
        self.count.setText(self.tr("Counting…"))

    def show_trouble(self, sentence: str) -> None:
        """Say why they can't be counted."""
        self.audience = None
        self.count.setText("")
        self.trouble.show_text(sentence)

    def show_audience(self, audience: Audience) -> None:
        """Show who gets the mailing."""
        self.audience = audience
        self.trouble.show_text("")
        self.count.setText(self.tr("%Ln recipient(s)", "", audience.recipients))
        self.taken_off.show_text(self._taken_off(audience))
        self.shares.set_rows(list(enumerate(audience.shares)))

    def _taken_off(self, audience: Audience) -> str:
        parts = [self.tr("%Ln member(s) selected", "", audience.selected)]
        if audience.suppressed:
            parts.append(self.tr("%Ln suppressed and taken off", "", audience.suppressed))
        if audience.unsubscribed:
            parts.append(self.tr("%Ln unsubscribed and taken off", "", audience.unsubscribed))
        parts.append(self.tr("no duplicates: a list has each mailbox once"))
        return " · ".join(parts)

    def _list_changed(self) -> None:
        self.list_chosen.emit()
        self.edited.emit()


def _columns() -> tuple[Column[tuple[int, Share]], ...]:
    return (
        Column("name", translate("wizard", "Provider or domain"), lambda row: row[1].name, width=36),
        Column(
            "recipients",
            translate("wizard", "Recipients"),
            lambda row: words.number(row[1].recipients),
            width=14,
            is_number=True,
            value=lambda row: row[1].recipients,
        ),
        Column(
            "domains",
            translate("wizard", "Domains"),
            lambda row: ", ".join(row[1].domains[:8]) + ("…" if len(row[1].domains) > 8 else ""),
            width=60,
        ),
    )
