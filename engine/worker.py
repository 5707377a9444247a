"""The worker process: holds the connections of its sending addresses and speaks SMTP. Commands come on standard input, reports
go to standard output, both as frames of engine.wire; log lines go to standard error.

It has no database. It ends when standard input closes, which also happens when the engine dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from weakref import WeakValueDictionary

import msgspec
import psutil

from engine.delivery import Pair
from engine.desk import Desk
from engine.destination import Destination
from engine.gate import Gate
from engine.pipes import ThreadWriter, read_in_thread
from engine.probing import ProbeRun
from engine.session import SessionTerms
from engine.wire import (
    ClosePair,
    Command,
    Committed,
    Configure,
    Deliver,
    End,
    ForgetMessage,
    OpenPair,
    Probe,
    Pulse,
    Report,
    Result,
    SetMessage,
    SetRules,
    Shutdown,
    Started,
    Unframer,
    Withdraw,
    frame,
)

log = logging.getLogger(__name__)

TICK_SECONDS: Final = 0.1
PULSE_SECONDS: Final = 1.0
SYNC_SECONDS: Final = 0.8
"""From one sync of the journal to the next. What is noted is to be on the disk within a second: with a tick more that leaves the
disk a tenth of one."""
SPARE_SHARE: Final = 0.7
"""While the worker needs, or waits for, less than this share of a processor, more connections are of use."""
LAST_REPLIES_SECONDS: Final = 1.0
"""How long a worker whose engine is gone waits for replies to what it handed over, to note them."""
_CONNECTIONS: Final = 50_000
_OTHER_FILES: Final = 100
_PIPE_BYTES: Final = 1024 * 1024


class Worker:
    """The pairs of one worker and the commands that change them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, configure: Configure, report: Callable[[Report], None]) -> None:
        """Raises OSError when the journal can't be begun."""
        self._loop = loop
        self._report = report
        self._desk = Desk(loop, report, configure.reply_timeout)
        self._desk.open_journal(Path(configure.journal))
        self._desk.judge.set_rules(configure.rules)
        self._session_terms = SessionTerms.make(configure.smtp_port, configure.connect_timeout, configure.reply_timeout)
        self._gate = Gate(loop, _most_connections())
        self._pairs: dict[int, Pair] = {}
        self._asleep: dict[int, OpenPair] = {}
        """Pairs that are open and have had nothing to do: only their terms are kept."""
        self._drowsy: set[int] = set()
        self._closing: set[int] = set()
        self._hungry: set[Pair] = set()
        self._probes: set[ProbeRun] = set()
        self._destinations: WeakValueDictionary[str, Destination] = WeakValueDictionary()
        self._process = psutil.Process()
        self._next_pulse = 0.0
        self._next_sync = 0.0
        self._measured = (loop.time(), _busy_seconds())
        self._end_at: float | None = None
        self._actions: dict[type[Command], Callable[[Any], None]] = {
            Deliver: self._deliver,
            Committed: lambda command: self._desk.committed(command.sequence),
            OpenPair: self._open,
            ClosePair: lambda command: self._close(command.pair),
            SetMessage: self._set_message,
            ForgetMessage: self._forget_message,
            Withdraw: self._withdraw,
            Probe: self._probe,
            SetRules: lambda command: self._desk.judge.set_rules(command.rules),
            Shutdown: lambda command: self.shut_down(command.seconds),
            Configure: lambda _: log.error("a worker is configured once"),
        }
        self.done: Final = asyncio.Event()
        """Everything is finished and told."""
        self._tick()
        report(Started(os.getpid()))

    def handle(self, command: Command) -> None:
        """Carry out one command."""
        self._actions[type(command)](command)

    def shut_down(self, seconds: float) -> None:
        """Finish what is open within *seconds*, return the rest; ``done`` is set then."""
        if self._end_at is None:
            self._end_at = self._loop.time() + seconds
            for number in tuple(self._pairs):
                self._close(number)
            for probe in tuple(self._probes):
                probe.stop()

    def _set_message(self, command: SetMessage) -> None:
        self._desk.messages[command.mailing] = command.message

    def _forget_message(self, command: ForgetMessage) -> None:
        self._desk.messages.pop(command.mailing, None)

    def _withdraw(self, command: Withdraw) -> None:
        for pair in self._pairs.values():
            pair.withdraw(command.mailing)

    def _deliver(self, command: Deliver) -> None:
        self._desk.jobs += len(command.jobs)
        pair = self._pairs.get(command.pair) or self._wake(command.pair)
        if pair is None or self._end_at is not None:
            for job in command.jobs:
                self._desk.finish(Result(job.recipient, job.attempt, command.pair, End.RETURNED))
            return
        pair.deliver(command.jobs)
        if pair.may_grow:
            self._hungry.add(pair)

    def _open(self, terms: OpenPair) -> None:
        if self._end_at is not None:
            return
        pair = self._pairs.get(terms.pair)
        self._closing.discard(terms.pair)
        if pair is not None:
            pair.open(terms)
        else:
            self._asleep[terms.pair] = terms

    def _wake(self, number: int) -> Pair | None:
        terms = self._asleep.pop(number, None)
        if terms is None:
            return None
        destination = self._destination(terms.mx_address)
        pair = self._pairs[number] = Pair(self._desk, self._gate, self._session_terms, destination, terms)
        return pair

    def _put_to_sleep(self) -> None:
        """Forget pairs that had nothing to do for a second: there can be very many."""
        asleep = {number for number, pair in self._pairs.items() if pair.is_asleep and number not in self._closing}
        for number in asleep & self._drowsy:
            pair = self._pairs.pop(number)
            self._desk.forget_pair(number)
            if pair.is_usable:
                self._asleep[number] = pair.terms
        self._drowsy = asleep

    def _close(self, number: int) -> None:
        self._asleep.pop(number, None)
        pair = self._pairs.get(number)
        if pair is not None:
            pair.close()
            self._closing.add(number)

    def _probe(self, command: Probe) -> None:
        self._desk.jobs += command.job is not None
        destination = self._destination(command.pair.mx_address)
        run = ProbeRun(self._desk, self._session_terms, destination, command)
        self._probes.add(run)
        run.start(self._probes.discard)

    def _destination(self, mx_address: str) -> Destination:
        destination = self._destinations.get(mx_address)
        if destination is None:
            destination = self._destinations[mx_address] = Destination(self._loop.time)
        return destination

    def _tick(self) -> None:
        if self.done.is_set():
            return
        self._loop.call_later(TICK_SECONDS, self._tick)
        self._desk.tick()
        if missing := self._gate.missing:
            self._desk.close_idle(missing)
        self._forget_closed()
        if self._has_time_to_spare():
            for pair in self._hungry:
                pair.grow()
        self._hungry = {pair for pair in self._hungry if pair.may_grow}
        now = self._loop.time()
        if now >= self._next_pulse:
            self._next_pulse = now + PULSE_SECONDS
            self._report(Pulse(self._process.memory_info().rss, self._desk.jobs))
            self._put_to_sleep()
        if now >= self._next_sync and self._desk.sync():
            self._next_sync = now + SYNC_SECONDS
        if self._end_at is not None:
            self._end(now >= self._end_at)

    def _forget_closed(self) -> None:
        """Forget pairs that are closed and of which nothing is left."""
        over = [number for number in self._closing if self._pairs[number].is_over]
        if over:
            self._desk.flush()
        for number in over:
            del self._pairs[number]
            self._desk.forget_pair(number)
            self._closing.discard(number)
            self._drowsy.discard(number)

    def _has_time_to_spare(self) -> bool:
        """Since the last tick the worker waited for others, not others for it."""
        (then, used_then), now, used = self._measured, self._loop.time(), _busy_seconds()
        self._measured = (now, used)
        return used - used_then < SPARE_SHARE * (now - then)

    def _end(self, is_late: bool) -> None:
        """Shutting down: is everything finished?"""
        if is_late:
            for conversation in tuple(self._desk.conversations):
                conversation.cut("the program ends")
        if is_late or not (self._pairs or self._probes):
            self._desk.close()
            self.done.set()


class CommandReader(asyncio.Protocol):
    """Standard input: the first frame configures the worker, the others command it."""

    def __init__(self, report: Callable[[Report], None]) -> None:
        self._report = report
        self._unframer = Unframer(Command)
        self._worker: Worker | None = None
        self.done: Final = asyncio.Event()
        """The worker has ended, or never began."""
        self.failed = False
        self._watch: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Carry out what is complete."""
        try:
            for command in self._unframer.feed(data):
                self._handle(cast("Command", command))
        except OSError as error:
            log.error("the worker can't begin: %s", error)  # noqa: TRY400 - the reason is all there is to say
            self._fail()
        except (ValueError, msgspec.MsgspecError):
            log.exception("the worker does not understand its engine")
            self._fail()

    def _fail(self) -> None:
        self.failed = True
        self.done.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's name
        """The engine is gone: nothing more is begun, and the last replies are noted."""
        if self._worker is None:
            self.done.set()
        else:
            self._worker.shut_down(LAST_REPLIES_SECONDS)

    def _handle(self, command: Command) -> None:
        if self._worker is not None:
            self._worker.handle(command)
        elif isinstance(command, Configure):
            loop = asyncio.get_running_loop()
            self._worker = Worker(loop, command, self._report)
            self._watch = loop.create_task(self._wait(self._worker))
        else:
            raise ValueError("the first command must be Configure")

    async def _wait(self, worker: Worker) -> None:
        await worker.done.wait()
        self.done.set()


class ReportPipe(asyncio.BaseProtocol):
    """Standard output. What the engine does not read waits here: at most one result for each job that it handed out."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._frames: list[bytes] = []
        self.closed: Final = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The pipe is there."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's name
        """The engine does not read any more."""
        self.closed.set()

    def send(self, report: Report) -> None:
        """Write one report in this turn of the loop, together with what else there is."""
        if not self._frames:
            asyncio.get_running_loop().call_soon(self._flush)
        self._frames.append(frame(report))

    def _flush(self) -> None:
        frames, self._frames = self._frames, []
        if frames and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(frames))

    async def close(self) -> bool:
        """Write what is left; False when the engine did not take it in time."""
        self._flush()
        if self._transport is None:
            return False
        self._transport.close()
        try:
            async with asyncio.timeout(LAST_REPLIES_SECONDS):
                await self.closed.wait()
        except TimeoutError:
            return False
        return True


async def serve(commands: BinaryIO, reports: BinaryIO) -> int:
    """Work until told to end or until *commands* closes; the exit code."""
    loop = asyncio.get_running_loop()
    pipe = ReportPipe()
    reader = CommandReader(pipe.send)
    if sys.platform == "win32":
        ThreadWriter(reports, pipe)
        read_in_thread(commands, reader)
        await reader.done.wait()
    else:
        await loop.connect_write_pipe(lambda: pipe, reports)
        transport, _ = await loop.connect_read_pipe(lambda: reader, commands)
        await reader.done.wait()
        transport.close()
    has_told = await pipe.close()
    return 0 if has_told and not reader.failed else 1


def main() -> int:
    """The worker's entry point."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # the engine drains, and says when to end
    _raise_file_limit()
    gc.freeze()  # what was loaded stays: the collector need not look at it, nor wait until as much again has come
    commands, reports = _take_pipes()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(serve(commands, reports))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - where there is one
    except ImportError:
        return None
    return uvloop.new_event_loop


def _busy_seconds() -> float:
    """How long this process has run or been ready to run; on Linux with the time that it waited for a processor."""
    try:
        run, waited, _ = Path("/proc/self/schedstat").read_bytes().split()
    except (OSError, ValueError):
        return time.process_time()
    return (int(run) + int(waited)) / 1e9


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for the frames alone: whatever else is written to standard output goes to standard error."""
    commands, reports = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - not on every system

        for pipe in (commands, reports):
            with contextlib.suppress(OSError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return os.fdopen(commands, "rb", buffering=0), os.fdopen(reports, "wb", buffering=0)


def _raise_file_limit() -> None:
    """A connection is an open file."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every system

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _most_connections() -> int:
    """As many as the system allows this process, some files for other uses apart."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return _CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(_CONNECTIONS, soft - _OTHER_FILES))


if __name__ == "__main__":
    sys.exit(main())
