"""Sample data for tests and screenshots: streams over IPv4 and IPv6 addresses, sites, lists, members, segments."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.database import ledger
from app.services import addresses, associations, lists, members, segments, sites, streams
from app.services.associations import NodeKind
from app.services.conditions import Condition, Group, Match, Operator
from engine.blocks import Block, BlockEvent, BlockEventKind, BlockState
from engine.limits import LimitRule, LimitScope
from engine.pairs import ExchangerGroup, parse_ip
from engine.replies import Scope, Stage

ACTOR = "anna"
NEWS = ("192.0.2.10", "192.0.2.11", "192.0.2.12", "2001:db8:17:4a00:ffff:aaaa:bbbb:1")
NOTICES = ("198.51.100.5", "198.51.100.6")
LONG_NAME = "Quarterly announcements for customers of all regions and their partners (cold)"
MEMBERS = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """The ids of what was made."""

    news: int
    notices: int
    cold: int
    site: int
    other_site: int
    readers: int
    customers: int
    segment: int


def fill(session: Session, *, now: float) -> Sample:
    """Make the sample data in one transaction."""
    for number, ip in enumerate((*NEWS, *NOTICES), start=10):
        addresses.add(session, ip, actor=ACTOR, now=now, helo=f"out{number}.example.com")
    news = streams.create(
        session,
        name="news",
        addresses=NEWS,
        actor=ACTOR,
        now=now,
        description="Weekly newsletters",
        limits=[LimitRule(LimitScope.PROVIDER, "Google", connections=5, messages_per_hour=2000)],
    ).id
    notices = streams.create(session, name="notices", addresses=NOTICES, actor=ACTOR, now=now).id
    cold = streams.create(session, name=LONG_NAME, addresses=[NEWS[3]], actor=ACTOR, now=now).id
    site = sites.create(session, "lists.example.com", actor=ACTOR, now=now).id
    other_site = sites.create(session, "shop.example.org", actor=ACTOR, now=now).id
    readers = lists.create(session, name="Readers", site_id=site, actor=ACTOR, now=now).id
    customers = lists.create(session, name="Customers", site_id=other_site, actor=ACTOR, now=now).id
    for number in range(MEMBERS):
        domain = ("gmail.test", "northmail.test", "post.test")[number % 3]
        members.add(session, readers, f"reader{number:03}@{domain}", actor=ACTOR, now=now)
    condition = Group(Match.ALL, (Condition("domain", Operator.EQUALS, "gmail.test"),))
    segment = segments.create(session, name="Gmail readers", list_id=readers, where=condition, actor=ACTOR, now=now).id
    associations.associate(session, NodeKind.SITE, site, news, actor=ACTOR, now=now)
    associations.associate(session, NodeKind.SEGMENT, segment, notices, actor=ACTOR, now=now)
    return Sample(news, notices, cold, site, other_site, readers, customers, segment)


def block(
    session: Session,
    sending_address: str,
    *,
    now: float,
    provider: str = "Northmail",
    domain: str = "northmail.test",
    mx_address: str = "198.51.100.77",
) -> int:
    """A provider refuses a sending address, as an engine would write it down; the id of the block."""
    reply = f"554 5.7.1 Service unavailable; Client host [{sending_address}] blocked using a block list"
    refused = Block(
        id=0,
        sending_address=parse_ip(sending_address),
        mx_address=parse_ip(mx_address),
        mx_host=f"mx1.{domain}",
        domain=domain,
        group=ExchangerGroup(f"mx1.{domain}"),
        provider=provider,
        scope=Scope.PAIR,
        state=BlockState.BLOCKED,
        stage=Stage.BANNER,
        code=554,
        enhanced="5.7.1",
        reply=reply,
        rule="generic.block_list",
        reason="says that the address is on a block list",
        advice="Ask the block list to remove the address.",
        since=now,
        next_probe=now + 3600,
    )
    saved = ledger.save(session.connection(), [(refused, BlockEvent(BlockEventKind.BLOCKED, now, reply=reply))])
    return saved[0].id
