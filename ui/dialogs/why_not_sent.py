"""Why not sent? For a recipient or a domain of a mailing: every pair with what excludes it, and the next possible time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from sqlalchemy.orm import Session

from app.commands.network import make_resolver
from app.database.problems import DatabaseProblem
from app.services import addresses, mailings, nodes, why
from app.services.problems import Problem
from app.services.why import Question, Why
from engine.ports import MailingState
from engine.why import CandidateReport, Exclusion
from ui import words
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.form import Form
from ui.widgets.marks import Mark
from ui.widgets.notes import Note, ToneLabel, heading, quiet
from ui.widgets.reply_view import FlowText
from ui.widgets.tables import TableView

translate = QCoreApplication.translate
_STARTED: Final = frozenset(set(MailingState) - {MailingState.DRAFT, MailingState.SCHEDULED})
_WAITS: Final = {
    Exclusion.BUSY,
    Exclusion.LIMIT,
    Exclusion.RAMP_FULL,
    Exclusion.WORSE_PREFERENCE,
    Exclusion.BACKING_OFF,
}


@dataclass(frozen=True, slots=True)
class _Asked:
    question: Question
    own: frozenset[str]


class WhyNotSentDialog(QDialog):
    """Asks at once when mailing and target (an address or a domain) are given."""

    def __init__(
        self, session: WindowSession, mailing_id: int | None = None, target: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._mailing_id = session, mailing_id
        self.answer: Why | None = None
        self.setWindowTitle(self.tr("Why not sent?"))
        self.setModal(True)
        self.form = Form(self)
        self.mailing = QComboBox(self)
        self.mailing.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.mailing.setMinimumContentsLength(40)
        self.target = QLineEdit(target, self)
        self.target.setPlaceholderText(self.tr("anna@example.com, or example.com"))
        self.ask_button = QPushButton(self.tr("&Find out"), self)
        self.ask_button.setDefault(True)
        self.ask_button.clicked.connect(session.slot(self.ask))
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.target, 1)
        line.addWidget(self.ask_button)
        row.setFocusProxy(self.target)
        self.form.add("mailing", self.tr("&Mailing"), self.mailing)
        self.form.add("address", self.tr("&Address or domain"), row)
        self.target.setAccessibleName(self.tr("Address or domain"))
        self.state = Note(Tone.MUTED, self)
        self.summary = FlowText(self.tr("The answer"), self)
        self.summary.setFont(heading("", self, scale=1.05).font())
        self.next_time = ToneLabel("", Tone.MUTED, self)
        self.model: RowTable[CandidateReport] = RowTable(_columns(), identity=lambda each: hash(each.pair), parent=self)
        self.table = TableView("why/pairs", self.tr("Pairs in the order of choice"), self)
        self.table.show_columns(self.model, session.layout_store)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.buttons.rejected.connect(self.reject)
        self._build()
        session.spawn(self._start(), self)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.addWidget(self.form)
        column.addWidget(self.state)
        column.addWidget(self.summary)
        column.addWidget(self.next_time)
        self._order = quiet(self.tr("Pairs in the order in which they would be chosen:"), self)
        column.addWidget(self._order)
        column.addWidget(self.table, 1)
        column.addStretch(0)
        column.addWidget(self.buttons)
        self._show(None)
        self.resize(self.fontMetrics().averageCharWidth() * 110, self.fontMetrics().height() * 30)

    async def _start(self) -> None:
        await self._offer_mailings()
        if self._mailing_id is not None and self.target.text():
            await self.ask()
        else:
            self.target.setFocus(Qt.FocusReason.OtherFocusReason)

    async def _offer_mailings(self) -> None:
        """The started ones, the newest first, those that run before the others."""
        found = await self._session.read(mailings.listing, states=tuple(_STARTED))
        order = sorted(found, key=lambda each: (each.state is not MailingState.ACTIVE, -(each.started_at or 0.0)))
        for each in order:
            self.mailing.addItem(words.one_line(each.name), each.id)
        place = self.mailing.findData(self._mailing_id)
        self.mailing.setCurrentIndex(max(0, place) if order else -1)
        self.ask_button.setEnabled(bool(order))
        if not order:
            self.form.set_error("mailing", self.tr("No mailing was started yet."))

    async def ask(self) -> None:
        """Find out, and show it. What is wrong with the question stands beside the field."""
        self.form.clear_errors()
        mailing_id = self.mailing.currentData()
        target = self.target.text().strip()
        if not target:
            self.form.set_error("address", self.tr("Type an address, or a domain."))
            self.target.setFocus()
            return
        self._set_busy(True)
        try:
            asked = await self._session.read(_ask, mailing_id, target)
            self._show(await self._session.background.run(_answer, asked, self._session.now()))
        except Problem as problem:
            self._show(None)
            self.form.set_error("address", problem.sentence)
        except DatabaseProblem as problem:
            self.form.set_error("address", problem.sentence)
        finally:
            self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        self.ask_button.setEnabled(not busy)
        self.state.show_text(self.tr("Looking up where mail for this domain goes…") if busy else "")

    def _show(self, answer: Why | None) -> None:
        self.answer = answer
        self.summary.setVisible(answer is not None)
        self.next_time.setVisible(answer is not None)
        pairs = answer.candidates if answer is not None else ()
        self._order.setVisible(bool(pairs))
        self.table.setVisible(bool(pairs))
        self.model.set_rows(pairs)
        if answer is None:
            return
        self.summary.show_text(words.one_line(answer.summary))
        told = self.tr("{address} in {mailing}, over stream {stream}").format(
            address=words.one_line(answer.address),
            mailing=words.one_line(answer.mailing),
            stream=words.one_line(answer.stream),
        )
        if answer.next_time is not None:
            told += self.tr("; next possible time: {when} ({exact})").format(
                when=words.until(answer.next_time, self._session.now()), exact=words.exact(answer.next_time)
            )
        self.next_time.setText(told)


def _ask(session: Session, mailing_id: int, target: str, *, now: float) -> _Asked:
    question = why.ask(session, mailing_id, target, node=nodes.this_node(session), now=now)
    return _Asked(question, frozenset(view.ip for view in addresses.listing(session)))


def _answer(asked: _Asked, now: float) -> Why:
    """In a thread, on a loop of its own: names are looked up."""

    async def look() -> Why:
        resolver = make_resolver(asked.question.world.settings, asked.own)
        try:
            return await why.answer(asked.question, resolver, now)
        finally:
            await resolver.close()

    return asyncio.run(look())


def candidate_mark(each: CandidateReport) -> Mark:
    """How a pair is shown."""
    if each.exclusion is Exclusion.NONE:
        return Mark("check-circle-outline", translate("why", "Open"), Tone.GOOD)
    if each.exclusion is Exclusion.BLOCKED:
        return Mark("cancel", translate("why", "Blocked"), Tone.BAD)
    if each.exclusion in _WAITS:
        return Mark("clock-outline", translate("why", "Waits"), Tone.WARNING)
    return Mark("minus-circle-outline", translate("why", "Not used"), Tone.MUTED)


def _columns() -> tuple[Column[CandidateReport], ...]:
    return (
        Column(
            "state", translate("why", "State"), lambda each: candidate_mark(each).word, width=13, mark=candidate_mark
        ),
        Column(
            "address",
            translate("why", "Sending address"),
            lambda each: each.pair.sending_address,
            width=22,
            is_fixed=True,
        ),
        Column("mx", translate("why", "MX address"), lambda each: each.pair.mx_address, width=22, is_fixed=True),
        Column(
            "host",
            translate("why", "MX host"),
            lambda each: words.one_line(each.mx_host),
            width=24,
            tip=lambda each: words.one_line(each.mx_host),
        ),
        Column(
            "reason",
            translate("why", "Why"),
            lambda each: words.one_line(each.text),
            width=60,
            tip=lambda each: words.one_line(each.text),
        ),
    )
