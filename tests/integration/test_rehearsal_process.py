"""A rehearsal as a process of its own: its ready line, its control connection, its end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from dialogue import Dialogue
from processes import ROOT, RehearsalProcess

from app.rehearsal.client import RehearsalRefused
from app.rehearsal.scenario import MX, Fault, NameFault, Record, Rule, Slow
from app.rehearsal.scenarios import block, twenty_domains
from app.rehearsal.traffic import Accepted, read_log
from engine.replies import Stage

StartProcess = Callable[..., RehearsalProcess]
WaitUntil = Callable[..., Awaitable[Any]]


async def banner(process: RehearsalProcess, client: str = "127.0.0.11") -> str:
    async with Dialogue("127.0.1.1", process.smtp_port, client) as talk:
        return (await talk.reply())[:3]


async def test_another_process_steers_it_and_asks_its_log(
    rehearsal_process: StartProcess, wait_until: WaitUntil
) -> None:
    process = rehearsal_process(twenty_domains())
    client = process.client

    rule_id = client.add_rule(block("127.0.0.12", ["d01.test"]))
    assert (await banner(process), await banner(process, "127.0.0.12")) == ("220", "554")
    assert client.applied(rule_id) == 1
    assert client.lift_rule(rule_id)
    assert await banner(process, "127.0.0.12") == "220"

    async with Dialogue("127.0.1.1", process.smtp_port) as talk:
        await talk.greet()
        for recipient in ("a@d01.test", "b@d01.test", "b@d01.test"):
            await talk.deliver(recipient)
    summary = client.summary()
    assert (summary.connections, summary.messages, summary.duplicates) == (4, 3, 1)
    assert client.recipients() == {"a@d01.test": 1, "b@d01.test": 2}
    assert [message.recipient for message in client.received(recipient="a@d01.test")] == ["a@d01.test"]
    assert len(client.connections(client="127.0.0.12", server="127.0.1.1")) == 2
    await wait_until(lambda: client.summary().open == 0)
    client.forget()
    assert client.summary().connections == 0


async def test_names_and_servers_change_from_another_process(rehearsal_process: StartProcess) -> None:
    process = rehearsal_process(twenty_domains())
    client = process.client

    client.set_mx("d01.test", [MX("mx.d02.test")])
    client.set_addresses("mx.d02.test", ["127.0.2.9"])
    client.set_record(Record("x.test", "TXT", ('"hello"',)))
    client.set_name_fault(NameFault("d03.test", Fault.SERVFAIL))
    client.clear_name_faults("d03.test")
    client.stop_server("127.0.1.1")
    async with Dialogue("127.0.2.9", process.smtp_port) as talk:
        assert "mx.d02.test" in await talk.reply()
    with pytest.raises(ConnectionRefusedError):
        await banner(process)
    client.start_server("mx.d01.test", "127.0.1.1")
    assert await banner(process) == "220"
    assert client.queries() == []


def test_what_cannot_be_done_is_refused_with_the_reason(rehearsal_process: StartProcess) -> None:
    client = rehearsal_process(twenty_domains()).client

    with pytest.raises(RehearsalRefused, match=r"mx\.nowhere\.test"):
        client.set_addresses("mx.nowhere.test", ["127.0.2.9"])
    client.add_rule(Rule(Stage.MAIL, Slow(1), id="r1"))
    with pytest.raises(RehearsalRefused, match="r1"):
        client.add_rule(Rule(Stage.MAIL, Slow(1), id="r1"))
    assert not client.lift_rule("never")


def test_its_clock_runs_faster(rehearsal_process: StartProcess) -> None:
    client = rehearsal_process(twenty_domains(), "--speed", "3600", "--start", "1000").client

    first = client.time()

    assert first >= 1000
    assert client.time() > first


async def test_its_log_file_can_be_read_by_others(
    rehearsal_process: StartProcess, tmp_path: Path, wait_until: WaitUntil
) -> None:
    path = tmp_path / "log.jsonl"
    process = rehearsal_process(twenty_domains(), "--log", str(path), "--keep-content")

    async with Dialogue("127.0.1.1", process.smtp_port) as talk:
        await talk.greet()
        await talk.deliver("a@d01.test")
        await wait_until(lambda: any(isinstance(entry, Accepted) for entry in read_log(path)))

    [message] = [entry for entry in read_log(path) if isinstance(entry, Accepted)]
    assert message.content == "Message-ID: <1@x>\r\n\r\nHello\r\n"


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    assert RehearsalProcess(twenty_domains(), tmp_path).close() == 0


def test_it_ends_on_sigterm(rehearsal_process: StartProcess) -> None:
    process = rehearsal_process(twenty_domains())

    process.process.send_signal(signal.SIGTERM)

    assert process.process.wait(10) == 0


def test_a_scenario_that_cannot_be_used_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"name": "x"}')

    done = subprocess.run(
        [sys.executable, "-m", "app.rehearsal", "--scenario", str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "providers" in done.stderr
    assert "Traceback" not in done.stderr
