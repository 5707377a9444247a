"""The program as a person starts it: a process with a window, its engine beside it, its end; and the rehearsal installation."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from commandline import CommandLine

from app import look_around
from app.database.database import Database
from app.paths import Profile
from app.services import associations, mailings, search, status, stream_details, streams
from app.services.search import FoundKind
from app.services.status import EngineWord
from engine.ports import MailingState

WaitUntil = Callable[..., Awaitable[Any]]
START = 60.0
"""Seconds that program and engine may take to start on a busy machine."""


def engine_state(profile: Path) -> str:
    """The engine's word in the database of a profile, "" while there is none."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(profile / "mailstreams.db")) as database,
    ):
        return next((str(row[0]) for row in database.execute("SELECT state FROM nodes")), "")
    return ""


async def test_the_window_starts_its_engine_and_drains_it_at_the_end(
    mailstreams: CommandLine, wait_until: WaitUntil
) -> None:
    mailstreams.environment["QT_QPA_PLATFORM"] = "offscreen"
    running = await mailstreams.start("gui")
    await wait_until(lambda: engine_state(mailstreams.profile) == "idle", START)
    second = (await mailstreams.run("gui")).expect()
    assert second.stderr == ""
    await running.stop()
    assert engine_state(mailstreams.profile) == "stopped"
    log = (mailstreams.profile / "logs" / "mailstreams.log").read_text(encoding="utf-8")
    assert "ended with 0" in log
    assert " ERROR " not in log
    assert not (mailstreams.profile / "logs" / "crash.txt").exists()


async def test_without_a_display_the_program_says_so(mailstreams: CommandLine) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        mailstreams.environment.pop(name, None)
    ended = (await mailstreams.run()).expect(2)
    assert "no display" in ended.stderr


def test_the_rehearsal_installation_has_something_of_everything(profile: Profile) -> None:
    made = look_around.fresh_profile(profile)
    assert made.folder.parent == profile.folder
    with Database.open(made.database_url(), made.backups) as database:
        look_around.fill(database, "127.0.0.1:5353", 2525, now=time.time())
        with database.read() as session:
            assert [stream.name for stream in streams.every(session)] == ["default", "newsletter", "receipts"]
            sites = associations.sites(session)
            assert [(site.name, site.resolved.stream) for site in sites] == [
                ("lists.sender.test", "newsletter"),
                ("shop.sender.test", "default"),
            ]
            states = {each.name: each.state for each in mailings.listing(session)}
            assert states == {"Weekly news": MailingState.ACTIVE, "Spring offer": MailingState.DRAFT}
            now = status.read(session)
            assert (now.engine, now.running_mailings, now.pid) == (EngineWord.STOPPED, 1, None)
    (made.folder / "old").touch()
    assert not (look_around.fresh_profile(profile).folder / "old").exists()


def test_anything_is_found_by_its_name(full_database: Database) -> None:
    with full_database.read() as session:
        found = {(each.kind, each.name, each.detail) for each in search.anything(session, "READER")}
        assert (FoundKind.LIST, "Readers", "") in found
        assert (FoundKind.SEGMENT, "Gmail readers", "") in found
        assert (FoundKind.MEMBER, "reader000@gmail.test", "Readers") in found
        assert [each.name for each in search.anything(session, "192.0.2.1")] == [
            "192.0.2.10",
            "192.0.2.11",
            "192.0.2.12",
        ]
        assert search.anything(session, "out11")[0].name == "192.0.2.11"
        assert search.anything(session, " ") == []
        assert search.anything(session, "100%") == []


def test_details_of_a_stream_name_the_other_streams(full_database: Database) -> None:
    with full_database.read() as session:
        news = streams.by_name(session, "news")
        details = stream_details.read(session, news.id, now=time.time())
        assert [line.ip for line in details.lines] == [each.ip for each in news.addresses]
        assert details.lines[0].other_streams == ()
        assert len(details.lines[3].other_streams) == 1
        assert details.usage.associations == 1
