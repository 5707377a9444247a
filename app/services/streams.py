"""Mail streams: create, edit, copy, delete, pause, and the addresses bound in them. A service: functions on the caller's session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.services.addresses import AddressState
from engine.limits import LimitRule
from engine.pairs import IPText

DEFAULT_WEIGHT = 100
MOST_WEIGHT = 1000


@dataclass(frozen=True, slots=True)
class Binding:
    """A sending address in a stream, as an administrator gives it: ``ip`` in any spelling, ``weight`` 1 to 1000."""

    ip: str
    weight: int = DEFAULT_WEIGHT
    paused: bool = False


@dataclass(frozen=True, slots=True)
class BoundAddressView:
    """A sending address in a stream. ``state`` is that of the address itself, ``paused`` of its place in this stream."""

    address_id: int
    ip: IPText
    helo: str
    state: AddressState
    weight: int
    paused: bool


@dataclass(frozen=True, slots=True)
class StreamView:
    """One stream with its addresses (sorted numerically) and its own limits. ``version`` grows with every change."""

    id: int
    name: str
    description: str
    is_default: bool
    paused: bool
    guard: bool
    addresses: tuple[BoundAddressView, ...]
    limits: tuple[LimitRule, ...]
    version: int

    def bindings(self) -> tuple[Binding, ...]:
        """The addresses in the form that :class:`StreamEdit` takes."""
        return tuple(Binding(each.ip, each.weight, each.paused) for each in self.addresses)


@dataclass(frozen=True, slots=True)
class StreamEdit:
    """The new values of a stream; all of them are set. ``make_default`` False leaves the default stream as it is."""

    name: str
    description: str
    guard: bool
    bindings: tuple[Binding, ...]
    limits: tuple[LimitRule, ...]
    make_default: bool = False


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One line of the table of streams. ``sites``, ``lists``, ``segments`` count those associated with it by themselves."""

    id: int
    name: str
    is_default: bool
    paused: bool
    addresses: int
    closed_addresses: int
    """Those of ``addresses`` that are paused, here or everywhere, or unusable."""
    sites: int
    lists: int
    segments: int
    messages_per_second: float
    delivered_today: int
    """Since midnight UTC."""
    blocks: int
    """Blocks on its addresses that are neither cleared, nor suspect, nor exempt."""
    held: int


@dataclass(frozen=True, slots=True)
class DeletedStream:
    """What the deletion of a stream moved elsewhere. ``associations`` went to the replacement, or to "inherit"."""

    name: str
    replacement: str | None
    associations: int
    mailings: tuple[str, ...]


def create(
    session: Session,
    *,
    name: str,
    addresses: Sequence[str | Binding],
    actor: str,
    now: float,
    description: str = "",
    limits: Sequence[LimitRule] = (),
    guard: bool = False,
) -> StreamView:
    """Create a stream over sending addresses that exist.

    Raises BadValue ("name", "addresses", "weight", "limits"), UnknownName for an address that was never added, Refused when
    the name is taken (names are the same without regard to case).
    """
    raise NotImplementedError


def edit(session: Session, base: StreamView, edit: StreamEdit, *, actor: str, now: float) -> StreamView:
    """Set all values of a stream that was read as *base*.

    Raises StaleEdit, with the names of the fields that differ from *base* now, when somebody else changed it; and as create.
    """
    raise NotImplementedError


def rename(session: Session, stream_id: int, name: str, *, actor: str, now: float) -> StreamView:
    """Give a stream another name; a change of case is one."""
    raise NotImplementedError


def copy(session: Session, stream_id: int, *, actor: str, now: float, name: str | None = None) -> StreamView:
    """Copy a stream with its addresses and limits, without associations.

    Without *name* the copy is called "X copy", or "X copy 2" and so on, whichever is free.
    """
    raise NotImplementedError


def delete(
    session: Session, stream_id: int, *, actor: str, now: float, replace_with: int | None = None
) -> DeletedStream:
    """Delete a stream (product.md 2.5).

    Refused for the default stream, and without *replace_with* (the id of a stream) while unfinished mailings use it; their
    names are in ``Refused.names``. With it, associations and the waiting and held recipients of unfinished mailings move
    there; without it, associations are emptied, which means "inherit".
    """
    raise NotImplementedError


def set_default(session: Session, stream_id: int, *, actor: str, now: float) -> StreamView:
    """Make this the default stream in place of the present one."""
    raise NotImplementedError


def pause(session: Session, stream_id: int, *, actor: str, now: float) -> StreamView:
    """No new attempt starts over the stream until it is resumed."""
    raise NotImplementedError


def resume(session: Session, stream_id: int, *, actor: str, now: float) -> StreamView:
    """Mail goes over the stream again."""
    raise NotImplementedError


def add_addresses(
    session: Session, stream_id: int, addresses: Sequence[str | Binding], *, actor: str, now: float
) -> StreamView:
    """Bind more addresses; those that the stream has already keep their weight."""
    raise NotImplementedError


def remove_address(session: Session, stream_id: int, ip: str, *, actor: str, now: float) -> StreamView:
    """Take an address out of the stream; refused for its last one."""
    raise NotImplementedError


def set_weight(session: Session, stream_id: int, ip: str, weight: int, *, actor: str, now: float) -> StreamView:
    """Set the share of an address in the stream's mail, 1 to 1000."""
    raise NotImplementedError


def pause_address(session: Session, stream_id: int, ip: str, *, actor: str, now: float) -> StreamView:
    """Leave an address out of this stream's mail for now; other streams may use it."""
    raise NotImplementedError


def resume_address(session: Session, stream_id: int, ip: str, *, actor: str, now: float) -> StreamView:
    """Use the address for this stream's mail again."""
    raise NotImplementedError


def set_limits(session: Session, stream_id: int, rules: Sequence[LimitRule], *, actor: str, now: float) -> StreamView:
    """Replace the stream's limits."""
    raise NotImplementedError


def get(session: Session, stream_id: int) -> StreamView:
    """One stream; raises Refused when it was deleted."""
    raise NotImplementedError


def by_name(session: Session, name: str) -> StreamView:
    """One stream by its name without regard to case; raises UnknownName."""
    raise NotImplementedError


def default(session: Session) -> StreamView:
    """The default stream."""
    raise NotImplementedError


def listing(session: Session, *, now: float) -> list[StreamRow]:
    """All streams with their numbers, by name, the default first; in a fixed number of queries."""
    raise NotImplementedError
