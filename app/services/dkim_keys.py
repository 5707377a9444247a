"""DKIM keys of sender domains: made, registered, checked; the keys stay in files for their owner alone. A service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class DkimKeyView:
    """The key of one sender domain. ``record`` is the text to publish at ``<selector>._domainkey.<domain>``."""

    id: int
    domain: str
    selector: str
    path: Path
    record: str


def register(session: Session, *, domain: str, selector: str, path: Path, actor: str, now: float) -> DkimKeyView:
    """Use a private key (PEM, RSA of 1,024 bits or more, or Ed25519) for a sender domain; replaces the one it had.

    Raises BadValue ("domain", "selector", "path"), Refused when others may read the file.
    """
    raise NotImplementedError


def generate(session: Session, *, domain: str, selector: str, folder: Path, actor: str, now: float) -> DkimKeyView:
    """Make an RSA key of 2,048 bits in a new file (mode 0600) of *folder*, and register it."""
    raise NotImplementedError


def remove(session: Session, domain: str, *, actor: str, now: float) -> None:
    """Forget the key of a domain; its file stays. Raises UnknownName."""
    raise NotImplementedError


def listing(session: Session) -> list[DkimKeyView]:
    """The keys of all sender domains, by domain."""
    raise NotImplementedError


def load(session: Session, domain: str) -> tuple[str, bytes] | None:
    """(selector, PEM) of a sender domain, None without one. Raises Refused when the file is gone or open to others."""
    raise NotImplementedError
