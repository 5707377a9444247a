"""How long the program takes to start, warm: the answer to --version, the window on the screen, the engine at work.

    xvfb-run -a -s -noreset python tests/perf/startup.py [--program dist/mailstreams/mailstreams] [--runs 7]

Without --program it measures the source under this interpreter. Needs xdotool; -noreset, because a display that resets itself
when its last client leaves refuses the next one for a moment. Prints median, least and most seconds of the clock: on a
machine that does other things they say as much about those.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
LOOK_AGAIN = 0.01


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--program", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    command = [str(options.program.resolve())] if options.program else [sys.executable, "-m", "app.cli"]
    with tempfile.TemporaryDirectory(prefix="mailstreams-startup-") as folder:
        environment = surroundings(Path(folder))
        measure("--version", options.runs, 0.3, lambda: version_seconds(command, environment))
        measure("window", options.runs, 2.0, lambda: window_seconds(command, environment))
        measure("serve", options.runs, 5.0, lambda: serve_seconds(command, environment))


def surroundings(folder: Path) -> dict[str, str]:
    """A profile of its own; compiled modules are kept, as anywhere, but here, so that every run finds the same."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "MAILSTREAMS_PROFILE": str(folder / "profile"),
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
    }


def measure(name: str, runs: int, target: float, run: Callable[[], float]) -> None:
    """One row; the first run warms the caches and does not count."""
    run()
    times = [run() for _ in range(runs)]
    verdict = "met" if statistics.median(times) < target else "missed"
    sys.stdout.write(
        f"{name:10} median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f} s"
        f" (target {target:g} s: {verdict})\n"
    )
    sys.stdout.flush()


def version_seconds(command: list[str], environment: dict[str, str]) -> float:
    """From the start to the end of --version."""
    begun = time.perf_counter()
    subprocess.run([*command, "--version"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def window_seconds(command: list[str], environment: dict[str, str]) -> float:
    """From the start until a window of the process is visible; the process is ended then."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not visible(process):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"No window came (exit code {process.poll()}). Is there a display, and xdotool?")
            time.sleep(LOOK_AGAIN)
        return time.perf_counter() - begun
    finally:
        end(process)


def serve_seconds(command: list[str], environment: dict[str, str]) -> float:
    """From the start until the engine says that it takes work; the process is ended then."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise SystemExit(f"The engine did not get ready (exit code {process.wait(PATIENCE)}).")
        return time.perf_counter() - begun
    finally:
        end(process)


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End it as its user would."""
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)


def visible(process: subprocess.Popen[bytes]) -> bool:
    """Whether the X server shows a window of the process."""
    search = ["xdotool", "search", "--all", "--onlyvisible", "--pid", str(process.pid), "--name", "MailStreams"]
    return bool(subprocess.run(search, capture_output=True, check=False).stdout)


if __name__ == "__main__":
    main()
