"""Probes: a connection of their own, one answer each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from workbench import SENDER, Workbench

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import Action, Answer, Drop, Rule, Silence
from app.rehearsal.scenarios import BLOCK_TEXT, block, single_host
from engine.replies import Stage, Verdict
from engine.wire import Committed, End, Results

Start = Callable[..., Awaitable[RehearsalNetwork]]


async def network_with(rehearsal: Start, *rules: Rule) -> RehearsalNetwork:
    return await rehearsal(single_host(["d.test"], rules))


async def test_a_greeting_is_enough_where_the_block_was_met_there(rehearsal: Start, tmp_path: Path) -> None:
    network = await network_with(rehearsal)
    async with Workbench(network.smtp_port, tmp_path) as bench:
        done = await bench.probe()
    assert done.accepted is True
    [connection] = network.log.connections()
    assert connection.commands == {"EHLO": 1, "QUIT": 1}


@pytest.mark.parametrize("stage", [Stage.BANNER, Stage.EHLO])
async def test_refused_again_before_mail(rehearsal: Start, tmp_path: Path, stage: Stage) -> None:
    network = await network_with(rehearsal, block(SENDER, ["d.test"], stage=stage))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        done = await bench.probe()
    assert (done.accepted, done.stage, done.code) == (False, stage, 554)
    assert done.reply == f"554 {BLOCK_TEXT.replace('{client}', SENDER)}"
    assert done.classification is not None
    assert done.classification.verdict is Verdict.BLOCK


async def test_a_recipient_is_asked_for_and_gets_nothing(rehearsal: Start, tmp_path: Path) -> None:
    network = await network_with(rehearsal)
    async with Workbench(network.smtp_port, tmp_path) as bench:
        done = await bench.probe(recipient="last@d.test")
    assert done.accepted is True
    [connection] = network.log.connections()
    assert connection.commands == {"EHLO": 1, "MAIL": 1, "RCPT": 1, "RSET": 1, "QUIT": 1}
    assert network.log.messages == 0


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT])
async def test_refused_again_with_a_recipient(rehearsal: Start, tmp_path: Path, stage: Stage) -> None:
    network = await network_with(rehearsal, block(SENDER, ["d.test"], stage=stage))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        done = await bench.probe(recipient="last@d.test")
    assert (done.accepted, done.stage) == (False, stage)


async def test_a_recipient_refused_for_himself_shows_that_the_pair_is_open(rehearsal: Start, tmp_path: Path) -> None:
    network = await network_with(rehearsal, Rule(Stage.RCPT, Answer(550, "5.1.1 User unknown")))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        done = await bench.probe(recipient="gone@d.test")
        assert done.accepted is True
        [job] = bench.jobs(["gone@d.test"])
        done = await bench.probe(job=job)
        assert done.accepted is True
        assert done.result is not None
        assert (done.result.end, done.result.stage) == (End.REFUSED, Stage.RCPT)


@pytest.mark.parametrize("stage", [Stage.BANNER, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA])
@pytest.mark.parametrize("action", [Silence(), Drop(), Answer(421, "4.3.2 try again")], ids=str)
async def test_what_says_nothing_about_the_block(
    rehearsal: Start, tmp_path: Path, action: Action, stage: Stage
) -> None:
    network = await network_with(rehearsal, Rule(stage, action))
    async with Workbench(network.smtp_port, tmp_path, reply_timeout=1.0) as bench:
        [job] = bench.jobs(["waiting@d.test"])
        done = await bench.probe(job=job)
    assert done.accepted is None
    assert done.text
    assert done.result is not None
    before = stage in (Stage.BANNER, Stage.EHLO)
    if isinstance(action, Answer):
        assert done.reply == "421 4.3.2 try again"
        assert done.result.end is (End.RETURNED if before else End.REFUSED)
    else:
        assert done.result.end is (End.IN_DOUBT if stage is Stage.END_OF_DATA else End.RETURNED)


async def test_nobody_listens(tmp_path: Path) -> None:
    async with Workbench(1, tmp_path) as bench:
        done = await bench.probe()
    assert done.accepted is None
    assert "Connection refused" in done.text


async def test_a_real_message_is_delivered_and_counted(rehearsal: Start, tmp_path: Path) -> None:
    network = await network_with(rehearsal)
    async with Workbench(network.smtp_port, tmp_path) as bench:
        [job] = bench.jobs(["waiting@d.test"])
        done = await bench.probe(job=job)
        assert done.accepted is True
        assert done.result is not None
        assert (done.result.end, done.result.recipient, done.result.code) == (End.DELIVERED, job.recipient, 250)

        bench.open()
        bench.deliver("next@d.test")
        await bench.finish()
        [results] = [report for report in bench.reports if isinstance(report, Results)]
        assert (done.sequence, results.sequence) == (1, 2)
        bench.send(Committed(2))
        await bench.worker.stop(2.0)
        noted = {note.recipient: note.end for note in bench.recovery().noted}
        assert noted == {job.recipient: End.DELIVERED, 2: End.DELIVERED}
    assert network.log.recipients() == {"waiting@d.test": 1, "next@d.test": 1}


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA])
async def test_refused_again_with_a_real_message(rehearsal: Start, tmp_path: Path, stage: Stage) -> None:
    network = await network_with(rehearsal, block(SENDER, ["d.test"], stage=stage))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        [job] = bench.jobs(["waiting@d.test"])
        done = await bench.probe(job=job)
    assert (done.accepted, done.stage) == (False, stage)
    assert done.result is not None
    assert (done.result.end, done.result.recipient) == (End.REFUSED, job.recipient)
    assert network.log.messages == 0


async def test_a_probe_goes_over_a_pair_that_is_closed_and_leaves_it_closed(rehearsal: Start, tmp_path: Path) -> None:
    network = await network_with(rehearsal)
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.close()
        assert (await bench.probe()).accepted is True
        bench.deliver("p@d.test")
        assert await bench.finish() == {End.RETURNED: 1}


async def test_shutting_down_ends_probes(rehearsal: Start, tmp_path: Path) -> None:
    network = await network_with(rehearsal, Rule(Stage.BANNER, Silence()))
    async with Workbench(network.smtp_port, tmp_path, reply_timeout=60.0) as bench:
        from engine.wire import Probe

        [job] = bench.jobs(["waiting@d.test"])
        bench.send(Probe(1, bench.terms(), job))
        await bench.worker.stop(2.0)
        [done] = bench.probes()
        assert done.accepted is None
        assert done.result is not None
        assert done.result.end is End.RETURNED
