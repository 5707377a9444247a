"""The program as a person runs it: real processes with a profile folder of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 60.0


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command came to."""

    arguments: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """The one JSON value on standard output."""
        return json.loads(self.stdout)

    def json_lines(self) -> list[Any]:
        """One JSON value a line."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def expect(self, exit_code: int = 0) -> Finished:
        """Itself; fail unless it ended with this exit code and without a traceback."""
        assert self.exit_code == exit_code, f"{self.arguments} ended with {self.exit_code}:\n{self.stdout}{self.stderr}"
        assert "Traceback" not in self.stderr, self.stderr
        return self


class Running:
    """A command that goes on, such as serve. Its output is collected in ``stdout`` and ``stderr``."""

    def __init__(self, process: asyncio.subprocess.Process, arguments: tuple[str, ...]) -> None:
        self.process = process
        self.arguments = arguments
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self._readers = [
            asyncio.create_task(_collect(process.stdout, self.stdout)),
            asyncio.create_task(_collect(process.stderr, self.stderr)),
        ]

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    async def line_with(self, text: str, deadline: float = DEADLINE) -> str:
        """The first line of standard output that holds *text*; fail when the command ends without it."""

        def look() -> str | None:
            found = next((line for line in self.stdout if text in line), None)
            if found is None and self._readers[0].done():
                raise AssertionError(f"{self.arguments} ended without {text!r}:\n{self.output()}")
            return found

        found = await wait_until(look, deadline, f"{text!r} from {self.arguments}: {self.output()}")
        assert found is not None
        return found

    def output(self) -> str:
        """All output so far."""
        return "\n".join([*self.stdout, *self.stderr])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the command has ended."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def wait(self, deadline: float = DEADLINE) -> Finished:
        """Wait for its end."""
        try:
            code = await asyncio.wait_for(self.process.wait(), deadline)
        except TimeoutError:
            raise AssertionError(f"{self.arguments} still runs after {deadline} s:\n{self.output()}") from None
        await asyncio.gather(*self._readers)
        return Finished(self.arguments, code, "\n".join(self.stdout), "\n".join(self.stderr))

    async def stop(self, deadline: float = DEADLINE) -> Finished:
        """SIGTERM, then wait for its end."""
        self.signal(signal.SIGTERM)
        return await self.wait(deadline)

    async def kill(self) -> Finished:
        """SIGKILL, then wait for its end."""
        self.signal(signal.SIGKILL)
        return await self.wait()


async def _collect(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
    assert stream is not None
    while line := await stream.readline():
        lines.append(line.decode("utf-8", "replace").rstrip("\n"))


class CommandLine:
    """Runs ``mailstreams`` with one profile. ``environment`` is added to the process's own."""

    def __init__(self, profile: Path, environment: Mapping[str, str] | None = None) -> None:
        self.profile = profile
        self.environment = {
            **os.environ,
            "MAILSTREAMS_PROFILE": str(profile),
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            "COLUMNS": "200",
            **(environment or {}),
        }
        self._running: list[Running] = []

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "app.cli", *arguments]

    async def run(self, *arguments: str, stdin: str = "", deadline: float = DEADLINE) -> Finished:
        """Run a command to its end, in a test with an event loop: a rehearsal in the same process goes on meanwhile."""
        process = await asyncio.create_subprocess_exec(
            *self._command(arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
            limit=2**26,
        )
        try:
            output, errors = await asyncio.wait_for(process.communicate(stdin.encode()), deadline)
        except BaseException:
            if process.returncode is None:
                process.kill()
                await process.wait()
            raise
        assert process.returncode is not None
        return Finished(arguments, process.returncode, output.decode(), errors.decode())

    async def point_at(self, name_server: str, smtp_port: int, **settings: str) -> None:
        """Send to a rehearsal from now on. Further settings take ``__`` for the dot: ``probe__interval_seconds="2"``."""
        chosen = {
            "network.name_servers": name_server,
            "network.smtp_port": str(smtp_port),
            "network.allow_loopback": "true",
            **{name.replace("__", "."): value for name, value in settings.items()},
        }
        for name, value in chosen.items():
            (await self.run("config", "set", name, value)).expect()

    def call(self, *arguments: str, stdin: str = "", deadline: float = DEADLINE) -> Finished:
        """Run a command to its end, in a test without an event loop."""
        done = subprocess.run(
            self._command(arguments),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=deadline,
            env=self.environment,
            check=False,
        )
        return Finished(arguments, done.returncode, done.stdout, done.stderr)

    async def start(self, *arguments: str) -> Running:
        """Start a command that goes on; it is killed when the test ends."""
        process = await asyncio.create_subprocess_exec(
            *self._command(arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
            limit=2**26,
        )
        running = Running(process, arguments)
        self._running.append(running)
        return running

    async def close(self) -> None:
        """Kill what still runs."""
        for running in self._running:
            await running.kill()
