"""Edits a rule of the administrator, tries it on a reply, and replays what was met lately before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.services import own_rules, rule_trial
from app.services.problems import BadValue, Problem
from engine.replies import Stage
from engine.rules import Rule
from ui import icons, words
from ui.pages.rules_form import RuleForm
from ui.pages.rules_lab import LabPanel
from ui.pages.rules_words import answer, stage_word
from ui.session import WindowSession
from ui.theme import Tone, fixed_font
from ui.widgets.edit_dialog import EditDialog
from ui.widgets.notes import Note, quiet


class RuleEditor(EditDialog):
    """A new rule, an own one, or the view of a bundled one. ``base`` is what the form begins with, None: it is empty."""

    def __init__(
        self,
        session: WindowSession,
        base: Rule | None,
        *,
        is_new: bool,
        is_bundled: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, "", "", parent)
        self._base, self._is_new = base, is_new
        self.form = RuleForm(self)
        if base is not None:
            self.form.show_rule(base)
        self.form.id.setReadOnly(not is_new)
        self.reply = QLineEdit(self)
        self.reply.setFont(fixed_font())
        self.stage = QComboBox(self)
        self.stage.addItem(self.tr("Any stage"), None)
        for stage in Stage:
            self.stage.addItem(stage_word(stage), stage.value)
        self.try_button = QPushButton(icons.icon("flask-outline"), self.tr("&Try"), self)
        self.try_button.setAutoDefault(False)
        self.answer = Note(Tone.MUTED, self)
        self.lab = LabPanel(session, lambda: (self.form.rule(),), self)
        self.form.addTab(self._reply_tab(), self.tr("Tr&y a reply"))
        self.form.addTab(self.lab, self.tr("Rule &lab"))
        self.body.addWidget(self.form, 1)
        if is_bundled:
            self.setWindowTitle(self.tr("Bundled rule"))
            self.body.insertWidget(0, quiet(self.tr("Bundled rules can't be edited; copy one to change it."), self))
            self.save_button.hide()
        elif is_new:
            self.setWindowTitle(self.tr("New rule"))
            self.save_button.setText(self.tr("&Add rule"))
        else:
            self.setWindowTitle(self.tr("Edit rule"))
            self.save_button.setText(self.tr("&Save"))
        self._is_bundled = is_bundled
        self._before: Mapping[str, Any] = self.form.values() if not is_new or base is None else {}
        self.form.edited.connect(self._typed)
        self.try_button.clicked.connect(session.slot(self.try_reply))
        self.reply.returnPressed.connect(session.slot(self.try_reply))
        self.resize(self.fontMetrics().averageCharWidth() * 110, self.fontMetrics().height() * 38)
        self.edited()

    def is_changed(self) -> bool:
        """Whether something else stands in the form than at first."""
        return not self._is_bundled and self.form.values() != self._before

    async def save(self) -> None:
        """Check the rule and write it."""
        rule = self.form.rule()
        if self._is_new:
            await self.session.write(own_rules.add, rule)
        else:
            await self.session.write(own_rules.edit, rule.id, rule)

    def show_problem(self, problem: Problem) -> None:
        """Say it beside the field that it is about."""
        if not (isinstance(problem, BadValue) and self.form.show_error(problem.sentence)):
            super().show_problem(problem)

    async def try_reply(self) -> None:
        """Decide about the reply with this rule in force."""
        text = self.reply.text().replace("\\n", "\n")
        stage = self.stage.currentData()
        try:
            given = await self.session.read(
                rule_trial.try_reply, self.form.rule(), text, None if stage is None else Stage(stage)
            )
        except Problem as problem:
            self.answer.show_text(problem.sentence, Tone.BAD)
            return
        is_this = given.rule == self.form.id.text().strip()
        said = " · ".join(part for part in (answer(given), words.one_line(given.reason), given.advice) if part)
        self.answer.show_text(said, Tone.GOOD if is_this else Tone.MUTED)

    def _typed(self) -> None:
        self.form.clear_errors()
        self.banner.dismiss()
        self.edited()

    def _reply_tab(self) -> QWidget:
        tab = QWidget(self)
        label = QLabel(self.tr("A reply as a &server sent it"), tab)
        label.setBuddy(self.reply)
        self.reply.setAccessibleName(self.tr("Reply to try"))
        self.stage.setAccessibleName(self.tr("Stage of the reply"))
        stage = QLabel(self.tr("at sta&ge"), tab)
        stage.setBuddy(self.stage)
        row = QHBoxLayout()
        row.addWidget(stage)
        row.addWidget(self.stage)
        row.addWidget(self.try_button)
        row.addStretch(1)
        column = QVBoxLayout(tab)
        column.addWidget(label)
        column.addWidget(self.reply)
        column.addLayout(row)
        column.addWidget(self.answer)
        column.addStretch(1)
        return tab


def copy_of(rule: Rule, taken: set[str]) -> Rule:
    """A rule like *rule* under a free id, in shadow at first."""
    number, free = 1, f"own.{rule.id}"
    while free in taken:
        number += 1
        free = f"own.{rule.id}-{number}"
    return replace(rule, id=free, shadow=True, enabled=True)
