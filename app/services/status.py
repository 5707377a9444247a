"""Whether mail flows, in a handful of numbers: for the status bar, the tray and the service's health. Functions on a session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, SendingAddress
from app.services import stats
from app.services.nodes import this_node
from engine.ports import MailingState


class EngineWord(StrEnum):
    """What the engine of this machine does now; the words of engine.ports.EngineStatus, and STOPPED without one."""

    STOPPED = "stopped"
    STARTING = "starting"
    IDLE = "idle"
    SENDING = "sending"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the whole at one moment. ``pid`` is of the process that runs this machine's engine, None without one."""

    engine: EngineWord
    pid: int | None
    messages_per_second: float
    in_flight: int
    open_blocks: int
    held: int
    """Recipients that are held."""
    running_mailings: int
    alerts: int
    unusable_addresses: int

    @property
    def warnings(self) -> int:
        """What a person should look at, apart from blocks."""
        return self.alerts + self.unusable_addresses


def read(session: Session) -> Status:
    """The status now, in a fixed number of short queries."""
    engines = {engine.node_id: engine for engine in stats.engines(session)}
    own = engines[this_node(session)]
    numbers = stats.server_numbers(session)
    return Status(
        engine=EngineWord(own.state) if own.state in set(EngineWord) else EngineWord.IDLE,
        pid=own.pid,
        messages_per_second=sum(engine.messages_per_second for engine in engines.values()),
        in_flight=own.in_flight,
        open_blocks=numbers.open_blocks,
        held=numbers.held,
        running_mailings=_count(session, select(Mailing.id).where(Mailing.state == MailingState.ACTIVE)),
        alerts=numbers.alerts,
        unusable_addresses=_count(
            session, select(SendingAddress.id).where(SendingAddress.unusable_reason.is_not(None))
        ),
    )


def _count(session: Session, query: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
