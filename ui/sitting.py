"""One sitting at one profile: database, session, engine, window, tray, from the opening to the end. The composition root."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget
from sqlalchemy.orm import Session

from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.paths import Profile, ProfileProblem
from app.services.problems import Refused
from app.services.status import EngineWord, Status
from app.settings import LANGUAGE, LOG_LEVEL, SCHEME, LogLevel, Scheme, value_of
from ui.engine_process import EngineProcess, engine_command
from ui.first_start import FirstChoice, FirstStartDialog, is_first_start
from ui.language import Language
from ui.main_window import MainWindow
from ui.pages.page import SET_UP
from ui.quitter import Quitter
from ui.rehearsal_process import Network, RehearsalProcess
from ui.session import WindowSession
from ui.theme import Theme, Tone
from ui.tray import Tray
from ui.widgets.dialogs import opened

log = logging.getLogger(__name__)

OPENING_MS = 700
"""How long the database may take to open before that is said."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sitting is: a profile, and the database when it is not the profile's own."""

    profile: Profile
    database_url: str | None = None
    is_rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the settings say about the window."""

    scheme: Scheme
    language: str
    level: LogLevel
    is_first_start: bool


class Sitting(QObject):
    """Made for one place, run once."""

    def __init__(
        self,
        application: QApplication,
        theme: Theme,
        language: Language,
        place: Place,
    ) -> None:
        super().__init__(application)
        self._application, self._theme, self._language, self._place = application, theme, language, place
        self._window: MainWindow | None = None
        self._next: Place | None = None

    async def run(self, home: Place, last_crash: Path | None) -> tuple[int, Place | None]:
        """Sit until the person quits or changes the place; the exit code, and the next place."""
        rehearsal = RehearsalProcess() if self._place.is_rehearsal else None
        try:
            database = await self._open(rehearsal)
        except (DatabaseProblem, ProfileProblem, Refused) as problem:
            await self._tell_failure(str(problem))
            return (1, None) if rehearsal is None else (0, home)
        session = WindowSession(database, self._place.profile, actor=_person())
        try:
            await session.start()
            await self._sit(session, home, last_crash)
        finally:
            await session.close()
            if self._window is not None:
                self._window.deleteLater()
            if rehearsal is not None:
                await rehearsal.stop()
            self.deleteLater()
        return 0, self._next

    def come_to_front(self) -> None:
        """A second start asks for this window."""
        if self._window is not None:
            self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowMinimized)
            self._window.show()
            self._window.raise_()
            self._window.activateWindow()

    # The opening

    async def _open(self, rehearsal: RehearsalProcess | None) -> Database:
        place = self._place
        with _told_when_slow(self.tr("Opening the database…")):
            if rehearsal is not None:
                network = await rehearsal.start()
                database = await asyncio.to_thread(_open_database, place)
                await asyncio.to_thread(_fill_rehearsal, database, network)
                return database
            return await asyncio.to_thread(_open_database, place)

    async def _tell_failure(self, sentence: str) -> None:
        box = QMessageBox(QMessageBox.Icon.Critical, "MailStreams", sentence)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(self.tr("The data folder is {}").format(self._place.profile.folder))
        box.addButton(QMessageBox.StandardButton.Close)
        await opened(box)

    # The sitting

    async def _sit(self, session: WindowSession, home: Place, last_crash: Path | None) -> None:
        wishes = await session.read(_read_wishes)
        logging.getLogger().setLevel(wishes.level.upper())
        self._theme.choose(wishes.scheme)
        self._language.choose(wishes.language)
        engine = EngineProcess(self._place.profile.folder, engine_command(self._place.database_url), session)
        window = MainWindow(session, engine, in_rehearsal=self._place.is_rehearsal)
        self._window = window
        tray = Tray(session, self._application.windowIcon(), session)
        quitter = Quitter(window, engine, tray)
        self._connect(window, tray, quitter, home)
        with _signals(quitter.quit):
            window.start("blocks" if self._place.is_rehearsal else "overview")
            window.show()
            self._show_place(window, session)
            await tray.start()
            await self._start_engine(window, engine, quitter)
            if last_crash is not None:
                _offer_crash(window, last_crash)
            if wishes.is_first_start and not self._place.is_rehearsal:
                session.spawn(self._welcome(window, quitter, home))
            await quitter.over

    def _connect(self, window: MainWindow, tray: Tray, quitter: Quitter, home: Place) -> None:
        session = window.session
        tray.opened.connect(lambda page: self._open_from_tray(window, page))
        window.status_changed.connect(lambda status: tray.show_status(status, window.engine.pid))
        window.about_asked.connect(session.slot(lambda: _show_about(window)))
        window.rehearsal_asked.connect(session.slot(lambda: self._change_place(quitter, home)))
        session.changed.connect(
            lambda topics: session.spawn(self._follow_scheme(session)) if "world" in topics else None
        )

    async def _start_engine(self, window: MainWindow, engine: EngineProcess, quitter: Quitter) -> None:
        """Start the engine, unless one runs for this machine already, or the person has quit meanwhile."""
        await window.read_status()
        status: Status | None = window.status
        if status is not None and status.engine is EngineWord.STOPPED and not quitter.over.done():
            await engine.start()
            if quitter.over.done():
                engine.drain()
                await engine.ended()

    async def _follow_scheme(self, session: WindowSession) -> None:
        self._theme.choose((await session.read(_read_wishes)).scheme)

    async def _welcome(self, window: MainWindow, quitter: Quitter, home: Place) -> None:
        dialog = FirstStartDialog(window)
        await opened(dialog)
        if dialog.choice is FirstChoice.LOOK_AROUND:
            await self._change_place(quitter, home)
        elif dialog.choice is FirstChoice.SET_UP:
            window.show_page("streams", SET_UP)

    async def _change_place(self, quitter: Quitter, home: Place) -> None:
        """End this sitting; the next one is in the rehearsal, or at home again."""
        if self._place.is_rehearsal:
            self._next = home
        else:
            profile = await asyncio.to_thread(_rehearsal_profile, self._place.profile)
            self._next = Place(profile, is_rehearsal=True)
        if not await quitter.leave():
            self._next = None

    def _open_from_tray(self, window: MainWindow, page: str) -> None:
        self.come_to_front()
        if page:
            window.show_page(page)

    def _show_place(self, window: MainWindow, session: WindowSession) -> None:
        if self._place.is_rehearsal:
            window.status_line.show_place(
                self.tr("Rehearsal"), self.tr("Everything here is made up, and nothing leaves this machine.")
            )
        else:
            database = session.database
            where = str(database.file) if database.is_sqlite else str(database.writer_engine.url.host)
            window.status_line.show_place("SQLite" if database.is_sqlite else "PostgreSQL", where)


async def _show_about(window: MainWindow) -> None:
    from ui.dialogs.about import AboutDialog  # noqa: PLC0415 - the window is to be there early

    await opened(AboutDialog(window.session, window.status, window))


def _offer_crash(window: MainWindow, report: Path) -> None:
    window.banners.banner("crash").tell(
        window.tr("MailStreams ended unexpectedly last time. A report was written."),
        Tone.WARNING,
        button=window.tr("Show report"),
        act=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(report))),
    )


def _open_database(place: Place) -> Database:
    profile = place.profile
    return Database.open(
        profile.database_url(place.database_url), profile.backups, node=profile.config().get("node", "")
    )


def _rehearsal_profile(home: Profile) -> Profile:
    from app import look_around  # noqa: PLC0415 - few sittings need it

    return look_around.fresh_profile(home)


def _fill_rehearsal(database: Database, network: Network) -> None:
    from app import look_around  # noqa: PLC0415

    look_around.fill(database, network.name_server, network.smtp_port, now=time.time())


def _read_wishes(session: Session) -> _Wishes:
    return _Wishes(
        value_of(session, SCHEME), value_of(session, LANGUAGE), value_of(session, LOG_LEVEL), is_first_start(session)
    )


def _person() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "window"


@contextlib.contextmanager
def _told_when_slow(text: str) -> Iterator[None]:
    """A small window with *text*, once the block takes its time."""
    label = QLabel(text)
    label.setWindowTitle("MailStreams")
    label.setMargin(32)
    timer = QTimer(singleShot=True, interval=OPENING_MS)
    timer.timeout.connect(label.show)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
        _discard(label)


def _discard(widget: QWidget) -> None:
    widget.hide()
    widget.deleteLater()


@contextlib.contextmanager
def _signals(quit_: Callable[[], object]) -> Iterator[None]:
    """SIGINT and SIGTERM end the program as its menu does."""
    if sys.platform == "win32":
        yield
        return
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, quit_)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
