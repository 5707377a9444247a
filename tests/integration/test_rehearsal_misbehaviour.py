"""Every way in which a script makes a rehearsal's mail server break the protocol, over real sockets."""

from __future__ import annotations

import asyncio

import pytest
from dialogue import Dialogue
from oneserver import CONTENT, GROUP, Start, WaitUntil, scenario, talk_to

from app.rehearsal.scenario import (
    Append,
    Drop,
    Flood,
    FloodKind,
    Offer,
    Raw,
    Renege,
    Rule,
    Silence,
    Slow,
    Swap,
    Trickle,
)
from engine.replies import Stage

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
