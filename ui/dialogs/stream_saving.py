"""Writes what the stream editor edited, in one transaction: new addresses, the stream, its associations. In a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.services import addresses, associations, streams
from app.services.associations import NodeKind
from app.services.streams import StreamEdit, StreamView
from ui.models.association_tree import Key
from ui.models.stream_addresses import EditedAddress


@dataclass(frozen=True, slots=True)
class StreamSaving:
    """Everything that the editor sets. ``base`` None: a new stream. ``ticks``: branches whose check mark was changed."""

    base: StreamView | None
    edit: StreamEdit
    fresh: tuple[EditedAddress, ...]
    ticks: Mapping[Key, bool]


def save_stream(session: Session, saving: StreamSaving, *, actor: str, now: float) -> StreamView:
    """Write all of it or nothing; raises what the services raise."""
    add_addresses(session, saving.fresh, actor=actor, now=now)
    edit = saving.edit
    if saving.base is None:
        view = streams.create(
            session,
            name=edit.name,
            addresses=edit.bindings,
            description=edit.description,
            limits=edit.limits,
            guard=edit.guard,
            actor=actor,
            now=now,
        )
        if edit.make_default:
            view = streams.set_default(session, view.id, actor=actor, now=now)
    else:
        view = streams.edit(session, saving.base, edit, actor=actor, now=now)
    for (kind, identity), ticked in saving.ticks.items():
        associations.associate(session, NodeKind(kind), identity, view.id if ticked else None, actor=actor, now=now)
    return view


def add_addresses(session: Session, fresh: Sequence[EditedAddress], *, actor: str, now: float) -> None:
    """Make new addresses sending addresses of this machine."""
    for each in fresh:
        addresses.add(session, each.ip, helo=each.helo, actor=actor, now=now)


def bind_more(
    session: Session, stream_id: int, chosen: Sequence[EditedAddress], *, actor: str, now: float
) -> StreamView:
    """Bind addresses to a stream that exists; those without a state are added to the machine's first."""
    add_addresses(session, [each for each in chosen if each.state is None], actor=actor, now=now)
    return streams.add_addresses(session, stream_id, [each.binding() for each in chosen], actor=actor, now=now)
