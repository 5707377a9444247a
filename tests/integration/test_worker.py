"""The worker process at work: real process, real sockets, rehearsed mail servers."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from workbench import SENDER, SERVER, Workbench

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import MX, Answer, Certificate, Domain, MailHost, Offer, Provider, Rule, Scenario, Slow
from app.rehearsal.scenarios import BLOCK_TEXT, block, single_host
from engine.message import MessageSource, compile_message
from engine.replies import Stage, Verdict
from engine.wire import Committed, End, ForgetMessage, Pulse, Report, Results, SetRules, Trouble, Withdraw
from engine.workers import WorkerFailed, WorkerProcess

Start = Callable[..., Awaitable[RehearsalNetwork]]
WaitUntil = Callable[..., Awaitable[Any]]

NO_PIPELINING = Rule(Stage.EHLO, Offer(remove=("PIPELINING",)))


def one_host(*rules: Rule, **host: Any) -> Scenario:
    provider = Provider("d.test", (MailHost("mx.d.test", (SERVER,), **host),))
    return Scenario("one host", (provider,), (Domain("d.test", (MX("mx.d.test"),)),), rules=rules)


def people(count: int) -> list[str]:
    return [f"p{number}@d.test" for number in range(count)]


@pytest.mark.parametrize("rules", [(), (NO_PIPELINING,)], ids=["pipelined", "step by step"])
async def test_every_message_arrives_once(rehearsal: Start, tmp_path: Path, rules: tuple[Rule, ...]) -> None:
    network = await rehearsal(one_host(*rules), keep_content=True)
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=4))
        bench.deliver(*people(300))
        assert await bench.finish() == {End.DELIVERED: 300}

    assert network.log.recipients() == dict.fromkeys(people(300), 1)
    assert network.log.faults() == []
    assert bench.troubles() == []
    first = network.log.accepted[0]
    assert (first.client, first.sender) == (SENDER, "news@sender.test")
    assert "\r\n\r\nHello.\r\n.\r\nBye.\r\n" in first.content
    result = bench.results[0]
    assert (result.stage, result.code, result.reply) == (Stage.END_OF_DATA, 250, "250 2.0.0 OK: queued")
    assert bench.exits == ["ended"]


async def test_the_standard_loop_will_do(rehearsal: Start, tmp_path: Path) -> None:
    """Where there is no uvloop; with TLS and a large message, which its transports treat in their own way."""
    without = "import sys; sys.modules['uvloop'] = None; from engine.worker import main; sys.exit(main())"
    network = await rehearsal(one_host(tls=Certificate.SELF_SIGNED))
    big = compile_message(MessageSource("news@sender.test", subject="Big", text="A line of text.\n" * 200_000))
    async with Workbench(network.smtp_port, tmp_path, argv=(sys.executable, "-c", without)) as bench:
        bench.set_message(2, big)
        bench.open(bench.terms(connections=2))
        bench.deliver(*people(100))
        bench.deliver("big1@d.test", "big2@d.test", mailing=2)
        assert await bench.finish() == {End.DELIVERED: 102}
    assert network.log.faults() == []
    assert set(network.log.recipients().values()) == {1}


async def test_connections_are_used_again_up_to_their_limit_of_messages(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host())
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(messages=10))
        bench.deliver(*people(95))
        assert await bench.finish() == {End.DELIVERED: 95}

    assert [connection.messages for connection in network.log.connections()] == [10] * 9 + [5]
    assert {connection.commands["QUIT"] for connection in network.log.connections()} == {1}
    assert bench.opened() == 10
    assert bench.is_open() == 0


async def test_more_connections_are_opened_where_jobs_wait(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(0.1))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=5))
        bench.deliver(*people(100))
        assert await bench.finish() == {End.DELIVERED: 100}
        assert bench.opened() == 5

        bench.deliver(*people(1))
        await bench.finish()
        assert bench.opened() == 5


async def test_a_refused_mailbox_is_one_result_and_the_connection_goes_on(rehearsal: Start, tmp_path: Path) -> None:
    unknown = Rule(Stage.RCPT, Answer(550, "5.1.1 User unknown"), recipient="p7@*")
    network = await rehearsal(one_host(unknown))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        numbers = bench.deliver(*people(20))
        assert await bench.finish() == {End.DELIVERED: 19, End.REFUSED: 1}

    refused = bench.result(numbers[7])
    assert (refused.stage, refused.code, refused.enhanced, refused.reply) == (
        Stage.RCPT,
        550,
        "5.1.1",
        "550 5.1.1 User unknown",
    )
    assert refused.classification is not None
    assert (refused.classification.verdict, refused.classification.rule) == (Verdict.RECIPIENT, "test.unknown")
    assert len(network.log.connections()) == 1
    assert network.log.faults() == []


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA])
async def test_a_block_closes_the_pair_at_once(rehearsal: Start, tmp_path: Path, stage: Stage) -> None:
    """The one that met it is refused, what was pre-sent or waits comes back, nothing more is tried."""
    rule = Rule(stage, Answer(550, BLOCK_TEXT), messages=(4, None))
    network = await rehearsal(one_host(rule))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        numbers = bench.deliver(*people(50))
        assert await bench.finish() == {End.DELIVERED: 3, End.REFUSED: 1, End.RETURNED: 46}

        refused = bench.result(numbers[3])
        assert (refused.end, refused.stage) == (End.REFUSED, stage)
        assert refused.classification is not None
        assert refused.classification.verdict is Verdict.BLOCK
        assert refused.reply == f"550 {BLOCK_TEXT.replace('{client}', SENDER)}"
        order = [result.end for result in bench.results]
        assert order.index(End.REFUSED) < order.index(End.RETURNED)

        bench.deliver(*people(5))
        await bench.finish()
        assert bench.ends()[End.RETURNED] == 51
    assert len(network.log.connections()) == 1
    assert network.log.messages == 3


async def test_a_pair_that_was_blocked_opens_again_when_told(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(block(SENDER, ["d.test"], stage=Stage.RCPT, rule_id="b")))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(3))
        assert await bench.finish() == {End.REFUSED: 1, End.RETURNED: 2}
        network.lift_rule("b")
        bench.open()
        bench.deliver(*people(3))
        assert await bench.finish() == {End.REFUSED: 1, End.RETURNED: 2, End.DELIVERED: 3}


async def test_an_exempt_pair_is_not_closed(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.RCPT, Answer(550, BLOCK_TEXT), times=1)))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(exempt=True))
        bench.deliver(*people(4))
        assert await bench.finish() == {End.REFUSED: 1, End.DELIVERED: 3}


async def test_a_block_at_the_banner_is_trouble_and_everything_comes_back(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(block(SENDER, ["d.test"])))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=5))
        bench.deliver(*people(50))
        assert await bench.finish() == {End.RETURNED: 50}

    [trouble] = bench.troubles()
    assert (trouble.trouble, trouble.stage, trouble.code) == (Trouble.REFUSED, Stage.BANNER, 554)
    assert trouble.reply == f"554 {BLOCK_TEXT.replace('{client}', SENDER)}"
    assert trouble.classification is not None
    assert trouble.classification.verdict is Verdict.BLOCK
    assert bench.reports.index(trouble) < next(i for i, r in enumerate(bench.reports) if isinstance(r, Results))
    assert len(network.log.connections()) == 1


@pytest.mark.parametrize(
    ("stage", "text"),
    [(Stage.EHLO, "4.7.0 too many connections"), (Stage.BANNER, "4.3.2 try again later")],
)
async def test_a_refusal_before_mail_is_the_pair_s_trouble(
    rehearsal: Start, tmp_path: Path, stage: Stage, text: str
) -> None:
    network = await rehearsal(one_host(Rule(stage, Answer(421, text))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(5))
        assert await bench.finish() == {End.RETURNED: 5}
        assert len(network.log.connections()) == 1

        network.lift_all()
        bench.open()
        bench.deliver(*people(5))
        assert await bench.finish() == {End.RETURNED: 5, End.DELIVERED: 5}
    [trouble] = bench.troubles()
    assert (trouble.stage, trouble.reply) == (stage, f"421 {text}")


async def test_an_unasked_421_ends_the_session_and_charges_nobody(rehearsal: Start, tmp_path: Path) -> None:
    rule = Rule(Stage.SESSION, Answer(421, BLOCK_TEXT), messages=(5, None))
    network = await rehearsal(one_host(rule))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(20))
        assert await bench.finish() == {End.DELIVERED: 5, End.RETURNED: 15}

    [trouble] = bench.troubles()
    assert (trouble.trouble, trouble.stage, trouble.code) == (Trouble.REFUSED, Stage.SESSION, 421)
    assert network.log.messages == 5


async def test_closing_returns_what_waits_and_lets_what_is_open_end(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(0.3))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(50))
        await bench.finish(2)
        bench.close()
        ends = await bench.finish()
    assert set(ends) == {End.DELIVERED, End.RETURNED}
    assert network.log.messages == ends[End.DELIVERED] <= 4


async def test_no_connections_keeps_what_waits(rehearsal: Start, tmp_path: Path, wait_until: WaitUntil) -> None:
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(0.05))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(40))
        await bench.finish(3)
        bench.open(bench.terms(connections=0))
        await wait_until(lambda: bench.opened() and not bench.is_open())
        done = len(bench.results)
        assert done < 40
        bench.open(bench.terms(connections=1))
        assert await bench.finish() == {End.DELIVERED: 40}
    assert network.log.recipients() == dict.fromkeys(people(40), 1)


async def test_fewer_connections_when_the_limit_falls(rehearsal: Start, tmp_path: Path, wait_until: WaitUntil) -> None:
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(0.1))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=6))
        bench.deliver(*people(60))
        await wait_until(lambda: bench.is_open() == 6)
        bench.open(bench.terms(connections=2))
        await wait_until(lambda: bench.is_open() == 2)
        assert await bench.finish() == {End.DELIVERED: 60}
        assert bench.opened() == 6


async def test_a_connection_that_is_to_end_counts_once(rehearsal: Start, tmp_path: Path, wait_until: WaitUntil) -> None:
    """However often it asks whether it is to end, with the group of a next message and without one."""
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(0.25))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=5))
        bench.deliver(*people(60))
        await wait_until(lambda: bench.is_open() == 5)
        bench.open(bench.terms(connections=1))
        await wait_until(lambda: len(bench.results) >= 25)
        assert bench.is_open() == 1
        bench.close()
        await bench.finish()


async def test_withdrawing_a_mailing_returns_its_jobs_alone(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(0.3), times=1)))
    other = compile_message(MessageSource("other@sender.test", subject="Other", text="x"))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.set_message(2, other)
        bench.open()
        bench.deliver("first@d.test")
        bench.deliver(*[f"two{n}@d.test" for n in range(10)], mailing=2)
        bench.deliver(*[f"one{n}@d.test" for n in range(10)])
        bench.send(Withdraw(2))
        bench.send(ForgetMessage(2))
        assert await bench.finish() == {End.DELIVERED: 11, End.RETURNED: 10}
    assert not any(message.recipient.startswith("two") for message in network.log.accepted)


async def test_jobs_for_a_pair_that_is_not_open_come_back(tmp_path: Path) -> None:
    async with Workbench(1, tmp_path) as bench:
        bench.deliver(*people(3), pair=99)
        assert await bench.finish() == {End.RETURNED: 3}


async def test_nobody_listens(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host())
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(server="127.0.1.99"))
        bench.deliver(*people(3))
        assert await bench.finish() == {End.RETURNED: 3}
    [trouble] = bench.troubles()
    assert trouble.trouble is Trouble.UNREACHABLE
    assert "refused" in trouble.text


@pytest.mark.parametrize(
    "options", [{"sender": "192.0.2.77"}, {"helo": "not a name"}, {"helo": "x\r\nMAIL FROM:<>"}, {"helo": ""}]
)
async def test_an_address_that_can_t_be_bound_is_a_fault_of_the_address(
    rehearsal: Start, tmp_path: Path, options: dict[str, str]
) -> None:
    network = await rehearsal(one_host())
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(**options))  # type: ignore[arg-type]
        bench.deliver(*people(3))
        assert await bench.finish() == {End.RETURNED: 3}
    [trouble] = bench.troubles()
    assert trouble.trouble is Trouble.UNBINDABLE
    assert network.log.messages == 0


async def test_ipv6(rehearsal: Start, tmp_path: Path) -> None:
    provider = Provider("d.test", (MailHost("mx.d.test", ("::1",)),))
    network = await rehearsal(Scenario("six", (provider,), (Domain("d.test", (MX("mx.d.test"),)),)))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(sender="::1", server="::1"))
        bench.deliver(*people(10))
        assert await bench.finish() == {End.DELIVERED: 10}
    assert {message.client for message in network.log.accepted} == {"::1"}


async def test_several_senders_and_servers_at_once(rehearsal: Start, tmp_path: Path) -> None:
    domains = [f"d{number}.test" for number in range(8)]
    network = await rehearsal(single_host(domains))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        for pair in range(32):
            sender, server = f"127.0.0.{11 + pair % 4}", f"127.0.1.{1 + pair // 4}"
            bench.open(bench.terms(pair, sender=sender, server=server))
            bench.deliver(*[f"p{n}@d{pair // 4}.test" for n in range(pair, pair + 100)], pair=pair)
        assert await bench.finish() == {End.DELIVERED: 3200}
    assert network.log.messages == 3200
    assert len({(message.client, message.server) for message in network.log.accepted}) == 32


async def test_addresses_in_other_scripts(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host())
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver("plain@d.test", "jürgen@d.test", "plain2@d.test")
        assert await bench.finish() == {End.DELIVERED: 3}
    assert network.log.recipients() == {"plain@d.test": 1, "jürgen@d.test": 1, "plain2@d.test": 1}
    assert network.log.faults() == []


async def test_addresses_in_other_scripts_where_the_server_lacks_smtputf8(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.EHLO, Offer(remove=("SMTPUTF8",)))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        _, number, _ = bench.deliver("plain@d.test", "jürgen@d.test", "plain2@d.test")
        assert await bench.finish() == {End.DELIVERED: 2, End.REFUSED: 1}
    refused = bench.result(number)
    assert refused.classification is not None
    assert refused.classification.verdict is Verdict.RECIPIENT
    assert (refused.code, refused.enhanced) == (550, "5.6.7")
    assert "SMTPUTF8" in refused.reply


@pytest.mark.parametrize(
    "address", ["a@d.test>\r\nRCPT TO:<evil@d.test", "a@d.test> NOTIFY=NEVER <x", "a\nb@d.test", "", "a b@d.test"]
)
async def test_no_address_breaks_out_of_a_command(rehearsal: Start, tmp_path: Path, address: str) -> None:
    network = await rehearsal(one_host())
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver("first@d.test", address, "last@d.test")
        assert await bench.finish() == {End.DELIVERED: 2, End.REFUSED: 1}
    assert set(network.log.recipients()) == {"first@d.test", "last@d.test"}
    assert network.log.commands()["RCPT"] == 2


async def test_a_seven_bit_server_gets_seven_bits(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.EHLO, Offer(remove=("8BITMIME", "SMTPUTF8")))), keep_content=True)
    message = compile_message(MessageSource("news@sender.test", subject="Grüße", text="Schöne Grüße\n" * 5))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.set_message(2, message)
        bench.open()
        bench.deliver("p@d.test", mailing=2)
        assert await bench.finish() == {End.DELIVERED: 1}
    [accepted] = network.log.accepted
    assert accepted.content.isascii()
    assert network.log.faults() == []


async def test_a_large_message(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host())
    message = compile_message(MessageSource("news@sender.test", subject="Big", text="A line of text.\n" * 200_000))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.set_message(2, message)
        bench.open()
        bench.deliver(*people(5), mailing=2)
        assert await bench.finish() == {End.DELIVERED: 5}
    assert {accepted.size > 3_000_000 for accepted in network.log.accepted} == {True}
    assert len(network.log.connections()) == 1


async def test_rules_can_change(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.RCPT, Answer(550, BLOCK_TEXT))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.send(SetRules(()))
        bench.deliver(*people(3))
        assert await bench.finish() == {End.REFUSED: 3}
    assert {result.classification.verdict for result in bench.results if result.classification} == {Verdict.UNKNOWN}


async def test_an_idle_connection_says_goodbye(rehearsal: Start, tmp_path: Path, wait_until: WaitUntil) -> None:
    network = await rehearsal(one_host())
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver("p@d.test")
        await bench.finish()
        assert bench.is_open() == 1
        await wait_until(lambda: bench.is_open() == 0, 8.0)
        assert bench.troubles() == []
    assert [connection.commands["QUIT"] for connection in network.log.connections()] == [1]


async def test_a_server_that_closes_an_idle_connection_is_no_trouble(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host())
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver("p@d.test")
        await bench.finish()
        await network.stop_server(SERVER)
        await network.start_server("mx.d.test", SERVER)
        bench.deliver("q@d.test")
        assert await bench.finish() == {End.DELIVERED: 2}
    assert bench.troubles() == []


async def test_shutting_down_finishes_what_is_open_and_returns_the_rest(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(0.2))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=3))
        bench.deliver(*people(100))
        await bench.finish(5)
        await bench.worker.stop(5.0)
        assert bench.exits == ["ended"]
        ends = await bench.finish()
    assert ends == {End.DELIVERED: network.log.messages, End.RETURNED: 100 - network.log.messages}
    assert len(network.log.recipients()) == network.log.messages


async def test_shutting_down_has_an_end_and_what_hangs_is_in_doubt(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil
) -> None:
    network = await rehearsal(one_host(Rule(Stage.END_OF_DATA, Slow(60.0))))
    async with Workbench(network.smtp_port, tmp_path, reply_timeout=60.0) as bench:
        bench.open()
        bench.deliver(*people(3))
        await wait_until(lambda: network.log.messages)
        await bench.worker.stop(0.5)
        assert await bench.finish() == {End.IN_DOUBT: 1, End.RETURNED: 2}


async def test_reports_are_acknowledged_and_the_journal_shrinks(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil
) -> None:
    network = await rehearsal(one_host(), keep_messages=False)
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=4))
        bench.deliver(*people(3000))
        await bench.finish()
        sequences = [report.sequence for report in bench.reports if isinstance(report, Results)]
        assert sequences == list(range(1, len(sequences) + 1))
        assert max(len(report.results) for report in bench.reports if isinstance(report, Results)) <= 2000
        bench.send(Committed(sequences[-1]))
        await wait_until(lambda: len(list(bench.journal.glob("*.journal"))) == 1)


async def test_memory_and_work_are_told_every_second(tmp_path: Path, wait_until: WaitUntil) -> None:
    async with Workbench(1, tmp_path) as bench:
        await wait_until(lambda: bench.worker.resident)
        assert 10 << 20 < bench.worker.resident < 200 << 20


async def test_a_worker_that_does_not_start_is_told(tmp_path: Path) -> None:
    for argv in (("/bin/true",), ("/no/such/program",)):
        bench = Workbench(1, tmp_path, argv=argv)
        with pytest.raises(WorkerFailed):
            await bench.__aenter__()
        assert bench.exits == []


@pytest.mark.expects_warnings
async def test_a_folder_that_can_t_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(WorkerFailed):
        await Workbench(1, tmp_path).__aenter__()


@pytest.mark.expects_warnings
async def test_a_worker_that_hangs_is_killed(tmp_path: Path, wait_until: WaitUntil) -> None:
    exits: list[str] = []
    reports: list[Report] = []
    bench = Workbench(1, tmp_path)
    worker = await WorkerProcess.start(bench._argv, bench._configure, reports.append, exits.append, hang_seconds=2.0)
    os.kill(worker.pid, signal.SIGSTOP)
    await wait_until(lambda: exits, 8.0)
    assert exits == ["no sign of life for 2 seconds"]
    assert not [report for report in reports if isinstance(report, Pulse)]
