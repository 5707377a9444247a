"""The C library's allocator, for a process that lives long and whose threads take turns."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Final

_M_ARENA_MAX: Final = -8
"""malloc.h of the GNU C library."""


def share_memory() -> None:
    """Let all threads allocate from the same memory (mallopt(3)), where the C library can: each would keep to itself what it has
    freed. To be called before threads are started."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # other C libraries have no arenas
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
