"""Which stream a mailing goes over: associations of sites, lists and segments, and their resolution. A service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from app.database.changes import LISTS, WORLD, bump
from app.database.schema import Mailing, MailingList, Member, Segment, Site, Stream
from app.services import audit, lists, runs, segments
from app.services import sites as site_service
from app.services.problems import Refused
from engine.ports import MailingState

RUNNING = (MailingState.ACTIVE, MailingState.PAUSED)
"""Mailings that have started and not ended: their stream is fixed."""


class NodeKind(StrEnum):
    """What can have a stream of its own."""

    SITE = "site"
    LIST = "list"
    SEGMENT = "segment"


class ResolutionRule(StrEnum):
    """What decided on the stream, most specific first (product.md 3.1)."""

    MAILING = "mailing"
    SEGMENT = "segment"
    LIST = "list"
    SITE = "site"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The stream that mail goes over, and the rule that chose it. ``origin`` names the site, list or segment, or ""."""

    stream_id: int
    stream: str
    rule: ResolutionRule
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """One node of the tree of associations. ``own_stream_id`` None means that it inherits.

    ``children`` counts lists of a site or segments of a list; ``active_mailings`` those that are active or paused under it.
    ``parent_id`` is the site of a list or the list of a segment, None for a site.
    """

    kind: NodeKind
    id: int
    name: str
    own_stream_id: int | None
    resolved: Resolution
    children: int
    members: int
    active_mailings: int
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class RunningMailing:
    """A started, unfinished mailing under a node that now goes over another stream than its node resolves to."""

    id: int
    name: str
    stream: str
    waiting: int
    """Recipients without a final outcome, held ones included."""


@dataclass(frozen=True, slots=True)
class AssociationChange:
    """What a change of an association came to. ``running`` are the mailings that it did not touch, to be moved if wished."""

    kind: NodeKind
    id: int
    name: str
    before: int | None
    after: int | None
    resolved: Resolution
    running: tuple[RunningMailing, ...]


def associate(
    session: Session, kind: NodeKind, node_id: int, stream_id: int | None, *, actor: str, now: float
) -> AssociationChange:
    """Give a site, a list or a segment a stream of its own; None: it inherits. Started mailings stay where they are."""
    node = _node(session, kind, node_id)
    name, before = _name(node), node.stream_id
    if stream_id is not None and session.get(Stream, stream_id) is None:
        raise Refused("The stream was deleted in the meantime.")
    if before != stream_id:
        _set_stream(session, kind, node, stream_id, actor=actor, now=now)
    return AssociationChange(
        kind, node_id, name, before, stream_id, _resolved(session, node), _elsewhere(session, kind, node_id)
    )


def replace_stream(session: Session, stream_id: int, replacement_id: int | None, *, actor: str, now: float) -> None:
    """Give everything that has a stream of its own another one in its place; None: it inherits."""
    wanted = {
        NodeKind.SITE: select(Site.id).where(Site.stream_id == stream_id),
        NodeKind.LIST: select(MailingList.id).where(MailingList.stream_id == stream_id),
        NodeKind.SEGMENT: select(Segment.id).where(Segment.stream_id == stream_id),
    }
    for kind, query in wanted.items():
        for node_id in sorted(session.scalars(query)):
            _set_stream(session, kind, _node(session, kind, node_id), replacement_id, actor=actor, now=now)


def running_under(session: Session, kind: NodeKind, node_id: int, stream_id: int | None) -> tuple[RunningMailing, ...]:
    """The mailings that would be offered to move if the node had the stream *stream_id* (None: inherited)."""
    return _elsewhere(session, kind, node_id, override=(_node(session, kind, node_id), stream_id))


def move_waiting(session: Session, mailing_ids: Sequence[int], *, actor: str, now: float) -> int:
    """Move the waiting and held recipients of running mailings to the stream that their list or segment resolves to now.

    Returns how many mailings moved.
    """
    moved = 0
    for mailing in _running(session, Mailing.id.in_(mailing_ids)):
        target = _target(session, mailing)
        if target is not None and target.stream_id != mailing.stream_id:
            runs.move(session, mailing.id, target.stream_id, actor=actor, now=now)
            mailing.own_stream_id, mailing.stream_rule = None, target.rule  # it goes on following its association
            moved += 1
    return moved


def resolve(
    session: Session, *, list_id: int, segment_id: int | None = None, mailing_stream_id: int | None = None
) -> Resolution:
    """The stream of a mailing to a list or a segment, with the rule that chose it. ``mailing_stream_id``: its own choice."""
    if mailing_stream_id is not None:
        return Resolution(mailing_stream_id, _stream_name(session, mailing_stream_id), ResolutionRule.MAILING)
    if segment_id is not None:
        segment = _node(session, NodeKind.SEGMENT, segment_id)
        if isinstance(segment, Segment) and segment.list_id != list_id:
            raise Refused(f"Segment {segment.name} belongs to another list.")
        return _resolved(session, segment)
    return _resolved(session, _node(session, NodeKind.LIST, list_id))


def sites(session: Session) -> list[Branch]:
    """The top of the tree: every site, by host, in a fixed number of queries."""
    list_counts = _counted(session, MailingList.site_id)
    members = _members_by_site(session)
    active = _running_by(session, MailingList.site_id)
    names = _stream_names(session)
    return [
        Branch(
            kind=NodeKind.SITE,
            id=site.id,
            name=site.host,
            own_stream_id=site.stream_id,
            resolved=_choose(names, site),
            children=list_counts.get(site.id, 0),
            members=members.get(site.id, 0),
            active_mailings=active.get(site.id, 0),
        )
        for site in session.scalars(select(Site).order_by(Site.host))
    ]


def lists_of(session: Session, site_id: int | None) -> list[Branch]:
    """The lists of a site, or of all sites (None), by name."""
    segment_counts = _counted(session, Segment.list_id)
    members = _counted(session, Member.list_id)
    active = _running_by(session, Mailing.list_id)
    names = _stream_names(session)
    found = select(MailingList).options(joinedload(MailingList.site))
    if site_id is not None:
        found = found.where(MailingList.site_id == site_id)
    return [
        Branch(
            kind=NodeKind.LIST,
            id=each.id,
            name=each.name,
            own_stream_id=each.stream_id,
            resolved=_choose(names, each, each.site),
            children=segment_counts.get(each.id, 0),
            members=members.get(each.id, 0),
            active_mailings=active.get(each.id, 0),
            parent_id=each.site_id,
        )
        for each in session.scalars(found.order_by(MailingList.name_key))
    ]


def segments_of(session: Session, list_id: int | None) -> list[Branch]:
    """The segments of a list, or of all lists (None), by name. Their ``members`` is 0: they are counted on demand only."""
    active = _running_by(session, Mailing.segment_id)
    names = _stream_names(session)
    path = joinedload(Segment.mailing_list).joinedload(MailingList.site)
    found = select(Segment).options(path).order_by(Segment.name_key)
    if list_id is not None:
        found = found.where(Segment.list_id == list_id)
    return [
        Branch(
            kind=NodeKind.SEGMENT,
            id=each.id,
            name=each.name,
            own_stream_id=each.stream_id,
            resolved=_choose(names, each, each.mailing_list, each.mailing_list.site),
            children=0,
            members=0,
            active_mailings=active.get(each.id, 0),
            parent_id=each.list_id,
        )
        for each in session.scalars(found)
    ]


def find(session: Session, kind: NodeKind, name: str, *, list_id: int | None = None) -> int:
    """The id of a site, list or segment by name; *list_id* tells segments of one name apart. Raises UnknownName."""
    match kind:
        case NodeKind.SITE:
            return site_service.by_host(session, name).id
        case NodeKind.LIST:
            return lists.by_name(session, name).id
        case NodeKind.SEGMENT:
            return segments.by_name(session, name, list_id=list_id).id


_Node = Site | MailingList | Segment


def _node(session: Session, kind: NodeKind, node_id: int) -> _Node:
    node: _Node | None
    match kind:
        case NodeKind.SITE:
            node = session.get(Site, node_id)
        case NodeKind.LIST:
            node = session.get(MailingList, node_id)
        case NodeKind.SEGMENT:
            node = session.get(Segment, node_id)
    if node is None:
        raise Refused(f"The {kind} was deleted in the meantime.")
    return node


def _name(node: _Node) -> str:
    return node.host if isinstance(node, Site) else node.name


def _set_stream(
    session: Session, kind: NodeKind, node: _Node, stream_id: int | None, *, actor: str, now: float
) -> None:
    before, after = (_stream_words(session, each) for each in (node.stream_id, stream_id))
    node.stream_id = stream_id
    session.flush()
    # Segments of several lists may share a name.
    where = f" of {node.mailing_list.name}" if isinstance(node, Segment) else ""
    subject = f"{kind} {_name(node)}{where}"
    audit.record(session, actor=actor, now=now, action=f"{kind}.associate", subject=subject, before=before, after=after)
    bump(session, WORLD, LISTS)


def _path(node: _Node) -> tuple[_Node, ...]:
    """The node and what it inherits from, most specific first."""
    if isinstance(node, Segment):
        return node, node.mailing_list, node.mailing_list.site
    return (node, node.site) if isinstance(node, MailingList) else (node,)


_RULE_OF = {Segment: ResolutionRule.SEGMENT, MailingList: ResolutionRule.LIST, Site: ResolutionRule.SITE}


@dataclass(frozen=True, slots=True)
class _Streams:
    """The names of all streams, and which is the default."""

    names: Mapping[int, str]
    default_id: int


def _stream_names(session: Session) -> _Streams:
    rows = session.execute(select(Stream.id, Stream.name, Stream.is_default)).all()
    return _Streams({row.id: row.name for row in rows}, next(row.id for row in rows if row.is_default))


def _choose(streams: _Streams, *path: _Node, override: tuple[_Node, int | None] | None = None) -> Resolution:
    """The first stream along *path*, else the default. *override* supposes another association of one node."""
    for node in path:
        stream_id = override[1] if override is not None and override[0] is node else node.stream_id
        if stream_id is not None:
            return Resolution(stream_id, streams.names[stream_id], _RULE_OF[type(node)], _name(node))
    return Resolution(streams.default_id, streams.names[streams.default_id], ResolutionRule.DEFAULT)


def _resolved(session: Session, node: _Node) -> Resolution:
    return _choose(_stream_names(session), *_path(node))


def _stream_name(session: Session, stream_id: int) -> str:
    name = session.scalar(select(Stream.name).where(Stream.id == stream_id))
    if name is None:
        raise Refused("The stream was deleted in the meantime.")
    return name


def _stream_words(session: Session, stream_id: int | None) -> str:
    return "inherit" if stream_id is None else _stream_name(session, stream_id)


def _under(kind: NodeKind, node_id: int) -> ColumnElement[bool]:
    """The mailings that go to a node or to something below it."""
    match kind:
        case NodeKind.SITE:
            return Mailing.list_id.in_(select(MailingList.id).where(MailingList.site_id == node_id))
        case NodeKind.LIST:
            return Mailing.list_id == node_id
        case NodeKind.SEGMENT:
            return Mailing.segment_id == node_id


def _running(session: Session, condition: ColumnElement[bool]) -> Sequence[Mailing]:
    wanted = select(Mailing).where(Mailing.state.in_(RUNNING), condition).order_by(Mailing.name_key)
    return session.scalars(wanted).all()


def _target(session: Session, mailing: Mailing, override: tuple[_Node, int | None] | None = None) -> Resolution | None:
    """Where a running mailing would go by association; None when it chose its stream itself, or its list is gone."""
    node = mailing.segment or mailing.mailing_list
    if mailing.own_stream_id is not None or node is None or mailing.stream_rule == ResolutionRule.MAILING:
        return None
    return _choose(_stream_names(session), *_path(node), override=override)


def _elsewhere(
    session: Session, kind: NodeKind, node_id: int, override: tuple[_Node, int | None] | None = None
) -> tuple[RunningMailing, ...]:
    found = []
    for mailing in _running(session, _under(kind, node_id)):
        target = _target(session, mailing, override)
        if target is not None and target.stream_id != mailing.stream_id:
            found.append(RunningMailing(mailing.id, mailing.name, mailing.stream_name, mailing.waiting))
    return tuple(found)


def _counted(session: Session, column: InstrumentedAttribute[int]) -> Mapping[int, int]:
    """The number of rows by one of their columns."""
    return dict(session.execute(select(column, func.count()).group_by(column)).all())


def _members_by_site(session: Session) -> Mapping[int, int]:
    by_list = _counted(session, Member.list_id)
    members: dict[int, int] = defaultdict(int)
    for list_id, site_id in session.execute(select(MailingList.id, MailingList.site_id)):
        members[site_id] += by_list.get(list_id, 0)
    return members


def _running_by(
    session: Session, column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
) -> Mapping[int, int]:
    """The number of running mailings by list, by segment, or by the site of their list."""
    rows = session.execute(
        select(column, func.count())
        .select_from(Mailing)
        .join(MailingList, MailingList.id == Mailing.list_id)
        .where(Mailing.state.in_(RUNNING))
        .group_by(column)
    )
    return {key: number for key, number in rows if key is not None}
