"""What a refusal does to blocks: the threshold, what is new about a closed pair, widening to a group. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.blocks import (
    Block,
    BlockEvent,
    BlockEventKind,
    BlockState,
    Change,
    Refusal,
    RefusedPair,
    closed_state,
    must_be_probing,
    next_probe,
    over,
)
from engine.replies import Scope

WIDENING_WINDOW: Final = 600.0
"""Seconds within which a second MX address of a group must refuse the same sending address (product.md 5.3)."""


def refused(
    block: Block | None, refusal: Refusal, now: float, interval: float, jitter: float, known: int = 0
) -> Change | None:
    """What a refusal with the verdict block does to the block that covers its pair (None when nothing covers it).

    *known* is the number of addresses that the exchanger group has now, for the reason of a block that covers them all.

    A new block begins as SUSPECT while its rule's threshold is not reached, else as BLOCKED (PERMANENT when the rule says
    so). During the slow start one refusal leads back to BLOCKED. A pair that is closed already only adds what is new about
    it. Returns None when nothing changes: the pair is exempt, the refusal is known, or it is older than the recovery.
    """
    if block is None or block.state is BlockState.CLEARED:
        return _hit(_new(refusal), refusal, now, interval, jitter, known)
    if block.state is BlockState.SUSPECT:
        return _hit(block, refusal, now, interval, jitter, known)
    if block.state is BlockState.RECOVERING:
        if refusal.at < (block.ramp_since or 0.0):
            return None
        again = replace(_met(block, refusal, known), permanent=refusal.permanent)
        return _close(again, refusal, now, interval, jitter, "refused again during the slow start")
    if block.state is BlockState.EXEMPT:
        return None
    return _met_again(block, refusal, known)


def widen(block: Block, refusal: Refusal, others: Sequence[Block], known: int, now: float) -> Change:
    """The block after it was widened to (sending address, exchanger group) because of *refusal*.

    *others* are further blocks of the same sending address and group, whose pairs it takes over; *known* is the number of
    addresses that the group has now. The block keeps its first refusing address.
    """
    pairs = {pair.mx_address: pair for other in others for pair in other.pairs}
    pairs |= {pair.mx_address: pair for pair in block.pairs}
    pairs.setdefault(refusal.pair.mx_address, _refused_pair(refusal))
    ordered = tuple(sorted(pairs.values(), key=lambda pair: (pair.mx_address != block.mx_address, pair.at)))
    wider = replace(block, scope=Scope.GROUP, pairs=ordered, last_recipient=block.last_recipient or refusal.recipient)
    wider = replace(wider, reason=widened_reason(len(ordered), known, refusal.reason))
    return wider, _event(BlockEventKind.WIDENED, now, text=wider.reason, refusal=refusal)


def widened_reason(refusing: int, known: int, reason: str) -> str:
    """Why a block covers a whole exchanger group: "3 of 4 addresses refused; ..."."""
    known = max(known, refusing)
    words = f"{refusing} of {known} {'address' if known == 1 else 'addresses'} refused"
    return f"{words}; {reason}" if reason else words


def probe_refused(block: Block, refusal: Refusal, now: float, interval: float, jitter: float, known: int = 0) -> Change:
    """The probe met a block again: blocked as before, with the newest reply, next probe after the interval."""
    must_be_probing(block)
    permanent = block.permanent or refusal.permanent
    back = replace(_met(block, refusal, known), permanent=permanent, probe_note="")
    back = replace(back, state=closed_state(permanent), next_probe=next_probe(back, now, interval, jitter))
    return back, _event(BlockEventKind.PROBE_REFUSED, now, refusal=refusal)


def widens(refusal: Refusal, block: Block, refusing: Sequence[Block]) -> bool:
    """Whether a refusal leads from *block* to a wider one, given *refusing*: the other blocks that close pairs of the
    address at the group.

    It does when *block* closes its pair and its rule says so, or another MX address of the group refused within ten minutes.
    """
    if not block.closes_pair or block.group != refusal.group:
        return False
    if block.scope is Scope.GROUP:
        return bool(refusing)
    recent = (refusal.at - last_refused(other) <= WIDENING_WINDOW for other in refusing)
    return refusal.scope is Scope.GROUP or any(recent)


def refuses_alike(block: Block, other: Block) -> bool:
    """Whether a block closes its pair for as long as *other* does: what is permanent never joins what is probed."""
    return block.closes_pair and block.permanent == other.permanent


def may_be_merged(block: Block, into: Block) -> bool:
    """Whether *into* may take over a pair's block. What a person decided about the pair by itself stays."""
    return block.state is not BlockState.EXEMPT and (into.permanent or not block.permanent)


def last_refused(block: Block) -> float:
    """When a pair under the block was last seen to refuse, by mail or by a probe."""
    refused_at = max((pair.at for pair in block.pairs), default=block.since)
    probe_refused_it = block.last_probe is not None and not block.probe_note and block.can_be_probed
    return max(refused_at, block.last_probe or refused_at) if probe_refused_it else refused_at


def merged(block: Block, into: Block, now: float) -> Change:
    """A pair's block that a wider one has taken over."""
    text = f"merged into the block of {into.sending_address} first met at {into.mx_address}"
    return over(block), BlockEvent(BlockEventKind.CLEARED, now, text=text)


def _new(refusal: Refusal) -> Block:
    """A block without hits, as its first refusal describes it."""
    return Block(
        id=0,
        sending_address=refusal.pair.sending_address,
        mx_address=refusal.pair.mx_address,
        mx_host=refusal.mx_host,
        domain=refusal.domain,
        group=refusal.group,
        provider=refusal.provider,
        scope=refusal.scope,
        state=BlockState.SUSPECT,
        stage=refusal.stage,
        code=refusal.code,
        enhanced=refusal.enhanced,
        reply=refusal.reply,
        rule=refusal.rule,
        reason=refusal.reason,
        advice=refusal.advice,
        since=refusal.at,
        permanent=refusal.permanent,
        pairs=(_refused_pair(refusal),),
        probe_interval=refusal.probe_interval,
        last_recipient=refusal.recipient,
        threshold=refusal.threshold,
    )


def _hit(block: Block, refusal: Refusal, now: float, interval: float, jitter: float, known: int) -> Change:
    """One more refusal of a block that isn't closed: suspect below the threshold of the refusal's rule, else closed.

    Only refusals by the same rule count together: the threshold is the rule's (product.md 4.2).
    """
    earlier = block.hits if block.rule == refusal.rule else ()
    period = refusal.threshold.period_seconds if refusal.threshold else 0
    hits = (*(hit for hit in earlier if hit > refusal.at - period), refusal.at)
    met = replace(_met(block, refusal, known), hits=hits, permanent=refusal.permanent)
    if refusal.threshold and len(hits) < refusal.threshold.count:
        text = f"{len(hits)} of {refusal.threshold.count} refusals that make a block"
        return met, _event(BlockEventKind.REFUSED, now, text=text, refusal=refusal)
    return _close(replace(met, since=refusal.at), refusal, now, interval, jitter, met.reason)


def _close(block: Block, refusal: Refusal, now: float, interval: float, jitter: float, text: str) -> Change:
    """The block after it has closed its pair because of *refusal*."""
    closed = replace(block, state=closed_state(block.permanent), ramp_step=0, ramp_since=None, probe_note="")
    closed = replace(closed, next_probe=next_probe(closed, now, interval, jitter))
    return closed, _event(BlockEventKind.BLOCKED, now, text=text, refusal=refusal)


def _met(block: Block, refusal: Refusal, known: int) -> Block:
    """The block with the newest reply as its reason, and the refusing address among its pairs."""
    more = _with_pair(block, refusal, known)
    return replace(
        more,
        stage=refusal.stage,
        code=refusal.code,
        enhanced=refusal.enhanced,
        reply=refusal.reply,
        rule=refusal.rule,
        reason=more.reason if block.scope is Scope.GROUP else refusal.reason,
        advice=refusal.advice,
        threshold=refusal.threshold,
        probe_interval=refusal.probe_interval,
        last_recipient=refusal.recipient or block.last_recipient,
    )


def _met_again(block: Block, refusal: Refusal, known: int) -> Change | None:
    """A refusal on a pair that is closed already: sessions that were open end with one. Only what is new is kept."""
    more = _with_pair(block, refusal, known)
    if not more.last_recipient:
        more = replace(more, last_recipient=refusal.recipient)
    if refusal.permanent and not block.permanent and block.state is BlockState.BLOCKED:
        more = replace(more, permanent=True, state=BlockState.PERMANENT, next_probe=None)
    if more == block:
        return None
    return more, _event(BlockEventKind.REFUSED, refusal.at, refusal=refusal)


def _with_pair(block: Block, refusal: Refusal, known: int) -> Block:
    """The block with the refusing address among its pairs; when it covers a group, its reason counts them."""
    listed = any(pair.mx_address == refusal.pair.mx_address for pair in block.pairs)
    pairs = block.pairs if listed else (*block.pairs, _refused_pair(refusal))
    first = not block.hits and block.state is BlockState.SUSPECT
    if block.scope is not Scope.GROUP or (listed and not first):
        return replace(block, pairs=pairs)
    return replace(block, pairs=pairs, reason=widened_reason(len(pairs), known, refusal.reason))


def _refused_pair(refusal: Refusal) -> RefusedPair:
    return RefusedPair(refusal.pair.mx_address, refusal.mx_host, refusal.code, refusal.reply, refusal.at)


def _event(kind: BlockEventKind, now: float, *, text: str = "", refusal: Refusal) -> BlockEvent:
    return BlockEvent(kind, now, text=text, reply=refusal.reply, mx_address=refusal.pair.mx_address)
