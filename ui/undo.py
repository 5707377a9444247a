"""What can be taken back in this window, for the Edit menu and for the buttons beside what was done. On the Qt loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.services.undo import UndoStack, UndoStep


class Undo(QObject):
    """The stack of steps with a signal. Reverting is the session's: :meth:`ui.session.WindowSession.revert`."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stack = UndoStack()

    @property
    def label(self) -> str | None:
        """What would be taken back next, None when there is nothing."""
        return self._stack.label

    def push(self, step: UndoStep) -> None:
        """Remember a change that was just committed."""
        self._stack.push(step)
        self.changed.emit()

    def pop(self) -> UndoStep | None:
        """Take the newest step off the stack."""
        step = self._stack.pop()
        self.changed.emit()
        return step

    def discard(self, step: UndoStep) -> None:
        """Forget a step that was taken back by another way."""
        self._stack.discard(step)
        self.changed.emit()
