"""What a service manager is told (sd_notify(3)): ready, stopping, alive. Runs in the engine's process; silent without one."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """Where messages go ("" for nowhere), and how often it wants a sign of life (seconds, None for never)."""

    address: str
    watchdog: float | None

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say; other processes' watchdogs are not ours."""
        address = environment.get("NOTIFY_SOCKET", "")
        microseconds = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID") in (None, str(os.getpid()))
        watchdog = int(microseconds) / 1e6 if ours and microseconds.isdecimal() and int(microseconds) else None
        return cls(address if address.startswith(("/", "@")) else "", watchdog)

    def tell(self, *states: str) -> None:
        """Send states such as "READY=1"; a manager that does not listen is no reason to stop."""
        if not self.address:
            return
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.setblocking(False)  # the loop must not wait for a manager that does not read
            try:
                link.connect(name)
                link.send("\n".join(states).encode())
            except OSError:
                return

    async def stay_alive(self) -> None:
        """Give signs of life from the loop until cancelled: a loop that hangs gives none, and is restarted."""
        if not self.address or self.watchdog is None:
            return
        while True:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(self.watchdog / 3)
