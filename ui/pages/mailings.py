"""The mailings page: what is sent to whom, how far it is, and what a person does about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.database.database import Database
from app.services import alerts, drafts, mailing_table, recipients, runs
from app.services.alerts import PauseView
from app.services.mailing_table import MailingRow, MailingSort
from app.services.mailings import MailingView
from app.services.recipients import RecipientFilter
from app.services.runs import DRAFT_STATES, RUNNING_STATES, Settlement, WaitingFate
from app.services.search import Found
from app.services.undo import UndoStep
from engine.ports import MailingState
from ui.dialogs.mailing_wizard import open_wizard
from ui.dialogs.why_not_sent import WhyNotSentDialog
from ui.models.paged_table import PagedTable
from ui.pages import mailings_move
from ui.pages.mailings_columns import mailing_columns
from ui.pages.mailings_panel import MailingPanel
from ui.pages.page import Page
from ui.session import WindowSession
from ui.widgets.dialogs import Choice, ask, file_to_save, opened
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.tables import TableView


class MailingsPage(Page):
    """The table of mailings above, the selected one below."""

    topics = frozenset({"world", "recipients", "holds", "alerts"})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.filter_hint = self.tr("Name, list, segment or stream")
        self.help = self.tr(
            "<p>A mailing is one message to one list or segment over one stream. Enter opens a draft in the wizard, and shows"
            " the domains of one that was started.</p><p>The bar shows what became of the recipients: delivered, failed,"
            " in doubt, held, waiting. <b>Held</b> recipients wait because every address of the stream is refused by their"
            " provider; they go on by themselves once one is not. Of recipients <b>in doubt</b> nobody knows whether they"
            " got the message: the connection broke before the answer came.</p>"
        )
        self._text = ""
        self._wanted_id: int | None = None
        self._add_actions()
        self.model: PagedTable[MailingRow] = PagedTable(
            session,
            mailing_columns(session.now),
            read_order=self._read_order,
            read_rows=self._read_rows,
            identity=lambda row: row.view.id,
            parent=self,
        )
        self.table = TableView("mailings/table", self.tr("Mailings"), self)
        self.table.show_columns(self.model, session.layout_store)
        self.table.opened.connect(self._open_row)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._look_at_current())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._enable_actions())
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.table.addActions(self.actions())
        self.panel = MailingPanel(session, self)
        self.panel.settle_asked.connect(lambda how, ids: session.spawn(self._settle(how, ids)))
        self.panel.lift_asked.connect(lambda pauses: session.spawn(self._lift(pauses)))
        self.panel.why_asked.connect(lambda target: session.spawn(self._ask_why(target)))
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.panel)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 1)
        session.layout_store.restore_splitter("mailings", self.splitter)
        self.body = ListOrEmpty(
            self.splitter,
            EmptyState(
                "email-multiple-outline",
                self.tr("No mailings yet"),
                self.tr("A mailing sends one message to a list or a segment. The wizard leads you through it."),
                self.new_action,
            ),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.body)
        self._enable_actions()

    # The frame's questions

    async def load(self) -> None:
        """Read the table and the mailing that is looked at."""
        await self.model.refresh()
        self.body.show_empty(not self.model.ids and not self._text)
        self._choose_row()
        await self._show_current()
        self._enable_actions()

    def set_filter(self, text: str) -> None:
        """Show the mailings that have this text in name, list, segment or stream."""
        self._text = text
        self.model.refresh_soon()

    def open_with(self, argument: object) -> None:
        """Select a mailing: its id, or what "go to" found; the word "new" opens the wizard."""
        if argument == "new":
            self.new_action.trigger()
        elif isinstance(argument, Found | int):
            self._wanted_id = argument.id if isinstance(argument, Found) else argument
            self._choose_row()

    def save_state(self) -> None:
        """Keep columns and splitter."""
        self.table.keep(self.session.layout_store)
        self.panel.save_state()
        self.session.layout_store.keep_splitter("mailings", self.splitter)

    # What is selected

    @property
    def selected(self) -> MailingView | None:
        """The mailing that the cursor is on."""
        row = self.model.row(self.table.currentIndex())
        return row.view if row else None

    def _choose_row(self) -> None:
        """Go to the mailing that was asked for, or to the first one."""
        wanted = self.model.index_of(self._wanted_id) if self._wanted_id is not None else QModelIndex()
        if wanted.isValid():
            self._wanted_id = None
            self.table.setCurrentIndex(wanted)
            self.table.scrollTo(wanted)
        elif not self.table.currentIndex().isValid() and self.model.ids:
            self.table.setCurrentIndex(self.model.index(0, 0))

    def _look_at_current(self) -> None:
        self._enable_actions()
        self.session.spawn(self._show_current())

    async def _show_current(self) -> None:
        identity = self.model.id_of(self.table.currentIndex())
        if identity is None:
            self.panel.show_details(None)
            return
        details = await self.session.read(mailing_table.details, identity)
        if identity == self.model.id_of(self.table.currentIndex()):
            self.panel.show_details(details)
            await self.panel.refresh()

    def _read_order(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        wanted = None if sort is None else MailingSort(sort)
        return mailing_table.ids(session, wanted, descending=descending, text=self._text, now=self.session.now())

    def _read_rows(self, session: Session, ids: Sequence[int]) -> Sequence[MailingRow]:
        return mailing_table.rows(session, ids, now=self.session.now())

    # Actions

    def _add_actions(self) -> None:
        slot = self.session.slot
        self.new_action = self.add_action(
            self.tr("&New mailing…"), slot(self._new), icon="plus", shortcut=QKeySequence.StandardKey.New
        )
        self.edit_action = self.add_action(
            self.tr("&Edit…"), slot(self._edit), icon="pencil-outline", shortcut="F2", tip=self.tr("Edit the draft")
        )
        self.add_separator()
        self.pause_action = self.add_action(
            self.tr("&Pause"), slot(self._pause), icon="pause", tip=self.tr("Hand out no more recipients for now")
        )
        self.resume_action = self.add_action(self.tr("Res&ume"), slot(self._resume), icon="play")
        self.stop_action = self.add_action(self.tr("&Stop…"), slot(self._stop), icon="stop")
        self.move_action = self.add_action(self.tr("&Move…"), slot(self._move), icon="swap-horizontal")
        self.add_separator()
        self.copy_action = self.add_action(
            self.tr("&Copy"), slot(self._copy), icon="content-copy", tip=self.tr("A new draft with the same message")
        )
        self.why_action = self.add_action(
            self.tr("&Why not sent?"),
            slot(lambda: self._ask_why("")),
            icon="help-circle-outline",
            tip=self.tr("What keeps a recipient or a domain from getting the message"),
        )
        self.export_action = self.add_action(
            self.tr("E&xport recipients…"), slot(self._export), icon="export", in_tool_bar=False
        )
        self.unschedule_action = self.add_action(
            self.tr("Make a &draft again"), slot(self._unschedule), icon="calendar-remove", in_tool_bar=False
        )
        self.delete_action = self.add_action(
            self.tr("De&lete draft…"),
            slot(self._delete),
            icon="delete-outline",
            shortcut=Qt.Key.Key_Delete,
            in_tool_bar=False,
        )

    def _enable_actions(self) -> None:
        view = self.selected
        state = view.state if view else None
        left = bool(view and view.numbers.waiting + view.numbers.held)
        is_draft = state in DRAFT_STATES
        self.edit_action.setEnabled(is_draft)
        self.pause_action.setEnabled(state is MailingState.ACTIVE)
        self.resume_action.setEnabled(state is MailingState.PAUSED or (state is MailingState.STOPPED and left))
        self.stop_action.setEnabled(state in RUNNING_STATES or (state is MailingState.STOPPED and left))
        self.move_action.setEnabled(state in RUNNING_STATES or (state is MailingState.STOPPED and left))
        self.copy_action.setEnabled(bool(view and view.list_id is not None))
        for action in (self.export_action, self.why_action):
            action.setEnabled(bool(view and view.numbers.total))
        self.unschedule_action.setEnabled(state is MailingState.SCHEDULED)
        self.delete_action.setEnabled(is_draft)

    def _open_row(self, _index: QModelIndex) -> None:
        if self.edit_action.isEnabled():
            self.edit_action.trigger()
        else:
            self.panel.tabs.currentWidget().setFocus()

    async def _new(self) -> None:
        self._wanted_id = await open_wizard(self.session, None, self) or self._wanted_id

    async def _edit(self) -> None:
        if self.selected is not None:
            self._wanted_id = await open_wizard(self.session, self.selected.id, self) or self._wanted_id

    async def _pause(self) -> None:
        await self._act(runs.pause, self.tr("Paused {}"), runs.resume)

    async def _resume(self) -> None:
        await self._act(runs.resume, self.tr("Resumed {}"), runs.pause)

    async def _unschedule(self) -> None:
        await self._act(drafts.unschedule, self.tr("{} is a draft again"), None)

    async def _act(self, function: Callable[..., object], told: str, inverse: Callable[..., object] | None) -> None:
        """Do something to the selected mailing that *inverse* takes back."""
        view = self.selected
        if view is None:
            return
        await self.session.write(function, view.id)
        sentence = told.format(view.name)
        self.session.tell_done(sentence, self._inverse(sentence, view.id, inverse) if inverse else None)

    def _inverse(self, label: str, mailing_id: int, inverse: Callable[..., object]) -> UndoStep:
        actor = self.session.actor

        def revert(session: Session, now: float) -> None:
            inverse(session, mailing_id, actor=actor, now=now)

        return UndoStep(label, revert)

    async def _stop(self) -> None:
        view = self.selected
        if view is None:
            return
        waiting = view.numbers.waiting + view.numbers.held
        choices = [Choice("stopped", self.tr("&Stop and end them"), destructive=True)]
        if view.state in RUNNING_STATES:
            choices.insert(0, Choice("keep", self.tr("Stop and &keep them"), is_default=True))
        choice = await ask(
            self,
            self.tr("Stop {}? What becomes of the %Ln waiting recipient(s)?", "", waiting).format(view.name),
            self.tr(
                "Kept, they wait until the mailing is resumed. Ended, they never get this message, which can't be taken"
                " back. Recipients in flight finish."
            ),
            choices,
            cancel=self.tr("Don't stop"),
        )
        if choice:
            numbers = await self.session.write(runs.stop, view.id, waiting=WaitingFate(choice))
            step = self._inverse(self.tr("Stop {}").format(view.name), view.id, runs.resume)
            kept = numbers.waiting + numbers.held
            self.session.tell_done(self.tr("Stopped {}").format(view.name), step if kept else None)

    async def _move(self) -> None:
        view = self.selected
        if view is None:
            return
        dialog = mailings_move.MoveDialog(self.session, view, await self.session.read(mailings_move.ways), self)
        if not await opened(dialog):
            return
        actor, former = self.session.actor, view.stream_id

        def revert(session: Session, now: float) -> None:
            runs.move(session, view.id, former, actor=actor, now=now)

        step = UndoStep(self.tr("Move {}").format(view.name), revert)
        self.session.tell_done(self.tr("Moved {} to another stream").format(view.name), step)

    async def _copy(self) -> None:
        if self.selected is None:
            return
        made = await self.session.write(drafts.duplicate, self.selected.id)
        self._wanted_id = made.id
        step = self._inverse(self.tr("Copy {}").format(made.name), made.id, drafts.delete)
        self.session.tell_done(self.tr("Made the draft {}").format(made.name), step)

    async def _delete(self) -> None:
        view = self.selected
        if view is None:
            return
        choice = await ask(
            self,
            self.tr("Delete the draft {}?").format(view.name),
            self.tr("Its message is lost."),
            [Choice("delete", self.tr("&Delete draft"), destructive=True)],
            cancel=self.tr("Keep it"),
        )
        if choice:
            await self.session.write(drafts.delete, view.id)
            self.session.tell_done(self.tr("Deleted the draft {}").format(view.name))

    async def _export(self) -> None:
        view = self.selected
        if view is None:
            return
        wanted = self.panel.recipients.wanted
        path = await file_to_save(self, self.tr("Export recipients"), f"{view.name}.csv", self.tr("CSV (*.csv)"))
        if path:
            number = await self.session.background.run(_export, self.session.database, view.id, Path(path), wanted)
            self.session.tell_done(self.tr("Exported %Ln recipient(s)", "", number))

    async def _settle(self, how: Settlement, ids: Sequence[int] | None) -> None:
        view = self.selected
        if view is None:
            return
        number = await self.session.write(runs.settle_in_doubt, view.id, how, recipient_ids=ids)
        if how is Settlement.DELIVERED:
            self.session.tell_done(self.tr("%Ln recipient(s) count as delivered", "", number))
        else:
            self.session.tell_done(self.tr("%Ln recipient(s) are sent the message again", "", number))

    async def _lift(self, pauses: Sequence[PauseView]) -> None:
        for pause in pauses:
            await self.session.write(alerts.lift, pause.id)
        self.session.tell_done(self.tr("Mail goes there again"))

    async def _ask_why(self, target: str) -> None:
        """Why a recipient, or the domain that the cursor is on, has not got the message."""
        view = self.selected
        if view is not None:
            await opened(WhyNotSentDialog(self.session, view.id, target, self))


def _export(database: Database, mailing_id: int, path: Path, wanted: RecipientFilter) -> int:
    """Write the file in a thread; a half-written one never stands under the name that was asked for."""
    partial = path.with_name(f".{path.name}.part")
    with database.read() as session, partial.open("w", encoding="utf-8-sig", newline="") as file:
        number = recipients.export_csv(session, mailing_id, file, wanted)
    partial.replace(path)
    return number
