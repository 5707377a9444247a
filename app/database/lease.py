"""One engine per node at a time: the lease row, who holds it, and when it may be taken over."""

from __future__ import annotations

import logging
import os
import platform
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from sqlalchemy import Connection, select, update

from app.database.changes import NODES, RECIPIENTS, bump
from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.database.reading import release_claims
from app.database.schema import Node
from app.database.sql import run
from engine.ports import EngineStatus, LeaseLost

log = logging.getLogger(__name__)

_PREFIX: Final = "engine-"
EXPIRY: Final = 30.0
"""Seconds without a heartbeat after which the lease of an engine on another machine is void."""
GOODBYE_PATIENCE: Final = 5.0
"""Seconds that an engine which ends waits for a database that another program has locked."""


class LeaseTaken(DatabaseProblem):
    """Another engine of this node is at work."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one process to be the engine of a node. ``word`` is random, and the engine's name in change counters."""

    node: int
    word: str

    @classmethod
    def acquire(cls, database: Database) -> Lease:
        """Take the lease of this machine's node; that of a dead process is taken over at once. Raises LeaseTaken."""
        word = f"{_PREFIX}{secrets.token_hex(8)}"
        with database.write() as session:
            node = session.get_one(Node, database.node)
            if is_held(node, time.time()):
                raise LeaseTaken(f"The engine of node {node.name} runs already, as process {node.pid} on {node.host}.")
            if node.lease:
                log.info("The engine before this one (process %s) did not say goodbye.", node.pid)
            node.pid, node.process, node.host = os.getpid(), process_word(os.getpid()), platform.node()
            node.lease, node.state, node.heartbeat_at = word, "starting", time.time()
            node.messages_per_second, node.in_flight = 0.0, 0
            session.flush()
            connection = session.connection()
            release_claims(connection, [node.id])
            forget_writers(connection)
            bump(connection, NODES, writer=word)
        return cls(database.node, word)

    def renew(self, connection: Connection, status: EngineStatus) -> None:
        """Show the engine's state and its heartbeat; raises LeaseLost when another engine has taken over."""
        renewed = connection.execute(
            update(Node)
            .where(Node.id == self.node, Node.lease == self.word)
            .values(
                heartbeat_at=time.time(),
                state=status.state,
                messages_per_second=status.messages_per_second,
                in_flight=status.in_flight,
            )
        )
        if renewed.rowcount != 1:
            raise LeaseLost("Another engine has taken over this node.")
        bump(connection, NODES, writer=self.word)

    def release(self, database: Database) -> None:
        """Give the lease back at the end; nothing happens when another engine has it by now. Raises DatabaseProblem."""
        with database.write(patience=GOODBYE_PATIENCE) as session:
            connection = session.connection()
            released = connection.execute(
                update(Node)
                .where(Node.id == self.node, Node.lease == self.word)
                .values(lease="", pid=None, process=None, state="stopped", messages_per_second=0.0, in_flight=0)
            )
            if released.rowcount:
                release_claims(connection, [self.node])
                bump(connection, NODES, RECIPIENTS)


def is_held(node: Node, now: float) -> bool:
    """Whether an engine is at work for the node, as far as can be told from here."""
    if not node.lease or node.pid is None:
        return False
    if node.host == platform.node():
        return process_word(node.pid) == node.process
    return node.heartbeat_at is not None and now - node.heartbeat_at < EXPIRY


def release_abandoned(connection: Connection, own: int, now: float) -> None:
    """Give back what engines of other nodes had claimed that have not been heard of; only where nodes share a database."""
    silent = connection.scalars(
        select(Node.id).where(Node.id != own, Node.lease != "", Node.heartbeat_at < now - EXPIRY)
    ).all()
    if silent and release_claims(connection, silent):
        bump(connection, RECIPIENTS)


def forget_writers(connection: Connection) -> None:
    """Delete the change counters of former engines, so that their number does not grow with every start."""
    run(
        connection,
        "DELETE FROM change_counters WHERE writer LIKE ? AND writer NOT IN (SELECT lease FROM nodes)",
        (f"{_PREFIX}%",),
    )


def process_word(pid: int) -> str | None:
    """What tells a living process from all others that had or will have its pid; None when there is none.

    On Linux the boot and the tick of its start, which do not move when the machine's clock is set.
    """
    if platform.system() == "Linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()  # from field 3 on, proc(5): the name before may hold blanks
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None
