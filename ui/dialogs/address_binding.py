"""Choose addresses for a stream: of this machine's, or typed and pasted ones; check them; bind them, and not before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from sqlalchemy.orm import Session

from app.services import addresses, doctor
from app.services.address_entries import AddressEntry, EntryError, parse_address_entries
from app.services.addresses import AddressView
from app.services.preflight import Finding, PortTarget
from app.settings import SMTP_PORT, value_of
from engine.pairs import IPText
from ui import icons, words
from ui.models.binding_table import CHECKS, HELO, IP, BindingTable, Candidate, check_title, grade_mark
from ui.preflight_run import PreflightRun, Subject
from ui.session import WindowSession
from ui.theme import Tone, fixed_font
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.notes import Note, heading, quiet
from ui.widgets.tables import TableView

PAUSE_MS = 250
"""How long typing must pause before what was typed is read."""
MOST_ERRORS = 3
"""Errors of what was typed that are told one by one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An address to bind. ``is_known``: it is a sending address already, and keeps its HELO name."""

    ip: str
    helo: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the dialog has to know before it can show anything."""

    machine: tuple[IPText, ...]
    known: dict[str, AddressView]
    usual_domain: str
    port: int


class AddressBindingDialog(QDialog):
    """Accepted with ``chosen``. *present* are the addresses that the stream has already."""

    def __init__(
        self, session: WindowSession, stream: str, present: Collection[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Bind addresses to {}").format(stream or self.tr("the new stream")))
        self._session = session
        self._present = frozenset(present)
        self._ground = _Ground((), {}, "", 25)
        self.chosen: tuple[Chosen, ...] = ()
        self.run = PreflightRun(session, session)  # outlives the dialog: a thread may still tell it something
        self._is_checking = False
        self._is_over = False
        self._expected = 0
        self._named: set[str] = set()
        self._build()
        self._connect()
        self._show_state()
        session.spawn(self._prepare(), self)

    # Building

    def _build(self) -> None:
        self.machine = QListWidget(self)
        self.machine.setFont(fixed_font())
        self.machine.setAccessibleName(self.tr("Addresses of this machine"))
        self.typed = QPlainTextEdit(self)
        self.typed.setFont(fixed_font())
        self.typed.setTabChangesFocus(True)
        self.typed.setPlaceholderText("192.0.2.10\n192.0.2.16-31\n198.51.100.0/28\n2001:db8::25")
        self.typed.setAccessibleName(self.tr("Other addresses, ranges or networks"))
        self.errors = Note(Tone.BAD, self)
        machine_label = QLabel(self.tr("Addresses of &this machine"), self)
        machine_label.setBuddy(self.machine)
        typed_label = QLabel(self.tr("&Other addresses, ranges or networks"), self)
        typed_label.setBuddy(self.typed)
        choice = QGridLayout()
        choice.setColumnStretch(0, 1)
        choice.setColumnStretch(1, 1)
        choice.addWidget(machine_label, 0, 0)
        choice.addWidget(typed_label, 0, 1)
        choice.addWidget(self.machine, 1, 0)
        choice.addWidget(self.typed, 1, 1)
        choice.addWidget(self.errors, 2, 1)
        self.model = BindingTable(self)
        self.table = TableView("binding/addresses", self.tr("Addresses to bind"), self)
        self.table.setModel(self.model)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.table.wish_widths([(width, width * 2 // 3) for width in (28, 7, 13, 26, 18, 11, 14, 11, 11, 11)])
        self.findings = QLabel(self)
        self.findings.setTextFormat(Qt.TextFormat.PlainText)
        self.findings.setWordWrap(True)
        self.findings.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.findings.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.findings.setMinimumHeight(self.fontMetrics().lineSpacing() * len(CHECKS))
        layout = QVBoxLayout(self)
        layout.addLayout(choice, 2)
        layout.addWidget(heading(self.tr("To bind"), self, scale=1.1))
        empty = EmptyState(
            "ip-network-outline",
            self.tr("Nothing chosen yet"),
            self.tr("Tick addresses of this machine, or type others; what is known of them is shown here."),
        )
        self.chosen_or_empty = ListOrEmpty(self.table, empty, self)
        layout.addWidget(self.chosen_or_empty, 3)
        layout.addLayout(self._build_check())
        layout.addWidget(self.findings)
        layout.addWidget(self._build_buttons())
        metrics = self.fontMetrics()
        self.resize(metrics.averageCharWidth() * 176, metrics.height() * 44)

    def _build_check(self) -> QHBoxLayout:
        self.sender_domain = QLineEdit(self)
        self.sender_domain.setPlaceholderText("example.com")
        self.sender_domain.setAccessibleName(self.tr("Sender domain"))
        self.sender_domain.setToolTip(self.tr("Its SPF record is checked for the addresses. Empty: SPF is left out."))
        self.target = QLineEdit(self)
        self.target.setAccessibleName(self.tr("Port 25 is tried at"))
        self.target.setToolTip(self.tr("A domain whose mail exchangers are called to see whether mail gets out."))
        self.check_button = QPushButton(icons.icon("stethoscope"), self.tr("&Check"), self)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress of the check"))
        self.progress.hide()
        row = QHBoxLayout()
        for text, field in ((self.tr("Sender &domain"), self.sender_domain), (self.tr("Try &port 25 at"), self.target)):
            label = QLabel(text, self)
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field, 1)
        row.addWidget(self.check_button)
        row.addWidget(self.progress, 1)
        return row

    def _build_buttons(self) -> QWidget:
        buttons = QDialogButtonBox(self)
        self.bind_button = QPushButton(self)
        self.bind_button.setDefault(True)
        buttons.addButton(self.bind_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel).clicked.connect(self.reject)
        line = QWidget(self)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(quiet(self.tr("A failed check warns; it does not forbid to bind."), line), 1)
        row.addWidget(buttons)
        return line

    def _connect(self) -> None:
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.read_choice)
        self.typed.textChanged.connect(self._pause.start)
        self.machine.itemChanged.connect(lambda _: self._pause.start())
        self.check_button.clicked.connect(self._check_or_cancel)
        self.bind_button.clicked.connect(self.accept)
        self.run.found.connect(self._take_finding)
        self.run.named.connect(self.model.suggest_name)
        self.model.modelReset.connect(self._show_state)
        self.model.dataChanged.connect(lambda *_: self._show_state())
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show_findings())

    # What there is to choose from

    async def _prepare(self) -> None:
        self._ground = await self._session.read(_read_ground)
        self.machine.blockSignals(True)
        for ip in self._ground.machine:
            item = QListWidgetItem(ip)
            bound = ip in self._present
            item.setCheckState(Qt.CheckState.Checked if bound else Qt.CheckState.Unchecked)
            if bound:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                item.setToolTip(self.tr("The stream has this address already."))
            self.machine.addItem(item)
        self.machine.blockSignals(False)
        if not self.target.text():
            self.target.setText(self._ground.usual_domain)
        self.read_choice()

    def read_choice(self) -> None:
        """Bring the table up to date with what is ticked and typed, and look up the names of new addresses."""
        self._pause.stop()
        entries = parse_address_entries(self.typed.toPlainText())
        wrong = [entry for entry in entries if isinstance(entry, EntryError)]
        typed = [entry.ip for entry in entries if isinstance(entry, AddressEntry)]
        self._show_errors(wrong, [ip for ip in typed if ip in self._present])
        ticked = [
            self.machine.item(row).text()
            for row in range(self.machine.count())
            if self.machine.item(row).checkState() is Qt.CheckState.Checked
        ]
        wanted = [ip for ip in dict.fromkeys([*ticked, *typed]) if ip not in self._present]
        self.model.set_candidates([self._candidate(ip) for ip in wanted])
        fresh = [ip for ip in wanted if ip not in self._named and ip not in self._ground.known]
        if fresh:
            self._named.update(fresh)
            self._session.spawn(self.run.suggest_names(fresh))

    def _candidate(self, ip: str) -> Candidate:
        known = self._ground.known.get(ip)
        return Candidate(
            ip=ip,
            is_here=ip in self._ground.machine,
            is_known=known is not None,
            streams=known.streams if known else (),
            helo=known.helo if known else "",
        )

    def _show_errors(self, wrong: list[EntryError], present: list[IPText]) -> None:
        lines = [
            self.tr("Line {}, column {}: {}").format(error.line, error.column, words.one_line(error.sentence))
            for error in wrong[:MOST_ERRORS]
        ]
        if len(wrong) > MOST_ERRORS:
            lines.append(self.tr("%n more entry(s) can't be read.", "", len(wrong) - MOST_ERRORS))
        if present:
            lines.append(self.tr("The stream has these already: {}").format(", ".join(present[:MOST_ERRORS])))
        self.errors.show_text("\n".join(lines), Tone.BAD if wrong else Tone.MUTED)

    # The check

    def _check_or_cancel(self) -> None:
        if self._is_checking:
            self.run.cancel()
        else:
            self._session.spawn(self.check())

    async def check(self) -> None:
        """Check every address of the table; findings come row by row."""
        self.model.forget_findings()
        subjects = [Subject(row.ip, row.helo or addresses.literal(row.ip)) for row in self.model.candidates]
        domain = self.sender_domain.text().strip()
        self._expected = len(subjects) * (len(CHECKS) if domain else len(CHECKS) - 1)
        self.progress.setRange(0, max(1, self._expected))
        self.progress.setValue(0)
        self._set_checking(True)
        try:
            target = PortTarget(self.target.text().strip() or self._ground.usual_domain, self._ground.port)
            await self.run.check(subjects, target, domain)
        finally:
            if not self._is_over:
                self._set_checking(False)

    def _take_finding(self, finding: Finding) -> None:
        self.model.add_finding(finding)
        self.progress.setValue(self.progress.value() + 1)
        self._show_findings()

    def _set_checking(self, checking: bool) -> None:
        self._is_checking = checking
        self.progress.setVisible(checking)
        self.check_button.setText(self.tr("&Cancel check") if checking else self.tr("&Check"))
        self._show_state()

    def _show_findings(self) -> None:
        index = self.table.currentIndex()
        rows = self.model.candidates
        if not index.isValid() or index.row() >= len(rows):
            self.findings.setText("")
            return
        found = rows[index.row()].findings
        self.findings.setText(
            "\n".join(
                f"{check_title(check)}: {grade_mark(found[check].grade).word}. {words.one_line(found[check].sentence)}"
                for check in CHECKS
                if check in found
            )
        )

    # The end

    def _show_state(self) -> None:
        rows = self.model.candidates
        self.bind_button.setText(self.tr("&Bind %n address(es)", "", len(rows)) if rows else self.tr("&Bind addresses"))
        self.bind_button.setEnabled(bool(rows) and not any(row.helo_error for row in rows))
        self.chosen_or_empty.show_empty(not rows)
        self.check_button.setEnabled(bool(rows) or self._is_checking)
        if rows and not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.model.index(0, IP))

    def accept(self) -> None:
        """Bind what is in the table; a HELO name that can't be used keeps the dialog open."""
        self.read_choice()
        rows = self.model.candidates
        wrong = next((number for number, row in enumerate(rows) if row.helo_error), None)
        if wrong is not None:
            self.table.setCurrentIndex(self.model.index(wrong, HELO))
            return
        self.chosen = tuple(Chosen(row.ip, row.helo, row.is_known) for row in rows)
        if self.chosen:
            super().accept()

    def done(self, result: int) -> None:
        """Whatever ends the dialog ends the check."""
        self._is_over = True
        self._pause.stop()
        self.run.cancel()
        super().done(result)

    def row_of(self, ip: str) -> QModelIndex:
        """Where an address stands in the table."""
        rows = [row.ip for row in self.model.candidates]
        return self.model.index(rows.index(ip), IP) if ip in rows else QModelIndex()


def _read_ground(session: Session) -> _Ground:
    return _Ground(
        machine=tuple(addresses.machine_addresses()),
        known={view.ip: view for view in addresses.listing(session)},
        usual_domain=doctor.usual_domain(session),
        port=value_of(session, SMTP_PORT),
    )
