"""What a person does to blocks: clear, restore, probe, hold, exempt, note. A service: functions on the caller's session.

Each decision is made by a transition of :mod:`engine.blocks` and written by :mod:`app.database.ledger`; the engine hears of
it after the commit and acts at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.database import ledger
from app.services import audit, blocks
from app.services.blocks import BlockFilter
from app.services.names import check_text
from app.services.problems import Refused, UnknownName
from app.settings import PROBE_INTERVAL, value_of
from engine import blocks as life
from engine.blocks import Block, BlockState, BlockStateError, Change

BULK_STATES = frozenset(set(BlockState) - {BlockState.CLEARED, BlockState.EXEMPT})
"""What "all blocks of …" means: an exemption is no block."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """Blocks that were cleared, each with the state that it had: what :func:`restore` takes to undo it."""

    states: tuple[tuple[int, BlockState], ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """The blocks."""
        return tuple(block for block, _ in self.states)


def clear(session: Session, block_ids: Sequence[int], *, actor: str, now: float, reason: str = "") -> Cleared:
    """Open the pairs of blocks at once, without a slow start (product.md 5.8). All or none.

    Raises UnknownName for an id that never was, Refused for one that is cleared already.
    """
    reason = check_text(reason, "reason")
    found = _find(session, block_ids)
    _write(session, "clear", [life.cleared(block, now, actor, reason) for block in _open(found)], actor=actor, now=now)
    return Cleared(tuple((block.id, block.state) for block in found))


def clear_matching(session: Session, wanted: BlockFilter, *, actor: str, now: float, reason: str = "") -> Cleared:
    """Clear all blocks of a stream, a domain, an address …; exemptions stay. There may be none."""
    return clear(session, matching(session, wanted), actor=actor, now=now, reason=reason)


def matching(session: Session, wanted: BlockFilter) -> Sequence[int]:
    """The ids of the blocks that :func:`clear_matching` would clear."""
    found = blocks.ordered_ids(session, wanted=wanted)
    return [block.id for block in ledger.find(session.connection(), found) if block.state in BULK_STATES]


def restore(session: Session, cleared: Cleared, *, actor: str, now: float) -> int:
    """Undo a clear: the blocks are again in the states that they had; those that others brought back are left alone.

    Returns how many were restored; Refused when none could be.
    """
    interval = value_of(session, PROBE_INTERVAL)
    states = dict(cleared.states)
    found = [block for block in _find(session, cleared.ids) if block.state is BlockState.CLEARED]
    if not found:
        raise Refused("These blocks are not cleared any more.")
    changes = [life.restored(block, states[block.id], now, actor, interval, _jitter()) for block in found]
    _write(session, "restore", changes, actor=actor, now=now)
    return len(found)


def clear_and_probe(session: Session, block_ids: Sequence[int], *, actor: str, now: float) -> None:
    """The careful variant of clear: the slow start begins at once, and its first message is the test.

    Raises as :func:`clear`.
    """
    found = _open(_find(session, block_ids))
    _write(session, "clear_and_probe", [life.reopened(block, now, actor) for block in found], actor=actor, now=now)


def probe_now(session: Session, block_ids: Sequence[int], *, actor: str, now: float) -> None:
    """Test blocks as soon as an engine can; refused for one whose pair is open, or that is being tested."""
    _change(session, "probe", block_ids, lambda block: life.probe_requested(block, now, actor), actor=actor, now=now)


def hold(session: Session, block_ids: Sequence[int], *, actor: str, now: float, reason: str = "") -> None:
    """Make blocks permanent: no probe until a person acts."""
    reason = check_text(reason, "reason")
    _change(
        session, "hold", block_ids, lambda block: life.made_permanent(block, now, actor, reason), actor=actor, now=now
    )


def exempt(session: Session, block_ids: Sequence[int], *, actor: str, now: float, reason: str = "") -> None:
    """Never block these pairs, whatever is said there."""
    reason = check_text(reason, "reason")
    _change(session, "exempt", block_ids, lambda block: life.exempted(block, now, actor, reason), actor=actor, now=now)


def unexempt(session: Session, block_ids: Sequence[int], *, actor: str, now: float) -> None:
    """End exemptions: the pairs are open, and the next refusal blocks them."""
    found = _find(session, block_ids)
    for block in found:
        if block.state is not BlockState.EXEMPT:
            raise Refused(f"Block {block.id} is {block.state.value}, not exempt.")
    changes = [life.cleared(block, now, actor, "the exemption was ended") for block in found]
    _write(session, "unexempt", changes, actor=actor, now=now)


def note(session: Session, block_id: int, text: str, *, actor: str, now: float) -> None:
    """Write a note on a block, "" removes it. Raises BadValue("note", …)."""
    checked = check_text(text, "note")
    _change(session, "note", [block_id], lambda block: life.noted(block, checked, now, actor), actor=actor, now=now)


def _find(session: Session, block_ids: Sequence[int]) -> list[Block]:
    """The blocks with these ids; raises UnknownName for the first that never was."""
    found = ledger.find(session.connection(), sorted(set(block_ids)))
    known = {block.id for block in found}
    for block_id in block_ids:
        if block_id not in known:
            raise UnknownName("block", str(block_id))
    return found


def _open(found: Sequence[Block]) -> Sequence[Block]:
    for block in found:
        if block.state is BlockState.CLEARED:
            raise Refused(f"Block {block.id} is cleared already.")
    return found


def _change(
    session: Session,
    verb: str,
    block_ids: Sequence[int],
    transition: Callable[[Block], Change],
    *,
    actor: str,
    now: float,
) -> None:
    changes = []
    for block in _find(session, block_ids):
        try:
            changes.append(transition(block))
        except BlockStateError as error:
            raise Refused(f"Block {block.id}: {error}.") from None
    _write(session, verb, changes, actor=actor, now=now)


def _write(session: Session, verb: str, changes: Sequence[Change], *, actor: str, now: float) -> None:
    """Write changes of blocks that were read in this transaction, and a line of the audit trail for each."""
    if not changes:
        return
    session.flush()
    ledger.save(session.connection(), changes)
    audit.record_many(
        session,
        actor=actor,
        now=now,
        action=f"block.{verb}",
        subjects=(
            (f"block {block.id} ({block.sending_address} at {block.domain})", event.text or block.state.value)
            for block, event in changes
        ),
    )


def _jitter() -> float:
    return random.uniform(-1.0, 1.0)  # noqa: S311 - spreads probes, guards nothing
