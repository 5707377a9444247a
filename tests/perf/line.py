"""A line that takes its time, between two network namespaces: what netem would do, where the kernel has it or not.

The program under test is at the near end, the sink at the far one, so TCP's handshake and slow start and that of TLS wait
like everything else; the name server is at the near end. Needs root and /dev/net/tun. The namespaces have no names: they are
gone with the last process in them, however that ended.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from loads import build

NETWORK: Final = 10
"""The first number of all addresses on the line: see loads.Job."""
_ENDS: Final = (f"{NETWORK}.0.0.1/16", f"{NETWORK}.1.0.1/16")
"""Sending addresses at one end; mail exchangers, enough for 62,500 domains, at the other. A network of the loopback interface is
the machine's own as a whole."""
_SET_UP: Final = f"""
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/line/disable_ipv6 || true
ip address add {{own}} dev lo
ip link set line mtu 1500 txqueuelen 100000 up
ip route add {NETWORK}.0.0.0/8 dev line
echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save
"""
"""No run knows from the one before how fast the line is."""
_CLONE_NEWNET: Final = 0x40000000


class Line:
    """While the block runs this thread, and what it starts, is at the near end. *seconds* are those of a round trip."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._program = build("delay", folder)
        self._delay = seconds / 2

    def __enter__(self) -> Line:
        if os.geteuid():
            raise SystemExit("Namespaces for a line with latency need root.")
        command = [str(self._program), f"{self._delay * 1000:g}"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            self._set_up()
        except BaseException:
            self._process.kill()
            self._process.communicate()
            raise
        return self

    def _set_up(self) -> None:
        assert self._process.stdout is not None
        word, *files = self._process.stdout.readline().split() or [""]
        if word != "ready":
            raise SystemExit("There is no line with latency: it needs /dev/net/tun.")
        near, far = (f"/proc/{self._process.pid}/fd/{file}" for file in files)
        self._near, self.far = ("nsenter", f"--net={near}"), ("nsenter", f"--net={far}")
        """In front of a command: it runs at that end."""
        for where, own in zip((self._near, self.far), _ENDS, strict=True):
            subprocess.run([*where, "sh", "-ec", _SET_UP.format(own=own)], check=True)
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _enter(near)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _enter(f"/proc/self/fd/{self._home}")
        os.close(self._home)
        dropped = sum(map(_dropped_at, (self._near, self.far)))
        self._process.terminate()
        output, _ = self._process.communicate(timeout=10)
        if dropped + int(output):
            print(f"The line was too slow: it dropped {dropped + int(output)} packets.")


def _dropped_at(where: Sequence[str]) -> int:
    """Packets that did not get onto the line, or off it, at one end: both columns "drop" of its row in /proc/net/dev."""
    table = subprocess.run([*where, "cat", "/proc/thread-self/net/dev"], capture_output=True, text=True, check=True)
    columns = next(row.split() for row in table.stdout.splitlines() if row.strip().startswith("line:"))
    return int(columns[4]) + int(columns[12])


def _enter(space: str) -> None:
    """Take this thread into a network namespace, given by its file."""
    library = ctypes.CDLL(None, use_errno=True)
    with Path(space).open("rb") as file:
        if library.setns(file.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "The network namespace can't be entered")
