"""Everything that administrators decide and an engine reads, as one snapshot. Runs in a reading thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, OwnRule, SendingAddress, StoredLimit, StoredPause, Stream, StreamAddress
from app.database.tables.senders import AddressSwitch
from app.settings import engine_settings
from engine.limits import LimitRule, LimitScope, WarmUp
from engine.pairs import IPText
from engine.ports import (
    BoundAddress,
    MailingPlan,
    MailingState,
    ProviderPause,
    StreamPlan,
    World,
)
from engine.ports import SendingAddress as Sender
from engine.rules import Rule


def read_world(session: Session, node: int, bundled: Sequence[Rule]) -> World:
    """The world of one node: all streams with those of their addresses that are its own, and the mailings that are active."""
    limits = _limits(session)
    return World(
        settings=engine_settings(session),
        streams=_streams(session, node, limits),
        mailings=_mailings(session),
        rules=(*own_rules(session), *bundled),
        pauses=_pauses(session),
        limits=tuple(limits[None]),
    )


def own_rules(session: Session) -> tuple[Rule, ...]:
    """The administrator's rules in their order, switched-off ones included."""
    rows = session.scalars(select(OwnRule).order_by(OwnRule.position, OwnRule.id))
    return tuple(
        msgspec.convert({**row.body, "id": row.rule_id, "enabled": row.enabled, "shadow": row.shadow}, Rule)
        for row in rows
    )


def _limits(session: Session) -> dict[int | None, list[LimitRule]]:
    names = {row.id: row.name for row in session.execute(select(Stream.id, Stream.name))}
    limits: dict[int | None, list[LimitRule]] = defaultdict(list)
    for row in session.scalars(select(StoredLimit).order_by(StoredLimit.id)):
        origin = "server" if row.stream_id is None else f"stream {names[row.stream_id]}"
        limits[row.stream_id].append(
            LimitRule(
                row.scope,
                row.target,
                row.connections,
                row.connections_per_hour,
                row.messages_per_connection,
                row.messages_per_hour,
                origin,
            )
        )
    return limits


def _streams(session: Session, node: int, limits: dict[int | None, list[LimitRule]]) -> dict[int, StreamPlan]:
    senders = {
        row.id: sender_of(row) for row in session.scalars(select(SendingAddress).where(SendingAddress.node_id == node))
    }
    bound: dict[int, list[BoundAddress]] = defaultdict(list)
    for binding in session.scalars(select(StreamAddress).order_by(StreamAddress.stream_id, StreamAddress.address_id)):
        if binding.address_id in senders:
            bound[binding.stream_id].append(BoundAddress(senders[binding.address_id], binding.weight, binding.paused))
    return {
        row.id: StreamPlan(row.id, row.name, row.paused, row.guard, tuple(bound[row.id]), tuple(limits[row.id]))
        for row in session.scalars(select(Stream))
    }


def sender_of(row: SendingAddress) -> Sender:
    """A sending address as the engine knows it."""
    quantities = (row.connections, row.connections_per_hour, row.messages_per_connection, row.messages_per_hour)
    limit = None
    if any(quantity is not None for quantity in quantities):
        limit = LimitRule(LimitScope.ADDRESS, row.ip, *quantities, origin=f"address {row.ip}")
    warm_up = None
    if row.warm_up_started is not None:
        warm_up = WarmUp(
            row.warm_up_started, row.warm_up_first_day or 1, row.warm_up_growth or 1.0, row.warm_up_last_day or 1
        )
    return Sender(row.id, IPText(row.ip), row.helo, row.state is AddressSwitch.ENABLED, limit, warm_up)


def _mailings(session: Session) -> dict[int, MailingPlan]:
    columns = (Mailing.id, Mailing.name, Mailing.stream_id, Mailing.expires_at, Mailing.hourly_ceiling)
    rows = session.execute(
        select(*columns).where(
            Mailing.state == MailingState.ACTIVE, Mailing.stream_id.is_not(None), Mailing.expires_at.is_not(None)
        )
    )
    return {row.id: MailingPlan(row.id, row.name, row.stream_id, row.expires_at, row.hourly_ceiling) for row in rows}


def _pauses(session: Session) -> frozenset[ProviderPause]:
    rows = session.execute(select(StoredPause.provider, StoredPause.stream_id, StoredPause.mailing_id))
    return frozenset(ProviderPause(row.provider, row.stream_id, row.mailing_id) for row in rows)
