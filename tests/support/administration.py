"""A server with sites, lists, streams and mailings in few words, for tests of the services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.database import Database
from app.database.schema import ChangeCounter, Mailing, MailingLane, Recipient
from app.services import addresses, associations, audit, lists, members, segments, sites, streams
from app.services.associations import NodeKind
from app.services.audit import AuditEntry
from engine.ports import MailingState, RecipientState

ACTOR = "alex"
NOW = 1_700_000_000.0


class Office:
    """An administrator's desk: each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.database.write() as session:
            yield session

    def addresses(self, *ips: str) -> None:
        with self.writing() as session:
            for ip in dict.fromkeys(ips):
                addresses.add(session, ip, helo="mail.example.com", actor=ACTOR, now=NOW)

    def stream(self, name: str, *ips: str) -> int:
        """A stream over these addresses, which are added where they are not known."""
        with self.writing() as session:
            known = {view.ip for view in addresses.listing(session)}
            for ip in dict.fromkeys(ips):
                if ip not in known:
                    addresses.add(session, ip, actor=ACTOR, now=NOW)
            return streams.create(session, name=name, addresses=ips, actor=ACTOR, now=NOW).id

    def site(self, host: str = "lists.example.com") -> int:
        with self.writing() as session:
            return sites.create(session, host, actor=ACTOR, now=NOW).id

    def list(self, name: str = "news", site_id: int | None = None) -> int:
        site_id = self.site() if site_id is None else site_id
        with self.writing() as session:
            return lists.create(session, name=name, site_id=site_id, actor=ACTOR, now=NOW).id

    def segment(self, name: str, list_id: int, where: object = None) -> int:
        where = where or {"field": "address", "operator": "is_set"}
        with self.writing() as session:
            return segments.create(session, name=name, list_id=list_id, where=where, actor=ACTOR, now=NOW).id

    def member(self, list_id: int, address: str, name: str = "", **fields: str) -> int:
        with self.writing() as session:
            return members.add(session, list_id, address, name=name, fields=fields, actor=ACTOR, now=NOW).id

    def associate(self, kind: NodeKind, node_id: int, stream_id: int | None) -> associations.AssociationChange:
        with self.writing() as session:
            return associations.associate(session, kind, node_id, stream_id, actor=ACTOR, now=NOW)

    def mailing(
        self,
        name: str,
        list_id: int,
        state: MailingState,
        *,
        segment_id: int | None = None,
        stream_id: int | None = None,
        own_stream_id: int | None = None,
        waiting: int = 0,
    ) -> int:
        """A mailing as it stands in the database, with *waiting* recipients at example.net."""
        with self.writing() as session:
            found = associations.resolve(
                session, list_id=list_id, segment_id=segment_id, mailing_stream_id=own_stream_id
            )
            started = state not in (MailingState.DRAFT, MailingState.SCHEDULED)
            mailing = Mailing(
                name=name,
                name_key=name.casefold(),
                state=state,
                list_id=list_id,
                list_name="",
                segment_id=segment_id,
                own_stream_id=own_stream_id,
                stream_id=(stream_id or found.stream_id) if started else None,
                stream_name=found.stream if started else "",
                stream_rule=found.rule if started else "",
                created_at=NOW,
                total=waiting,
            )
            session.add(mailing)
            session.flush()
            if waiting:
                first = mailing.id * 1000
                lane = MailingLane(
                    mailing_id=mailing.id,
                    domain="example.net",
                    first_id=first,
                    last_id=first + waiting - 1,
                    total=waiting,
                )
                session.add(lane)
                session.flush()
                session.add_all(
                    Recipient(
                        id=first + at, lane_id=lane.id, state=RecipientState.WAITING, address=f"r{at}@example.net"
                    )
                    for at in range(waiting)
                )
            return mailing.id

    def trail(self) -> list[AuditEntry]:
        """The audit trail, newest first."""
        with self.database.read() as session:
            return audit.page(session)

    def counter(self, topic: str) -> int:
        """How often something of the topic was changed."""
        with self.database.read() as session:
            return sum(session.scalars(select(ChangeCounter.value).where(ChangeCounter.topic == topic)))
