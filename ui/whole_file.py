"""Writes a file that a person chose, in a thread: it stands under its name only when all of it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from app.services.problems import Refused


@contextmanager
def whole_file(path: Path, encoding: str = "utf-8-sig") -> Iterator[TextIO]:
    """The file to write to, its lines ended as they are written. Raises Refused when that is not possible."""
    partial = path.with_name(f".{path.name}.part")
    try:
        try:
            with partial.open("w", encoding=encoding, newline="") as file:
                yield file
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"The file {path} can't be written: {error.strerror or error}.") from None
