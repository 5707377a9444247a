"""Faults of the machine around a running program, and mail servers that are nothing but slow."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ordeal import DOMAINS, Ordeal

from app.rehearsal.scenario import Rule, Scenario, Slow
from app.rehearsal.scenarios import single_host
from engine.replies import Stage


def calm(reply_seconds: float = 0.2) -> Scenario:
    """Eight domains that take everything, each message slowly."""
    return single_host(DOMAINS, (Rule(Stage.END_OF_DATA, Slow(reply_seconds)),))


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program holds the database's write lock."""
    with contextlib.closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def full_disk(ordeal: Ordeal) -> Iterator[None]:
    """No file of the program can grow, but for what it prints."""
    room = {worker.pid: 1 for worker in ordeal.workers()} | {ordeal.engine: ordeal.output.stat().st_size + 10_000}
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in room}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (room[pid], hard))
    yield
    for pid, limits in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
