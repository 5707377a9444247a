"""The streams page and its dialogs, by keyboard and mouse, on the real services."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sample
from accessible import nameless
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemDelegate, QComboBox, QLineEdit, QMessageBox, QSpinBox
from pytestqt.qtbot import QtBot

from app.services import addresses, associations, streams
from app.services.associations import NodeKind
from app.services.streams import StreamEdit, StreamView
from engine.limits import LimitRule, LimitScope
from ui.dialogs.address_binding import AddressBindingDialog
from ui.dialogs.address_editor import AddressEditor
from ui.dialogs.delete_stream import DeleteStreamDialog
from ui.dialogs.stream_editor import ADDRESSES, ASSOCIATIONS, GENERAL, LIMITS, StreamEditor
from ui.main_window import MainWindow
from ui.models.association_tree import NAME
from ui.models.limit_rules import SCOPE, TARGET, LimitRules
from ui.models.stream_addresses import PAUSED, WEIGHT, EditedAddress, StreamAddresses
from ui.pages.streams import StreamsPage
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]
Named = Callable[[WindowSession, str], Awaitable[StreamView]]


@pytest.fixture
def page(window: MainWindow) -> StreamsPage:
    """The streams page of the window over the sample data."""
    shown = window.host.page
    assert isinstance(shown, StreamsPage)
    return shown


def names(page: StreamsPage) -> list[str]:
    return [page.model.index(row, 0).data() for row in range(page.model.rowCount())]


async def choose(page: StreamsPage, name: str, wait_until: WaitUntil) -> None:
    """Put the cursor on a stream and wait for its details."""
    row = next(number for number, shown in enumerate(names(page)) if shown.startswith(name))
    page.table.setFocus()
    page.table.selectRow(row)
    await wait_until(lambda: page.panel.details is not None and page.panel.details.stream.name == name)


async def test_the_table_marks_the_default_and_counts(page: StreamsPage, model_tester: Any) -> None:
    tester = model_tester(page.model)
    assert names(page) == ["default (default)", "news", "notices", sample.LONG_NAME]
    texts = [page.model.index(1, column).data() for column in range(page.model.columnCount())]
    assert texts == ["news", "Ready", "4", "1 site", "–", "0", "–", "–"]
    assert page.model.index(0, 1).data() == "No addresses"
    assert not page.delete_action.isEnabled()  # the cursor is on the default stream
    assert tester.model() is page.model


async def test_sorting_and_selection_survive_a_change_made_elsewhere(
    page: StreamsPage, window_session: WindowSession, wait_until: WaitUntil, model_tester: Any
) -> None:
    model_tester(page.model)
    await choose(page, "notices", wait_until)
    page.table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.DescendingOrder)
    assert names(page)[0] == sample.LONG_NAME
    await window_session.write(streams.create, name="zebra", addresses=[sample.NEWS[0]])
    await wait_until(lambda: names(page)[0] == "zebra")
    row = page.current()
    assert row is not None
    assert row.name == "notices"
    default = await window_session.read(streams.by_name, "zebra")
    await window_session.write(streams.delete, default.id)
    await wait_until(lambda: "zebra" not in names(page))
    assert (row := page.current()) is not None
    assert row.name == "notices"


async def test_a_stream_is_made_by_keyboard(
    window: MainWindow, page: StreamsPage, qtbot: QtBot, opened_dialog: Opened, stream_named: Named
) -> None:
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    editor: StreamEditor = await opened_dialog(StreamEditor)
    await asyncio.sleep(0)
    assert not editor.save_button.isEnabled()
    qtbot.keyClicks(editor.name, "offers")
    assert not editor.save_button.isEnabled()  # no address yet
    editor.addresses.model.add([EditedAddress("203.0.113.7", "mx7.example.com")])
    assert editor.save_button.isEnabled()
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    await window.session.settled()
    made = await stream_named(window.session, "offers")
    assert [each.ip for each in made.addresses] == ["203.0.113.7"]
    assert made.addresses[0].helo == "mx7.example.com"
    assert (row := page.current()) is not None
    assert row.name == "offers"


async def test_a_taken_name_is_told_beside_the_field_and_what_was_typed_stays(
    window: MainWindow,
    page: StreamsPage,
    qtbot: QtBot,
    opened_dialog: Opened,
    wait_until: WaitUntil,
    stream_named: Named,
) -> None:
    await choose(page, "notices", wait_until)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    editor: StreamEditor = await opened_dialog(StreamEditor)
    editor.name.setText("NEWS")
    editor.description.setPlainText("kept")
    editor.tabs.setCurrentIndex(LIMITS)
    editor.save_button.click()
    await wait_until(lambda: "already" in editor.form.error("name"))
    assert editor.tabs.currentIndex() == GENERAL
    assert editor.isVisible()
    assert editor.description.toPlainText() == "kept"
    editor.name.setText("reminders")
    assert editor.form.error("name") == ""
    editor.save_button.click()
    await window.session.settled()
    assert (await stream_named(window.session, "reminders")).description == "kept"


async def test_leaving_with_changes_asks(
    page: StreamsPage,
    window: MainWindow,
    qtbot: QtBot,
    opened_dialog: Opened,
    wait_until: WaitUntil,
    stream_named: Named,
) -> None:
    await choose(page, "notices", wait_until)
    page.edit_action.trigger()
    editor: StreamEditor = await opened_dialog(StreamEditor)
    editor.description.setPlainText("unsaved")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    box = await opened_dialog(QMessageBox)
    next(button for button in box.buttons() if "Discard" in button.text()).click()
    await window.session.settled()
    assert (await stream_named(window.session, "notices")).description == ""


async def test_limits_are_edited_and_the_smallest_wins(
    page: StreamsPage,
    window: MainWindow,
    opened_dialog: Opened,
    wait_until: WaitUntil,
    stream_named: Named,
    qtbot: QtBot,
) -> None:
    await choose(page, "news", wait_until)
    page.edit_action.trigger()
    editor: StreamEditor = await opened_dialog(StreamEditor)
    editor.tabs.setCurrentIndex(LIMITS)
    tab = editor.limits
    tab.add_button.click()
    field = tab.table.findChild(QLineEdit, "", Qt.FindChildOption.FindChildrenRecursively)
    assert field is not None
    field.setText("Google")
    tab.table.commitData(field)
    tab.table.closeEditor(field, QAbstractItemDelegate.EndEditHint.NoHint)
    model = tab.model
    assert model.setData(model.index(1, 2), "3")
    assert not model.setData(model.index(1, 3), "many")
    assert model.setData(model.index(1, SCOPE), LimitScope.DOMAIN)
    assert model.setData(model.index(1, TARGET), "gmail.test")
    tab.place.setText("gmail.test")
    assert "3 connections" in tab.effective.text()
    editor.save_button.click()
    await window.session.settled()
    saved = await stream_named(window.session, "news")
    assert [(rule.scope, rule.target, rule.connections) for rule in saved.limits] == [
        (LimitScope.PROVIDER, "Google", 5),
        (LimitScope.DOMAIN, "gmail.test", 3),
    ]


async def test_a_wrong_limit_is_told_on_its_tab(
    page: StreamsPage, opened_dialog: Opened, wait_until: WaitUntil, window: MainWindow
) -> None:
    await choose(page, "news", wait_until)
    page.edit_action.trigger()
    editor: StreamEditor = await opened_dialog(StreamEditor)
    editor.limits.add()
    editor.save_button.click()
    await wait_until(editor.limits.error.text)
    assert editor.tabs.currentIndex() == LIMITS
    editor.limits.model.remove([1])
    assert not editor.save_button.isEnabled()
    editor.reject()
    await window.session.settled()


async def test_weights_and_pauses_are_changed_in_place(
    page: StreamsPage,
    window: MainWindow,
    opened_dialog: Opened,
    wait_until: WaitUntil,
    stream_named: Named,
    model_tester: Any,
) -> None:
    await choose(page, "notices", wait_until)
    page.edit_action.trigger()
    editor: StreamEditor = await opened_dialog(StreamEditor)
    editor.tabs.setCurrentIndex(ADDRESSES)
    model = editor.addresses.model
    model_tester(model)
    assert model.setData(model.index(0, WEIGHT), 300)
    assert model.setData(model.index(1, PAUSED), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    editor.save_button.click()
    await window.session.settled()
    saved = await stream_named(window.session, "notices")
    assert [(each.weight, each.paused) for each in saved.addresses] == [(300, False), (100, True)]


async def test_ticked_branches_use_the_stream(
    page: StreamsPage, window: MainWindow, opened_dialog: Opened, wait_until: WaitUntil, model_tester: Any
) -> None:
    await choose(page, "notices", wait_until)
    page.edit_action.trigger()
    editor: StreamEditor = await opened_dialog(StreamEditor)
    editor.tabs.setCurrentIndex(ASSOCIATIONS)
    tree = editor.associations.model
    model_tester(tree)
    await wait_until(lambda: list(tree.branches()))
    shop = next(branch for branch in tree.branches() if branch.name == "shop.example.org")
    place = tree.index_of_key((NodeKind.SITE, shop.id), NAME)
    assert tree.setData(place, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert tree.data(place, Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Checked
    editor.save_button.click()
    await window.session.settled()
    sites = await window.session.read(associations.sites)
    assert next(site.resolved.stream for site in sites if site.id == shop.id) == "notices"


async def test_a_change_made_elsewhere_is_shown_and_not_overwritten(
    page: StreamsPage, window: MainWindow, opened_dialog: Opened, wait_until: WaitUntil, stream_named: Named
) -> None:
    await choose(page, "notices", wait_until)
    page.edit_action.trigger()
    editor: StreamEditor = await opened_dialog(StreamEditor)
    editor.name.setText("mine")
    base = await stream_named(window.session, "notices")
    theirs = StreamEdit("notices", "theirs", base.guard, base.bindings(), base.limits)
    await window.session.write(streams.edit, base, theirs)
    await wait_until(lambda: "changed elsewhere" in editor.banner.text())
    editor.banner.dismiss()
    editor.save_button.click()
    await wait_until(lambda: "changed elsewhere" in editor.banner.text())
    assert editor.isVisible()
    assert editor.name.text() == "mine"
    assert (await stream_named(window.session, "notices")).description == "theirs"
    await editor.take_over()
    assert editor.description.toPlainText() == "theirs"
    editor.reject()
    await window.session.settled()


async def test_a_copy_has_addresses_and_limits(
    page: StreamsPage, window: MainWindow, wait_until: WaitUntil, stream_named: Named
) -> None:
    await choose(page, "news", wait_until)
    page.copy_action.trigger()
    await window.session.settled()
    copied, original = await stream_named(window.session, "news copy"), await stream_named(window.session, "news")
    assert copied.bindings() == original.bindings()
    assert len(copied.limits) == len(original.limits)
    assert "news copy" in names(page)


async def test_pausing_is_undone(
    page: StreamsPage, window: MainWindow, wait_until: WaitUntil, stream_named: Named, qtbot: QtBot
) -> None:
    await choose(page, "news", wait_until)
    page.pause_action.trigger()
    await wait_until(lambda: page.pause_action.text() == "&Resume")
    assert page.model.index(1, 1).data() == "Paused"
    window.toast.undo_button.click()
    await wait_until(lambda: page.pause_action.text() == "&Pause")
    assert not (await stream_named(window.session, "news")).paused


async def test_deleting_asks_for_a_replacement_and_moves_associations(
    page: StreamsPage, window: MainWindow, opened_dialog: Opened, wait_until: WaitUntil, qtbot: QtBot
) -> None:
    await choose(page, "news", wait_until)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    dialog: DeleteStreamDialog = await opened_dialog(DeleteStreamDialog)
    box = dialog.findChild(QComboBox)
    assert box is not None
    assert box.itemText(0) == "None: they inherit"
    box.setCurrentIndex(box.findText("notices"))
    dialog.delete_button.click()
    await window.session.settled()
    assert "news" not in names(page)
    sites = await window.session.read(associations.sites)
    assert sites[0].resolved.stream == "notices"


async def test_an_address_is_edited_and_that_is_undone(
    page: StreamsPage, window: MainWindow, opened_dialog: Opened, wait_until: WaitUntil, qtbot: QtBot
) -> None:
    await choose(page, "news", wait_until)
    page.panel.table.selectRow(0)
    qtbot.keyClick(page.panel.table, Qt.Key.Key_Return)
    editor: AddressEditor = await opened_dialog(AddressEditor)
    editor.helo.setText("bad name")
    editor.save_button.click()
    await wait_until(lambda: editor.form.error("helo"))
    editor.helo.setText("mail.example.com")
    spin: QSpinBox = editor.quantities["connections"]
    spin.setValue(4)
    editor.warm.setChecked(True)
    editor.save_button.click()
    await window.session.settled()
    view = await window.session.read(addresses.by_ip, sample.NEWS[0])
    assert view.helo == "mail.example.com"
    assert view.limits is not None
    assert view.limits.connections == 4
    assert view.warm_up is not None
    await window.undo_last()
    assert (await window.session.read(addresses.by_ip, sample.NEWS[0])).helo == "out10.example.com"


async def test_the_menu_of_an_address_pauses_removes_and_shows_blocks(
    page: StreamsPage, window: MainWindow, wait_until: WaitUntil, stream_named: Named
) -> None:
    await choose(page, "news", wait_until)
    asked: list[tuple[str, object]] = []
    page.navigate.disconnect()
    page.navigate.connect(lambda name, argument: asked.append((name, argument)))
    line = page.panel.model.rows[0]
    texts = {action.text().replace("&", ""): action for action in page.panel.menu_for(line).actions()}
    texts["Pause in this stream"].trigger()
    await window.session.settled()
    assert (await stream_named(window.session, "news")).addresses[0].paused
    texts["Remove from this stream"].trigger()
    await window.session.settled()
    assert len((await stream_named(window.session, "news")).addresses) == 3
    await window.undo_last()
    assert len((await stream_named(window.session, "news")).addresses) == 4
    texts["Show blocks"].trigger()
    assert asked[0][0] == "blocks"


async def test_every_input_of_the_dialogs_has_a_name_and_a_label(
    window_session: WindowSession, stream_named: Named
) -> None:
    news = await stream_named(window_session, "news")
    view = await window_session.read(addresses.by_ip, sample.NEWS[0])
    usage = await window_session.read(streams.usage, news.id)
    dialogs = (
        StreamEditor(window_session, news),
        AddressEditor(window_session, view),
        AddressBindingDialog(window_session, "news", ()),
        DeleteStreamDialog(news, usage, await window_session.read(streams.every)),
    )
    await window_session.settled()
    for dialog in dialogs:
        assert nameless(dialog) == []
    await window_session.close()
    for dialog in dialogs:
        dialog.deleteLater()


def test_models_of_the_editor_keep_their_promises(model_tester: Any, qapp: object) -> None:
    rows, rules = StreamAddresses(), LimitRules()
    model_tester(rows)
    model_tester(rules)
    rows.add([EditedAddress("192.0.2.1", "a.example"), EditedAddress("192.0.2.2", "b.example")])
    rows.add([EditedAddress("192.0.2.1", "again.example")])
    assert rows.rowCount() == 2
    rows.remove([0])
    assert [row.ip for row in rows.addresses] == ["192.0.2.2"]
    rules.add(LimitRule(LimitScope.PROVIDER, "Google", connections=1))
    rules.remove([0])
    assert rules.rowCount() == 0
