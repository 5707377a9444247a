"""The mail servers of a rehearsal, over real sockets: ordinary mail, and every way in which a script breaks it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from dialogue import Dialogue

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import (
    MX,
    Answer,
    Append,
    Certificate,
    Domain,
    Drop,
    Flood,
    FloodKind,
    Greylist,
    MailHost,
    Offer,
    Provider,
    Raw,
    Renege,
    Rule,
    Scenario,
    Silence,
    Slow,
    Swap,
    Trickle,
)
from app.rehearsal.scenarios import BLOCK_TEXT, block, single_host
from app.rehearsal.traffic import Accepted, Connection, read_log
from engine.clock import ManualClock
from engine.replies import Stage

Start = Callable[..., Awaitable[RehearsalNetwork]]
WaitUntil = Callable[..., Awaitable[Any]]

SERVER = "127.0.1.1"
GROUP = "MAIL FROM:<a@sender.test>\r\nRCPT TO:<x@d.test>\r\nDATA\r\n"
CONTENT = "Message-ID: <m@x>\r\nSubject: Spring\r\n\r\nHello\r\n.\r\n"


def scenario(*rules: Rule) -> Scenario:
    return single_host(["d.test"], rules)


def talk_to(network: RehearsalNetwork, client: str = "127.0.0.11") -> Dialogue:
    return Dialogue(SERVER, network.smtp_port, client)


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


# Refusals


async def test_one_client_is_refused_at_the_banner_until_lifted(rehearsal: Start) -> None:
    network = await rehearsal(scenario())
    rule_id = network.add_rule(block("127.0.0.12", ["d.test"]))

    async with talk_to(network, "127.0.0.12") as talk:
        assert await talk.reply() == "554 " + BLOCK_TEXT.replace("{client}", "127.0.0.12")
        assert await talk.at_end()
    async with talk_to(network, "127.0.0.13") as talk:
        assert (await talk.reply()).startswith("220")

    assert network.lift_rule(rule_id)
    async with talk_to(network, "127.0.0.12") as talk:
        assert (await talk.reply()).startswith("220")
    assert [entry.refusals for entry in network.log.connections(client="127.0.0.12")] == [1, 0]


async def test_a_refusing_server_may_stay_and_wait_for_quit(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.BANNER, Answer(554, "No\nno mail here", close=False))))

    async with talk_to(network) as talk:
        assert await talk.reply() == "554-No\n554 no mail here"
        assert (await talk.say("EHLO x")).startswith("503")
        assert (await talk.say("QUIT")).startswith("221")


async def test_a_refusal_holds_in_its_window_of_the_day(rehearsal: Start) -> None:
    clock = ManualClock(9 * 3600.0)
    network = await rehearsal(scenario(block("127.0.0.11", ["d.test"], daily=("10:00", "11:00"))), clock)

    banners = []
    for _ in range(3):
        async with talk_to(network) as talk:
            banners.append((await talk.reply())[:3])
        clock.advance(3600)

    assert banners == ["220", "554", "220"]


async def test_greylisting(rehearsal: Start) -> None:
    clock = ManualClock()
    network = await rehearsal(scenario(Rule(Stage.RCPT, Greylist(300.0))), clock)

    async with talk_to(network) as talk:
        await talk.greet()
        assert (await talk.deliver("x@d.test")).startswith("451 4.7.1 Greylisted")
        clock.advance(299)
        assert (await talk.deliver("x@d.test")).startswith("451")
        clock.advance(1)
        assert (await talk.deliver("x@d.test")).startswith("250")
        assert (await talk.deliver("y@d.test")).startswith("451")


async def test_one_recipient_of_several_is_refused(rehearsal: Start) -> None:
    refusal = Answer(550, "5.1.1 <{recipient}>: unknown")
    network = await rehearsal(scenario(Rule(Stage.RCPT, refusal, recipient="nobody@*")))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(
            "MAIL FROM:<a@b.test>\r\nRCPT TO:<x@d.test>\r\nRCPT TO:<nobody@d.test>\r\nRCPT TO:<y@d.test>\r\nDATA\r\n"
        )
        replies = [await talk.reply() for _ in range(5)]
        talk.send(CONTENT)
        assert (await talk.reply()).startswith("250")

    assert replies[2] == "550 5.1.1 <nobody@d.test>: unknown"
    assert network.log.recipients() == {"x@d.test": 1, "y@d.test": 1}


async def test_go_ahead_though_every_recipient_was_refused(rehearsal: Start) -> None:
    network = await rehearsal(
        scenario(Rule(Stage.RCPT, Answer(550, "5.1.1 unknown")), Rule(Stage.DATA, Answer(354, "go ahead")))
    )

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(GROUP)
        assert [(await talk.reply())[:3] for _ in range(3)] == ["250", "550", "354"]
        talk.send(".\r\n")
        assert await talk.reply() == "554 5.5.1 No valid recipients"
    assert network.log.messages == 0


async def test_content_is_refused_by_its_header(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.END_OF_DATA, Answer(554, "5.7.1 spam"), header="subject: spring")))

    async with talk_to(network) as talk:
        await talk.greet()
        assert await talk.deliver("x@d.test", content="Subject: Spring\r\n\r\nx\r\n") == "554 5.7.1 spam"
        assert (await talk.deliver("x@d.test", content="Subject: Autumn\r\n\r\nx\r\n")).startswith("250")
    assert network.log.messages == 1


async def test_a_session_is_ended_with_421_behind_its_third_message(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.SESSION, Answer(421, "4.7.0 enough"), messages=(3, None))))

    async with talk_to(network) as talk:
        await talk.greet()
        for _ in range(3):
            assert (await talk.deliver("x@d.test")).startswith("250")
        assert await talk.reply() == "421 4.7.0 enough"
        assert await talk.at_end()
    assert network.log.messages == 3


async def test_an_idle_session_is_ended_unasked_when_a_rule_comes(rehearsal: Start) -> None:
    network = await rehearsal(scenario())

    async with talk_to(network) as talk:
        await talk.greet()
        network.add_rule(Rule(Stage.SESSION, Answer(421, "4.3.2 shutting down")))
        assert await talk.reply() == "421 4.3.2 shutting down"
        assert await talk.at_end()


async def test_a_421_to_a_command_ends_the_session_and_reaches_a_client_that_sent_more(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.MAIL, Answer(421, "4.7.0 slow down"))))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(GROUP + "x" * 100_000)
        assert await talk.reply() == "421 4.7.0 slow down"
        assert await talk.at_end()


async def test_too_many_connections_of_one_client(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.BANNER, Answer(421, "4.7.0 too many"), open_over=2)))

    async with talk_to(network) as one, talk_to(network) as two, talk_to(network) as three:
        assert [(await talk.reply())[:3] for talk in (one, two, three)] == ["220", "220", "421"]
        async with talk_to(network, "127.0.0.12") as other:
            assert (await other.reply()).startswith("220")


# Cut connections, silence, noise


STAGES = [Stage.BANNER, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA]


async def reach(talk: Dialogue, stage: Stage) -> None:
    """Go to the point at which the reply of *stage* is due."""
    steps = [
        "",
        "EHLO x\r\n",
        "MAIL FROM:<a@sender.test>\r\n",
        "RCPT TO:<x@d.test>\r\n",
        "DATA\r\n",
        CONTENT,
    ]
    for number, step in enumerate(steps):
        talk.send(step)
        if number == STAGES.index(stage):
            return
        await talk.reply()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("accept", [False, True])
async def test_the_connection_is_closed_at_a_stage(rehearsal: Start, stage: Stage, accept: bool) -> None:
    network = await rehearsal(scenario(Rule(stage, Drop(accept=accept))))

    async with talk_to(network) as talk:
        await reach(talk, stage)
        assert await talk.at_end()

    assert network.log.opened[0].stage is stage
    assert network.log.messages == (accept and stage is Stage.END_OF_DATA)


async def test_the_connection_is_reset(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.MAIL, Drop(reset=True))))

    async with talk_to(network) as talk:
        await reach(talk, Stage.MAIL)
        with pytest.raises(ConnectionResetError):
            await talk.reply()


async def test_the_connection_is_closed_in_the_middle_of_the_content(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.END_OF_DATA, Drop(after_bytes=30), clients=("127.0.0.11",))))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(GROUP)
        for _ in range(3):
            await talk.reply()
        talk.send("Subject: x\r\n\r\n")
        talk.send("x" * 60 + "\r\n")
        assert await talk.at_end()
    async with talk_to(network, "127.0.0.12") as talk:
        await talk.greet()
        assert (await talk.deliver("x@d.test", content="x" * 60 + "\r\n")).startswith("250")
    assert network.log.messages == 1


@pytest.mark.parametrize("stage", STAGES)
async def test_a_server_falls_silent_and_keeps_the_connection(
    rehearsal: Start, wait_until: WaitUntil, stage: Stage
) -> None:
    network = await rehearsal(scenario(Rule(stage, Silence())))

    async with talk_to(network) as talk:
        await reach(talk, stage)
        await wait_until(lambda: network.log.opened and network.log.opened[0].stage is stage)
        talk.send("NOOP\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talk.reader.read(1), 0.05)
        assert network.log.opened[0].closed_at is None
    assert network.log.messages == 0


async def test_a_deaf_server_stops_reading(rehearsal: Start, wait_until: WaitUntil) -> None:
    network = await rehearsal(scenario(Rule(Stage.DATA, Silence(deaf=True))))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(GROUP)
        talk.send(b"x" * 20_000_000)
        await wait_until(lambda: network.log.opened[0].stage is Stage.DATA)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talk.writer.drain(), 0.2)


@pytest.mark.parametrize(
    ("kind", "beginning"),
    [
        (FloodKind.LINE, b"250 xxxxxxxx"),
        (FloodKind.CONTINUATION, b"250-there is more\r\n250-there is more\r\n"),
        (FloodKind.REPLIES, b"250 2.0.0 OK\r\n250 2.0.0 OK\r\n"),
    ],
)
async def test_a_server_never_stops_talking(rehearsal: Start, kind: FloodKind, beginning: bytes) -> None:
    network = await rehearsal(scenario(Rule(Stage.EHLO, Flood(kind))))

    async with talk_to(network) as talk:
        await reach(talk, Stage.EHLO)
        flood = await asyncio.wait_for(talk.reader.readexactly(3_000_000), 10)

    assert flood.startswith(beginning)
    assert (b"\n" in flood) is (kind is not FloodKind.LINE)


# How replies come


async def test_a_slow_reply_holds_up_its_own_connection_only(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.END_OF_DATA, Slow(0.2), clients=("127.0.0.11",))))

    async with talk_to(network) as slow, talk_to(network, "127.0.0.12") as quick:
        await slow.greet()
        await quick.greet()
        slow_one = asyncio.create_task(slow.deliver("x@d.test"))
        assert (await quick.deliver("y@d.test")).startswith("250")
        assert not slow_one.done()
        assert (await slow_one).startswith("250")


async def test_input_waits_behind_a_slow_reply_and_is_not_lost(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.MAIL, Slow(0.05))))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send((GROUP + CONTENT) * 3)
        talk.send(GROUP)
        talk.send("Message-ID: <big@x>\r\n\r\n" + ("x" * 70 + "\r\n") * 2000 + ".\r\nQUIT\r\n")
        codes = [(await talk.reply())[:3] for _ in range(17)]

    assert codes == ["250", "250", "354", "250"] * 4 + ["221"]
    assert network.log.messages == 4


async def test_a_reply_comes_byte_by_byte(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.MAIL, Trickle(0.001))))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send("MAIL FROM:<a@b.test>\r\nNOOP\r\n")
        pieces: list[bytes] = []
        while not b"".join(pieces).endswith(b"250 2.0.0 OK\r\n"):
            pieces.append(await asyncio.wait_for(talk.reader.read(100), 10))

    assert b"".join(pieces) == b"250 2.1.0 Sender OK\r\n250 2.0.0 OK\r\n"
    assert len(pieces) > 5


async def test_replies_out_of_order(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.RCPT, Swap())))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send(GROUP)
        assert [(await talk.reply())[:9] for _ in range(3)] == ["250 2.1.0", "354 End d", "250 2.1.5"]


async def test_extra_replies(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.MAIL, Append("250 2.0.0 and another\r\n"))))

    async with talk_to(network) as talk:
        await talk.greet()
        assert await talk.say("MAIL FROM:<a@b.test>") == "250 2.1.0 Sender OK"
        assert await talk.reply() == "250 2.0.0 and another"


async def test_a_reply_breaks_off_before_the_connection_does(rehearsal: Start) -> None:
    network = await rehearsal(
        scenario(Rule(Stage.END_OF_DATA, Append("250 2.0")), Rule(Stage.END_OF_DATA, Drop(accept=True)))
    )

    async with talk_to(network) as talk:
        await talk.greet()
        assert await talk.deliver("x@d.test") == "250 2.0"
        assert await talk.at_end()
    assert network.log.messages == 1


@pytest.mark.parametrize("data", ["banana\r\n", "25\r\n", "250\n", "2500 OK\r\n", "250-a\r\n550 b\r\n", "\xff\x00\r\n"])
async def test_a_malformed_reply(rehearsal: Start, data: str) -> None:
    network = await rehearsal(scenario(Rule(Stage.MAIL, Raw(data))))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send("MAIL FROM:<a@b.test>\r\n")
        assert await talk.reader.readexactly(len(data)) == data.encode("latin-1")
        assert (await talk.say("RCPT TO:<x@d.test>")).startswith("503")


@pytest.mark.parametrize(
    ("extension", "command", "reply"),
    [
        ("8BITMIME", "MAIL FROM:<a@b.test> BODY=8BITMIME", "555"),
        ("SMTPUTF8", "MAIL FROM:<a@b.test> SMTPUTF8", "555"),
        ("SIZE", "MAIL FROM:<a@b.test> SIZE=10", "555"),
        ("CHUNKING", "BDAT 0 LAST", "502"),
    ],
)
async def test_an_extension_is_offered_and_not_kept(rehearsal: Start, extension: str, command: str, reply: str) -> None:
    network = await rehearsal(scenario(Rule(Stage.EHLO, Renege((extension,)))))

    async with talk_to(network) as talk:
        assert extension in await talk.greet()
        assert (await talk.say(command)).startswith(reply)


async def test_pipelining_is_offered_and_what_stands_behind_is_forgotten(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.EHLO, Renege(("PIPELINING",)))))

    async with talk_to(network) as talk:
        assert "PIPELINING" in await talk.greet()
        talk.send(GROUP)
        assert (await talk.reply()).startswith("250 2.1.0")
        assert (await talk.say("NOOP")) == "250 2.0.0 OK"
        assert network.log.opened[0].commands["MAIL"] == 1
        assert "RCPT" not in network.log.opened[0].commands


async def test_further_extensions_are_offered(rehearsal: Start) -> None:
    network = await rehearsal(scenario(Rule(Stage.EHLO, Offer(add=("AUTH PLAIN", "SIZE 1000"), remove=("CHUNKING",)))))

    async with talk_to(network) as talk:
        offered = await talk.greet()
        assert "250-SIZE 1000" in offered or "250 SIZE 1000" in offered
        assert "CHUNKING" not in offered
        assert (await talk.say("AUTH PLAIN AGEAYg==")).startswith("235")
        assert (await talk.say("MAIL FROM:<a@b.test> SIZE=1001")).startswith("552")


# TLS


def secured(kind: Certificate, *rules: Rule) -> Scenario:
    host = MailHost("mx.d.test", (SERVER,), tls=kind)
    return Scenario("tls", (Provider("d.test", (host,)),), (Domain("d.test", (MX("mx.d.test"),)),), rules=rules)


async def test_mail_goes_over_tls(rehearsal: Start) -> None:
    network = await rehearsal(secured(Certificate.TRUSTED))
    context = ssl.create_default_context(cadata=network.certificate_authority)

    async with talk_to(network) as talk:
        assert "STARTTLS" in await talk.greet()
        assert (await talk.say("STARTTLS")).startswith("220")
        await talk.start_tls(context, "mx.d.test")
        assert (await talk.say("MAIL FROM:<a@b.test>")).startswith("503")
        assert "STARTTLS" not in await talk.say("EHLO x")
        assert (await talk.deliver("x@d.test")).startswith("250")
        assert await talk.say("QUIT") == "221 2.0.0 Bye"

    assert network.log.messages == 1
    assert network.log.opened[0].encrypted


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (Certificate.SELF_SIGNED, "self.signed"),
        (Certificate.EXPIRED, "expired"),
        (Certificate.WRONG_NAME, "[Hh]ostname mismatch"),
    ],
)
async def test_a_bad_certificate_is_refused_by_who_checks_it(
    rehearsal: Start, wait_until: WaitUntil, kind: Certificate, complaint: str
) -> None:
    network = await rehearsal(secured(kind))
    context = ssl.create_default_context(cadata=network.certificate_authority)

    async with talk_to(network) as talk:
        await talk.greet()
        await talk.say("STARTTLS")
        with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
            await talk.start_tls(context, "mx.d.test")
    await wait_until(lambda: network.log.opened[0].closed_at is not None)


async def test_a_server_with_old_tls_only_is_refused(rehearsal: Start, wait_until: WaitUntil) -> None:
    network = await rehearsal(secured(Certificate.OLD_PROTOCOL))
    context = ssl.create_default_context(cadata=network.certificate_authority)

    async with talk_to(network) as talk:
        await talk.greet()
        await talk.say("STARTTLS")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await talk.start_tls(context, "mx.d.test")
    await wait_until(lambda: network.log.opened[0].closed_at is not None)


async def test_starttls_is_offered_and_refused(rehearsal: Start) -> None:
    network = await rehearsal(secured(Certificate.TRUSTED, Rule(Stage.STARTTLS, Answer(454, "4.7.0 not now"))))

    async with talk_to(network) as talk:
        await talk.greet()
        assert await talk.say("STARTTLS") == "454 4.7.0 not now"
        assert (await talk.deliver("x@d.test")).startswith("250")


async def test_plaintext_is_smuggled_in_behind_the_answer_to_starttls(rehearsal: Start) -> None:
    smuggled = "250-mx.d.test\r\n250 AUTH PLAIN\r\n"
    network = await rehearsal(secured(Certificate.TRUSTED, Rule(Stage.STARTTLS, Append(smuggled))))

    async with talk_to(network) as talk:
        await talk.greet()
        talk.send("STARTTLS\r\n")
        assert (await talk.line()).startswith("220")
        assert await talk.line() == "250-mx.d.test"


async def test_tls_is_withheld_the_second_time(rehearsal: Start) -> None:
    rule = Rule(Stage.EHLO, Offer(remove=("STARTTLS",)), connections=(2, None))
    network = await rehearsal(secured(Certificate.TRUSTED, rule))

    async with talk_to(network) as first, talk_to(network) as second:
        assert "STARTTLS" in await first.greet()
        assert "STARTTLS" not in await second.greet()


# The network


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
