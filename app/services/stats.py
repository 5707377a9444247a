"""Numbers for the overview and the status bar: traffic over time, blocks by hour, busy destinations, engines. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.lease import database_time, is_held
from app.database.outcomes import TRAFFIC_SECONDS
from app.database.schema import AddressTraffic, Node, StoredAlert, StoredBlock, StoredBlockEvent, Stream, StreamTraffic
from app.services.waiting_behind import CLOSED_STATES, held_by_domain
from engine.blocks import BlockEventKind

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Series:
    """Messages a second of one stream. ``values`` are means over steps, the first of which begins at ``start``."""

    stream_id: int
    stream: str
    start: float
    step: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Destination:
    """What went to one provider lately."""

    provider: str
    delivered: int
    failed: int
    deferred: int
    blocked: int


@dataclass(frozen=True, slots=True)
class EngineView:
    """The engine of one node. ``state`` is its own word, "stopped" when none runs; ``heartbeat`` in epoch seconds."""

    node_id: int
    node: str
    state: str
    messages_per_second: float
    in_flight: int
    pid: int | None
    heartbeat: float | None


@dataclass(frozen=True, slots=True)
class ServerNumbers:
    """What the status bar tells."""

    open_blocks: int
    held: int
    alerts: int


def traffic(session: Session, *, now: float, seconds: int = HOUR, step: int = 60) -> list[Series]:
    """Deliveries a second of each stream with mail in the last *seconds*, by steps (multiples of ten seconds), by name."""
    step = max(TRAFFIC_SECONDS, step - step % TRAFFIC_SECONDS)
    end = int(now) - int(now) % step + step
    start = end - seconds + seconds % step
    query = (
        select(StreamTraffic.stream_id, Stream.name, StreamTraffic.bucket_at, StreamTraffic.delivered)
        .join(Stream, Stream.id == StreamTraffic.stream_id)
        .where(StreamTraffic.bucket_at >= start, StreamTraffic.bucket_at < end)
        .order_by(Stream.name_key)
    )
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * ((end - start) // step))
    for stream_id, name, bucket, delivered in session.execute(query):
        sums[stream_id, name][(bucket - start) // step] += delivered
    return [
        Series(stream_id, name, float(start), float(step), tuple(each / step for each in values))
        for (stream_id, name), values in sums.items()
    ]


def blocks_by_hour(session: Session, *, now: float, hours: int = 24) -> Sequence[int]:
    """How many pairs were blocked in each of the last *hours* hours, oldest first; the last one is not over yet."""
    end = int(now) // HOUR + 1
    start = (end - hours) * HOUR
    query = select(StoredBlockEvent.at).where(
        StoredBlockEvent.kind == BlockEventKind.BLOCKED, StoredBlockEvent.at >= start
    )
    counts = [0] * hours
    for at in session.scalars(query):
        counts[min(hours - 1, int(at - start) // HOUR)] += 1
    return counts


def busiest(session: Session, *, now: float, limit: int = 10) -> list[Destination]:
    """The providers that most went to in this hour and the last, busiest first."""
    delivered = func.sum(AddressTraffic.delivered)
    query = (
        select(
            AddressTraffic.provider,
            delivered,
            func.sum(AddressTraffic.failed),
            func.sum(AddressTraffic.deferred),
            func.sum(AddressTraffic.blocked),
        )
        .where(AddressTraffic.hour_at > now - 2 * HOUR, AddressTraffic.provider != "")
        .group_by(AddressTraffic.provider)
        .order_by(delivered.desc(), AddressTraffic.provider)
        .limit(limit)
    )
    return [Destination(row[0], *(int(number) for number in row[1:])) for row in session.execute(query)]


def engines(session: Session) -> list[EngineView]:
    """The engines of all nodes, by name of the node."""
    now = database_time(session.connection())
    return [_engine(node, now) for node in session.scalars(select(Node).order_by(Node.name_key))]


def server_numbers(session: Session) -> ServerNumbers:
    """Open blocks, held recipients, and alerts that wait for a person."""
    open_blocks = select(func.count()).select_from(StoredBlock).where(StoredBlock.state.in_(CLOSED_STATES))
    waiting = StoredAlert.resolved_at.is_(None), StoredAlert.dismissed_at.is_(None)
    alerts = select(func.count()).select_from(StoredAlert).where(*waiting)
    held: Mapping[tuple[int, str], tuple[int, str]] = held_by_domain(session)
    return ServerNumbers(
        session.scalar(open_blocks) or 0, sum(number for number, _ in held.values()), session.scalar(alerts) or 0
    )


def _engine(node: Node, now: float) -> EngineView:
    if not is_held(node, now):
        return EngineView(node.id, node.name, "stopped", 0.0, 0, None, node.heartbeat_at)
    return EngineView(
        node.id, node.name, node.state, node.messages_per_second, node.in_flight, node.pid, node.heartbeat_at
    )
