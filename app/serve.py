"""The engine without a window: takes the node's lease, sends until told to stop, drains. A process and a loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from app.allocator import share_memory
from app.database.database import Database
from app.database.lease import Lease
from app.database.ledger import DatabaseLedger
from app.database.problems import DatabaseProblem
from app.database.queue import DatabaseQueue
from app.database.writer import Writer
from app.services import drafts, rules
from app.systemd import ServiceManager
from engine.clock import Clock, SystemClock, pause
from engine.engine import Engine, Surroundings
from engine.ports import LeaseLost
from engine.workers import WorkerFailed

log = logging.getLogger(__name__)

DRAIN = "drain"
"""What the window writes to the standard input of its engine on Windows, to make it finish and end."""

SCHEDULE_CHECK = 1.0
"""Seconds between two looks for scheduled mailings whose time has come."""
_COLLECT_AFTER = (20_000, 20, 20)
"""Thresholds of the cyclic garbage collector (gc.set_threshold)."""


def worker_command() -> tuple[str, ...]:
    """The command line that starts a worker: our own executable when frozen, the interpreter otherwise."""
    if getattr(sys, "frozen", False):
        return (sys.executable, "worker")
    return (sys.executable, "-m", "engine.worker")


def run(database: Database, journal: Path, *, until_idle: bool = False, clock: Clock | None = None) -> int:
    """Send until SIGTERM or SIGINT (which drain), or until idle; return the exit code.

    Prints one line with ``ready`` once it takes work. Raises LeaseTaken when another engine of this node is at work, and
    DatabaseProblem when the database fails in a way that does not pass. A second signal ends the process at once: the
    journals tell the next engine what was under way.
    """
    share_memory()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(database, journal, until_idle=until_idle, clock=clock or SystemClock()))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.new_event_loop
    import uvloop  # noqa: PLC0415 - not on Windows

    return uvloop.new_event_loop


async def _serve(database: Database, journal: Path, *, until_idle: bool, clock: Clock) -> int:
    with ExitStack() as stack:
        manager = ServiceManager.of()
        lease = Lease.acquire(database, journal=journal)
        stack.callback(_release, lease, database)
        writer = Writer(database.writer_engine)
        stack.callback(writer.stop)
        queue = DatabaseQueue(database, writer, lease, rules=rules.bundled_rules(), now=clock.now)
        stack.callback(queue.close)
        engine = Engine(
            Surroundings(
                queue=queue,
                ledger=DatabaseLedger(database, writer, lease),
                clock=clock,
                worker=worker_command(),
                journal=journal,
                provider_of=rules.provider_of,
            )
        )
        for work in (_start_scheduled(database, clock), manager.stay_alive()):
            stack.callback(asyncio.create_task(work).cancel)
        with _signals(engine, manager):
            return await _run(engine, manager, until_idle=until_idle)


async def _run(engine: Engine, manager: ServiceManager, *, until_idle: bool) -> int:
    """Run the engine; troubles that a person can do something about become one sentence."""
    reasons: list[Exception] = []
    try:
        await engine.run(on_ready=lambda: _on_ready(manager), until_idle=until_idle)
    except* LeaseLost:
        reasons.append(LeaseLost("Another engine has taken over this node; this one ends."))
    except* (DatabaseProblem, WorkerFailed, OSError) as group:
        reasons += _leaves(group)
    finally:
        manager.tell("STOPPING=1")
    for reason in reasons:
        if isinstance(reason, DatabaseProblem):
            raise reason
        log.error("The engine ends: %s", reason)
    return int(bool(reasons))


def _leaves(group: BaseExceptionGroup[Exception]) -> list[Exception]:
    """The single exceptions of a group."""
    found: list[Exception] = []
    for each in group.exceptions:
        found += _leaves(each) if isinstance(each, BaseExceptionGroup) else [each]
    return found


def _release(lease: Lease, database: Database) -> None:
    """Say goodbye; a database that can't be written now finds out by itself that this process is gone."""
    try:
        lease.release(database)
    except DatabaseProblem as problem:
        log.warning("%s The engine ends without a goodbye.", problem.sentence)


def _on_ready(manager: ServiceManager) -> None:
    """Sending makes hundreds of thousands of small objects that live for a while and hardly any cycles: look for those less
    often, and never again among what the start has left."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    _say_ready(manager)


def _say_ready(manager: ServiceManager) -> None:
    with contextlib.suppress(OSError):  # whoever started the engine may be gone, which is no reason to end
        sys.stdout.write("ready\n")
        sys.stdout.flush()
    manager.tell("READY=1")


async def _start_scheduled(database: Database, clock: Clock) -> None:
    """Start mailings whose time has come."""

    def look() -> None:
        with database.read() as reading:
            due = drafts.next_due(reading)
        if due is not None and due <= clock.now():
            with database.write() as session:
                drafts.start_due(session, now=clock.now())

    while True:
        await pause(clock, SCHEDULE_CHECK)
        await asyncio.to_thread(look)


def _obey_standard_input(drain: Callable[[], object]) -> None:
    """Windows can't signal a process without a console; a line with DRAIN is what SIGTERM is elsewhere. Runs in a thread."""
    for line in sys.stdin or ():
        if line.strip() == DRAIN:
            drain()


@contextmanager
def _signals(engine: Engine, manager: ServiceManager) -> Iterator[None]:
    """SIGTERM and SIGINT drain; the second one kills. SIGHUP is no reason to end: the terminal has gone, the mail has not."""
    loop = asyncio.get_running_loop()
    asked = False

    def stop(number: signal.Signals) -> None:
        nonlocal asked
        if asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked = True
        manager.tell("STOPPING=1")
        log.info("%s: open transactions end, then the engine does", number.name)
        engine.drain()

    numbers = (signal.SIGTERM, signal.SIGINT)
    if sys.platform == "win32":
        for number in numbers:
            signal.signal(number, lambda got, _: loop.call_soon_threadsafe(stop, signal.Signals(got)))
        drain = partial(loop.call_soon_threadsafe, stop, signal.SIGTERM)
        threading.Thread(target=_obey_standard_input, args=(drain,), name="orders", daemon=True).start()
        yield
        return
    for number in numbers:
        loop.add_signal_handler(number, stop, number)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    try:
        yield
    finally:
        for number in (*numbers, signal.SIGHUP):
            with contextlib.suppress(ValueError):
                loop.remove_signal_handler(number)
