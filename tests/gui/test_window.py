"""The window's frame: pages, keys, filter, undo, go to, help, banners, status, layout, one window per profile, the end."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sample
from accessible import nameless
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QMessageBox,
)
from pytestqt.qtbot import QtBot

from app.database.database import Database
from app.database.lease import Lease
from app.paths import Profile
from app.services import streams
from app.services.status import EngineWord
from app.services.undo import UndoStep
from app.settings import Scheme
from ui import first_start
from ui.crash_report import CrashReport
from ui.dialogs.about import diagnostics
from ui.engine_process import EngineProcess, EngineState
from ui.first_start import FirstChoice, FirstStartDialog
from ui.goto import GoToDialog
from ui.main_window import MainWindow
from ui.pages.blocks_view import BlockView
from ui.pages.overview import OverviewPage
from ui.pages.streams import StreamsPage
from ui.quitter import Quitter
from ui.session import WindowSession
from ui.single import SingleWindow
from ui.theme import Theme, is_dark
from ui.tray import Tray

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]


def actions_of(window: MainWindow) -> list[str]:
    return [action.text().replace("&", "") for action in window.tool_bar.actions() if not action.isSeparator()]


async def test_pages_are_reached_by_keys_and_the_sidebar_follows(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.host.current_name == "associations"
    assert window.sidebar.currentRow() == 2
    assert window.windowTitle() == "MailStreams"
    qtbot.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(window.focusWidget(), BlockView)  # the page's own keys work at once
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    window.sidebar.setFocus()
    qtbot.keyClick(window.sidebar, Qt.Key.Key_Up)
    assert window.host.current_name == "streams"
    assert "New…" in actions_of(window)
    await window.session.settled()


async def test_actions_of_low_priority_are_in_the_menu_only(window: MainWindow) -> None:
    assert "Show blocks" not in actions_of(window)
    assert "Show blocks" in [action.text().replace("&", "") for action in window.page_menu.actions()]


async def test_the_filter_belongs_to_its_page(window: MainWindow, qtbot: QtBot, wait_until: WaitUntil) -> None:
    page = window.host.page
    assert isinstance(page, StreamsPage)
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(window.filter_box, "notic")
    await wait_until(lambda: page.model.rowCount() == 1)
    window.show_page("associations")
    assert window.filter_box.text() == ""
    window.show_page("streams")
    assert window.filter_box.text() == "notic"
    qtbot.keyClick(window.filter_box, Qt.Key.Key_Escape)
    await wait_until(lambda: page.model.rowCount() == 4)


async def test_goto_finds_what_is_typed_and_opens_it(
    window: MainWindow, qtbot: QtBot, opened_dialog: Opened, wait_until: WaitUntil
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    dialog = await opened_dialog(GoToDialog)
    qtbot.keyClicks(dialog.box, "198.51.100.6")
    await wait_until(lambda: "198.51.100.6" in dialog.list.item(0).text())
    qtbot.keyClick(dialog.box, Qt.Key.Key_Return)
    page = window.host.page
    assert isinstance(page, StreamsPage)
    await wait_until(lambda: (row := page.current()) is not None and row.name == "notices")
    await wait_until(lambda: (line := page.panel.selected()) is not None and line.ip == "198.51.100.6")


async def test_undo_takes_back_the_newest_change_and_says_so(
    window: MainWindow, qtbot: QtBot, stream_named: Any
) -> None:
    session = window.session
    view = await stream_named(session, "news")
    await session.write(streams.pause, view.id)
    step = UndoStep("Paused news", lambda given, now: _resume(given, view.id, now))
    session.tell_done("Paused news", step)
    assert window.undo_action.text() == "&Undo: Paused news"
    assert window.toast.text() == "Paused news"
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    await session.settled()
    assert not (await stream_named(session, "news")).paused
    assert window.toast.text() == "Undone: Paused news"
    assert not window.undo_action.isEnabled()


def _resume(session: Any, stream_id: int, now: float) -> None:
    streams.resume(session, stream_id, actor="anna", now=now)


async def test_help_is_about_the_page_in_front(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.help_dock.isVisible()
    assert "stream" in window.help_dock.text()
    window.show_page("associations")
    assert "Decided by" in window.help_dock.text()
    await window.session.settled()


@pytest.mark.expects_warnings  # the database logs that it waits
async def test_a_locked_database_is_told_and_the_window_goes_on(
    window: MainWindow, profile: Profile, stream_named: Any, wait_until: WaitUntil
) -> None:
    view = await stream_named(window.session, "news")
    other = sqlite3.connect(profile.database_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        writing = window.session.spawn(window.session.write(streams.pause, view.id))
        banner = window.banners.banner("waiting")
        await wait_until(lambda: "database is busy" in banner.text())
        window.show_page("associations")  # reading goes on
        page = window.host.page
        await wait_until(lambda: page is not None and page.model.rowCount() == 1)
        assert not writing.done()
    finally:
        other.execute("ROLLBACK")
        other.close()
    await writing
    assert banner.text() == ""
    assert (await stream_named(window.session, "news")).paused


async def test_a_problem_is_told_in_a_banner(window: MainWindow, wait_until: WaitUntil) -> None:
    window.session.spawn(window.session.write(streams.delete, 1))
    await wait_until(lambda: "is the default stream" in window.banners.banner("problem").text())


@pytest.mark.expects_warnings
async def test_a_fault_of_the_program_is_told_and_logged(
    window: MainWindow, caplog: pytest.LogCaptureFixture, wait_until: WaitUntil
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    window.session.spawn(fail())
    await wait_until(lambda: "ZeroDivisionError" in window.banners.banner("fault").text())
    assert "a fault of the program" in caplog.text


async def test_the_status_bar_tells_that_another_process_sends(window: MainWindow, wait_until: WaitUntil) -> None:
    assert window.status_line.engine.text() == "Stopped"
    window.show_page("overview")
    overview = window.host.page
    assert isinstance(overview, OverviewPage)
    await wait_until(overview.sentence.text)
    told: set[tuple[bool, bool]] = set()
    window.status_changed.connect(
        lambda now: told.add((now.engine is EngineWord.STOPPED, "engine is stopped" in overview.sentence.text()))
    )
    database: Database = window.session.database
    lease = await asyncio.to_thread(Lease.acquire, database)
    await wait_until(lambda: "another process" in window.status_line.engine.text())
    assert not window.start_action.isEnabled()
    await asyncio.to_thread(lease.release, database)
    await wait_until(lambda: window.status_line.engine.text() == "Stopped")
    assert told == {(True, True), (False, False)}, "the overview contradicts the status bar"


async def test_places_are_remembered(window: MainWindow, window_session: WindowSession) -> None:
    window.resize(765, 606)
    page = window.host.page
    assert isinstance(page, StreamsPage)
    header = page.table.horizontalHeader()
    header.resizeSection(0, 333)
    header.setSortIndicator(2, Qt.SortOrder.DescendingOrder)
    window.close_now()
    again = MainWindow(window_session, window.engine)
    again.start("streams")
    await window_session.settled()
    assert again.size() == window.size()
    assert isinstance(again.host.page, StreamsPage)
    second = again.host.page.table.horizontalHeader()
    assert (second.sectionSize(0), second.sortIndicatorSection()) == (333, 2)
    again.close_now()
    again.deleteLater()


async def test_the_scheme_is_applied_to_everything(
    window: MainWindow, qapp: QApplication, wait_until: WaitUntil
) -> None:
    theme = Theme(qapp, Scheme.DARK)
    await wait_until(lambda: is_dark(window.palette()))
    theme.choose(Scheme.LIGHT)
    await wait_until(lambda: not is_dark(window.palette()))
    theme.deleteLater()


async def test_every_input_has_a_name_and_a_label(window: MainWindow) -> None:
    for name in ("streams", "associations"):
        window.show_page(name)
    await window.session.settled()
    assert nameless(window) == []


async def test_a_second_window_of_a_profile_raises_the_first(
    tmp_path: Path, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    first = SingleWindow(tmp_path)
    raised: list[bool] = []
    first.raise_asked.connect(lambda: raised.append(True))
    assert first.claim()
    script = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication;"
        "from ui.single import SingleWindow; app = QCoreApplication([]);"
        f"print(SingleWindow(Path({str(tmp_path)!r})).claim())"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.strip() == b"False"
    await wait_until(lambda: raised)
    first.release()


async def test_the_engine_runs_as_a_process_and_drains(empty_session: WindowSession, wait_until: WaitUntil) -> None:
    command = (sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)")
    engine = EngineProcess(empty_session.profile.folder, command, empty_session)
    await engine.start()
    await wait_until(lambda: engine.state is EngineState.RUNNING)
    engine.drain()
    await engine.ended()
    assert engine.state is EngineState.NONE


def niceness_of_session(process: str) -> int | None:
    """Linux shares its processors among sessions before it looks at a process (sched(7)); None where it does not: there is no
    such file in a kernel without autogroups, and nothing in it for a process outside of all of them."""
    file = Path("/proc") / process / "autogroup"
    words = file.read_text(encoding="ascii").split() if file.exists() else []
    return int(words[-1]) if words else None


@pytest.mark.skipif(sys.platform != "linux", reason="how Linux shares its processors")
async def test_the_engine_comes_after_the_window(empty_session: WindowSession, wait_until: WaitUntil) -> None:
    command = (sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)")
    engine = EngineProcess(empty_session.profile.folder, command, empty_session)
    before = niceness_of_session("self")
    await engine.start()
    await wait_until(lambda: engine.state is EngineState.RUNNING)
    assert engine.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, engine.pid) == 10
    if before is not None:
        assert niceness_of_session(str(engine.pid)) == 10
        assert niceness_of_session("self") == before
    engine.drain()
    await engine.ended()


async def test_an_engine_that_ends_by_itself_is_told_with_its_words(
    empty_window: MainWindow, empty_session: WindowSession, wait_until: WaitUntil
) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('The engine runs already.')")
    engine = empty_window.engine
    engine._command = command
    await engine.start()
    await wait_until(lambda: "The engine runs already." in empty_window.banners.banner("engine").text())
    assert engine.state is EngineState.NONE


async def test_closing_while_mail_is_sent_asks_once(
    window: MainWindow, opened_dialog: Opened, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = window.engine
    engine._command = (sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)")
    await engine.start()
    await wait_until(lambda: engine.state is EngineState.RUNNING)
    icon = Tray(window.session, window.windowIcon())
    quitter = Quitter(window, engine, icon)
    monkeypatch.setattr(Quitter, "_is_sending", lambda self: True)
    window.close()
    box = await opened_dialog(QMessageBox)
    assert "Mail is being sent" in box.text()
    box.reject()
    await window.session.settled()
    assert window.isVisible()
    assert not quitter.over.done()
    window.close()
    box = await opened_dialog(QMessageBox)
    button = next(each for each in box.buttons() if "Finish open mail" in each.text())
    button.click()
    await quitter.over
    assert engine.state is EngineState.NONE


async def test_the_tray_tells_of_new_blocks_only(window_session: WindowSession, wait_until: WaitUntil) -> None:
    with window_session.database.write() as session:
        sample.block(session, sample.NEWS[0], now=window_session.now())
    icon = Tray(window_session, QApplication.windowIcon())
    told: list[tuple[str, str]] = []
    icon.told.connect(lambda title, text: told.append((title, text)))
    await icon.start()
    with window_session.database.write() as session:
        sample.block(session, sample.NEWS[1], now=window_session.now())
    await wait_until(lambda: told)
    assert told[0][0] == "1 new block"
    assert sample.NEWS[1] in told[0][1]
    icon.close()


async def test_the_first_choice_is_made_by_keyboard(empty_session: WindowSession, qtbot: QtBot) -> None:
    assert await empty_session.read(first_start.is_first_start)
    dialog = FirstStartDialog()
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.look_button.setFocus()
    qtbot.keyClick(dialog.look_button, Qt.Key.Key_Space)
    assert dialog.choice is FirstChoice.LOOK_AROUND


async def test_diagnostics_have_no_secrets(window: MainWindow) -> None:
    words = diagnostics(window.session, window.status)
    assert "MailStreams" in words
    assert "SQLAlchemy" in words
    assert str(window.session.profile.folder) in words


@pytest.mark.parametrize(
    ("crash", "words"),
    [("raise ValueError('postgresql://u:secret@host/db')", "ValueError"), ("import os; os.abort()", "Aborted")],
)
def test_a_crash_is_offered_at_the_next_start(tmp_path: Path, crash: str, words: str) -> None:
    script = (
        "from pathlib import Path; from ui.crash_report import CrashReport;"
        f"report = CrashReport(Path({str(tmp_path)!r})); report.begin(); report.watch(); {crash}"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode != 0
    second = CrashReport(tmp_path)
    second.begin()
    assert second.last is not None
    text = second.last.read_text(encoding="utf-8")
    assert words in text
    assert "secret" not in text
    second.end()
    third = CrashReport(tmp_path)
    third.begin()
    assert third.last is None
    third.end()
