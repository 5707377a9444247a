"""Whether mail flows, in a handful of numbers: for the status bar, the tray and the service's health. Functions on a session."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.lease import is_held
from app.database.schema import Mailing, Node, SendingAddress, StoredAlert, StoredBlock, StoredHold
from app.services.addresses import OPEN_BLOCKS
from app.services.nodes import this_node
from app.services.runs import held_numbers
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
    held_domains: int
    """Totally blocked domains, each counted once for each stream."""
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
    node = session.get_one(Node, this_node(session))
    running = is_held(node, time.time())
    nodes_rate = session.scalar(select(func.sum(Node.messages_per_second)).where(Node.lease != "")) or 0.0
    mailings = session.scalars(select(Mailing.id).where(Mailing.state == MailingState.ACTIVE)).all()
    unfinished = session.scalars(
        select(Mailing.id).where(Mailing.state.in_((MailingState.ACTIVE, MailingState.PAUSED)))
    ).all()
    return Status(
        engine=_word(node.state) if running else EngineWord.STOPPED,
        pid=node.pid if running else None,
        messages_per_second=nodes_rate,
        in_flight=node.in_flight if running else 0,
        open_blocks=_count(session, StoredBlock.id, StoredBlock.state.in_(OPEN_BLOCKS)),
        held_domains=_count(session, StoredHold.stream_id),
        held=sum(held_numbers(session, unfinished).values()),
        running_mailings=len(mailings),
        alerts=_count(session, StoredAlert.id, StoredAlert.resolved_at.is_(None), StoredAlert.dismissed_at.is_(None)),
        unusable_addresses=_count(session, SendingAddress.id, SendingAddress.unusable_reason.is_not(None)),
    )


def _word(state: str) -> EngineWord:
    return EngineWord(state) if state in set(EngineWord) else EngineWord.IDLE


def _count(session: Session, column: object, *conditions: object) -> int:
    return session.scalar(select(func.count(column)).where(*conditions)) or 0  # type: ignore[arg-type]
