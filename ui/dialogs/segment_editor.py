"""Edits a segment: its name, its conditions, how many members they select now, and some of these."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QScrollArea, QSplitter, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import segments
from app.services.lists import ListView
from app.services.members import MemberView
from app.services.problems import BadValue, Problem
from app.services.segments import SegmentView
from ui import words
from ui.dialogs.segment_conditions import GroupBox
from ui.models.row_table import RowTable
from ui.pages.lists_members import member_columns
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.edit_dialog import EditDialog
from ui.widgets.form import Form
from ui.widgets.notes import Note, heading
from ui.widgets.tables import TableView

PAUSE_MS: Final = 300
"""How long after the last key the members are counted anew."""


class SegmentEditor(EditDialog):
    """``made`` is the segment as it was saved."""

    def __init__(
        self, session: WindowSession, mailing_list: ListView, segment: SegmentView | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, "", "", parent)
        self._list, self._segment = mailing_list, segment
        self.made: SegmentView | None = None
        self._counting: asyncio.Task[Any] | None = None
        self.name = QLineEdit(segment.name if segment else "", self)
        self.name.textChanged.connect(self._name_typed)
        self.form = Form(self)
        self.form.add("name", self.tr("&Name"), self.name)
        self.conditions = GroupBox(mailing_list.fields, segment.where if segment else None, 1, self)
        self.count = heading(self.tr("Counting…"), self)
        self.trouble = Note(Tone.MUTED, self)
        self.model: RowTable[MemberView] = RowTable(member_columns(session), identity=lambda row: row.id, parent=self)
        self.table = TableView("segment/sample", self.tr("Some of the members"), self)
        self.table.show_columns(self.model, session.layout_store)
        self._lay_out()
        self._before = self._values()
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._count_soon)
        self.conditions.edited.connect(self._conditions_typed)
        if segment:
            self.setWindowTitle(self.tr("Edit segment of {}").format(mailing_list.name))
            self.save_button.setText(self.tr("&Save"))
        else:
            self.setWindowTitle(self.tr("New segment of {}").format(mailing_list.name))
            self.save_button.setText(self.tr("&Create segment"))
        self.edited()
        self._count_soon()

    def is_changed(self) -> bool:
        """Whether name or conditions differ from what was there."""
        return self._values() != self._before

    def is_complete(self) -> bool:
        """Whether it has a name."""
        return bool(self.name.text().strip())

    async def save(self) -> None:
        """Create or edit it."""
        name, where = self.name.text(), self.conditions.data()
        if self._segment is None:
            self.made = await self.session.write(segments.create, name=name, list_id=self._list.id, where=where)
        else:
            self.made = await self.session.write(segments.edit, self._segment.id, name=name, where=where)

    def show_problem(self, problem: Problem) -> None:
        """Say it at the name, or at the condition that it is about."""
        if isinstance(problem, BadValue) and problem.field == "where":
            path, _, sentence = problem.sentence.partition(": ")
            self.conditions.show_error(path, f"{sentence[:1].upper()}{sentence[1:]}")
        else:
            self.form.show_problem(problem)

    async def look(self) -> None:
        """Count whom the conditions select, and show some."""
        try:
            number, some = await self.session.read(_look, self._list.id, self.conditions.data())
        except BadValue as problem:
            self.count.setText(words.NONE)
            where, _, what = problem.sentence.partition(": ")
            part = where.rpartition(".")[2]  # "all[0].value": the rows above are seen, their numbers are not
            self.trouble.show_text(self.tr("Not complete yet: {}").format(f"{part} {what}"))
            return
        self.conditions.clear_errors()
        self.trouble.show_text("")
        self.count.setText(self.tr("%Ln member(s) selected", "", number))
        self.model.set_rows(some)

    def _values(self) -> tuple[object, ...]:
        return self.name.text(), self.conditions.data()

    def _name_typed(self) -> None:
        self.form.clear_errors()
        self.edited()

    def _conditions_typed(self) -> None:
        self.edited()
        self._timer.start()

    def _count_soon(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
        self._counting = self.session.spawn(self.look(), self)

    def _lay_out(self) -> None:
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setAccessibleName(self.tr("Conditions"))
        inside = QWidget(area)
        inside_column = QVBoxLayout(inside)
        inside_column.setContentsMargins(0, 0, 0, 0)
        inside_column.addWidget(self.conditions)
        inside_column.addStretch(1)
        area.setWidget(inside)
        below = QWidget(self)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.count)
        column.addWidget(self.trouble)
        column.addWidget(self.table, 1)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(area)
        splitter.addWidget(below)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        self.body.addWidget(self.form)
        self.body.addWidget(splitter, 1)
        self.resize(self.fontMetrics().averageCharWidth() * 110, self.fontMetrics().height() * 38)


def _look(session: Session, list_id: int, where: object) -> tuple[int, list[MemberView]]:
    node = segments.read_where(session, list_id, where)
    return segments.count(session, list_id, node), segments.sample(session, list_id, node)
