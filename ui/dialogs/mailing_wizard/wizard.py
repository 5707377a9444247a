"""The wizard: what follows from what is typed, going on and back, saving a draft, sending a test, starting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget

from app.database.problems import DatabaseProblem
from app.services import launch
from app.services.drafts import Draft
from app.services.launch import Look
from app.services.mailings import MailingView
from app.services.problems import Problem
from app.settings import engine_settings
from ui.dialogs.mailing_wizard.dns_look import ask_dns
from ui.dialogs.mailing_wizard.frame import Step, WizardFrame
from ui.dialogs.mailing_wizard.material import Material, read_list, read_material, read_reach
from ui.dialogs.mailing_wizard.message_step import MessageStep, read_message_file
from ui.dialogs.mailing_wizard.recipients_step import RecipientsStep
from ui.dialogs.mailing_wizard.stream_step import StreamStep
from ui.dialogs.mailing_wizard.summary_step import Outline, SummaryStep
from ui.dialogs.mailing_wizard.time_step import TimeStep
from ui.dialogs.mailing_wizard.try_dialog import TryDialog
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.dialogs import Choice, ask, file_to_open, opened, tell

LOOK_MS: Final = 350
"""How long after the last key the preview is made anew."""


async def open_wizard(session: WindowSession, mailing_id: int | None, parent: QWidget) -> int | None:
    """Let a person write and start a mailing, or edit a draft; its id, None when nothing was saved."""
    material = await session.read(read_material, mailing_id)
    if not material.lists:
        await tell(
            parent,
            session.tr("There is no list yet"),
            session.tr("Make a site and a list on the page Lists first; a mailing needs somebody to go to."),
        )
        return None
    wizard = MailingWizard(session, material, parent)
    await wizard.prepare()
    await opened(wizard)
    return wizard.stored.id if wizard.stored else None


class MailingWizard(WizardFrame):
    """``stored`` is the mailing as it was last written down, None before."""

    def __init__(self, session: WindowSession, material: Material, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.stored: MailingView | None = material.view
        self.setWindowTitle(self.tr("Edit mailing") if material.view else self.tr("New mailing"))
        self.message = MessageStep(self)
        self.recipients = RecipientsStep(session.layout_store, self)
        self.stream = StreamStep(session.layout_store, self)
        self.time = TimeStep(session.now(), material.expiry_hours, self)
        self.summary = SummaryStep(self)
        for step in (self.message, self.recipients, self.stream, self.time, self.summary):
            self.stack.addWidget(step)
        self._look_task: asyncio.Task[Any] | None = None
        self._reach_task: asyncio.Task[Any] | None = None
        self._fill(material)
        self._saved = self.draft()
        self._look_timer = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._look_timer.timeout.connect(self._look_soon)
        self._connect()
        self.go_to(Step.MESSAGE)

    # What is in the forms

    def draft(self) -> Draft:
        """The mailing as it stands in the forms."""
        chosen = self.recipients.chosen_list
        return Draft(
            name=self.message.name.text().strip(),
            list_id=chosen.id if chosen else 0,
            content=self.message.content(),
            segment_id=self.recipients.segment_id,
            stream_id=self.stream.own_stream_id,
            hourly_ceiling=self.time.hourly_ceiling,
            expiry_hours=self.time.expiry_hours,
        )

    def is_changed(self) -> bool:
        """Whether something is in the forms that is not written down."""
        return self.draft() != self._saved

    def _fill(self, material: Material) -> None:
        draft = material.draft
        self.recipients.set_lists(material.lists, material.list_id)
        self.recipients.set_segments((), None)
        self.stream.set_streams(material.streams, draft.stream_id if draft else None)
        self._wanted_segment = draft.segment_id if draft else None
        if draft is not None and material.view is not None:
            self.message.show_content(draft.name, draft.content)
            self.time.show_values(material.view.scheduled_at, draft.hourly_ceiling, draft.expiry_hours)
        self.message.show_list_defaults(self.recipients.chosen_list)

    async def prepare(self) -> None:
        """Read what belongs to the list, look at the message, count the recipients."""
        await self._read_list()
        self._saved = self.draft()
        await asyncio.gather(self.look(), self.count())

    # Steps

    def go_to(self, step: Step) -> None:
        """Show a step."""
        if step is Step.SUMMARY:
            self._show_summary()
        self.show_step(step, self._start_text())

    async def next_step(self) -> None:
        """Go on when this step is in order, else say what is not; from the last one, start."""
        if self.step is Step.SUMMARY:
            await self.start()
        elif await self._is_in_order(self.step):
            self.go_to(Step(self.step + 1))

    async def _is_in_order(self, step: Step) -> bool:
        self.banner.dismiss()
        match step:
            case Step.MESSAGE:
                return await self._check_message()
            case Step.RECIPIENTS:
                await self.count()
                return self.recipients.audience is not None
            case Step.TIME:
                return self.time.check(self._session.now())
        return True

    async def _check_message(self) -> bool:
        self.message.clear_errors()
        own = self.stored.id if self.stored else None
        try:
            await self._session.read(launch.check_name_is_free, self.message.name.text(), own)
            await self._look()
        except Problem as problem:
            self._show_problem(problem)
            return False
        return True

    # What follows from what was typed

    def _look_soon(self) -> None:
        if self._look_task is not None:
            self._look_task.cancel()
        self._look_task = self._session.spawn(self.look(), self)

    async def look(self) -> None:
        """Make the preview anew; what is missing yet is said beside it."""
        try:
            await self._look()
        except Problem as problem:
            self.message.preview.show_waiting(self.tr("No preview yet: {}").format(problem.sentence))

    async def _look(self) -> Look:
        chosen = self.recipients.chosen_list
        found = await self._session.read(
            launch.look,
            self.message.content(),
            chosen.id if chosen else None,
            self.message.preview.chosen_person(),
        )
        self.message.clear_errors()
        self.message.preview.show_look(found)
        return found

    def _list_chosen(self) -> None:
        self._wanted_segment = None
        self.message.show_list_defaults(self.recipients.chosen_list)
        self._session.spawn(self._list_changed(), self)

    async def _list_changed(self) -> None:
        await self._read_list()
        await asyncio.gather(self.look(), self.count())

    async def _read_list(self) -> None:
        chosen = self.recipients.chosen_list
        if chosen is not None:
            found = await self._session.read(read_list, chosen.id)
            self.recipients.set_segments(found.segments, self._wanted_segment)
            self.message.preview.set_people(found.members)

    def _count_soon(self) -> None:
        if self._reach_task is not None:
            self._reach_task.cancel()
        self._reach_task = self._session.spawn(self.count(), self)

    async def count(self) -> None:
        """Count the recipients, and say who refuses the stream."""
        chosen = self.recipients.chosen_list
        if chosen is None:
            return
        asked = chosen.id, self.recipients.segment_id, self.stream.own_stream_id
        self.recipients.show_counting()
        try:
            reach = await self._session.read(read_reach, *asked)
        except Problem as problem:
            self.recipients.show_trouble(problem.sentence)
            return
        self.recipients.show_audience(reach.audience)
        self.stream.show_resolution(reach.resolved)
        self.stream.show_obstacles(reach.obstacles)

    async def ask_dns(self) -> None:
        """Ask the DNS whether it vouches for the sender."""
        look, stream = self.message.preview.look, self.stream.chosen
        if look is None:
            return
        settings = await self._session.read(engine_settings)
        ips = [each.ip for each in stream.addresses] if stream else []
        self.message.preview.dns_button.setEnabled(False)
        try:
            found = await self._session.background.run(ask_dns, settings, look.message, ips)
        finally:
            self.message.preview.dns_button.setEnabled(True)
        self.message.preview.show_dns(found)

    async def choose_file(self) -> None:
        """Let the person choose an .eml file."""
        path = await file_to_open(self, self.tr("Choose a message"), self.tr("Messages (*.eml);;All files (*)"))
        if not path:
            return
        try:
            data = await self._session.background.run(read_message_file, Path(path))
        except Problem as problem:
            self._show_problem(problem)
            return
        self.message.set_eml(data, Path(path).name)

    def _show_summary(self) -> None:
        chosen, look = self.recipients.chosen_list, self.message.preview.look
        self.summary.show_summary(
            Outline(
                name=self.message.name.text().strip(),
                subject=look.preview.subject if look else self.message.subject.text(),
                sender=self.message.preview.sender_line.text(),
                list_name=chosen.name if chosen else "",
                segment=self.recipients.segment.currentText(),
                recipients=self.recipients.audience.recipients if self.recipients.audience else 0,
                stream=f"{self.stream.chosen.name if self.stream.chosen else ''} ({self.stream.reason})",
                outlook=self.stream.outlook.text(),
                outlook_tone=self.stream.tone,
                at=self.time.at,
                hourly_ceiling=self.time.hourly_ceiling,
                advice=look.advice if look else (),
            )
        )

    def _start_text(self) -> str:
        return self.tr("&Start now") if self.time.at is None else self.tr("&Schedule")

    # Saving and starting

    async def start(self) -> None:
        """Write the mailing down and start or schedule it; both or neither."""
        async with self._working():
            view = await self._session.write(launch.launch, self.stored, self.draft(), self.time.at)
            self.stored, self._saved = view, self.draft()
            if self.time.at is None:
                told = self.tr("Started {} to %Ln recipient(s)", "", view.numbers.total)
            else:
                told = self.tr("{} is scheduled")
            self._session.tell_done(told.format(view.name))
            super().accept()

    async def save_draft(self) -> bool:
        """Write the mailing down; whether that worked."""
        async with self._working() as work:
            draft = self.draft()
            self.stored = await self._session.write(launch.store, self.stored, draft)
            self._saved = draft
            self._session.tell_done(self.tr("Saved the draft {}").format(self.stored.name))
        return work.succeeded

    async def send_test(self) -> None:
        """Ask where a test goes, and send it."""
        if not await self._is_in_order(Step.MESSAGE):
            self.go_to(Step.MESSAGE)
            return
        kept = self._session.layout_store.word("wizard/test")
        dialog = TryDialog(self._session, kept, self._send_test, self)
        if await opened(dialog):
            self.banner.tell(
                self.tr("A test goes to {}. The mailing is saved as a draft.").format(dialog.address.text()), Tone.GOOD
            )

    async def _send_test(self, address: str) -> None:
        draft = self.draft()
        self.stored, _ = await self._session.write(launch.try_out, self.stored, draft, address)
        self._saved = draft
        self._session.layout_store.set_word("wizard/test", address)

    def _working(self) -> _Work:
        return _Work(self)

    def show_trouble(self, error: Problem | DatabaseProblem) -> None:
        """Show what kept something from being written; everything typed is still there."""
        if isinstance(error, DatabaseProblem):
            self.banner.tell(self.tr("{} What you typed is still here.").format(error.sentence), Tone.BAD)
        else:
            self._show_problem(error)

    def _show_problem(self, problem: Problem) -> None:
        if self.message.show_problem(problem):
            self.go_to(Step.MESSAGE)
        elif self.time.show_problem(problem):
            self.go_to(Step.TIME)
        else:
            self.banner.tell(problem.sentence, Tone.BAD)

    # Leaving

    def reject(self) -> None:
        """Leave; with changes, ask first."""
        if self.is_busy:
            return
        if self.is_changed():
            self._session.spawn(self._ask_to_leave())
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self.isVisible() and (self.is_busy or self.is_changed()):
            event.ignore()
            self.reject()
            return
        super().closeEvent(event)

    async def _ask_to_leave(self) -> None:
        choice = await ask(
            self,
            self.tr("Leave this mailing?"),
            self.tr("What you wrote is not saved yet."),
            [
                Choice("save", self.tr("&Save draft"), is_default=True),
                Choice("discard", self.tr("&Discard changes"), destructive=True),
            ],
            cancel=self.tr("Keep writing"),
        )
        if choice == "discard" or (choice == "save" and await self.save_draft()):
            super().reject()

    def _connect(self) -> None:
        slot = self._session.slot
        self.message.edited.connect(self._look_timer.start)
        self.message.preview.person_chosen.connect(self._look_soon)
        self.message.preview.dns_asked.connect(slot(self.ask_dns))
        self.message.file_asked.connect(slot(self.choose_file))
        self.recipients.list_chosen.connect(self._list_chosen)
        self.recipients.segment.currentIndexChanged.connect(lambda _: self._count_soon())
        self.stream.edited.connect(self._count_soon)
        self.steps.currentRowChanged.connect(self._step_asked)
        self.back_button.clicked.connect(lambda: self.go_to(Step(self.step - 1)))
        self.next_button.clicked.connect(slot(self.next_step))
        self.save_button.clicked.connect(slot(self.save_draft))
        self.test_button.clicked.connect(slot(self.send_test))
        self.cancel_button.clicked.connect(self.reject)

    def _step_asked(self, row: int) -> None:
        if row != self.stack.currentIndex():
            self._session.spawn(self._walk_to(Step(row)), self)

    async def _walk_to(self, wanted: Step) -> None:
        """Go to a step by the list of steps; forward only as far as the steps between are in order."""
        while self.step < wanted and await self._is_in_order(self.step):
            self.go_to(Step(self.step + 1))
        if wanted < self.step:
            self.go_to(wanted)
        self.steps.setCurrentRow(self.step)


class _Work:
    """While something is written: no clicks, and what goes wrong is shown in the wizard."""

    def __init__(self, wizard: MailingWizard) -> None:
        self._wizard = wizard
        self.succeeded = False

    async def __aenter__(self) -> _Work:
        self._wizard.set_busy(True)
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self._wizard.set_busy(False)
        self.succeeded = error is None
        if isinstance(error, Problem | DatabaseProblem):
            self._wizard.show_trouble(error)
            return True
        return False
