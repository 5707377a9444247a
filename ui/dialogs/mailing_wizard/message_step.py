"""The first step of the wizard: what the mailing says, and who says it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.lists import ListView
from app.services.messages import Content
from app.services.problems import BadValue, Problem
from engine.eml import EML_LIMIT
from ui import icons, words
from ui.dialogs.mailing_wizard.preview_pane import PreviewPane
from ui.theme import Tone, fixed_font
from ui.widgets.form import Form
from ui.widgets.notes import Note, ToneLabel, quiet

_FIELDS = {
    "from": "from_address",
    "list_id": "list_id_header",
    "list_unsubscribe_url": "unsubscribe_url",
    "list_unsubscribe_mailto": "unsubscribe_mailto",
}
"""The fields of a compiled message by the fields of the form that fill them."""
_BODIES = ("text", "html", "eml")


class MessageStep(QWidget):
    """``edited`` on every change. Texts stay what was typed, whatever is wrong with them."""

    edited = Signal()
    file_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._eml: bytes | None = None
        self.form = Form(self)
        self.name = self._line("name", self.tr("Mailing &name"))
        self.subject = self._line("subject", self.tr("S&ubject"))
        self.from_name = self._line("from_name", self.tr("&From name"))
        self.from_address = self._line("from_address", self.tr("From &address"))
        self.text = self._body(self.tr("Text of the message"))
        self.html = self._body(self.tr("HTML of the message"))
        self.body_note = Note(Tone.BAD, self)
        self.more = Form(self)
        self.reply_to = self._line("reply_to", self.tr("Replies to"), self.more)
        self.unsubscribe_url = self._line(
            "unsubscribe_url",
            self.tr("Unsubscribe at"),
            self.more,
            self.tr("An https address; merge fields may stand in it, such as {{address}}."),
        )
        self.unsubscribe_mailto = self._line("unsubscribe_mailto", self.tr("Unsubscribe by mail to"), self.more)
        self.list_id = self._line("list_id_header", self.tr("List-ID"), self.more)
        self.envelope = self._line("envelope_sender", self.tr("Bounces go to"), self.more)
        self.verp = QCheckBox(self.tr("A bounce address of its own for each recipient (VERP)"), self)
        self.verp.toggled.connect(self.edited)
        self.more.add("verp", "", self.verp)
        self.verp.setAccessibleName(self.verp.text())
        self.more.add_stretch()
        self.file_name = ToneLabel(self.tr("No file"), Tone.MUTED, self)
        self.file_name.setWordWrap(True)
        self.file_button = QPushButton(icons.icon("file-outline"), self.tr("Choose an .eml &file…"), self)
        self.file_button.clicked.connect(self.file_asked)
        self.no_file_button = QPushButton(icons.icon("close"), self.tr("Write the message here instead"), self)
        self.no_file_button.clicked.connect(lambda: self.set_eml(None, ""))
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.preview = PreviewPane(self)
        self._lay_out()
        self.set_eml(None, "")

    # What is in the form

    def content(self) -> Content:
        """What was written."""
        eml = self._eml
        return Content(
            from_address=self.from_address.text().strip(),
            from_name=self.from_name.text().strip(),
            reply_to=self.reply_to.text().strip(),
            subject=self.subject.text(),
            text=self.text.toPlainText() if eml is None else "",
            html=self.html.toPlainText() if eml is None else "",
            eml=eml,
            envelope_sender=self.envelope.text().strip(),
            verp=self.verp.isChecked(),
            list_id_header=self.list_id.text().strip(),
            unsubscribe_url=self.unsubscribe_url.text().strip(),
            unsubscribe_mailto=self.unsubscribe_mailto.text().strip(),
        )

    def show_content(self, name: str, content: Content) -> None:
        """Fill the form."""
        self.name.setText(name)
        for edit, value in (
            (self.subject, content.subject),
            (self.from_name, content.from_name),
            (self.from_address, content.from_address),
            (self.reply_to, content.reply_to),
            (self.unsubscribe_url, content.unsubscribe_url),
            (self.unsubscribe_mailto, content.unsubscribe_mailto),
            (self.list_id, content.list_id_header),
            (self.envelope, content.envelope_sender),
        ):
            edit.setText(value)
        self.text.setPlainText(content.text)
        self.html.setPlainText(content.html)
        self.verp.setChecked(content.verp)
        self.set_eml(content.eml, self.tr("The file that was given before"))
        self.tabs.setCurrentIndex(2 if content.eml is not None else 1 if content.html and not content.text else 0)

    def show_list_defaults(self, chosen: ListView | None) -> None:
        """Show in empty fields what the list fills them with."""
        for edit, value in (
            (self.from_name, chosen.from_name if chosen else ""),
            (self.from_address, chosen.from_address if chosen else ""),
            (self.unsubscribe_url, chosen.unsubscribe_url if chosen else ""),
            (self.unsubscribe_mailto, chosen.unsubscribe_mailto if chosen else ""),
            (self.list_id, chosen.list_id if chosen else ""),
        ):
            edit.setPlaceholderText(self.tr("{} (from the list)").format(value) if value else "")
        sender = self.from_address.text() or (chosen.from_address if chosen else "")
        self.envelope.setPlaceholderText(sender)

    def set_eml(self, data: bytes | None, name: str) -> None:
        """Take a whole message from a file, or None to write it here; what was written stays."""
        self._eml = data
        self.file_name.setText(
            self.tr("No file is chosen.") if data is None else self.tr("{}, {}").format(name, words.size(len(data)))
        )
        self.no_file_button.setVisible(data is not None)
        for edit in (self.text, self.html):
            edit.setEnabled(data is None)
        self.subject.setPlaceholderText("" if data is None else self.tr("That of the file"))
        self.edited.emit()

    # Errors

    def show_problem(self, problem: Problem) -> bool:
        """Show what is wrong beside its field; False when it is none of this step's."""
        field = _FIELDS.get(problem.field, problem.field) if isinstance(problem, BadValue) else ""
        if field in _BODIES:
            self.tabs.setCurrentIndex(_BODIES.index(field))
            self.body_note.show_text(problem.sentence)
            return True
        for form in (self.form, self.more):
            if form.has_field(field):
                if form is self.more:
                    self.tabs.setCurrentIndex(3)
                form.show_problem(BadValue(field, problem.sentence))
                return True
        return False

    def clear_errors(self) -> None:
        """Take all errors away."""
        self.form.clear_errors()
        self.more.clear_errors()
        self.body_note.show_text("")

    def _line(self, field: str, label: str, form: Form | None = None, hint: str = "") -> QLineEdit:
        edit = QLineEdit(self)
        edit.textChanged.connect(self.edited)
        (form or self.form).add(field, label, edit, hint=hint)
        return edit

    def _body(self, name: str) -> QPlainTextEdit:
        edit = QPlainTextEdit(self)
        edit.setFont(fixed_font())
        edit.setAccessibleName(name)
        edit.setTabChangesFocus(True)
        edit.setPlaceholderText(self.tr("Merge fields are written {{name}} or {{name|dear reader}}."))
        edit.textChanged.connect(self.edited)
        return edit

    def _lay_out(self) -> None:
        file = QWidget(self)
        file_column = QVBoxLayout(file)
        hint = self.tr("A file carries the whole message, attachments included. Its sender is replaced by yours.")
        file_column.addWidget(quiet(hint, self))
        file_column.addWidget(self.file_name)
        row = QHBoxLayout()
        row.addWidget(self.file_button)
        row.addWidget(self.no_file_button)
        row.addStretch(1)
        file_column.addLayout(row)
        file_column.addStretch(1)
        more = QWidget(self)
        more_column = QVBoxLayout(more)
        more_column.addWidget(self.more)
        for widget, title in (
            (self.text, self.tr("&Text")),
            (self.html, self.tr("&HTML")),
            (file, self.tr("Fi&le")),
            (more, self.tr("Unsubscribin&g, bounces")),
        ):
            self.tabs.addTab(widget, title)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.body_note)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self.preview)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(splitter)


def read_message_file(path: Path) -> bytes:
    """The bytes of an .eml file; raises BadValue("eml", …)."""
    try:
        with path.open("rb") as file:
            data = file.read(EML_LIMIT + 1)
    except OSError as error:
        raise BadValue("eml", f"{path} can't be read: {error.strerror or error}.") from None
    if len(data) > EML_LIMIT:
        raise BadValue("eml", f"{path.name} is larger than {EML_LIMIT // 2**20} MiB.")
    if not data.strip():
        raise BadValue("eml", f"{path.name} is empty.")
    return data
