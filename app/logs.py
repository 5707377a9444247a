"""Where the program writes what it did: a rotating file for its user alone and, for a service, standard error."""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from app.settings import LogLevel

FILE_NAME: Final = "mailstreams.log"
MOST_BYTES: Final = 5 * 1024 * 1024
OLD_FILES: Final = 5

_PASSWORD: Final = re.compile(
    r"(\b[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^\s@]+(?=@)|(\bpassword=)(?:'(?:[^'\\]|\\.)*'|[^\s&'\"]+)", re.IGNORECASE
)
"""In an URL before the host or as an option, or in a connection string of libpq."""
_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_LINE_BREAK: Final = re.compile(r"[\r\n\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class _Formatter(logging.Formatter):
    """UTC times, secrets struck out; a record's own message stays on one line, so that nobody can forge another."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - as in logging
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as in logging
        record.message = _LINE_BREAK.sub(lambda found: repr(found[0])[1:-1], record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """Its files can be read by their user only."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding="utf-8", errors="backslashreplace")


def without_secrets(text: str) -> str:
    """*text* without passwords of databases and without private keys."""
    return _PRIVATE_KEY.sub("(private key)", _PASSWORD.sub(r"\1\2***", text))


def set_up(folder: Path, level: LogLevel, *, to_stderr: bool) -> Path:
    """Log to the file in *folder* and, for a service, to standard error; returns the file's path.

    A folder that can't be written to leaves standard error alone; that is said there.
    """
    path = folder / FILE_NAME
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)] if to_stderr else []
    refusal: OSError | None = None
    try:
        handlers.append(_PrivateFile(path, maxBytes=MOST_BYTES, backupCount=OLD_FILES))
    except OSError as error:
        refusal = error
    root = logging.getLogger()
    for handler in handlers:
        handler.setFormatter(_Formatter())
        root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    if refusal is not None:
        logging.getLogger(__name__).warning("The log file %s can't be written: %s", path, refusal.strerror)
    return path


def note_crash(folder: Path, error: BaseException) -> Path | None:
    """Write a fault of the program with its traceback to the log file; returns its path, None when that fails too."""
    path = folder / FILE_NAME
    try:
        handler = _PrivateFile(path, maxBytes=MOST_BYTES, backupCount=OLD_FILES)
    except OSError:
        return None
    handler.setFormatter(_Formatter())
    trace = (type(error), error, error.__traceback__)
    handler.handle(
        logging.LogRecord("app", logging.CRITICAL, __file__, 0, "A fault of the program ended it.", (), trace)
    )
    handler.close()
    return path
