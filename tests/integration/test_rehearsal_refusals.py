"""What a rehearsal's mail servers refuse as their scripts say, over real sockets."""

from __future__ import annotations

from oneserver import CONTENT, GROUP, Start, scenario, talk_to

from app.rehearsal.scenario import (
    Answer,
    Greylist,
    Rule,
)
from app.rehearsal.scenarios import BLOCK_TEXT, block
from engine.clock import ManualClock
from engine.replies import Stage


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
