"""Why a recipient is not sent: the reasons that exclude a pair, and the words for them. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from engine.blocks import Block
from engine.limit_rules import Binding, LimitKind
from engine.pairs import IPPair
from engine.replies import Scope


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


WORDS: Final = {
    Exclusion.NONE: "open",
    Exclusion.STREAM_PAUSED: "the stream is paused",
    Exclusion.ADDRESS_DISABLED: "the sending address is paused",
    Exclusion.PAUSED_IN_STREAM: "the sending address is paused in this stream",
    Exclusion.UNUSABLE: "this machine can't send from the address at present",
    Exclusion.OTHER_FAMILY: "IPv4 and IPv6 can't be joined",
    Exclusion.OTHER_ADDRESS: "the recipient is tried again from another address",
    Exclusion.BUSY: "all that the pair can carry at once is under way",
    Exclusion.WORSE_PREFERENCE: "an exchanger that the domain prefers is in use",
}
"""The words for reasons that have no particulars."""


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


def instant(at: float) -> str:
    """An instant for people: "2026-03-01 14:05:09 UTC"."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def blocked_words(block: Block) -> str:
    """Since when a pair is blocked, by what, and when it is tested next. The reason is safe to show, the reply is not."""
    covers = "this address at the whole exchanger group is blocked" if block.scope is Scope.GROUP else "blocked"
    words = f"{covers} since {instant(block.since)}"
    if block.reason:
        words += f": {block.reason}"
    if block.permanent:
        return f"{words}; closed until a person clears it"
    return f"{words}; next probe {instant(block.next_probe)}" if block.next_probe is not None else words


def ramp_words(until: float | None) -> str:
    """The slow start's step is used up."""
    ends = f"; the next step begins {instant(until)}" if until is not None else ""
    return f"recovering: the messages of this step of the slow start are used up{ends}"


def limit_words(binding: Binding) -> str:
    """Which limit binds, who set it, and until when."""
    if binding.kind is LimitKind.BACK_OFF:
        words = "connections failed; the pair rests"
    else:
        quantity = {
            LimitKind.CONNECTIONS: "connections at once",
            LimitKind.CONNECTIONS_PER_HOUR: "new connections an hour",
            LimitKind.MESSAGES_PER_HOUR: "messages an hour",
            LimitKind.MESSAGES_PER_MINUTE: "messages a minute",
            LimitKind.WARM_UP: "messages a day at this provider",
        }[binding.kind]
        words = f"limit of {binding.limit} {quantity} ({binding.origin})"
    return f"{words} until {instant(binding.until)}" if binding.until is not None else words
