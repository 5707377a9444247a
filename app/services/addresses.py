"""Sending addresses: add, edit, pause, resume, remove, show. A service: functions on the caller's session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from engine.limits import LimitRule, WarmUp
from engine.pairs import Family, IPText


class AddressState(StrEnum):
    """Whether mail can leave from an address. UNUSABLE: it could not be bound when mail had to leave (product.md 2.7)."""

    ENABLED = "enabled"
    PAUSED = "paused"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class AddressView:
    """One sending address. ``streams`` are the names of the streams that use it; ``fault`` says why it is unusable, or ""."""

    id: int
    ip: IPText
    family: Family
    helo: str
    state: AddressState
    fault: str
    node: str
    limits: LimitRule | None
    warm_up: WarmUp | None
    streams: tuple[str, ...]
    open_blocks: int


@dataclass(frozen=True, slots=True)
class AddressEdit:
    """The new values of an address; all of them are set."""

    helo: str
    limits: LimitRule | None = None
    warm_up: WarmUp | None = None


def add(
    session: Session,
    ip: str,
    *,
    actor: str,
    now: float,
    helo: str = "",
    limits: LimitRule | None = None,
    warm_up: WarmUp | None = None,
) -> AddressView:
    """Add a sending address of this node.

    Without *helo* the address greets with its address literal (RFC 5321, 4.1.3); callers give the reverse name, found by
    :func:`app.services.preflight.default_helo`. Raises BadValue ("ip", "helo", "limits", "warm_up"), Refused when it exists.
    """
    raise NotImplementedError


def edit(session: Session, address_id: int, edit: AddressEdit, *, actor: str, now: float) -> AddressView:
    """Set HELO name, limits and warm-up plan. Takes effect at once (product.md 2.4)."""
    raise NotImplementedError


def pause(session: Session, address_id: int, *, actor: str, now: float) -> AddressView:
    """No mail leaves from the address until it is resumed; open transactions finish."""
    raise NotImplementedError


def resume(session: Session, address_id: int, *, actor: str, now: float) -> AddressView:
    """Mail may leave from the address again."""
    raise NotImplementedError


def remove(session: Session, address_id: int, *, actor: str, now: float, unbind: bool = False) -> None:
    """Forget an address and its blocks.

    Refused while streams use it, with their names; *unbind* takes it out of them first, refused where it is the last one.
    """
    raise NotImplementedError


def get(session: Session, address_id: int) -> AddressView:
    """One address; raises Refused when it was removed."""
    raise NotImplementedError


def by_ip(session: Session, ip: str) -> AddressView:
    """One address by its text; raises BadValue when it is no IP address, UnknownName when there is none such."""
    raise NotImplementedError


def listing(session: Session) -> list[AddressView]:
    """All sending addresses, sorted numerically, in a fixed number of queries."""
    raise NotImplementedError


def machine_addresses() -> Sequence[IPText]:
    """The addresses of this machine's interfaces that mail could leave from, sorted numerically, loopback last.

    Link-local addresses are left out.
    """
    raise NotImplementedError
