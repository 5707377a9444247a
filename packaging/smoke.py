"""Tries the frozen programs as a person would, on a screen of its own; fails with a sentence when something is not as it must be.

    xvfb-run -a -s -noreset python packaging/smoke.py dist/mailstreams

Version at once; the engine without Qt; help of every command; doctor; the demo to its end; the window opens, sends on the
rehearsal network, shows each page, drains and quits; no log speaks of a fault. Everything happens in a temporary profile, and
nothing leaves this machine.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from PyInstaller.archive.readers import CArchiveReader  # type: ignore[import-untyped] # it has no stubs

_T = TypeVar("_T")

VERSION_SECONDS: Final = 0.3
WINDOW_SECONDS: Final = 20.0
SENDING_SECONDS: Final = 60.0
DRAIN_SECONDS: Final = 45.0
PAGES: Final = 8
PAGE_SECONDS: Final = 1.5
"""How long each page of the window is looked at: long enough to load."""
MB: Final = 1_000_000
MOST_BYTES: Final = 200 * MB


def fail(sentence: str) -> None:
    """End with what is wrong."""
    raise SystemExit(f"smoke test: {sentence}")


def say(sentence: str) -> None:
    """Tell what was seen."""
    sys.stdout.write(f"  {sentence}\n")
    sys.stdout.flush()


def until(look: Callable[[], _T | None], seconds: float, what: str) -> _T:
    """What *look* finds, asked again and again; fails when it finds nothing in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"smoke test: {what} was not seen within {seconds:g} seconds")


class Programs:
    """The two executables in *folder*, with a profile in *home*."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.profile = home / "profile"
        self.window, self.engine = str(folder / "mailstreams"), str(folder / "mailstreams-engine")
        # An installed program must not lean on anything of the build: no search path, no virtual environment.
        self.environment = {name: os.environ[name] for name in ("DISPLAY", "XAUTHORITY") if name in os.environ} | {
            "HOME": str(home),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "MAILSTREAMS_PROFILE": str(self.profile),
        }

    def run(self, program: str, *arguments: str) -> str:
        """The output of one command, which must succeed."""
        done = subprocess.run([program, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode or "Traceback" in done.stderr:
            fail(
                f"{Path(program).name} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def delivered(self) -> int:
        """Messages that left in the rehearsal that the window started."""
        done = subprocess.run(
            [self.engine, "--profile", str(self.profile / "rehearsal"), "mailing", "status", "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        mailings: list[dict[str, Any]] = json.loads(done.stdout) if done.returncode == 0 else []
        return sum(int(mailing["delivered"]) for mailing in mailings)


def check_size(programs: Programs) -> None:
    """The folder is not larger than it may be."""
    size = sum(path.lstat().st_size for path in programs.folder.rglob("*") if path.is_file() and not path.is_symlink())
    if size > MOST_BYTES:
        fail(f"the folder has {size / MB:.0f} MB, more than {MOST_BYTES / MB:.0f}")
    say(f"{size / MB:.0f} MB installed")


def check_archive(programs: Programs) -> None:
    """The engine's archive has neither Qt nor the window."""
    archive = CArchiveReader(programs.engine).open_embedded_archive("PYZ.pyz")
    inside = sorted(name for name in archive.toc if name.split(".")[0] in ("PySide6", "shiboken6", "qasync", "ui"))
    if inside:
        fail(f"mailstreams-engine holds {', '.join(inside[:5])}")
    say("no Qt in mailstreams-engine")


def check_version(programs: Programs) -> None:
    """Both answer at once. Processor time counts, for the machine may be busy; the best of five."""
    for program in (programs.window, programs.engine):
        times = []
        for _ in range(5):
            before = os.times()
            answer = programs.run(program, "--version").strip()
            after = os.times()
            times.append(after.children_user + after.children_system - before.children_user - before.children_system)
        if min(times) > VERSION_SECONDS:
            fail(f"{Path(program).name} --version took {min(times):.2f} s")
        say(f"{Path(program).name} --version: {answer}, {min(times):.2f} s")


def check_command_line(programs: Programs) -> None:
    """Every command can tell what it does, doctor finds nothing wrong, and the demo runs to its end."""
    listed = programs.run(programs.engine, "--help").partition("Commands:")[2]
    commands = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    if "serve" not in commands:
        fail("mailstreams-engine --help does not list its commands")
    for command in commands:
        programs.run(programs.engine, command, "--help")
    say(f"help of {len(commands)} commands")
    checks = json.loads(programs.run(programs.engine, "doctor", "--json"))
    say(f"doctor: {len(checks)} checks")
    begun = time.monotonic()
    story = programs.run(programs.engine, "demo", "--seconds", "12").strip().splitlines()
    say(f"demo: {time.monotonic() - begun:.0f} s, {story[-1].strip()}")


def windows(process: subprocess.Popen[bytes], name: str = "") -> list[str]:
    """The visible X windows of *process* whose title holds *name*."""
    command = ["xdotool", "search", "--all", "--onlyvisible", "--pid", str(process.pid), "--name", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def check_window(programs: Programs) -> None:
    """The window opens, goes to the rehearsal, sends there, drains and quits; no process of it stays."""
    begun = time.monotonic()
    process = subprocess.Popen([programs.window], env=programs.environment, start_new_session=True)
    try:
        until(lambda: windows(process, "MailStreams"), WINDOW_SECONDS, "the window")
        say(f"window: on the screen after {time.monotonic() - begun:.1f} s")
        welcome = until(lambda: windows(process, "Welcome"), WINDOW_SECONDS, "the welcome of a first start")
        subprocess.run(["xdotool", "windowfocus", "--sync", welcome[0], "key", "Return"], check=True)
        sent = until(programs.delivered, SENDING_SECONDS, "a delivered message of the rehearsal")
        say(f"window: {sent} messages delivered on the rehearsal network")
        show_pages(process)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(DRAIN_SECONDS)
        if code:
            fail(f"the window ended with {code}")
        until(lambda: not left_behind(programs), 10, "the end of all processes")
        say(f"window: drained and quit after {time.monotonic() - begun:.1f} s")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def show_pages(process: subprocess.Popen[bytes]) -> None:
    """Go to each page; the overview, with the charts, first."""
    window = until(lambda: windows(process, "MailStreams: rehearsal"), WINDOW_SECONDS, "the window of the rehearsal")[0]
    for number in range(1, PAGES + 1):
        subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", f"ctrl+{number}"], check=True)
        time.sleep(PAGE_SECONDS)
    say(f"window: {PAGES} pages shown")


def check_logs(home: Path) -> None:
    """No program noted a fault of its own."""
    logs = sorted(home.rglob("*.log"))
    if not logs:
        fail("no program wrote a log")
    for log in logs:
        _, fault, story = log.read_text(encoding="utf-8").partition("Traceback (most recent call last)")
        if fault:
            fail(f"{log.relative_to(home)} tells of a fault:{story[:4000]}")
    say(f"{len(logs)} logs without a fault")


def left_behind(programs: Programs) -> list[int]:
    """Processes of the two executables that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "exe").readlink().parent == programs.folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def main() -> None:
    """All of it."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory(prefix="mailstreams-smoke-") as home:
        programs = Programs(Path(sys.argv[1]).resolve(), Path(home))
        check_size(programs)
        check_archive(programs)
        check_version(programs)
        check_command_line(programs)
        check_window(programs)
        check_logs(Path(home))


if __name__ == "__main__":
    main()
