"""Counters that limits are made of: messages or connections within a sliding time, within a day. Pure accounting."""

from __future__ import annotations

from typing import Protocol


class Gauge(Protocol):
    """Something that allows so many more: a limit, a slow start, the room in a worker. ``left`` holds for this instant."""

    left: int

    def take(self, count: int = 1) -> None:
        """Use up *count*; negative gives back."""
        ...
