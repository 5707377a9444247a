"""The blocks page by keyboard and mouse, on the real services: what is refused, clearing and undo, details, groups, export."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import blocksample
import pytest
from blocksample import BlockSample
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from app.services import block_actions, blocks
from app.services.block_groups import Grouping
from app.services.blocks import BlockFilter, BlockView
from engine.blocks import BlockState
from ui.dialogs.clear_effect import ClearEffectDialog
from ui.dialogs.waiting_recipients import WaitingDialog
from ui.main_window import MainWindow
from ui.models.block_lines import BlockLine, GroupLine, LineKey, PairLine
from ui.models.block_table import LINGER_SECONDS
from ui.pages.blocks import BlocksPage
from ui.pages.rules_editor import RuleEditor
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]
STATE, ADDRESS, DOMAIN, MX_ADDRESS, REPLY = 0, 2, 3, 6, 8


@pytest.fixture
def made(window_session: WindowSession) -> BlockSample:
    """Blocks of many kinds in the sample database."""
    with window_session.database.write() as session:
        return blocksample.fill(session, blocksample.sample_of(session), time.time())


@pytest.fixture
async def page(made: BlockSample, window: MainWindow, window_session: WindowSession) -> BlocksPage:
    """The blocks page over them."""
    window.show_page("blocks")
    await window_session.settled()
    shown = window.host.page
    assert isinstance(shown, BlocksPage)
    shown.now.view.setFocus()
    return shown


def lines(page: BlocksPage) -> list[Any]:
    model = page.now.model
    return [model.row(model.index(row, 0)) for row in range(model.rowCount())]


def shown_blocks(page: BlocksPage) -> list[int]:
    return [line.block.id for line in lines(page) if isinstance(line, BlockLine)]


def text(page: BlocksPage, block_id: int, column: int) -> str:
    index = page.now.model.index_of_block(block_id)
    return str(index.siblingAtColumn(column).data())


def state_of(session: WindowSession, block_id: int) -> BlockState:
    with session.database.read() as reading:
        return blocks.get(reading, block_id).state


def view_of(session: WindowSession, block_id: int) -> BlockView:
    with session.database.read() as reading:
        return blocks.get(reading, block_id)


def double_click(qtbot: QtBot, page: BlocksPage, block_id: int, column: int = DOMAIN) -> None:
    place = page.now.view.visualRect(page.now.model.index_of_block(block_id).siblingAtColumn(column)).center()
    qtbot.mouseClick(page.now.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(page.now.view.viewport(), Qt.MouseButton.LeftButton, pos=place)


# The report


async def test_one_sentence_sums_up(page: BlocksPage) -> None:
    assert (
        page.summary.text() == "6 addresses are refused by 5 providers; 12,480 recipients held; next probe in 13 min."
    )


async def test_totally_blocked_domains_stand_on_top_with_a_mark(
    page: BlocksPage, made: BlockSample, model_tester: Any
) -> None:
    tester = model_tester(page.now.model)
    found = lines(page)
    totals = [line.block.is_total for line in found]
    assert totals[:4] == [True] * 4
    assert not any(totals[4:])
    assert text(page, made.total, STATE) == "Total block"
    await page.now.model.refresh()
    page.now.filters.choose_grouping(Grouping.STREAM)
    await page.session.settled()
    del tester


@pytest.mark.parametrize("descending", [False, True])
async def test_every_column_is_sorted_by_the_database(page: BlocksPage, descending: bool) -> None:
    order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
    header = page.now.view.horizontalHeader()
    for section, column in enumerate(page.now.model.columns):
        header.setSortIndicator(section, order)
        await page.session.settled()
        with page.session.database.read() as session:
            wanted = blocks.ordered_ids(session, sort=column.sort, descending=descending, totals_first=True)
        assert shown_blocks(page) == list(wanted), column.key


async def test_text_stream_provider_and_state_filter(page: BlocksPage, made: BlockSample, window: MainWindow) -> None:
    filters, session = page.now.filters, page.session
    window.filter_box.setText("evil")
    window.filter_box.returnPressed.emit()
    await session.settled()
    assert shown_blocks(page) == [made.hostile]
    window.filter_box.clear()
    window.filter_box.returnPressed.emit()
    filters.stream.setCurrentText("notices")
    await session.settled()
    assert {line.block.sending_address for line in lines(page)} == {"198.51.100.5", "198.51.100.6"}
    filters.state.setCurrentText("Exempt")
    await session.settled()
    assert shown_blocks(page) == [made.exempt]
    filters.reset.click()
    filters.provider.setCurrentText("Microsoft")
    await session.settled()
    assert shown_blocks(page) == [made.widened]


async def test_nothing_that_matches_offers_to_show_all(page: BlocksPage, made: BlockSample) -> None:
    page.now.filters.show_filter(BlockFilter(domain="nowhere.test"))
    await page.session.settled()
    assert page.now.lists.is_empty
    page.now.show_all.trigger()
    await page.session.settled()
    assert not page.now.lists.is_empty
    assert len(shown_blocks(page)) == len(made.all)


async def test_strangers_text_is_escaped(page: BlocksPage, made: BlockSample) -> None:
    told = text(page, made.hostile, REPLY)
    assert "\\u202e" in told
    assert "\u202e" not in told
    assert "\x1b" not in told


# Groups and widened blocks


async def test_groups_open_and_close_by_the_keyboard(page: BlocksPage, qtbot: QtBot, made: BlockSample) -> None:
    page.now.filters.choose_grouping(Grouping.PROVIDER)
    await page.session.settled()
    first = lines(page)[0]
    assert isinstance(first, GroupLine)
    assert (first.name, first.blocks, first.held) == ("Northmail", 4, blocksample.HELD)
    view = page.now.view
    view.setCurrentIndex(page.now.model.index(0, 0))
    before = page.now.model.rowCount()
    qtbot.keyClick(view, Qt.Key.Key_Left)
    await page.session.settled()
    assert page.now.model.rowCount() == before - 4
    qtbot.keyClick(view, Qt.Key.Key_Right)
    await page.session.settled()
    assert page.now.model.rowCount() == before
    view.setCurrentIndex(page.now.model.index(2, 0))
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.currentIndex().row() == 0


async def test_a_block_stands_in_the_group_of_each_stream(page: BlocksPage) -> None:
    page.now.filters.choose_grouping(Grouping.STREAM)
    await page.session.settled()
    groups = {line.name: line.blocks for line in lines(page) if isinstance(line, GroupLine)}
    assert groups["news"] == 7
    assert groups["notices"] == 4
    assert sum(groups.values()) == 12  # the IPv6 address is in two streams


async def test_a_widened_block_opens_to_its_pairs(page: BlocksPage, qtbot: QtBot, made: BlockSample) -> None:
    assert text(page, made.widened, MX_ADDRESS) == "all, 3 refused"
    page.now.view.select_block(made.widened)
    qtbot.keyClick(page.now.view, Qt.Key.Key_Right)
    await page.session.settled()
    pairs = [line.pair.mx_address for line in lines(page) if isinstance(line, PairLine)]
    assert pairs == ["198.51.100.23", "198.51.100.22", "198.51.100.21"]
    row = page.now.view.currentIndex().row()
    assert isinstance(lines(page)[row + 1], PairLine)
    qtbot.keyClick(page.now.view, Qt.Key.Key_Left)
    await page.session.settled()
    assert not any(isinstance(line, PairLine) for line in lines(page))


def test_keys_of_lines_come_back_as_they_were() -> None:
    for key in (LineKey(0, 7), LineKey(3, 0), LineKey(1 << 19, (1 << 32) - 1, 1_000)):
        assert LineKey.of(key.packed()) == key
        assert 0 < key.packed() < 1 << 63


# Clearing


async def test_a_double_click_clears_and_undo_stands_in_the_row(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, window: MainWindow
) -> None:
    row = page.now.model.index_of_block(made.hostile).row()
    double_click(qtbot, page, made.hostile)
    await page.session.settled()
    assert state_of(page.session, made.hostile) is BlockState.CLEARED
    index = page.now.model.index_of_block(made.hostile)
    assert index.row() == row
    assert page.now.model.lingers(index) is not None
    assert index.data() == "Cleared"
    assert window.undo_action.text() == "&Undo: Clear 1 block"
    place = page.now.view.visualRect(index).center()
    qtbot.mouseClick(page.now.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    await page.session.settled()
    assert state_of(page.session, made.hostile) is BlockState.BLOCKED
    assert page.now.model.lingers(page.now.model.index_of_block(made.hostile)) is None
    assert not window.undo_action.isEnabled()


async def test_a_cleared_row_goes_after_ten_seconds_and_undo_stays_in_the_menu(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    double_click(qtbot, page, made.hostile)
    await page.session.settled()
    started = time.monotonic()
    monkeypatch.setattr("ui.models.block_table.time.monotonic", lambda: started + LINGER_SECONDS + 1)
    page.now.model.lingering_changed.disconnect()
    page.now.model._fade()
    await page.session.settled()
    assert made.hostile not in shown_blocks(page)
    window.undo_action.trigger()
    await page.session.settled()
    assert state_of(page.session, made.hostile) is BlockState.BLOCKED


async def test_delete_clears_the_selection_in_one_step(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, window: MainWindow
) -> None:
    view = page.now.view
    view.setCurrentIndex(page.now.model.index(0, 0))
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    chosen = view.selected_blocks()
    assert len(chosen) == 3
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    await page.session.settled()
    assert {state_of(page.session, each) for each in chosen} == {BlockState.CLEARED}
    window.undo_action.trigger()
    await page.session.settled()
    assert {state_of(page.session, each) for each in chosen} == {BlockState.BLOCKED}


async def test_a_block_that_somebody_else_cleared_is_no_problem(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, window: MainWindow
) -> None:
    with page.session.database.write() as session:
        block_actions.clear(session, [made.hostile], actor="ben", now=time.time())
    await page.now.commands.clear([made.hostile, made.total])
    assert state_of(page.session, made.total) is BlockState.CLEARED
    assert window.banners.banner("problem").text() == ""


async def test_p_probes_and_h_makes_permanent(page: BlocksPage, qtbot: QtBot, made: BlockSample) -> None:
    page.now.view.select_block(made.hostile)
    qtbot.keyClick(page.now.view, Qt.Key.Key_P)
    await page.session.settled()
    assert view_of(page.session, made.hostile).probe_requested
    qtbot.keyClick(page.now.view, Qt.Key.Key_H)
    await page.session.settled()
    assert state_of(page.session, made.hostile) is BlockState.PERMANENT


@pytest.mark.qt_log_ignore("This plugin does not support")
async def test_clearing_all_of_an_address_shows_first_what_it_will_do(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, wait_until: WaitUntil, opened_dialog: Opened
) -> None:
    page.now.view.select_block(made.total)
    page.now.view.menu_asked.emit(QPoint(0, 0))
    menu = await wait_until(QApplication.activePopupWidget, what="the menu")
    assert isinstance(menu, QMenu)
    bulk = next(action.menu() for action in menu.actions() if action.menu() is not None)
    texts = [action.text() for action in bulk.actions()]
    assert texts[0].startswith("of news: 7 blocks")
    menu.close()
    page.session.spawn(page.now.commands.clear_all(BlockFilter(domain="contoso.test"), "contoso.test"))
    dialog = await opened_dialog(ClearEffectDialog)
    await wait_until(dialog.act_button.isEnabled)
    assert dialog.act_button.text() == "Clear 1 blocks"
    assert "will open at once" in dialog.effect.text()
    qtbot.mouseClick(dialog.act_button, Qt.MouseButton.LeftButton)
    await page.session.settled()
    assert state_of(page.session, made.widened) is BlockState.CLEARED


async def test_an_exemption_can_be_taken_back(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, window: MainWindow, wait_until: WaitUntil, opened_dialog: Opened
) -> None:
    page.now.view.select_block(made.hostile)
    page.exempt_action.trigger()
    dialog = await opened_dialog(ClearEffectDialog)
    await wait_until(dialog.act_button.isEnabled)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    await page.session.settled()
    assert state_of(page.session, made.hostile) is BlockState.EXEMPT
    window.undo_action.trigger()
    await page.session.settled()
    assert state_of(page.session, made.hostile) is BlockState.CLEARED


# Details


async def test_enter_shows_the_exact_reply_and_what_it_means(page: BlocksPage, qtbot: QtBot, made: BlockSample) -> None:
    page.now.view.select_block(made.widened)
    qtbot.keyClick(page.now.view, Qt.Key.Key_Return)
    await page.session.settled()
    detail = page.now.detail
    assert detail.isVisible()
    assert detail.reply.toPlainText() == blocksample.MICROSOFT
    assert detail.other_replies.toPlainText().splitlines() == ["198.51.100.23: the same", "198.51.100.22: the same"]
    assert detail.note.toPlainText() == "Ticket 4711 is open with them."
    buttons = [detail.pages.itemAt(row).widget() for row in range(detail.pages.count())]
    assert len(buttons) == 2
    qtbot.mouseClick(buttons[0].button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "https://olcsupport.office.com"


async def test_a_hostile_reply_is_shown_escaped_and_is_no_link(page: BlocksPage, made: BlockSample) -> None:
    page.now.view.select_block(made.hostile)
    page.now.open_details()
    await page.session.settled()
    told = page.now.detail.reply.toPlainText()
    assert told.splitlines()[0] == "550 5.7.1 blocked"
    assert "\\u202egnp.exe\\u202c \\x1b[31mclick <a href=" in told
    assert told.isprintable() or set(told) - {"\n"} == {each for each in told if each.isprintable()}


async def test_a_long_reply_does_not_widen_the_details(page: BlocksPage, made: BlockSample) -> None:
    page.now.view.select_block(made.long)
    page.now.open_details()
    await page.session.settled()
    detail = page.now.detail
    assert detail.widget().width() <= detail.viewport().width()
    assert (
        detail.reply.toPlainText() == blocksample.LONG.rstrip() or blocksample.LONG in detail.reply.toPlainText() + " "
    )


async def test_a_note_is_written_and_undone(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, window: MainWindow
) -> None:
    page.now.view.select_block(made.hostile)
    page.now.open_details()
    await page.session.settled()
    detail = page.now.detail
    assert not detail.save_note.isEnabled()
    qtbot.keyClicks(detail.note, "called their postmaster")
    qtbot.mouseClick(detail.save_note, Qt.MouseButton.LeftButton)
    await page.session.settled()
    assert view_of(page.session, made.hostile).note == "called their postmaster"
    window.undo_action.trigger()
    await page.session.settled()
    assert view_of(page.session, made.hostile).note == ""


async def test_a_note_that_is_being_written_survives_a_change(
    page: BlocksPage, qtbot: QtBot, made: BlockSample
) -> None:
    page.now.view.select_block(made.hostile)
    page.now.open_details()
    await page.session.settled()
    qtbot.keyClicks(page.now.detail.note, "half a sen")
    with page.session.database.write() as session:
        block_actions.probe_now(session, [made.hostile], actor="ben", now=time.time())
    await page.load()
    assert page.now.detail.note.toPlainText() == "half a sen"


async def test_the_rule_of_a_block_can_be_looked_at(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, opened_dialog: Opened
) -> None:
    rule = "lists.spamhaus"
    page.now.view.select_block(made.total)
    page.now.open_details()
    await page.session.settled()
    assert page.now.detail.rule_button.text() == rule
    from app.services.rules import bundled_rules

    known = bundled_rules()[0].id
    page.session.spawn(page.now.show_rule(known))
    dialog = await opened_dialog(RuleEditor)
    dialog.reject()
    await page.session.settled()


async def test_those_who_wait_are_shown(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, wait_until: WaitUntil, opened_dialog: Opened
) -> None:
    page.now.view.select_block(made.total)
    page.now.open_details()
    await page.session.settled()
    qtbot.mouseClick(page.now.detail.waiting_button, Qt.MouseButton.LeftButton)
    dialog = await opened_dialog(WaitingDialog)
    await wait_until(lambda: dialog.model.rowCount() == blocksample.WAITERS)
    assert dialog.chooser.currentText() == "November newsletter, northmail.test: 12,480"
    dialog.reject()
    await page.session.settled()


async def test_evidence_names_pair_time_and_reply(page: BlocksPage, made: BlockSample) -> None:
    await page.now.commands.copy_evidence(made.total)
    told = QGuiApplication.clipboard().text()
    assert "Our sending address: 192.0.2.10" in told
    assert blocksample.SPAMHAUS in told


# Export, history, matrix


@pytest.mark.parametrize("suffix", ["csv", "json"])
async def test_the_report_is_exported(
    page: BlocksPage, made: BlockSample, tmp_path: Path, opened_dialog: Opened, suffix: str
) -> None:
    file = tmp_path / f"blocks.{suffix}"
    (page.json_action if suffix == "json" else page.export_action).trigger()
    dialog = await opened_dialog(QFileDialog)
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(file))
    dialog.accept()
    await page.session.settled()
    written = file.read_text(encoding="utf-8-sig")
    if suffix == "json":
        found = json.loads(written)
        assert {each["id"] for each in found} == set(made.all)
        assert len(next(each for each in found if each["id"] == made.widened)["pairs"]) == 3
    else:
        rows = list(csv.DictReader(written.splitlines()))
        assert {int(row["id"]) for row in rows} == set(made.all)
        assert {row["reply"] for row in rows} >= {blocksample.MICROSOFT}


async def test_the_history_tells_who_and_leads_to_the_block(
    page: BlocksPage, qtbot: QtBot, made: BlockSample, model_tester: Any
) -> None:
    await page.now.commands.clear([made.hostile])
    page.tabs.setCurrentWidget(page.history)
    await page.session.settled()
    tester = model_tester(page.history.model)
    newest = page.history.model.row(page.history.model.index(0, 0))
    assert newest is not None
    assert (newest.block_id, newest.actor, newest.kind.value) == (made.hostile, "anna", "cleared")
    page.history.view.horizontalHeader().setSortIndicator(3, Qt.SortOrder.AscendingOrder)
    await page.session.settled()
    first = page.history.model.row(page.history.model.index(0, 0))
    assert first is not None
    assert first.sending_address == "192.0.2.10"
    page.history.view.setCurrentIndex(page.history.model.index(0, 0))
    qtbot.keyClick(page.history.view, Qt.Key.Key_Return)
    await page.session.settled()
    assert page.tabs.currentWidget() is page.now
    assert page.now.detail.details is not None
    assert page.now.detail.details.block.id == first.block_id
    del tester


async def test_a_cell_of_the_matrix_filters_now(page: BlocksPage, qtbot: QtBot, model_tester: Any) -> None:
    tester = model_tester(page.matrix.model)
    page.tabs.setCurrentWidget(page.matrix)
    await page.session.settled()
    matrix = page.matrix.model.matrix
    row = matrix.sending_addresses.index("192.0.2.11")
    column = matrix.providers.index("Microsoft")
    index = page.matrix.model.index(row, column)
    told = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert told.startswith("192.0.2.11 at Microsoft: Permanent")
    place = page.matrix.view.visualRect(index).center()
    qtbot.mouseClick(page.matrix.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    await page.session.settled()
    assert page.tabs.currentWidget() is page.now
    assert [line.block.domain for line in lines(page)] == ["contoso.test"]
    assert page.now.filters.also.text() == "Only 192.0.2.11"
    del tester


async def test_every_input_has_a_name(page: BlocksPage) -> None:
    for box in (page.now.filters.stream, page.now.filters.provider, page.now.filters.state, page.now.filters.grouping):
        assert box.accessibleName()
    assert page.now.view.accessibleName()
    assert page.now.detail.note.accessibleName()


async def test_a_selection_stays_while_the_engine_changes_the_report(page: BlocksPage, made: BlockSample) -> None:
    page.now.view.select_block(made.long)
    now = time.time()
    with page.session.database.write() as session:
        blocksample.store(
            session,
            *(
                blocksample.a_block("192.0.2.12", f"203.0.113.{n}", now, domain="new.test", provider="New")
                for n in range(60, 65)
            ),
        )
    await page.load()
    line = page.now.view.current_line()
    assert isinstance(line, BlockLine)
    assert line.block.id == made.long
    assert len(shown_blocks(page)) == len(made.all) + 5
