"""A lock that lives exactly as long as its process: the owner's id is in the file. Used by workers and the engine."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

_POLL = 0.02
_DYING = 10.0


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        os.lseek(file, 1 << 20, os.SEEK_SET)  # beyond the content: a locked region can't be read by others
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """The lock on one file. The system lets go of it when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def acquire(self) -> bool:
        """Take the lock and write this process's id into the file; False when another process has it."""
        file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        if not _try_lock(file):
            os.close(file)
            return False
        self._file = file
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, str(os.getpid()).encode())
        return True

    def release(self) -> None:
        """Let go."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def wait_for_owner_to_end(self, patience: float) -> None:
        """Return when nobody holds the lock; the owner is killed after *patience* seconds.

        Raises TimeoutError when that doesn't end it either.
        """
        if self._is_free_within(patience):
            return
        self._kill_owner()
        if not self._is_free_within(_DYING):
            raise TimeoutError(f"the process that holds {self._path} can't be ended")

    def _is_free_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self._is_free():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True

    def _is_free(self) -> bool:
        file = os.open(self._path, os.O_RDWR)
        try:
            return _try_lock(file)
        finally:
            os.close(file)

    def _kill_owner(self) -> None:
        """The file names the owner for as long as the lock is held, so the id can't be that of another process."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(self._path.read_text()), signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
