"""Faults of the machine around a running program, and mail servers that are nothing but slow."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import sqlite3
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
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


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A file system of its own in *folder*; the test is skipped where none can be mounted."""
    folder.mkdir(mode=0o700)
    options = ("-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder))
    if os.geteuid() != 0 or subprocess.run(["mount", *options], check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Write until the file system has no room left."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


_GET_FLAGS, _SET_FLAGS, _IMMUTABLE = 0x80086601, 0x40086602, 0x10
"""FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL: linux/fs.h."""


@contextlib.contextmanager
def read_only(*files: Path) -> Iterator[None]:
    """Nobody can write to the files, those who have them open neither; the test is skipped where that can't be done."""
    with contextlib.ExitStack() as stack:
        for file in files:
            opened = os.open(file, os.O_RDONLY)
            stack.callback(os.close, opened)
            try:
                (flags,) = struct.unpack("l", fcntl.ioctl(opened, _GET_FLAGS, bytes(8)))
                fcntl.ioctl(opened, _SET_FLAGS, struct.pack("l", flags | _IMMUTABLE))
            except OSError:
                pytest.skip("needs the right to make a file immutable")
            stack.callback(fcntl.ioctl, opened, _SET_FLAGS, struct.pack("l", flags))
        yield
