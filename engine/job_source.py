"""Where a conversation has its jobs from. One Protocol; the worker's pairs and probes fulfil it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.desk import Desk
from engine.destination import Destination
from engine.judgement import Judged
from engine.wire import Job, OpenPair, Result

if TYPE_CHECKING:
    from engine.conversation import Conversation


class JobSource(Protocol):
    """Where a conversation has its jobs from, and whom it tells what becomes of them and of itself: a pair, or a probe."""

    desk: Desk
    destination: Destination
    terms: OpenPair

    def take(self) -> Job | None:
        """The next job."""
        ...

    def finish(self, result: Result) -> None:
        """A job is done."""
        ...

    def refused(self, job: Job, judged: Judged) -> None:
        """A job was refused. May stop the conversation that tells it."""
        ...

    def session_refused(self, judged: Judged, *, harmless: bool) -> None:
        """The server ended the session outside of a transaction; *harmless* when nothing was under way."""
        ...

    def lost(self, text: str) -> None:
        """The session is of no more use."""
        ...

    def must_go(self, conversation: Conversation) -> bool:
        """There are more conversations than there may be, and this one is to end."""
        ...

    def idle(self, conversation: Conversation) -> None:
        """A conversation waits for work."""
        ...

    def ended(self, conversation: Conversation) -> None:
        """A conversation's connection is closed."""
        ...
