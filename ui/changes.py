"""What others, and other threads, change in the database, as one Qt signal at most ten times a second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.database.changes import Watcher

log = logging.getLogger(__name__)

PAUSE_MS: Final = 100


class ChangeFeed(QObject):
    """Merges the notices of a watcher. ``changed`` carries the topics (app.database.changes) since it was last sent."""

    changed = Signal(frozenset)
    _heard = Signal(frozenset)

    def __init__(self, watcher: Watcher, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher = watcher
        self._waiting: set[str] = set()
        self._unsubscribe: Callable[[], None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._send)
        self._heard.connect(self._collect, Qt.ConnectionType.QueuedConnection)

    def subscribe(self) -> None:
        """Begin to listen. Connects to the database, so it is called in a thread."""
        self._unsubscribe = self._watcher.subscribe(self._heard.emit)

    def stop(self) -> None:
        """Listen no longer."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._timer.stop()

    def _collect(self, topics: frozenset[str]) -> None:
        self._waiting |= topics
        if not self._timer.isActive():
            self._timer.start()

    def _send(self) -> None:
        topics = frozenset(self._waiting)
        self._waiting.clear()
        self.changed.emit(topics)
