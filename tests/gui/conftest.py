"""Fixtures for tests of the window: the program under qasync, a session on a temporary database, the whole window."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import qasync
import sample
import waiting
from PySide6.QtCore import QAbstractItemModel, QObject
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from app import settings
from app.database.database import Database
from app.paths import Profile, open_profile
from app.services import streams
from app.services.streams import StreamView
from ui.application import name_application
from ui.collector import Collector
from ui.engine_process import EngineProcess
from ui.language import Language
from ui.main_window import MainWindow
from ui.session import WindowSession
from ui.theme import Theme

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

NOBODY = "127.0.0.1:9"
"""A name server that does not answer: tests ask nobody outside this machine."""

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


LATER = 0.005
"""Seconds after which a callback is tried again that came while the loop did not run."""


class PatientLoop(qasync.QEventLoop):  # type: ignore[misc, name-defined] - qasync makes the class at run time
    """Qt's events are processed between the phases of a test too, when no loop runs: what is due then waits until it does."""

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, context: Any = None) -> asyncio.Handle:
        handle: asyncio.Handle

        def run() -> None:
            if self.is_running():
                callback(*args)
            elif not handle.cancelled() and not self.is_closed():
                super(PatientLoop, self).call_later(LATER, run, context=context)

        handle = super().call_later(delay, run, context=context)
        return handle


def pytest_asyncio_loop_factories() -> Mapping[str, LoopFactory]:
    """Every async test in this folder runs on Qt's loop."""
    return {"qasync": lambda: PatientLoop(QApplication.instance())}


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The program as its entry point sets it up: names, style, colours, language."""
    name_application(qapp)
    Language(qapp)
    Theme(qapp)
    return qapp


@pytest.fixture(autouse=True, scope="session")
def _application(qapp: QApplication) -> Iterator[QApplication]:
    """Every test has the program, before its loop is made; garbage is collected on the Qt loop only, as it is there."""
    collector = Collector(qapp)
    yield qapp
    collector.stop()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """An empty profile folder."""
    return open_profile(tmp_path / "profile")


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of a database as it is after a first start, and with sample data, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    files = {name: folder / f"{name}.db" for name in ("empty", "full")}
    for name, file in files.items():
        with Database.open(f"sqlite:///{file}", folder) as opened, opened.write() as session:
            settings.store(session, settings.NAME_SERVERS.key, NOBODY)
            if name == "full":
                sample.fill(session, now=time.time())
    return files


def _copy(file: Path, profile: Profile) -> Iterator[Database]:
    shutil.copy(file, profile.database_file)
    with Database.open(profile.database_url(), profile.backups) as opened:
        yield opened


@pytest.fixture
def database(profile: Profile, _prepared: dict[str, Path]) -> Iterator[Database]:
    """A new database in the profile: one default stream without addresses."""
    yield from _copy(_prepared["empty"], profile)


@pytest.fixture
def full_database(profile: Profile, _prepared: dict[str, Path]) -> Iterator[Database]:
    """The same with streams, addresses, sites, lists, members and segments: see tests/support/sample.py."""
    yield from _copy(_prepared["full"], profile)


async def _session_on(database: Database, profile: Profile) -> AsyncIterator[WindowSession]:
    session = WindowSession(database, profile, actor="anna")
    await session.start()
    yield session
    await session.close()
    session.deleteLater()
    await asyncio.sleep(0)


@pytest.fixture
async def empty_session(database: Database, profile: Profile) -> AsyncIterator[WindowSession]:
    """A window's session on a database as it is after a first start."""
    async for session in _session_on(database, profile):
        yield session


@pytest.fixture
async def window_session(full_database: Database, profile: Profile) -> AsyncIterator[WindowSession]:
    """A window's session on a database with sample data."""
    async for session in _session_on(full_database, profile):
        yield session


async def _window_on(session: WindowSession) -> AsyncIterator[MainWindow]:
    engine = EngineProcess(session.profile.folder, ("false",), session)
    shown = MainWindow(session, engine)
    shown.start("streams")
    shown.show()
    await session.settled()
    yield shown
    shown.close_now()
    await session.close()
    shown.deleteLater()
    await asyncio.sleep(0)


@pytest.fixture
async def window(window_session: WindowSession) -> AsyncIterator[MainWindow]:
    """The window over the sample data, on its streams page; no engine runs."""
    async for shown in _window_on(window_session):
        yield shown


@pytest.fixture
async def empty_window(empty_session: WindowSession) -> AsyncIterator[MainWindow]:
    """The window as it is after a first start, on its streams page."""
    async for shown in _window_on(empty_session):
        yield shown


Opened = Callable[..., Awaitable[Any]]


@pytest.fixture
def opened_dialog() -> Opened:
    """``dialog = await opened_dialog(StreamEditor)``: the dialog of this class, once it is open."""

    async def find(kind: type[QObject], deadline: float = 10.0) -> Any:
        def look() -> QObject | None:
            shown = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, kind))
            return next((widget for widget in shown if widget.isVisible()), None)

        return await waiting.wait_until(look, deadline, f"a {kind.__name__} to open")

    return find


@pytest.fixture
def stream_named() -> Callable[[WindowSession, str], Awaitable[StreamView]]:
    """``await stream_named(session, "news")``: the stream as it is in the database now."""

    async def find(session: WindowSession, name: str) -> StreamView:
        return await session.read(streams.by_name, name)

    return find


@pytest.fixture
def model_tester() -> Callable[[QAbstractItemModel], QAbstractItemModelTester]:
    """Watches a model by Qt's own tester: a broken promise is a warning of Qt, which fails the test."""

    def watch(model: QAbstractItemModel) -> QAbstractItemModelTester:
        return QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)

    return watch
