"""The mail servers of a rehearsal, over real sockets: ordinary mail, the protocol's rules, addresses and ports, the log."""

from __future__ import annotations

from pathlib import Path

import pytest
from dialogue import Dialogue
from oneserver import CONTENT, GROUP, SERVER, Start, WaitUntil, scenario, talk_to

from app.rehearsal.scenario import (
    MX,
    Answer,
    Domain,
    MailHost,
    Offer,
    Provider,
    Rule,
    Scenario,
)
from app.rehearsal.scenarios import single_host
from app.rehearsal.traffic import Accepted, Connection, read_log
from engine.clock import ManualClock
from engine.replies import Stage


async def test_an_ordinary_message_is_accepted_and_noted(rehearsal: Start) -> None:
    network = await rehearsal(scenario(), ManualClock(5000.0))

    async with talk_to(network) as talk:
        assert "PIPELINING" in await talk.greet()
        assert await talk.deliver("anna@d.test") == "250 2.0.0 OK: queued"
        assert await talk.say("QUIT") == "221 2.0.0 Bye"
        assert await talk.at_end()

    assert network.log.accepted == [
        Accepted(5000.0, "127.0.0.11", SERVER, "news@sender.test", "anna@d.test", "<1@x>", 28, 1)
    ]
    [connection] = network.log.connections(client="127.0.0.11", server="mx.d.test")
    assert connection.commands == {"EHLO": 1, "MAIL": 1, "RCPT": 1, "DATA": 1, "QUIT": 1}
    assert (connection.messages, connection.stage, connection.helo) == (1, Stage.END_OF_DATA, "client.test")
    assert network.log.summary().faults == []


async def test_pipelined_and_overlapped_messages(rehearsal: Start) -> None:
    network = await rehearsal(scenario())

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(GROUP)
        for _ in range(50):
            assert [(await talk.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
            talk.send(CONTENT + GROUP)
            assert (await talk.reply()).startswith("250")

    assert network.log.messages == 50
    assert network.log.duplicates() == {("x@d.test", "<m@x>"): 50}
    assert network.log.faults() == []


async def test_messages_in_chunks(rehearsal: Start) -> None:
    network = await rehearsal(scenario(), keep_content=True)

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send("MAIL FROM:<a@sender.test>\r\nRCPT TO:<x@d.test>\r\nBDAT 5\r\nab\r\n.BDAT 4 LAST\r\n\r\nc\rNOOP\r\n")
        assert [(await talk.reply())[:9] for _ in range(5)] == [
            "250 2.1.0",
            "250 2.1.5",
            "250 2.0.0",
            "250 2.0.0",
            "250 2.0.0",
        ]

    assert [message.content for message in network.log.accepted] == ["ab\r\n.\r\nc\r"]


async def test_a_large_message_is_read_whole_and_not_kept(rehearsal: Start) -> None:
    network = await rehearsal(scenario())
    body = "x" * 70 + "\r\n"

    async with talk_to(network) as talk:
        await talk.greet()
        assert (await talk.deliver("x@d.test", content="Message-ID: <m@x>\r\n\r\n" + body * 50_000)).startswith("250")

    [message] = network.log.accepted
    assert (message.size, message.message_id, message.content) == (21 + 72 * 50_000, "<m@x>", "")


@pytest.mark.parametrize(
    ("commands", "replies"),
    [
        (["MAIL FROM:<a@b.test>"], ["503"]),
        (["EHLO x", "RCPT TO:<a@b.test>"], ["250", "503"]),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.test>", "RSET", "DATA"], ["250", "250", "250", "250", "503"]),
        (["EHLO x", "MAIL FROM:<a@b.test>", "MAIL FROM:<a@b.test>"], ["250", "250", "503"]),
        (["EHLO x", "MAIL FROM:a@b.test"], ["250", "501"]),
        (["EHLO x", "MAIL FROM:<a@b.test>", "DATA"], ["250", "250", "554"]),
        (["EHLO x", "MAIL FROM:<a@b.test> SIZE=99999999999"], ["250", "552"]),
        (["EHLO x", "MAIL FROM:<a@b.test> BODY=8BITMIME SMTPUTF8 SIZE=10"], ["250", "250"]),
        (["EHLO x", 'MAIL FROM:<"a>b\\" c"@b.test>'], ["250", "250"]),
        (["EHLO x", "MAIL FROM:<a@b.test> COLOUR=RED"], ["250", "555"]),
        (["HELO x", "MAIL FROM:<a@b.test> SIZE=10"], ["250", "555"]),
        (["EHLO x", "NOOP", "VRFY a", "HELP", "AUTH PLAIN x", "STARTTLS"], ["250", "250", "250", "502", "502", "503"]),
    ],
)
async def test_the_rules_of_the_protocol(rehearsal: Start, commands: list[str], replies: list[str]) -> None:
    network = await rehearsal(scenario())

    async with talk_to(network) as talk:
        assert (await talk.reply()).startswith("220")
        assert [(await talk.say(command))[:3] for command in commands] == replies


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ("NOOP\nMAIL FROM:<a@b.test>\r\n", "CR, LF or NUL"),
        ("MAIL FROM:<a@b.test> COLOUR=RED\r\n", "COLOUR was not offered"),
        (GROUP + "a\nb\r\n.\r\n", "bare CR or LF"),
        (GROUP + "grün\r\n.\r\n", "8-bit"),
    ],
)
async def test_what_a_client_does_wrong_is_noted(
    rehearsal: Start, wait_until: WaitUntil, sent: str, fault: str
) -> None:
    network = await rehearsal(scenario())

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(sent)
        await wait_until(lambda: any(fault in text for text in network.log.faults()))


async def test_a_group_that_was_not_offered_is_noted(rehearsal: Start, wait_until: WaitUntil) -> None:
    network = await rehearsal(scenario(Rule(Stage.EHLO, Offer(remove=("PIPELINING",)))))

    async with talk_to(network) as talk:
        assert "PIPELINING" not in await talk.greet()
        assert (await talk.deliver("x@d.test")).startswith("250")
        assert network.log.faults() == []
        talk.send(GROUP)
        await wait_until(lambda: any("without PIPELINING" in text for text in network.log.faults()))


async def test_ipv6(rehearsal: Start) -> None:
    host = MailHost("mx.d.test", ("::1",))
    network = await rehearsal(Scenario("six", (Provider("p", (host,)),), (Domain("d.test", (MX("mx.d.test"),)),)))
    network.add_rule(Rule(Stage.RCPT, Answer(550, "5.7.1 not you"), clients=("::1",)))

    async with Dialogue("::1", network.smtp_port, "::1") as talk:
        await talk.greet()
        assert await talk.deliver("x@d.test") == "550 5.7.1 not you"


async def test_all_servers_share_one_port_and_a_stopped_one_refuses(rehearsal: Start) -> None:
    network = await rehearsal(single_host([f"d{number}.test" for number in range(5)]))

    for number in range(1, 6):
        async with Dialogue(f"127.0.1.{number}", network.smtp_port) as talk:
            assert f"mx.d{number - 1}.test" in await talk.reply()
    async with Dialogue("127.0.1.3", network.smtp_port) as talk:
        await talk.greet()
        await network.stop_server("127.0.1.3")
        assert await talk.at_end()
    with pytest.raises(ConnectionRefusedError):
        await Dialogue("127.0.1.3", network.smtp_port).__aenter__()

    await network.start_server("mx.d2.test", "127.0.1.3")
    async with Dialogue("127.0.1.3", network.smtp_port) as talk:
        assert (await talk.reply()).startswith("220")


async def test_the_log_file_tells_other_processes(rehearsal: Start, tmp_path: Path, wait_until: WaitUntil) -> None:
    path = tmp_path / "log.jsonl"
    network = await rehearsal(scenario(), log_path=path)

    async with talk_to(network) as talk:
        await talk.greet()
        await talk.deliver("x@d.test")
        await wait_until(lambda: any(isinstance(entry, Accepted) for entry in read_log(path)))
    await wait_until(lambda: len(list(read_log(path))) == 3)

    opened, message, closed = read_log(path)
    assert isinstance(opened, Connection)
    assert isinstance(closed, Connection)
    assert message == network.log.accepted[0]
    assert (closed.messages, closed.closed_at is not None) == (1, True)


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(rehearsal: Start) -> None:
    first = await rehearsal(scenario())

    with pytest.raises(OSError, match="in use"):
        await rehearsal(scenario(), smtp_port=first.smtp_port)
