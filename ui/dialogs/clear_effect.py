"""Before many blocks are cleared, or a pair is exempt: what that will do, and the button that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.database.problems import DatabaseProblem
from app.services import block_reports
from app.services.block_reports import Effect, Load
from app.services.problems import Problem
from ui import words
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.notes import Note, heading, quiet
from ui.widgets.tables import TableView

_WIDTH: Final = 68
"""Average characters."""
_MOST_ROWS: Final = 8


class ClearEffectDialog(QDialog):
    """``block_ids`` are what *find* found: what the person has agreed to.

    *verb* is on the button ("Clear {} blocks"), with the number in place of {}.
    """

    def __init__(
        self,
        session: WindowSession,
        title: str,
        explanation: str,
        verb: str,
        find: Callable[[Session], Sequence[int]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._verb, self._find = session, verb, find
        self.block_ids: Sequence[int] = ()
        self.setWindowTitle(title)
        self.setModal(True)
        head = heading(title, self)
        head.setWordWrap(True)
        self.effect = QLabel(self.tr("Looking what this will do…"), self)
        self.effect.setWordWrap(True)
        self.effect.setTextFormat(Qt.TextFormat.PlainText)
        self.problem = Note(Tone.BAD, self)
        self.loads: RowTable[Load] = RowTable(
            _columns(self), identity=lambda load: hash(load.sending_address), parent=self
        )
        self.table = TableView("", self.tr("Recipients by sending address"), self)
        self.table.show_columns(self.loads, session.layout_store)
        self.table.hide()
        self.buttons = QDialogButtonBox(self)
        self.act_button = QPushButton(verb.format("…"), self)
        self.act_button.setEnabled(False)
        self.act_button.setDefault(True)
        self.buttons.addButton(self.act_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (head, quiet(explanation, self), self.effect, self.problem):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addWidget(self.buttons)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * _WIDTH)
        session.spawn(self._look(), self)

    async def _look(self) -> None:
        try:
            self.block_ids, effect = await self._session.read(self._read)
        except (Problem, DatabaseProblem) as problem:
            self.effect.setText("")
            self.problem.show_text(problem.sentence)
            return
        self._show(effect)

    def _read(self, session: Session) -> tuple[Sequence[int], Effect]:
        ids = self._find(session)
        return ids, block_reports.effect_of_clearing(session, ids)

    def _show(self, effect: Effect) -> None:
        if not effect.blocks:
            self.effect.setText(self.tr("There is nothing to do: no block matches any more."))
            return
        pairs = self.tr("%Ln block(s) will open at once, without a slow start.", "", effect.blocks)
        if effect.released:
            released = self.tr("%Ln recipient(s) who wait now are sent, over these addresses:", "", effect.released)
            self.effect.setText(f"{pairs} {released}")
        else:
            self.effect.setText(self.tr("{} Nobody waits for them.").format(pairs))
        self.loads.set_rows(effect.loads)
        self.table.setVisible(bool(effect.loads))
        rows = min(len(effect.loads), _MOST_ROWS) + 2
        self.table.setMinimumHeight(rows * self.table.verticalHeader().defaultSectionSize())
        self.adjustSize()
        self.act_button.setText(self._verb.format(words.number(effect.blocks)))
        self.act_button.setEnabled(True)
        self.act_button.setFocus()


def _columns(dialog: QDialog) -> tuple[Column[Load], ...]:
    return (
        Column("address", dialog.tr("Sending address"), lambda load: load.sending_address, width=42, is_fixed=True),
        Column(
            "recipients",
            dialog.tr("Recipients"),
            lambda load: words.number(load.recipients),
            width=14,
            is_number=True,
            value=lambda load: load.recipients,
        ),
    )
