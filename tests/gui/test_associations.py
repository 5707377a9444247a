"""The associations page: what is inherited from where, changes in place and by drag and drop, filter, undo, running mailings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.services import associations, drafts, lists, mailings
from app.services.associations import NodeKind
from app.services.drafts import Draft
from app.services.messages import Content
from ui.main_window import MainWindow
from ui.models.association_tree import DECIDED, NAME, STREAM, STREAM_MIME
from ui.pages.associations import AssociationsPage
from ui.session import WindowSession
from ui.widgets.stream_choice import StreamBox

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]


@pytest.fixture
async def page(window: MainWindow, model_tester: Any) -> AssociationsPage:
    """The page of the window over the sample data, its model watched by Qt's tester."""
    window.show_page("associations")
    await window.session.settled()
    shown = window.host.page
    assert isinstance(shown, AssociationsPage)
    model_tester(shown.model)
    return shown


def place(page: AssociationsPage, name: str, column: int = NAME) -> QModelIndex:
    branch = next(each for each in page.model.branches() if each.name == name)
    return page.model.index_of_key((branch.kind, branch.id), column)


def told(page: AssociationsPage, name: str) -> tuple[str, str]:
    """Stream and origin of a branch as they are shown."""
    return place(page, name, STREAM).data(), place(page, name, DECIDED).data()


async def test_the_stream_and_its_origin_are_shown(page: AssociationsPage, window: MainWindow) -> None:
    assert told(page, "lists.example.com") == ("news", "this site")
    assert told(page, "Readers") == ("Inherit (news)", "inherited from site lists.example.com")
    assert told(page, "Customers") == ("Inherit (default)", "server default")
    page.tree.expand(place(page, "Readers"))  # segments are read when their list is opened
    await window.session.settled()
    assert told(page, "Gmail readers") == ("notices", "this segment")


async def test_a_stream_is_chosen_in_place_by_keyboard(
    page: AssociationsPage, window: MainWindow, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    page.tree.setFocus()
    page.tree.setCurrentIndex(place(page, "Customers", STREAM))
    qtbot.keyClick(page.tree, Qt.Key.Key_F2)
    box = page.tree.findChild(StreamBox)
    assert box is not None
    assert box.itemText(0) == "Inherit (default)"
    box.setFocus()
    qtbot.keyClicks(box, "news")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    await wait_until(lambda: told(page, "Customers") == ("news", "this list"))
    assert window.toast.text() == "Customers uses news now"
    await window.undo_last()
    await wait_until(lambda: told(page, "Customers") == ("Inherit (default)", "server default"))


def drop(page: AssociationsPage, stream_id: int, name: str) -> bool:
    data = QMimeData()
    data.setData(STREAM_MIME, str(stream_id).encode())
    return page.model.dropMimeData(data, Qt.DropAction.CopyAction, -1, -1, place(page, name))


async def test_a_stream_is_dropped_on_a_node_and_on_a_selection(
    page: AssociationsPage, window: MainWindow, wait_until: WaitUntil
) -> None:
    page.streams.setCurrentRow(3)
    dragged = page.streams.mimeData([page.streams.currentItem()])
    assert dragged.hasFormat(STREAM_MIME)
    stream_id = page.streams.stream_id()
    assert drop(page, stream_id, "Customers")
    await wait_until(lambda: told(page, "Customers") == ("notices", "this list"))
    for name in ("Readers", "Customers", "shop.example.org"):
        flags = page.tree.selectionModel().SelectionFlag
        page.tree.selectionModel().select(place(page, name), flags.Select | flags.Rows)
    assert drop(page, 0, "Readers")  # "inherit", onto all of the selection
    await wait_until(lambda: told(page, "Customers") == ("Inherit (default)", "server default"))
    assert len(page.selected_branches()) == 3
    assert page.model.index(0, 0).data() == "All sites (server default)"
    data = QMimeData()
    data.setData(STREAM_MIME, b"1")
    assert not page.model.canDropMimeData(data, Qt.DropAction.CopyAction, -1, -1, page.model.index(0, 0))


async def test_delete_makes_the_selection_inherit(
    page: AssociationsPage, window: MainWindow, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    page.tree.setFocus()
    page.tree.setCurrentIndex(place(page, "lists.example.com"))
    qtbot.keyClick(page.tree, Qt.Key.Key_Delete)
    await wait_until(lambda: told(page, "Readers") == ("Inherit (default)", "server default"))


async def test_the_filter_keeps_the_parents_of_what_matches(
    page: AssociationsPage, window: MainWindow, wait_until: WaitUntil
) -> None:
    window.filter_box.setText("gmail")
    await wait_until(
        lambda: {branch.name for branch in page.model.branches()} == {"lists.example.com", "Readers", "Gmail readers"}
    )
    assert page.tree.isExpanded(place(page, "Readers"))
    window.filter_box.clear()
    await wait_until(lambda: "Customers" in {branch.name for branch in page.model.branches()})
    assert not page.tree.isExpanded(place(page, "Readers"))


async def test_what_is_open_and_selected_survives_changes_made_elsewhere(
    page: AssociationsPage, window: MainWindow, window_session: WindowSession, wait_until: WaitUntil
) -> None:
    page.tree.expand(place(page, "Readers"))
    await window_session.settled()
    page.tree.setCurrentIndex(place(page, "Gmail readers"))
    site = next(each for each in page.model.branches() if each.name == "shop.example.org")
    await window_session.write(lists.create, name="Partners", site_id=site.id)
    await wait_until(lambda: "Partners" in {branch.name for branch in page.model.branches()})
    assert page.tree.isExpanded(place(page, "Readers"))
    assert page.tree.currentIndex().siblingAtColumn(NAME).data() == "Gmail readers"
    customers = await window_session.read(lists.by_name, "Customers")
    await window_session.write(lists.delete, customers.id)
    await wait_until(lambda: "Customers" not in {branch.name for branch in page.model.branches()})


async def test_waiting_recipients_of_running_mailings_are_offered_to_move(
    page: AssociationsPage,
    window: MainWindow,
    window_session: WindowSession,
    opened_dialog: Opened,
    wait_until: WaitUntil,
) -> None:
    readers = await window_session.read(lists.by_name, "Readers")
    content = Content(from_address="news@example.com", subject="Hello", text="Hello")
    draft = await window_session.write(drafts.create, Draft(name="Weekly", list_id=readers.id, content=content))
    await window_session.write(drafts.start, draft.id)
    await wait_until(lambda: place(page, "Readers", 4).data() == "1")
    page.tree.setCurrentIndex(place(page, "Readers"))
    page.streams.setCurrentRow(3)
    page.use_button.click()
    box: QMessageBox = await opened_dialog(QMessageBox)
    assert "1 running mailing?" in box.text()
    assert "60 recipients of Weekly" in box.informativeText()
    next(button for button in box.buttons() if "Move" in button.text()).click()
    await window_session.settled()
    assert (await window_session.read(mailings.get, draft.id)).stream == "notices"


async def test_without_sites_the_page_leads_to_the_lists(empty_window: MainWindow) -> None:
    empty_window.show_page("associations")
    await empty_window.session.settled()
    page = empty_window.host.page
    assert isinstance(page, AssociationsPage)
    assert page.stack.is_empty
    assert page.content.default == "default"
    kinds = await empty_window.session.read(associations.sites)
    assert [each.kind for each in kinds if each.kind is NodeKind.SITE] == []
