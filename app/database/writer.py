"""The one thread of an engine that writes: it groups what waits into short transactions and does not give up on a locked
database, a full disk or a lost server. Sends results back to whoever waits for them.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection, Engine

from app.database.problems import DatabaseProblem, problem_of

log = logging.getLogger(__name__)

_T = TypeVar("_T")

GROUP_WEIGHT: Final = 1000
"""Rows that one transaction changes, more or less: it stays short, so that other programs find their turn."""
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_REMIND: Final = 60.0
"""Seconds between two warnings about one trouble."""


@dataclass(slots=True)
class _Job(Generic[_T]):
    work: Callable[[Connection], _T]
    weight: int
    future: Future[_T] = field(default_factory=Future)


class Writer:
    """Runs jobs in the order in which they come, several in one transaction.

    A job is a function of a connection in a transaction; it may be run more than once until its transaction is committed,
    so it changes nothing else. Troubles that pass are waited out, with a warning in the log.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._give_up_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="database writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], _T], weight: int = 1) -> Future[_T]:
        """Run *work* soon; the future is done when it is durable. *weight*: how many rows it changes, about."""
        job = _Job(work, weight)
        self._jobs.put(job)
        return job.future

    async def run(self, work: Callable[[Connection], _T], weight: int = 1) -> _T:
        """The same for a coroutine. What was handed over is done also when the coroutine is cancelled."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(work, weight)))

    def stop(self, patience: float = 5.0) -> None:
        """Finish what was handed over and end the thread; a trouble is waited out for *patience* seconds from now at most.

        What could not be written then fails with the trouble as DatabaseProblem.
        """
        self._give_up_at = time.monotonic() + patience
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        ends = False
        while not ends:
            group, ends = self._next_group()
            if group:
                self._write(group)
        self._drop_connection()

    def _next_group(self) -> tuple[list[_Job[Any]], bool]:
        job = self._jobs.get()
        group: list[_Job[Any]] = []
        weight = 0
        while job is not None:
            group.append(job)
            weight += job.weight
            if weight >= GROUP_WEIGHT:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _write(self, group: Sequence[_Job[Any]]) -> None:
        try:
            results = self._patiently(group)
        except DatabaseProblem as problem:
            for job in group:
                job.future.set_exception(problem)
        except Exception as error:
            if len(group) == 1:
                group[0].future.set_exception(error)
                return
            for job in group:  # one of them is at fault, and the others shall not suffer
                self._write([job])
        else:
            for job, result in zip(group, results, strict=True):
                job.future.set_result(result)

    def _patiently(self, group: Sequence[_Job[Any]]) -> list[Any]:
        """Write the group, as often as it takes."""
        pause, since, warned_at = _FIRST_PAUSE, time.monotonic(), 0.0
        while True:
            try:
                results = self._once(group)
            except Exception as error:
                self._drop_connection(broken=True)
                problem = problem_of(error)
                if problem is None:
                    raise
                now = time.monotonic()
                if not problem.passing or (self._give_up_at is not None and now >= self._give_up_at):
                    raise problem from error
                if not warned_at or now - warned_at >= _REMIND:
                    log.warning("%s Nothing is lost; it is tried again until it works.", problem.sentence)
                    warned_at = now
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                if warned_at:
                    log.warning("The database can be written to again, after %.0f seconds.", time.monotonic() - since)
                return results

    def _once(self, group: Sequence[_Job[Any]]) -> list[Any]:
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            return [job.work(self._connection) for job in group]

    def _drop_connection(self, *, broken: bool = False) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if broken:  # what an error left of it is nothing to go on with
            connection.invalidate()
        connection.close()
