"""The messages between the engine and its worker processes, and their frames: length (4 bytes, big endian), then MessagePack.

Both ends are the same release of the same program, so there are no versions here. Structs are array-like: fields are told
by their place. Engine to worker: Configure … Shutdown. Worker to engine: Started … ProbeDone.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final

import msgspec

from engine.message import CompiledMessage
from engine.replies import Classification
from engine.rules import Rule

FRAME_LIMIT: Final = 256 * 1024 * 1024
"""Bytes of one frame at most; more means that the stream is damaged."""


class _Wire(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """A message on the wire."""


# Engine to worker


class Configure(_Wire, frozen=True):
    """The first message. Timeouts in seconds; ``journal`` is the folder in which the worker keeps its journal."""

    worker: int
    journal: str
    smtp_port: int
    rules: tuple[Rule, ...]
    connect_timeout: float
    reply_timeout: float


class SetRules(_Wire, frozen=True):
    """The rules have changed."""

    rules: tuple[Rule, ...]


class SetMessage(_Wire, frozen=True):
    """The content of a mailing, before its first Deliver."""

    mailing: int
    message: CompiledMessage


class ForgetMessage(_Wire, frozen=True):
    """Nothing more of this mailing comes."""

    mailing: int


class OpenPair(_Wire, frozen=True):
    """A pair may be used from now on, or its terms have changed. ``pair`` is the engine's number for it.

    ``connections`` is the most that may be open at once (0: finish what is open, start nothing, keep what waits);
    ``messages`` the most in one connection. ``tls_required`` fails the connection when STARTTLS with a valid certificate for
    ``mx_host`` is not to be had. An ``exempt`` pair is not closed by a verdict block. Opens a pair again that the worker
    closed or that had a PairTrouble.
    """

    pair: int
    sending_address: str
    mx_address: str
    mx_host: str
    helo: str
    connections: int
    messages: int
    tls_required: bool = False
    exempt: bool = False


class ClosePair(_Wire, frozen=True):
    """No new attempt on this pair: open sessions end after their current command, what has not begun comes back."""

    pair: int


class Job(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One recipient handed to a pair. ``token`` makes the Message-ID: the same for every attempt of the recipient."""

    recipient: int
    attempt: int
    mailing: int
    address: str
    token: str
    fields: dict[str, str] | None = None


class Deliver(_Wire, frozen=True):
    """Recipients for one pair, in order."""

    pair: int
    jobs: list[Job]


class Withdraw(_Wire, frozen=True):
    """The mailing is paused, stopped or moved: what has not begun comes back as RETURNED."""

    mailing: int


class Probe(_Wire, frozen=True):
    """Test a blocked pair once, on a connection of its own, whatever OpenPair and ClosePair say of it.

    With ``job``: one real transaction. Else with ``recipient`` and ``sender``: MAIL, RCPT, RSET. Else connect, EHLO, QUIT.
    """

    probe: int
    pair: OpenPair
    job: Job | None = None
    sender: str = ""
    recipient: str = ""


class Committed(_Wire, frozen=True):
    """Every batch up to and including ``sequence`` is durable: the journal may forget it."""

    sequence: int


class Shutdown(_Wire, frozen=True):
    """Finish open transactions within ``seconds``, return the rest, say goodbye, exit."""

    seconds: float


Command = (
    Configure
    | SetRules
    | SetMessage
    | ForgetMessage
    | OpenPair
    | ClosePair
    | Deliver
    | Withdraw
    | Probe
    | Committed
    | Shutdown
)


# Worker to engine


class End(IntEnum):
    """What a transaction came to."""

    DELIVERED = 0
    """The destination took responsibility: 2xx after the last dot."""
    REFUSED = 1
    """A reply refused it; ``classification`` says why."""
    IN_DOUBT = 2
    """Handed over to the last byte, and no reply was seen."""
    RETURNED = 3
    """Never begun, or cut off before the last byte: not charged, may be handed out again."""


class Result(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of one job. ``stage`` is the word of engine.replies.Stage, "" when there was no reply."""

    recipient: int
    attempt: int
    pair: int
    end: End
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    reply: str = ""
    classification: Classification | None = None
    """None for DELIVERED, IN_DOUBT and RETURNED."""


class Trouble(IntEnum):
    """What happened to a connection, when no transaction can tell it."""

    REFUSED = 0
    """A reply at banner, EHLO, STARTTLS or AUTH, or a 421 between transactions; ``classification`` says why."""
    UNREACHABLE = 1
    """No connection: refused by the network, timed out, reset, closed or silent before EHLO was answered."""
    LOST = 2
    """An established session was cut, fell silent, broke the protocol or ended with 421 (a Result tells that reply)."""
    UNBINDABLE = 3
    """The sending address can't be bound: a fault of the address."""
    NO_TLS = 4
    """STARTTLS was required and is not to be had."""


class PairTrouble(_Wire, frozen=True):
    """A connection of a pair failed. No further one is opened before the next OpenPair; those that are open go on.

    After a classification with the verdict block (and no threshold) the worker has closed the pair itself, here and for a
    Result with such a classification.
    """

    pair: int
    trouble: Trouble
    text: str
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    reply: str = ""
    classification: Classification | None = None


class PairConnections(_Wire, frozen=True):
    """Connections of a pair: how many are open now, how many were opened since the last such message."""

    pair: int
    open: int
    opened: int


class Started(_Wire, frozen=True):
    """The worker has read Configure and can work."""

    pid: int


class Results(_Wire, frozen=True):
    """A batch of results. Batches are numbered from 1; Committed names the newest durable one."""

    sequence: int
    results: list[Result]


class ProbeDone(_Wire, frozen=True):
    """A probe came to an end. ``accepted`` is None when it failed for a reason that says nothing about the block (``text``).

    ``result`` is there when there was a job: it is recorded like any other (the block reply leaves it uncharged), and
    ``sequence`` is its number among the batches of Results. ``accepted`` is False only when the reply was classified as a
    block; a recipient refused for himself shows that the pair is open.
    """

    probe: int
    accepted: bool | None
    text: str = ""
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    reply: str = ""
    classification: Classification | None = None
    result: Result | None = None
    sequence: int = 0


class Pulse(_Wire, frozen=True):
    """Once a second: the worker's memory in bytes and its jobs that are not finished."""

    resident: int
    jobs: int


Report = Started | Results | PairTrouble | PairConnections | ProbeDone | Pulse

_encoder = msgspec.msgpack.Encoder()


def frame(message: Command | Report) -> bytes:
    """One message as it goes over the pipe."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


class Unframer:
    """Cuts a byte stream into messages; raises msgspec.DecodeError or ValueError when the stream is damaged."""

    def __init__(self, kind: Any) -> None:
        """*kind* is Command or Report."""
        self._decoder: msgspec.msgpack.Decoder[Command | Report] = msgspec.msgpack.Decoder(kind)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Command | Report]:
        """Take the next bytes, give the messages that are complete with them."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= 4:
            size = int.from_bytes(buffer[start : start + 4], "big")
            if size > FRAME_LIMIT:
                raise ValueError(f"a frame of {size} bytes is beyond the limit")
            if len(buffer) - start - 4 < size:
                break
            yield self._decoder.decode(memoryview(buffer)[start + 4 : start + 4 + size])
            start += 4 + size
        del buffer[:start]
