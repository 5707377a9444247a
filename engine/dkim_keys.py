"""The words for DKIM keys: where one is, what it signs for, why it can't be used. Pure; loads nothing of cryptography."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DkimAlgorithm(StrEnum):
    """The signature algorithms in use (RFC 8301, RFC 8463)."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """Where to find a key, and what it signs for. ``domain`` in A-labels."""

    domain: str
    selector: str
    key_file: str
    algorithm: DkimAlgorithm = DkimAlgorithm.RSA


class DkimKeyError(ValueError):
    """A key can't be used; the message is one sentence with the path of its file, never its content."""
