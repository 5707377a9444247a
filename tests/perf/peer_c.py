"""The C client as a peer of the throughput bench: what the machine could send at all, without queue, look-ups or disk.

There is nothing to hand over, so it takes part only where the queue was loaded before.
"""

from __future__ import annotations

import select
import subprocess
from pathlib import Path

from loads import Job, build


class Client:
    """One run of the client; *overlapped* as in client.c."""

    def __init__(self, folder: Path, sink_port: int, job: Job, *, overlapped: bool = False) -> None:
        folder.mkdir(parents=True)
        body = folder / "body"
        body.write_bytes(job.text().replace("\n", "\r\n").encode("ascii"))
        numbers = (job.network, sink_port, job.recipients, job.domains, job.addresses)
        self._command = [
            str(build("client", folder)),
            *(["-o"] if overlapped else []),
            *map(str, numbers),
            str(body),
            str(job.connections),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, *, loaded: bool) -> None:
        """There is nothing to prepare."""
        assert loaded

    def go(self) -> None:
        """Start it: it sends at once."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)

    def is_done(self) -> bool:
        """It has closed its output, as it does when it ends; it is not waited for, since its cost is still to be read."""
        assert self._process is not None
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0.1)[0])

    def roots(self) -> list[int]:
        """Its only process."""
        return [] if self._process is None else [self._process.pid]

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=10)
            self._process = None
