"""Fixtures for tests of the window: the program under qasync, a session on a temporary database, the whole window."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest
import qasync
import sample
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from app.database.database import Database
from app.paths import Profile, open_profile
from ui.engine_process import EngineProcess
from ui.main_window import MainWindow
from ui.plurals import EnglishPlurals
from ui.session import WindowSession
from ui.theme import Theme

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories() -> Mapping[str, LoopFactory]:
    """Every async test in this folder runs on Qt's loop."""
    return {"qasync": lambda: qasync.QEventLoop(QApplication.instance())}


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The program as the entry point sets it up: style, colours, English plurals, numbers with separators."""
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    qapp.installTranslator(EnglishPlurals(qapp))
    qapp.setQuitOnLastWindowClosed(False)
    Theme(qapp)
    return qapp


@pytest.fixture(autouse=True)
def _application(qapp: QApplication) -> Iterator[None]:
    """Every test has the program, before its loop is made."""
    yield
    for widget in qapp.topLevelWidgets():
        widget.close()
        widget.deleteLater()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """An empty profile folder."""
    return open_profile(tmp_path / "profile")


@pytest.fixture
def database(profile: Profile) -> Iterator[Database]:
    """A new database in the profile: one default stream without addresses."""
    with Database.open(profile.database_url(), profile.backups) as opened:
        yield opened


@pytest.fixture
def full_database(database: Database) -> Database:
    """The same with streams, addresses, sites, lists, members and segments: see tests/support/sample.py."""
    with database.write() as session:
        sample.fill(session, now=time.time())
    return database


async def _session_on(database: Database, profile: Profile) -> AsyncIterator[WindowSession]:
    session = WindowSession(database, profile, actor="anna")
    await session.start()
    yield session
    await session.close()


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


@pytest.fixture
async def window(window_session: WindowSession, profile: Profile) -> AsyncIterator[MainWindow]:
    """The window over the sample data, on its streams page; no engine runs."""
    engine = EngineProcess(profile.folder, ("false",), window_session)
    shown = MainWindow(window_session, engine)
    shown.start("streams")
    shown.show()
    await window_session.settled()
    yield shown
    shown.close_now()
    shown.deleteLater()
