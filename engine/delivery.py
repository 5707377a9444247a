"""The connections of a pair: opened when there is work, re-used, closed. Jobs wait in a deque. Runs in the worker process."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import Final

from engine.conversation import Conversation
from engine.desk import Desk, Judged
from engine.destination import Destination
from engine.journal import PairName
from engine.replies import Stage, Verdict
from engine.session import Session, SessionFailed, SessionRefused, SessionTerms, open_session
from engine.wire import End, Job, OpenPair, PairTrouble, Result, Trouble

log = logging.getLogger(__name__)

JOBS_PER_CONNECTION: Final = 4
"""Another connection is worth its opening when so many jobs wait for each."""

_HARMLESS: Final = frozenset({Verdict.UNKNOWN, Verdict.SYSTEM, Verdict.ACCEPTED})


class Pair:
    """One pair as the engine opened it. Every job that is delivered to it is finished exactly once."""

    __slots__ = (
        "_closed",
        "_conversations",
        "_frozen",
        "_idle",
        "_jobs",
        "_leaving",
        "_openings",
        "_session_terms",
        "desk",
        "destination",
        "finish",
        "terms",
    )

    def __init__(self, desk: Desk, session_terms: SessionTerms, destination: Destination, terms: OpenPair) -> None:
        self.desk = desk
        self.destination = destination
        self.terms = terms
        self.finish = desk.finish
        self._session_terms = session_terms
        self._jobs: deque[Job] = deque()
        self._conversations: set[Conversation] = set()
        self._leaving: set[Conversation] = set()
        self._idle: list[Conversation] = []
        self._openings: set[asyncio.Task[None]] = set()
        self._closed = True
        self._frozen = False
        """No further connection is opened before the engine says so."""
        self.open(terms)

    # Commands

    def open(self, terms: OpenPair) -> None:
        """The engine's terms, new or again."""
        self.terms = terms
        self._closed = self._frozen = False
        self.desk.name_pair(PairName(terms.pair, terms.sending_address, terms.mx_address, terms.mx_host))
        self._work()

    def deliver(self, jobs: Iterable[Job]) -> None:
        """More jobs; they come back at once when the pair can't carry them."""
        self._jobs.extend(jobs)
        self._work()
        self._return_stranded()

    def withdraw(self, mailing: int) -> None:
        """The jobs of a mailing that have not begun come back."""
        jobs = [job for job in self._jobs if job.mailing == mailing]
        if jobs:
            self._jobs = deque(job for job in self._jobs if job.mailing != mailing)
            self._give_back(jobs)

    def close(self) -> None:
        """No new attempt: sessions end after their current command, what has not begun comes back."""
        self._closed = True
        for opening in self._openings:
            opening.cancel()
        for conversation in tuple(self._conversations):
            conversation.stop()
        self._return_stranded()

    def grow(self) -> None:
        """There is time to spare: open more connections where many jobs wait for few."""
        active = len(self._conversations) + len(self._openings)
        if active and not self._openings and not self._frozen and not self._closed:
            wanted = min(self.terms.connections, 2 * active, active + len(self._jobs) // JOBS_PER_CONNECTION)
            for _ in range(active, wanted):
                self._open_connection()

    @property
    def is_over(self) -> bool:
        """Closed, and nothing is left of it."""
        return self._closed and not self._conversations and not self._openings

    @property
    def is_busy(self) -> bool:
        """Jobs wait."""
        return bool(self._jobs)

    # engine.conversation.JobSource

    def take(self) -> Job | None:
        """The next job."""
        return self._jobs.popleft() if self._jobs else None

    def must_go(self, conversation: Conversation) -> bool:
        """There are more conversations than there may be now, and this one is to end."""
        if len(self._conversations) - len(self._leaving) > self.terms.connections:
            self._leaving.add(conversation)
        return conversation in self._leaving

    def idle(self, conversation: Conversation) -> None:
        """A conversation waits for work."""
        self._idle.append(conversation)

    def refused(self, job: Job, judged: Judged) -> None:
        """A job was refused; a block closes the pair."""
        blocked = judged.is_block and not self.terms.exempt
        self.desk.finish(judged.result(job, self.terms.pair), urgent=blocked)
        if blocked:
            self.close()

    def session_refused(self, judged: Judged, *, harmless: bool) -> None:
        """The server refused or ended a session outside of a transaction."""
        if harmless and judged.classification.verdict in _HARMLESS:
            return
        self._frozen = True
        reply = judged.reply
        self.desk.tell(
            PairTrouble(
                self.terms.pair,
                Trouble.REFUSED,
                f"refused at {judged.stage}",
                judged.stage,
                reply.code,
                reply.enhanced,
                reply.text,
                judged.classification,
            )
        )
        if judged.is_block and not self.terms.exempt:
            self.close()

    def lost(self, text: str) -> None:
        """A session is of no more use."""
        self._trouble(Trouble.LOST, text)

    def ended(self, conversation: Conversation) -> None:
        """A conversation's connection is closed."""
        self._conversations.discard(conversation)
        self._leaving.discard(conversation)
        self._tell_connections(0)
        self._work()
        self._return_stranded()

    # Connections

    def _work(self) -> None:
        """Wake who rests, open the first connection when there is none."""
        idle, self._idle = self._idle, []
        for conversation in idle:
            conversation.proceed()
        if self._jobs and not self._conversations and not self._openings and self._may_open():
            self._open_connection()

    def _may_open(self) -> bool:
        return not self._closed and not self._frozen and self.terms.connections > 0

    def _open_connection(self) -> None:
        opening = self.desk.loop.create_task(self._connect())
        self._openings.add(opening)
        opening.add_done_callback(self._opening_ended)
        self._tell_connections(1)

    def _opening_ended(self, opening: asyncio.Task[None]) -> None:
        self._openings.discard(opening)
        self._tell_connections(0)
        self._return_stranded()

    async def _connect(self) -> None:
        try:
            session = await open_session(self.terms, self._session_terms, self.destination)
        except SessionRefused as refused:
            judged = self.desk.judge(refused.stage, refused.text, self.terms.sending_address)
            self.session_refused(judged, harmless=False)
        except SessionFailed as failed:
            self._trouble(failed.trouble, failed.text)
        except Exception as error:
            log.exception("opening a session of %s failed", self.terms)
            self._trouble(Trouble.LOST, f"opening a session failed: {type(error).__name__}")
        else:
            self._begin(session)

    def _begin(self, session: Session) -> None:
        if session.starttls_refusal:
            judged = self.desk.judge(Stage.STARTTLS, session.starttls_refusal, self.terms.sending_address)
            if judged.classification.verdict in (Verdict.BLOCK, Verdict.THROTTLE):
                session.transport.abort()
                self.session_refused(judged, harmless=False)
                return
        conversation = Conversation(self, session.transport, session.offers)
        self._conversations.add(conversation)
        conversation.begin()

    def _trouble(self, trouble: Trouble, text: str) -> None:
        """Tell the engine once; it says when to go on."""
        if not self._frozen:
            self._frozen = True
            self.desk.tell(PairTrouble(self.terms.pair, trouble, text))

    def _tell_connections(self, opened: int) -> None:
        self.desk.connections_changed(self.terms.pair, len(self._conversations) + len(self._openings), opened)

    def _return_stranded(self) -> None:
        """Give the jobs back that no connection will take."""
        stranded = self._closed or (self._frozen and not self._conversations and not self._openings)
        if stranded and self._jobs:
            jobs, self._jobs = self._jobs, deque()
            self._give_back(jobs)

    def _give_back(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self.desk.finish(Result(job.recipient, job.attempt, self.terms.pair, End.RETURNED))
