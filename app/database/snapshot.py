"""Makes the recipients of a mailing from the members of its list, in one go, when it starts. Runs in the service's transaction."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Insert, Select, and_, func, insert, literal, or_, select, text, update
from sqlalchemy.orm import Session

from app.database.schema import IdRange, Mailing, MailingLane, Member, MemberState, Recipient, Suppression
from engine.ports import RecipientState


def start_mailing_rows(
    session: Session, mailing_id: int, *, where: ColumnElement[bool] | None = None, with_fields: bool = True
) -> int:
    """Write the lanes and recipients of a mailing; returns how many recipients there are.

    Taken are the active members of the mailing's list that *where* (a segment's condition on ``Member``) selects and that
    are not suppressed; a list has each mailbox once. *with_fields* False leaves out the merge values, when the message uses
    none. Needs a session of :meth:`app.database.database.Database.write`: nobody else may write meanwhile. Ids come
    from a counter that never goes back, so that a journal's old outcomes can't meet new recipients.
    """
    list_id = session.scalars(select(Mailing.list_id).where(Mailing.id == mailing_id)).one()
    wanted = _wanted(list_id or 0, where)
    first_lane, first_recipient = _next_id(session, "lanes"), _next_id(session, "recipients")
    session.execute(_insert_lanes(mailing_id, wanted, first_lane, first_recipient))
    lanes, total = session.execute(
        select(func.count(), func.coalesce(func.sum(MailingLane.total), 0)).where(MailingLane.mailing_id == mailing_id)
    ).one()
    session.execute(_insert_recipients(mailing_id, wanted, first_recipient, with_fields))
    _advance(session, "lanes", lanes)
    _advance(session, "recipients", int(total))
    session.execute(update(Mailing).where(Mailing.id == mailing_id).values(total=int(total)))
    if session.connection().dialect.name == "postgresql":
        # Claims read by key; without statistics of the new rows the planner would rather read them all.
        session.execute(text("ANALYZE recipients"))
        session.execute(text("ANALYZE mailing_lanes"))
    return int(total)


def _wanted(list_id: int, where: ColumnElement[bool] | None) -> ColumnElement[bool]:
    suppressed = (
        select(literal(1))
        .where(
            Suppression.address_key == Member.address_key,
            or_(Suppression.list_id.is_(None), Suppression.list_id == list_id),
        )
        .correlate(Member)
        .exists()
    )
    conditions = [Member.list_id == list_id, Member.state == MemberState.ACTIVE, ~suppressed]
    return and_(*conditions, where) if where is not None else and_(*conditions)


def _insert_lanes(mailing_id: int, wanted: ColumnElement[bool], first_lane: int, first_recipient: int) -> Insert:
    domains = (
        select(Member.domain, func.count().label("total")).where(wanted).group_by(Member.domain).subquery("domains")
    )
    last = func.sum(domains.c.total).over(order_by=domains.c.domain)
    columns = {
        "id": first_lane - 1 + func.row_number().over(order_by=domains.c.domain),
        "mailing_id": literal(mailing_id),
        "domain": domains.c.domain,
        "provider": literal(""),
        "first_id": first_recipient + last - domains.c.total,
        "last_id": first_recipient - 1 + last,
        "total": domains.c.total,
        "last_reply": literal(""),
    }
    zeros = ("delivered", "failed", "expired", "stopped", "in_doubt", "refused")
    columns |= {name: literal(0) for name in zeros}
    return insert(MailingLane).from_select(list(columns), select(*columns.values()), include_defaults=False)


def _insert_recipients(mailing_id: int, wanted: ColumnElement[bool], first: int, with_fields: bool) -> Insert:
    columns = {
        "id": first - 1 + func.row_number().over(order_by=(MailingLane.id, Member.id)),
        "lane_id": MailingLane.id,
        "member_id": Member.id,
        "state": literal(RecipientState.WAITING.value),
        "attempts": literal(0),
        "address": Member.address,
        "address_key": func.nullif(Member.address_key, Member.address),
        "name": func.nullif(Member.name, ""),
    }
    if with_fields:
        columns["fields"] = Member.fields
    rows: Select[*tuple[object, ...]] = (
        select(*columns.values())
        .join_from(Member, MailingLane, and_(MailingLane.mailing_id == mailing_id, MailingLane.domain == Member.domain))
        .where(wanted)
    )
    return insert(Recipient).from_select(list(columns), rows, include_defaults=False)


def _next_id(session: Session, name: str) -> int:
    return session.scalars(select(IdRange.next_id).where(IdRange.name == name)).one()


def _advance(session: Session, name: str, count: int) -> None:
    session.execute(update(IdRange).where(IdRange.name == name).values(next_id=IdRange.next_id + count))
