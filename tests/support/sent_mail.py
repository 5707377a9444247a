"""Mailings in all states for tests and screenshots of the window: on top of the sample data, as an engine would leave them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.changes import RECIPIENTS, bump
from app.database.schema import Mailing, MailingLane, MailingList, Recipient, StoredHold
from app.services import drafts, runs
from app.services.drafts import Draft
from app.services.messages import Content
from engine.ports import MailingState, RecipientState

ACTOR = "anna"
REPLY = (
    "550 5.7.1 [192.0.2.10] Our system has detected that this message is likely suspicious due to the very low reputation"
    " of the sending IP address. To best protect our users from spam, the message has been blocked."
)


@dataclass(frozen=True, slots=True)
class SentMail:
    """The ids of the mailings."""

    active: int
    doubtful: int
    scheduled: int
    draft: int


def content(subject: str = "News of the week") -> Content:
    """A message that can be sent."""
    return Content(
        from_address="news@example.com",
        from_name="Example News",
        subject=subject,
        text="Dear {{name|reader}},\n\nthis is what happened.\n",
        html="<h2>News of the week</h2><p>Dear {{name|reader}},</p><p>this is what <b>happened</b>.</p>"
        '<p><img src="http://pictures.example.com/one.png" alt="A picture"> <a href="http://example.com/">More</a></p>',
        unsubscribe_url="https://lists.example.com/leave",
    )


def fill(session: Session, *, now: float) -> SentMail:
    """Make one mailing that is under way, one that ended with doubts, a scheduled one and a draft."""
    readers = session.scalars(select(MailingList.id).where(MailingList.name == "Readers")).one()
    ids = {}
    for name in ("News of week 47", "Notice of maintenance", "Season's greetings", "Survey among readers"):
        ids[name] = drafts.create(session, Draft(name, readers, content(name)), actor=ACTOR, now=now - 7_200).id
    active, doubtful, scheduled, draft = ids.values()
    drafts.start(session, active, actor=ACTOR, now=now - 3_600)
    drafts.start(session, doubtful, actor=ACTOR, now=now - 86_400)
    drafts.schedule(session, scheduled, now + 7_200, actor=ACTOR, now=now)
    _end(session, active, "gmail.test", {RecipientState.FAILED: 1}, now)
    _end(session, active, "northmail.test", {RecipientState.DELIVERED: 12, RecipientState.FAILED: 2}, now - 90)
    _end(session, active, "post.test", {RecipientState.DELIVERED: 9}, now - 30)
    _hold(session, active, "gmail.test", now)
    for domain in ("gmail.test", "northmail.test", "post.test"):
        _end(session, doubtful, domain, {RecipientState.DELIVERED: 19, RecipientState.IN_DOUBT: 1}, now - 80_000)
    bump(session, RECIPIENTS)
    return SentMail(active, doubtful, scheduled, draft)


def _end(
    session: Session, mailing_id: int, domain: str, ends: dict[RecipientState, int], at: float, reply: str = REPLY
) -> None:
    """Let recipients of one domain come to an end, in row and sums as the engine's queue writes them."""
    lane = session.scalars(
        select(MailingLane).where(MailingLane.mailing_id == mailing_id, MailingLane.domain == domain)
    ).one()
    mailing = runs.load(session, mailing_id)
    first = lane.first_id
    for state, number in ends.items():
        bad = state is not RecipientState.DELIVERED
        session.execute(
            update(Recipient)
            .where(Recipient.id.between(first, first + number - 1))
            .values(
                state=state,
                attempts=1,
                last_at=at,
                sending_address="192.0.2.10",
                mx_address="198.51.100.25",
                code=550 if bad else 250,
                reply=reply if bad else "250 2.0.0 Ok: queued",
            )
        )
        column = state.value
        for row in (lane, mailing):
            setattr(row, column, getattr(row, column) + number)
        first += number
    lane.last_at = at
    lane.provider = {"gmail.test": "Google", "northmail.test": "Northmail"}.get(domain, "")
    if any(state is not RecipientState.DELIVERED for state in ends):
        lane.last_reply = reply
    if mailing.waiting == 0:
        mailing.state, mailing.finished_at = MailingState.COMPLETED, at
    session.flush()


def _hold(session: Session, mailing_id: int, domain: str, now: float) -> None:
    stream = session.scalars(select(Mailing.stream_id).where(Mailing.id == mailing_id)).one()
    session.add(StoredHold(stream_id=stream or 0, domain=domain, since_at=now - 1_800))
    session.flush()
