"""What every page and dialog of one window is given: database, person, threads, changes, undo, and where troubles are told."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.paths import Profile
from app.services.problems import Problem
from app.services.undo import UndoStep
from ui.background import Background
from ui.changes import ChangeFeed
from ui.layout_store import LayoutStore
from ui.undo import Undo

log = logging.getLogger(__name__)

_T = TypeVar("_T")

SLOW_MS: Final = 1_500
"""How long a call to the database may take before the window says that it waits."""


class WindowSession(QObject):
    """One person at one window.

    Signals: ``problem`` one sentence about what could not be done; ``trouble`` one about the database; ``fault`` the
    exception when the program is at fault; ``waiting`` whether the database keeps the window waiting; ``done`` a short
    sentence about what was done, with the step that takes it back (or None).
    """

    changed = Signal(frozenset)
    problem = Signal(str)
    trouble = Signal(str)
    fault = Signal(object)
    waiting = Signal(bool)
    done = Signal(str, object)

    def __init__(
        self,
        database: Database,
        profile: Profile,
        *,
        actor: str,
        clock: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.database = database
        self.profile = profile
        self.layout_store = LayoutStore(profile.folder)
        self.actor = actor
        self.background = Background()
        self.undo = Undo(self)
        self.feed = ChangeFeed(database.watcher, self)
        self.feed.changed.connect(self.changed)
        self._clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()
        self._slow_calls = 0
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop

    async def start(self) -> None:
        """Begin to hear of changes. Called on the loop that all tasks of the window run on."""
        self._loop = asyncio.get_running_loop()
        await self.background.run(self.feed.subscribe)

    async def close(self) -> None:
        """Stop all tasks, let writes end, close the database. Windows are destroyed behind it: tasks may still use them."""
        if self._is_closed:
            return
        self._is_closed = True
        self.feed.stop()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._release)

    def now(self) -> float:
        """The present instant in epoch seconds."""
        return self._clock()

    async def read(self, function: Callable[..., _T], *args: Any, **options: Any) -> _T:
        """``function(session, *args, **options)`` on one moment of the database, in a thread.

        ``now`` is added when the function takes it. Raises what the function raises, and DatabaseProblem.
        """

        def call() -> _T:
            with self.database.read() as session:
                return function(session, *args, **options)

        self._complete(function, options, ("now",))
        with _Stopwatch(self):
            return await self.background.run(call)

    async def write(self, function: Callable[..., _T], *args: Any, **options: Any) -> _T:
        """The same in a transaction that is committed when the function returns. ``actor`` and ``now`` are added."""

        def call() -> _T:
            with self.database.write() as session:
                return function(session, *args, **options)

        self._complete(function, options, ("actor", "now"))
        with _Stopwatch(self):
            return await self.background.run_in_order(call)

    async def revert(self, step: UndoStep) -> None:
        """Take back one change; it leaves the undo stack whatever becomes of it."""
        self.undo.discard(step)
        await self.write(step.revert, self.now())

    def spawn(self, coroutine: Coroutine[Any, Any, _T], owner: QObject | None = None) -> asyncio.Task[_T]:
        """Run a coroutine on the Qt loop and keep it alive; what goes wrong is told by a signal.

        It is cancelled when *owner*, a dialog for example, is destroyed before it ends, and after :meth:`close` at once.
        """
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        if self._is_closed:
            task.cancel()
        if owner is not None:
            owner.destroyed.connect(lambda _=None: task.cancel())
        task.add_done_callback(self._ended)
        return task

    def slot(self, function: Callable[[], Coroutine[Any, Any, object]]) -> Callable[..., None]:
        """A slot for any signal that spawns *function*, and does nothing while it still runs from the last time."""
        running: asyncio.Task[object] | None = None

        def start(*_: object) -> None:
            nonlocal running
            if not self._is_closed and (running is None or running.done()):
                running = self.spawn(function())

        return start

    def tell_done(self, sentence: str, step: UndoStep | None = None) -> None:
        """Say shortly what was done, with an Undo button when there is a step; the step goes on the undo stack."""
        if step is not None:
            self.undo.push(step)
        self.done.emit(sentence, step)

    def report(self, error: BaseException) -> None:
        """Tell a person about an exception that ended something."""
        if isinstance(error, Problem):
            self.problem.emit(error.sentence)
        elif isinstance(error, DatabaseProblem):
            self.trouble.emit(error.sentence)
        else:
            log.error("a fault of the program", exc_info=error)
            self.fault.emit(error)

    async def settled(self, deadline: float = 20.0) -> None:
        """Wait until no task runs but the caller's own, not even one that waits for a dialog; TimeoutError after *deadline* s."""
        async with asyncio.timeout(deadline):
            while tasks := [task for task in self._tasks if task is not asyncio.current_task()]:
                await asyncio.wait(tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.report(error)

    def _complete(self, function: Callable[..., object], options: dict[str, Any], names: tuple[str, ...]) -> None:
        known = inspect.signature(function).parameters
        values = {"actor": self.actor, "now": self.now()}
        for name in names:
            if name in known and known[name].kind is inspect.Parameter.KEYWORD_ONLY:
                options.setdefault(name, values[name])

    def _release(self) -> None:
        self.background.close()
        self.database.dispose()

    def count_slow(self, change: int) -> None:
        """Note that a call has become slow (1), or that a slow one has ended (-1)."""
        before = self._slow_calls
        self._slow_calls += change
        if bool(before) != bool(self._slow_calls):
            self.waiting.emit(bool(self._slow_calls))


class _Stopwatch:
    """Tells the session while one call to the database takes longer than it should."""

    def __init__(self, session: WindowSession) -> None:
        self._session = session
        self._timer = QTimer(singleShot=True, interval=SLOW_MS)
        self._timer.timeout.connect(self._late)
        self._is_late = False

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.stop()
        if self._is_late:
            self._session.count_slow(-1)

    def _late(self) -> None:
        self._is_late = True
        self._session.count_slow(1)
