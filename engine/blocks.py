"""The life of a block: its values, and the pure state machine that says what follows from what happens to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    @property
    def closes_pair(self) -> bool:
        """No new attempt starts on what it covers, probes apart."""
        return self.state in _CLOSING

    @property
    def can_be_probed(self) -> bool:
        """A probe may start: it closes its pair and no probe is under way."""
        return self.state in (BlockState.BLOCKED, BlockState.PERMANENT)


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


ENGINE = "engine"
"""The actor of whatever no person did, here and in the trail of changes."""


@dataclass(frozen=True, slots=True)
class BlockEvent:
    """One line of a block's history. ``actor`` is ENGINE or the person's name."""

    kind: BlockEventKind
    at: float
    actor: str = ENGINE
    text: str = ""
    reply: str = ""
    mx_address: str = ""


Change = tuple[Block, BlockEvent]
"""A block as it stands after something happened to it, and the line that this adds to its history."""

PROBE_JITTER = 0.1
"""Share of the probe interval by which a probe may come earlier or later (product.md 5.6)."""

SET_BACK = "the machine's clock was set back by {:.0f} seconds"
"""What a block's history says then."""

_CLOSING = frozenset({BlockState.BLOCKED, BlockState.PROBING, BlockState.PERMANENT})


class BlockStateError(ValueError):
    """What was asked for can't happen to a block in its present state. The message is a sentence for the person who asked."""


def next_probe(block: Block, now: float, interval: float, jitter: float) -> float | None:
    """When *block* is tested next: after the interval, its rule's own one if it has that, ±10 %; None when permanent.

    *interval* in seconds; *jitter* from -1 to 1, drawn by the caller.
    """
    if block.permanent:
        return None
    seconds = interval if block.probe_interval is None else block.probe_interval
    return now + seconds * (1 + PROBE_JITTER * max(-1.0, min(1.0, jitter)))


def probe_started(block: Block, now: float, interval: float, jitter: float) -> Change:
    """A probe is under way. The next one is set at once, so that a crash in between doesn't lead to a second probe."""
    if block.state not in (BlockState.BLOCKED, BlockState.PERMANENT):
        raise BlockStateError(f"a block that is {block.state.value} is not probed")
    upcoming = next_probe(block, now, interval, jitter)
    probing = replace(
        block,
        state=BlockState.PROBING,
        last_probe=now,
        next_probe=upcoming,
        probe_requested=False,
        probes=block.probes + 1,
    )
    return probing, BlockEvent(BlockEventKind.PROBE_STARTED, now)


def probe_failed(block: Block, text: str, now: float, interval: float, jitter: float) -> Change:
    """The probe failed for another reason (timeout, DNS, a reply that is no block): the block stays as it is and says so."""
    must_be_probing(block)
    upcoming = next_probe(block, now, interval, jitter)
    back = replace(block, state=closed_state(block.permanent), probe_note=text, next_probe=upcoming)
    return back, BlockEvent(BlockEventKind.PROBE_FAILED, now, text=text)


def probe_accepted(block: Block, now: float, reply: str = "") -> Change:
    """The probe was accepted: the slow start begins with one message in its first step."""
    must_be_probing(block)
    recovering = replace(
        block,
        state=BlockState.RECOVERING,
        permanent=False,
        next_probe=None,
        probe_note="",
        ramp_step=0,
        ramp_since=now,
    )
    return recovering, BlockEvent(BlockEventKind.PROBE_ACCEPTED, now, reply=reply)


def set_back(block: Block, now: float, by: float, interval: float) -> Change | None:
    """The clock was set back *by* so many seconds to *now*: what lies ahead comes when it would have come, a probe within its
    interval. Returns None when nothing does."""

    def earlier(instant: float) -> float:
        return instant - by if instant > now else instant

    latest = now + (interval if block.probe_interval is None else block.probe_interval) * (1 + PROBE_JITTER)
    moved = replace(
        block,
        next_probe=None if block.next_probe is None else min(earlier(block.next_probe), latest),
        ramp_since=None if block.ramp_since is None else earlier(block.ramp_since),
        hits=tuple(earlier(hit) for hit in block.hits),
    )
    return (moved, BlockEvent(BlockEventKind.NOTED, now, text=SET_BACK.format(by))) if moved != block else None


def ramp_allowance(block: Block) -> int:
    """Messages that the present step of the slow start allows: 1, 2, 4, 8 … (product.md 5.7)."""
    return 1 << min(block.ramp_step, 62)


def ramp_ends(block: Block, step_seconds: float) -> float | None:
    """When the present step of the slow start is over; None when there is no slow start."""
    return None if block.state is not BlockState.RECOVERING else (block.ramp_since or 0.0) + step_seconds


def ramp_tick(block: Block, now: float, step_seconds: float, ceiling: int) -> Change | None:
    """The end of a clean step: the next one allows twice as much; at *ceiling* messages a step the block is over.

    A step without a block reply is clean, also when nothing was sent in it. However late it comes, a tick is one step.
    Returns None while the step lasts.
    """
    ends = ramp_ends(block, step_seconds)
    if ends is None or now < ends:
        return None
    stepped = replace(block, ramp_step=block.ramp_step + 1, ramp_since=now)
    allowed = ramp_allowance(stepped)
    if allowed < ceiling:
        return stepped, BlockEvent(BlockEventKind.RAMP, now, text=f"{allowed} messages in this step")
    return over(stepped), BlockEvent(BlockEventKind.RECOVERED, now, text="recovered along the slow start")


def suspicion_ends(block: Block) -> float | None:
    """When the refusals of a suspect have all left its threshold's period; None when it is no suspect."""
    if block.state is not BlockState.SUSPECT:
        return None
    last = block.hits[-1] if block.hits else block.since
    return last + (block.threshold.period_seconds if block.threshold else 0)


def suspicion_ended(block: Block, now: float) -> Change | None:
    """A suspect whose threshold was not reached in time is over; None while it may still be reached."""
    ends = suspicion_ends(block)
    if ends is None or now < ends:
        return None
    return over(block), BlockEvent(BlockEventKind.CLEARED, now, text="the rule's threshold was not reached")


def cleared(block: Block, now: float, actor: str, reason: str = "") -> Change:
    """A person has cleared the block: the pair is open at once, without a slow start (product.md 5.8)."""
    _must_live(block, "cleared")
    return over(block), BlockEvent(BlockEventKind.CLEARED, now, actor, reason)


def reopened(block: Block, now: float, actor: str) -> Change:
    """A person has cleared the block with care: the slow start begins at once, and its first message is the test."""
    _must_live(block, "cleared")
    recovering = replace(
        block,
        state=BlockState.RECOVERING,
        permanent=False,
        next_probe=None,
        probe_requested=False,
        probe_note="",
        ramp_step=0,
        ramp_since=now,
    )
    return recovering, BlockEvent(BlockEventKind.CLEARED, now, actor, "with a slow start")


def restored(block: Block, state: BlockState, now: float, actor: str, interval: float, jitter: float) -> Change:
    """A person has undone a clear: the block is again in the *state* it had before (PROBING comes back as BLOCKED)."""
    if block.state is not BlockState.CLEARED:
        raise BlockStateError(f"a block that is {block.state.value} was not cleared and can't be restored")
    if state is BlockState.CLEARED:
        raise BlockStateError("a block can't be restored to cleared")
    state = closed_state(block.permanent) if state is BlockState.PROBING else state
    back = replace(block, state=state, permanent=state is BlockState.PERMANENT)
    if state is BlockState.BLOCKED:
        back = replace(back, next_probe=next_probe(back, now, interval, jitter))
    if state is BlockState.RECOVERING:
        back = replace(back, ramp_since=now)
    return back, BlockEvent(BlockEventKind.RESTORED, now, actor)


def made_permanent(block: Block, now: float, actor: str, reason: str = "") -> Change:
    """A person wants the pair closed until a person acts: no probes."""
    _must_live(block, "made permanent")
    held = replace(block, state=BlockState.PERMANENT, permanent=True, next_probe=None, probe_requested=False)
    return held, BlockEvent(BlockEventKind.MADE_PERMANENT, now, actor, reason)


def exempted(block: Block, now: float, actor: str, reason: str = "") -> Change:
    """A person wants this pair (or, when widened, this address at this group) never to be blocked."""
    _must_live(block, "exempted")
    free = replace(block, state=BlockState.EXEMPT, permanent=False, next_probe=None, probe_requested=False, hits=())
    return free, BlockEvent(BlockEventKind.EXEMPTED, now, actor, reason)


def probe_requested(block: Block, now: float, actor: str) -> Change:
    """A person wants a probe now; of a permanent block too."""
    if block.state not in (BlockState.BLOCKED, BlockState.PERMANENT):
        raise BlockStateError(f"a block that is {block.state.value} is not probed")
    return replace(block, probe_requested=True), BlockEvent(BlockEventKind.PROBE_REQUESTED, now, actor)


def noted(block: Block, note: str, now: float, actor: str) -> Change:
    """A person has written a note on the block ("" removes it)."""
    return replace(block, note=note), BlockEvent(BlockEventKind.NOTED, now, actor, note)


def closed_state(permanent: bool) -> BlockState:
    """The state of a block that closes its pair while no probe is under way."""
    return BlockState.PERMANENT if permanent else BlockState.BLOCKED


def over(block: Block) -> Block:
    """The block after its end."""
    return replace(block, state=BlockState.CLEARED, next_probe=None, probe_requested=False)


def must_be_probing(block: Block) -> None:
    """Raise BlockStateError unless a probe is under way."""
    if block.state is not BlockState.PROBING:
        raise BlockStateError(f"no probe is under way for a block that is {block.state.value}")


def _must_live(block: Block, what: str) -> None:
    if block.state is BlockState.CLEARED:
        raise BlockStateError(f"the block is cleared already and can't be {what}")
