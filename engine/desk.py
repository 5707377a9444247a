"""What all conversations of one worker share: the way out (journal first, then sockets, then results), messages, verdicts,
the time. Runs in the worker process, on its loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from engine.journal import Dot, JournalWriter, PairName
from engine.judgement import Judge
from engine.message import CompiledMessage
from engine.wire import End, PairConnections, Report, Result, Results

log = logging.getLogger(__name__)

RESULTS_AT_ONCE: Final = 256
"""So many results go to the engine at once …"""
RESULTS_WAIT: Final = 0.005
"""… or what there is after so many seconds."""
STANDSTILL: Final = 1.0
"""Seconds between two ticks (which come ten times a second) that tell that the process, or the machine, was suspended."""
IDLE_SECONDS: Final = 5.0
"""How long a connection without work is kept …"""
_FEW_CONNECTIONS: Final = 500
"""… while there are no more than these; with more, the shorter the more there are."""
ROTATE_PAUSE: Final = 1.0
"""Seconds between two tries to begin a new file of the journal."""
_FRAME_RESULTS: Final = 2000
_READ_BYTES: Final = 16 * 1024
RETURNED: Final = End.RETURNED


class Writer(Protocol):
    """A conversation as the way out sees it."""

    dot: Dot | None
    """What the next write completes: noted before it is written."""

    def cut(self, text: str) -> None:
        """End at once."""
        ...

    def put(self, data: bytes) -> None:
        """Write to the socket."""
        ...

    def stuck(self, text: str) -> None:
        """The dot can't be noted, so it may not be written."""
        ...

    def deadline_passed(self) -> None:
        """The time is up for what it waits for."""
        ...

    @property
    def is_idle(self) -> bool:
        """Waits for work."""
        ...

    deadline: float
    open_dot: Dot | None
    """Written, and not answered."""


class Desk:
    """See the module. ``now`` is the loop's time as of the last tick: good enough for deadlines, and free."""

    def __init__(self, loop: asyncio.AbstractEventLoop, report: Callable[[Report], None], reply_timeout: float) -> None:
        self.loop: Final = loop
        self.now = loop.time()
        self.reply_timeout = reply_timeout
        self.idle_seconds = IDLE_SECONDS
        self.view: Final = memoryview(bytearray(_READ_BYTES))
        """Where every socket is read into; its content is taken before the next one is read."""
        self.messages: Final[dict[int, CompiledMessage]] = {}
        self.conversations: Final[set[Writer]] = set()
        self.judge: Final = Judge()
        self.jobs = 0
        self._report = report
        self._journal: JournalWriter | None = None
        self._writes: list[tuple[Writer, bytes]] = []
        self._fresh: list[Result] = []
        self._void: set[tuple[int, int]] = set()
        self._results: list[Result] = []
        self._connections: dict[int, PairConnections] = {}
        self._sequence = 0
        self._flush_due = False
        self._urgent = False
        self._timer: asyncio.TimerHandle | None = None
        self._syncing: asyncio.Future[None] | None = None
        self._rotate_at = 0.0
        """When a new file of the journal is tried again that could not be begun; 0.0 when nothing stands in the way."""

    # Settings

    def open_journal(self, folder: Path) -> None:
        """Begin the journal; raises OSError."""
        self._journal = JournalWriter(folder, open_dots=self._open_dots)

    def name_pair(self, name: PairName) -> None:
        """Tell the journal what a pair's number stands for."""
        if self._journal is not None:
            self._journal.name_pair(name)

    def forget_pair(self, pair: int) -> None:
        """Nothing more of a pair is noted before it is named again."""
        if self._journal is not None:
            self._journal.forget_pair(pair)

    # The way out

    def send(self, writer: Writer, data: bytes) -> None:
        """Write *data* in this turn of the loop, together with what others have; its dot is noted before."""
        self._writes.append((writer, data))
        if not self._flush_due:
            self._flush_due = True
            self.loop.call_soon(self._flush)

    def finish(self, result: Result, *, urgent: bool = False) -> None:
        """Tell what became of a job: to the journal in this turn of the loop (unless nothing did), then to the engine."""
        self.jobs -= 1
        self._fresh.append(result)
        self._urgent |= urgent
        if not self._flush_due:
            self._flush_due = True
            self.loop.call_soon(self._flush)

    def tell(self, report: Report) -> None:
        """Send a report now, behind the results that came before it."""
        self.flush()
        self._report(report)

    def withdraw(self, dot: Dot) -> None:
        """A dot was noted and then not written: the journal is to know of the RETURNED that follows."""
        self._void.add(dot[:2])

    def finish_apart(self, result: Result) -> int:
        """Note a result that travels in a report of its own; the number of the batch that this report stands for."""
        self.jobs -= 1
        self.flush()
        self._note([], [result])
        self._sequence += 1
        return self._sequence

    def connections_changed(self, pair: int, open_now: int, opened: int) -> None:
        """Tell the number of connections of a pair soon."""
        before = self._connections.get(pair)
        opened += before.opened if before else 0
        self._connections[pair] = PairConnections(pair, open_now, opened)
        self._start_timer()

    def flush(self) -> None:
        """Do all that is due now: journal, sockets, results."""
        self._flush()
        self._tell_results()

    def sync(self) -> bool:
        """Begin to put the journal on the disk; False when the last time isn't over."""
        if self._syncing is not None and not self._syncing.done():
            return False
        if self._journal is not None:
            self._syncing = self.loop.run_in_executor(None, self._journal.sync_later())
            self._syncing.add_done_callback(_forget_fault)
        return True

    def committed(self, sequence: int) -> None:
        """The engine has made everything durable up to this batch."""
        if self._journal is not None:
            self._journal.committed(sequence)

    def close(self) -> None:
        """Do what is due and close the journal."""
        self.flush()
        if self._journal is not None:
            self._journal.close()

    def tick(self) -> None:
        """Look at the time, and at who waits for too long."""
        before, self.now = self.now, self.loop.time()
        self.idle_seconds = IDLE_SECONDS * min(1.0, _FEW_CONNECTIONS / (len(self.conversations) or 1))
        gone = self.now - before
        if gone > STANDSTILL:  # counts for nobody: the replies that came meanwhile are still to be read
            for conversation in self.conversations:
                conversation.deadline += 0.0 if conversation.is_idle else gone
        if self._journal is not None and self._journal.is_deleted:
            self._begin_anew(self._journal)
        for conversation in [each for each in self.conversations if each.deadline < self.now]:
            conversation.deadline_passed()

    def close_idle(self, count: int) -> None:
        """Say goodbye on up to *count* connections that wait for work: others need their place."""
        idle = [each for each in self.conversations if each.is_idle]
        for conversation in idle[:count]:
            conversation.deadline_passed()

    def _flush(self) -> None:
        self._flush_due = False
        writes, self._writes = self._writes, []
        fresh, self._fresh = self._fresh, []
        dots = [writer.dot for writer, _ in writes if writer.dot is not None]
        fault = self._note(dots, fresh) if dots or fresh else ""
        self._void.clear()
        for writer, data in writes:
            if fault and writer.dot is not None:
                writer.stuck(fault)
            else:
                writer.put(data)
        if fresh:
            self._results += fresh
            if self._urgent or len(self._results) >= RESULTS_AT_ONCE:
                self._tell_results()
            else:
                self._start_timer()
        if self._journal is not None and self._journal.is_full and not self._fresh and self.now >= self._rotate_at:
            # What a write has just found out is in no batch yet: the file with its dot must not go before it is noted.
            self._rotate(self._journal)

    def _note(self, dots: list[Dot], results: list[Result]) -> str:
        """Write to the journal; say what is wrong when that can't be done."""
        if self._journal is None:
            return ""
        begun = [each for each in results if each.end is not RETURNED or (each.recipient, each.attempt) in self._void]
        if not (dots or begun):
            return ""
        try:
            self._journal.note(dots, begun)
        except OSError as error:
            log.error("the journal can't be written: %s", error)  # noqa: TRY400 - a full disk needs no traceback
            return f"the journal can't be written: {error.strerror or error}"
        return ""

    def _begin_anew(self, journal: JournalWriter) -> None:
        """Somebody has deleted the journal. What is open is noted in a new one, what was answered is told to the engine."""
        if not self._rotate_at:
            log.error("the journal was deleted; another one is begun")
        if self.now >= self._rotate_at:
            self._rotate(journal)

    def _rotate(self, journal: JournalWriter) -> None:
        self._tell_results()
        try:
            journal.rotate(self._sequence)
        except OSError as error:
            if not self._rotate_at:
                log.warning("the journal can't begin a new file, which is tried again until it works: %s", error)
            self._rotate_at = self.now + ROTATE_PAUSE
        else:
            self._rotate_at = 0.0

    def _open_dots(self) -> Iterator[Dot]:
        for conversation in self.conversations:
            if conversation.open_dot is not None:
                yield conversation.open_dot

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(RESULTS_WAIT, self._tell_results)

    def _tell_results(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._urgent = False
        results, self._results = self._results, []
        for start in range(0, len(results), _FRAME_RESULTS):
            self._sequence += 1
            self._report(Results(self._sequence, results[start : start + _FRAME_RESULTS]))
        connections, self._connections = self._connections, {}
        for report in connections.values():
            self._report(report)


def _forget_fault(syncing: asyncio.Future[None]) -> None:
    """A disk that can't be written shows when the journal is next written."""
    if not syncing.cancelled() and (error := syncing.exception()) is not None:
        log.warning("the journal can't be put on the disk: %s", error)
