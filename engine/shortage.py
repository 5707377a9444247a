"""Lines that have work and were granted no connection, because others use up what they share. On the engine's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.fleet import Line
from engine.limits import Place

ASK_AGAIN = 1.0
"""Seconds until lines ask again although nothing was given back: hourly limits free up by themselves."""
_AT_ONCE = 256
"""Lines that ask again at once."""


class Shortage:
    """Who waits for connections, in the order of asking. *ask* is called for a line that is to ask its limits again."""

    def __init__(self, ask: Callable[[Line, Place], None]) -> None:
        self._ask = ask
        self._waiting: dict[int, tuple[Line, Place]] = {}
        self._is_due = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, line: Line, place: Place) -> None:
        """The line was granted nothing."""
        self._waiting[line.number] = (line, place)
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(ASK_AGAIN, self._come_due)

    def next(self, count: int = 1) -> None:
        """Connections were given back: so many lines ask again. What is left without work needs none any more."""
        while self._waiting and count > 0:
            line, place = self._waiting.pop(next(iter(self._waiting)))
            if line.outstanding:
                self._ask(line, place)
                count -= 1

    def _come_due(self) -> None:
        self._is_due = False
        self.next(_AT_ONCE)
        if self._waiting:
            self._is_due = True
            asyncio.get_running_loop().call_later(ASK_AGAIN, self._come_due)
