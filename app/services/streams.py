"""Mail streams: create, edit, copy, delete, pause, and the addresses bound in them. A service: functions on the caller's session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.changes import WORLD, bump
from app.database.schema import (
    Mailing,
    SendingAddress,
    Stream,
    StreamAddress,
    name_key,
)
from app.services import addresses, associations, audit, runs
from app.services.address_entries import sendable
from app.services.limits import check_limits, to_rows
from app.services.names import check_name, check_text, free_copy_name
from app.services.problems import BadValue, Refused, StaleEdit, UnknownName, names_of, near_names
from app.services.stream_views import (
    Binding,
    BoundAddressView,
    StreamRow,
    StreamUsage,
    StreamView,
    by_name,
    default,
    every,
    get,
    gone,
    listing,
    unfinished_over,
    usage,
)
from app.services.stream_words import description, difference
from engine.limits import LimitRule

__all__ = [
    "MOST_WEIGHT",
    "Binding",
    "BoundAddressView",
    "DeletedStream",
    "StreamEdit",
    "StreamRow",
    "StreamUsage",
    "StreamView",
    "add_addresses",
    "by_name",
    "copy",
    "create",
    "default",
    "delete",
    "edit",
    "every",
    "get",
    "listing",
    "pause",
    "pause_address",
    "remove_address",
    "rename",
    "resume",
    "resume_address",
    "set_default",
    "set_limits",
    "set_weight",
    "usage",
]

MOST_WEIGHT = 1000
EDITED = ("name", "description", "guard", "addresses", "limits")
"""What an editor sets, and what must not have changed under it."""


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
    stream = Stream(guard=guard, created_at=now)
    _set_name(session, stream, name)
    stream.description = check_text(description, "description")
    bindings = _checked(addresses)
    if not bindings:
        raise BadValue("addresses", "addresses: a stream needs at least one sending address.")
    rules = check_limits(limits)
    session.add(stream)
    _bind(session, stream, bindings)
    stream.limits = to_rows(rules)
    return _created(session, stream, actor, now)


def edit(session: Session, base: StreamView, edit: StreamEdit, *, actor: str, now: float) -> StreamView:
    """Set all values of a stream that was read as *base*.

    Raises StaleEdit, with the names of the fields that differ from *base* now, when somebody else changed it; and as create.
    """
    present = get(session, base.id)
    changed = [name for name in EDITED if _value(present, name) != _value(base, name)]
    if changed:
        raise StaleEdit(f"Stream {base.name}", changed)
    bindings = _checked(edit.bindings)
    if not bindings and present.addresses:
        raise BadValue("addresses", "addresses: a stream needs at least one sending address.")
    rules = check_limits(edit.limits)
    description = check_text(edit.description, "description")
    with _changing(session, base.id, "edit", actor, now) as stream:
        _set_name(session, stream, edit.name)
        stream.description = description
        stream.guard = edit.guard
        _bind(session, stream, bindings)
        stream.limits = to_rows(rules)
    if edit.make_default:
        return set_default(session, base.id, actor=actor, now=now)
    return get(session, base.id)


def rename(session: Session, stream_id: int, name: str, *, actor: str, now: float) -> StreamView:
    """Give a stream another name; a change of case is one."""
    with _changing(session, stream_id, "rename", actor, now) as stream:
        _set_name(session, stream, name)
    return get(session, stream_id)


def copy(session: Session, stream_id: int, *, actor: str, now: float, name: str | None = None) -> StreamView:
    """Copy a stream with its addresses and limits, without associations.

    Without *name* the copy is called "X copy", or "X copy 2" and so on, whichever is free.
    """
    original = get(session, stream_id)
    if name is None:
        name = free_copy_name(original.name, session.scalars(select(Stream.name)).all())
    stream = Stream(description=original.description, guard=original.guard, created_at=now)
    _set_name(session, stream, name)
    session.add(stream)
    _bind(session, stream, _checked(original.bindings()))
    stream.limits = to_rows(original.limits)
    return _created(session, stream, actor, now, before=f"copy of {original.name}")


def delete(
    session: Session, stream_id: int, *, actor: str, now: float, replace_with: int | None = None
) -> DeletedStream:
    """Delete a stream (product.md 2.5).

    Refused for the default stream, and without *replace_with* (the id of a stream) while unfinished mailings use it; their
    names are in ``Refused.names``. With it, associations and the waiting and held recipients of unfinished mailings move
    there; without it, associations are emptied, which means "inherit".
    """
    stream = _row(session, stream_id)
    if stream.is_default:
        raise Refused(f"{stream.name} is the default stream; make another one the default first.", [stream.name])
    if replace_with == stream_id:
        raise BadValue("replace_with", "replace_with: a stream can't replace itself.")
    replacement = None if replace_with is None else get(session, replace_with)
    used = usage(session, stream_id)
    if used.mailings and replacement is None:
        raise Refused(
            f"{stream.name} is used by unfinished mailings ({names_of(used.mailings)}); choose a stream to replace it.",
            used.mailings,
        )
    associations.replace_stream(session, stream_id, replace_with, actor=actor, now=now)
    if replacement is not None:
        _move_mailings(session, stream_id, replacement.id, actor, now)
    name = stream.name
    session.delete(stream)
    session.flush()
    _record(session, "delete", name, actor, now, after=f"replaced by {replacement.name}" if replacement else "")
    return DeletedStream(name, replacement.name if replacement else None, used.associations, used.mailings)


def set_default(session: Session, stream_id: int, *, actor: str, now: float) -> StreamView:
    """Make this the default stream in place of the present one."""
    stream = _row(session, stream_id)
    if not stream.is_default:
        former = session.scalar(select(Stream).where(Stream.is_default))
        if former is not None:
            former.is_default = False
            former.version += 1
            session.flush()
        stream.is_default = True
        stream.version += 1
        session.flush()
        before = former.name if former is not None else ""
        _record(session, "set_default", stream.name, actor, now, before=before, after=stream.name)
    return get(session, stream_id)


def pause(session: Session, stream_id: int, *, actor: str, now: float) -> StreamView:
    """No new attempt starts over the stream until it is resumed."""
    with _changing(session, stream_id, "pause", actor, now) as stream:
        stream.paused = True
    return get(session, stream_id)


def resume(session: Session, stream_id: int, *, actor: str, now: float) -> StreamView:
    """Mail goes over the stream again."""
    with _changing(session, stream_id, "resume", actor, now) as stream:
        stream.paused = False
    return get(session, stream_id)


def add_addresses(
    session: Session, stream_id: int, addresses: Sequence[str | Binding], *, actor: str, now: float
) -> StreamView:
    """Bind more addresses; those that the stream has already keep their weight."""
    present = get(session, stream_id).bindings()
    known = {binding.ip for binding in present}
    fresh = [binding for binding in _checked(addresses) if binding.ip not in known]
    with _changing(session, stream_id, "add_address", actor, now) as stream:
        _bind(session, stream, [*present, *fresh])
    return get(session, stream_id)


def remove_address(session: Session, stream_id: int, ip: str, *, actor: str, now: float) -> StreamView:
    """Take an address out of the stream; refused for its last one."""
    view = get(session, stream_id)
    binding = _binding(view, ip)
    others = [each for each in view.bindings() if each != binding]
    if not others:
        raise Refused(f"{binding.ip} is the only address of {view.name}; add another one first, or pause the stream.")
    with _changing(session, stream_id, "remove_address", actor, now) as stream:
        _bind(session, stream, others)
    return get(session, stream_id)


def set_weight(session: Session, stream_id: int, ip: str, weight: int, *, actor: str, now: float) -> StreamView:
    """Set the share of an address in the stream's mail, 1 to 1000."""
    return _rebind(session, stream_id, "set_weight", actor, now, ip, weight=weight)


def pause_address(session: Session, stream_id: int, ip: str, *, actor: str, now: float) -> StreamView:
    """Leave an address out of this stream's mail for now; other streams may use it."""
    return _rebind(session, stream_id, "pause_address", actor, now, ip, paused=True)


def resume_address(session: Session, stream_id: int, ip: str, *, actor: str, now: float) -> StreamView:
    """Use the address for this stream's mail again."""
    return _rebind(session, stream_id, "resume_address", actor, now, ip, paused=False)


def set_limits(session: Session, stream_id: int, rules: Sequence[LimitRule], *, actor: str, now: float) -> StreamView:
    """Replace the stream's limits."""
    checked = check_limits(rules)
    with _changing(session, stream_id, "set_limits", actor, now) as stream:
        stream.limits = to_rows(checked)
    return get(session, stream_id)


def _row(session: Session, stream_id: int) -> Stream:
    stream = session.get(Stream, stream_id)
    if stream is None:
        raise gone()
    return stream


@contextmanager
def _changing(session: Session, stream_id: int, verb: str, actor: str, now: float) -> Iterator[Stream]:
    """The row of a stream to change; what differs afterwards goes into the audit trail, nothing when nothing does."""
    stream = _row(session, stream_id)
    before = get(session, stream_id)
    yield stream
    session.flush()
    after = get(session, stream_id)
    if after == before:
        return
    stream.version += 1
    session.flush()
    was, became = difference(before, after)
    _record(session, verb, before.name, actor, now, before=was, after=became)


def _created(session: Session, stream: Stream, actor: str, now: float, *, before: str = "") -> StreamView:
    session.flush()
    view = get(session, stream.id)
    _record(session, "create", view.name, actor, now, before=before, after=description(view))
    return view


def _record(
    session: Session, verb: str, name: str, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    audit.record(
        session, actor=actor, now=now, action=f"stream.{verb}", subject=f"stream {name}", before=before, after=after
    )
    bump(session, WORLD)


def _set_name(session: Session, stream: Stream, name: str) -> None:
    name = check_name(name)
    with session.no_autoflush:
        other = session.scalar(select(Stream).where(Stream.name_key == name_key(name)))
    if other is not None and other is not stream:
        raise Refused(f"There is a stream {other.name!r} already.", [other.name])
    stream.name, stream.name_key = name, name_key(name)


def _checked(addresses: Sequence[str | Binding]) -> list[Binding]:
    """Bindings with canonical addresses, each address once (its first mention counts)."""
    bindings: dict[str, Binding] = {}
    for given in addresses:
        binding = Binding(given) if isinstance(given, str) else given
        try:
            ip = sendable(binding.ip)
        except ValueError as error:
            raise BadValue("addresses", f"addresses: {error}") from None
        if not 1 <= binding.weight <= MOST_WEIGHT:
            raise BadValue("weight", f"weight: must be 1 to {MOST_WEIGHT}.")
        bindings.setdefault(ip, replace(binding, ip=ip))
    return list(bindings.values())


def _bind(session: Session, stream: Stream, bindings: Sequence[Binding]) -> None:
    """Make the stream's bindings these; rows of addresses that stay are kept."""
    wanted = {binding.ip: binding for binding in bindings}
    known = dict(session.execute(select(SendingAddress.ip, SendingAddress.id)).all())
    for ip in wanted:
        if ip not in known:
            raise UnknownName("sending address", ip, near_names(ip, known))
    bound = {row.address_id: row for row in stream.bindings}
    stream.bindings = [
        bound.get(known[ip]) or StreamAddress(address_id=known[ip], weight=binding.weight)
        for ip, binding in wanted.items()
    ]
    for row, binding in zip(stream.bindings, wanted.values(), strict=True):
        row.weight, row.paused = binding.weight, binding.paused


def _binding(view: StreamView, ip: str) -> Binding:
    """The binding of an address in a stream; raises as addresses.parse, and UnknownName when the stream has it not."""
    canonical = addresses.parse(ip)
    bindings = {binding.ip: binding for binding in view.bindings()}
    if canonical not in bindings:
        raise UnknownName(f"address of stream {view.name}", canonical, near_names(canonical, bindings))
    return bindings[canonical]


def _rebind(
    session: Session,
    stream_id: int,
    verb: str,
    actor: str,
    now: float,
    ip: str,
    *,
    weight: int | None = None,
    paused: bool | None = None,
) -> StreamView:
    view = get(session, stream_id)
    binding = _binding(view, ip)
    changed = replace(
        binding,
        weight=binding.weight if weight is None else weight,
        paused=binding.paused if paused is None else paused,
    )
    bindings = _checked([changed if each == binding else each for each in view.bindings()])
    with _changing(session, stream_id, verb, actor, now) as stream:
        _bind(session, stream, bindings)
    return get(session, stream_id)


def _move_mailings(session: Session, stream_id: int, replacement_id: int, actor: str, now: float) -> None:
    using = select(Mailing.id).where(unfinished_over(stream_id)).order_by(Mailing.id)
    for mailing_id in session.scalars(using).all():
        runs.move(session, mailing_id, replacement_id, actor=actor, now=now)


def _value(view: StreamView, name: str) -> object:
    return view.bindings() if name == "addresses" else getattr(view, name)
