"""The rehearsal installation that a first look starts with: a profile of its own, sample streams and lists, a mailing.

It talks to the rehearsal network only (app.rehearsal), so nothing leaves this machine. Sync; called in a thread.
"""

from __future__ import annotations

import shutil
from typing import Final

from sqlalchemy.orm import Session

from app.database.database import Database
from app.paths import Profile, open_profile
from app.rehearsal.scenarios import SENDING_ADDRESSES
from app.services import (
    addresses,
    associations,
    configuration,
    drafts,
    lists,
    members,
    segments,
    sites,
    streams,
)
from app.services.associations import NodeKind
from app.services.conditions import Condition, Group, Match, Operator
from app.services.drafts import Draft
from app.services.messages import Content

FOLDER: Final = "rehearsal"
ACTOR: Final = "rehearsal"
DOMAINS: Final = (
    "northmail.test",
    "school.test",
    "shop.test",
    "bluepost.test",
    "clinic.test",
    "quickbox.test",
    "oldtown.test",
    "homelab.test",
)
READERS_OF_EACH: Final = 40
CUSTOMERS_OF_EACH: Final = 12


def fresh_profile(home: Profile) -> Profile:
    """An empty profile inside the person's own; what an earlier look left there is deleted."""
    folder = home.folder / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    return open_profile(folder)


def fill(database: Database, name_server: str, smtp_port: int, *, now: float) -> None:
    """Settings that point to the network, and everything to look at; one mailing starts as soon as an engine runs.

    *name_server* is "address:port".
    """
    with database.write() as session:
        _settings(session, name_server, smtp_port, now)
        _senders(session, now)
        _audience(session, now)
    with database.write() as session:
        _mailings(session, now)


def _settings(session: Session, name_server: str, smtp_port: int, now: float) -> None:
    chosen = {
        "network.name_servers": name_server,
        "network.smtp_port": str(smtp_port),
        "network.allow_loopback": "true",
        "probe.interval_seconds": "120",
        "retry.schedule_minutes": "0.5,1,2,5",
        "delivery.connections_per_pair": "2",
    }
    for key, value in chosen.items():
        configuration.store(session, key, value, actor=ACTOR, now=now)


def _senders(session: Session, now: float) -> None:
    for ip in SENDING_ADDRESSES:
        addresses.add(session, ip, helo=f"out{ip.rsplit('.', 1)[1]}.sender.test", actor=ACTOR, now=now)
    streams.create(
        session,
        name="newsletter",
        description="Weekly news over three addresses",
        addresses=SENDING_ADDRESSES[:3],
        actor=ACTOR,
        now=now,
    )
    streams.create(
        session, name="receipts", description="One address", addresses=SENDING_ADDRESSES[3:], actor=ACTOR, now=now
    )


def _audience(session: Session, now: float) -> None:
    news = sites.create(session, "lists.sender.test", actor=ACTOR, now=now).id
    shop = sites.create(session, "shop.sender.test", actor=ACTOR, now=now).id
    readers = lists.create(session, name="Readers", site_id=news, actor=ACTOR, now=now).id
    customers = lists.create(session, name="Customers", site_id=shop, actor=ACTOR, now=now).id
    for list_id, word, number in ((readers, "reader", READERS_OF_EACH), (customers, "customer", CUSTOMERS_OF_EACH)):
        for domain in DOMAINS:
            for each in range(number):
                name = f"{word.title()} {each + 1}"
                members.add(session, list_id, f"{word}{each + 1}@{domain}", name=name, actor=ACTOR, now=now)
    where = Group(Match.ANY, tuple(Condition("domain", Operator.EQUALS, domain) for domain in DOMAINS[:3]))
    segments.create(session, name="Northmail readers", list_id=readers, where=where, actor=ACTOR, now=now)
    newsletter = streams.by_name(session, "newsletter").id
    receipts = streams.by_name(session, "receipts").id
    associations.associate(session, NodeKind.SITE, news, newsletter, actor=ACTOR, now=now)
    associations.associate(session, NodeKind.LIST, customers, receipts, actor=ACTOR, now=now)


def _mailings(session: Session, now: float) -> None:
    readers, customers = lists.by_name(session, "Readers"), lists.by_name(session, "Customers")
    weekly = Content(
        from_address="news@sender.test",
        from_name="Sender News",
        subject="The week for {{name|you}}",
        text="Hello {{name|reader}},\n\nthis is a rehearsal: it stays on this machine.\n",
    )
    started = drafts.create(
        session, Draft(name="Weekly news", list_id=readers.id, content=weekly), actor=ACTOR, now=now
    )
    drafts.start(session, started.id, actor=ACTOR, now=now)
    offer = Content(
        from_address="shop@sender.test",
        from_name="Sender Shop",
        subject="An offer for {{name|you}}",
        text="Hello {{name|customer}},\n\nthis draft waits to be started.\n",
    )
    drafts.create(session, Draft(name="Spring offer", list_id=customers.id, content=offer), actor=ACTOR, now=now)
