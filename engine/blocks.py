"""The life of a block: its values, and the pure state machine that says what follows from what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.pairs import ExchangerGroup, IPPair, IPText
from engine.replies import Scope, Stage, Threshold


class BlockState(StrEnum):
    """Where a block stands (product.md 5). SUSPECT, EXEMPT and CLEARED do not close the pair; RECOVERING closes it above the ramp."""

    SUSPECT = "suspect"
    BLOCKED = "blocked"
    PROBING = "probing"
    RECOVERING = "recovering"
    PERMANENT = "permanent"
    EXEMPT = "exempt"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply with the verdict block, as it happened on one pair. ``at`` in epoch seconds."""

    pair: IPPair
    mx_host: str
    domain: str
    group: ExchangerGroup
    provider: str
    stage: Stage
    code: int
    enhanced: str
    reply: str
    rule: str
    reason: str
    advice: str
    at: float
    recipient: str = ""
    scope: Scope = Scope.PAIR
    permanent: bool = False
    threshold: Threshold | None = None
    probe_interval: float | None = None


@dataclass(frozen=True, slots=True)
class RefusedPair:
    """One pair under a block, with the reply that it met first. The screen opens a widened block to these."""

    mx_address: IPText
    mx_host: str
    code: int
    reply: str
    at: float


@dataclass(frozen=True, slots=True)
class Block:
    """The record that a pair, or a sending address at an exchanger group (scope GROUP), is refused.

    ``id`` is 0 until the ledger has stored it; ``version`` grows with every change by anyone. Times in epoch seconds, None
    when there is none. ``mx_address`` is the first refusing address and stays so when the block widens; ``pairs`` has all.
    ``hits`` are the instants of the refusals that count toward the rule's threshold. ``ramp_step`` is the number of clean
    steps of the slow start, ``ramp_since`` when the present one began. ``probe_requested`` asks for a probe at once.
    """

    id: int
    sending_address: IPText
    mx_address: IPText
    mx_host: str
    domain: str
    group: ExchangerGroup
    provider: str
    scope: Scope
    state: BlockState
    stage: Stage
    code: int
    enhanced: str
    reply: str
    rule: str
    reason: str
    advice: str
    since: float
    permanent: bool = False
    pairs: tuple[RefusedPair, ...] = ()
    last_probe: float | None = None
    next_probe: float | None = None
    probe_interval: float | None = None
    probe_requested: bool = False
    probe_note: str = ""
    """What the last probe said when it failed for another reason (timeout, DNS)."""
    probes: int = 0
    last_recipient: str = ""
    hits: tuple[float, ...] = ()
    threshold: Threshold | None = None
    ramp_step: int = 0
    ramp_since: float | None = None
    note: str = ""
    version: int = 0

    @property
    def pair(self) -> IPPair:
        """The pair that was refused first."""
        return IPPair(self.sending_address, self.mx_address)


class BlockEventKind(StrEnum):
    """What a line of a block's history tells."""

    REFUSED = "refused"
    BLOCKED = "blocked"
    WIDENED = "widened"
    PROBE_STARTED = "probe_started"
    PROBE_REFUSED = "probe_refused"
    PROBE_FAILED = "probe_failed"
    PROBE_ACCEPTED = "probe_accepted"
    RAMP = "ramp"
    RECOVERED = "recovered"
    CLEARED = "cleared"
    RESTORED = "restored"
    MADE_PERMANENT = "made_permanent"
    EXEMPTED = "exempted"
    PROBE_REQUESTED = "probe_requested"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class BlockEvent:
    """One line of a block's history. ``actor`` is "engine" or the person's name."""

    kind: BlockEventKind
    at: float
    actor: str = "engine"
    text: str = ""
    reply: str = ""
    mx_address: str = ""
