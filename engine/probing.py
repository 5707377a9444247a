"""The worker's part in a probe: one connection of its own that tests one pair. Which pair and when is the engine's affair.

Runs in the worker process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import aiosmtplib

from engine.conversation import Conversation
from engine.desk import Desk
from engine.destination import Destination
from engine.envelope import Unsendable, checked_path
from engine.journal import PairName
from engine.judgement import Judged
from engine.replies import Stage, Verdict
from engine.session import Session, SessionFailed, SessionRefused, SessionTerms, on_the_wire, open_session
from engine.wire import End, Job, Probe, ProbeDone, Result

log = logging.getLogger(__name__)

_OF_THE_RECIPIENT: Final = frozenset(
    {
        Verdict.RECIPIENT,
        Verdict.MAILBOX_FULL,
        Verdict.GREYLIST,
        Verdict.CONTENT,
        Verdict.SENDER_DOMAIN,
        Verdict.SIZE,
    }
)
"""Refusals that only a server gives that takes mail from this address."""


class ProbeRun:
    """One probe. Tells its end exactly once, as ProbeDone; fulfils engine.conversation.JobSource for the mode with a job."""

    def __init__(self, desk: Desk, session_terms: SessionTerms, destination: Destination, probe: Probe) -> None:
        self.desk = desk
        self.destination = destination
        self.terms = probe.pair
        self._session_terms = session_terms
        self._probe = probe
        self._job = probe.job
        self._waiting = probe.job
        self._judged: Judged | None = None
        self._is_told = False
        self._conversation: Conversation | None = None
        self._task: asyncio.Task[None] | None = None
        self._when_over: Callable[[ProbeRun], None] = lambda _: None
        pair = probe.pair
        desk.name_pair(PairName(pair.pair, pair.sending_address, pair.mx_address, pair.mx_host))

    def start(self, when_over: Callable[[ProbeRun], None]) -> None:
        """Begin; *when_over* is called when nothing is left of it."""
        self._when_over = when_over
        self._task = self.desk.loop.create_task(self._run())
        self._task.add_done_callback(self._after_task)

    def stop(self) -> None:
        """End after the current command."""
        if self._conversation is not None:
            self._conversation.stop()
        elif self._task is not None:
            self._task.cancel()

    def _after_task(self, _task: asyncio.Task[None]) -> None:
        if self._conversation is None:
            self._tell(None, "the probe was given up")
            self._when_over(self)

    async def _run(self) -> None:
        try:
            session = await open_session(self.terms, self._session_terms, self.destination)
        except SessionRefused as refused:
            self._refused_at(refused.stage, refused.text)
        except SessionFailed as failed:
            self._tell(None, failed.text)
        else:
            try:
                await self._test(session)
            except Exception as error:
                log.exception("a probe of %s failed", self.terms)
                self._tell(None, f"the probe failed: {type(error).__name__}")

    async def _test(self, session: Session) -> None:
        if self._job is not None:
            self._conversation = Conversation(self, session.detach(), session.offers)
            self._conversation.begin()
            return
        try:
            if self._probe.recipient:
                await self._try_recipient(session)
            else:
                self._tell(True, "the greeting and EHLO were accepted")
            await session.client.quit(timeout=5.0)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._tell(None, str(error)[:200])
        finally:
            session.client.close()

    async def _try_recipient(self, session: Session) -> None:
        """MAIL and RCPT, then RSET: nobody gets anything."""
        try:
            sender, recipient = checked_path(self._probe.sender, may_be_empty=True), checked_path(self._probe.recipient)
        except Unsendable as reason:
            self._tell(None, str(reason))
            return
        international = [b"SMTPUTF8"] if not (sender + recipient).isascii() else []
        if international and not session.offers.smtputf8:
            self._tell(None, "the destination does not offer SMTPUTF8, which the address needs")
            return
        commands = (
            (Stage.MAIL, (b"MAIL", b"FROM:<%b>" % sender.encode(), *international)),
            (Stage.RCPT, (b"RCPT", b"TO:<%b>" % recipient.encode())),
        )
        for stage, command in commands:
            response = await session.client.execute_command(*command)
            if response.code >= 300:
                self._refused_at(stage, on_the_wire(response.code, response.message))
                return
        self._tell(True, "MAIL and RCPT were accepted")
        await session.client.execute_command(b"RSET", timeout=5.0)

    def _refused_at(self, stage: Stage, text: str) -> None:
        self._judged = self.desk.judge(stage, text, self.terms.sending_address)
        self._tell(self._meaning(self._judged), f"refused at {stage}")

    @staticmethod
    def _meaning(judged: Judged) -> bool | None:
        """Whether a refusal shows that the pair is blocked (False) or open (True); None when it shows neither."""
        verdict = judged.classification.verdict
        if verdict is Verdict.BLOCK:
            return False
        return True if verdict in _OF_THE_RECIPIENT else None

    def _tell(self, accepted: bool | None, text: str, result: Result | None = None) -> None:
        if self._is_told:
            return
        self._is_told = True
        if result is None and self._job is not None:
            result = Result(self._job.recipient, self._job.attempt, self.terms.pair, End.RETURNED)
        sequence = self.desk.finish_apart(result) if result is not None else 0
        judged = self._judged
        self.desk.tell(
            ProbeDone(
                self._probe.probe,
                accepted,
                text,
                judged.stage if judged else "",
                judged.reply.code if judged else 0,
                judged.reply.enhanced if judged else "",
                judged.reply.text if judged else "",
                judged.classification if judged else None,
                result,
                sequence,
            )
        )

    # engine.conversation.JobSource

    def take(self) -> Job | None:
        """The one job, once."""
        job, self._waiting = self._waiting, None
        return job

    def finish(self, result: Result) -> None:
        """The job is done, without a refusal by the server."""
        if result.end is End.DELIVERED:
            self._tell(True, "a message was accepted", result)
        elif result.end is End.IN_DOUBT:
            self._tell(None, "no reply after the message was handed over", result)
        elif result.end is End.REFUSED:
            self._tell(None, result.reply, result)
        # RETURNED: what happened to the session is told next

    def refused(self, job: Job, judged: Judged) -> None:
        """The server refused the job."""
        self._judged = judged
        self._tell(self._meaning(judged), f"refused at {judged.stage}", judged.result(job, self.terms.pair))

    def session_refused(self, judged: Judged, *, harmless: bool) -> None:
        """The server ended the session."""
        if not harmless and not self._is_told:
            self._judged = judged
            self._tell(self._meaning(judged), f"refused at {judged.stage}")

    def lost(self, text: str) -> None:
        """The session is of no more use."""
        self._tell(None, text)

    def must_go(self, conversation: Conversation) -> bool:  # noqa: ARG002 - the interface's
        """There is one."""
        return False

    def idle(self, conversation: Conversation) -> None:
        """Nothing more is to be done."""
        conversation.stop()

    def ended(self, conversation: Conversation) -> None:  # noqa: ARG002 - the interface's
        """The connection is closed."""
        self._tell(None, "the probe was given up")
        self._when_over(self)
