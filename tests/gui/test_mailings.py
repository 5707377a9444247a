"""The mailings page, by keyboard and mouse, on the real services."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sent_mail
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from sent_mail import SentMail

from app.services import mailings, streams
from app.services.mailings import MailingView
from engine.ports import MailingState, RecipientState
from ui.dialogs.why_not_sent import WhyNotSentDialog
from ui.main_window import MainWindow
from ui.models.columns import PARTS_ROLE
from ui.pages.mailings import MailingsPage
from ui.pages.mailings_move import MoveDialog
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]
NAME, STATE, PROGRESS = 0, 3, 4


@pytest.fixture
def sent(full_database: Any) -> SentMail:
    """Mailings in all states, before the window opens."""
    with full_database.write() as session:
        return sent_mail.fill(session, now=time.time())


@pytest.fixture
async def page(sent: SentMail, window: MainWindow, window_session: WindowSession) -> MailingsPage:
    """The mailings page of the window."""
    window.show_page("mailings")
    await window_session.settled()
    shown = window.host.page
    assert isinstance(shown, MailingsPage)
    return shown


def names(page: MailingsPage) -> list[str]:
    return [page.model.index(row, NAME).data() for row in range(page.model.rowCount())]


async def choose(page: MailingsPage, mailing_id: int, wait_until: WaitUntil) -> None:
    page.table.selectRow(page.model.row_of(mailing_id) or 0)
    await wait_until(lambda: page.panel.view is not None and page.panel.view.id == mailing_id)


async def view_of(session: WindowSession, mailing_id: int) -> MailingView:
    return await session.read(mailings.get, mailing_id)


def press(box: QMessageBox, text: str) -> None:
    button = next(each for each in box.buttons() if each.text().replace("&", "") == text)
    button.click()


async def test_running_mailings_stand_first_and_tell_their_numbers(page: MailingsPage, model_tester: Any) -> None:
    model_tester(page.model)
    assert names(page) == ["News of week 47", "Season's greetings", "Survey among readers", "Notice of maintenance"]
    assert [page.model.index(row, STATE).data() for row in range(4)] == ["Active", "Scheduled", "Draft", "Completed"]
    assert page.model.index(0, PROGRESS).data() == "24 of 60"
    parts = {part.name: part.value for part in page.model.index(0, PROGRESS).data(PARTS_ROLE)}
    assert parts == {"delivered": 21, "failed": 3, "stopped": 0, "in doubt": 0, "held": 19, "waiting": 17}
    assert page.panel.numbers.text() == "21 delivered, 3 failed, 19 held, 17 waiting"
    assert "chosen by the site of list Readers" in page.panel.route.text()


async def test_the_domains_and_last_replies_of_the_selected_one(
    page: MailingsPage, window_session: WindowSession, model_tester: Any, qtbot: QtBot
) -> None:
    model_tester(page.panel.domains)
    model_tester(page.panel.replies)
    shown = {
        page.panel.domains.index(row, 0).data(): [
            page.panel.domains.index(row, column).data() for column in (2, 3, 4, 5)
        ]
        for row in range(page.panel.domains.rowCount())
    }
    assert shown == {
        "gmail.test": ["20", "–", "1", "19"],
        "northmail.test": ["20", "12", "2", "–"],
        "post.test": ["20", "9", "–", "–"],
    }
    page.panel.tabs.setCurrentWidget(page.panel.reply_table)
    await window_session.settled()
    assert [page.panel.replies.index(row, 1).data() for row in range(2)] == ["gmail.test", "northmail.test"]
    assert "very low reputation" in page.panel.replies.index(0, 3).data()


async def test_sorting_by_name_and_filtering(
    page: MailingsPage, window: MainWindow, window_session: WindowSession, wait_until: WaitUntil, qtbot: QtBot
) -> None:
    page.table.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
    await wait_until(lambda: names(page)[0] == "News of week 47" and names(page)[-1] == "Survey among readers")
    window.focus_filter()
    qtbot.keyClicks(window.filter_box, "greet")
    qtbot.keyClick(window.filter_box, Qt.Key.Key_Return)
    await wait_until(lambda: names(page) == ["Season's greetings"])
    qtbot.keyClick(window.filter_box, Qt.Key.Key_Escape)
    await wait_until(lambda: len(names(page)) == 4)
    await window_session.settled()


async def test_pause_resume_and_undo(
    page: MailingsPage, sent: SentMail, window: MainWindow, window_session: WindowSession, wait_until: WaitUntil
) -> None:
    await choose(page, sent.active, wait_until)
    page.pause_action.trigger()
    await window_session.settled()
    assert (await view_of(window_session, sent.active)).state is MailingState.PAUSED
    await wait_until(lambda: page.model.index(0, STATE).data() == "Paused")
    await wait_until(lambda: not page.pause_action.isEnabled())
    assert window.toast.text() == "Paused News of week 47"
    await window.undo_last()
    assert (await view_of(window_session, sent.active)).state is MailingState.ACTIVE


@pytest.mark.parametrize(("answer", "waiting"), [("Stop and keep them", 36), ("Stop and end them", 0)])
async def test_stop_asks_what_becomes_of_the_waiting(
    answer: str,
    waiting: int,
    page: MailingsPage,
    sent: SentMail,
    window_session: WindowSession,
    wait_until: WaitUntil,
    opened_dialog: Opened,
) -> None:
    await choose(page, sent.active, wait_until)
    page.stop_action.trigger()
    box = await opened_dialog(QMessageBox)
    assert "36 waiting recipients" in box.text()
    press(box, answer)
    await window_session.settled()
    view = await view_of(window_session, sent.active)
    assert view.state is MailingState.STOPPED
    assert view.numbers.waiting + view.numbers.held == waiting


async def test_move_to_another_stream_says_what_moves(
    page: MailingsPage, sent: SentMail, window_session: WindowSession, wait_until: WaitUntil, opened_dialog: Opened
) -> None:
    await choose(page, sent.active, wait_until)
    page.move_action.trigger()
    dialog = await opened_dialog(MoveDialog)
    assert not dialog.save_button.isEnabled()
    notices = await window_session.read(streams.by_name, "notices")
    dialog.stream.setCurrentIndex(dialog.stream.findData(notices.id))
    dialog.save_button.click()
    await window_session.settled()
    view = await view_of(window_session, sent.active)
    assert (view.stream, view.rule.value) == ("notices", "mailing")
    await wait_until(lambda: "chosen for this mailing" in page.panel.route.text())
    await window_session.settled()


async def test_the_outlook_of_another_stream(
    page: MailingsPage, sent: SentMail, window_session: WindowSession, wait_until: WaitUntil, opened_dialog: Opened
) -> None:
    """The stream that the mailing is on holds its recipients at Google; moving away and back says so."""
    await choose(page, sent.active, wait_until)
    page.move_action.trigger()
    dialog = await opened_dialog(MoveDialog)
    news = dialog.stream.currentData()
    dialog.stream.setCurrentIndex(0)
    dialog.stream.setCurrentIndex(dialog.stream.findData(news))
    await wait_until(lambda: dialog.outlook.text().startswith("19 recipients would be held there"))
    dialog.reject()
    await window_session.settled()


async def test_recipients_in_doubt_are_settled_one_by_one_and_all(
    page: MailingsPage, sent: SentMail, window_session: WindowSession, wait_until: WaitUntil, model_tester: Any
) -> None:
    await choose(page, sent.doubtful, wait_until)
    assert page.panel.doubt_note.text() == "Of 3 recipients nobody knows whether they got the message."
    page.panel.doubt_note.findChild(QPushButton).click()
    tab = page.panel.recipients
    model_tester(tab.model)
    await wait_until(lambda: tab.model.rowCount() == 3)
    tab.table.selectRow(0)
    assert tab.delivered_button.text().replace("&", "") == "Treat 1 as delivered"
    tab.delivered_button.click()
    await wait_until(lambda: tab.model.rowCount() == 2)
    tab.table.clearSelection()
    tab.again_button.click()
    await window_session.settled()
    view = await view_of(window_session, sent.doubtful)
    assert (view.state, view.numbers.in_doubt, view.numbers.waiting) == (MailingState.ACTIVE, 0, 2)
    await wait_until(lambda: page.panel.doubt_note.text() == "")
    await window_session.settled()


async def test_recipients_by_state_and_text(
    page: MailingsPage, sent: SentMail, window_session: WindowSession, wait_until: WaitUntil
) -> None:
    await choose(page, sent.active, wait_until)
    tab = page.panel.recipients
    page.panel.tabs.setCurrentWidget(tab)
    await wait_until(lambda: tab.model.rowCount() == 60)
    tab.state.setCurrentIndex(tab.state.findData(RecipientState.FAILED.value))
    await wait_until(lambda: tab.model.rowCount() == 3)
    assert tab.model.index(0, 1).data() == "Failed"
    tab.box.setText("gmail")
    await wait_until(lambda: tab.model.rowCount() == 1)
    row = tab.model.row(tab.model.index(0, 0))
    assert row is not None
    menu = tab.menu_for(row)
    menu.actions()[1].trigger()
    assert QApplication.clipboard().text() == row.address
    menu.deleteLater()
    await window_session.settled()


async def test_enter_on_a_domain_asks_why_not_sent(
    page: MailingsPage,
    sent: SentMail,
    window_session: WindowSession,
    wait_until: WaitUntil,
    opened_dialog: Opened,
    qtbot: QtBot,
) -> None:
    """Of a mailing that has ended the database alone knows the answer: nobody is asked for a route."""
    await choose(page, sent.doubtful, wait_until)
    await wait_until(lambda: page.panel.domains.rowCount() == 3)
    page.panel.domain_table.selectRow(0)
    qtbot.keyClick(page.panel.domain_table, Qt.Key.Key_Return)
    dialog = await opened_dialog(WhyNotSentDialog)
    await wait_until(lambda: dialog.answer is not None)
    assert "is delivered" in dialog.answer.summary
    dialog.done(0)
    await window_session.settled()


async def test_export_writes_what_the_recipients_tab_shows(
    page: MailingsPage,
    sent: SentMail,
    window_session: WindowSession,
    wait_until: WaitUntil,
    opened_dialog: Opened,
    tmp_path: Path,
) -> None:
    await choose(page, sent.active, wait_until)
    tab = page.panel.recipients
    page.panel.tabs.setCurrentWidget(tab)
    tab.state.setCurrentIndex(tab.state.findData(RecipientState.FAILED.value))
    page.export_action.trigger()
    dialog = await opened_dialog(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(tmp_path / "failed.csv"))
    dialog.accept()
    await wait_until((tmp_path / "failed.csv").exists)
    await window_session.settled()
    lines = (tmp_path / "failed.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("address,state")


async def test_copy_and_delete_a_draft(
    page: MailingsPage, sent: SentMail, window_session: WindowSession, wait_until: WaitUntil, opened_dialog: Opened
) -> None:
    await choose(page, sent.draft, wait_until)
    page.copy_action.trigger()
    await wait_until(lambda: "Survey among readers copy" in names(page))
    await wait_until(lambda: page.panel.view is not None and page.panel.view.name == "Survey among readers copy")
    page.delete_action.trigger()
    press(await opened_dialog(QMessageBox), "Delete draft")
    await wait_until(lambda: "Survey among readers copy" not in names(page))
    await window_session.settled()


async def test_an_empty_page_offers_its_first_action(
    empty_window: MainWindow, empty_session: WindowSession, opened_dialog: Opened
) -> None:
    empty_window.show_page("mailings")
    await empty_session.settled()
    shown = empty_window.host.page
    assert isinstance(shown, MailingsPage)
    assert shown.body.is_empty
    shown.new_action.trigger()
    box = await opened_dialog(QMessageBox)
    assert box.text() == "There is no list yet"
    box.reject()
    await empty_session.settled()
