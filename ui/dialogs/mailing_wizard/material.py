"""What the wizard reads from the database: all it offers at first, and what follows from each choice. Functions on a session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.services import associations, audience, drafts, lists, mailings, segments, streams
from app.services.associations import Resolution
from app.services.audience import Audience, Obstacle
from app.services.drafts import Draft
from app.services.lists import ListView
from app.services.mailings import MailingView
from app.services.members import MemberView
from app.services.segments import SegmentView
from app.services.streams import StreamView
from app.settings import EXPIRY_HOURS, value_of


@dataclass(frozen=True, slots=True)
class Material:
    """What the wizard begins with. ``view`` and ``draft`` are those of the mailing that is edited, None for a new one."""

    lists: tuple[ListView, ...]
    streams: tuple[StreamView, ...]
    expiry_hours: float
    list_id: int | None
    view: MailingView | None = None
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class ListMaterial:
    """What there is of a list."""

    segments: tuple[SegmentView, ...]
    members: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a mailing reaches over which stream. ``obstacles`` are those of the stream that was chosen."""

    audience: Audience
    resolved: Resolution
    obstacles: tuple[Obstacle, ...]


def read_material(session: Session, mailing_id: int | None) -> Material:
    """Read what the wizard begins with; a new mailing starts with the list of the newest one."""
    all_lists, all_streams = tuple(lists.listing(session)), tuple(streams.every(session))
    expiry = value_of(session, EXPIRY_HOURS)
    if mailing_id is not None:
        view, draft = mailings.get(session, mailing_id), drafts.read_draft(session, mailing_id)
        return Material(all_lists, all_streams, expiry, draft.list_id, view, draft)
    newest = next((view.list_id for view in mailings.listing(session) if view.list_id is not None), None)
    return Material(all_lists, all_streams, expiry, newest or (all_lists[0].id if all_lists else None))


def read_list(session: Session, list_id: int) -> ListMaterial:
    """Read what there is of a list."""
    return ListMaterial(
        tuple(segments.listing(session, list_id=list_id)), tuple(audience.some_members(session, list_id, None))
    )


def read_reach(session: Session, list_id: int, segment_id: int | None, own_stream_id: int | None) -> Reach:
    """Count the recipients, and ask who refuses the stream. Raises Refused when list, segment or stream is gone."""
    found = audience.audience(session, list_id, segment_id)
    resolved = associations.resolve(session, list_id=list_id, segment_id=segment_id)
    chosen = own_stream_id if own_stream_id is not None else resolved.stream_id
    return Reach(found, resolved, tuple(audience.obstacles(session, chosen, found.shares)))
