"""Time as the engine sees it. The one Protocol, and the clocks that fulfil it; nothing else in the engine asks the time."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The engine's only source of time."""

    def now(self) -> float:
        """UTC seconds since the epoch."""
        ...

    async def sleep_until(self, instant: float) -> None:
        """Return when ``now() >= instant``."""
        ...
