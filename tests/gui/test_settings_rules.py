"""The rules of the settings page: table, editor, trying a reply, the rule lab."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot
from sqlalchemy.orm import Session

from app.database.schema import MetReply
from app.services import own_rules
from app.services.rules import bundled_rules
from engine.replies import Stage, Verdict
from engine.rules import Rule
from ui.main_window import MainWindow
from ui.pages.rules import RulesPanel
from ui.pages.rules_editor import RuleEditor, copy_of
from ui.pages.settings import SettingsPage
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]
REPLY = "554 5.7.1 The quota of our partners is used up"


@pytest.fixture
async def panel(window: MainWindow, window_session: WindowSession) -> RulesPanel:
    """The rules of the settings page."""
    window.show_page("settings", "rules")
    await window_session.settled()
    page = window.host.page
    assert isinstance(page, SettingsPage)
    return page.rules


def partners(**values: object) -> Rule:
    given = {"id": "own.partners", "pattern": "quota of our partners", "verdict": "block", "examples": [REPLY]}
    return own_rules.parse({**given, **values})


def ids(panel: RulesPanel) -> list[str]:
    return [panel.model.index(row, 1).data() for row in range(panel.model.rowCount())]


async def chosen(panel: RulesPanel, rule_id: str, wait_until: WaitUntil) -> None:
    await wait_until(lambda: rule_id in ids(panel))
    panel.table.selectRow(ids(panel).index(rule_id))


async def test_own_rules_stand_before_the_bundled_ones(
    panel: RulesPanel, window_session: WindowSession, wait_until: WaitUntil, model_tester: Any
) -> None:
    model_tester(panel.model)
    assert panel.model.rowCount() == len(bundled_rules())
    await window_session.write(own_rules.add, partners(shadow=True))
    await wait_until(lambda: ids(panel)[0] == "own.partners")
    assert panel.model.index(0, 2).data() == "Shadow: only logged"
    assert panel.model.index(1, 2).data() == "On, bundled"
    panel.box.setText("partners")
    await wait_until(lambda: ids(panel) == ["own.partners"])
    await window_session.settled()


async def test_a_rule_is_written_and_what_is_wrong_stands_beside_its_field(
    panel: RulesPanel, window_session: WindowSession, opened_dialog: Opened, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    panel.new_action.trigger()
    editor = await opened_dialog(RuleEditor)
    form = editor.form
    qtbot.keyClicks(form.id, "own.partners")
    form.pattern.setPlainText("quota (of our")
    form.examples.setPlainText(REPLY)
    editor.save_button.click()
    await wait_until(lambda: form.main.error("pattern") != "")
    form.pattern.setPlainText("no such words")
    editor.save_button.click()
    await wait_until(lambda: "does not match" in form.examples_form.error("examples"))
    assert form.currentIndex() == 1  # the tab with the examples came to the front
    form.pattern.setPlainText("quota of our partners")
    form.codes.setText("5xx, 7")
    editor.save_button.click()
    await wait_until(lambda: form.main.error("codes") != "")
    assert form.codes.text() == "5xx, 7"
    form.codes.setText("5xx")
    editor.save_button.click()
    await wait_until(lambda: "own.partners" in ids(panel))
    await window_session.settled()
    rule = (await window_session.read(own_rules.get, "own.partners")).rule
    assert (rule.codes, rule.verdict, rule.examples) == (("5xx",), Verdict.BLOCK, (REPLY,))


async def test_a_rule_goes_through_the_form_unchanged(window_session: WindowSession, qtbot: QtBot) -> None:
    for bundled in bundled_rules():
        rule = copy_of(bundled, set())
        editor = RuleEditor(window_session, rule, is_new=True)
        qtbot.addWidget(editor)
        assert editor.form.rule() == rule
        if bundled.id.startswith("microsoft"):
            break
    await window_session.settled()


async def test_a_bundled_rule_is_looked_at_and_copied(
    panel: RulesPanel, window_session: WindowSession, opened_dialog: Opened, wait_until: WaitUntil
) -> None:
    await chosen(panel, "google.ptr", wait_until)
    assert not panel.remove_action.isEnabled()
    panel.open_action.trigger()
    shown = await opened_dialog(RuleEditor)
    assert not shown.save_button.isVisible()
    shown.reject()
    await window_session.settled()
    panel.copy_action.trigger()
    editor = await opened_dialog(RuleEditor)
    assert editor.form.id.text() == "own.google.ptr"
    assert editor.form.state.currentData() == "shadow"
    editor.save_button.click()
    await wait_until(lambda: ids(panel)[0] == "own.google.ptr")
    await window_session.settled()


async def test_a_reply_is_tried(panel: RulesPanel, window_session: WindowSession, wait_until: WaitUntil) -> None:
    editor = RuleEditor(window_session, partners(), is_new=True, parent=panel.window())
    editor.open()
    editor.reply.setText(REPLY)
    editor.try_button.click()
    await wait_until(lambda: editor.answer.text().startswith("Block (own.partners)"))
    editor.reply.setText("550 5.1.1 no such user here")
    editor.try_button.click()
    await wait_until(lambda: editor.answer.text().startswith("Bad recipient"))
    editor.done(0)
    await window_session.settled()


async def test_the_lab_shows_what_would_change_before_it_counts(
    panel: RulesPanel, window_session: WindowSession, wait_until: WaitUntil, model_tester: Any
) -> None:
    now = time.time()
    texts = [(f"{REPLY} ({number})", now - number * 3_600) for number in range(3)]
    texts += [("550 5.1.1 no such user", now - 60), (f"{REPLY} (old)", now - 30 * 86_400)]

    def put(session: Session) -> None:
        for text, at in texts:
            digest = hashlib.sha256(text.encode()).digest()
            session.add(MetReply(digest=digest, text=text, stage=Stage.RCPT, verdict=Verdict.UNKNOWN, at=at))

    await window_session.write(put)
    before = await window_session.read(own_rules.listing)
    editor = RuleEditor(window_session, partners(shadow=True), is_new=True, parent=panel.window())
    editor.open()
    lab = editor.lab
    model_tester(lab.model)
    lab.days.setValue(7)
    lab.run_button.click()
    await wait_until(lambda: lab.note.text() != "")
    assert lab.note.text().startswith("3 of 4 replies would be decided otherwise: 3 ×")
    assert lab.note.text().endswith("→ Block")
    assert lab.model.rowCount() == 3
    assert lab.model.index(0, 3).data() == "Block (own.partners)"
    lab.days.setValue(60)
    lab.run_button.click()
    await wait_until(lambda: lab.note.text().startswith("4 of 5"))
    editor.form.pattern.setPlainText("quota of (")
    lab.run_button.click()
    await wait_until(lambda: "pattern" in lab.note.text())
    assert await window_session.read(own_rules.listing) == before
    editor.done(0)
    await window_session.settled()


async def test_rules_are_switched_moved_deleted_and_come_back(
    panel: RulesPanel, window: MainWindow, window_session: WindowSession, wait_until: WaitUntil, qtbot: QtBot
) -> None:
    for name in ("own.one", "own.two", "own.three"):
        await window_session.write(own_rules.add, partners(id=name))
    await chosen(panel, "own.three", wait_until)
    panel.up_action.trigger()
    await wait_until(lambda: ids(panel)[:3] == ["own.one", "own.three", "own.two"])
    await chosen(panel, "own.one", wait_until)
    panel.off_action.trigger()
    await wait_until(lambda: panel.model.index(0, 2).data() == "Off")
    await window.undo_last()
    await wait_until(lambda: panel.model.index(0, 2).data() == "On, your own")
    await chosen(panel, "own.three", wait_until)
    panel.table.setFocus()
    panel.remove_action.trigger()
    await wait_until(lambda: ids(panel)[:2] == ["own.one", "own.two"])
    await window.undo_last()
    await wait_until(lambda: "own.three" in ids(panel))
    await window_session.settled()


async def test_every_input_has_a_name_for_screen_readers(window_session: WindowSession, qtbot: QtBot) -> None:
    editor = RuleEditor(window_session, None, is_new=True)
    qtbot.addWidget(editor)
    inputs = [*editor.findChildren(QLineEdit), *editor.findChildren(QComboBox), *editor.findChildren(QPlainTextEdit)]
    nameless = [each for each in inputs if not each.accessibleName() and not each.objectName().startswith("qt_")]
    assert nameless == []
    await window_session.settled()
