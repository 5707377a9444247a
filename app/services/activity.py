"""What people and the engine did, as one table: sorted and filtered by the database, with a way back from some. A service."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TextIO

from sqlalchemy import Select, String, cast, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.database.ids import read_ids
from app.database.schema import AuditLine, StoredBlock, StoredBlockEvent, Stream
from app.services import block_actions, exports, streams
from app.services.block_actions import Cleared
from app.services.block_words import utc
from app.services.problems import Refused
from engine.blocks import ENGINE, BlockState, closed_state

PAGE: Final = 1000
"""Rows that one call of :func:`rows` reads at most."""


class ActivitySort(StrEnum):
    """What the trail can be sorted by."""

    AT = "at"
    ACTOR = "actor"
    ACTION = "action"
    SUBJECT = "subject"


class Who(StrEnum):
    """Whose changes are wanted."""

    ALL = "all"
    PEOPLE = "people"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which lines are wanted. ``text`` stands in any of their words; ``kind`` is what was changed: "stream", "block" …"""

    text: str = ""
    who: Who = Who.ALL
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One change. ``key`` tells lines of the trail from what the engine did to blocks; ``at`` in epoch seconds.

    ``action`` is "<kind>.<verb>"; ``subject`` is what it was done to; ``before`` and ``after`` in words, "" where there is none.
    """

    key: int
    at: float
    actor: str
    action: str
    subject: str
    before: str
    after: str


def keys(
    session: Session,
    wanted: ActivityFilter | None = None,
    *,
    sort: ActivitySort = ActivitySort.AT,
    descending: bool = True,
) -> array[int]:
    """The keys of the wanted lines in order, for a table that fetches its visible rows by :func:`rows`."""
    wanted = wanted or ActivityFilter()
    parts: list[Select[*tuple[Any, ...]]] = [_trail(wanted)]
    if wanted.kind in ("", "block"):
        parts.append(_events(wanted))
    lines = union_all(*parts).subquery()
    order = [lines.c.at, lines.c.key] if sort is ActivitySort.AT else [lines.c[sort.value], lines.c.at, lines.c.key]
    query = select(lines.c.key).order_by(*(column.desc() if descending else column.asc() for column in order))
    return read_ids(session, query)


def rows(session: Session, line_keys: Sequence[int]) -> list[ActivityLine]:
    """The lines with these keys, in this order; unknown ones are left out. At most 1,000 at a time."""
    wanted = list(line_keys)[:PAGE]
    lines = [key >> 1 for key in wanted if key & 1 == _TRAIL]
    events = [key >> 1 for key in wanted if key & 1 == _EVENT]
    found: dict[int, ActivityLine] = {}
    for line in session.scalars(select(AuditLine).where(AuditLine.id.in_(lines))):
        key = line.id << 1 | _TRAIL
        found[key] = ActivityLine(key, line.at, line.actor, line.action, line.subject, line.before, line.after)
    query = select(StoredBlockEvent, StoredBlock.sending_address, StoredBlock.domain).join(
        StoredBlock, StoredBlock.id == StoredBlockEvent.block_id
    )
    for event, sending_address, domain in session.execute(query.where(StoredBlockEvent.id.in_(events))):
        key = event.id << 1 | _EVENT
        subject = f"block {event.block_id} ({sending_address} at {domain})"
        action = f"block.{event.kind.value}"
        found[key] = ActivityLine(key, event.at, event.actor, action, subject, "", event.text or event.reply)
    return [found[each] for each in wanted if each in found]


def kinds(session: Session) -> list[str]:
    """What was ever changed: the first words of all actions, sorted."""
    actions = session.scalars(select(AuditLine.action).distinct())
    return sorted({"block", *(action.partition(".")[0] for action in actions)})


def export_csv(session: Session, file: TextIO, line_keys: Sequence[int]) -> int:
    """Write these lines as CSV that no spreadsheet runs anything of; returns their number. Times in UTC."""
    return exports.write_csv(
        file, ("time", "actor", "action", "subject", "before", "after"), _cells(session, line_keys)
    )


def can_take_back(line: ActivityLine) -> bool:
    """Whether :func:`take_back` knows the way back from a change; it may still be refused, when others went on from there."""
    return line.key & 1 == _TRAIL and line.action in _WAYS_BACK


def take_back(session: Session, line_key: int, *, actor: str, now: float) -> None:
    """Undo what a line tells; raises Refused when that is not possible any more. The undoing is a line of its own."""
    found = rows(session, [line_key])
    if not found or not can_take_back(found[0]):
        raise Refused("This change can't be taken back here.")
    _WAYS_BACK[found[0].action](session, found[0], actor, now)


_TRAIL: Final = 0
_EVENT: Final = 1
"""The last bit of a key: where the line comes from."""


def _trail(wanted: ActivityFilter) -> Select[*tuple[Any, ...]]:
    """What people did, and the services on their behalf."""
    query = select(
        (AuditLine.id * 2 + _TRAIL).label("key"), AuditLine.at, AuditLine.actor, AuditLine.action, AuditLine.subject
    )
    texts = (AuditLine.actor, AuditLine.action, AuditLine.subject, AuditLine.before, AuditLine.after)
    query = _narrowed(query, wanted, AuditLine.actor, texts)
    return query.where(AuditLine.action.startswith(f"{wanted.kind}.", autoescape=True)) if wanted.kind else query


def _events(wanted: ActivityFilter) -> Select[*tuple[Any, ...]]:
    """What the engine did to blocks; what people did to them stands in the trail."""
    event = StoredBlockEvent
    action = literal("block.", String) + cast(event.kind, String)
    subject = StoredBlock.sending_address + literal(" ", String) + StoredBlock.domain
    query = (
        select(
            (event.id * 2 + _EVENT).label("key"),
            event.at,
            event.actor,
            action.label("action"),
            subject.label("subject"),
        )
        .join(StoredBlock, StoredBlock.id == event.block_id)
        .where(event.actor == ENGINE)
    )
    texts = (event.actor, action, StoredBlock.sending_address, StoredBlock.domain, event.text, event.reply)
    return _narrowed(query, wanted, event.actor, texts)


def _narrowed(
    query: Select[*tuple[Any, ...]], wanted: ActivityFilter, actor: Any, texts: Sequence[Any]
) -> Select[*tuple[Any, ...]]:
    if wanted.text:
        query = query.where(or_(*(text.icontains(wanted.text, autoescape=True) for text in texts)))
    if wanted.who is not Who.ALL:
        query = query.where(actor == ENGINE if wanted.who is Who.ENGINE else actor != ENGINE)
    return query


def _cells(session: Session, line_keys: Sequence[int]) -> Iterator[tuple[object, ...]]:
    for start in range(0, len(line_keys), PAGE):
        for line in rows(session, line_keys[start : start + PAGE]):
            yield utc(line.at), line.actor, line.action, line.subject, line.before, line.after


# Ways back

_BLOCK: Final = re.compile(r"block (\d{1,18}) ")


def _block(session: Session, line: ActivityLine) -> StoredBlock:
    found = _BLOCK.match(line.subject)
    block = session.get(StoredBlock, int(found[1])) if found else None
    if block is None:
        raise Refused("This block is gone.")
    return block


def _restore_block(session: Session, line: ActivityLine, actor: str, now: float) -> None:
    block = _block(session, line)
    before = closed_state(block.permanent)
    block_actions.restore(session, Cleared(((block.id, before),)), actor=actor, now=now)


def _end_exemption(session: Session, line: ActivityLine, actor: str, now: float) -> None:
    block = _block(session, line)
    if block.state is not BlockState.EXEMPT:
        raise Refused("This block is not exempt any more.")
    block_actions.unexempt(session, [block.id], actor=actor, now=now)


def _stream(session: Session, line: ActivityLine) -> int:
    name = line.subject.removeprefix("stream ")
    found = session.scalar(select(Stream.id).where(Stream.name == name))
    if found is None:
        raise Refused(f"There is no stream {name!r} any more.")
    return found


def _resume_stream(session: Session, line: ActivityLine, actor: str, now: float) -> None:
    streams.resume(session, _stream(session, line), actor=actor, now=now)


def _pause_stream(session: Session, line: ActivityLine, actor: str, now: float) -> None:
    streams.pause(session, _stream(session, line), actor=actor, now=now)


_WAYS_BACK: Final = {
    "block.clear": _restore_block,
    "block.exempt": _end_exemption,
    "stream.pause": _resume_stream,
    "stream.resume": _pause_stream,
}
