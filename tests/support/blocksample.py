"""Blocks as a busy server has them, for tests and screenshots: many providers, IPv6, widened, held, long and hostile replies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sample import LONG_NAME, Sample
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.database import ledger
from app.database.schema import (
    AddressTraffic,
    Mailing,
    MailingContent,
    MailingLane,
    MailingList,
    Recipient,
    Segment,
    SendingAddress,
    Site,
    StoredBlock,
    StoredHold,
    StoredPause,
    Stream,
    StreamTraffic,
)
from app.services import alerts, audit, block_actions
from engine.blocks import Block, BlockEvent, BlockEventKind, BlockState, RefusedPair
from engine.pairs import ExchangerGroup, IPText, ip_sort_key
from engine.ports import MailingState, RecipientState
from engine.replies import Scope, Stage

ACTOR = "anna"
IPV6 = "2001:db8:17:4a00:ffff:aaaa:bbbb:1"
SPAMHAUS = (
    "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org;"
    " https://check.spamhaus.org/listed/?searchterm=192.0.2.10"
)
MICROSOFT = (
    "550 5.7.1 Unfortunately, messages from [192.0.2.11] weren't sent. Please contact your Internet service provider since"
    " part of their network is on our block list (S3150). You can also refer your provider to"
    " http://mail.live.com/mail/troubleshooting.aspx#errors. [Name=Protocol Filter Agent][AGT=PFA][MxId=11BCE7A1F36E9C2D]"
)
LONG = "421 4.7.0 " + "Our system has detected an unusual rate of unsolicited mail originating from your address. " * 6
HOSTILE = "550 5.7.1 blocked\n550 5.7.1 \u202egnp.exe\u202c \x1b[31mclick <a href='http://evil.test'>here</a>\x00"
MICROSOFT_ADVICE = (
    "Ask for removal at https://olcsupport.office.com and watch the address in"
    " https://sendersupport.olc.protection.outlook.com/snds/."
)
HELD = 12_480
WAITERS = 40


@dataclass(frozen=True, slots=True)
class BlockSample:
    """The ids of blocks that stand for something, and of a mailing whose recipients wait."""

    total: int
    widened: int
    hostile: int
    long: int
    exempt: int
    recovering: int
    mailing: int
    all: tuple[int, ...]


def sample_of(session: Session) -> Sample:
    """The ids of what :func:`sample.fill` made."""
    found = {stream.name: stream.id for stream in session.scalars(select(Stream))}
    made_lists = {each.name: each.id for each in session.scalars(select(MailingList))}
    return Sample(
        news=found["news"],
        notices=found["notices"],
        cold=found[LONG_NAME],
        site=session.scalars(select(Site.id).where(Site.host == "lists.example.com")).one(),
        other_site=session.scalars(select(Site.id).where(Site.host == "shop.example.org")).one(),
        readers=made_lists["Readers"],
        customers=made_lists["Customers"],
        segment=session.scalars(select(Segment.id)).one(),
    )


def a_block(sending_address: str, mx_address: str, now: float, **changes: object) -> Block:
    """A block as the engine makes it."""
    base = Block(
        id=0,
        sending_address=IPText(sending_address),
        mx_address=IPText(mx_address),
        mx_host="mx1.northmail.test",
        domain="northmail.test",
        group=ExchangerGroup("mx1.northmail.test,mx2.northmail.test"),
        provider="Northmail",
        scope=Scope.PAIR,
        state=BlockState.BLOCKED,
        stage=Stage.BANNER,
        code=554,
        enhanced="5.7.1",
        reply=SPAMHAUS,
        rule="lists.spamhaus",
        reason="says that the sending address is on a Spamhaus block list",
        advice="Look the address up at https://check.spamhaus.org and ask for its removal there.",
        since=now - 2_400,
        next_probe=now + 840,
    )
    block = replace(base, **changes)
    first = RefusedPair(block.mx_address, block.mx_host, block.code, block.reply, block.since)
    return block if block.pairs else replace(block, pairs=(first,))


def store(session: Session, *found: Block) -> list[int]:
    """Write blocks with the event that made each."""
    changes = [
        (block, BlockEvent(BlockEventKind.BLOCKED, block.since, text=block.reason, reply=block.reply))
        for block in found
    ]
    return [block.id for block in ledger.save(session.connection(), changes)]


def fill(session: Session, made: Sample, now: float) -> BlockSample:
    """Blocks, a mailing whose recipients wait, traffic, alerts. The streams are those of :mod:`sample`."""
    mailing = _held_mailing(session, made, now)
    blocked = _blocks(now)
    ids = store(session, *blocked.values())
    by_name = dict(zip(blocked, ids, strict=True))
    _probes(session, by_name["total"], now)
    block_actions.exempt(
        session, [by_name["exempt"]], actor=ACTOR, now=now - 900, reason="agreed with their postmaster"
    )
    block_actions.note(session, by_name["widened"], "Ticket 4711 is open with them.", actor=ACTOR, now=now - 600)
    _traffic(session, made, now)
    _attention(session, made, mailing, now)
    return BlockSample(
        by_name["total"],
        by_name["widened"],
        by_name["hostile"],
        by_name["long"],
        by_name["exempt"],
        by_name["recovering"],
        mailing,
        tuple(ids),
    )


def _blocks(now: float) -> dict[str, Block]:
    microsoft = {
        "provider": "Microsoft",
        "group": ExchangerGroup("contoso-test.mail.protection.microsoft.test"),
        "mx_host": "contoso-test.mail.protection.microsoft.test",
        "domain": "contoso.test",
        "reply": MICROSOFT,
        "code": 550,
        "stage": Stage.MAIL,
        "rule": "microsoft.block-list",
        "advice": MICROSOFT_ADVICE,
    }
    pairs = tuple(
        RefusedPair(IPText(f"198.51.100.{number}"), f"mx{number}.microsoft.test", 550, MICROSOFT, now - 60 * number)
        for number in (21, 22, 23)
    )
    blocks = {
        f"held{number}": a_block(ip, mx, now, since=now - 4_000 - number)
        for number, (ip, mx) in enumerate((("192.0.2.11", "198.51.100.1"), ("192.0.2.12", "198.51.100.1")))
    }
    blocks["total"] = a_block("192.0.2.10", "198.51.100.1", now, last_probe=now - 600, probes=2)
    blocks["ipv6"] = a_block(IPV6, "2001:db8:beef:1234:5678:9abc:def0:25", now, since=now - 700)
    blocks["widened"] = a_block(
        "192.0.2.11",
        "198.51.100.21",
        now,
        **microsoft,
        scope=Scope.GROUP,
        pairs=pairs,
        reason="3 of 4 addresses refused; says that our network is on its block list",
        state=BlockState.PERMANENT,
        permanent=True,
        next_probe=None,
    )
    blocks["long"] = a_block(
        "198.51.100.5",
        "203.0.113.77",
        now,
        domain="mail.a-rather-long-subdomain-of-a-company.example-with-a-long-name.test",
        mx_host="inbound-smtp-gateway-17.eu-central.mail-protection.example-with-a-long-name.test",
        group=ExchangerGroup("inbound-smtp-gateway-17.eu-central.mail-protection.example-with-a-long-name.test"),
        provider="",
        reply=LONG,
        code=421,
        enhanced="4.7.0",
        rule="words.rate",
        reason="says that there was an unusual rate of unsolicited mail from the sending address",
        advice="",
        stage=Stage.SESSION,
        probe_note="timeout after EHLO",
        since=now - 90_000,
    )
    blocks["hostile"] = a_block(
        "198.51.100.6", "203.0.113.9", now, domain="evil.test", mx_host="mx.evil.test", provider="", reply=HOSTILE
    )
    blocks["exempt"] = a_block("198.51.100.5", "203.0.113.20", now, domain="partner.test", provider="Partner")
    blocks["recovering"] = a_block(
        "198.51.100.6",
        "203.0.113.30",
        now,
        domain="post.test",
        provider="Post",
        state=BlockState.RECOVERING,
        next_probe=None,
        ramp_step=3,
        ramp_since=now - 20,
    )
    blocks["suspect"] = a_block(
        "192.0.2.12",
        "203.0.113.40",
        now,
        domain="gmail.test",
        provider="Google",
        state=BlockState.SUSPECT,
        next_probe=None,
    )
    blocks["probing"] = a_block(
        "192.0.2.12", "203.0.113.41", now, domain="quick.test", provider="Quickbox", state=BlockState.PROBING, probes=1
    )
    return blocks


def _probes(session: Session, block_id: int, now: float) -> None:
    connection = session.connection()
    for at, kind in (
        (now - 3_000, BlockEventKind.REFUSED),
        (now - 1_800, BlockEventKind.PROBE_STARTED),
        (now - 1_799, BlockEventKind.PROBE_FAILED),
        (now - 601, BlockEventKind.PROBE_STARTED),
        (now - 600, BlockEventKind.PROBE_REFUSED),
    ):
        text = "the connection timed out" if kind is BlockEventKind.PROBE_FAILED else ""
        reply = SPAMHAUS if kind is BlockEventKind.PROBE_REFUSED else ""
        ledger.append_event(connection, block_id, BlockEvent(kind, at, text=text, reply=reply))


def _held_mailing(session: Session, made: Sample, now: float) -> int:
    mailing = Mailing(
        name="November newsletter",
        name_key="november newsletter",
        state=MailingState.ACTIVE,
        list_id=made.readers,
        list_name="Readers",
        stream_id=made.news,
        stream_name="news",
        stream_rule="site",
        created_at=now - 7_200,
        started_at=now - 7_000,
        expires_at=now + 250_000,
        total=HELD,
        content=MailingContent(from_address="news@example.com", subject="News in November"),
    )
    session.add(mailing)
    session.flush()
    first = mailing.id * 1_000_000
    lane = MailingLane(
        mailing_id=mailing.id,
        domain="northmail.test",
        provider="Northmail",
        first_id=first,
        last_id=first + HELD - 1,
        total=HELD,
    )
    session.add(lane)
    session.flush()
    session.add_all(
        Recipient(
            id=first + number,
            lane_id=lane.id,
            state=RecipientState.WAITING,
            address=f"reader{number:05}@northmail.test",
        )
        for number in range(WAITERS)
    )
    session.add(StoredHold(stream_id=made.news, domain="northmail.test", since_at=now - 2_000))
    session.flush()
    return mailing.id


def _traffic(session: Session, made: Sample, now: float) -> None:
    hour = int(now) - int(now) % 3_600
    for number, ip in enumerate(("192.0.2.10", "192.0.2.11", "192.0.2.12", "198.51.100.5", IPV6)):
        for place, provider in enumerate(("Google", "Microsoft", "Northmail", "Post", "Quickbox", "Yahoo")):
            session.merge(
                AddressTraffic(
                    hour_at=hour,
                    sending_address=ip,
                    provider=provider,
                    delivered=max(0, 9_000 - 1_300 * place - 700 * number),
                    failed=20 * place,
                    deferred=90 * place,
                    blocked=place * number,
                )
            )
    bucket = int(now) - int(now) % 10
    for step in range(360):
        for stream, height in ((made.news, 900), (made.notices, 300), (made.cold, 120)):
            wave = 0.5 + 0.3 * math.sin(step / 40 + stream) + 0.1 * math.sin(step / 5 * stream)
            session.add(StreamTraffic(stream_id=stream, bucket_at=bucket - 10 * step, delivered=int(height * wave)))


def _attention(session: Session, made: Sample, mailing: int, now: float) -> None:
    session.add(
        StoredPause(
            provider="Microsoft",
            stream_id=made.notices,
            reason="Microsoft blocked half of the addresses of stream notices within an hour",
            since_at=now - 1_200,
        )
    )
    session.add(
        Mailing(
            name="Spring campaign",
            name_key="spring campaign",
            state=MailingState.PAUSED,
            list_id=made.customers,
            list_name="Customers",
            stream_id=made.notices,
            stream_name="notices",
            stream_rule="list",
            created_at=now - 90_000,
            started_at=now - 86_000,
            total=5_000,
            delivered=3_200,
            in_doubt=3,
            content=MailingContent(from_address="shop@example.com", subject="Spring is here"),
        )
    )
    address = session.query(SendingAddress).filter_by(ip=IPV6).one()
    address.unusable_reason = "Cannot assign requested address"
    alerts.raise_alert(session, "not_started", "Easter greetings", "Nobody is on the list.", now=now - 300)
    audit.record(
        session,
        actor="ben",
        now=now - 5_000,
        action="stream.edit",
        subject="stream news",
        before="weight 100",
        after="weight 200",
    )
    session.flush()


def many(session: Session, number: int, now: float, addresses: Sequence[str]) -> None:
    """A report of *number* blocks, written fast: for benches and tests of size."""

    rows = []
    for each in range(number):
        ip = addresses[each % len(addresses)]
        mx = f"203.{each >> 16 & 255}.{each >> 8 & 255}.{each & 255}"
        domain = f"domain{each // 3:06}.test"
        rows.append(
            {
                "state": BlockState.BLOCKED,
                "sending_address": ip,
                "sending_key": ip_sort_key(ip),
                "mx_address": mx,
                "mx_key": ip_sort_key(mx),
                "mx_host": f"mx{each % 4}.{domain}",
                "domain": domain,
                "exchanger_group": f"mx.{domain}",
                "provider": f"Provider {each % 40}",
                "scope": Scope.PAIR,
                "stage": Stage.BANNER,
                "code": 554,
                "enhanced": "5.7.1",
                "rule": "lists.spamhaus",
                "since_at": now - (each * 7919) % 90_000,
                "next_probe_at": now + (each * 104_729) % 3_600,
                "hits": [],
                "changed_at": now,
                "reason": f"says that the sending address is on list {each % 97}",
                "advice": "Ask for removal.",
                "reply": f"{SPAMHAUS} ({(each * 31) % number})",
                "permanent": False,
                "probe_requested": False,
                "probe_note": "",
                "probes": each % 50,
                "last_recipient": "",
                "ramp_step": 0,
                "note": "",
                "version": 1,
            }
        )
    session.execute(insert(StoredBlock), rows)
