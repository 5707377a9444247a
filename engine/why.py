"""Why a recipient is not sent: the reasons that exclude a pair, and the words for them. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.pairs import IPPair


class Exclusion(StrEnum):
    """Why a pair can't be used now."""

    NONE = "none"
    """It can."""
    STREAM_PAUSED = "stream_paused"
    ADDRESS_DISABLED = "address_disabled"
    PAUSED_IN_STREAM = "paused_in_stream"
    UNUSABLE = "unusable"
    OTHER_FAMILY = "other_family"
    OTHER_ADDRESS = "other_address"
    """The recipient waits for one sending address, and this is another."""
    BLOCKED = "blocked"
    RAMP_FULL = "ramp_full"
    BACKING_OFF = "backing_off"
    LIMIT = "limit"
    BUSY = "busy"
    """All it can carry at once is under way."""
    WORSE_PREFERENCE = "worse_preference"
    """An MX of a better preference is in use."""


@dataclass(frozen=True, slots=True)
class CandidateReport:
    """One pair and what keeps it from being used. ``until`` is the next possible time, None when nobody can know."""

    pair: IPPair
    mx_host: str
    preference: int
    exclusion: Exclusion
    text: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to "why not sent?": all pairs in the order of choice, and the next possible time.

    ``chosen`` is the pair that would be used now, None when the recipient has to wait. ``summary`` is one sentence.
    """

    candidates: tuple[CandidateReport, ...]
    chosen: IPPair | None
    next_time: float | None
    summary: str
