"""The window's program as a process: one for each profile, and what a crash leaves for the next start."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from commandline import CommandLine, Running

Wait = Callable[..., Awaitable[Any]]
UP = "ui.engine_process: engine started"
DEADLINE = 60.0


class Windows:
    """Starts the window's program, without a screen, for one profile."""

    def __init__(self, program: CommandLine, wait_until: Wait) -> None:
        self.program, self._wait_until = program, wait_until
        self.logs: Path = program.profile / "logs"
        program.environment["QT_QPA_PLATFORM"] = "offscreen"

    def _times_up(self) -> int:
        log = self.logs / "mailstreams.log"
        return log.read_text(encoding="utf-8").count(UP) if log.exists() else 0

    async def wait_for_engine(self, *, runs: bool) -> None:
        """Wait until the profile has an engine that takes work, or none."""

        async def look() -> bool:
            checks = (await self.program.run("doctor", "--json")).json()
            (engine,) = (check for check in checks if check["check"] == "engine")
            return bool(engine["sentence"].startswith("No engine runs")) is not runs

        await self._wait_until(look, deadline=DEADLINE, what="an engine" if runs else "no engine")

    def engine(self) -> int:
        """The process of the engine that was started last."""
        log = (self.logs / "mailstreams.log").read_text(encoding="utf-8")
        return int(log.rpartition("engine started as process ")[2].split()[0])

    async def open(self) -> Running:
        """Start it, and wait until its engine was started: the window is there then."""
        before = self._times_up()
        window = await self.program.start("gui")
        await self._wait_until(lambda: self._times_up() > before, deadline=DEADLINE, what="the window to open")
        return window


@pytest.fixture
def windows(mailstreams: CommandLine, wait_until: Wait) -> Windows:
    """A profile that was not used before."""
    return Windows(mailstreams, wait_until)


async def test_a_second_start_for_the_same_profile_leaves_the_first_alone(windows: Windows) -> None:
    first = await windows.open()
    second = await windows.program.run("gui", deadline=DEADLINE)
    second.expect(0)
    assert first.process.returncode is None
    (await first.stop(DEADLINE)).expect(0)
    third = await windows.open()
    (await third.stop(DEADLINE)).expect(0)


async def test_quitting_while_it_opens_leaves_no_engine(windows: Windows) -> None:
    window = await windows.open()
    window.signal(signal.SIGTERM)  # the engine was started this very moment
    (await window.wait(DEADLINE)).expect(0)
    await windows.wait_for_engine(runs=False)


async def test_a_crash_leaves_a_report_until_the_next_start_ended_well(windows: Windows) -> None:
    report, kept = windows.logs / "crash.txt", windows.logs / "crash-last.txt"
    window = await windows.open()
    window.signal(signal.SIGABRT)
    assert (await window.wait(DEADLINE)).exit_code == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in report.read_text(encoding="utf-8")
    assert report.stat().st_mode & 0o077 == 0
    await windows.wait_for_engine(runs=True)  # the mail goes on without the window
    os.kill(windows.engine(), signal.SIGTERM)
    await windows.wait_for_engine(runs=False)
    window = await windows.open()
    assert "Fatal Python error: Aborted" in kept.read_text(encoding="utf-8")
    (await window.stop(DEADLINE)).expect(0)
    assert not report.exists()
