"""The form of a rule: its fields as widgets, and as values that app.services.own_rules reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.services import own_rules
from engine.replies import Scope, Stage, Verdict
from engine.rules import Rule
from ui.pages.rules_words import scope_word, stage_word, verdict_word
from ui.theme import fixed_font
from ui.widgets.form import Form
from ui.widgets.notes import quiet

_EXAMPLE: Final = re.compile(r"the (counter-)?example (.*)", re.DOTALL)
_FIELD: Final = re.compile(r":\s*([a-z_]+): (.*)", re.DOTALL)


class RuleForm(QTabWidget):
    """``edited`` on every change. Texts may be wrong; they stay what was typed."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.main, self.examples_form, self.more = Form(self), Form(self), Form(self)
        self.id = self._line(self.main, "id", self.tr("&Id"), self.tr("Small letters, digits, dots, hyphens."))
        self.state = QComboBox(self)
        for word, key in (
            (self.tr("On"), "on"),
            (self.tr("Shadow: matches are only logged"), "shadow"),
            (self.tr("Off"), "off"),
        ):
            self.state.addItem(word, key)
        self.main.add("state", self.tr("S&tate"), self._watched(self.state))
        self.pattern = self._text(self.main, "pattern", self.tr("&Pattern"))
        self.verdict = QComboBox(self)
        for verdict in Verdict:
            if verdict is not Verdict.ACCEPTED:
                self.verdict.addItem(verdict_word(verdict), verdict.value)
        self.main.add("verdict", self.tr("&Verdict"), self._watched(self.verdict))
        self.scope = QComboBox(self)
        for scope in Scope:
            self.scope.addItem(scope_word(scope), scope.value)
        self.main.add("scope", self.tr("Blocks &reach"), self._watched(self.scope))
        self.codes = self._line(
            self.main, "codes", self.tr("&Codes"), self.tr("Such as 550, 5xx, with commas; empty: any.")
        )
        self.reason = self._line(
            self.main, "reason", self.tr("Reason"), self.tr("Behind “the provider …”; {ip} and {list} are filled in.")
        )
        self.advice = self._line(self.main, "advice", self.tr("&Advice"))
        self.examples = self._text(self.examples_form, "examples", self.tr("M&ust match"))
        self.counter_examples = self._text(self.examples_form, "counter_examples", self.tr("Must &not match"))
        self.examples_form.add_wide(
            quiet(self.tr("One reply in each line; \\n where the reply itself has lines."), self)
        )
        self._add_more()
        for form, title in (
            (self.main, self.tr("&Rule")),
            (self.examples_form, self.tr("&Examples")),
            (self.more, self.tr("&More")),
        ):
            self.addTab(_scrolling(form, self), title)

    def show_rule(self, rule: Rule) -> None:
        """Fill the form."""
        self.id.setText(rule.id)
        self.state.setCurrentIndex(
            self.state.findData("off" if not rule.enabled else "shadow" if rule.shadow else "on")
        )
        self.pattern.setPlainText(rule.pattern)
        self.verdict.setCurrentIndex(self.verdict.findData(rule.verdict.value))
        self.scope.setCurrentIndex(self.scope.findData(rule.scope.value))
        self.codes.setText(", ".join(rule.codes))
        self.enhanced.setText(", ".join(rule.enhanced))
        self.provider.setText(rule.provider)
        self.reason.setText(rule.reason)
        self.advice.setText(rule.advice)
        self.source.setText(rule.source)
        self.note.setText(rule.note)
        self.permanent.setChecked(rule.permanent)
        self.probe.setText("" if rule.probe_interval_seconds is None else str(rule.probe_interval_seconds))
        self.match_count.setText("" if rule.threshold is None else str(rule.threshold.count))
        self.period.setText("" if rule.threshold is None else str(rule.threshold.period_seconds))
        self.examples.setPlainText(_lines(rule.examples))
        self.counter_examples.setPlainText(_lines(rule.counter_examples))
        for stage, box in self.stages.items():
            box.setChecked(stage in rule.stages)

    def values(self) -> Mapping[str, Any]:
        """The values of the form, by the fields of a rule."""
        state = self.state.currentData()
        threshold = None
        if self.match_count.text().strip() or self.period.text().strip():
            threshold = {"count": _whole(self.match_count.text()), "period_seconds": _whole(self.period.text())}
        return {
            "id": self.id.text().strip(),
            "provider": self.provider.text().strip(),
            "stages": [stage.value for stage, box in self.stages.items() if box.isChecked()],
            "codes": _items(self.codes.text()),
            "enhanced": _items(self.enhanced.text()),
            "pattern": self.pattern.toPlainText().strip(),
            "verdict": self.verdict.currentData(),
            "scope": self.scope.currentData(),
            "threshold": threshold,
            "permanent": self.permanent.isChecked(),
            "probe_interval_seconds": _whole(self.probe.text()) if self.probe.text().strip() else None,
            "reason": self.reason.text().strip(),
            "advice": self.advice.text().strip(),
            "source": self.source.text().strip(),
            "note": self.note.text().strip(),
            "examples": _replies(self.examples.toPlainText()),
            "counter_examples": _replies(self.counter_examples.toPlainText()),
            "shadow": state == "shadow",
            "enabled": state != "off",
        }

    def rule(self) -> Rule:
        """The rule in the form; raises BadValue when it is not in order."""
        return own_rules.parse(self.values())

    def show_error(self, sentence: str) -> bool:
        """Show what a rule's check says beside the field that it is about; False when it is about none."""
        self.clear_errors()
        field, words = _field_of(sentence)
        for at, form in enumerate((self.main, self.examples_form, self.more)):
            if form.has_field(field):
                self.setCurrentIndex(at)
                form.set_error(field, f"{words[:1].upper()}{words[1:]}")
                return True
        return False

    def clear_errors(self) -> None:
        """Take all errors away."""
        for form in (self.main, self.examples_form, self.more):
            form.clear_errors()

    def errors(self) -> list[str]:
        """What is said beside fields."""
        fields = ("id", "pattern", "codes", "enhanced", "examples", "counter_examples", "threshold", "reason")
        forms = (self.main, self.examples_form, self.more)
        return [form.error(field) for form in forms for field in fields if form.has_field(field) and form.error(field)]

    def _add_more(self) -> None:
        more = self.more
        self.stages = {stage: QCheckBox(stage_word(stage), self) for stage in Stage}
        boxes = QWidget(self)
        grid = QGridLayout(boxes)
        grid.setContentsMargins(0, 0, 0, 0)
        for at, box in enumerate(self.stages.values()):
            box.toggled.connect(self.edited)
            grid.addWidget(box, at // 3, at % 3)
        more.add("stages", self.tr("Stages"), boxes, hint=self.tr("None checked: any."))
        self.enhanced = self._line(more, "enhanced", self.tr("Enhanced codes"), self.tr("Such as 5.7.1, x.7.x."))
        self.provider = self._line(more, "provider", self.tr("Provider"))
        self.permanent = QCheckBox(self.tr("Testing makes no sense: only a person clears such blocks"), self)
        self.permanent.toggled.connect(self.edited)
        more.add("permanent", "", self.permanent)
        self.permanent.setAccessibleName(self.permanent.text())
        self.probe = self._line(
            more, "probe_interval_seconds", self.tr("Test every"), self.tr("Seconds; empty: as the setting says.")
        )
        self.match_count = self._line(
            more, "threshold", self.tr("Counts from match"), self.tr("The n-th within a period.")
        )
        self.period = self._line(more, "period", self.tr("… within"), self.tr("Seconds."))
        self.source = self._line(more, "source", self.tr("Source"))
        self.note = self._line(more, "note", self.tr("Note"))

    def _line(self, form: Form, field: str, label: str, hint: str = "") -> QLineEdit:
        edit = QLineEdit(self)
        edit.textChanged.connect(self.edited)
        form.add(field, label, edit, hint=hint)
        return edit

    def _text(self, form: Form, field: str, label: str) -> QPlainTextEdit:
        edit = QPlainTextEdit(self)
        edit.setFont(fixed_font())
        edit.setTabChangesFocus(True)
        edit.setMinimumHeight(edit.fontMetrics().height() * 4)
        edit.textChanged.connect(self.edited)
        form.add(field, label, edit, tall=True)
        return edit

    def _watched(self, box: QComboBox) -> QComboBox:
        box.currentIndexChanged.connect(lambda _: self.edited.emit())
        return box


def _scrolling(form: Form, parent: QWidget) -> QScrollArea:
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    inside = QWidget(area)
    column = QVBoxLayout(inside)
    column.setContentsMargins(4, 8, 8, 4)
    column.addWidget(form)
    area.setWidget(inside)
    return area


def _field_of(sentence: str) -> tuple[str, str]:
    """The field that a check is about, and what it says of it; the words of :mod:`engine.rules`."""
    example = _EXAMPLE.search(sentence)
    if example is not None:
        field = "counter_examples" if example[1] else "examples"
        return field, example[2]
    found = _FIELD.search(sentence)
    return (found[1], found[2]) if found else ("", sentence)


def _items(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _whole(text: str) -> int | str:
    """A whole number, or what was typed instead, for the check to refuse."""
    return int(text) if text.strip().isascii() and text.strip().isdigit() else text.strip()


def _lines(replies: Sequence[str]) -> str:
    return "\n".join(reply.replace("\n", "\\n") for reply in replies)


def _replies(text: str) -> list[str]:
    return [line.strip().replace("\\n", "\n") for line in text.splitlines() if line.strip()]
