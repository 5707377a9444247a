"""Who waits behind a block: the recipients held for the streams of its sending address. A service; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, MailingLane, SendingAddress, StoredBlock, StoredHold, Stream, StreamAddress
from app.services.runs import lane_waiting
from engine.blocks import BlockState

CLOSED_STATES = (BlockState.BLOCKED, BlockState.PROBING, BlockState.PERMANENT)
"""The states in which a block closes its pair."""


def streams_of_addresses(session: Session) -> Mapping[str, tuple[tuple[int, str], ...]]:
    """(id, name) of the streams that use each sending address, by name."""
    query = (
        select(SendingAddress.ip, Stream.id, Stream.name)
        .join(StreamAddress, StreamAddress.address_id == SendingAddress.id)
        .join(Stream, Stream.id == StreamAddress.stream_id)
        .order_by(Stream.name_key)
    )
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for ip, stream_id, name in session.execute(query):
        found[ip].append((stream_id, name))
    return {ip: tuple(streams) for ip, streams in found.items()}


def held_by_domain(session: Session) -> Mapping[tuple[int, str], tuple[int, str]]:
    """(held recipients, provider) of each (stream id, domain) that is totally blocked."""
    waiting = func.coalesce(func.sum(lane_waiting()), 0)
    query = (
        select(StoredHold.stream_id, StoredHold.domain, waiting, func.coalesce(func.max(MailingLane.provider), ""))
        .outerjoin(
            Mailing, and_(Mailing.stream_id == StoredHold.stream_id, Mailing.state.in_(("active", "paused", "stopped")))
        )
        .outerjoin(MailingLane, and_(MailingLane.mailing_id == Mailing.id, MailingLane.domain == StoredHold.domain))
        .group_by(StoredHold.stream_id, StoredHold.domain)
    )
    return {(stream, domain): (int(number), provider) for stream, domain, number, provider in session.execute(query)}


@dataclass(frozen=True, slots=True)
class _Held:
    """The recipients that are held for one stream: by domain (with the provider), and by provider."""

    domains: dict[str, tuple[int, str]]
    providers: dict[str, int]

    def behind(self, domain: str, providers: set[str]) -> tuple[int, bool]:
        """(recipients at the domain and at other domains of the providers, whether any of them is totally blocked)."""
        own, provider = self.domains.get(domain, (0, ""))
        number = own + sum(self.providers.get(each, 0) for each in providers)
        if provider in providers:
            number -= own  # counted with its provider
        return number, domain in self.domains or not providers.isdisjoint(self.providers)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who is held where, prepared to be asked for each block."""

    streams: Mapping[str, tuple[tuple[int, str], ...]]
    held: Mapping[int, _Held]

    @classmethod
    def read(cls, session: Session) -> Waiting:
        held: dict[int, _Held] = defaultdict(lambda: _Held({}, defaultdict(int)))
        for (stream, domain), (number, provider) in held_by_domain(session).items():
            held[stream].domains[domain] = (number, provider)
            if provider:
                held[stream].providers[provider] += number
        return cls(streams_of_addresses(session), held)

    def names(self, sending_address: str) -> tuple[str, ...]:
        return tuple(name for _, name in self.streams.get(sending_address, ()))

    def rank_of_streams(self) -> ColumnElement[int]:
        """What sorts by the names of the streams: few sets of names stand for all addresses."""
        addresses: dict[str, list[str]] = defaultdict(list)
        for ip in self.streams:
            addresses[", ".join(self.names(ip)).casefold()].append(ip)
        ranks = [
            (StoredBlock.sending_address.in_(addresses[names]), rank) for rank, names in enumerate(sorted(addresses), 1)
        ]
        return case(*ranks, else_=0) if ranks else literal(0)

    def concerns(self) -> ColumnElement[bool]:
        """Which blocks somebody may wait behind."""
        domains = {domain for held in self.held.values() for domain in held.domains}
        providers = {provider for held in self.held.values() for provider in held.providers}
        return and_(
            StoredBlock.state.in_(CLOSED_STATES),
            or_(
                StoredBlock.domain.in_(domains),
                StoredBlock.provider.in_(providers),
                StoredBlock.exchanger_group.in_(providers),
            ),
        )

    def behind(
        self, state: BlockState, sending_address: str, domain: str, provider: str, group: str
    ) -> tuple[int, bool]:
        """(held recipients, whether a domain behind the block is totally blocked); nobody waits behind an open pair."""
        if not self.held or state not in CLOSED_STATES:
            return 0, False
        providers = {each for each in (provider, group) if each}
        found = [
            self.held[stream].behind(domain, providers)
            for stream, _ in self.streams.get(sending_address, ())
            if stream in self.held
        ]
        return sum(number for number, _ in found), any(is_total for _, is_total in found)


NOBODY = Waiting({}, {})
"""Where it does not matter who waits."""
