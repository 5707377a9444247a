"""The mailing wizard, by keyboard and mouse, on the real services."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sent_mail
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QMessageBox, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.services import drafts, lists, mailings, streams, suppressions
from app.services.mailings import MailingView
from engine.ports import MailingState
from ui.dialogs.mailing_wizard import MailingWizard
from ui.dialogs.mailing_wizard.frame import Step
from ui.dialogs.mailing_wizard.html_view import HtmlView
from ui.dialogs.mailing_wizard.material import read_material
from ui.dialogs.mailing_wizard.message_step import read_message_file
from ui.dialogs.mailing_wizard.try_dialog import TryDialog
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]


@pytest.fixture
async def wizard(window_session: WindowSession) -> AsyncIterator[MailingWizard]:
    """The wizard for a new mailing, over the sample data."""
    async for shown in _wizard(window_session, None):
        yield shown


async def _wizard(session: WindowSession, mailing_id: int | None) -> AsyncIterator[MailingWizard]:
    shown = MailingWizard(session, await session.read(read_material, mailing_id))
    await shown.prepare()
    shown.open()
    yield shown
    await session.settled()
    shown.done(0)
    shown.deleteLater()


def choose_list(wizard: MailingWizard, name: str) -> None:
    box = wizard.recipients.list
    box.setCurrentIndex(next(at for at in range(box.count()) if box.itemText(at).startswith(name)))


def write(wizard: MailingWizard, qtbot: QtBot) -> None:
    """Type a message that is in order."""
    message = wizard.message
    for edit, text in (
        (message.name, "News of week 48"),
        (message.subject, "Dear {{name|reader}}"),
        (message.from_address, "news@example.com"),
        (message.unsubscribe_url, "https://lists.example.com/leave"),
    ):
        qtbot.keyClicks(edit, text)
    qtbot.keyClicks(message.text, "What happened this week.")


async def mailing(session: WindowSession, name: str) -> MailingView:
    return await session.read(mailings.by_name, name)


async def test_from_an_empty_form_to_a_started_mailing(
    wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    choose_list(wizard, "Readers")
    write(wizard, qtbot)
    await wait_until(lambda: wizard.message.preview.subject_line.text() == "Dear reader")
    for step in (Step.RECIPIENTS, Step.STREAM, Step.TIME, Step.SUMMARY):
        qtbot.keyClick(wizard, Qt.Key.Key_Return)
        await wait_until(lambda step=step: wizard.step is step)
    said = wizard.summary.texts()
    assert said[0] == "News of week 48 goes to 60 recipients"
    assert "Stream: news (the stream of site lists.example.com)" in said
    assert "Start: now" in said
    assert "The message is not signed: large providers ask for DKIM." in said
    assert wizard.next_button.text() == "&Start now"
    wizard.next_button.click()
    await window_session.settled()
    assert not wizard.isVisible()
    view = await mailing(window_session, "News of week 48")
    assert (view.state, view.numbers.total, view.stream) == (MailingState.ACTIVE, 60, "news")


async def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(
    wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot
) -> None:
    message = wizard.message
    assert message.form.error("name") == ""  # nobody is blamed for an empty form
    wizard.next_button.click()
    await window_session.settled()
    assert message.form.error("name") == "Must not be empty."
    qtbot.keyClicks(message.name, "X")
    qtbot.keyClicks(message.text, "Hello")
    qtbot.keyClicks(message.from_address, "not an address")
    wizard.next_button.click()
    await window_session.settled()
    assert "From address is not usable" in message.form.error("from_address")
    assert message.from_address.text() == "not an address"
    message.from_address.setText("news@example.com")
    wizard.next_button.click()
    await window_session.settled()
    assert message.form.error("subject") == "Subject is empty."
    assert message.form.error("from_address") == ""
    assert wizard.step is Step.MESSAGE


@pytest.mark.parametrize(
    ("field", "value", "tab"),
    [("reply_to", "@@", 3), ("unsubscribe_url", "ftp://example.com", 3), ("list_id", "no id", 3), ("envelope", "x", 3)],
)
async def test_errors_of_rarer_fields_bring_their_tab_to_the_front(
    field: str, value: str, tab: int, wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot
) -> None:
    write(wizard, qtbot)
    getattr(wizard.message, field).setText(value)
    wizard.next_button.click()
    await window_session.settled()
    assert wizard.step is Step.MESSAGE
    assert wizard.message.tabs.currentIndex() == tab
    said = [
        wizard.message.more.error(name) for name in ("reply_to", "unsubscribe_url", "list_id_header", "envelope_sender")
    ]
    assert len([text for text in said if text]) == 1


async def test_a_name_that_is_taken(wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot) -> None:
    with window_session.database.write() as session:
        sent_mail.fill(session, now=time.time())
    write(wizard, qtbot)
    wizard.message.name.setText("news of WEEK 47")
    wizard.next_button.click()
    await window_session.settled()
    assert wizard.message.form.error("name") == "There is a mailing News of week 47 already."


async def test_the_preview_has_a_members_values_and_asks_the_network_for_nothing(
    wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    choose_list(wizard, "Readers")
    await window_session.settled()
    write(wizard, qtbot)
    message = wizard.message
    message.html.setPlainText(
        '<p>To {{address}} of {{city}}</p><img src="http://127.0.0.1:9/p.png"><img src="file:///etc/hostname">'
        '<script>document.write("run")</script>'
    )
    await wait_until(lambda: "reader000@gmail.test" in message.preview.html.toPlainText())
    message.preview.tabs.setCurrentIndex(0)
    await wait_until(lambda: message.preview.pictures.text().startswith("2 pictures or files not loaded"))
    assert message.preview.html.kept_out == {"http://127.0.0.1:9/p.png", "file:///etc/hostname"}
    assert "run" not in message.preview.html.toPlainText()
    checks = message.preview.checks()
    assert "{{city}} is no field of the list and has no default: it is empty for everybody." in checks
    assert checks[0].startswith("{{city}}")  # the gravest stands first
    message.preview.person.setCurrentIndex(3)
    await wait_until(lambda: message.preview.recipient_line.text() == "reader003@gmail.test")


def test_the_view_follows_no_link(qtbot: QtBot) -> None:
    view = HtmlView()
    qtbot.addWidget(view)
    view.show_html('<a href="http://127.0.0.1:9/">x</a><img src="http://127.0.0.1:9/p.png">')
    view.show()
    qtbot.waitUntil(lambda: view.kept_out == {"http://127.0.0.1:9/p.png"})
    assert not view.openLinks()
    assert not view.openExternalLinks()


async def test_recipients_without_the_suppressed_by_segment_and_provider(
    wizard: MailingWizard, window_session: WindowSession, wait_until: WaitUntil, model_tester: Any
) -> None:
    model_tester(wizard.recipients.shares)
    readers = await window_session.read(lists.by_name, "Readers")
    await window_session.write(suppressions.add, "reader000@gmail.test", reason="asked", list_id=readers.id)
    choose_list(wizard, "Readers")
    await window_session.settled()
    assert wizard.recipients.count.text() == "59 recipients"
    assert wizard.recipients.taken_off.text() == (
        "60 members selected · 1 suppressed and taken off · no duplicates: a list has each mailbox once"
    )
    wizard.recipients.segment.setCurrentIndex(1)
    await wait_until(lambda: wizard.recipients.count.text() == "19 recipients")
    assert [wizard.recipients.shares.index(0, column).data() for column in (0, 1)] == ["gmail.test", "19"]


async def test_the_stream_by_association_or_another(
    wizard: MailingWizard, window_session: WindowSession, wait_until: WaitUntil
) -> None:
    choose_list(wizard, "Readers")
    await window_session.settled()
    step = wizard.stream
    assert step.inherited.text() == "news, the stream of site lists.example.com"
    assert step.own_stream_id is None
    step.another.setChecked(True)
    cold = await window_session.read(streams.default)
    step.stream.setCurrentIndex(step.stream.findData(cold.id))
    await wait_until(lambda: step.outlook.text().startswith("default has no addresses yet"))
    assert step.own_stream_id == cold.id
    wizard.recipients.segment.setCurrentIndex(1)
    step.inherited.setChecked(True)
    await wait_until(lambda: step.inherited.text() == "notices, the stream of segment Gmail readers")


async def test_who_refuses_the_stream_and_how_many_that_holds(
    window_session: WindowSession, wait_until: WaitUntil, model_tester: Any
) -> None:
    with window_session.database.write() as session:
        sent = sent_mail.fill(session, now=time.time())
    async for wizard in _wizard(window_session, sent.draft):
        model_tester(wizard.stream.obstacles)
        assert wizard.stream.outlook.text() == "20 recipients will be held: no address of news is open there."
        row = [wizard.stream.obstacles.index(0, column).data() for column in range(3)]
        assert row == ["Google", "20", "Held: no address is open"]


async def test_at_a_time_with_a_ceiling(
    wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    choose_list(wizard, "Readers")
    write(wizard, qtbot)
    await window_session.settled()
    wizard.go_to(Step.TIME)
    wizard.time.later.setChecked(True)
    wizard.time.moment.setDateTime(QDateTime.currentDateTime().addSecs(-3_600))
    wizard.next_button.click()
    await window_session.settled()
    assert wizard.time.trouble.text() == "The time to start at has passed already."
    wizard.time.moment.setDateTime(QDateTime.currentDateTime().addSecs(7_200))
    wizard.time.limited.setChecked(True)
    wizard.time.ceiling.setValue(500)
    wizard.next_button.click()
    await wait_until(lambda: wizard.step is Step.SUMMARY)
    assert "Pace: at most 500 messages an hour" in wizard.summary.texts()
    assert wizard.next_button.text() == "&Schedule"
    wizard.next_button.click()
    await window_session.settled()
    view = await mailing(window_session, "News of week 48")
    assert (view.state, view.hourly_ceiling) == (MailingState.SCHEDULED, 500)


async def test_a_mailing_to_nobody_is_not_started_and_stays_a_form(
    wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot
) -> None:
    choose_list(wizard, "Customers")
    write(wizard, qtbot)
    await window_session.settled()
    wizard.go_to(Step.SUMMARY)
    assert "Nobody would get it." in wizard.summary.texts()
    wizard.next_button.click()
    await window_session.settled()
    assert "has nobody to go to" in wizard.banner.text()
    assert wizard.isVisible()
    assert await window_session.read(mailings.listing) == []  # nothing is half started


async def test_a_test_message_goes_out_and_the_draft_is_kept(
    wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot, opened_dialog: Opened
) -> None:
    choose_list(wizard, "Readers")
    write(wizard, qtbot)
    wizard.test_button.click()
    dialog = await opened_dialog(TryDialog)
    qtbot.keyClicks(dialog.address, "anna")
    dialog.save_button.click()
    await window_session_idle(dialog)
    assert "can't be used" in dialog.form.error("address")
    dialog.address.setText("anna@example.com")
    dialog.save_button.click()
    await window_session.settled()
    test = await mailing(window_session, "News of week 48 (test 1)")
    assert (test.state, test.numbers.total) == (MailingState.ACTIVE, 1)
    assert (await mailing(window_session, "News of week 48")).state is MailingState.DRAFT
    assert not wizard.is_changed()


async def window_session_idle(dialog: TryDialog) -> None:
    """Until a dialog that stays open has answered: the wizard's own task waits for it meanwhile."""
    import waiting

    await waiting.wait_until(lambda: bool(dialog.form.error("address")))


async def test_leaving_with_changes_asks_and_saves(
    wizard: MailingWizard, window_session: WindowSession, qtbot: QtBot, opened_dialog: Opened
) -> None:
    choose_list(wizard, "Readers")
    write(wizard, qtbot)
    qtbot.keyClick(wizard, Qt.Key.Key_Escape)
    box = await opened_dialog(QMessageBox)
    next(each for each in box.buttons() if each.text() == "&Save draft").click()
    await window_session.settled()
    assert not wizard.isVisible()
    view = await mailing(window_session, "News of week 48")
    assert view.state is MailingState.DRAFT
    draft = await window_session.read(drafts.read_draft, view.id)
    assert draft.content.text == "What happened this week."


async def test_an_untouched_wizard_closes_at_once(wizard: MailingWizard, qtbot: QtBot) -> None:
    qtbot.keyClick(wizard, Qt.Key.Key_Escape)
    assert not wizard.isVisible()


async def test_a_draft_that_was_changed_elsewhere_is_not_overwritten(
    window_session: WindowSession, qtbot: QtBot
) -> None:
    with window_session.database.write() as session:
        sent = sent_mail.fill(session, now=time.time())
    async for wizard in _wizard(window_session, sent.draft):
        assert wizard.message.name.text() == "Survey among readers"
        view = await window_session.read(mailings.get, sent.draft)
        other = await window_session.read(drafts.read_draft, sent.draft)
        await window_session.write(drafts.edit, view, other)
        qtbot.keyClicks(wizard.message.subject, "!")
        wizard.save_button.click()
        await window_session.settled()
        assert "was changed elsewhere" in wizard.banner.text()
        assert wizard.message.subject.text().endswith("!")
        wizard.message.subject.setText("Survey among readers")


async def test_a_message_from_a_file(
    wizard: MailingWizard,
    window_session: WindowSession,
    qtbot: QtBot,
    opened_dialog: Opened,
    wait_until: WaitUntil,
    tmp_path: Path,
) -> None:
    file = tmp_path / "letter.eml"
    file.write_bytes(
        b"From: x@example.org\r\nSubject: A letter\r\nContent-Type: text/plain\r\n\r\nDear {{name|you}}\r\n"
    )
    qtbot.keyClicks(wizard.message.from_address, "news@example.com")
    wizard.message.tabs.setCurrentIndex(2)
    wizard.message.file_button.click()
    dialog = await opened_dialog(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(file))
    dialog.accept()
    await wait_until(lambda: wizard.message.preview.subject_line.text() == "A letter")
    assert "Dear you" in wizard.message.preview.text.toPlainText()
    assert wizard.message.file_name.text().startswith("letter.eml")
    assert not wizard.message.text.isEnabled()
    wizard.message.no_file_button.click()
    assert wizard.message.text.isEnabled()


def test_a_file_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="can't be read"):
        read_message_file(tmp_path / "missing.eml")
    (tmp_path / "empty.eml").touch()
    with pytest.raises(Exception, match="is empty"):
        read_message_file(tmp_path / "empty.eml")


async def test_every_input_has_a_name_for_screen_readers(wizard: MailingWizard) -> None:
    inputs = [*wizard.findChildren(QLineEdit), *wizard.findChildren(QComboBox), *wizard.findChildren(QPlainTextEdit)]
    nameless = [
        each.objectName() or repr(each)
        for each in inputs
        if not each.accessibleName()
        and not each.objectName().startswith("qt_")
        and not isinstance(each.parent(), QComboBox)
    ]
    assert nameless == []


async def test_list_defaults_stand_in_the_empty_fields(wizard: MailingWizard, window_session: WindowSession) -> None:
    readers = await window_session.read(lists.by_name, "Readers")
    await window_session.write(
        lists.edit, readers.id, lists.ListEdit("Readers", readers.site_id, from_address="list@example.com")
    )
    async for fresh in _wizard(window_session, None):
        choose_list(fresh, "Readers")
        assert fresh.message.from_address.placeholderText() == "list@example.com (from the list)"
