"""The rule lab: replays the replies that were met lately against edited rules, and shows what would be decided otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from app.services import rule_trial
from app.services.problems import Problem
from app.services.rule_trial import LabResult
from app.services.rules import Replayed
from engine.replies import Verdict
from engine.rules import Rule
from ui import icons, words
from ui.models.row_table import RowTable
from ui.pages.rules_words import change_columns, verdict_word
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.notes import Note, quiet
from ui.widgets.tables import TableView


class LabPanel(QWidget):
    """*edited* gives the rules that are tried; it raises Problem when they are not in order yet."""

    def __init__(
        self, session: WindowSession, edited: Callable[[], Sequence[Rule]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._edited = session, edited
        self.result: LabResult | None = None
        self.days = QSpinBox(self)
        self.days.setRange(1, 365)
        self.days.setValue(7)
        self.days.setSuffix(self.tr(" days"))
        self.days.setAccessibleName(self.tr("Days whose replies are replayed"))
        label = QLabel(self.tr("Replies of the last"), self)
        label.setBuddy(self.days)
        self.run_button = QPushButton(icons.icon("play"), self.tr("Re&play"), self)
        self.run_button.setAutoDefault(False)
        self.run_button.clicked.connect(session.slot(self.run))
        self.note = Note(Tone.MUTED, self)
        self.model: RowTable[tuple[int, Replayed]] = RowTable(
            change_columns(session.now()), identity=lambda row: row[0], parent=self
        )
        self.table = TableView("rules/lab", self.tr("Replies that would be decided otherwise"), self)
        self.table.show_columns(self.model, session.layout_store)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.days)
        row.addWidget(self.run_button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        said = self.tr(
            "Every reply that refused something is decided once as things are and once with this rule in force."
        )
        column.addWidget(quiet(said, self))
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self.table, 1)

    async def run(self) -> None:
        """Replay, and show what would change."""
        try:
            rules = list(self._edited())
            self.run_button.setEnabled(False)
            result = await self._session.read(rule_trial.replay, rules, days=self.days.value())
        except Problem as problem:
            self.note.show_text(problem.sentence, Tone.BAD)
            return
        finally:
            self.run_button.setEnabled(True)
        self.result = result
        self.model.set_rows(list(enumerate(result.changes)))
        self.note.show_text(self._summary(result), self._tone(result))

    def _summary(self, result: LabResult) -> str:
        if not result.replies:
            return self.tr("No replies were kept in these days: nothing can be said.")
        number = len(result.changes)
        if not number:
            return self.tr("No reply would be decided otherwise; %Ln replayed.", "", result.replies)
        turns = Counter((each.before.verdict, each.after.verdict) for each in result.changes)
        said = ", ".join(
            f"{words.number(count)} × {verdict_word(before)} → {verdict_word(after)}"
            for (before, after), count in turns.most_common(4)
        )
        total = words.number(result.replies)
        return self.tr("{} of {} replies would be decided otherwise: {}").format(words.number(number), total, said)

    def _tone(self, result: LabResult) -> Tone:
        news = any(Verdict.BLOCK in (each.before.verdict, each.after.verdict) for each in result.changes)
        return Tone.WARNING if news else Tone.GOOD
