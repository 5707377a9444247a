"""A worker's pipes where the loop can't wait for them: a thread for each direction. Runs in worker processes on Windows.

There, asyncio waits only for pipes that were opened for it (overlapped), and standard input and output are not.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from typing import BinaryIO, Final

_READ_BYTES: Final = 64 * 1024


def read_in_thread(file: BinaryIO, protocol: asyncio.Protocol) -> None:
    """Hand what *file* (unbuffered) brings to *protocol* on the running loop, up to its end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants it any more
            with contextlib.suppress(OSError):
                while data := file.read(_READ_BYTES):
                    loop.call_soon_threadsafe(protocol.data_received, data)
            loop.call_soon_threadsafe(protocol.connection_lost, None)

    threading.Thread(target=read, name="commands", daemon=True).start()


class ThreadWriter(asyncio.WriteTransport):
    """Writes to *file* (unbuffered) in a thread; *protocol* is told of the connection and of its end on the running loop."""

    def __init__(self, file: BinaryIO, protocol: asyncio.BaseProtocol) -> None:
        super().__init__()
        self._file, self._protocol = file, protocol
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._is_closing = False
        protocol.connection_made(self)
        threading.Thread(target=self._run, name="reports", daemon=True).start()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write *data* after what waits already; nothing after :meth:`close`."""
        if not self._is_closing:
            self._waiting.put(bytes(data))

    def close(self) -> None:
        """End when what waits is written."""
        if not self._is_closing:
            self._is_closing = True
            self._waiting.put(None)

    def is_closing(self) -> bool:
        """Whether the end has come, or was asked for."""
        return self._is_closing

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while (data := self._waiting.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[self._file.write(view) :]
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended)

    def _ended(self) -> None:
        self._is_closing = True
        self._protocol.connection_lost(None)
