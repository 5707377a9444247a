"""What a reply means for the recipient and its pair, and when a recipient is tried again. Pure functions.

The table (product.md 4.3 to 4.6, 6.5); "waits" is by the retry schedule, "at once" as soon as a pair is free.

=============  ==============================  =======  =================  =====================
verdict        the recipient                   charged  next over          the pair
=============  ==============================  =======  =================  =====================
block          waits, at once                  no       any other address  is blocked
block (*)      waits, at once elsewhere        no       any other pair     stays open
throttle       waits                           yes      any address        is slowed
greylist       waits                           yes      the same address   works
content        4xx waits, 5xx fails            yes      the same address   works
sender_domain  4xx waits, 5xx fails            yes      the same address   works
policy         4xx waits, 5xx fails            yes      the same address   works
all others     4xx waits, 5xx fails            yes      any address        works
before MAIL    waits, at once elsewhere        no       any other pair     backs off
=============  ==============================  =======  =================  =====================

(throttle before MAIL: the pair is slowed, and backs off when it has no connection left.)

(*) below a rule's threshold, or with an exemption: the pair itself is tried again after the schedule's first step.

"Before MAIL" are the stages banner, EHLO, STARTTLS, AUTH and the unasked 421: no recipient was named there, so a 5xx fails
none and other pairs and exchangers are tried; the mailing's expiry ends it. The refusals of content, sender domain and
policy are an exception: they are about the sender wherever they come, another address is not tried, and a 5xx fails.
A verdict on a reply that is neither 4xx nor 5xx (malformed) waits like a 4xx.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.ports import InDoubtPolicy, RecipientState
from engine.replies import Classification, Stage, Verdict


class PairEffect(StrEnum):
    """What becomes of the pair."""

    NONE = "none"
    WORKS = "works"
    """A recipient got a verdict over it: Limits.note_clean."""
    BLOCK = "block"
    """Registry.on_refusal."""
    THROTTLE = "throttle"
    """Limits.note_throttle, which lets a pair without an open connection back off too."""
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


_BEFORE_MAIL: Final = frozenset({Stage.BANNER, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.SESSION})
_ABOUT_THE_SENDER: Final = frozenset({Verdict.CONTENT, Verdict.SENDER_DOMAIN, Verdict.POLICY})
"""Refusals that another address must not be tried on (product.md 4.6)."""
_NEVER_FINAL: Final = frozenset({Verdict.THROTTLE, Verdict.GREYLIST})
"""What asks for another try, with a 5xx code too."""


def next_attempt(schedule: Sequence[float], attempts: int, now: float) -> float:
    """When a recipient is tried again after *attempts* charged ones. *schedule* in seconds, its last entry repeated."""
    return now + schedule[max(0, min(attempts, len(schedule)) - 1)]


def is_expired(expires_at: float, now: float) -> bool:
    """Whether a mailing's recipients that still wait have expired."""
    return now >= expires_at


def delivered() -> Decision:
    """The destination took responsibility."""
    return Decision(RecipientState.DELIVERED, charged=True, pair=PairEffect.WORKS)


def returned() -> Decision:
    """Never begun, or cut off before the last byte: not charged, at once again."""
    return Decision(RecipientState.WAITING, charged=False, pair=PairEffect.NONE)


def in_doubt(policy: InDoubtPolicy, schedule: Sequence[float], attempts: int, now: float) -> Decision:
    """Handed over to the last byte, no reply seen. *attempts* were charged before this one.

    Sent again, it goes over the same address, so that a destination can see that it is the same message.
    """
    if policy is InDoubtPolicy.AGAIN:
        again = next_attempt(schedule, attempts + 1, now)
        return Decision(RecipientState.WAITING, True, PairEffect.NONE, next_attempt=again, same_address=True)
    state = RecipientState.DELIVERED if policy is InDoubtPolicy.DELIVERED else RecipientState.IN_DOUBT
    return Decision(state, charged=True, pair=PairEffect.NONE)


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
    verdict = classification.verdict
    first = next_attempt(schedule, 1, now)
    if verdict is Verdict.BLOCK:
        again = None if pair_closed else first
        return Decision(RecipientState.WAITING, False, PairEffect.BLOCK, next_attempt=again, avoid_pair=True)
    about_the_sender = verdict in _ABOUT_THE_SENDER
    if stage in _BEFORE_MAIL and not about_the_sender:
        effect = connection_refused(classification)
        return Decision(RecipientState.WAITING, False, effect, next_attempt=first, avoid_pair=True)
    effect = _effect_in_transaction(verdict, stage)
    if 500 <= code < 600 and verdict not in _NEVER_FINAL:
        return Decision(RecipientState.FAILED, True, effect, counts_as_refused=about_the_sender)
    return Decision(
        RecipientState.WAITING,
        charged=True,
        pair=effect,
        next_attempt=next_attempt(schedule, attempts + 1, now),
        same_address=about_the_sender or verdict is Verdict.GREYLIST,
        counts_as_refused=about_the_sender,
    )


def connection_refused(classification: Classification) -> PairEffect:
    """A reply refused a connection before any recipient was named, or ended it unasked: what becomes of the pair."""
    if classification.verdict is Verdict.BLOCK:
        return PairEffect.BLOCK
    if classification.verdict is Verdict.THROTTLE:
        return PairEffect.THROTTLE
    return PairEffect.BACK_OFF


def pauses_mailing(refused: int, tried: int, share: float, minimum: int) -> bool:
    """Whether so many of a mailing's recipients at one provider were refused for content, sender domain or policy that it
    pauses there (product.md 4.6). Both counts are of different recipients."""
    return refused >= max(1, minimum) and refused >= share * tried


def _effect_in_transaction(verdict: Verdict, stage: Stage) -> PairEffect:
    if stage in _BEFORE_MAIL:
        return PairEffect.BACK_OFF
    return PairEffect.THROTTLE if verdict is Verdict.THROTTLE else PairEffect.WORKS
