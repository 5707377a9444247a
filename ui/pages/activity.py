"""The activity page: what people and the engine did, when, and what it was before; undone from here where that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.database.changes import ALERTS, BLOCKS, LISTS, WORLD
from app.services import activity
from app.services.activity import ActivityFilter, ActivityLine, ActivitySort, Who
from engine.blocks import ENGINE
from ui import words
from ui.models.activity_words import action_words, kind_word
from ui.models.columns import Column
from ui.models.lazy_table import LazyTable
from ui.pages.page import Page
from ui.session import WindowSession
from ui.theme import Tone
from ui.whole_file import whole_file
from ui.widgets.dialogs import file_to_save
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.marks import Mark
from ui.widgets.notes import ToneLabel
from ui.widgets.reply_view import FlowText
from ui.widgets.tables import TableView

translate = QCoreApplication.translate
_PLACE: Final = "activity"


class ActivityPage(Page):
    """One table, and the selected line in full below it."""

    topics = frozenset({WORLD, BLOCKS, LISTS, ALERTS})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.filter_hint = self.tr("Filter by person, thing or words")
        self.help = _help(self)
        self._wanted = ActivityFilter()
        self.who = self._box(
            ((self.tr("Everybody"), Who.ALL), (self.tr("People"), Who.PEOPLE), (self.tr("The engine"), Who.ENGINE))
        )
        self.kind = self._box(((self.tr("Everything"), ""),))
        self.model: LazyTable[ActivityLine] = LazyTable(
            session,
            _columns(session),
            read_order=self._read_order,
            read_rows=activity.rows,
            identity=lambda line: line.key,
            parent=self,
        )
        self.table = TableView("activity/table", self.tr("Activity"), self)
        self.table.show_columns(self.model, session.layout_store)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_line())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_actions())
        self.model.dataChanged.connect(lambda *_: self._show_line())
        self.subject = FlowText(self.tr("What it was done to"), self)
        self.before = FlowText(self.tr("Before"), self)
        self.after = FlowText(self.tr("After"), self)
        self._build()
        for box in (self.who, self.kind):
            box.currentIndexChanged.connect(self._filter)
        self.undo_action = self.add_action(self.tr("&Undo this"), session.slot(self.undo), icon="undo")
        self.copy_action = self.add_action(
            self.tr("&Copy"), self._copy, icon="content-copy", shortcut=QKeySequence.StandardKey.Copy, in_tool_bar=False
        )
        self.add_separator()
        self.export_action = self.add_action(self.tr("&Export…"), session.slot(self.export), icon="download")
        self._show_actions()

    def _build(self) -> None:
        self.lists = ListOrEmpty(
            self.table,
            EmptyState(
                "history",
                self.tr("Nothing was done yet"),
                self.tr("Everything that you, your colleagues and the engine change is kept here."),
            ),
            self,
        )
        self.model.loaded.connect(self._loaded)
        filters = QHBoxLayout()
        for text, box in ((self.tr("&Who"), self.who), (self.tr("W&hat"), self.kind)):
            label = QLabel(text, self)
            label.setBuddy(box)
            box.setAccessibleName(text.replace("&", ""))
            filters.addWidget(label)
            filters.addWidget(box)
            filters.addSpacing(8)
        filters.addStretch(1)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(self.lists)
        self.splitter.addWidget(self._details())
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setChildrenCollapsible(False)
        self.session.layout_store.restore_splitter(_PLACE, self.splitter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(filters)
        column.addWidget(self.splitter, 1)

    def _details(self) -> QWidget:
        self._panel = QWidget(self)
        column = QVBoxLayout(self._panel)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.subject)
        self._before_label = ToneLabel(self.tr("Before"), Tone.MUTED, self)
        self._after_label = ToneLabel(self.tr("After"), Tone.MUTED, self)
        for label, text in ((self._before_label, self.before), (self._after_label, self.after)):
            row = QHBoxLayout()
            label.setFixedWidth(self.fontMetrics().averageCharWidth() * 10)
            row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(text, 1)
            column.addLayout(row)
        column.addStretch(1)
        self._panel.hide()
        return self._panel

    def _box(self, entries: Sequence[tuple[str, str]]) -> QComboBox:
        box = QComboBox(self)
        for text, value in entries:
            box.addItem(text, value)
        return box

    # What the frame asks

    async def load(self) -> None:
        known = await self.session.read(activity.kinds)
        have = {self.kind.itemData(row) for row in range(self.kind.count())}
        for kind in known:
            if kind not in have:
                self.kind.addItem(kind_word(kind), kind)
        await self.model.refresh()

    def set_filter(self, text: str) -> None:
        self._wanted = ActivityFilter(text, self._wanted.who, self._wanted.kind)
        self.model.refresh_soon()

    def save_state(self) -> None:
        self.table.keep(self.session.layout_store)
        if self._panel.isVisible():
            self.session.layout_store.keep_splitter(_PLACE, self.splitter)

    # Acting

    async def undo(self) -> None:
        """Take back what the selected line tells."""
        line = self._line()
        if line is not None:
            await self.session.write(activity.take_back, line.key)
            self.session.tell_done(self.tr("Undone: {}").format(action_words(line.action)))

    async def export(self) -> None:
        """Write the lines that are shown, in their order, to a file that the person chooses."""
        name = await file_to_save(self, self.tr("Export activity"), "activity.csv", self.tr("CSV (*.csv)"))
        if name:
            number = await self.session.read(_export, Path(name), self.model.ids)
            self.session.tell_done(self.tr("%Ln line(s) written", "", number))

    def _copy(self) -> None:
        rows = [self.model.row(index) for index in self.table.selected_rows()]
        lines = [
            "\t".join((words.exact(row.at), row.actor, action_words(row.action), row.subject, row.before, row.after))
            for row in rows
            if row is not None
        ]
        QGuiApplication.clipboard().setText("\n".join(words.one_line(line) for line in lines))

    # Showing

    def _filter(self) -> None:
        self._wanted = ActivityFilter(self._wanted.text, Who(self.who.currentData()), self.kind.currentData())
        self.model.refresh_soon()

    def _loaded(self) -> None:
        self.lists.show_empty(not self.model.rowCount() and self._wanted == ActivityFilter())
        self._show_line()

    def _line(self) -> ActivityLine | None:
        return self.model.row(self.table.currentIndex())

    def _show_line(self) -> None:
        line = self._line()
        self._panel.setVisible(line is not None)
        if line is not None:
            self.subject.show_text(words.one_line(f"{action_words(line.action)} – {line.subject}"))
            for label, text, told in (
                (self._before_label, self.before, line.before),
                (self._after_label, self.after, line.after),
            ):
                label.setVisible(bool(told))
                text.setVisible(bool(told))
                text.show_text(words.one_line(told))
        self._show_actions()

    def _show_actions(self) -> None:
        line = self._line()
        self.undo_action.setEnabled(line is not None and activity.can_take_back(line))
        self.copy_action.setEnabled(line is not None)

    def _read_order(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        order, descending = (sort, descending) if sort is not None else (ActivitySort.AT, True)
        return activity.keys(session, self._wanted, sort=order, descending=descending)


def _export(session: Session, path: Path, keys: Sequence[int]) -> int:
    with whole_file(path) as file:
        return activity.export_csv(session, file, keys)


def _columns(session: WindowSession) -> tuple[Column[ActivityLine], ...]:
    return (
        Column(
            "at",
            translate("activity", "Time"),
            lambda line: words.ago(line.at, session.now()),
            sort=ActivitySort.AT,
            width=14,
            tip=lambda line: words.exact(line.at),
        ),
        Column(
            "actor",
            translate("activity", "Who"),
            lambda line: words.one_line(line.actor),
            sort=ActivitySort.ACTOR,
            width=16,
            mark=_mark,
        ),
        Column(
            "action",
            translate("activity", "What"),
            lambda line: action_words(line.action),
            sort=ActivitySort.ACTION,
            width=32,
        ),
        Column(
            "subject",
            translate("activity", "Of what"),
            lambda line: words.one_line(line.subject),
            sort=ActivitySort.SUBJECT,
            width=40,
            tip=lambda line: words.one_line(line.subject),
        ),
        Column("change", translate("activity", "Before → after"), _change, width=60),
    )


def _mark(line: ActivityLine) -> Mark:
    if line.actor == ENGINE:
        return Mark("cog-outline", "", Tone.MUTED)
    return Mark("account-outline", "", Tone.ACCENT)


def _change(line: ActivityLine) -> str:
    if line.before and line.after:
        return words.one_line(f"{line.before} → {line.after}")
    return words.one_line(line.after or line.before)


def _help(page: QWidget) -> str:
    return page.tr(
        "<p>Everything that was changed, by whom and when, with what it was before. Nothing can be removed from here.</p>"
        "<p><b>Undo this</b> takes back the selected line, where nobody has gone on from it. What you did in this window is"
        " also in the Edit menu.</p>"
    )
