"""The clock of a machine that somebody sets: the program's wall clock goes beside the right time by what a file says.

A process looks into the file whenever it asks the time, so that engine and workers see the same, as on a real machine. Its steady
clock is left alone.
"""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path
from typing import Final

VARIABLE: Final = "CLOCK_SET_BY"
"""Environment variable: the file."""


class ClockFile:
    """The file: seconds by which the wall clock is ahead of the right time, to be changed while programs run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(bytes(mmap.PAGESIZE))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 0)

    @property
    def ahead(self) -> float:
        """By how much the clock is ahead of the right time."""
        seconds: float = struct.unpack_from("d", self._shared)[0]
        return seconds

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        struct.pack_into("d", self._shared, 0, seconds)


def install(path: Path) -> None:
    """Let this process see the time as the file says. Names that are bound to the right clock already stay so."""
    file, right = ClockFile(path), time.time
    time.time = lambda: right() + file.ahead
