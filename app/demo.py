"""The demo: a rehearsal network, sample streams, lists and a mailing, the engine, a block from its report to its end.

Runs in the terminal's process, with network and engine as children of their own; nothing leaves this machine, and nothing is
kept: the profile is a temporary folder.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from app.database.database import Database
from app.demo_screen import Moment, Screen
from app.paths import Profile, open_profile
from app.rehearsal.client import RehearsalClient
from app.rehearsal.scenario import Rule, Slow
from app.rehearsal.scenarios import SENDING_ADDRESSES, block
from app.services import (
    addresses,
    block_actions,
    blocks,
    configuration,
    drafts,
    imports,
    lists,
    mailings,
    reports,
    sites,
    streams,
)
from app.services.drafts import Draft
from app.services.messages import Content
from engine.ports import MailingState
from engine.replies import Stage

ACTOR: Final = "demo"
DEFAULT_SECONDS: Final = 30.0
LEAST_SECONDS: Final = 8.0
"""A story shorter than that can't be followed."""
END_SECONDS: Final = 3.0
"""What stopping the engine, network and ourselves takes at most."""
LOOK_AGAIN: Final = 0.2

DOMAINS: Final = (
    "northmail.test",
    "school.test",
    "shop.test",
    "bluepost.test",
    "quickbox.test",
    "oldtown.test",
    "homelab.test",
)
RECIPIENTS_OF_EACH: Final = 60
UNKNOWN_USERS: Final = 2
"""Of each domain: people whom their provider does not know."""
REFUSED: Final = SENDING_ADDRESSES[1]
REFUSES: Final = "northmail"
_SCENARIO_BLOCK: Final = "northmail-block"
SPEED: Final = 480.0
"""How fast the network's clock runs: greylisting for five minutes takes less than a second."""
_SHARES: Final = {"probe": 0.12, "step": 0.02, "retry": 0.05, "reply": 0.01, "block": 0.35}
"""Parts of the show: time between probes, a step of the slow start, a retry, the acceptance of a message, the block."""


class DemoProblem(Exception):  # noqa: N818 - told to a person, as one sentence
    """The demo can't go on; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class _Network:
    """The rehearsal as the engine has to be told of it."""

    name_server: str
    smtp_port: int
    control_port: int


def run(seconds: float = DEFAULT_SECONDS) -> int:
    """Tell the story in about *seconds*, on standard output; returns the exit code. Raises DemoProblem."""
    ends = psutil.Process().create_time() + max(seconds, LEAST_SECONDS) - END_SECONDS
    with tempfile.TemporaryDirectory(prefix="mailstreams-demo-") as folder, Screen() as screen:
        profile = open_profile(Path(folder))
        screen.tell("Five mail providers start on this machine. Nothing leaves it.")
        with _network() as network, Database.open(profile.database_url(), profile.backups) as database:
            _set_up(database, network)
            mailing = _prepare_mailing(database, profile)
            with RehearsalClient(network.control_port) as client, _engine(profile) as engine:
                show = max(ends - time.time(), LEAST_SECONDS - END_SECONDS)
                _set_pace(database, client, show)
                _start_mailing(database, mailing, screen)
                _watch(database, mailing, engine, screen, until=time.monotonic() + show)
                _stop(engine)
                screen.sum_up(_moment(database, mailing), client.summary().duplicates)
    return 0


def program(module: str, command: str) -> list[str]:
    """How to start a part of ourselves: a command of our own executable when frozen, a module otherwise."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *([command] if command else [])]
    return [sys.executable, "-m", module]


# Before the engine starts


@contextlib.contextmanager
def _network() -> Iterator[_Network]:
    """The rehearsal, its clock so fast that hours pass while one watches."""
    command = [*program("app.rehearsal", "rehearsal"), "--with-parent", "--speed", str(SPEED)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            line = process.stdout.readline()
            if not line:
                raise DemoProblem("The rehearsal network could not be started; see above.")
            told = json.loads(line)
            yield _Network(told["name_server"], told["smtp_port"], told["control_port"])
        finally:
            process.terminate()


def _set_up(database: Database, network: _Network) -> None:
    """Settings that point to the rehearsal; addresses, streams, a site and a list."""
    settings = {
        "network.name_servers": network.name_server,
        "network.smtp_port": str(network.smtp_port),
        "network.allow_loopback": "true",
        "delivery.connections_per_pair": "1",
    }
    now = time.time()
    with database.write() as session:
        for key, value in settings.items():
            configuration.store(session, key, value, actor=ACTOR, now=now)
        for ip in SENDING_ADDRESSES:
            addresses.add(session, ip, helo=f"out{ip.rsplit('.', 1)[1]}.sender.test", actor=ACTOR, now=now)
        streams.create(session, name="newsletter", addresses=SENDING_ADDRESSES[:3], actor=ACTOR, now=now)
        streams.create(session, name="receipts", addresses=SENDING_ADDRESSES[3:], actor=ACTOR, now=now)
        site = sites.create(session, "lists.sender.test", actor=ACTOR, now=now)
        lists.create(session, name="readers", site_id=site.id, actor=ACTOR, now=now)


def _set_pace(database: Database, client: RehearsalClient, show: float) -> None:
    """Turn the engine's hours and minutes into parts of the *show* (seconds), and the network's block too."""
    part = {name: share * show for name, share in _SHARES.items()}
    settings = {
        "probe.interval_seconds": f"{part['probe']:.2f}",
        "recovery.step_seconds": f"{part['step']:.2f}",
        "retry.schedule_minutes": f"{part['retry'] / 60:.4f}",
    }
    with database.write() as session:
        for key, value in settings.items():
            configuration.store(session, key, value, actor=ACTOR, now=time.time())
    client.lift_rule(_SCENARIO_BLOCK)
    client.add_rule(block(REFUSED, (REFUSES,), until=client.time() + part["block"] * SPEED))
    client.add_rule(Rule(Stage.END_OF_DATA, Slow(part["reply"]), id="pace"))


def _prepare_mailing(database: Database, profile: Profile) -> int:
    """Members from a CSV file, and a draft over the newsletter's stream; returns its id."""
    now = time.time()
    file = profile.folder / "readers.csv"
    rows = [f"reader{number}@{domain},Reader {number}" for number in range(RECIPIENTS_OF_EACH) for domain in DOMAINS]
    rows += [f"nobody{number}@{domain},Nobody" for number in range(UNKNOWN_USERS) for domain in DOMAINS]
    file.write_text("\n".join(("address,name", *rows, "")), encoding="utf-8")
    with database.read() as session:
        list_id = lists.by_name(session, "readers").id
    imports.import_members(database, list_id, file, actor=ACTOR, now=now)
    content = Content(
        from_address="news@sender.test",
        from_name="Sender News",
        subject="News for {{name|you}}",
        text="Hello {{name|reader}},\n\nthis is a rehearsal.\n",
    )
    with database.write() as session:
        stream = streams.by_name(session, "newsletter")
        draft = Draft(name="May newsletter", list_id=list_id, content=content, stream_id=stream.id)
        return drafts.create(session, draft, actor=ACTOR, now=now).id


# The engine


@contextlib.contextmanager
def _engine(profile: Profile) -> Iterator[subprocess.Popen[str]]:
    """``serve`` as a process of its own, once it takes work."""
    command = [*program("app.cli", ""), "--profile", str(profile.folder), "serve"]
    log = profile.folder / "serve.txt"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            if "ready" not in process.stdout.readline():
                raise DemoProblem(f"The engine did not start: {_last_line(log)}")
            yield process
        finally:
            process.kill()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"


def _stop(engine: subprocess.Popen[str]) -> None:
    """Let open transactions end."""
    engine.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        engine.wait(timeout=END_SECONDS)


def _start_mailing(database: Database, mailing: int, screen: Screen) -> None:
    with database.write() as session:
        view = drafts.start(session, mailing, actor=ACTOR, now=time.time())
    screen.tell(
        f"Mailing {view.name} goes to {view.numbers.total:,} readers at {len(DOMAINS)} domains, over the three addresses"
        f" of stream {view.stream}."
    )


def _watch(database: Database, mailing: int, engine: subprocess.Popen[str], screen: Screen, *, until: float) -> None:
    """Show what happens until the mailing is over and its blocks are gone, or the time is."""
    seen = 0
    while time.monotonic() < until:
        if engine.poll() is not None:
            raise DemoProblem("The engine ended by itself.")
        moment = _moment(database, mailing)
        screen.show(moment)
        seen = _tell_events(database, seen, screen)
        if moment.mailing.state is MailingState.COMPLETED and moment.all_clear:
            return
        time.sleep(LOOK_AGAIN)
    _clear_what_is_left(database, screen)


def _tell_events(database: Database, seen: int, screen: Screen) -> int:
    """Tell what happened to blocks since the event *seen*; returns the newest."""
    with database.read() as session:
        ids = [each for each in blocks.event_ids(session, descending=False) if each > seen]
        for event in blocks.events(session, ids):
            screen.tell_event(event, blocks.get(session, event.block_id))
    return max(ids, default=seen)


def _clear_what_is_left(database: Database, screen: Screen) -> None:
    """What a person would do in a hurry: clear the blocks that have not recovered by now."""
    with database.write() as session:
        cleared = block_actions.clear_matching(
            session, blocks.BlockFilter(), reason="the demo is over", actor=ACTOR, now=time.time()
        )
    if cleared.ids:
        screen.tell(f"Time is up: {len(cleared.ids)} blocks are cleared by hand.")


def _moment(database: Database, mailing: int) -> Moment:
    now = time.time()
    with database.read() as session:
        view = mailings.get(session, mailing)
        lanes = reports.domains(session, mailing, reports.domain_ids(session, mailing, descending=False))
        found = tuple(blocks.listing(session))
        pace = reports.pace(session, mailing, now=now)
    return Moment(now, view, tuple(lanes), found, pace.rate)
