"""STARTTLS at a rehearsal's mail servers: good certificates, bad ones, and what goes wrong around it."""

from __future__ import annotations

import ssl

import pytest
from oneserver import SERVER, Start, WaitUntil, talk_to

from app.rehearsal.scenario import (
    MX,
    Answer,
    Append,
    Certificate,
    Domain,
    MailHost,
    Offer,
    Provider,
    Rule,
    Scenario,
)
from engine.replies import Stage


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
