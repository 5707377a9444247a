"""What the command line was called with, and how a command says that it failed. Light: loaded for every command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Invocation:
    """The global options: the profile folder and the database's URL, None where they were not given."""

    profile: Path | None
    database: str | None


class Failure(Exception):  # noqa: N818 - told to a person, as one sentence
    """A command that can't go on; the message is one sentence for standard error."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
