"""What one MX address has shown of itself: which ways of speaking it copes with. One object for all pairs of a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

CAUTION_SECONDS: Final = 900.0
"""How long a destination that surprised is spoken to more carefully."""


class Destination:
    """Overlap is used once a message went through without it, and given up at the first surprise; so is pipelining after
    a second grave one (the first, where it never worked). Both are tried again later."""

    __slots__ = (
        "__weakref__",
        "_careful_until",
        "_has_pipelined",
        "_now",
        "_plain_until",
        "_surprises",
        "certificate_noted",
        "overlap",
    )

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._surprises = 0
        self._has_pipelined = False
        self._careful_until = 0.0
        self._plain_until = 0.0
        self.certificate_noted = False
        """What is wrong with its certificate was said."""
        self.overlap = False
        """The group of the next message may go out with the end of the one before."""

    @property
    def pipelining(self) -> bool:
        """Commands may go out in groups when the server offers it."""
        return self._surprises < 2 or self._now() >= self._careful_until

    @property
    def starttls(self) -> bool:
        """STARTTLS may be tried where it isn't required: the last handshake didn't fail."""
        return self._now() >= self._plain_until

    def handshake_failed(self) -> None:
        """No TLS for a while, where it isn't required."""
        self._plain_until = self._now() + CAUTION_SECONDS

    def proven(self, *, odd: bool) -> None:
        """A message went through without overlap. *odd*: with a reply that would be mistaken for another one's."""
        self._has_pipelined = True
        if self._now() >= self._careful_until:
            self._surprises = 0
            self.overlap = not odd

    def surprise(self, *, grave: bool) -> None:
        """It did what a server that pipelines does not do. *grave*: the replies to a group were lost or make no sense."""
        self._careful_until = self._now() + CAUTION_SECONDS
        self.overlap = False
        if grave:
            self._surprises += 1 if self._has_pipelined else 2
