"""The recipients of one mailing at one domain while they are being sent: what is buffered, open, done. Pure book-keeping.

A recipient is *open* from the moment it is read until its outcome is durable. Rows that are read again meanwhile (a read
overlaps a commit, or a lane starts over) are told by their ids and dropped: this is what keeps a message from going twice.
"""

from __future__ import annotations

import heapq
from enum import StrEnum
from typing import Final

from engine.pairs import Route
from engine.ports import Batch, Lane, ReadRequest, Waiting


class LaneState(StrEnum):
    """What a lane waits for."""

    READY = "ready"
    """Its turn."""
    ROUTING = "routing"
    """The resolver."""
    READING = "reading"
    """Rows of the queue."""
    STARVED = "starved"
    """Room at a pair of its exchanger group, or the end of something that is open."""
    SLEEPING = "sleeping"
    """An instant."""
    SUSPENDED = "suspended"
    """A person, who paused something or has to bind an address."""
    HELD = "held"
    """The first open pair: its domain is totally blocked."""
    DONE = "done"


_NO_ROWS: Final[list[Waiting]] = []
_NOBODY: Final[set[int]] = set()
_NEVER: Final[list[float]] = []
"""What lanes share that have nothing: there may be very many, and most are small or wait. Never changed, only replaced."""


class LaneQueue:
    """One lane. ``wake_at`` is the instant that a sleeping lane waits for; ``route_until`` when its route is asked for again,
    ``provider`` the name of who is at the end of it. ``buffer`` is changed here only."""

    __slots__ = (
        "_cursor",
        "_fresh_left",
        "_open",
        "_retries",
        "_settled_while_reading",
        "_starting_over",
        "_unknown_retries",
        "buffer",
        "domain",
        "first_id",
        "id",
        "last_id",
        "mailing",
        "provider",
        "route",
        "route_until",
        "state",
        "wake_at",
    )

    def __init__(self, lane: Lane) -> None:
        self.id = lane.id
        self.mailing = lane.mailing
        self.domain = lane.domain
        self.first_id = lane.first_id
        self.last_id = lane.last_id
        self.buffer = _NO_ROWS
        self.route: Route | None = None
        self.route_until = 0.0
        self.provider = ""
        self.state = LaneState.READY
        self.wake_at = 0.0
        self._cursor = lane.first_id - 1
        self._fresh_left = True
        self._open = _NOBODY
        self._settled_while_reading: set[int] | None = None
        self._starting_over = False
        self._retries = _NEVER if lane.earliest_retry is None else [lane.earliest_retry]
        # Only the earliest instant is known of what was deferred before this engine started.
        self._unknown_retries = lane.earliest_retry is not None

    @property
    def open(self) -> int:
        """Recipients that are read and whose outcome is not durable yet."""
        return len(self._open)

    @property
    def is_being_read(self) -> bool:
        """An answer to a :meth:`request` is to come."""
        return self._settled_while_reading is not None

    def may_read(self, now: float) -> bool:
        """Is there anything that :meth:`request` would ask for now?"""
        return self._fresh_left or (bool(self._retries) and self._retries[0] <= now)

    def end(self) -> None:
        """The lane is over. Timers and flights know it for a while longer, so it keeps nothing."""
        self.state = LaneState.DONE
        self.buffer, self._open, self._retries = _NO_ROWS, _NOBODY, _NEVER
        self._settled_while_reading = None

    def reopen(self, recipient: int) -> None:
        """A recipient is open already: it was handed out before the lane was made anew."""
        self._add_open([recipient])

    def _add_open(self, recipients: list[int]) -> None:
        if self._open:
            self._open.update(recipients)
        elif recipients:
            self._open = set(recipients)

    def _close(self, recipient: int) -> None:
        self._open.discard(recipient)
        if not self._open:
            self._open = _NOBODY

    def request(self, limit: int, now: float) -> ReadRequest | None:
        """What to read next, or None when nothing is to be had before :meth:`next_retry`.

        Deferred recipients that are due come before fresh ones, and are asked for alone.
        """
        if self._retries and self._retries[0] <= now:
            # They stay due until their outcome is durable, so open ones may fill the front of the answer.
            request = ReadRequest(self.id, self.last_id, limit + len(self._open), due_by=now)
        elif self._fresh_left:
            request = ReadRequest(self.id, self._cursor, limit)
        else:
            return None
        self._settled_while_reading = set()
        return request

    def take(self, request: ReadRequest, batch: Batch) -> None:
        """Buffer the answer to *request*, without the rows that are open or were settled meanwhile."""
        settled = self._settled_while_reading or set()
        self._settled_while_reading = None
        starting_over, self._starting_over = self._starting_over, False
        wanted = [row for row in batch.rows if row.id not in self._open and row.id not in settled]
        self._add_open([row.id for row in wanted])
        self.buffer = [*self.buffer, *wanted] if wanted else self.buffer
        if request.due_by is not None:
            if batch.exhausted:
                self._forget_retries(request.due_by, batch.next_due)
        elif not starting_over:
            self._cursor = max(self._cursor, batch.last_id)
            self._fresh_left = not batch.exhausted

    def _forget_retries(self, due_by: float, next_due: float | None) -> None:
        while self._retries and self._retries[0] <= due_by:
            heapq.heappop(self._retries)
        if self._unknown_retries:
            self._unknown_retries = next_due is not None
            if next_due is not None:
                self._add_retry(next_due)

    def next_row(self) -> Waiting:
        """Hand out the first that is buffered."""
        row = self.buffer.pop(0)  # a few hundred at most: cheaper than a deque, and an empty one takes half a kilobyte
        if not self.buffer:
            self.buffer = _NO_ROWS
        return row

    def put_back(self, row: Waiting) -> None:
        """A recipient that was handed out and not tried: it goes first."""
        self.buffer = [row, *self.buffer]

    def put_last(self, row: Waiting) -> None:
        """A recipient that can't go now lets the others pass."""
        if self.buffer:
            self.buffer.append(row)
        else:
            self.buffer = [row]

    def read_again(self, recipient: int, now: float) -> None:
        """A recipient that was handed out and not tried, and may have changed in the queue meanwhile (suppressed, stopped)."""
        self.settled(recipient, final=False, retry_at=now)
        self.start_over()

    def drop_buffer(self) -> list[Waiting]:
        """Forget what is buffered (the rows wait in the queue); :meth:`start_over` reads them again."""
        rows = self.empty_buffer()
        for row in rows:
            self._close(row.id)
        self.start_over()
        return rows

    def empty_buffer(self) -> list[Waiting]:
        """Hand out all that is buffered."""
        rows, self.buffer = self.buffer, _NO_ROWS
        return rows

    def start_over(self) -> None:
        """Read the lane from its first row again; what is open is recognised. An answer that is under way does not count."""
        self._cursor = self.first_id - 1
        self._fresh_left = True
        self._starting_over = self._settled_while_reading is not None

    def settled(self, recipient: int, *, final: bool, retry_at: float | None = None) -> None:
        """The outcome of an open recipient is durable."""
        self._close(recipient)
        if self._settled_while_reading is not None:
            self._settled_while_reading.add(recipient)
        if not final and retry_at is not None:
            self._add_retry(retry_at)

    def _add_retry(self, instant: float) -> None:
        # Many recipients are deferred in the same second; one instant, rounded up, serves them all.
        rounded = float(-(-instant // 1))
        if not self._retries:
            self._retries = [rounded]
        elif rounded not in self._retries[:8]:
            heapq.heappush(self._retries, rounded)

    def next_retry(self) -> float | None:
        """The first instant at which a deferred recipient is due, as far as is known."""
        return self._retries[0] if self._retries else None
