"""A worker process as the engine sees it: started, spoken to, watched, ended. Runs on the engine's loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import sys
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from engine.wire import Command, Configure, Pulse, Report, Shutdown, Started, Unframer, frame

log = logging.getLogger(__name__)

START_SECONDS: Final = 30.0
"""A worker that has not answered by then is of no use."""
HANG_SECONDS: Final = 20.0
"""A worker without a Pulse for so long hangs, and is killed."""
_LOOKS: Final = 4
"""How often is looked for signs of life in that time."""
RETIRE_SECONDS: Final = 30.0
"""What a worker that is replaced for its memory gets to finish open transactions."""
_GRACE: Final = 5.0
"""Seconds beyond those of a Shutdown, before a worker is killed."""
_READ_BYTES: Final = 1024 * 1024
ENDED: Final = "ended"
"""The reason for the end of a worker that was told to end, and that has told everything before it did."""
_LEVEL: Final = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) ([\w.]+): (.*)")


class WorkerFailed(Exception):  # noqa: N818 - it is an event
    """A worker did not start."""


class WorkerProcess:
    """One running worker. Made by :meth:`start`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        on_report: Callable[[Report], None],
        on_exit: Callable[[str], None],
        hang_seconds: float,
        most_memory: int,
    ) -> None:
        self._process = process
        self._on_report = on_report
        self._on_exit = on_exit
        self._hang_seconds = hang_seconds
        self._most_memory = most_memory
        self._retiring: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._ended = asyncio.Event()
        self._was_heard = False
        self._reason = ""
        self.resident = 0
        """Bytes of memory at its last pulse."""
        self.jobs = 0
        """Jobs that it had not finished at its last pulse."""
        self._tasks = [
            self._loop.create_task(self._read_reports()),
            self._loop.create_task(self._read_log()),
            self._loop.create_task(self._watch()),
        ]

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        configure: Configure,
        on_report: Callable[[Report], None],
        on_exit: Callable[[str], None],
        *,
        hang_seconds: float = HANG_SECONDS,
        most_memory: int = sys.maxsize,
    ) -> WorkerProcess:
        """Start the program *argv* as a worker; returns when it can work, raises WorkerFailed.

        *on_report* gets every report but Started and Pulse, in order. *on_exit* is called once, with the reason, when the
        process is gone and all that it said was reported; also after :meth:`stop`, not after WorkerFailed. A worker that
        takes more than *most_memory* bytes is asked to end.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_READ_BYTES,
                start_new_session=True,
            )
        except OSError as error:
            raise WorkerFailed(f"{argv[0]} can't be started: {error.strerror}") from None
        worker = cls(process, on_report, on_exit, hang_seconds, most_memory)
        worker.send(configure)
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.shield(worker._started)
        except TimeoutError:
            worker.kill("it did not answer")
            await worker._ended.wait()
            raise WorkerFailed(f"the worker did not answer within {START_SECONDS:g} seconds") from None
        except asyncio.CancelledError:
            worker.kill("it is not wanted any more")
            raise
        return worker

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_retiring(self) -> bool:
        """It was asked to end, and takes no more work."""
        return self._retiring is not None

    def send(self, command: Command) -> None:
        """Hand over a command; never blocks. Lost when the process is gone: on_exit tells."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(frame(command))

    async def stop(self, seconds: float) -> None:
        """Drain: open transactions end within *seconds*. Returns when the process is gone and on_exit was called."""
        self.send(Shutdown(seconds))
        try:
            async with asyncio.timeout(seconds + _GRACE):
                await self._ended.wait()
        except TimeoutError:
            self.kill("it did not end in time")
            await self._ended.wait()

    def kill(self, reason: str) -> None:
        """End it at once."""
        self._reason = self._reason or reason
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _read_reports(self) -> None:
        stdout = self._process.stdout
        unframer = Unframer(Report)
        try:
            while stdout is not None and (data := await stdout.read(_READ_BYTES)):
                for report in unframer.feed(data):
                    self._take(report)
        except (msgspec.MsgspecError, ValueError) as error:
            self.kill(f"it sent something that is no report: {error}")
        except Exception:
            log.exception("a report of worker %d could not be handled", self.pid)
            self.kill("its reports could not be handled")
        await self._end()

    def _take(self, report: object) -> None:
        self._was_heard = True
        match report:
            case Started():
                if not self._started.done():
                    self._started.set_result(None)
            case Pulse():
                self.resident, self.jobs = report.resident, report.jobs
                if self.resident > self._most_memory and self._retiring is None:
                    self._reason = f"it takes {self.resident // 2**20} MB of memory"
                    self._retiring = self._loop.create_task(self.stop(RETIRE_SECONDS))
            case _:
                self._on_report(report)  # type: ignore[arg-type] # the other members of Report

    async def _read_log(self) -> None:
        stderr = self._process.stderr
        while stderr is not None:
            try:
                line = await stderr.readline()
            except ValueError:
                continue  # longer than any line of ours
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            found = _LEVEL.fullmatch(text)
            if found:
                level = logging.getLevelNamesMapping()[found[1]]
                log.log(level, "worker %d: %s: %s", self.pid, found[2], found[3])
            elif text:
                log.info("worker %d: %s", self.pid, text)

    async def _watch(self) -> None:
        """A worker that hangs is killed: what it had is told by its journal.

        Looks are counted, not seconds: when we stood still ourselves (a frozen service, a machine that was suspended) its
        signs of life are still to be read.
        """
        silent = 0
        while silent < _LOOKS:
            await asyncio.sleep(self._hang_seconds / _LOOKS)
            silent = 0 if self._was_heard or not self._started.done() else silent + 1
            self._was_heard = False
        self.kill(f"no sign of life for {self._hang_seconds:g} seconds")

    async def _end(self) -> None:
        """Standard output is closed: the process is ending."""
        code = await self._wait()
        for task in self._tasks[1:]:
            task.cancel()
        stdin = self._process.stdin
        if stdin is not None:
            stdin.close()
        reason = self._reason or (ENDED if code == 0 else f"ended with {code}")
        was_started = self._started.done() and not self._started.cancelled() and self._started.exception() is None
        if not was_started:
            self._started.set_exception(WorkerFailed(f"a worker could not be started: {reason}"))
            self._started.exception()
        self._ended.set()
        if was_started:
            self._on_exit(reason)

    async def _wait(self) -> int:
        try:
            async with asyncio.timeout(_GRACE):
                return await self._process.wait()
        except TimeoutError:
            self.kill("it closed its output and did not end")
            return await self._process.wait()
