"""What the engine needs from outside: the queue and the block ledger. Frozen values and Protocols, no code that runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from engine.pairs import IPText
from engine.replies import Stage, Verdict

if TYPE_CHECKING:
    from engine.blocks import Block, BlockEvent
    from engine.limits import LimitRule, WarmUp
    from engine.message import CompiledMessage
    from engine.rules import Rule

CUT_OFF = 300.0
"""Seconds without a report (:meth:`Queue.report`) that came through after which an engine hands out nothing more: nobody knows
of it what it is doing, and what others do not know they will hold for in doubt."""


class RecipientState(StrEnum):
    """Where one recipient of one mailing stands (product.md 6.6). HELD and IN_FLIGHT are kinds of waiting."""

    WAITING = "waiting"
    IN_FLIGHT = "in_flight"
    HELD = "held"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    STOPPED = "stopped"
    IN_DOUBT = "in_doubt"


class MailingState(StrEnum):
    """The life of a mailing (product.md 7)."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"
    COMPLETED = "completed"


class InDoubtPolicy(StrEnum):
    """What becomes of a recipient that is in doubt (product.md 6.6)."""

    ASK = "ask"
    DELIVERED = "delivered"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class SendingAddress:
    """One sending address of this node as the administrator set it up."""

    id: int
    ip: IPText
    helo: str
    enabled: bool
    limits: LimitRule | None = None
    warm_up: WarmUp | None = None


@dataclass(frozen=True, slots=True)
class BoundAddress:
    """A sending address in a stream. ``weight`` is 1 to 1000."""

    address: SendingAddress
    weight: int
    paused: bool

    @property
    def is_open(self) -> bool:
        """May carry mail of the stream, as far as the administrator is concerned."""
        return self.address.enabled and not self.paused


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One mail stream. ``guard`` pauses it toward a provider when its addresses fall there one by one (product.md 5.9)."""

    id: int
    name: str
    paused: bool
    guard: bool
    addresses: tuple[BoundAddress, ...]
    limits: tuple[LimitRule, ...] = ()


@dataclass(frozen=True, slots=True)
class MailingPlan:
    """One mailing that is active now. ``expires_at`` in epoch seconds; ``hourly_ceiling`` in messages, None without."""

    id: int
    name: str
    stream: int
    expires_at: float
    hourly_ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class ProviderPause:
    """A stream (contagion guard) or a mailing (refused content, policy …) that waits toward one provider.

    ``provider`` is what :func:`engine.registry.provider_of` gives: its name, or the exchanger group of one without a name.
    """

    provider: str
    stream: int | None = None
    mailing: int | None = None


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The settings that sending depends on; seconds throughout."""

    name_servers: tuple[tuple[str, int], ...] = ()
    smtp_port: int = 25
    allow_loopback: bool = False
    workers: int = 1
    connections_per_pair: int = 10
    messages_per_connection: int = 1000
    probe_interval: float = 3600.0
    recovery_step: float = 60.0
    retry_schedule: tuple[float, ...] = (300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0)
    in_doubt: InDoubtPolicy = InDoubtPolicy.ASK
    tls_required: frozenset[str] = frozenset()
    """Domains and provider names that get mail only over STARTTLS; "*" is all."""
    refusal_share: float = 0.5
    """Share of a mailing's recipients at one provider, refused for content or policy, that pauses the mailing there."""
    refusal_minimum: int = 20
    connect_timeout: float = 30.0
    reply_timeout: float = 300.0
    drain_timeout: float = 30.0

    def requires_tls(self, domain: str, provider: str) -> bool:
        """Mail for the domain goes over TLS or not at all."""
        return not self.tls_required.isdisjoint((domain, provider, "*"))


@dataclass(frozen=True, slots=True)
class World:
    """Everything that administrators decide and the engine reads, as of one moment."""

    settings: EngineSettings
    streams: Mapping[int, StreamPlan]
    mailings: Mapping[int, MailingPlan]
    rules: tuple[Rule, ...]
    pauses: frozenset[ProviderPause] = frozenset()
    limits: tuple[LimitRule, ...] = ()
    """Server-wide limits; those of streams and addresses come on top, and the smallest wins."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The recipients of one mailing at one domain: rows ``first_id`` … ``last_id`` of the queue.

    ``earliest_retry`` is the first instant at which a deferred one is due (None when none is deferred).
    """

    id: int
    mailing: int
    domain: str
    first_id: int
    last_id: int
    earliest_retry: float | None = None


class Waiting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One recipient as read from the queue. ``attempts`` have been charged; ``fields`` are its merge values, if any."""

    id: int
    lane: int
    address: str
    attempts: int
    fields: dict[str, str] | None = None
    last_sending_address: str = ""
    """The sending address of the attempt before, "" when there was none: a greylisting destination has seen it."""
    bound: bool = False
    """The last refusal was of content, sender domain or policy: no other sending address may be tried (product.md 4.6)."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read up to ``limit`` waiting recipients of a lane, in one of two ways.

    Without ``due_by``: fresh ones (never deferred) after row ``after_id``, in order of id. With it: deferred ones that are due
    by that instant, earliest first.
    """

    lane: int
    after_id: int
    limit: int
    due_by: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The answer to one ReadRequest.

    Rows that are suppressed or unsubscribed at this moment are ended as stopped by the queue, and not among ``rows``.
    ``last_id`` is the last row looked at (0 when none was), ``exhausted`` says that there is no more of the kind that was
    asked for. ``next_due``: to a request for deferred ones, when the first is due of those that are not due yet.
    """

    rows: tuple[Waiting, ...]
    last_id: int
    exhausted: bool
    next_due: float | None = None


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What one attempt came to. Keyed by (recipient, attempt): recorded twice, it counts once.

    ``attempt`` is ``attempts + 1`` of the row it was read from. ``charged`` says whether the attempt counts.
    ``state`` WAITING with ``next_attempt`` is a deferral. ``at`` and ``next_attempt`` in epoch seconds.
    """

    recipient: int
    lane: int
    attempt: int
    state: RecipientState
    at: float
    charged: bool = True
    next_attempt: float | None = None
    sending_address: str = ""
    mx_address: str = ""
    mx_host: str = ""
    stage: Stage | None = None
    code: int = 0
    reply: str = ""
    verdict: Verdict = Verdict.UNKNOWN
    rule: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person should look at, shown in the attention list until it is resolved.

    ``kind`` is a word such as "total_block", "contagion", "refused_content", "unusable_address"; ``subject`` names what it
    is about and, with the kind, is its key.
    """

    kind: str
    subject: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Hold:
    """A domain whose recipients wait for a stream because it is totally blocked there (computed by the engine)."""

    stream: int
    domain: str


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine says of itself once a second; ``state`` is starting, sending, idle or draining."""

    state: str
    messages_per_second: float
    in_flight: int
    at: float


class Queue(Protocol):
    """The recipients and what administrators decided about them. All writes are durable when the call returns."""

    async def world(self) -> World:
        """Read everything administrators decide, in one snapshot."""
        ...

    async def message(self, mailing: int) -> CompiledMessage:
        """The compiled message of a mailing."""
        ...

    async def lanes(self, mailing: int) -> Sequence[Lane]:
        """The lanes of a mailing that still have waiting recipients."""
        ...

    async def read(self, requests: Sequence[ReadRequest]) -> Mapping[int, Batch]:
        """Answer each request, by lane. One request a lane. Where nodes share the queue, the rows are this one's from now on,
        until their outcome is recorded or they are given back."""
        ...

    async def lanes_of(self, recipients: Sequence[int]) -> Mapping[int, int]:
        """The lane of each recipient, for outcomes that a journal tells after a crash; unknown ones are left out."""
        ...

    async def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record outcomes and the counts that follow from them, in one transaction."""
        ...

    async def expire(self, lane: int, now: float, *, held: bool) -> int:
        """End all waiting recipients of a lane as expired ("expired while held" when *held*); return how many."""
        ...

    async def set_back(self, now: float, by: float, *, latest: float) -> None:
        """The clock was set back *by* so many seconds to *now*: let who waits wait as long as before, until *latest* at most."""
        ...

    async def complete(self, mailing: int) -> bool:
        """Mark an active mailing completed when nothing of it waits; False when something does."""
        ...

    async def holds(self) -> frozenset[Hold]:
        """What is recorded as held, by this engine or one before it."""
        ...

    async def set_holds(self, add: Sequence[Hold], remove: Sequence[Hold]) -> None:
        """Record which domains are held for which streams."""
        ...

    async def pause_at_provider(self, pause: ProviderPause, reason: str, at: float) -> None:
        """Record that a stream or a mailing waits toward a provider until the administrator resumes it."""
        ...

    async def alert(self, alerts: Sequence[Alert], resolved: Sequence[tuple[str, str]] = ()) -> None:
        """Raise alerts, and resolve those with the given (kind, subject)."""
        ...

    async def report(self, status: EngineStatus) -> bool:
        """Show the engine's state to others and renew its lease; raise LeaseLost when another engine has taken over.

        Returns whether others had put in doubt what this node has in hand, because they had not heard of it.
        """
        ...

    async def give_back(self, keep: Collection[int] = (), *, known: bool = True) -> None:
        """What was read is for any node to send, except the recipients *keep*, which are under way.

        Only who knows what was begun may say so, by its own memory or by the journals of the engine before. *known* False:
        nobody knows, and all of it is in doubt.
        """
        ...

    async def let_go(self, recipients: Collection[int]) -> None:
        """What was read and not begun is for any node to send: this one has no way for it at present.

        What is read after this was called is read when it is done.
        """
        ...

    async def address_unusable(self, ip: str, reason: str | None) -> None:
        """Record that an address can't be bound (product.md 2.7), or with None that it can again."""
        ...

    async def sent_today(self, now: float) -> Mapping[tuple[str, str], int]:
        """Messages handed over since midnight UTC by (sending address, provider), for warm-up plans."""
        ...

    async def changed(self) -> frozenset[str]:
        """Wait until something that the engine reads was changed by anyone else; return the topics.

        Topics: "world" (streams, mailings, settings, rules, pauses), "blocks", "recipients" (a person settled some).
        """
        ...


class LeaseLost(Exception):  # noqa: N818 - it is an event, not a fault
    """Another engine has taken this node's lease."""


class BlockLedger(Protocol):
    """Blocks and their history. Shared by all nodes, changed by administrators at any time."""

    async def load(self) -> Sequence[Block]:
        """All blocks that are not cleared."""
        ...

    async def save(self, changes: Sequence[tuple[Block, BlockEvent]]) -> Sequence[Block]:
        """Write blocks with the event that changed each, in one transaction, durable on return.

        A new block has id 0. A block that somebody else changed since it was loaded (``version``) is not written; the
        stored one is returned in its place. Returns every block as it now stands, in the order given.
        """
        ...
