"""Pipes in threads: everything arrives in order, and both ends learn of the other's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from engine.pipes import ThreadWriter, read_in_thread

Wait = Callable[..., Awaitable[Any]]


class Listener(asyncio.Protocol):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.is_lost = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True


async def test_all_that_is_written_before_the_close_arrives_in_order(wait_until: Wait) -> None:
    reading, writing = os.pipe()
    listener, speaker = Listener(), Listener()
    sent = [bytes([number % 251]) * 50_000 for number in range(40)]  # far more than a pipe holds
    with os.fdopen(reading, "rb", buffering=0) as source, os.fdopen(writing, "wb", buffering=0) as out:
        read_in_thread(source, listener)
        writer = ThreadWriter(out, speaker)
        for data in sent:
            writer.write(data)
        writer.close()
        writer.write(b"too late")
        await wait_until(lambda: speaker.is_lost, deadline=10)
        out.close()
        await wait_until(lambda: listener.is_lost, deadline=10)
    assert listener.data == b"".join(sent)


async def test_a_reader_that_goes_away_ends_the_writer(wait_until: Wait) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    speaker = Listener()
    with os.fdopen(writing, "wb", buffering=0) as out:
        writer = ThreadWriter(out, speaker)
        writer.write(b"nobody reads this")
        await wait_until(lambda: speaker.is_lost, deadline=10)
        assert writer.is_closing()
