"""The program with a window: one application, one loop, and one sitting after the other until the person quits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import as_file, files

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from app import logs
from app.paths import Profile
from app.settings import LogLevel
from app.version import VERSION
from ui.collector import Collector
from ui.crash_report import CrashReport
from ui.language import Language
from ui.single import SingleWindow
from ui.sitting import Place, Sitting
from ui.theme import Theme

log = logging.getLogger(__name__)


def run_window(profile: Profile, database_url: str | None = None, arguments: Sequence[str] = ()) -> int:
    """Show the window of a profile until the person quits; returns the exit code.

    A second start for the same profile brings the first window to the front and ends with 0.
    """
    application = make_application([*sys.argv[:1], *arguments])
    single = SingleWindow(profile.folder, application)
    if not single.claim():
        return 0
    crash = CrashReport(profile.logs)
    crash.begin()
    crash.watch()
    logs.set_up(profile.logs, LogLevel.INFO, to_stderr=False)
    collector = Collector(application)
    try:
        with asyncio.Runner(loop_factory=lambda: _make_loop(application)) as runner:
            code = runner.run(_sit(application, single, crash, Place(profile, database_url)))
    finally:
        collector.stop()
        single.release()
    crash.end()
    return code


def make_application(arguments: Sequence[str]) -> QApplication:
    """The application with its names and icon; windows may close without ending it."""
    application = QApplication(list(arguments) or ["mailstreams"])
    name_application(application)
    return application


def name_application(application: QApplication) -> None:
    """Tell Qt and the desktop whose windows these are."""
    application.setApplicationName("mailstreams")
    application.setApplicationDisplayName("MailStreams")
    application.setApplicationVersion(VERSION)
    application.setDesktopFileName("mailstreams")
    application.setQuitOnLastWindowClosed(False)
    application.setWindowIcon(program_icon())


def program_icon() -> QIcon:
    """The icon of the program."""
    with as_file(files("resources") / "icons" / "mailstreams.svg") as path:
        return QIcon(str(path))


def _make_loop(application: QApplication) -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop = QEventLoop(application)
    loop.set_default_executor(ThreadPoolExecutor(2, thread_name_prefix="default"))
    return loop


async def _sit(application: QApplication, single: SingleWindow, crash: CrashReport, home: Place) -> int:
    """One sitting after the other: at home, in the rehearsal, at home again."""
    theme, language = Theme(application), Language(application)
    place: Place | None = home
    code = 0
    last_crash = crash.last
    while place is not None:
        sitting = Sitting(application, theme, language, place)
        raising = single.raise_asked.connect(sitting.come_to_front)
        try:
            code, place = await sitting.run(home, last_crash)
        finally:
            with contextlib.suppress(RuntimeError):
                single.raise_asked.disconnect(raising)
        last_crash = None
    return code
