"""Runs what would block in threads, so that the window never waits; results come back on the Qt loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

SWITCH_SECONDS: Final = 0.0005
"""How long a thread may keep Python to itself while the window waits for it. A table that is painted asks Python for every
cell: with two threads at work and Python's own 5 ms that took 85 ms instead of 24."""
READERS: Final = 4
"""Threads for what may go on side by side: reads of the database, files, names."""


class Background:
    """Threads of one window. Writes queue in a thread of their own, so that a locked database never holds up the reads."""

    def __init__(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def run(self, function: Callable[..., _T], *args: Any, **options: Any) -> _T:
        """What *function* returns, called in a thread; its exceptions are raised here."""
        return await self._submit(self._readers, partial(function, *args, **options))

    async def run_in_order(self, function: Callable[..., _T], *args: Any, **options: Any) -> _T:
        """The same for writes: one after the other, in the order of the calls."""
        return await self._submit(self._writer, partial(function, *args, **options))

    def close(self) -> None:
        """Let what runs end; what has not started is dropped."""
        for pool in (self._readers, self._writer):
            pool.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    async def _submit(pool: ThreadPoolExecutor, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(pool, function)
