"""What a crash leaves behind, for the next start to offer: Python's traceback, or that of the interpreter itself."""

from __future__ import annotations

import contextlib
import faulthandler
import sys
import threading
import traceback
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Final

from app.logs import without_secrets
from app.paths import make_private_file
from app.version import VERSION

NAME: Final = "crash.txt"
LAST_NAME: Final = "crash-last.txt"


class CrashReport:
    """Files in the log folder. ``last`` is the report of the former run, None when it ended well."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self.last: Path | None = None
        self._file: TextIOWrapper | None = None

    def begin(self) -> None:
        """Put the former report aside, and write crashes of this run from now on."""
        with contextlib.suppress(OSError):
            if self._path.stat().st_size:
                self.last = self._path.replace(self._path.with_name(LAST_NAME))
        with contextlib.suppress(OSError):
            make_private_file(self._path)
            self._file = self._path.open("w", encoding="utf-8")
            faulthandler.enable(self._file)

    def note(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Write down an exception that nobody handled."""
        if self._file is not None:
            when = datetime.now(UTC).isoformat(timespec="seconds")
            words = "".join(traceback.format_exception(kind, error, trace))
            self._file.write(f"MailStreams {VERSION}, {sys.platform}, {when}\n{without_secrets(words)}\n")
            self._file.flush()

    def watch(self) -> None:
        """Note what reaches the interpreter's last resort, in any thread."""
        former = sys.excepthook

        def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            self.note(kind, error, trace)
            former(kind, error, trace)

        sys.excepthook = hook
        threading.excepthook = lambda given: hook(
            given.exc_type, given.exc_value or given.exc_type(), given.exc_traceback
        )

    def end(self) -> None:
        """The run ended well: nothing to report."""
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self._path.unlink()
