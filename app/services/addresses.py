"""Sending addresses: add, edit, pause, resume, remove, show. A service: functions on the caller's session."""

from __future__ import annotations

import ipaddress
import socket
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import psutil
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, joinedload

from app.database.changes import WORLD, bump
from app.database.schema import AddressSwitch, SendingAddress, StoredBlock, Stream, StreamAddress
from app.services import audit
from app.services.address_entries import sendable
from app.services.limits import QUANTITIES, address_limits, check_quantities, check_warm_up, warm_up_of, words
from app.services.nodes import this_node
from app.services.problems import BadValue, Refused, UnknownName, names_of, near_names
from engine.addresses import AddressError, check_helo_name
from engine.blocks import BlockState
from engine.limits import LimitRule, WarmUp
from engine.pairs import Family, IPText, family_of, ip_sort_key

OPEN_BLOCKS = (BlockState.BLOCKED, BlockState.PROBING, BlockState.RECOVERING, BlockState.PERMANENT)
"""States of a block that keep mail from being sent, or from being sent at full speed."""


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
    node_id: int | None = None,
) -> AddressView:
    """Add a sending address of a node (this machine's, unless *node_id* is given: ``Database.node``).

    Without *helo* the address greets with its address literal (RFC 5321, 4.1.3); callers give the reverse name, found by
    :func:`app.services.preflight.default_helo`. Raises BadValue ("ip", "helo", "limits", "warm_up"), Refused when it exists.
    """
    canonical = parse(ip)
    if session.scalar(select(SendingAddress.id).where(SendingAddress.ip == canonical)) is not None:
        raise Refused(f"{canonical} is a sending address already.", [canonical])
    address = SendingAddress(
        node_id=this_node(session) if node_id is None else node_id,
        ip=canonical,
        ip_key=ip_sort_key(canonical),
        helo="",
        state=AddressSwitch.ENABLED,
        created_at=now,
    )
    _set(address, AddressEdit(helo, limits, warm_up))
    session.add(address)
    session.flush()
    view = get(session, address.id)
    _record(session, "address.add", canonical, actor, now, after=_words(view))
    return view


def edit(session: Session, address_id: int, edit: AddressEdit, *, actor: str, now: float) -> AddressView:
    """Set HELO name, limits and warm-up plan. Takes effect at once (product.md 2.4)."""
    before = get(session, address_id)
    address = _row(session, address_id)
    _set(address, edit)
    session.flush()
    after = get(session, address_id)
    if after != before:
        _record(session, "address.edit", after.ip, actor, now, before=_words(before), after=_words(after))
    return after


def pause(session: Session, address_id: int, *, actor: str, now: float) -> AddressView:
    """No mail leaves from the address until it is resumed; open transactions finish."""
    return _switch(session, address_id, AddressSwitch.PAUSED, actor, now)


def resume(session: Session, address_id: int, *, actor: str, now: float) -> AddressView:
    """Mail may leave from the address again."""
    return _switch(session, address_id, AddressSwitch.ENABLED, actor, now)


def remove(session: Session, address_id: int, *, actor: str, now: float, unbind: bool = False) -> None:
    """Forget a sending address; the history of its blocks stays.

    Refused while streams use it, with their names; *unbind* takes it out of them first, refused where it is the last one.
    """
    address = _row(session, address_id)
    bound = session.scalars(
        select(Stream).join(StreamAddress).where(StreamAddress.address_id == address_id).order_by(Stream.name_key)
    ).all()
    if bound and not unbind:
        names = [stream.name for stream in bound]
        raise Refused(f"{address.ip} is used by {names_of(names)}; remove it there first.", names)
    for stream in bound:
        _unbind(session, stream, address)
        audit.record(
            session,
            actor=actor,
            now=now,
            action="stream.remove_address",
            subject=f"stream {stream.name}",
            before=f"address {address.ip}",
        )
    _record(session, "address.remove", address.ip, actor, now, before=_words(get(session, address_id)))
    session.delete(address)
    session.flush()


def get(session: Session, address_id: int) -> AddressView:
    """One address; raises Refused when it was removed."""
    found = _views(session, _every().where(SendingAddress.id == address_id))
    if not found:
        raise _gone()
    return found[0]


def by_ip(session: Session, ip: str) -> AddressView:
    """One address by its text; raises BadValue when it is no IP address, UnknownName when there is none such."""
    return get(session, id_of(session, ip))


def id_of(session: Session, ip: str) -> int:
    """The id of a sending address by its text; raises as :func:`by_ip`."""
    canonical = parse(ip)
    found = session.scalar(select(SendingAddress.id).where(SendingAddress.ip == canonical))
    if found is None:
        known = session.scalars(select(SendingAddress.ip))
        raise UnknownName("sending address", canonical, near_names(canonical, known))
    return found


def parse(ip: str) -> IPText:
    """The canonical form of a typed address; raise BadValue("ip", …)."""
    try:
        return sendable(ip)
    except ValueError as error:
        raise BadValue("ip", f"ip: {error}") from None


def listing(session: Session) -> list[AddressView]:
    """All sending addresses, sorted numerically, in a fixed number of queries."""
    return _views(session, _every())


def machine_addresses() -> Sequence[IPText]:
    """The addresses of this machine's interfaces that mail could leave from, sorted numerically, loopback last.

    Link-local addresses are left out.
    """
    found = {
        str(ipaddress.ip_address(entry.address))
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6) and "%" not in entry.address
    }
    usable = (ip for ip in found if not ipaddress.ip_address(ip).is_link_local)
    return sorted(map(IPText, usable), key=lambda ip: (ipaddress.ip_address(ip).is_loopback, ip_sort_key(ip)))


def state_of(switch: AddressSwitch, unusable_reason: str | None) -> AddressState:
    """What stands behind an address in tables: a pause comes before a fault, because a person chose it."""
    if switch is AddressSwitch.PAUSED:
        return AddressState.PAUSED
    return AddressState.ENABLED if unusable_reason is None else AddressState.UNUSABLE


def literal(ip: str) -> str:
    """The address literal that an address without a name greets with (RFC 5321, 4.1.3)."""
    return f"[IPv6:{ip}]" if family_of(ip) is Family.IPV6 else f"[{ip}]"


def _set(address: SendingAddress, edit: AddressEdit) -> None:
    try:
        address.helo = check_helo_name(edit.helo) if edit.helo.strip() else literal(address.ip)
    except AddressError as error:
        raise BadValue("helo", f"helo: {error}.") from None
    if edit.limits is not None:
        check_quantities(edit.limits)
    for name in QUANTITIES:
        setattr(address, name, getattr(edit.limits, name, None))
    plan = check_warm_up(edit.warm_up)
    address.warm_up_started = plan.started if plan else None
    address.warm_up_first_day = plan.first_day if plan else None
    address.warm_up_growth = plan.growth if plan else None
    address.warm_up_last_day = plan.last_day if plan else None


def _switch(session: Session, address_id: int, state: AddressSwitch, actor: str, now: float) -> AddressView:
    address = _row(session, address_id)
    if address.state is not state:
        verb = "pause" if state is AddressSwitch.PAUSED else "resume"
        _record(session, f"address.{verb}", address.ip, actor, now, before=address.state, after=state)
        address.state = state
        session.flush()
    return get(session, address_id)


def _unbind(session: Session, stream: Stream, address: SendingAddress) -> None:
    others = session.scalar(
        select(func.count())
        .select_from(StreamAddress)
        .where(StreamAddress.stream_id == stream.id, StreamAddress.address_id != address.id)
    )
    if not others:
        raise Refused(f"{address.ip} is the only address of {stream.name}; add another one there first.", [stream.name])
    session.execute(
        delete(StreamAddress).where(StreamAddress.stream_id == stream.id, StreamAddress.address_id == address.id)
    )
    stream.version += 1


def _row(session: Session, address_id: int) -> SendingAddress:
    address = session.get(SendingAddress, address_id)
    if address is None:
        raise _gone()
    return address


def _gone() -> Refused:
    return Refused("The sending address was removed in the meantime.")


def _every() -> Select[SendingAddress]:
    return select(SendingAddress).options(joinedload(SendingAddress.node)).order_by(SendingAddress.ip_key)


def _views(session: Session, wanted: Select[SendingAddress]) -> list[AddressView]:
    rows = session.scalars(wanted).all()
    streams: dict[int, list[str]] = defaultdict(list)
    for address_id, name in session.execute(
        select(StreamAddress.address_id, Stream.name).join(Stream).order_by(Stream.name_key)
    ):
        streams[address_id].append(name)
    blocks = open_blocks(session)
    return [
        AddressView(
            id=row.id,
            ip=IPText(row.ip),
            family=family_of(row.ip),
            helo=row.helo,
            state=state_of(row.state, row.unusable_reason),
            fault=row.unusable_reason or "",
            node=row.node.name,
            limits=address_limits(row),
            warm_up=warm_up_of(row),
            streams=tuple(streams[row.id]),
            open_blocks=blocks.get(row.ip, 0),
        )
        for row in rows
    ]


def open_blocks(session: Session) -> dict[str, int]:
    """The number of blocks that keep something from being sent, by sending address."""
    counted = session.execute(
        select(StoredBlock.sending_address, func.count())
        .where(StoredBlock.state.in_(OPEN_BLOCKS))
        .group_by(StoredBlock.sending_address)
    )
    return dict(counted.all())


def _words(view: AddressView) -> str:
    parts = [f"HELO {view.helo}"]
    if view.limits:
        parts.append(words([view.limits]))
    if view.warm_up:
        plan = view.warm_up
        parts.append(f"warm-up {plan.first_day} to {plan.last_day} a day, times {plan.growth:g}")
    return ", ".join(parts)


def _record(
    session: Session, action: str, ip: str, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    audit.record(session, actor=actor, now=now, action=action, subject=f"address {ip}", before=before, after=after)
    bump(session, WORLD)
