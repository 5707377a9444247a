"""Answers "why not sent?" for one recipient or domain, from the database and the DNS alone: no engine has to run. A service.

:func:`ask` reads what matters in one session, :func:`answer` looks up the route and goes through the pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import ledger
from app.database.schema import AddressTraffic, Mailing, MailingLane, Recipient, SendingAddress, StoredPause
from app.database.world import read_world
from app.services import recipients
from app.services.problems import UnknownName
from app.services.recipients import RecipientView
from app.services.rules import provider_of
from app.services.runs import load
from engine.blocks import Block
from engine.limits import Limits, Place
from engine.pairs import Route
from engine.ports import MailingState, RecipientState, StreamPlan, World
from engine.registry import Registry
from engine.replies import Verdict
from engine.resolver import Resolver, RouteProblem, TemporaryDNSFailure
from engine.selection import Selector
from engine.why import CandidateReport, Explanation, instant

HOUR = 3600

_BOUND_VERDICTS = (Verdict.CONTENT, Verdict.SENDER_DOMAIN, Verdict.POLICY)
"""After these a recipient is never tried from another address (product.md 4.6)."""
_WAITING = (RecipientState.WAITING, RecipientState.HELD, RecipientState.IN_FLIGHT)


@dataclass(frozen=True, slots=True)
class Question:
    """Everything in the database that decides about one recipient, as of one moment."""

    mailing: str
    mailing_state: MailingState
    expires_at: float | None
    recipient: RecipientView
    stream: StreamPlan | None
    stream_name: str
    world: World
    blocks: Sequence[Block]
    unusable: frozenset[str]
    paused_providers: frozenset[str]
    sent_today: Mapping[tuple[str, str], int]
    sent_this_hour: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer. ``summary`` is one sentence; ``candidates`` are all pairs in the order of choice, with what excludes each.

    ``next_time`` (epoch seconds) is the next possible time, None when nobody can know.
    """

    mailing: str
    address: str
    state: RecipientState
    stream: str
    summary: str
    next_time: float | None
    candidates: tuple[CandidateReport, ...]


def ask(session: Session, mailing_id: int, target: str, *, node: int, now: float) -> Question:
    """Read what matters for a recipient of a started mailing; *target* is its address, or a domain for its first recipient.

    *node* is the machine whose addresses count. Raises BadValue("address", …), UnknownName.
    """
    mailing = load(session, mailing_id)
    recipient = _recipient(session, mailing, target)
    world = read_world(session, node, ())
    day = now - now % (24 * HOUR)
    return Question(
        mailing=mailing.name,
        mailing_state=mailing.state,
        expires_at=mailing.expires_at,
        recipient=recipient,
        stream=world.streams.get(mailing.stream_id or 0),
        stream_name=mailing.stream_name,
        world=world,
        blocks=ledger.load(session.connection()),
        unusable=frozenset(
            session.scalars(select(SendingAddress.ip).where(SendingAddress.unusable_reason.is_not(None)))
        ),
        paused_providers=_paused_providers(session, mailing),
        sent_today=_sent(session, day),
        sent_this_hour=_sent(session, now - HOUR),
    )


async def answer(question: Question, resolver: Resolver, now: float) -> Why:
    """Look up where mail for the domain goes, and say of every pair what keeps the recipient from it."""
    done = _done(question)
    if done:
        return _why(question, done)
    if question.stream is None:
        return _why(question, "The mailing's stream is gone; move the mailing to another one.")
    if not question.stream.addresses:
        return _why(question, f"Stream {question.stream_name} has no sending addresses on this machine.")
    try:
        route = await resolver.route(question.recipient.domain)
    except RouteProblem as problem:
        again = problem.retry_at if isinstance(problem, TemporaryDNSFailure) else None
        return _why(question, f"There is no route to {question.recipient.domain}: {problem}", again)
    provider = provider_of(route.group)
    explanation = _explain(question, question.stream, route, provider, now)
    summary, next_time = _summary(question, explanation, {provider, route.group}, now)
    return _why(question, summary, next_time, explanation.candidates)


def _why(
    question: Question, summary: str, next_time: float | None = None, candidates: tuple[CandidateReport, ...] = ()
) -> Why:
    recipient = question.recipient
    return Why(
        question.mailing, recipient.address, recipient.state, question.stream_name, summary, next_time, candidates
    )


def _done(question: Question) -> str:
    """What became of a recipient that waits no more, "" for one that does."""
    recipient = question.recipient
    if recipient.state in _WAITING:
        return ""
    words = f"{recipient.address} is {recipient.state.value.replace('_', ' ')}"
    if recipient.last_at is not None:
        words += f" since {instant(recipient.last_at)}"
    if recipient.note:
        words += f": {recipient.note}"
    if recipient.reply:
        words += f"; the last reply was {recipient.reply!r}"
    return f"{words}."


def _summary(question: Question, found: Explanation, providers: set[str], now: float) -> tuple[str, float | None]:
    """What holds the recipient back before any pair does, else what the pairs say; with the next possible time."""
    recipient = question.recipient
    if question.mailing_state is not MailingState.ACTIVE:
        return f"Mailing {question.mailing} is {question.mailing_state.value}.", None
    if paused := providers & question.paused_providers:
        return f"Mail waits toward {min(paused)} until it is resumed there.", None
    if recipient.next_attempt is not None and recipient.next_attempt > now:
        words = f"It is tried again at {instant(recipient.next_attempt)}"
        said = f", because {recipient.mx_address} said {recipient.reply!r}" if recipient.reply else ""
        return f"{words}{said}.", max(recipient.next_attempt, found.next_time or 0.0)
    return found.summary, found.next_time


def _explain(question: Question, stream: StreamPlan, route: Route, provider: str, now: float) -> Explanation:
    settings = question.world.settings
    registry = Registry(
        lambda: 0.0, probe_interval=settings.probe_interval, recovery_step=settings.recovery_step, own=frozenset()
    )
    registry.load(question.blocks)
    limits = Limits()
    limits.update(question.world)
    limits.start_day(question.sent_today, now)
    for bound in stream.addresses:
        count = question.sent_this_hour.get((bound.address.ip, provider), 0)
        for mx in route.addresses[:1] if count else ():
            place = Place(stream.id, bound.address.ip, mx.address, route.domain, provider)
            limits.note_sent(place, count, now - HOUR / 2)
    recipient = question.recipient
    return Selector(stream, registry, limits).explain(
        recipient.address,
        route,
        provider,
        now,
        unusable=question.unusable,
        keep=recipient.sent_via,
        strict=recipient.verdict in _BOUND_VERDICTS,
    )


def _recipient(session: Session, mailing: Mailing, target: str) -> RecipientView:
    if "@" in target:
        return recipients.find(session, mailing.id, target)
    lane = session.scalar(
        select(MailingLane).where(MailingLane.mailing_id == mailing.id, MailingLane.domain == target.strip().lower())
    )
    if lane is None:
        raise UnknownName("recipient or domain of this mailing", target)
    inside = Recipient.id.between(lane.first_id, lane.last_id)
    waiting = select(func.min(Recipient.id)).where(inside, Recipient.state == RecipientState.WAITING)
    return recipients.rows(session, mailing.id, [session.scalar(waiting) or lane.first_id])[0]


def _paused_providers(session: Session, mailing: Mailing) -> frozenset[str]:
    query = select(StoredPause.provider).where(
        (StoredPause.mailing_id == mailing.id) | (StoredPause.stream_id == mailing.stream_id)
    )
    return frozenset(session.scalars(query))


def _sent(session: Session, since: float) -> Mapping[tuple[str, str], int]:
    """Messages handed over since an instant by (sending address, provider), by whole hours."""
    delivered = func.sum(AddressTraffic.delivered)
    query = (
        select(AddressTraffic.sending_address, AddressTraffic.provider, delivered)
        .where(AddressTraffic.hour_at > since - HOUR, AddressTraffic.hour_at >= since - since % HOUR)
        .group_by(AddressTraffic.sending_address, AddressTraffic.provider)
    )
    return {(ip, provider): int(number) for ip, provider, number in session.execute(query)}
