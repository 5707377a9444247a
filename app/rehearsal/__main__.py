"""Runs a rehearsal network as a process of its own: ``python -m app.rehearsal --scenario FILE``.

Once it listens, it prints one JSON line: ``name_server``, ``smtp_port``, ``control_port``, ``pid``. It ends on SIGTERM or
SIGINT, and with --with-parent when its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from app.rehearsal import scenario, scenarios
from app.rehearsal.control import ControlServer
from app.rehearsal.network import RehearsalNetwork
from engine.clock import Clock, ScaledClock, SystemClock


def main() -> int:
    """Run until told to stop; return the exit code (2: the scenario can't be used)."""
    options = _parser().parse_args()
    clock = ScaledClock(options.speed, options.start) if options.speed != 1 or options.start else SystemClock()
    try:
        chosen = scenario.load(options.scenario) if options.scenario else scenarios.demo(clock.now())
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{options.scenario}: {error}\n")
        return 2
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(chosen, clock, options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.rehearsal", description="A fake internet on loopback addresses."
    )
    parser.add_argument("--scenario", type=Path, help="JSON file; without it, the demo's scenario")
    parser.add_argument("--log", type=Path, help="append what the mail servers see to this file, as JSON lines")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--name-port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast as real time the clock runs")
    parser.add_argument("--start", type=float, help="epoch seconds that the clock shows at first")
    parser.add_argument("--keep-content", action="store_true", help="keep what is in the messages")
    parser.add_argument("--count-only", action="store_true", help="count messages, and keep nothing of them")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    return parser


async def _serve(chosen: scenario.Scenario, clock: Clock, options: argparse.Namespace) -> None:
    network = RehearsalNetwork(
        chosen,
        clock,
        smtp_port=options.smtp_port,
        name_port=options.name_port,
        log_path=options.log,
        keep_content=options.keep_content,
        keep_messages=not options.count_only,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":  # there, the window ends it by closing standard input
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
    if options.with_parent:
        wait = partial(_stop_at_end_of_input, loop, stop)
        threading.Thread(target=wait, name="parent", daemon=True).start()
    async with network:
        control = ControlServer(network)
        await control.start(options.control_port)
        ready = {
            "name_server": network.name_server,
            "smtp_port": network.smtp_port,
            "control_port": control.port,
            "pid": os.getpid(),
        }
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()
        await control.close()


def _stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Runs in a thread: not every loop can wait for standard input."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop has ended before
        loop.call_soon_threadsafe(stop.set)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - it does not exist on Windows

    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
