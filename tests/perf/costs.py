"""What a program costs: processor time and memory of its processes and of all that they start."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import psutil

_EVERY: Final = 0.25
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

Roots = Callable[[], Sequence[int]]
"""The numbers of the processes with which a program began; the program is these and their children."""


def cpu_of(roots: Sequence[int]) -> float:
    """The processor seconds so far; finished children count when they have been waited for."""
    total = 0.0
    for number in _family(roots):
        try:
            times = psutil.Process(number).cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


class Peak:
    """While the block runs, looks four times a second how much memory all processes have; ``bytes`` is the most.

    Resident memory: pages that processes share count in each of them.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.bytes = 0

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while True:
            self._look()
            if self._over.wait(_EVERY):
                return

    def _look(self) -> None:
        self.bytes = max(self.bytes, sum(map(_resident, _family(self._roots()))))


def _resident(number: int) -> int:
    try:
        return int(Path(f"/proc/{number}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _family(roots: Sequence[int]) -> Iterator[int]:
    """Processes, their children and so on."""
    waiting = list(roots)
    while waiting:
        number = waiting.pop()
        yield number
        try:
            for thread in Path(f"/proc/{number}/task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
