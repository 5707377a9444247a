"""Which stream a mailing goes over: associations of sites, lists and segments, and their resolution. A service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session


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
    """

    kind: NodeKind
    id: int
    name: str
    own_stream_id: int | None
    resolved: Resolution
    children: int
    members: int
    active_mailings: int


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
    raise NotImplementedError


def running_under(session: Session, kind: NodeKind, node_id: int, stream_id: int | None) -> tuple[RunningMailing, ...]:
    """The mailings that would be offered to move if the node had the stream *stream_id* (None: inherited)."""
    raise NotImplementedError


def move_waiting(session: Session, mailing_ids: Sequence[int], *, actor: str, now: float) -> int:
    """Move the waiting and held recipients of running mailings to the stream that their list or segment resolves to now.

    Returns how many mailings moved.
    """
    raise NotImplementedError


def resolve(
    session: Session, *, list_id: int, segment_id: int | None = None, mailing_stream_id: int | None = None
) -> Resolution:
    """The stream of a mailing to a list or a segment, with the rule that chose it. ``mailing_stream_id``: its own choice."""
    raise NotImplementedError


def sites(session: Session) -> list[Branch]:
    """The top of the tree: every site, by host, in a fixed number of queries."""
    raise NotImplementedError


def lists_of(session: Session, site_id: int) -> list[Branch]:
    """The lists of a site, by name."""
    raise NotImplementedError


def segments_of(session: Session, list_id: int) -> list[Branch]:
    """The segments of a list, by name. Their ``members`` is 0: they are counted on demand only."""
    raise NotImplementedError


def find(session: Session, kind: NodeKind, name: str, *, list_id: int | None = None) -> int:
    """The id of a site, list or segment by name; *list_id* tells segments of one name apart. Raises UnknownName."""
    raise NotImplementedError
