"""Below the table of mailings: the selected one with its domains, recipients and last replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import reports
from app.services.mailing_table import MailingDetails, MailingRow
from app.services.mailings import MailingView
from app.services.reports import DomainRow, DomainSort
from engine.ports import MailingState
from ui import words
from ui.models.paged_table import PagedTable
from ui.models.row_table import RowTable
from ui.pages import mailings_words
from ui.pages.mailings_columns import domain_columns, reply_columns
from ui.pages.mailings_recipients import RecipientsTab
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.banner import Banner
from ui.widgets.marks import Mark, MarkLabel
from ui.widgets.notes import ToneLabel, heading
from ui.widgets.segmented_bar import SegmentedBar, describe
from ui.widgets.tables import TableView


class MailingPanel(QWidget):
    """Shows one mailing. ``settle_asked`` carries a Settlement and the ids of recipients in doubt (None: all).

    ``lift_asked`` carries the pauses toward providers that are to end, ``why_asked`` an address or a domain.
    """

    settle_asked = Signal(object, object)
    lift_asked = Signal(object)
    why_asked = Signal(str)

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.details: MailingDetails | None = None
        self.name = heading("", self)
        self.state = MarkLabel(Mark("email-outline", "", Tone.MUTED), self)
        self.numbers = QLabel(self)
        self.numbers.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = SegmentedBar(self)
        self.route = ToneLabel("", Tone.MUTED, self)
        self.route.setTextFormat(Qt.TextFormat.PlainText)
        self.route.setWordWrap(True)
        self.pause_note = Banner(self)
        self.doubt_note = Banner(self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self._add_domains()
        self.recipients = RecipientsTab(session, self)
        self.recipients.settle_asked.connect(self.settle_asked)
        self.recipients.why_asked.connect(self.why_asked)
        self.tabs.addTab(self.recipients, self.tr("&Recipients"))
        self._add_replies()
        self._lay_out()
        self.show_details(None)

    @property
    def view(self) -> MailingView | None:
        """The mailing that is shown."""
        return self.details.row.view if self.details else None

    def show_details(self, details: MailingDetails | None) -> None:
        """Show a mailing, or nothing."""
        before = self.view.id if self.view else None
        self.details = details
        self.setVisible(details is not None)
        if details is None:
            self.recipients.show_mailing(None)
            return
        view = details.row.view
        if view.id != before:
            self.recipients.show_mailing(view.id)
        self.name.setText(view.name)
        self.state.show_mark(mailings_words.state_mark(view))
        self._show_numbers(details.row)
        self.route.setText(self._route(details.row))
        self._show_pauses(details)
        self._show_doubt(view)
        self.replies.set_rows(details.replies)
        self.tabs.setVisible(bool(view.numbers.total))

    async def refresh(self) -> None:
        """Read anew what the tab in front shows."""
        if self.view is not None and self.view.numbers.total:
            await (self.recipients.model if self.tabs.currentWidget() is self.recipients else self.domains).refresh()

    def save_state(self) -> None:
        """Keep the columns."""
        for table in (self.domain_table, self.reply_table, self.recipients.table):
            table.keep(self._session.layout_store)

    def _add_domains(self) -> None:
        self.domains: PagedTable[DomainRow] = PagedTable(
            self._session,
            domain_columns(self._session.now),
            read_order=self._domain_order,
            read_rows=self._domain_rows,
            identity=lambda row: row.id,
            parent=self,
        )
        self.domain_table = TableView("mailings/domains", self.tr("Domains of the mailing"), self)
        self.domain_table.show_columns(self.domains, self._session.layout_store, sort=2, descending=True)
        self.domain_table.opened.connect(self._domain_opened)
        self.tabs.addTab(self.domain_table, self.tr("&Domains"))

    def _add_replies(self) -> None:
        self.replies: RowTable[DomainRow] = RowTable(
            reply_columns(self._session.now), identity=lambda row: row.id, parent=self
        )
        self.reply_table = TableView("mailings/replies", self.tr("Last replies"), self)
        self.reply_table.show_columns(self.replies, self._session.layout_store)
        self.tabs.addTab(self.reply_table, self.tr("&Last replies"))
        self.tabs.currentChanged.connect(lambda _: self._session.spawn(self.refresh()))

    def _lay_out(self) -> None:
        title = QHBoxLayout()
        title.setSpacing(12)
        title.addWidget(self.name, 0, Qt.AlignmentFlag.AlignBaseline)
        title.addWidget(self.state, 0, Qt.AlignmentFlag.AlignVCenter)
        title.addStretch(1)
        title.addWidget(self.numbers, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        column.addLayout(title)
        column.addWidget(self.bar)
        column.addWidget(self.route)
        column.addWidget(self.pause_note)
        column.addWidget(self.doubt_note)
        column.addWidget(self.tabs, 1)

    def _show_numbers(self, row: MailingRow) -> None:
        parts = mailings_words.parts(row.view.numbers)
        self.bar.setVisible(bool(row.view.numbers.total))
        self.bar.show_parts(parts)
        self.numbers.setText(describe(parts) or self.tr("Not started"))

    def _route(self, row: MailingRow) -> str:
        view = row.view
        said = [
            self.tr("To {}").format(mailings_words.target(view)),
            self.tr("over stream {} ({})").format(view.stream, mailings_words.rule(view)),
        ]
        if view.state is MailingState.SCHEDULED:
            said.append(self.tr("starts at {}").format(words.short_time(view.scheduled_at, self._session.now())))
        if row.pace.rate > 0:
            said.append(self.tr("{}, {} left").format(words.rate(row.pace.rate), mailings_words.time_left(row)))
        if view.hourly_ceiling:
            said.append(self.tr("at most {} an hour").format(words.number(view.hourly_ceiling)))
        if view.expires_at and view.finished_at is None:
            said.append(self.tr("expires {}").format(words.until(view.expires_at, self._session.now())))
        return " · ".join(said)

    def _show_pauses(self, details: MailingDetails) -> None:
        if not details.pauses:
            self.pause_note.dismiss()
            return
        where = ", ".join(sorted({pause.provider for pause in details.pauses}))
        reason = words.one_line(details.pauses[0].reason)
        self.pause_note.tell(
            self.tr("Mail to {} waits: {}").format(where, reason),
            button=self.tr("Resume there"),
            act=lambda: self.lift_asked.emit(details.pauses),
        )

    def _show_doubt(self, view: MailingView) -> None:
        number = view.numbers.in_doubt
        if not number:
            self.doubt_note.dismiss()
            return
        self.doubt_note.tell(
            self.tr("Of %Ln recipient(s) nobody knows whether they got the message.", "", number),
            button=self.tr("Show and decide"),
            act=self._show_in_doubt,
        )

    def _domain_opened(self, index: QModelIndex) -> None:
        row = self.domains.row(index)
        if row is not None:
            self.why_asked.emit(row.domain)

    def _show_in_doubt(self) -> None:
        self.tabs.setCurrentWidget(self.recipients)
        self.recipients.show_in_doubt()

    def _domain_order(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        view = self.view
        if view is None:
            return ()
        if sort is None:
            return reports.domain_ids(session, view.id)
        return reports.domain_ids(session, view.id, sort=DomainSort(sort), descending=descending)

    def _domain_rows(self, session: Session, ids: Sequence[int]) -> Sequence[DomainRow]:
        view = self.view
        return reports.domains(session, view.id, ids) if view is not None else ()
