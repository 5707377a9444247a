"""The dialog "Why not sent?" with a real name server."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import blocksample
import pytest
from blocksample import BlockSample
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.rehearsal.scenarios import single_host
from app.services import configuration
from ui.dialogs.why_not_sent import WhyNotSentDialog
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]


@pytest.fixture
async def made(window_session: WindowSession, rehearsal_process: Any) -> BlockSample:
    """A mailing whose recipients are at a domain of the rehearsal network."""
    network = rehearsal_process(single_host(["northmail.test"]))
    now = time.time()
    with window_session.database.write() as session:
        for key, value in (("network.name_servers", network.name_server), ("network.allow_loopback", "true")):
            configuration.store(session, key, value, actor="anna", now=now)
        return blocksample.fill(session, blocksample.sample_of(session), now)


async def test_every_pair_is_shown_with_its_reason(
    made: BlockSample, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil, model_tester: Any
) -> None:
    dialog = WhyNotSentDialog(window_session, made.mailing, "reader00001@northmail.test")
    tester = model_tester(dialog.model)
    dialog.open()
    await wait_until(lambda: dialog.answer is not None)
    assert dialog.answer is not None
    assert dialog.table.isVisible()
    addresses = {each.pair.sending_address for each in dialog.answer.candidates}
    assert addresses >= {"192.0.2.10", "192.0.2.11", "192.0.2.12"}
    assert dialog.summary.toPlainText()
    states = {dialog.model.index(row, 0).data() for row in range(dialog.model.rowCount())}
    assert states <= {"Open", "Blocked", "Waits", "Not used"}
    dialog.reject()
    await window_session.settled()
    del tester


async def test_what_is_wrong_with_the_question_stands_beside_the_field(
    made: BlockSample, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    dialog = WhyNotSentDialog(window_session)
    dialog.open()
    await wait_until(lambda: dialog.mailing.count() == 2)
    await window_session.settled()
    qtbot.mouseClick(dialog.ask_button, Qt.MouseButton.LeftButton)
    await window_session.settled()
    assert dialog.form.error("address") == "Type an address, or a domain."
    qtbot.keyClicks(dialog.target, "nobody@northmail.test")
    qtbot.keyClick(dialog.target, Qt.Key.Key_Return)
    await window_session.settled()
    assert "nobody@northmail.test" in dialog.form.error("address")
    assert dialog.target.text() == "nobody@northmail.test"
    dialog.reject()
    await window_session.settled()


async def test_without_a_mailing_there_is_nothing_to_ask(window_session: WindowSession) -> None:
    dialog = WhyNotSentDialog(window_session)
    dialog.open()
    await window_session.settled()
    assert dialog.form.error("mailing") == "No mailing was started yet."
    assert not dialog.ask_button.isEnabled()
    dialog.reject()
    await window_session.settled()
