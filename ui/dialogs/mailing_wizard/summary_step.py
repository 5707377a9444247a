"""The last step of the wizard: the numbers once more, before the mailing starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from engine.message_checks import Advice, Level
from ui import words
from ui.theme import Tone
from ui.widgets.notes import Note, heading, quiet


@dataclass(frozen=True, slots=True)
class Outline:
    """A mailing in short. ``at`` None: it starts at once; ``hourly_ceiling`` None: as fast as the limits allow."""

    name: str
    subject: str
    sender: str
    list_name: str
    segment: str
    recipients: int
    stream: str
    outlook: str
    outlook_tone: Tone
    at: float | None
    hourly_ceiling: int | None
    advice: Sequence[Advice]


class SummaryStep(QWidget):
    """Facts in two columns, and what a person should think of first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = heading("", self)
        self.title.setWordWrap(True)
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(24)
        self._facts.setVerticalSpacing(8)
        self._facts.setFormAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._notes = QVBoxLayout()
        self._shown: list[Note] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.title)
        column.addLayout(self._facts)
        column.addSpacing(8)
        column.addLayout(self._notes)
        column.addStretch(1)

    def show_summary(self, outline: Outline) -> None:
        """Show it."""
        self.title.setText(self.tr("{} goes to %Ln recipient(s)", "", outline.recipients).format(outline.name))
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for name, value in self._facts_of(outline):
            label = QLabel(value, self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setAccessibleName(f"{name}: {value}")
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addRow(quiet(name, self), label)
        for note in self._shown:
            self._notes.removeWidget(note)
            note.deleteLater()
        self._shown = []
        for tone, sentence in self._notes_of(outline):
            note = Note(tone, self)
            note.show_text(sentence)
            self._notes.addWidget(note)
            self._shown.append(note)

    def _facts_of(self, outline: Outline) -> list[tuple[str, str]]:
        pace = (
            self.tr("as fast as the limits allow")
            if outline.hourly_ceiling is None
            else self.tr("at most %Ln message(s) an hour", "", outline.hourly_ceiling)
        )
        return [
            (self.tr("Subject"), words.one_line(outline.subject)),
            (self.tr("From"), outline.sender),
            (self.tr("List"), outline.list_name),
            (self.tr("Segment"), outline.segment),
            (self.tr("Recipients"), words.number(outline.recipients)),
            (self.tr("Stream"), outline.stream),
            (self.tr("Start"), self.tr("now") if outline.at is None else words.exact(outline.at)),
            (self.tr("Pace"), pace),
        ]

    def _notes_of(self, outline: Outline) -> list[tuple[Tone, str]]:
        notes = [] if outline.recipients else [(Tone.BAD, self.tr("Nobody would get it."))]
        for level, tone in ((Level.PROBLEM, Tone.BAD), (Level.WARNING, Tone.WARNING)):
            notes += [(tone, words.one_line(each.sentence)) for each in outline.advice if each.level is level]
        if outline.outlook:
            notes.append((outline.outlook_tone, outline.outlook))
        return notes

    def texts(self) -> list[str]:
        """Everything that is said, for tests and screen readers."""
        roles = QFormLayout.ItemRole
        rows = []
        for at in range(self._facts.rowCount()):
            name, value = (self._facts.itemAt(at, role) for role in (roles.LabelRole, roles.FieldRole))
            cells = [item.widget() for item in (name, value) if item is not None]
            rows.append(": ".join(cell.text() for cell in cells if isinstance(cell, QLabel)))
        return [self.title.text(), *rows, *(note.text() for note in self._shown)]
