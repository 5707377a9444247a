"""What the tree of associations reads: the open part of it, or all that matches a filter with its parents. In threads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.services import associations, streams
from app.services.associations import Branch, NodeKind
from app.services.streams import StreamView


@dataclass(frozen=True, slots=True)
class TreeContent:
    """What the tree shows. ``complete``: there is nothing below a branch but what is here."""

    streams: tuple[StreamView, ...]
    branches: tuple[Branch, ...]
    complete: bool

    @property
    def default(self) -> str:
        """The name of the server's default stream."""
        return next(stream.name for stream in self.streams if stream.is_default)


def read_tree(session: Session, open_lists: Collection[int], text: str) -> TreeContent:
    """Sites and lists, with the segments of *open_lists*; with a *text*, only what has it, and the parents of that."""
    known = tuple(streams.every(session))
    sites, lists = associations.sites(session), associations.lists_of(session, None)
    if text:
        segments = associations.segments_of(session, None)
        return TreeContent(known, _matching([*sites, *lists, *segments], text.casefold()), complete=True)
    segments = [branch for list_id in sorted(open_lists) for branch in associations.segments_of(session, list_id)]
    return TreeContent(known, (*sites, *lists, *segments), complete=False)


def _matching(branches: list[Branch], text: str) -> tuple[Branch, ...]:
    by_key = {(branch.kind, branch.id): branch for branch in branches}
    kept: set[tuple[NodeKind, int]] = set()
    for branch in branches:
        if text in branch.name.casefold() or text in branch.resolved.stream.casefold():
            _keep(branch, by_key, kept)
    return tuple(branch for branch in branches if (branch.kind, branch.id) in kept)


def _keep(branch: Branch, by_key: dict[tuple[NodeKind, int], Branch], kept: set[tuple[NodeKind, int]]) -> None:
    """Keep a branch and what is above it."""
    node: Branch | None = branch
    while node is not None:
        kept.add((node.kind, node.id))
        above = NodeKind.LIST if node.kind is NodeKind.SEGMENT else NodeKind.SITE
        node = None if node.parent_id is None else by_key.get((above, node.parent_id))
