"""Processes that end by SIGKILL at a chosen step on a recipient's way, and the worker that does: ``python stops.py FOLDER``.

The real classes are wrapped in the process that is to die; the program has no switch for this.
"""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clockset

FILE_BYTES = "STOPS_FILE_BYTES"
"""Environment variable: the workers' journals begin a new file after so many bytes."""
LEAK = "eats memory"
"""An order by which a worker takes so many bytes more with each note in its journal."""


class Fuse:
    """Kills this process the *count*-th time that it is lit."""

    def __init__(self, count: int) -> None:
        self._left = count

    def light(self) -> None:
        """One step nearer to the end."""
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Leak:
    """Takes *count* bytes more each time that it is lit, and keeps them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: list[bytes] = []

    def light(self) -> None:
        """Take more."""
        self._kept.append(b"x" * self._count)


Always = Callable[..., bool]


def _always(*_: object, **__: object) -> bool:
    return True


def wrap(owner: Any, name: str, fuse: Fuse | Leak, *, after: bool, when: Always = _always) -> None:
    """Light the fuse before or after each call of ``owner.name`` for whose arguments *when* holds."""
    inner = getattr(owner, name)

    if inspect.iscoroutinefunction(inner):

        @functools.wraps(inner)
        async def wrapped(*arguments: Any, **options: Any) -> Any:
            wanted = when(*arguments, **options)
            if wanted and not after:
                fuse.light()
            result = await inner(*arguments, **options)
            if wanted and after:
                fuse.light()
            return result
    else:

        @functools.wraps(inner)
        def wrapped(*arguments: Any, **options: Any) -> Any:
            wanted = when(*arguments, **options)
            if wanted and not after:
                fuse.light()
            result = inner(*arguments, **options)
            if wanted and after:
                fuse.light()
            return result

    setattr(owner, name, wrapped)


def _engine_step(module: str, path: str, *, after: bool, when: Always = _always) -> Callable[[Fuse], None]:
    def arm(fuse: Fuse) -> None:
        owner: Any = sys.modules[module]
        *owners, name = path.split(".")
        for part in owners:
            owner = getattr(owner, part)
        wrap(owner, name, fuse, after=after, when=when)

    return arm


ENGINE: dict[str, Callable[[Fuse], None]] = {
    "claimed": _engine_step("app.database.queue", "DatabaseQueue.read", after=True),
    "handed over": _engine_step("engine.fleet", "Fleet.deliver", after=True),
    "answered": _engine_step("engine.results", "ResultDesk.on_results", after=False),
    "block noted": _engine_step("engine.results", "ResultDesk.note_block", after=True),
    "block not committed": _engine_step("app.database.ledger", "save", after=True),
    "block committed": _engine_step("app.database.ledger", "DatabaseLedger.save", after=True),
    "rerouted": _engine_step("engine.scheduler", "Scheduler.hand_back", after=True),
    "outcome not written": _engine_step("app.database.queue", "DatabaseQueue.record", after=False),
    "outcome not committed": _engine_step("app.database.queue", "record", after=True),
    "outcome committed": _engine_step("app.database.queue", "DatabaseQueue.record", after=True),
    "settled": _engine_step("engine.scheduler", "Scheduler.settle", after=True),
    "acknowledged": _engine_step("engine.fleet", "Fleet.acknowledge", after=True),
    "journal read": _engine_step("engine.engine", "read_journals", after=True),
    "journal replayed": _engine_step("engine.engine", "replay", after=True),
    "workers not started": _engine_step("engine.fleet", "Fleet.start", after=False),
}
"""Steps of the engine, in the order of a recipient's way."""


def _with_dots(_self: object, dots: object, _results: object) -> bool:
    return bool(dots)


def _with_results(_self: object, _dots: object, results: object) -> bool:
    return bool(results)


def _with_dot(self: Any, _data: object) -> bool:
    return self.dot is not None


WORKER: dict[str, Callable[[Fuse], None]] = {
    "dot not noted": _engine_step("engine.journal", "JournalWriter.note", after=False, when=_with_dots),
    "dot noted": _engine_step("engine.journal", "JournalWriter.note", after=True, when=_with_dots),
    "dot written": _engine_step("engine.connection", "Connection.put", after=True, when=_with_dot),
    "reply read": _engine_step("engine.desk", "Desk.finish", after=False),
    "reply noted": _engine_step("engine.journal", "JournalWriter.note", after=True, when=_with_results),
    "reply told": _engine_step("engine.desk", "Desk._tell_results", after=True),
    "file begun": _engine_step("engine.journal", "JournalWriter.rotate", after=True),
}
"""Steps of a worker, in the order of a recipient's way."""


def give_order(folder: Path, step: str, count: int) -> None:
    """The next worker that starts kills itself at *step*, the *count*-th time that it comes there (or see LEAK)."""
    folder.mkdir(exist_ok=True)
    number = len(list(folder.iterdir()))
    (folder / f"{number:04d}").write_text(f"{step}\n{count}\n", encoding="utf-8")


def take_order(folder: Path) -> tuple[str, int] | None:
    """The first order that no worker has taken."""
    for file in sorted(folder.glob("[0-9]*[0-9]")):
        try:
            file.rename(file.with_suffix(".taken"))
        except FileNotFoundError:
            continue
        step, count = file.with_suffix(".taken").read_text(encoding="utf-8").splitlines()
        return step, int(count)
    return None


def main() -> int:
    """A worker that dies as it was ordered to, and one like all others when nothing was ordered."""
    if path := os.environ.get(clockset.VARIABLE):
        clockset.install(Path(path))  # before anything of ours is imported, which may bind the clock to a name
    from engine import worker
    from engine.journal import JournalWriter

    if size := os.environ.get(FILE_BYTES):
        JournalWriter.__init__.__kwdefaults__.update(segment_bytes=int(size))  # type: ignore[union-attr]
    order = take_order(Path(sys.argv[1]))
    if order is not None:
        step, count = order
        if step == LEAK:
            wrap(JournalWriter, "note", Leak(count), after=True)
        else:
            WORKER[step](Fuse(count))
    return worker.main()


if __name__ == "__main__":
    sys.exit(main())
