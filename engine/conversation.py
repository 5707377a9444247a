"""The conversation on one open session: MAIL, RCPT, DATA and content, as many messages as the pair has, replies matched one
to one. Runs in the worker process; the hot path.

Where the server offers PIPELINING, MAIL, RCPT and DATA of a message go out in one group (RFC 2920), and once a destination
has shown that it copes, the group of the next message goes out together with the end of the one before: one round trip a
message. Otherwise each command waits for its reply. Nothing waits on a task or a timer of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, Final

from engine.connection import Connection
from engine.envelope import Envelope, Offers, Unsendable, write_content, write_envelope
from engine.job_source import JobSource
from engine.judgement import Judged
from engine.replies import Stage
from engine.reply_reader import Violation, code_of, text_of
from engine.wire import End, Job, Result

log = logging.getLogger(__name__)

QUIT_SECONDS: Final = 2.0
"""How long the reply to QUIT is waited for."""
SLOWEST_BYTES_PER_SECOND: Final = 8192
"""Content may take its reply's time and this much on top."""
LARGE_CONTENT: Final = 128 * 1024
"""Content beyond this is written before its last dot is, so that a cut in the middle of it is told from one behind it."""


class Step(IntEnum):
    """Whose reply comes next."""

    IDLE = 0
    RSET = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    CONTENT = 5
    """Large content is being written; no reply is due."""
    END = 6
    LONE_DOT = 7
    QUIT = 8
    OVER = 9


IDLE, RSET, MAIL, RCPT, DATA, CONTENT, END, LONE_DOT, QUIT, OVER = Step
DELIVERED: Final = End.DELIVERED
END_OF_DATA: Final = Stage.END_OF_DATA


_OWED: Final = {IDLE: 0, RSET: 4, MAIL: 3, RCPT: 2}
"""Replies that a pipelined group still owes, by the step; 1 for the others."""


class Conversation(Connection):
    """One session's transactions. Every job that it takes is finished exactly once.

    ``_sent`` is the job whose content is on its way or waits for its reply, ``_next`` the one whose envelope is out.
    """

    __slots__ = (
        "_carried",
        "_follows",
        "_later",
        "_lockstep",
        "_next",
        "_offers",
        "_pair",
        "_rcpt_taken",
        "_sent",
        "_step",
        "_stopping",
        "_unclean",
    )

    def __init__(self, pair: JobSource, transport: asyncio.Transport, offers: Offers) -> None:
        super().__init__(pair.desk, transport)
        self._pair = pair
        self._offers = offers
        self._lockstep = not (offers.pipelining and pair.destination.pipelining)
        self._step = IDLE
        self._sent: Job | None = None
        self._next: Job | None = None
        self._follows = False
        """A group was written behind the content whose reply is due."""
        self._rcpt_taken = False
        self._unclean = False
        """A transaction is open at the server: RSET comes before the next one."""
        self._stopping = False
        self._carried = 0
        self._later: tuple[bytes, ...] = ()
        """Commands that wait for the reply to the one before (without pipelining)."""

    def begin(self) -> None:
        """Take over the transport and begin with the first job."""
        self._transport.set_protocol(self)
        self._desk.conversations.add(self)
        self._proceed()

    def proceed(self) -> None:
        """There may be work for an idle conversation."""
        if self._step is IDLE:
            self._proceed()

    @property
    def is_idle(self) -> bool:
        """Waits for work."""
        return self._step is IDLE

    def stop(self) -> None:
        """End after the current command: what was not handed over goes back, what was waits for its reply."""
        if self._stopping or self._step is OVER:
            return
        self._stopping = True
        self._return_next()
        if self._step is IDLE:
            self._quit()

    def resume_writing(self) -> None:
        """Large content has left us: now its last dot may follow."""
        if self._step is CONTENT and self._sent is not None:
            self._write_dot(self._sent, b"")

    def deadline_passed(self) -> None:
        """The time is up."""
        if self._step is IDLE:
            self._quit()
        elif self._step in (QUIT, OVER):
            self._close()
        else:
            if self._step in _OWED or self._follows:
                self._pair.destination.surprise(grave=True)
            self._lost(f"no reply within {self._desk.reply_timeout:g} seconds")

    # Replies

    def _take(self, replies: list[bytes]) -> None:
        """More replies than are due can't be trusted, none of them, but for a goodbye behind them."""
        if len(replies) > (owed := self._owed()) and not replies[owed].startswith(b"421") and self._step is not QUIT:
            raise Violation("sent a reply that nobody asked for")
        for reply in replies:
            self._ANSWERS[self._step](self, reply)

    def _owed(self) -> int:
        if self._step is END and self._follows:
            return 4
        if self._lockstep and self._step is not IDLE:
            return 1
        return _OWED.get(self._step, 1)

    def _broken(self, text: str) -> None:
        self._pair.destination.surprise(grave=True)
        self._lost(f"the server {text}")

    def _on_nothing(self, reply: bytes) -> None:
        """The connection is given up."""

    def _on_unasked(self, reply: bytes) -> None:
        if not reply.startswith(b"421"):
            raise Violation("sent a reply that nobody asked for")
        self._session_ended(reply)

    def _on_rset(self, reply: bytes) -> None:
        code = code_of(reply)
        if code == 421:
            self._session_ended(reply)
        elif code >= 300:
            raise Violation(f"answered RSET with {code}")
        else:
            self._unclean = False
            self._step = MAIL
            if self._lockstep:
                self._send_later()

    def _on_mail(self, reply: bytes) -> None:
        code = code_of(reply)
        if code < 300:
            self._step = RCPT
            if self._lockstep:
                self._unclean = True
                self._send_later()
        elif code < 400:
            raise Violation(f"answered MAIL with {code}")
        elif code == 421 and (self._carried or self._next is None):
            self._session_ended(reply)
        else:
            self._step = RCPT
            self._refused(Stage.MAIL, reply)
            if self._lockstep and self._step is not OVER:
                self._proceed()

    def _on_rcpt(self, reply: bytes) -> None:
        code = code_of(reply)
        if 300 <= code < 400:
            raise Violation(f"answered RCPT with {code}")
        self._step = DATA
        self._unclean = True
        self._rcpt_taken = code < 300
        if not self._rcpt_taken and self._next is not None:
            self._refused(Stage.RCPT, reply)
        if self._lockstep and self._step is not OVER:
            self._send_later()

    def _on_data(self, reply: bytes) -> None:
        code = code_of(reply)
        if code == 354:
            self._unclean = False
            self._go_ahead()
        elif code < 400:
            raise Violation(f"answered DATA with {code}")
        else:
            if self._next is not None:
                self._refused(Stage.DATA, reply)
            elif code == 421:
                self._session_ended(reply)
            if self._step is not OVER:
                self._proceed()

    def _go_ahead(self) -> None:
        """The server waits for content."""
        job, self._next = self._next, None
        if not self._rcpt_taken:
            self._pair.destination.surprise(grave=False)
            self._step = LONE_DOT
            self._desk.send(self, b".\r\n")
        elif job is None:
            self._close()  # the job went back meanwhile, and content that ends is a message
        else:
            self._write_content(job)

    def _on_end(self, reply: bytes) -> None:
        code = code_of(reply)
        job = self._sent
        if job is None or 300 <= code < 400 or (self._follows and reply[4:8] == b"2.1."):
            raise Violation(f"answered the end of the content with {code}")
        self._sent = self.open_dot = None
        self._carried += 1
        if code < 300:
            pair = self._pair
            pair.finish(
                Result(
                    job.recipient,
                    job.attempt,
                    pair.terms.pair,
                    DELIVERED,
                    END_OF_DATA,
                    code,
                    reply=text_of(reply),
                )
            )
            if not (pair.destination.overlap or self._lockstep):
                pair.destination.proven(odd=reply[4:8] == b"2.1.")
        else:
            self._refuse(job, Stage.END_OF_DATA, reply)
            if self._step is OVER:
                return
        if self._follows:
            self._follows = False
            self._step = MAIL
        else:
            self._proceed()

    def _on_early(self, reply: bytes) -> None:
        """A reply before the content was all written: a refusal, and the rest of the content can't be taken back."""
        job = self._sent
        if job is None or code_of(reply) < 400:
            raise Violation("answered before the content was sent")
        self._sent = None
        self._refuse(job, Stage.END_OF_DATA, reply)
        self._close()

    def _on_lone_dot(self, reply: bytes) -> None:
        """Whatever it says: the transaction is over, and nobody was in it."""
        if reply.startswith(b"421"):
            self._session_ended(reply)
        else:
            code_of(reply)
            self._proceed()

    def _on_quit(self, _reply: bytes) -> None:
        self._close()

    # Transactions

    def _proceed(self) -> None:
        """Nothing is due from the server: begin the next transaction, or rest, or say goodbye."""
        envelope = None if self._is_done() else self._next_envelope()
        if envelope is None:
            self._step = IDLE
            if self._is_done():
                self._quit()
            else:
                self.deadline = self._desk.now + self._desk.idle_seconds
                self._pair.idle(self)
            return
        if not self._lockstep:
            self._step = RSET if self._unclean else MAIL
            group = envelope.mail + envelope.rcpt + b"DATA\r\n"
            self._send(b"RSET\r\n" + group if self._unclean else group)
            return
        self._later = (envelope.mail, envelope.rcpt, b"DATA\r\n")
        if self._unclean:
            self._step = RSET
            self._send(b"RSET\r\n")
        else:
            self._step = MAIL
            self._send_later()

    def _send_later(self) -> None:
        """Without pipelining: the next command of a transaction, or the next transaction when nobody is left in this one."""
        if self._next is None:
            self._proceed()
        else:
            command, *later = self._later
            self._later = tuple(later)
            self._send(command)

    def _is_done(self, under_way: int = 0) -> bool:
        """No further transaction may begin here, *under_way* messages counted in."""
        pair = self._pair
        return self._stopping or self._carried + under_way >= pair.terms.messages or pair.must_go(self)

    def _next_envelope(self) -> Envelope | None:
        """The envelope of the next job that can be sent here; those that can't are finished."""
        while (job := self._pair.take()) is not None:
            message = self._desk.messages.get(job.mailing)
            if message is None:
                log.error("mailing %d is not known here; its recipients go back", job.mailing)
                self._give_back(job)
                continue
            try:
                envelope = write_envelope(message, job, self._offers)
            except Unsendable as reason:
                self._pair.finish(reason.judged.result(job, self._pair.terms.pair))
                continue
            self._next = job
            return envelope
        return None

    def _write_content(self, job: Job) -> None:
        """The server waits for the content of *job*."""
        try:
            content = write_content(self._desk.messages[job.mailing], job, self._offers)
        except Unsendable as reason:
            self._pair.finish(reason.judged.result(job, self._pair.terms.pair))
            self._close()
            return
        self._sent = job
        self.deadline = self._desk.now + self._desk.reply_timeout + len(content) / SLOWEST_BYTES_PER_SECOND
        if len(content) <= LARGE_CONTENT:
            self._write_dot(job, content)
            return
        self._step = CONTENT
        self._transport.set_write_buffer_limits(high=1, low=0)
        self._transport.write(content)
        if not self._transport.get_write_buffer_size():
            self.resume_writing()

    def _write_dot(self, job: Job, content: bytes) -> None:
        """Write *content*, the last dot and, where that is safe, the group of the next message."""
        self._step = END
        self.dot = (job.recipient, job.attempt, self._pair.terms.pair)
        following = None
        if not self._lockstep and self._pair.destination.overlap:
            following = None if self._is_done(under_way=1) else self._next_envelope()
        if following is None:
            self._desk.send(self, content + b".\r\n")
        else:
            self._follows = True
            self._desk.send(self, b"".join((content, b".\r\n", following.mail, following.rcpt, b"DATA\r\n")))

    # Ends

    def _refused(self, stage: Stage, reply: bytes) -> None:
        """The envelope that is out was refused."""
        job, self._next = self._next, None
        if job is not None:
            self._refuse(job, stage, reply)

    def _refuse(self, job: Job, stage: Stage, reply: bytes) -> None:
        judged = self._judge(stage, reply)
        self._pair.refused(job, judged)
        if judged.reply.code == 421:
            self._lost("the server ended the session with 421")

    def _session_ended(self, reply: bytes) -> None:
        """A 421 that belongs to no transaction."""
        self._return_next()
        harmless = self._step is IDLE and self._carried > 0
        self._pair.session_refused(self._judge(Stage.SESSION, reply), harmless=harmless)
        self._close()

    def _judge(self, stage: Stage, reply: bytes) -> Judged:
        return self._desk.judge(stage, text_of(reply), self._pair.terms.sending_address)

    def _return_next(self) -> None:
        job, self._next = self._next, None
        if job is not None:
            self._give_back(job)

    def _give_back(self, job: Job) -> None:
        self._pair.finish(Result(job.recipient, job.attempt, self._pair.terms.pair, End.RETURNED))

    def _quit(self) -> None:
        """Say goodbye."""
        if self._transport.is_closing():
            self._close()
            return
        self._step = QUIT
        self.deadline = self._desk.now + QUIT_SECONDS
        self._desk.send(self, b"QUIT\r\n")

    def _hung_up(self, text: str) -> None:
        """A server may end a session between two messages; who was sent for meanwhile goes back, and it goes on anew."""
        between = self._carried > 0 and self._step in (IDLE, RSET, MAIL)
        if between and self._step is not IDLE:
            self._pair.destination.surprise(grave=False)
        self._lost(text, harmless=between)

    def _lost(self, text: str, *, harmless: bool = False) -> None:
        """The connection is of no more use: what was handed over is in doubt, the rest goes back."""
        if self._is_over:
            return
        step, self._step, self._is_over = self._step, OVER, True
        sent, self._sent = self._sent, None
        was_dotted, self.open_dot, self.dot = self.open_dot is not None, None, None
        if sent is not None:
            end = End.IN_DOUBT if was_dotted else End.RETURNED
            self._pair.finish(Result(sent.recipient, sent.attempt, self._pair.terms.pair, end))
        self._return_next()
        if step is not QUIT and not harmless:
            self._pair.lost(text)
        self._close()

    def _close(self) -> None:
        self._step = OVER
        self._return_next()
        super()._close()

    def _closed(self) -> None:
        self._pair.ended(self)

    _ANSWERS: ClassVar[tuple[Callable[[Conversation, bytes], None], ...]] = (
        _on_unasked,
        _on_rset,
        _on_mail,
        _on_rcpt,
        _on_data,
        _on_early,
        _on_end,
        _on_lone_dot,
        _on_quit,
        _on_nothing,
    )
    """What to do with a reply, by the step."""
