"""Beside the message editor: the message as one member would get it, its size, and what can be said against it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.launch import Look, Person
from app.services.members import MemberView
from engine.message_checks import Advice, Level
from ui import icons, words
from ui.dialogs.mailing_wizard.html_view import HtmlView
from ui.theme import Tone, fixed_font
from ui.widgets.notes import Note, heading, quiet

_TONES = {Level.PROBLEM: Tone.BAD, Level.WARNING: Tone.WARNING, Level.NOTE: Tone.MUTED}
_ORDER = (Level.PROBLEM, Level.WARNING, Level.NOTE)


class PreviewPane(QWidget):
    """``person_chosen`` when another member's values are wanted, ``dns_asked`` when the DNS shall be asked."""

    person_chosen = Signal()
    dns_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look: Look | None = None
        self._dns: Sequence[Advice] = ()
        self.person = QComboBox(self)
        self.person.setMinimumContentsLength(24)
        self.person.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.person.setAccessibleName(self.tr("Show as this member gets it"))
        self.person.currentIndexChanged.connect(lambda _: self.person_chosen.emit())
        self.waiting = Note(Tone.MUTED, self)
        self.sender_line = _value(self)
        self.recipient_line = _value(self)
        self.subject_line = _value(self)
        self.size_line = _value(self)
        self.html = HtmlView(self)
        self.html.setAccessibleName(self.tr("HTML of the message"))
        self.html.refused.connect(self._show_pictures, Qt.ConnectionType.QueuedConnection)
        self.pictures = Note(Tone.MUTED, self)
        self.text = _plain(self, self.tr("Text of the message"))
        self.headers = _plain(self, self.tr("Headers of the message"))
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        paper = QWidget(self)
        column = QVBoxLayout(paper)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.html, 1)
        column.addWidget(self.pictures)
        self.tabs.addTab(paper, self.tr("HTML"))
        self.tabs.addTab(self.text, self.tr("Text"))
        self.tabs.addTab(self.headers, self.tr("Headers"))
        self.dns_button = QPushButton(icons.icon("dns-outline"), self.tr("Ask the &DNS"), self)
        self.dns_button.setToolTip(self.tr("Look up the DKIM key, SPF for the stream's addresses, and DMARC"))
        self.dns_button.clicked.connect(self.dns_asked)
        self._checks = QVBoxLayout()
        self._shown: list[Note] = []
        self._lay_out()

    def set_people(self, members: Sequence[MemberView]) -> None:
        """Offer members whose values can be shown; the one that was chosen stays chosen."""
        before = self.person.currentText()
        self.person.blockSignals(True)
        self.person.clear()
        for member in members:
            self.person.addItem(member.address, Person(member.address, member.name, dict(member.fields)))
        if not members:
            self.person.addItem(self.tr("Nobody: the list has no members"), None)
        self.person.setCurrentIndex(max(0, self.person.findText(before)))
        self.person.blockSignals(False)

    def chosen_person(self) -> Person | None:
        """Whose values are shown."""
        person = self.person.currentData()
        return person if isinstance(person, Person) else None

    def show_waiting(self, sentence: str) -> None:
        """Say why there is nothing to show yet; what was shown last stays."""
        self.waiting.show_text(sentence)
        self.dns_button.setEnabled(False)

    def show_look(self, look: Look) -> None:
        """Show a message."""
        if self.look is None or look.message.sender != self.look.message.sender:
            self._dns = ()
        self.look = look
        self.waiting.show_text("")
        self.dns_button.setEnabled(True)
        shown = look.preview
        named = dict(shown.headers)
        self.sender_line.setText(words.one_line(named.get("From", "")))
        self.recipient_line.setText(words.one_line(named.get("To", "")))
        self.subject_line.setText(words.one_line(shown.subject))
        files = self.tr(", %Ln attachment(s)", "", len(shown.attachments)) if shown.attachments else ""
        self.size_line.setText(words.size(shown.size) + files)
        self.html.show_html(shown.html)
        self.text.setPlainText(shown.text)
        self.headers.setPlainText("\n".join(f"{name}: {words.one_line(value)}" for name, value in shown.headers))
        self.tabs.setTabVisible(0, bool(shown.html.strip()))
        self._show_pictures()
        self._show_checks()

    def show_dns(self, advice: Sequence[Advice]) -> None:
        """Add what the DNS says."""
        self._dns = advice
        self._show_checks()

    def checks(self) -> list[str]:
        """The sentences of the checks."""
        return [note.text() for note in self._shown]

    def _show_pictures(self) -> None:
        """What a message asks for is known once it is laid out."""
        number = len(self.html.kept_out)
        self.pictures.show_text(
            self.tr("%Ln picture(s) or file(s) not loaded: a preview asks the network for nothing.", "", number)
            if number
            else ""
        )

    def _show_checks(self) -> None:
        for note in self._shown:
            self._checks.removeWidget(note)
            note.deleteLater()
        self._shown = []
        advice = [*(self.look.advice if self.look else ()), *self._dns]
        for each in sorted(advice, key=lambda one: _ORDER.index(one.level)):
            self._add_check(_TONES[each.level], words.one_line(each.sentence))
        if not advice:
            self._add_check(Tone.GOOD, self.tr("Nothing speaks against this message."))

    def _add_check(self, tone: Tone, sentence: str) -> None:
        note = Note(tone, self)
        note.show_text(sentence)
        self._checks.addWidget(note)
        self._shown.append(note)

    def _lay_out(self) -> None:
        label = QLabel(self.tr("Show as &member"), self)
        label.setBuddy(self.person)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.person, 1)
        facts = QFormLayout()
        facts.setVerticalSpacing(2)
        for name, widget in (
            (self.tr("From"), self.sender_line),
            (self.tr("To"), self.recipient_line),
            (self.tr("Subject"), self.subject_line),
            (self.tr("Size"), self.size_line),
        ):
            facts.addRow(quiet(name, self), widget)
        checks = QHBoxLayout()
        checks.addWidget(heading(self.tr("Checks"), self, scale=1.05), 1)
        checks.addWidget(self.dns_button)
        notes = QWidget(self)
        notes_column = QVBoxLayout(notes)
        notes_column.setContentsMargins(0, 0, 0, 0)
        notes_column.addLayout(self._checks)
        notes_column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(notes)
        area.setAccessibleName(self.tr("Checks of the message"))
        area.setMinimumHeight(self.fontMetrics().height() * 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.waiting)
        column.addLayout(facts)
        column.addWidget(self.tabs, 3)
        column.addLayout(checks)
        column.addWidget(area, 1)


def _value(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    return label


def _plain(parent: QWidget, name: str) -> QPlainTextEdit:
    edit = QPlainTextEdit(parent)
    edit.setReadOnly(True)
    edit.setFont(fixed_font())
    edit.setAccessibleName(name)
    return edit
