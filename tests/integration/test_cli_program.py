"""The program itself, as a process: exit codes, output that is cut off, and a mailing from its import to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commandline import ROOT, CommandLine
from desk import Desk
from waiting import wait_until

from app.rehearsal.scenarios import block, single_host
from app.version import VERSION

ADDRESSES = ("127.0.0.11", "127.0.0.12")


def test_version_and_usage(mailstreams_blocking: CommandLine) -> None:
    assert mailstreams_blocking.call("--version").expect().stdout == f"MailStreams {VERSION}\n"
    wrong = mailstreams_blocking.call("mailing", "strat", "x").expect(2)
    assert (wrong.stdout, len(wrong.stderr.splitlines())) == ("", 1)


def test_the_version_needs_neither_database_nor_engine() -> None:
    loaded = "import json, sys; from app import cli; cli.run(['--version']); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {"sqlalchemy", "aiosmtplib", "dns", "re2", "PySide6", "rich.table", "engine.engine"}
    assert not heavy & set(json.loads(done.stdout.splitlines()[-1]))


def test_a_reader_that_leaves_early_is_no_fault(mailstreams_blocking: CommandLine) -> None:
    mailstreams_blocking.call("stream", "list").expect()
    line = f"{sys.executable} -m app.cli rule list --all --json | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=True, env=mailstreams_blocking.environment
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in ("0", "1")


def test_what_the_program_makes_is_for_its_user_alone(mailstreams_blocking: CommandLine) -> None:
    mailstreams_blocking.call("stream", "list").expect()
    made = [mailstreams_blocking.profile, *mailstreams_blocking.profile.rglob("*")]
    assert len(made) > 3
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)


def set_up(desk: Desk, folder: Path, name_server: str, port: int, domains: list[str]) -> None:
    """Settings, addresses, a stream, a list with ten members at each domain, and a draft."""
    settings = {
        "network.name_servers": name_server,
        "network.smtp_port": str(port),
        "network.allow_loopback": "true",
        "delivery.workers": "1",
    }
    for key, value in settings.items():
        desk.done("config", "set", key, value)
    for ip in ADDRESSES:
        desk.done("address", "add", ip, "--helo", "out.sender.test")
    desk.done("stream", "create", "news", *(word for ip in ADDRESSES for word in ("--address", ip)))
    desk.done("site", "create", "lists.sender.test")
    desk.done("list", "create", "readers", "--site", "lists.sender.test")
    lines = ["address,name", *(f"r{number}@{domain},R{number}" for domain in domains for number in range(10))]
    (folder / "readers.csv").write_text("\n".join(lines))
    (folder / "text.txt").write_text("Hello {{name}}\n")
    desk.done("member", "import", "readers", str(folder / "readers.csv"))
    desk.done("associate", "list", "readers", "news")
    create = (
        "mailing",
        "create",
        "may",
        "--list",
        "readers",
        "--from",
        "News <news@sender.test>",
        "--subject",
        "Hi {{name}}",
    )
    desk.done(*create, "--text", str(folder / "text.txt"))


async def ask(mailstreams: CommandLine, *arguments: str) -> Any:
    return (await mailstreams.run(*arguments, "--json")).expect().json()


@pytest.mark.skipif(os.name != "posix", reason="loopback addresses other than 127.0.0.1")
async def test_a_mailing_meets_a_total_block_and_goes_on_when_it_is_cleared(
    mailstreams: CommandLine, rehearsal: Any, tmp_path: Path
) -> None:
    domains = ["one.test", "two.test"]
    network = await rehearsal(single_host(domains, [block(ip, ["two.test"]) for ip in ADDRESSES]))
    desk = Desk(mailstreams.profile)
    set_up(desk, tmp_path, network.name_server, network.smtp_port, domains)
    started = (await mailstreams.run("mailing", "start", "may")).expect()
    assert "20 recipients over stream news" in started.stdout

    engine = await mailstreams.start("serve")
    assert "ready" in await engine.line_with("ready")

    def held() -> Any:
        status = desk.ask("mailing", "status", "may")
        return status if (status["delivered"], status["held"]) == (10, 10) else None

    status = await wait_until(held, deadline=60)
    assert (status["state"], status["waiting"], status["failed"]) == ("active", 0, 0)
    blocks = await ask(mailstreams, "block", "list")
    assert {row["sending_address"] for row in blocks} == set(ADDRESSES)
    assert {(row["stage"], row["code"], row["held"], row["domain"]) for row in blocks} == {
        ("banner", 554, 10, "two.test")
    }
    rows = desk.ask("recipient", "list", "may", "--state", "held")
    assert {(row["state"], row["attempts"]) for row in rows} == {("held", 0)}
    why = await ask(mailstreams, "why", "may", "r0@two.test")
    assert {each["exclusion"] for each in why["candidates"]} == {"blocked"}
    assert {each["sending_address"] for each in why["candidates"]} == set(ADDRESSES)

    network.lift_all()
    (await mailstreams.run("block", "clear", str(blocks[0]["id"]), "--reason", "delisted")).expect()
    (await mailstreams.run("mailing", "status", "may", "--wait")).expect()
    status = desk.ask("mailing", "status", "may")
    assert (status["state"], status["delivered"], status["held"]) == ("completed", 20, 0)
    history = desk.ask("block", "history", str(blocks[0]["id"]))
    assert (history[-1]["event"], history[-1]["text"]) == ("cleared", "delisted")
    assert (await engine.stop()).expect().exit_code == 0
    assert sorted(network.log.recipients().values()) == [1] * 20


async def test_serve_until_idle_sends_and_ends(mailstreams: CommandLine, rehearsal: Any, tmp_path: Path) -> None:
    network = await rehearsal(single_host(["one.test"]))
    desk = Desk(mailstreams.profile)
    set_up(desk, tmp_path, network.name_server, network.smtp_port, ["one.test"])
    desk.done("mailing", "test", "may", "someone@one.test")
    desk.done("mailing", "start", "may")
    (await mailstreams.run("serve", "--until-idle")).expect()
    found = {row["name"]: (row["state"], row["delivered"]) for row in desk.ask("mailing", "status")}
    assert found == {"may": ("completed", 10), "may (test 1)": ("completed", 1)}


async def test_a_second_engine_is_refused(mailstreams: CommandLine) -> None:
    Desk(mailstreams.profile).done("config", "set", "network.name_servers", "127.0.0.1:9")
    engine = await mailstreams.start("serve")
    await engine.line_with("ready")
    second = (await mailstreams.run("serve")).expect(1)
    assert "runs already" in second.stderr
    doctor = {row["check"]: row["sentence"] for row in await ask(mailstreams, "doctor")}
    assert f"process {engine.pid}" in doctor["engine"]
    await engine.stop()


async def test_the_demo_tells_of_a_block_and_ends(mailstreams: CommandLine) -> None:
    told = (await mailstreams.run("demo", "--seconds", "8", deadline=120)).expect()
    assert "refuses 127.0.0.12 at the banner" in told.stdout
    assert "554 5.7.1 Service unavailable" in told.stdout
    assert "Probe of 127.0.0.12" in told.stdout
    assert "Nobody got it twice" in told.stdout
    assert not mailstreams.profile.exists(), "the demo keeps nothing"


def test_json_is_ascii_whatever_the_locale(mailstreams_blocking: CommandLine) -> None:
    plain = CommandLine(mailstreams_blocking.profile, {"PYTHONIOENCODING": "ascii"})
    desk = Desk(plain.profile)
    desk.done("site", "create", "lists.sender.test")
    desk.done("list", "create", "Lesér", "--site", "lists.sender.test")
    assert [row["name"] for row in json.loads(plain.call("list", "list", "--json").expect().stdout)] == ["Lesér"]
    assert "Les\\xe9r" in plain.call("list", "list").expect().stdout
