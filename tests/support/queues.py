"""Rows for tests of the database: lists, members, mailings that have started, and an engine's ports over them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.changes import WORLD, bump
from app.database.database import Database
from app.database.lease import Lease
from app.database.ledger import DatabaseLedger
from app.database.queue import DatabaseQueue
from app.database.schema import Mailing, MailingLane, MailingList, Member, Recipient, Site, Stream, name_key
from app.database.snapshot import start_mailing_rows
from app.database.writer import Writer
from engine.addresses import parse_mailbox
from engine.ports import MailingState, Outcome, ReadRequest, RecipientState, Waiting
from engine.replies import Stage, Verdict

NOW = 1_700_000_000.0


def make_list(session: Session, addresses: Iterable[str], name: str = "news") -> MailingList:
    """A list with these members, on a site of its own."""
    site = Site(host=f"{name}.test", created_at=NOW)
    mailing_list = MailingList(site=site, name=name, name_key=name_key(name), created_at=NOW)
    session.add_all([site, mailing_list])
    session.flush()
    for address in addresses:
        box = parse_mailbox(address)
        session.add(
            Member(
                list_id=mailing_list.id,
                address=box.address,
                address_key=box.key,
                domain=box.ascii_domain,
                joined_at=NOW,
            )
        )
    session.flush()
    return mailing_list


def make_mailing(session: Session, mailing_list: MailingList, name: str = "may") -> Mailing:
    """An active mailing to a list over the default stream, without recipients."""
    mailing = Mailing(
        name=name,
        name_key=name_key(name),
        list_id=mailing_list.id,
        list_name=mailing_list.name,
        state=MailingState.ACTIVE,
        stream_id=session.scalars(select(Stream.id).where(Stream.is_default)).one(),
        expires_at=NOW + 3600,
        started_at=NOW,
        created_at=NOW,
    )
    session.add(mailing)
    session.flush()
    return mailing


def start_mailing(database: Database, addresses: Sequence[str], name: str = "may") -> int:
    """A list with these members and a mailing to it that has just started; the mailing's id."""
    with database.write() as session:
        mailing = make_mailing(session, make_list(session, addresses, name=f"list-of-{name}"), name)
        start_mailing_rows(session, mailing.id)
        bump(session, WORLD)
        return mailing.id


def addresses(per_domain: int, domains: int = 2) -> list[str]:
    """user0@d1.test … for so many domains."""
    return [f"user{number}@d{domain}.test" for domain in range(1, domains + 1) for number in range(per_domain)]


def outcome(row: Waiting, state: RecipientState = RecipientState.DELIVERED, **changes: object) -> Outcome:
    """What became of a recipient that was read."""
    values: dict[str, object] = {
        "recipient": row.id,
        "lane": row.lane,
        "attempt": row.attempts + 1,
        "state": state,
        "at": NOW + 1,
        "sending_address": "127.0.0.11",
        "mx_address": "127.0.1.1",
        "mx_host": "mx.d1.test",
        "stage": Stage.END_OF_DATA,
        "code": 250,
        "reply": "250 2.0.0 Ok",
        "verdict": Verdict.ACCEPTED,
        "provider": "d1.test",
    }
    return Outcome(**(values | changes))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Ports:
    """An engine's ports, and what they stand on."""

    queue: DatabaseQueue
    ledger: DatabaseLedger
    lease: Lease
    writer: Writer

    async def read_all(self, mailing: int, limit: int = 1000) -> list[Waiting]:
        """All fresh recipients of a mailing."""
        lanes = await self.queue.lanes(mailing)
        found = await self.queue.read([ReadRequest(lane.id, lane.first_id - 1, limit) for lane in lanes])
        return [row for lane in lanes for row in found[lane.id].rows]


@contextmanager
def engine_ports(database: Database) -> Iterator[Ports]:
    """The ports of an engine that has the lease of the database's node."""
    lease = Lease.acquire(database)
    writer = Writer(database.writer_engine)
    queue = DatabaseQueue(database, writer, lease, now=lambda: NOW)
    try:
        yield Ports(queue, DatabaseLedger(database, writer, lease), lease, writer)
    finally:
        queue.close()
        writer.stop(patience=0)
        lease.release(database)


@dataclass(frozen=True)
class Sums:
    """The counts of a mailing, as its lanes, its own row and its recipients tell them."""

    lanes: dict[str, int]
    mailing: dict[str, int]
    recipients: dict[str, int]


def sums(database: Database, mailing_id: int) -> Sums:
    """Count a mailing in the three ways that must agree."""
    words = ("delivered", "failed", "expired", "stopped", "in_doubt")
    with database.read() as session:
        lanes = session.scalars(select(MailingLane).where(MailingLane.mailing_id == mailing_id)).all()
        mailing = session.get_one(Mailing, mailing_id)
        states = session.scalars(
            select(Recipient.state).where(Recipient.lane_id.in_([lane.id for lane in lanes]))
        ).all()
    return Sums(
        {word: sum(getattr(lane, word) for lane in lanes) for word in words},
        {word: getattr(mailing, word) for word in words},
        {word: sum(state.value == word for state in states) for word in words},
    )


def now() -> float:
    """The machine's time, for rows that show it."""
    return time.time()
