"""Progress bars on a terminal; nothing where there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bar:
    """One bar on standard error."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def update(self, done: int, total: int, words: str) -> None:
        """Show *done* of *total*, with *words* beside it."""
        self._progress.update(self._task, completed=done, total=max(total, 1), words=words)


@contextmanager
def progress_bar(title: str) -> Iterator[Bar | None]:
    """A bar while the block runs; None when standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, progress.add_task(title, total=None, words=""))
