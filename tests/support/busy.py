"""A day in trouble, for screenshots: blocks of several kinds, mailings under way, traffic, alerts. Numbers are made up."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import sample
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database import ledger
from app.database.schema import AddressTraffic, Mailing, MailingLane, Node, StoredHold, StreamTraffic
from app.processes import process_word
from app.services import alerts, block_actions, drafts
from app.services.drafts import Draft
from app.services.messages import Content
from app.services.nodes import this_node
from engine.blocks import BlockEvent, BlockEventKind, BlockState

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
LONG_REPLY = (
    "550 5.7.511 Access denied, banned sender[{ip}]. To request removal from this list please forward this message to "
    "delist@messaging.provider.test. For more information please go to the senders' page of the provider, section "
    "5.7.511, and have the address, the time and this whole text at hand. AS(1410) "
    "[BN8NAM12FT048.eop-nam12.prod.protection.provider.test 2026-03-02T09:14:07.482Z 08DC3A9B] "
    "The message was refused because the reputation of the network is low; continued traffic from it prolongs the listing."
)


def fill(session: Session, *, now: float) -> sample.Sample:
    """The sample data of tests, and what happened since."""
    made = sample.fill(session, now=now - 30 * DAY)
    _engine(session, now)
    _blocks(session, now)
    _mailings(session, made, now)
    _traffic(session, made, now)
    alerts.raise_alert(
        session,
        "contagion",
        "news → Google",
        "2 of 4 addresses of news were blocked at Google within an hour.",
        now=now - HOUR,
    )
    alerts.raise_alert(
        session,
        "unusable_address",
        "198.51.100.6",
        "198.51.100.6 can't be used: this machine does not have it.",
        now=now - DAY,
    )
    return made


def _engine(session: Session, now: float) -> None:
    """An engine that sends: this process passes for it."""
    node = session.scalars(select(Node).where(Node.id == this_node(session))).one()
    node.pid, node.process, node.lease = os.getpid(), process_word(os.getpid()), "sample"
    node.heartbeat_at, node.state, node.messages_per_second = now, "sending", 36.4


def _blocks(session: Session, now: float) -> None:
    for ip, provider, domain, mx, minutes in (
        (sample.NEWS[0], "Google", "gmail.test", "198.51.100.77", 47),
        (sample.NEWS[1], "Google", "gmail.test", "198.51.100.78", 44),
        (sample.NEWS[1], "Northmail", "northmail.test", "203.0.113.25", 200),
        (sample.NEWS[2], "Microsoft", "outlook.test", "203.0.113.140", 1_500),
        (sample.NEWS[3], "Northmail", "northmail.test", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", 12),
    ):
        sample.block(session, ip, now=now - minutes * MINUTE, provider=provider, domain=domain, mx_address=mx)
    connection = session.connection()
    stored = ledger.load(connection)
    told = LONG_REPLY.format(ip=stored[3].sending_address)
    changes = [
        (
            replace(stored[0], last_probe=now - 10 * MINUTE, next_probe=now + 50 * MINUTE, probes=1),
            BlockEvent(BlockEventKind.PROBE_REFUSED, now - 10 * MINUTE, reply=stored[0].reply),
        ),
        (
            replace(
                stored[2], state=BlockState.RECOVERING, next_probe=None, ramp_step=3, ramp_since=now - MINUTE, probes=3
            ),
            BlockEvent(BlockEventKind.PROBE_ACCEPTED, now - 4 * MINUTE, reply="250 2.1.5 OK"),
        ),
        (
            replace(stored[3], reply=told, code=550, enhanced="5.7.511", rule="microsoft.banned"),
            BlockEvent(BlockEventKind.REFUSED, now - 1_400 * MINUTE, reply=told),
        ),
    ]
    ledger.save(connection, changes)
    block_actions.hold(session, [stored[3].id], actor=sample.ACTOR, now=now - HOUR, reason="asked the provider")


def _mailings(session: Session, made: sample.Sample, now: float) -> None:
    content = Content(
        from_address="news@example.com",
        from_name="Example News",
        subject="The week for {{name|you}}",
        text="Hello {{name|reader}},\n\nhere is what happened this week.\n",
        html="<p>Hello <b>{{name|reader}}</b>,</p><p>here is what happened this week.</p>",
    )
    for name, list_id, shares in (
        ("Weekly news 12", made.readers, (0.55, 0.03)),
        ("Spring catalogue for returning customers of all regions", made.readers, (0.2, 0.0)),
    ):
        draft = drafts.create(
            session, Draft(name=name, list_id=list_id, content=content), actor=sample.ACTOR, now=now - DAY
        )
        drafts.start(session, draft.id, actor=sample.ACTOR, now=now - 20 * MINUTE)
        session.flush()
        _progress(session, draft.id, *shares, now=now)
    drafts.create(
        session,
        Draft(name="Draft of next week", list_id=made.readers, content=content),
        actor=sample.ACTOR,
        now=now - HOUR,
    )
    session.add(StoredHold(stream_id=made.news, domain="northmail.test", since_at=now - 40 * MINUTE))


def _progress(session: Session, mailing: int, delivered: float, failed: float, *, now: float) -> None:
    lanes = session.scalars(select(MailingLane).where(MailingLane.mailing_id == mailing)).all()
    for lane in lanes:
        if lane.domain == "northmail.test":
            continue
        lane.delivered, lane.failed = math.floor(lane.total * delivered), math.ceil(lane.total * failed)
        lane.last_reply, lane.last_at = "250 2.0.0 OK: queued as 4F1c2d3e", now - MINUTE
    numbers = {name: sum(getattr(lane, name) for lane in lanes) for name in ("delivered", "failed")}
    session.execute(update(Mailing).where(Mailing.id == mailing).values(**numbers))


def _traffic(session: Session, made: sample.Sample, now: float) -> None:
    for stream, level in ((made.news, 220), (made.notices, 60), (made.cold, 15)):
        for bucket in range(int(now - HOUR) // 10 * 10, int(now), 10):
            wave = 1 + 0.4 * math.sin(bucket / 300 + stream)
            session.add(
                StreamTraffic(stream_id=stream, bucket_at=bucket, delivered=int(level * wave), failed=int(level / 50))
            )
    hour = int(now // HOUR * HOUR)
    for ip, provider, number in (
        (sample.NEWS[0], "Google", 48_210),
        (sample.NEWS[1], "Google", 31_877),
        (sample.NEWS[2], "Microsoft", 22_430),
        (sample.NEWS[0], "Northmail", 9_120),
        (sample.NOTICES[0], "Yahoo", 7_034),
    ):
        session.merge(  # a block of this hour has counted there, too
            AddressTraffic(
                hour_at=hour,
                sending_address=ip,
                provider=provider,
                delivered=number,
                failed=number // 90,
                deferred=number // 40,
                blocked=number // 400,
            )
        )
