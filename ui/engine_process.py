"""The engine that this window starts as a process of its own: ``mailstreams serve``. Both meet in the database only.

An engine that runs already, as a service or from the command line, is left alone: it holds the lease of this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.paths import PROFILE_VARIABLE

log = logging.getLogger(__name__)

_KEPT_LINES: Final = 20
_NICENESS: Final = 10
"""Of an engine that stands behind a window (nice(2))."""


class EngineState(StrEnum):
    """What became of the process that this window started."""

    NONE = "none"
    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"


def own_command(*arguments: str) -> tuple[str, ...]:
    """A command line of ours: the second executable beside our own when frozen, the interpreter otherwise."""
    if getattr(sys, "frozen", False):
        suffix = ".exe" if sys.platform == "win32" else ""
        return (str(Path(sys.executable).with_name(f"mailstreams-engine{suffix}")), *arguments)
    return (sys.executable, "-m", "app.cli", *arguments)


def engine_command(database_url: str | None) -> tuple[str, ...]:
    """The command line of the engine; *database_url* when it is not the profile's own."""
    options = () if database_url is None else ("--database", database_url)
    return own_command(*options, "serve")


class EngineProcess(QObject):
    """Starts, watches and drains one engine. ``ended_badly`` carries what it said last when it ended without being asked."""

    changed = Signal()
    ended_badly = Signal(str)

    def __init__(self, profile: Path, command: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._environment: Mapping[str, str] = {**os.environ, PROFILE_VARIABLE: str(profile)}
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self.state = EngineState.NONE

    @property
    def pid(self) -> int | None:
        """The process, None when this window runs none."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the engine, unless it runs. Returns when the process is there; ``changed`` tells when it is ready."""
        if self._process is not None:
            return
        self._said.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE if sys.platform == "win32" else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            **apart(),
        )
        yield_to_window(self._process.pid)
        log.info("engine started as process %s", self._process.pid)
        self._become(EngineState.STARTING)
        self._watch = asyncio.create_task(self._follow(self._process))

    def drain(self) -> None:
        """Ask the engine to finish open transactions and end."""
        if self._process is not None and self.state is not EngineState.ENDING:
            self._become(EngineState.ENDING)
            if self._process.stdin is not None:
                self._process.stdin.write(b"drain\n")  # see app.serve.DRAIN: there are no signals on Windows
            else:
                with contextlib.suppress(ProcessLookupError):
                    self._process.terminate()

    async def ended(self) -> None:
        """Wait for the end of the process."""
        if self._watch is not None:
            await asyncio.shield(self._watch)

    def let_go(self) -> None:
        """Stop watching: the process goes on by itself when the window ends."""
        if self._watch is not None:
            self._watch.cancel()

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        await asyncio.gather(self._read(process.stdout), self._read(process.stderr))
        code = await process.wait()
        asked = self.state is EngineState.ENDING
        log.info("engine (process %s) ended with %s", process.pid, code)
        self._process = self._watch = None
        self._become(EngineState.NONE)
        if not asked:
            self.ended_badly.emit(self._said[-1] if self._said else "")

    async def _read(self, stream: asyncio.StreamReader | None) -> None:
        if stream is None:
            return
        while line := await stream.readline():
            text = line.decode("utf-8", "replace").strip()
            if text == "ready":
                self._become(EngineState.RUNNING)
            elif text:
                self._said.append(text)

    def _become(self, state: EngineState) -> None:
        self.state = state
        self.changed.emit()


def yield_to_window(pid: int) -> None:
    """Let an engine that has just been started, and the workers that it will start, come after the window: it answers at once
    though they use the machine fully, and they lose next to nothing. On Windows :func:`apart` has said so."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
        if sys.platform == "linux" and os.getsid(pid) == pid:
            # Linux shares its processors among sessions first, and niceness counts within one only (sched(7), autogroup).
            Path(f"/proc/{pid}/autogroup").write_text(str(_NICENESS), encoding="ascii")


def apart() -> dict[str, Any]:
    """Options for a child that Ctrl+C in the window's terminal does not end in mid-sentence, and that shows no console."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return {"start_new_session": True}
