"""Forms: a label above each input, a hint and the error right under it. What was typed is never touched by an error."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.services.problems import BadValue, Problem
from ui.theme import Tone
from ui.widgets.notes import Note, quiet


@dataclass(frozen=True, slots=True)
class _Row:
    label: QLabel
    widget: QWidget
    error: Note


class Form(QWidget):
    """Rows of label and input. Errors of services (BadValue) find the row by the name of their field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(16)
        self._rows: dict[str, _Row] = {}
        self._general = Note(Tone.BAD, self)
        self._grid.addWidget(self._general, 0, 0, 1, 2)

    def add(self, field: str, label: str, widget: QWidget, *, hint: str = "", tall: bool = False) -> QWidget:
        """Add an input. *field* is the service's name for it, *label* may have a mnemonic; *tall* inputs take spare height."""
        text = QLabel(label, self)
        text.setBuddy(widget)
        if not tall and widget.sizeHint().height() < 2 * text.sizeHint().height():
            text.setMinimumHeight(widget.sizeHint().height())
        plain = label.replace("&", "").rstrip(":")
        if not widget.accessibleName():
            widget.setAccessibleName(plain)
        if hint:
            widget.setAccessibleDescription(hint)
        row = self._grid.rowCount()
        self._grid.addWidget(text, row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(widget, row, 1)
        if tall:
            self._grid.setRowStretch(row, 1)
        if hint:
            self._grid.addWidget(quiet(hint, self), row + 1, 1)
        error = Note(Tone.BAD, self)
        self._grid.addWidget(error, row + 2, 1)
        self._rows[field] = _Row(text, widget, error)
        return widget

    def add_wide(self, widget: QWidget, *, stretch: int = 0) -> None:
        """Add something that takes both columns."""
        row = self._grid.rowCount()
        self._grid.addWidget(widget, row, 0, 1, 2)
        self._grid.setRowStretch(row, stretch)

    def add_stretch(self) -> None:
        """Keep the rows so far together at the top."""
        spacer = QWidget(self)
        spacer.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.add_wide(spacer, stretch=1)

    def set_row_visible(self, field: str, visible: bool) -> None:
        """Show or hide a row with its label."""
        row = self._rows[field]
        row.label.setVisible(visible)
        row.widget.setVisible(visible)

    def has_field(self, field: str) -> bool:
        """Whether an error of this field would stand beside an input here."""
        return field in self._rows

    def set_error(self, field: str, sentence: str) -> None:
        """Say under one input what is wrong with it, "" when nothing is."""
        row = self._rows[field]
        row.error.show_text(sentence)
        row.widget.setProperty("invalid", bool(sentence))

    def error(self, field: str = "") -> str:
        """What is said under an input, or above all of them."""
        return (self._rows[field].error if field else self._general).text()

    def clear_errors(self) -> None:
        """Take all errors away."""
        self._general.show_text("")
        for field in self._rows:
            self.set_error(field, "")

    def show_problem(self, problem: Problem) -> None:
        """Show what a service says: under its field and with the focus there when it names one, above all others if not."""
        if isinstance(problem, BadValue) and problem.field in self._rows:
            sentence = problem.sentence.removeprefix(f"{problem.field}: ")
            self.set_error(problem.field, sentence[:1].upper() + sentence[1:])
            self._rows[problem.field].widget.setFocus()
        else:
            self._general.show_text(problem.sentence)
