"""Rows of conditions, in groups that may stand in groups: what a segment selects, as widgets and as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.services.conditions import MOST_LEVELS, Condition, Group, Match, Node, Operator, operators_for, to_data
from app.services.names import BUILT_IN_FIELDS
from ui import icons
from ui.theme import Tone
from ui.widgets.notes import Note

translate = QCoreApplication.translate
_STEP = re.compile(r"^(?:all|any)\[(\d+)\]\.?")
_WITHOUT_VALUE = (Operator.IS_SET, Operator.IS_EMPTY)
_DATES = (Operator.BEFORE, Operator.AFTER)


def operator_word(operator: Operator) -> str:
    """What an operator is called between a field and a value."""
    return {
        Operator.EQUALS: translate("segments", "is"),
        Operator.NOT_EQUALS: translate("segments", "is not"),
        Operator.CONTAINS: translate("segments", "contains"),
        Operator.STARTS_WITH: translate("segments", "starts with"),
        Operator.ENDS_WITH: translate("segments", "ends with"),
        Operator.IN: translate("segments", "is one of"),
        Operator.GREATER: translate("segments", "is greater than"),
        Operator.LESS: translate("segments", "is less than"),
        Operator.BEFORE: translate("segments", "is before"),
        Operator.AFTER: translate("segments", "is after"),
        Operator.IS_SET: translate("segments", "has a value"),
        Operator.IS_EMPTY: translate("segments", "has no value"),
    }[operator]


def field_word(field: str) -> str:
    """What a field is called."""
    known = {
        "address": translate("segments", "Address"),
        "name": translate("segments", "Name"),
        "domain": translate("segments", "Domain"),
        "joined": translate("segments", "Joined on"),
    }
    return known.get(field, field)


class ConditionRow(QWidget):
    """Field, operator, value. ``removed`` when the person takes it away."""

    edited = Signal()
    removed = Signal()

    def __init__(self, fields: Sequence[str], condition: Condition | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QComboBox(self)
        self.field.setAccessibleName(self.tr("Field"))
        for name in (*BUILT_IN_FIELDS, *fields):
            self.field.addItem(field_word(name), name)
        self.operator = QComboBox(self)
        self.operator.setAccessibleName(self.tr("Operator"))
        self.value = QLineEdit(self)
        self.value.setAccessibleName(self.tr("Value"))
        self.remove_button = QToolButton(self)
        self.remove_button.setIcon(icons.icon("close"))
        self.remove_button.setAutoRaise(True)
        self.remove_button.setToolTip(self.tr("Remove this condition"))
        self.remove_button.setAccessibleName(self.tr("Remove this condition"))
        self.remove_button.clicked.connect(self.removed)
        self.error = Note(Tone.BAD, self)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.field, 2)
        line.addWidget(self.operator, 2)
        line.addWidget(self.value, 3)
        line.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.error)
        self._show_operators()
        if condition is not None:
            self._show(condition)
        self._show_value()
        self.field.currentIndexChanged.connect(self._field_chosen)
        self.operator.currentIndexChanged.connect(self._operator_chosen)
        self.value.textChanged.connect(self.edited)

    def data(self) -> Mapping[str, object]:
        """The condition as data of app.services.conditions."""
        operator = Operator(self.operator.currentData())
        found: dict[str, object] = {"field": self.field.currentData(), "operator": operator.value}
        if operator is Operator.IN:
            found["value"] = [each.strip() for each in self.value.text().split(",") if each.strip()]
        elif operator not in _WITHOUT_VALUE:
            found["value"] = self.value.text() or None
        return found

    def show_error(self, path: str, sentence: str) -> bool:
        """Say what is wrong here; *path* is what is left of the sentence's path."""
        self.error.show_text(sentence)
        (self.value if path.startswith("value") else self.operator).setFocus()
        return True

    def clear_errors(self) -> None:
        """Take the error away."""
        self.error.show_text("")

    def _show(self, condition: Condition) -> None:
        data = to_data(condition)
        self.field.setCurrentIndex(self.field.findData(condition.field))
        self._show_operators()
        self.operator.setCurrentIndex(self.operator.findData(condition.operator.value))
        value = data.get("value", "")
        self.value.setText(", ".join(value) if isinstance(value, list) else str(value))

    def _field_chosen(self) -> None:
        self._show_operators()
        self._operator_chosen()

    def _operator_chosen(self) -> None:
        self._show_value()
        self.edited.emit()

    def _show_operators(self) -> None:
        before = self.operator.currentData()
        self.operator.blockSignals(True)
        self.operator.clear()
        for operator in operators_for(self.field.currentData()):
            self.operator.addItem(operator_word(operator), operator.value)
        self.operator.setCurrentIndex(max(0, self.operator.findData(before)))
        self.operator.blockSignals(False)

    def _show_value(self) -> None:
        operator = Operator(self.operator.currentData())
        self.value.setVisible(operator not in _WITHOUT_VALUE)
        if self.field.currentData() == "joined" or operator in _DATES:
            self.value.setPlaceholderText(self.tr("2024-05-31"))
        elif operator is Operator.IN:
            self.value.setPlaceholderText(self.tr("several, with commas between them"))
        else:
            self.value.setPlaceholderText("")


class GroupBox(QFrame):
    """Conditions and groups that must all hold, or of which one must."""

    edited = Signal()
    removed = Signal()

    def __init__(self, fields: Sequence[str], node: Node | None, level: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = tuple(fields)
        self._level = level
        self.parts: list[ConditionRow | GroupBox] = []
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.match = QComboBox(self)
        self.match.addItem(self.tr("all of these hold"), Match.ALL.value)
        self.match.addItem(self.tr("any of these holds"), Match.ANY.value)
        self.match.setAccessibleName(self.tr("How the conditions are joined"))
        self.match.currentIndexChanged.connect(lambda _: self.edited.emit())
        label = QLabel(self.tr("Members for whom") if level == 1 else self.tr("and in here"), self)
        label.setBuddy(self.match)
        self.remove_button = QToolButton(self)
        self.remove_button.setIcon(icons.icon("close"))
        self.remove_button.setAutoRaise(True)
        self.remove_button.setToolTip(self.tr("Remove this group"))
        self.remove_button.setAccessibleName(self.tr("Remove this group"))
        self.remove_button.setVisible(level > 1)
        self.remove_button.clicked.connect(self.removed)
        self.add_button = _button("plus", self.tr("Add condition"), self, self.add_condition)
        self.group_button = _button("code-parentheses", self.tr("Add group"), self, self.add_group)
        self.group_button.setVisible(level < MOST_LEVELS)
        self.error = Note(Tone.BAD, self)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.match)
        top.addStretch(1)
        top.addWidget(self.remove_button)
        bottom = QHBoxLayout()
        bottom.addWidget(self.add_button)
        bottom.addWidget(self.group_button)
        bottom.addStretch(1)
        self._rows = QVBoxLayout()
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addLayout(self._rows)
        column.addWidget(self.error)
        column.addLayout(bottom)
        self._fill(node)

    def data(self) -> Mapping[str, object]:
        """The group as data of app.services.conditions."""
        return {str(self.match.currentData()): [part.data() for part in self.parts]}

    def show_error(self, path: str, sentence: str) -> bool:
        """Say what is wrong at a path such as ``all[1].any[0].value``."""
        step = _STEP.match(path)
        if step is None or int(step[1]) >= len(self.parts):
            self.error.show_text(sentence)
            return True
        return self.parts[int(step[1])].show_error(path[step.end() :], sentence)

    def clear_errors(self) -> None:
        """Take all errors away."""
        self.error.show_text("")
        for part in self.parts:
            part.clear_errors()

    def add_condition(self, condition: Condition | None = None) -> ConditionRow:
        """Add a row."""
        row = ConditionRow(self._fields, condition, self)
        self._add(row)
        return row

    def add_group(self, node: Group | None = None) -> GroupBox:
        """Add a group in the group."""
        box = GroupBox(self._fields, node, self._level + 1, self)
        self._add(box)
        return box

    def _fill(self, node: Node | None) -> None:
        if isinstance(node, Group):
            self.match.setCurrentIndex(self.match.findData(node.match.value))
            for part in node.parts:
                if isinstance(part, Group):
                    self.add_group(part)
                else:
                    self.add_condition(part)
        else:
            self.add_condition(node)

    def _add(self, part: ConditionRow | GroupBox) -> None:
        self.parts.append(part)
        self._rows.addWidget(part)
        part.edited.connect(self.edited)
        part.removed.connect(lambda: self._remove(part))
        self.edited.emit()

    def _remove(self, part: ConditionRow | GroupBox) -> None:
        self.parts.remove(part)
        self._rows.removeWidget(part)
        part.hide()
        part.deleteLater()
        self.add_button.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edited.emit()


def _button(icon: str, text: str, parent: QWidget, act: Callable[[], Any]) -> QPushButton:
    button = QPushButton(icons.icon(icon), text, parent)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _: act())  # without the button's own argument
    return button
