"""What is told about blocks as a whole: the summary, the matrix, what clearing would do, evidence for a provider. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.schema import AddressTraffic, SendingAddress, StoredBlock, StreamAddress
from app.services import blocks
from app.services.blocks import BlockView
from app.services.waiting_behind import CLOSED_STATES, held_by_domain, streams_of_addresses
from engine.blocks import BlockState
from engine.hostile import shown

HOUR = 3600
MATRIX_HOURS = 24
"""Over how long the rates of the matrix are measured."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of the sentence above the report. ``next_probe`` in epoch seconds, None when none is set."""

    addresses: int
    providers: int
    blocks: int
    held: int
    next_probe: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One sending address at one provider: the block that says most, if any, and how mail went there lately.

    ``delivered`` and ``refused`` count the last 24 hours.
    """

    sending_address: str
    provider: str
    state: BlockState | None
    delivered: int
    refused: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sending addresses (sorted numerically) by providers (by name). Cells without anything to tell are left out."""

    sending_addresses: tuple[str, ...]
    providers: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]


@dataclass(frozen=True, slots=True)
class Load:
    """What one address would carry of the recipients that are released: by its weight among those that would be open."""

    sending_address: str
    recipients: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What clearing or exempting blocks would do. ``released`` recipients are held now."""

    blocks: int
    released: int
    loads: tuple[Load, ...]


def summary(session: Session) -> Summary:
    """How many addresses are refused by how many providers, who waits, and when the next test is."""
    closed = StoredBlock.state.in_(CLOSED_STATES)
    provider = func.coalesce(func.nullif(StoredBlock.provider, ""), StoredBlock.exchanger_group)
    row = session.execute(
        select(
            func.count(func.distinct(StoredBlock.sending_address)),
            func.count(func.distinct(provider)),
            func.count(),
            func.min(StoredBlock.next_probe_at),
        ).where(closed)
    ).one()
    held = sum(number for number, _ in held_by_domain(session).values())
    return Summary(row[0], row[1], row[2], held, row[3])


def matrix(session: Session, *, now: float) -> Matrix:
    """Who is refused where: all sending addresses by all providers that there was mail to, or a block at, lately."""
    addresses = tuple(session.scalars(select(SendingAddress.ip).order_by(SendingAddress.ip_key)))
    cells = {key: Cell(*key, None, *counts) for key, counts in _traffic(session, now).items() if key[1]}
    for (ip, provider), state in _states(session).items():
        known = cells.get((ip, provider))
        cells[ip, provider] = Cell(ip, provider, state, known.delivered if known else 0, known.refused if known else 0)
    return Matrix(addresses, tuple(sorted({provider for _, provider in cells})), cells)


def effect_of_clearing(session: Session, block_ids: Sequence[int]) -> Effect:
    """What clearing or exempting these blocks would do: who is released, and what load that puts on which addresses."""
    views = [view for start in range(0, len(block_ids), blocks.PAGE) for view in _page(session, block_ids, start)]
    streams = streams_of_addresses(session)
    weights = _weights(session)
    released = 0
    loads: dict[str, float] = defaultdict(float)
    for (stream, domain), (number, provider) in held_by_domain(session).items():
        opened = {
            view.sending_address
            for view in views
            if view.state in CLOSED_STATES
            and stream in {each for each, _ in streams.get(view.sending_address, ())}
            and (view.domain == domain or (provider and provider in (view.provider, view.group)))
        }
        if not opened:
            continue
        released += number
        total = sum(weights.get((stream, ip), 1) for ip in opened)
        for ip in opened:
            loads[ip] += number * weights.get((stream, ip), 1) / total
    shares = tuple(Load(ip, round(number)) for ip, number in sorted(loads.items(), key=lambda item: -item[1]))
    return Effect(len(views), released, shares)


def evidence(view: BlockView) -> str:
    """What a provider's postmaster needs to look into a refusal, as plain text; times in UTC, replies escaped."""
    lines = [
        f"Our sending address: {view.sending_address}",
        f"Your mail exchanger: {view.mx_host} [{view.mx_address}]",
        f"Recipient domain: {view.domain}",
        f"First refused: {_utc(view.since)}",
        f"Stage: {view.stage.value.replace('_', ' ')}",
        "Reply:",
        *(f"    {shown(line)}" for line in view.reply.split("\n")),
    ]
    if view.last_probe is not None:
        lines.append(f"Last tested: {_utc(view.last_probe)}")
    others = [pair for pair in view.pairs if pair.mx_address != view.mx_address]
    if others:
        lines.append("Also refused at:")
        lines += [f"    {pair.mx_host} [{pair.mx_address}], {_utc(pair.at)}" for pair in others]
    return "\n".join(lines) + "\n"


def _page(session: Session, block_ids: Sequence[int], start: int) -> list[BlockView]:
    return blocks.rows(session, block_ids[start : start + blocks.PAGE])


def _traffic(session: Session, now: float) -> Mapping[tuple[str, str], tuple[int, int]]:
    query = (
        select(
            AddressTraffic.sending_address,
            AddressTraffic.provider,
            func.sum(AddressTraffic.delivered),
            func.sum(AddressTraffic.failed + AddressTraffic.blocked),
        )
        .where(AddressTraffic.hour_at > now - MATRIX_HOURS * HOUR)
        .group_by(AddressTraffic.sending_address, AddressTraffic.provider)
    )
    return {(ip, provider): (int(good), int(bad)) for ip, provider, good, bad in session.execute(query)}


_GRAVITY = (
    BlockState.PERMANENT,
    BlockState.BLOCKED,
    BlockState.PROBING,
    BlockState.RECOVERING,
    BlockState.EXEMPT,
    BlockState.SUSPECT,
)
"""Which of several blocks of one address at one provider says most."""


def _states(session: Session) -> Mapping[tuple[str, str], BlockState]:
    provider = func.coalesce(func.nullif(StoredBlock.provider, ""), StoredBlock.exchanger_group)
    query = (
        select(StoredBlock.sending_address, provider, StoredBlock.state)
        .where(StoredBlock.state != BlockState.CLEARED)
        .distinct()
    )
    found: dict[tuple[str, str], BlockState] = {}
    for ip, name, state in session.execute(query):
        known = found.get((ip, name))
        if known is None or _GRAVITY.index(state) < _GRAVITY.index(known):
            found[ip, name] = state
    return found


def _weights(session: Session) -> Mapping[tuple[int, str], int]:
    query = select(StreamAddress.stream_id, SendingAddress.ip, StreamAddress.weight).join(
        SendingAddress, SendingAddress.id == StreamAddress.address_id
    )
    return {(stream, ip): weight for stream, ip, weight in session.execute(query)}


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
