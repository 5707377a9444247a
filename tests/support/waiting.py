"""Waiting in tests: for a condition, with a deadline, never for a time."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")

DEADLINE = 10.0
"""Seconds after which a condition counts as never coming true, unless a test knows better."""

_PAUSE = 0.01


async def wait_until(
    condition: Callable[[], Result | Awaitable[Result]],
    deadline: float = DEADLINE,
    what: str = "",
    pause: float = _PAUSE,
) -> Result:
    """Return what *condition* (plain or async) gives as soon as that is true; fail after *deadline* seconds.

    *what* says in the failure what was waited for; *pause* seconds lie between two looks.
    """
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        result: Result = await answer if inspect.isawaitable(answer) else answer
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"after {deadline} s still not: {what or inspect.getsource(condition).strip()}")
        await asyncio.sleep(pause)


def wait_until_blocking(condition: Callable[[], Result], deadline: float = DEADLINE, what: str = "") -> Result:
    """The same for tests without an event loop."""
    end = time.monotonic() + deadline
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {deadline} s still not: {what or inspect.getsource(condition).strip()}")
        time.sleep(_PAUSE)
    return result
