"""The rehearsal network as a child process of the window: it ends with the window, whatever becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from app.services.problems import Refused
from ui.engine_process import apart, own_command


@dataclass(frozen=True, slots=True)
class Network:
    """The running rehearsal as the engine has to be told of it. ``name_server`` is "address:port"."""

    name_server: str
    smtp_port: int


class RehearsalProcess:
    """Starts the network and says where it listens."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = tuple(command or own_command("rehearsal", "--with-parent", "--count-only"))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> Network:
        """Start it; raises Refused when it does not come up."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, **apart()
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        line = await self._process.stdout.readline()
        try:
            told = json.loads(line)
        except ValueError:
            await self.stop()
            raise Refused("The rehearsal network could not be started.") from None
        return Network(told["name_server"], told["smtp_port"])

    async def stop(self) -> None:
        """End it and wait for its end."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()
        self._process = None
