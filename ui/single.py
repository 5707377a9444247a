"""One window per profile: a second start brings the first window to the front and ends."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

LOCK_NAME: Final = "window.lock"
PATIENCE_MS: Final = 2_000
_RAISE: Final = b"raise\n"


class SingleWindow(QObject):
    """``raise_asked`` is emitted in the first window when a second one was started."""

    raise_asked = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = f"mailstreams-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
        self._lock = QLockFile(str(folder / LOCK_NAME))
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)

    def claim(self) -> bool:
        """Become the one window of the profile; False when there is one, which is brought to the front."""
        if not self._lock.tryLock(0):
            self._ask_first()
            return False
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def release(self) -> None:
        """Let the next start have it."""
        self._server.close()
        with contextlib.suppress(RuntimeError):
            self._lock.unlock()

    def _ask_first(self) -> None:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(PATIENCE_MS):
            socket.write(_RAISE)
            socket.waitForBytesWritten(PATIENCE_MS)
            socket.disconnectFromServer()

    def _answer(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.disconnectFromServer()
            self.raise_asked.emit()
