"""What a reply means for the recipient and its pair, and when a recipient is tried again. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.ports import InDoubtPolicy, RecipientState
from engine.replies import Classification, Stage


class PairEffect(StrEnum):
    """What becomes of the pair."""

    NONE = "none"
    WORKS = "works"
    """A recipient got a verdict over it: Limits.note_clean."""
    BLOCK = "block"
    """Registry.on_refusal."""
    THROTTLE = "throttle"
    """Limits.note_throttle."""
    BACK_OFF = "back_off"
    """Limits.note_unreachable."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one attempt leads to.

    ``state`` is a final one or WAITING; then ``next_attempt`` is the earliest instant of the next try, None for at once.
    ``same_address``: only over the same sending address. ``avoid_pair``: at once over any other open pair; ``next_attempt``
    is for this one. ``counts_as_refused``: a refusal of content, sender domain or policy, which counts toward the share
    that pauses the mailing at the provider.
    """

    state: RecipientState
    charged: bool
    pair: PairEffect
    next_attempt: float | None = None
    same_address: bool = False
    avoid_pair: bool = False
    counts_as_refused: bool = False


def next_attempt(schedule: Sequence[float], attempts: int, now: float) -> float:
    """When a recipient is tried again after *attempts* charged ones. *schedule* in seconds, its last entry repeated."""
    raise NotImplementedError


def is_expired(expires_at: float, now: float) -> bool:
    """Whether a mailing's recipients that still wait have expired."""
    raise NotImplementedError


def delivered() -> Decision:
    """The destination took responsibility."""
    raise NotImplementedError


def returned() -> Decision:
    """Never begun, or cut off before the last byte: not charged, at once again."""
    raise NotImplementedError


def in_doubt(policy: InDoubtPolicy, schedule: Sequence[float], attempts: int, now: float) -> Decision:
    """Handed over to the last byte, no reply seen. *attempts* were charged before this one."""
    raise NotImplementedError


def refused(
    classification: Classification,
    stage: Stage,
    code: int,
    *,
    schedule: Sequence[float],
    attempts: int,
    now: float,
    pair_closed: bool = True,
) -> Decision:
    """A reply refused the recipient's transaction (or the session it was to begin in). *attempts* were charged before.

    *pair_closed*: for the verdict block, whether the pair is closed now (not below a threshold, not with an exemption).
    """
    raise NotImplementedError


def connection_refused(classification: Classification) -> PairEffect:
    """A reply refused a connection before any recipient was named, or ended it unasked: what becomes of the pair."""
    raise NotImplementedError


def pauses_mailing(refused: int, tried: int, share: float, minimum: int) -> bool:
    """Whether so many of a mailing's recipients at one provider were refused for content, sender domain or policy that it
    pauses there (product.md 4.6). Both counts are of different recipients."""
    raise NotImplementedError
