"""The activity page on the real services: who did what, filters, export, undo."""

from __future__ import annotations

import csv
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import blocksample
import pytest
from blocksample import BlockSample
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit

from app.services import block_actions, blocks, streams
from app.services.problems import Refused
from engine.blocks import BlockState
from ui.main_window import MainWindow
from ui.pages.activity import ActivityPage
from ui.session import WindowSession
from ui.whole_file import whole_file

Opened = Callable[..., Awaitable[Any]]


@pytest.fixture
def made(window_session: WindowSession) -> BlockSample:
    """Blocks in the sample database, one of them cleared by Ben."""
    with window_session.database.write() as session:
        found = blocksample.fill(session, blocksample.sample_of(session), time.time())
        block_actions.clear(session, [found.hostile], actor="ben", now=time.time())
        return found


@pytest.fixture
async def page(made: BlockSample, window: MainWindow, window_session: WindowSession) -> ActivityPage:
    """The activity page over them."""
    window.show_page("activity")
    await window_session.settled()
    shown = window.host.page
    assert isinstance(shown, ActivityPage)
    return shown


def actors(page: ActivityPage) -> set[str]:
    return {page.model.index(row, 1).data() for row in range(page.model.rowCount())}


async def test_the_newest_stands_first_in_words(page: ActivityPage, model_tester: Any) -> None:
    tester = model_tester(page.model)
    texts = [page.model.index(0, column).data() for column in (1, 2, 3)]
    assert texts == ["ben", "Block: cleared", "block 7 (198.51.100.6 at evil.test)"]
    await page.model.refresh()
    del tester


async def test_people_and_the_engine_are_told_apart(page: ActivityPage) -> None:
    assert actors(page) >= {"anna", "ben", "engine"}
    page.who.setCurrentText("The engine")
    await page.session.settled()
    assert actors(page) == {"engine"}
    page.who.setCurrentText("People")
    await page.session.settled()
    assert "engine" not in actors(page)


async def test_kind_and_text_filter(page: ActivityPage, window: MainWindow) -> None:
    page.kind.setCurrentText("Stream")
    await page.session.settled()
    assert {page.model.index(row, 2).data().split(":")[0] for row in range(page.model.rowCount())} == {"Stream"}
    page.kind.setCurrentIndex(0)
    window.filter_box.setText("evil.test")
    window.filter_box.returnPressed.emit()
    await page.session.settled()
    assert page.model.rowCount() == 2  # the engine's block, and Ben's clear
    page.kind.setCurrentText("Block")
    await page.session.settled()
    assert page.model.rowCount() == 2


async def test_columns_sort(page: ActivityPage) -> None:
    for section in range(4):
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            page.table.horizontalHeader().setSortIndicator(section, order)
            await page.session.settled()
            keys = [
                getattr(page.model.row(page.model.index(row, 0)), page.model.columns[section].sort.value)
                for row in range(min(80, page.model.rowCount()))
            ]
            if section in (0, 1, 2):  # a block's subject is worded for people, and sorted by its address
                assert keys == sorted(keys, reverse=order is Qt.SortOrder.DescendingOrder)


async def test_the_selected_line_is_shown_in_full(page: ActivityPage, window: MainWindow) -> None:
    window.filter_box.setText("weight 200")
    window.filter_box.returnPressed.emit()
    await page.session.settled()
    page.table.setCurrentIndex(page.model.index(0, 0))
    assert page.subject.toPlainText() == "Stream: edited – stream news"
    assert (page.before.toPlainText(), page.after.toPlainText()) == ("weight 100", "weight 200")
    assert not page.undo_action.isEnabled()


async def test_a_clear_by_somebody_else_is_undone(page: ActivityPage, made: BlockSample) -> None:
    page.table.setCurrentIndex(page.model.index(0, 0))
    assert page.undo_action.isEnabled()
    page.undo_action.trigger()
    await page.session.settled()
    view = await page.session.read(blocks.get, made.hostile)
    assert view.state is BlockState.BLOCKED
    await page.load()
    assert page.model.index(0, 2).data() == "Block: restored"


async def test_what_was_overtaken_says_so(page: ActivityPage, made: BlockSample, window: MainWindow) -> None:
    page.table.setCurrentIndex(page.model.index(0, 0))
    await page.undo()
    line = page.model.row(page.table.currentIndex())
    assert line is not None
    page.session.spawn(page.undo())
    await page.session.settled()
    assert window.banners.banner("problem").text() == "These blocks are not cleared any more."


async def test_pausing_a_stream_is_undone(page: ActivityPage) -> None:
    with page.session.database.write() as session:
        stream = streams.by_name(session, "news").id
        streams.pause(session, stream, actor="ben", now=time.time() + 5)
    await page.load()
    page.table.setCurrentIndex(page.model.index(0, 0))
    page.undo_action.trigger()
    await page.session.settled()
    view = await page.session.read(streams.by_name, "news")
    assert not view.paused


async def test_what_is_shown_is_exported(page: ActivityPage, tmp_path: Path, opened_dialog: Opened) -> None:
    page.kind.setCurrentText("Block")
    await page.session.settled()
    page.export_action.trigger()
    dialog = await opened_dialog(QFileDialog)
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(tmp_path / "activity.csv"))
    dialog.accept()
    await page.session.settled()
    rows = list(csv.DictReader((tmp_path / "activity.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == page.model.rowCount()
    assert rows[0]["action"] == "block.clear"
    assert "activity.csv" in names_in(tmp_path)
    assert not [name for name in names_in(tmp_path) if name.endswith(".part")]


def test_a_file_stands_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_text("before", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError), whole_file(file, "ascii") as writing:
        writing.write("half, then é")
    assert file.read_text(encoding="utf-8") == "before"
    assert names_in(tmp_path) == ["report.csv"]
    with pytest.raises(Refused, match="can't be written"), whole_file(tmp_path / "gone" / "report.csv"):
        pass


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())
