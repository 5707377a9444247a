"""What the administrator can take back in this window: a short stack of inverse operations, kept in memory only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class UndoStep:
    """One change that can be taken back. ``label`` names it for the menu ("Clear 3 blocks").

    ``revert`` gets the session of one write transaction and the time; it raises Refused when the change was overtaken.
    """

    label: str
    revert: Callable[[Session, float], None]


class UndoStack:
    """The newest steps of one window, last first; the oldest fall out."""

    def __init__(self) -> None:
        self._steps: deque[UndoStep] = deque(maxlen=MOST_STEPS)

    def push(self, step: UndoStep) -> None:
        """Remember a change that was just committed."""
        self._steps.append(step)

    @property
    def label(self) -> str | None:
        """What :meth:`pop` would take back, None when there is nothing."""
        return self._steps[-1].label if self._steps else None

    def pop(self) -> UndoStep | None:
        """Take the newest step off the stack, for the caller to revert in a transaction of its own."""
        return self._steps.pop() if self._steps else None

    def discard(self, step: UndoStep) -> None:
        """Forget one step, wherever it stands: it was taken back by another way, such as the button beside a row."""
        if step in self._steps:
            self._steps.remove(step)
