"""Lets connections be opened at a measured pace and never more than there can be. One for all pairs of a worker, on its loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

_BURST: Final = 20
_PAUSE: Final = 0.002
"""So many are begun at once, then others have their turn for so many seconds."""


class Gate:
    """Whoever wants to open a connection asks, is called back when it is his turn, and says when his connection is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int) -> None:
        """*limit* is the most that may be open at once."""
        self._loop = loop
        self._limit = limit
        self._open = 0
        self._waiting: deque[Callable[[], bool]] = deque()
        self._is_due = False

    def ask(self, start: Callable[[], bool]) -> None:
        """*start* is called when a connection may be opened; it returns False when it doesn't want one any more."""
        self._waiting.append(start)
        self._plan(0.0)

    def leave(self) -> None:
        """A connection is closed."""
        self._open -= 1
        if self._waiting:
            self._plan(0.0)

    @property
    def missing(self) -> int:
        """How many wait because there are too many connections."""
        return len(self._waiting) if self._open >= self._limit else 0

    def _plan(self, delay: float) -> None:
        if not self._is_due:
            self._is_due = True
            self._loop.call_later(delay, self._let_in)

    def _let_in(self) -> None:
        self._is_due = False
        for _ in range(_BURST):
            if not self._waiting or self._open >= self._limit:
                return
            if self._waiting.popleft()():
                self._open += 1
        self._plan(_PAUSE)
