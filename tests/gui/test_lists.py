"""The lists page: tree, members, import, segments, by keyboard and mouse, on the real services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from app.services import lists, members, segments, sites, suppressions
from app.services.associations import NodeKind
from app.services.lists import ListView
from app.services.search import Found, FoundKind
from ui.dialogs.import_members import ImportDialog
from ui.dialogs.segment_conditions import ConditionRow, GroupBox
from ui.dialogs.segment_editor import SegmentEditor
from ui.main_window import MainWindow
from ui.pages.lists import ListsPage
from ui.pages.lists_dialogs import ListDialog, MemberDialog, SiteDialog, SuppressDialog
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]


@pytest.fixture
async def page(window: MainWindow, window_session: WindowSession) -> ListsPage:
    """The lists page of the window over the sample data."""
    window.show_page("lists")
    await window_session.settled()
    shown = window.host.page
    assert isinstance(shown, ListsPage)
    return shown


async def a_list(session: WindowSession, name: str = "Readers") -> ListView:
    return await session.read(lists.by_name, name)


async def choose(page: ListsPage, kind: NodeKind, identity: int) -> None:
    page.tree.setCurrentIndex(page.model.index_of((kind, identity)))
    await page.session.settled()


def addresses(page: ListsPage) -> list[str]:
    return [page.panel.model.index(row, 0).data() for row in range(page.panel.model.rowCount())]


# Tree and members


async def test_the_tree_and_the_members_of_the_first_list(page: ListsPage, model_tester: Any) -> None:
    model_tester(page.model)
    model_tester(page.panel.model)
    model_tester(page.panel.suppressed)
    root = page.model.index(0, 0)
    readers = page.model.index(0, 0, root)
    assert [index.data() for index in (root, readers, page.model.index(0, 0, readers))] == [
        "lists.example.com",
        "Readers",
        "Gmail readers",
    ]
    assert page.model.index(0, 1).data() == "60"
    assert page.panel.facts.text() == "List of lists.example.com · 60 members · 1 segment"
    assert addresses(page)[0] == "reader000@gmail.test"
    assert len(addresses(page)) == 60


async def test_a_segment_shows_whom_it_selects(page: ListsPage, window_session: WindowSession) -> None:
    segment = await window_session.read(segments.by_name, "Gmail readers")
    await choose(page, NodeKind.SEGMENT, segment.id)
    assert len(addresses(page)) == 20
    assert all(address.endswith("@gmail.test") for address in addresses(page))
    assert "goes over stream notices" in page.panel.facts.text()


async def test_an_empty_list_offers_to_import(page: ListsPage, window_session: WindowSession) -> None:
    await choose(page, NodeKind.LIST, (await a_list(window_session, "Customers")).id)
    assert page.panel.body.is_empty


async def test_filter_and_sort(
    page: ListsPage, window: MainWindow, window_session: WindowSession, wait_until: WaitUntil, qtbot: QtBot
) -> None:
    page.panel.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    await wait_until(lambda: addresses(page)[0] == "reader059@post.test")
    window.focus_filter()
    qtbot.keyClicks(window.filter_box, "reader00")
    qtbot.keyClick(window.filter_box, Qt.Key.Key_Return)
    await wait_until(lambda: len(addresses(page)) == 10)
    await window_session.settled()


async def test_go_to_a_member_filters_its_list(
    page: ListsPage, window_session: WindowSession, wait_until: WaitUntil
) -> None:
    readers = await a_list(window_session)
    member = await window_session.read(members.by_address, readers.id, "reader007@northmail.test")
    page.open_with(Found(FoundKind.MEMBER, member.id, member.address, "Readers"))
    await wait_until(lambda: addresses(page) == ["reader007@northmail.test"])
    await window_session.settled()


async def test_site_and_list_are_made_renamed_and_deleted(
    page: ListsPage,
    window: MainWindow,
    window_session: WindowSession,
    opened_dialog: Opened,
    qtbot: QtBot,
    wait_until: WaitUntil,
) -> None:
    page.site_action.trigger()
    dialog = await opened_dialog(SiteDialog)
    qtbot.keyClicks(dialog.host, "bad host")
    dialog.save_button.click()
    await wait_until(lambda: dialog.form.error("host") != "")
    dialog.host.setText("news.example.net")
    qtbot.keyClick(dialog.host, Qt.Key.Key_Return)
    await wait_until(lambda: page.node is not None and page.node.name == "news.example.net")
    page.list_action.trigger()
    edit = await opened_dialog(ListDialog)
    assert edit.site.currentText() == "news.example.net"
    qtbot.keyClicks(edit.name, "Friends")
    qtbot.keyClicks(edit.from_address, "friends@")
    edit.save_button.click()
    await wait_until(lambda: edit.form.error("from_address") != "")
    assert edit.name.text() == "Friends"
    edit.from_address.setText("friends@example.net")
    edit.save_button.click()
    await wait_until(lambda: page.node is not None and page.node.name == "Friends")
    assert (await a_list(window_session, "Friends")).from_address == "friends@example.net"
    page.tree.setFocus()
    page.delete_action.trigger()
    box = await opened_dialog(QMessageBox)
    next(each for each in box.buttons() if "Delete" in each.text()).click()
    await wait_until(lambda: page.model.node_by_key((NodeKind.LIST, edit.made.id)) is None)
    await window_session.settled()


async def test_a_site_with_lists_is_not_deleted(
    page: ListsPage, window: MainWindow, window_session: WindowSession, opened_dialog: Opened, wait_until: WaitUntil
) -> None:
    site = await window_session.read(sites.by_host, "lists.example.com")
    await choose(page, NodeKind.SITE, site.id)
    page.delete_action.trigger()
    box = await opened_dialog(QMessageBox)
    next(each for each in box.buttons() if "Delete" in each.text()).click()
    await wait_until(lambda: "has lists (Readers)" in window.banners.banner("problem").text())
    await window_session.settled()


async def test_a_member_is_added_edited_and_its_errors_stand_by_their_fields(
    page: ListsPage, window_session: WindowSession, opened_dialog: Opened, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    page.add_member_action.trigger()
    dialog = await opened_dialog(MemberDialog)
    qtbot.keyClicks(dialog.address, "reader000@gmail.test")
    dialog.save_button.click()
    await wait_until(lambda: "has a member reader000@gmail.test already" in dialog.form.error())
    dialog.address.setText("nobody")
    dialog.save_button.click()
    await wait_until(lambda: dialog.form.error("address") == "The address has no @.")
    dialog.address.setText("anna@example.com")
    dialog.new_name.setText("city")
    dialog.new_value.setText("Graz")
    dialog.save_button.click()
    await wait_until(lambda: "anna@example.com" in addresses(page))
    readers = await a_list(window_session)
    assert readers.fields == ("city",)
    page.panel.table.selectRow(addresses(page).index("anna@example.com"))
    page.member_action.trigger()
    edit = await opened_dialog(MemberDialog)
    assert edit.fields["city"].text() == "Graz"
    edit.fields["city"].setText("Wien")
    edit.save_button.click()
    await window_session.settled()
    member = await window_session.read(members.by_address, readers.id, "anna@example.com")
    assert member.fields == {"city": "Wien"}


async def test_members_are_removed_by_key_and_come_back(
    page: ListsPage, window: MainWindow, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    page.panel.table.setFocus()
    page.panel.table.selectRow(0)
    page.panel.table.setSelectionMode(page.panel.table.SelectionMode.MultiSelection)
    page.panel.table.selectRow(1)
    page.remove_action.trigger()
    await wait_until(lambda: len(addresses(page)) == 58)
    assert window.toast.text() == "Removed 2 members"
    await window.undo_last()
    await wait_until(lambda: len(addresses(page)) == 60)
    assert addresses(page)[0] == "reader000@gmail.test"
    await window_session.settled()


async def test_members_are_suppressed_and_mailed_again(
    page: ListsPage,
    window: MainWindow,
    window_session: WindowSession,
    opened_dialog: Opened,
    qtbot: QtBot,
    wait_until: WaitUntil,
) -> None:
    page.panel.table.selectRow(2)
    page.suppress_action.trigger()
    dialog = await opened_dialog(SuppressDialog)
    qtbot.keyClicks(dialog.reason, "complaint")
    dialog.save_button.click()
    await wait_until(lambda: page.panel.model.index(2, 2).data() == "Gets no mail")
    await window.undo_last()
    await wait_until(lambda: page.panel.model.index(2, 2).data() == "Active")
    readers = await a_list(window_session)
    await window_session.write(suppressions.add, "reader002@post.test", reason="asked", list_id=readers.id)
    page.panel.tabs.setCurrentIndex(1)
    await wait_until(lambda: page.panel.suppressed.rowCount() == 1)
    page.panel.suppressed_table.selectRow(0)
    page.panel.allow_button.click()
    await wait_until(lambda: page.panel.suppressed.rowCount() == 0)
    await window_session.settled()


async def test_members_are_exported(
    page: ListsPage, window_session: WindowSession, opened_dialog: Opened, wait_until: WaitUntil, tmp_path: Path
) -> None:
    page.export_action.trigger()
    dialog = await opened_dialog(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(tmp_path / "readers.csv"))
    dialog.accept()
    await wait_until((tmp_path / "readers.csv").exists)
    await window_session.settled()
    assert len((tmp_path / "readers.csv").read_text(encoding="utf-8-sig").splitlines()) == 61


# Import


@pytest.fixture
async def importing(page: ListsPage, window_session: WindowSession, opened_dialog: Opened) -> ImportDialog:
    """The import dialog for the readers."""
    page.import_action.trigger()
    dialog = await opened_dialog(ImportDialog)
    assert isinstance(dialog, ImportDialog)
    return dialog


async def close(dialog: ImportDialog, session: WindowSession) -> None:
    dialog.reject()
    await session.settled()


async def test_an_import_shows_what_it_found_and_lists_what_it_refused(
    importing: ImportDialog, window_session: WindowSession, tmp_path: Path, wait_until: WaitUntil, model_tester: Any
) -> None:
    file = tmp_path / "people.csv"
    lines = ["E-Mail;Name;Stadt", *(f"neu{number}@example.com;Jürgen {number};Köln" for number in range(200))]
    lines[100] = "kaputt;Niemand;Nirgends"
    lines[150] = "zu;viele;Zellen;hier"
    file.write_bytes("\r\n".join(lines).encode("cp1252"))
    model_tester(importing.shape_panel.rows)
    assert not importing.import_button.isEnabled()
    importing.file.setText(str(file))
    importing.file.editingFinished.emit()
    await wait_until(importing.import_button.isEnabled)
    panel = importing.shape_panel
    assert (panel.encoding.currentText(), panel.separator.currentText()) == ("Windows-1252", "Semicolon ;")
    assert panel.rows.rowCount() == 100
    assert panel.rows.index(0, 1).data() == "Jürgen 0"
    assert [box.currentText() for box in panel.targets] == ["Address", "Name", "Stadt"]
    panel.targets[2].setCurrentText("city")
    importing.import_button.click()
    await wait_until(lambda: importing.report is not None and importing.report_panel.isVisible())
    model_tester(importing.report_panel.model)
    assert importing.report_panel.title.text() == "198 members in the list from this file"
    assert importing.report_panel.bad.text() == "2 lines not imported"
    bad = [
        [importing.report_panel.model.index(row, column).data() for column in range(4)]
        for row in range(importing.report_panel.model.rowCount())
    ]
    assert bad[0] == ["101", "E-Mail", "the address has no @.", "kaputt"]
    assert bad[1][0] == "151"
    readers = await a_list(window_session)
    assert readers.fields == ("city",)
    assert readers.members == 258
    await close(importing, window_session)


async def test_another_separator_is_read_again(
    importing: ImportDialog, window_session: WindowSession, tmp_path: Path, wait_until: WaitUntil
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email;name|x\na@example.com;A|1\n", encoding="utf-8")
    importing.file.setText(str(file))
    importing.file.editingFinished.emit()
    await wait_until(importing.import_button.isEnabled)
    panel = importing.shape_panel
    assert panel.rows.columnCount() == 2
    panel.encoding.setCurrentIndex(panel.encoding.findData("cp1252"))
    await wait_until(lambda: panel.shape() is not None and panel.shape().encoding == "cp1252")
    await close(importing, window_session)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "can't be read"),
        (b"", "is empty"),
        (b"PK\x03\x04 sheet", "save it as CSV first"),
        (b"city,plan\nGraz,gold\n", "one of them address or email"),
    ],
)
async def test_a_file_that_can_not_be_imported_is_said_beside_it(
    content: bytes | None,
    sentence: str,
    importing: ImportDialog,
    window_session: WindowSession,
    tmp_path: Path,
    wait_until: WaitUntil,
) -> None:
    file = tmp_path / "file.csv"
    if content is not None:
        file.write_bytes(content)
    importing.file.setText(str(file))
    importing.file.editingFinished.emit()
    await wait_until(lambda: sentence in importing.form.error("file"))
    assert importing.file.text() == str(file)
    assert not importing.import_button.isEnabled()
    await close(importing, window_session)


async def test_a_mapping_without_an_address_is_refused(
    importing: ImportDialog, window_session: WindowSession, tmp_path: Path, wait_until: WaitUntil
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,name\na@example.com,A\n", encoding="utf-8")
    importing.file.setText(str(file))
    importing.file.editingFinished.emit()
    await wait_until(importing.import_button.isEnabled)
    importing.shape_panel.targets[0].setCurrentIndex(0)
    importing.import_button.click()
    await wait_until(lambda: importing.banner.text() == "Exactly one column must hold the address.")
    assert importing.shape_panel.isVisible()
    await close(importing, window_session)


async def test_a_cancelled_import_imports_nothing(
    importing: ImportDialog, window_session: WindowSession, tmp_path: Path, wait_until: WaitUntil
) -> None:
    file = tmp_path / "many.csv"
    with file.open("w", encoding="utf-8") as opened:
        opened.write("email,name\n")
        opened.writelines(f"person{number}@example.com,P\n" for number in range(200_000))
    importing.file.setText(str(file))
    importing.file.editingFinished.emit()
    await wait_until(importing.import_button.isEnabled)
    importing.import_button.click()
    await wait_until(lambda: importing.progress.value() > 0)
    importing.cancel_button.click()
    await wait_until(lambda: importing.banner.text() == "Cancelled: nothing was imported.", deadline=30)
    assert (await a_list(window_session)).members == 60
    assert importing.shape_panel.isVisible()  # and can be started again
    await close(importing, window_session)


# Segments


@pytest.fixture
async def editor(page: ListsPage, window_session: WindowSession, opened_dialog: Opened) -> SegmentEditor:
    """The editor for a new segment of the readers."""
    page.segment_action.trigger()
    dialog = await opened_dialog(SegmentEditor)
    assert isinstance(dialog, SegmentEditor)
    return dialog


def set_row(row: ConditionRow | GroupBox, field: str, operator: str, value: str) -> None:
    assert isinstance(row, ConditionRow)
    row.field.setCurrentIndex(row.field.findData(field))
    row.operator.setCurrentIndex(row.operator.findData(operator))
    row.value.setText(value)


async def test_conditions_in_groups_are_counted_while_they_are_typed(
    editor: SegmentEditor,
    page: ListsPage,
    window_session: WindowSession,
    wait_until: WaitUntil,
    qtbot: QtBot,
    model_tester: Any,
) -> None:
    model_tester(editor.model)
    await wait_until(lambda: editor.trouble.text().startswith("Not complete yet"))
    set_row(editor.conditions.parts[0], "domain", "equals", "gmail.test")
    await wait_until(lambda: editor.count.text() == "20 members selected")
    assert editor.model.rowCount() == 20
    box = editor.conditions.add_group()
    box.match.setCurrentIndex(1)
    set_row(box.parts[0], "address", "starts_with", "reader00")
    set_row(box.add_condition(), "address", "in", "reader057@gmail.test, nobody@x.test")
    await wait_until(lambda: editor.count.text() == "5 members selected")
    qtbot.keyClicks(editor.name, "Early birds")
    editor.save_button.click()
    await wait_until(lambda: page.node is not None and page.node.name == "Early birds")
    await window_session.settled()
    assert len(addresses(page)) == 5


async def test_what_is_wrong_stands_at_its_condition(
    editor: SegmentEditor, window_session: WindowSession, wait_until: WaitUntil, qtbot: QtBot
) -> None:
    qtbot.keyClicks(editor.name, "Wrong")
    set_row(editor.conditions.parts[0], "domain", "equals", "gmail.test")
    box = editor.conditions.add_group()
    set_row(box.parts[0], "joined", "before", "yesterday")
    editor.save_button.click()
    row = box.parts[0]
    await wait_until(lambda: row.error.text().startswith("Must be a date such as 2024-05-31"))
    assert isinstance(row, ConditionRow)
    assert row.value.text() == "yesterday"
    assert editor.conditions.parts[0].error.text() == ""
    editor.name.clear()
    box.removed.emit()
    editor.conditions.parts[0].removed.emit()
    editor.name.setText("Nothing")
    editor.save_button.click()
    await wait_until(lambda: editor.conditions.error.text() == "Must be a list of at least one condition.")
    editor.done(0)
    await window_session.settled()


async def test_a_segment_is_shown_as_it_was_saved(
    page: ListsPage, window_session: WindowSession, opened_dialog: Opened
) -> None:
    segment = await window_session.read(segments.by_name, "Gmail readers")
    await choose(page, NodeKind.SEGMENT, segment.id)
    page.edit_action.trigger()
    editor = await opened_dialog(SegmentEditor)
    assert editor.conditions.data() == {"all": [{"field": "domain", "operator": "equals", "value": "gmail.test"}]}
    assert not editor.save_button.isEnabled()
    editor.reject()
    await window_session.settled()


async def test_every_input_has_a_name_for_screen_readers(editor: SegmentEditor, window_session: WindowSession) -> None:
    inputs = [*editor.findChildren(QLineEdit), *editor.findChildren(QComboBox)]
    assert [each for each in inputs if not each.accessibleName()] == []
    editor.reject()
    await window_session.settled()
