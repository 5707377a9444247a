"""A rehearsal network in a process of its own, so that its work is not the test's, and a test may block."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec

from app.rehearsal import scenario as scenarios
from app.rehearsal.client import RehearsalClient

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ports:
    """What the process says when it is ready."""

    name_server: str
    smtp_port: int
    control_port: int
    pid: int


class RehearsalProcess:
    """Starts ``python -m app.rehearsal`` in *folder*; ``client`` steers it. Ends with its ``with`` block.

    *options* are further arguments, such as "--speed", "60".
    """

    def __init__(self, scenario: scenarios.Scenario, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "scenario.json"
        scenarios.save(scenario, path)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.rehearsal", "--scenario", str(path), "--with-parent", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        if not ready:
            self._end()
            raise AssertionError("the rehearsal did not start")
        ports = msgspec.json.decode(ready, type=Ports)
        self.name_server = ports.name_server
        self.smtp_port = ports.smtp_port
        self.client = RehearsalClient(ports.control_port)

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    def close(self) -> int:
        """End it; return its exit code."""
        self.client.close()
        return self._end()

    def _end(self) -> int:
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def __enter__(self) -> RehearsalProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
