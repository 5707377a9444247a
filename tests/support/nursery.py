"""Starts the real program again and again without loading it anew: one process that has everything imported and forks.

``python nursery.py``: a line of JSON on standard input for each request, one for each answer on standard output.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST_MEMORY = "NURSERY_MOST_MEMORY"
"""In a Start's environment: bytes that a worker may take."""


@dataclass(frozen=True, slots=True)
class Start:
    """One program to start: its arguments, where its output goes, and what is different from a user's start.

    ``stop_at``: the engine kills itself at this step (see stops.ENGINE), the ``stop_count``-th time that it comes there.
    ``worker_orders``: a folder with orders for workers (see stops.take_order). ``speed`` and ``origin``: a clock that runs
    faster from an instant on.
    """

    arguments: tuple[str, ...]
    output: str
    stop_at: str = ""
    stop_count: int = 1
    worker_orders: str = ""
    speed: float = 1.0
    origin: float = 0.0
    hang_seconds: float = 20.0
    environment: Mapping[str, str] = field(default_factory=dict)


class Nursery:
    """The other end. Use it in a ``with`` block: what it started is killed at its end."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """*environment* is added to this process's own, from the beginning: LD_PRELOAD needs that."""
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")]),
                **(environment or {}),
            },
        )
        self._running: set[int] = set()

    def start(self, what: Start) -> int:
        """Start a program; its process id."""
        pid: int = self._ask({"start": asdict(what)})
        self._running.add(pid)
        return pid

    def ended(self, pid: int) -> int | None:
        """The exit code (negative: the signal) of a program that has ended."""
        if pid not in self._running:
            raise ValueError(f"{pid} is over")
        code: int | None = self._ask({"ended": pid})
        if code is not None:
            self._running.discard(pid)
        return code

    def wait(self, pid: int) -> int:
        """Wait for its end; the exit code."""
        self._running.discard(pid)
        code: int = self._ask({"wait": pid})
        return code

    def kill(self, pid: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a program that has not been waited for."""
        if pid in self._running:
            os.kill(pid, number)

    def _ask(self, request: dict[str, Any]) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, "the nursery has ended"
        return json.loads(line)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pid in tuple(self._running):
            self.kill(pid)
            self.wait(pid)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def _run(what: Start) -> int:
    """In the child: become the program."""
    with Path(what.output).open("ab", buffering=0) as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    import clockset
    import lateness
    import stops

    from app import cli, serve
    from engine import fleet
    from engine.clock import ScaledClock, SystemClock
    from engine.workers import WorkerProcess

    os.environ.update(what.environment)
    WorkerProcess.start.__kwdefaults__.update(hang_seconds=what.hang_seconds)  # type: ignore[union-attr]
    if what.speed != 1.0:
        clock = ScaledClock(what.speed, what.origin, what.origin)
        setattr(serve, "SystemClock", lambda: clock)  # noqa: B010 - the name that serve uses
    if clockset.VARIABLE in what.environment:
        clockset.install(Path(what.environment[clockset.VARIABLE]))
        setattr(serve, "SystemClock", lambda: SystemClock(time.time))  # noqa: B010 - its default is the right clock
    if what.worker_orders:
        worker = (sys.executable, str(ROOT / "tests" / "support" / "stops.py"), what.worker_orders)
        serve.worker_command = lambda: worker
    if MOST_MEMORY in what.environment:
        setattr(fleet, "most_memory", lambda _workers: int(what.environment[MOST_MEMORY]))  # noqa: B010 - the fleet's name
    if lateness.VARIABLE in what.environment:
        lateness.watch(serve, Path(what.environment[lateness.VARIABLE]))
    if what.stop_at:
        stops.ENGINE[what.stop_at](stops.Fuse(what.stop_count))
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    try:
        code = cli.run(what.arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def main() -> None:
    """Answer until standard input ends."""
    import stops  # noqa: F401 - loaded once, for all

    from app import cli, serve  # noqa: F401
    from app.commands import serve as command  # noqa: F401

    for line in sys.stdin:
        request = json.loads(line)
        answer: int | None = None
        if "start" in request:
            answer = os.fork()
            if answer == 0:
                code = 70
                with contextlib.suppress(BaseException):
                    code = _run(Start(**{**request["start"], "arguments": tuple(request["start"]["arguments"])}))
                os._exit(code)
        else:
            [(word, pid)] = request.items()
            found, status = os.waitpid(pid, os.WNOHANG if word == "ended" else 0)
            answer = os.waitstatus_to_exitcode(status) if found else None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
