"""The words for what a destination says: stages, replies, verdicts. Pure values, used in every room."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REPLY_LIMIT = 4096
"""Characters of a reply that are looked at and kept (product.md 4.7)."""

_GAP: Final = re.compile(r"[\s_-]+")


class Stage(StrEnum):
    """Where in the conversation a reply came."""

    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END_OF_DATA = "end_of_data"
    SESSION = "session"
    """Unasked, in the middle of a session (421)."""

    @classmethod
    def parse(cls, text: str) -> Stage:
        """Read a stage in any case, its gaps written as blanks, hyphens, underscores or not at all; raise ValueError otherwise.

        The commands themselves (HELO, MAIL FROM, RCPT TO) and the names that people use for two stages are read too.
        """
        word = _GAP.sub("", text).lower()
        aliases = {
            "connect": cls.BANNER,
            "helo": cls.EHLO,
            "mailfrom": cls.MAIL,
            "rcptto": cls.RCPT,
            "endofdata": cls.END_OF_DATA,
            "midsession": cls.SESSION,
        }
        return aliases.get(word) or cls(word)


class Verdict(StrEnum):
    """What a reply means for us (product.md 4.3)."""

    BLOCK = "block"
    THROTTLE = "throttle"
    GREYLIST = "greylist"
    RECIPIENT = "recipient"
    MAILBOX_FULL = "mailbox_full"
    CONTENT = "content"
    SENDER_DOMAIN = "sender_domain"
    POLICY = "policy"
    SIZE = "size"
    RELAY = "relay"
    SYSTEM = "system"
    PROTOCOL = "protocol"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """How far a block verdict reaches at once; other verdicts have the scope PAIR."""

    PAIR = "pair"
    """This sending address at this MX address; widens by what is seen."""
    GROUP = "group"
    """This sending address at every MX address of the exchanger group."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply, its lines joined.

    ``code`` is the three-digit code (0 when the text had none), ``enhanced`` the status code of RFC 3463 ("5.7.1") or
    "", ``text`` what was on the wire: code included, lines joined by ``\\n``, at most REPLY_LIMIT characters. The text
    is hostile input: show it only through :func:`engine.classifier.shown`.
    """

    code: int
    enhanced: str
    text: str

    @property
    def is_positive(self) -> bool:
        """2xx or 3xx (RFC 5321, 4.2.1)."""
        return 200 <= self.code < 400

    @property
    def is_permanent(self) -> bool:
        """5xx: the same command will be refused again (RFC 5321, 4.2.1)."""
        return 500 <= self.code < 600


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rule counts only from the n-th match on within a period (product.md 4.2)."""

    count: int
    period_seconds: int


@dataclass(frozen=True, slots=True)
class Classification:
    """What the classifier says of one reply at one stage.

    ``rule`` is the id of the rule that decided ("" for the fallback by code), ``reason`` a sentence part in words ("says
    that 203.0.113.7 is on a block list: zen.spamhaus.org"), ``advice`` what an administrator can do (delisting page as
    text, "" when there is none). ``probe_interval_seconds`` is None when the setting counts. ``reason`` and ``advice``
    are safe to show: control and bidirectional characters are escaped.
    """

    verdict: Verdict
    rule: str = ""
    scope: Scope = Scope.PAIR
    permanent: bool = False
    threshold: Threshold | None = None
    probe_interval_seconds: int | None = None
    reason: str = ""
    advice: str = ""
    provider: str = ""
