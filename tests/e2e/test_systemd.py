"""The engine as a service: the unit file as systemd reads it, and a loop that hangs, which a service manager replaces."""

from __future__ import annotations

import configparser
import contextlib
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from commandline import ROOT
from nursery import Nursery
from ordeal import Ordeal
from troubles import calm

from app.settings import DRAIN_TIMEOUT
from engine.ports import RecipientState

UNIT = ROOT / "packaging" / "mailstreams.service"
MOST_EXPOSED = 25
"""As ``systemd-analyze security`` reckons it, in tenths: 0 is closed, 96 is a service without any hardening."""
GOODBYE = 5.0 + 5.0 + 5.0
"""Seconds that a drained engine takes at most when its database is locked: outcomes, writer, lease."""


def service() -> configparser.SectionProxy:
    """The section that says how the engine is run; of lines that stand several times, the last."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # systemd tells capitals from small letters
    unit.read(UNIT)
    return unit["Service"]


def test_the_unit_waits_for_ready_watches_the_loop_and_gives_time_to_drain() -> None:
    section = service()
    assert (section["Type"], section["Restart"], section["KillMode"]) == ("notify", "on-failure", "mixed")
    assert section.getfloat("WatchdogSec") > 0
    assert section.getfloat("TimeoutStopSec") > DRAIN_TIMEOUT.default + GOODBYE
    assert section["ExecStart"].split() == ["/usr/bin/mailstreams", "--profile", "/var/lib/mailstreams", "serve"]
    assert (section["User"], section["UMask"], section["StateDirectoryMode"]) == ("mailstreams", "0077", "0700")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    """The program and its user are not installed here: others stand in for them."""
    stand_in = {"ExecStart": "/bin/true", "User": "daemon", "Group": "daemon"}
    lines = [
        f"{key}={stand_in[key]}" if (key := line.partition("=")[0]) in stand_in else line
        for line in UNIT.read_text(encoding="utf-8").splitlines()
    ]
    copy = tmp_path / UNIT.name
    copy.write_text("\n".join(lines), encoding="utf-8")
    for command in (
        ("verify", "--man=no", str(copy)),
        ("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(copy)),
    ):
        done = subprocess.run(["systemd-analyze", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert UNIT.name not in done.stderr, done.stderr


def test_an_engine_whose_loop_hangs_gives_no_sign_of_life_and_is_replaced(nursery: Nursery, tmp_path: Path) -> None:
    with (
        Ordeal(tmp_path, nursery, 1500, scenario=calm()) as ordeal,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear,
    ):
        name = tmp_path / "notify"
        ear.bind(str(name))
        ordeal.environment = {"NOTIFY_SOCKET": str(name), "WATCHDOG_USEC": "1500000"}
        ordeal.start()
        ordeal.wait_for_messages(200)
        ordeal.signal(signal.SIGSTOP)
        ear.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                ear.recv(100)  # what it had said before
        ear.settimeout(1.5)
        with pytest.raises(TimeoutError):
            ear.recv(100)
        ordeal.signal(signal.SIGKILL)
        assert ordeal.wait_for_end() == -signal.SIGKILL
        ordeal.start()
        ordeal.finish()
        found = ordeal.reckon()
    assert found.twice == 0
    assert [fault for fault in found.faults if "can be explained" not in fault] == []
    assert found.ends[RecipientState.DELIVERED] + found.ends[RecipientState.IN_DOUBT] == 1500
