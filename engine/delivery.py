"""The connections of a pair: opened when there is work, re-used, closed. Runs in the worker process.

There can be very many pairs with little in each: short tuples, of which the empty one takes no memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, TypeVar

from engine.conversation import Conversation
from engine.desk import Desk
from engine.destination import Destination
from engine.gate import Gate
from engine.journal import PairName
from engine.judgement import Judged
from engine.replies import Stage, Verdict
from engine.session import Session, SessionFailed, SessionRefused, SessionTerms, open_session
from engine.wire import End, Job, OpenPair, PairTrouble, Result, Trouble

log = logging.getLogger(__name__)

JOBS_PER_CONNECTION: Final = 4
"""Another connection is worth its opening when so many jobs wait for each."""
FIRST_CONNECTIONS: Final = 5
"""So many may be opened once the first was taken, as Postfix does (initial_destination_concurrency); then twice as many each
time. A destination that answers slowly would else take half a minute to get what it may."""

_ABOUT_THE_SENDER: Final = frozenset({Verdict.CONTENT, Verdict.SENDER_DOMAIN, Verdict.POLICY})
_HARMLESS: Final = frozenset({Verdict.UNKNOWN, Verdict.SYSTEM, Verdict.ACCEPTED})
_NO_JOBS: Final[list[Job]] = []
"""What pairs share that have none. Never changed, only replaced."""
_T = TypeVar("_T")


class Pair:
    """One pair as the engine opened it. Every job that is delivered to it is finished exactly once."""

    __slots__ = (
        "_asked",
        "_closed",
        "_conversations",
        "_frozen",
        "_gate",
        "_idle",
        "_jobs",
        "_leaving",
        "_openings",
        "_session_terms",
        "_told",
        "desk",
        "destination",
        "terms",
    )

    def __init__(
        self, desk: Desk, gate: Gate, session_terms: SessionTerms, destination: Destination, terms: OpenPair
    ) -> None:
        self.desk = desk
        self._gate = gate
        self.destination = destination
        self.terms = terms
        self._session_terms = session_terms
        self._jobs = _NO_JOBS
        self._conversations: tuple[Conversation, ...] = ()
        self._leaving: tuple[Conversation, ...] = ()
        self._idle: tuple[Conversation, ...] = ()
        self._asked = 0
        """Connections that wait at the gate."""
        self._openings: tuple[asyncio.Task[bool], ...] = ()
        self._told = 0
        """Connections that were told last."""
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
        self._jobs = [*self._jobs, *jobs]
        self._work()
        self._return_stranded()

    def withdraw(self, mailing: int) -> None:
        """The jobs of a mailing that have not begun come back."""
        jobs = [job for job in self._jobs if job.mailing == mailing]
        if jobs:
            self._jobs = [job for job in self._jobs if job.mailing != mailing]
            self._give_back(jobs)

    def close(self) -> None:
        """No new attempt: sessions end after their current command, what has not begun comes back."""
        self._closed = True
        for opening in self._openings:
            opening.cancel()
        for conversation in self._conversations:
            conversation.stop()
        self._return_stranded()

    def grow(self) -> None:
        """There is time to spare: open more connections where many jobs wait for few."""
        active = len(self._conversations)
        if active and not self._asked and not self._openings and self._may_open():
            ramp = max(FIRST_CONNECTIONS, 2 * active)
            wanted = min(self.terms.connections, ramp, active + len(self._jobs) // JOBS_PER_CONNECTION)
            for _ in range(active, wanted):
                self._ask()

    @property
    def is_over(self) -> bool:
        """Closed, and nothing is left of it."""
        return self._closed and self.is_asleep

    @property
    def is_asleep(self) -> bool:
        """Nothing is left to do, and nothing stands in the way of more."""
        return not (self._jobs or self._conversations or self._openings or self._asked)

    @property
    def is_usable(self) -> bool:
        """May be used as far as the engine has said."""
        return not self._closed and not self._frozen

    @property
    def may_grow(self) -> bool:
        """So many jobs wait that :meth:`grow` has something to look at."""
        return len(self._jobs) >= JOBS_PER_CONNECTION

    # engine.conversation.JobSource

    def take(self) -> Job | None:
        """The next job."""
        if not self._jobs:
            return None
        job = self._jobs.pop(0)
        if not self._jobs:
            self._jobs = _NO_JOBS
        return job

    def finish(self, result: Result) -> None:
        """Tell what became of a job."""
        self.desk.finish(result)

    def must_go(self, conversation: Conversation) -> bool:
        """There are more conversations than there may be now, and this one is to end."""
        if self._leaving and conversation in self._leaving:
            return True
        if len(self._conversations) - len(self._leaving) <= self.terms.connections:
            return False
        self._leaving = (*self._leaving, conversation)
        return True

    def idle(self, conversation: Conversation) -> None:
        """A conversation waits for work."""
        self._idle = (*self._idle, conversation)

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
        if self._jobs and judged.classification.verdict in _ABOUT_THE_SENDER:
            # It would have been said to the next one whom the connection was for: that one must not try another address.
            first, *self._jobs = self._jobs
            self.desk.finish(judged.result(first, self.terms.pair), urgent=True)
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
        self._conversations = _without(conversation, self._conversations)
        self._leaving = _without(conversation, self._leaving)
        self._gate.leave()
        self._tell_connections(0)
        self._work()
        self._return_stranded()

    # Connections

    def _work(self) -> None:
        """Wake who rests, open the first connection when there is none."""
        idle, self._idle = self._idle, ()
        for conversation in idle:
            conversation.proceed()
        if not (self._conversations or self._openings or self._asked) and self._may_open():
            self._ask()

    def _may_open(self) -> bool:
        return bool(self._jobs) and not self._closed and not self._frozen and self.terms.connections > 0

    def _ask(self) -> None:
        self._asked += 1
        self._gate.ask(self._open_connection)

    def _open_connection(self) -> bool:
        self._asked -= 1
        if not self._may_open():
            self._return_stranded()
            return False
        opening = self.desk.loop.create_task(self._connect())
        self._openings = (*self._openings, opening)
        opening.add_done_callback(self._opening_ended)
        self._tell_connections(1)
        return True

    def _opening_ended(self, opening: asyncio.Task[bool]) -> None:
        self._openings = _without(opening, self._openings)
        if opening.cancelled() or not opening.result():
            self._gate.leave()
        self._tell_connections(0)
        self._work()
        self._return_stranded()

    async def _connect(self) -> bool:
        """Open a session and begin a conversation; False when it did not come to that."""
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
            return self._begin(session)
        return False

    def _begin(self, session: Session) -> bool:
        if session.starttls_refusal:
            judged = self.desk.judge(Stage.STARTTLS, session.starttls_refusal, self.terms.sending_address)
            if judged.classification.verdict in (Verdict.BLOCK, Verdict.THROTTLE):
                session.transport.abort()
                self.session_refused(judged, harmless=False)
                return False
        conversation = Conversation(self, session.detach(), session.offers)
        self._conversations = (*self._conversations, conversation)
        conversation.begin()
        return True

    def _trouble(self, trouble: Trouble, text: str) -> None:
        """Tell the engine once; it says when to go on."""
        if not self._frozen:
            self._frozen = True
            self.desk.tell(PairTrouble(self.terms.pair, trouble, text))

    def _tell_connections(self, opened: int) -> None:
        open_now = len(self._conversations) + len(self._openings)
        if opened or open_now != self._told:
            self._told = open_now
            self.desk.connections_changed(self.terms.pair, open_now, opened)

    def _return_stranded(self) -> None:
        """Give the jobs back that no connection will take."""
        stranded = self._closed or (self._frozen and not self._conversations and not self._openings)
        if stranded and self._jobs:
            jobs, self._jobs = self._jobs, _NO_JOBS
            self._give_back(jobs)

    def _give_back(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self.desk.finish(Result(job.recipient, job.attempt, self.terms.pair, End.RETURNED))


def _without(one: _T, several: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple([each for each in several if each is not one])
