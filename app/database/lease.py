"""One engine per node at a time: the lease row, who holds it, and when it may be taken over."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from app.database import claims, notices, trail
from app.database.changes import NODES, PERSON, RECIPIENTS, bump
from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.database.schema import Node
from app.database.sql import is_sqlite, run
from app.processes import process_word
from app.settings import engine_settings
from engine.ports import CUT_OFF, Alert, EngineStatus, InDoubtPolicy, LeaseLost

log = logging.getLogger(__name__)

_PREFIX: Final = "engine-"
EXPIRY: Final = 30.0
"""Seconds without a heartbeat after which the lease of an engine on another machine is void."""
SILENCE: Final = 2 * CUT_OFF
"""Seconds without a heartbeat after which what a node had in hand is in doubt. Machines and networks come back within minutes,
and then the node's journals tell more than anybody else can; by half of it, an engine that is only cut off has stopped."""
SILENT: Final = "silent"
"""The state of a node whose recipients are in doubt for that; kind of the alert about it."""
JOURNAL_LOST: Final = "journal_lost"
"""Kind of the alert about a node that started without the journals of its former engine."""
GOODBYE_PATIENCE: Final = 5.0
"""Seconds that an engine which ends waits for a database that another program has locked."""


class LeaseTaken(DatabaseProblem):
    """Another engine of this node is at work."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one process to be the engine of a node. ``word`` is random, and the engine's name in change counters.

    It begins with what tells the place of the engine's journals from all others (:func:`place_of`).
    """

    node: int
    word: str

    @classmethod
    def acquire(cls, database: Database, *, journal: Path | None = None) -> Lease:
        """Take the lease of this machine's node; that of a dead process is taken over at once. Raises LeaseTaken.

        What the former engine had in hand stays so: the next one gives it back once it has read the journals, which it can
        if they were in the same folder *journal*.
        """
        place = f"{_PREFIX}{place_of(journal)}"
        word = f"{place}-{secrets.token_hex(8)}"
        with database.write() as session:
            node = session.get_one(Node, database.node)
            now = database_time(session.connection())
            if is_held(node, now):
                raise LeaseTaken(f"The engine of node {node.name} runs already, as process {node.pid} on {node.host}.")
            if node.pid is not None:
                log.info("The engine before this one (process %s) did not say goodbye.", node.pid)
            if node.lease and not node.lease.startswith(place) and not database.is_sqlite:  # there, nobody claims
                lose_claims(session, node.id, now)
            node.pid, node.process, node.host = os.getpid(), process_word(os.getpid()), platform.node()
            node.lease, node.state, node.heartbeat_at = word, "starting", now
            node.messages_per_second, node.in_flight = 0.0, 0
            session.flush()
            connection = session.connection()
            forget_writers(connection)
            bump(connection, NODES, writer=word)
        return cls(database.node, word)

    def renew(self, connection: Connection, status: EngineStatus) -> bool:
        """Show the engine's state and its heartbeat; raises LeaseLost when another engine has taken over.

        Returns whether others had put in doubt what this node has in hand (:func:`doubt_silent`).
        """
        own = (Node.id == self.node, Node.lease == self.word)
        before = connection.scalar(select(Node.state).where(*own).with_for_update())
        if before is None:
            raise LeaseLost("Another engine has taken over this node.")
        connection.execute(
            update(Node)
            .where(*own)
            .values(
                heartbeat_at=database_time(connection),
                state=status.state,
                messages_per_second=status.messages_per_second,
                in_flight=status.in_flight,
            )
        )
        bump(connection, NODES, writer=self.word)
        return before == SILENT

    def release(self, database: Database) -> None:
        """Give the lease back at the end; nothing happens when another engine has it by now. Raises DatabaseProblem.

        An engine that still has recipients in hand (it could not write down what became of them) leaves its word behind: the
        next one knows by it whose journals tell.
        """
        with database.write(patience=GOODBYE_PATIENCE) as session:
            connection = session.connection()
            left = self.word if claims.has_any(connection, self.node) else ""
            released = connection.execute(
                update(Node)
                .where(Node.id == self.node, Node.lease == self.word)
                .values(lease=left, pid=None, process=None, state="stopped", messages_per_second=0.0, in_flight=0)
            )
            if released.rowcount:
                bump(connection, NODES)


def database_time(connection: Connection) -> float:
    """Epoch seconds by the clock that heartbeats go by: the server's where machines share a database, so that no machine whose
    clock was set takes others for dead, or is taken for dead."""
    if is_sqlite(connection):
        return time.time()
    (seconds,) = run(connection, "SELECT extract(epoch FROM clock_timestamp())::float8").one()
    return float(seconds)


def is_held(node: Node, now: float) -> bool:
    """Whether an engine is at work for the node, as far as can be told from here. *now* is a :func:`database_time`."""
    if not node.lease or node.pid is None:
        return False
    if node.host == platform.node():
        return process_word(node.pid) == node.process
    return node.heartbeat_at is not None and now - node.heartbeat_at < EXPIRY


def place_of(journal: Path | None) -> str:
    """A word for a folder of journals on this machine."""
    where = f"{platform.node()}\0{journal.resolve() if journal else ''}"
    return hashlib.blake2b(where.encode("utf-8", "replace"), digest_size=6).hexdigest()


def doubt_silent(session: Session, own: int, at: float) -> None:
    """Put in doubt what nodes have in hand that were not heard of for so long; only where nodes share a database.

    *at* is the instant that is noted, by the engine's clock.
    """
    since = database_time(session.connection()) - SILENCE
    silent = session.execute(
        select(Node.id, Node.name)
        .where(Node.id != own, Node.lease != "", Node.state != SILENT, Node.heartbeat_at < since)
        .with_for_update(skip_locked=True)
    ).all()
    for node, name in silent:
        session.execute(update(Node).where(Node.id == node).values(state=SILENT))
        settings = engine_settings(session)
        count = claims.doubt(session.connection(), node, settings, note=f"node {name} fell silent", now=at)
        why = f"Node {name} has not been heard of for {SILENCE / 60:.0f} minutes."
        _tell_doubts(session, Alert(SILENT, name, f"{why} {_fate(count, settings.in_doubt)}", at), count)


def lose_claims(session: Session, node: int, at: float) -> None:
    """The journals are gone that told what a node's former engine has begun: what it had in hand is in doubt."""
    name, settings = session.get_one(Node, node).name, engine_settings(session)
    count = claims.lose(session.connection(), node, settings, note=f"the journals of node {name} are gone", now=at)
    why = f"Node {name} started without the journals of the engine before."
    _tell_doubts(session, Alert(JOURNAL_LOST, name, f"{why} {_fate(count, settings.in_doubt)}", at), count)


def _fate(count: int, policy: InDoubtPolicy) -> str:
    fate = {
        InDoubtPolicy.ASK: "are in doubt",
        InDoubtPolicy.DELIVERED: "count as delivered",
        InDoubtPolicy.AGAIN: "are sent again",
    }
    return f"{count:,} recipients that it had in hand {fate[policy]}."


def _tell_doubts(session: Session, alert: Alert, count: int) -> None:
    if count:
        connection = session.connection()
        trail.tell(connection, alert.at, f"node.{alert.kind}", f"node {alert.subject}", after=alert.text)
        notices.alert(connection, [alert], [], alert.at, PERSON)
        bump(connection, RECIPIENTS)


def forget_writers(connection: Connection) -> None:
    """Delete the change counters of former engines, so that their number does not grow with every start."""
    run(
        connection,
        "DELETE FROM change_counters WHERE writer LIKE ? AND writer NOT IN (SELECT lease FROM nodes)",
        (f"{_PREFIX}%",),
    )
