"""STARTTLS: taken where it is offered, whatever the certificate; where it is required, only as it should be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from workbench import SERVER, Workbench

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import (
    MX,
    Answer,
    Append,
    Certificate,
    Domain,
    Drop,
    MailHost,
    Offer,
    Provider,
    Rule,
    Scenario,
    Silence,
)
from app.rehearsal.scenarios import BLOCK_TEXT
from engine.message import MessageSource, compile_message
from engine.replies import Stage, Verdict
from engine.wire import End, Trouble

Start = Callable[..., Awaitable[RehearsalNetwork]]

NO_PIPELINING = Rule(Stage.EHLO, Offer(remove=("PIPELINING",)))


def secure(certificate: Certificate | None, *rules: Rule) -> Scenario:
    provider = Provider("d.test", (MailHost("mx.d.test", (SERVER,), tls=certificate),))
    return Scenario("secure", (provider,), (Domain("d.test", (MX("mx.d.test"),)),), rules=rules)


def people(count: int) -> list[str]:
    return [f"p{number}@d.test" for number in range(count)]


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[RehearsalNetwork], None]:
    """Makes workers trust the network's authority."""

    def trust(network: RehearsalNetwork) -> None:
        file = tmp_path / "authority.pem"
        file.write_text(network.certificate_authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))

    return trust


@pytest.mark.parametrize("rules", [(), (NO_PIPELINING,)], ids=["pipelined", "step by step"])
@pytest.mark.parametrize(
    ("certificate", "note"),
    [
        (Certificate.TRUSTED, ""),
        (Certificate.SELF_SIGNED, "it is signed by itself"),
        (Certificate.EXPIRED, "it expired on 20"),
        (Certificate.WRONG_NAME, "it is for another name"),
    ],
)
async def test_any_certificate_is_better_than_none_and_its_fault_is_noted(
    rehearsal: Start,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    certificate: Certificate,
    note: str,
    rules: tuple[Rule, ...],
) -> None:
    network = await rehearsal(secure(certificate, *rules))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(connections=2))
        bench.deliver(*people(200))
        assert await bench.finish() == {End.DELIVERED: 200}
    assert network.log.recipients() == dict.fromkeys(people(200), 1)
    assert {connection.encrypted for connection in network.log.connections()} == {True}
    notes = [record.getMessage() for record in caplog.records if "certificate that is not valid" in record.getMessage()]
    assert [note in text for text in notes] == ([True] if note else [])
    assert network.log.faults() == []


async def test_large_messages_over_tls(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(secure(Certificate.TRUSTED))
    message = compile_message(MessageSource("news@sender.test", subject="Big", text="A line of text.\n" * 200_000))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.set_message(2, message)
        bench.open()
        bench.deliver(*people(3), mailing=2)
        assert await bench.finish() == {End.DELIVERED: 3}
    assert len(network.log.connections()) == 1


@pytest.mark.parametrize("spoil", [Certificate.OLD_PROTOCOL, Drop(), Silence()], ids=str)
async def test_where_the_handshake_fails_mail_goes_on_without_and_with_required_it_does_not(
    rehearsal: Start, tmp_path: Path, spoil: Certificate | Drop | Silence
) -> None:
    scenario = (
        secure(spoil) if isinstance(spoil, Certificate) else secure(Certificate.TRUSTED, Rule(Stage.STARTTLS, spoil))
    )
    network = await rehearsal(scenario)
    async with Workbench(network.smtp_port, tmp_path, reply_timeout=1.0) as bench:
        bench.open()
        bench.deliver(*people(3))
        assert await bench.finish() == {End.DELIVERED: 3}
        assert [connection.messages for connection in network.log.connections()] == [0, 3]

        bench.open(bench.terms(2, tls_required=True))
        bench.deliver(*people(3), pair=2)
        assert await bench.finish() == {End.DELIVERED: 3, End.RETURNED: 3}
    [trouble] = bench.troubles()
    assert (trouble.pair, trouble.trouble) == (2, Trouble.NO_TLS)


@pytest.mark.parametrize(
    ("certificate", "goes"),
    [
        (Certificate.TRUSTED, True),
        (Certificate.SELF_SIGNED, False),
        (Certificate.EXPIRED, False),
        (Certificate.WRONG_NAME, False),
        (None, False),
    ],
)
async def test_required_tls(
    rehearsal: Start,
    tmp_path: Path,
    trusting: Callable[[RehearsalNetwork], None],
    certificate: Certificate | None,
    goes: bool,
) -> None:
    network = await rehearsal(secure(certificate))
    trusting(network)
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open(bench.terms(tls_required=True))
        bench.deliver(*people(5))
        assert await bench.finish() == {(End.DELIVERED if goes else End.RETURNED): 5}
    assert [trouble.trouble for trouble in bench.troubles()] == ([] if goes else [Trouble.NO_TLS])
    assert network.log.messages == (5 if goes else 0)


async def test_starttls_that_is_taken_away_on_the_path(rehearsal: Start, tmp_path: Path) -> None:
    """A stripped offer: opportunistic mail goes on, required mail does not."""
    network = await rehearsal(secure(Certificate.TRUSTED, Rule(Stage.EHLO, Offer(remove=("STARTTLS",)))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.open(bench.terms(2, tls_required=True))
        bench.deliver(*people(3))
        bench.deliver(*people(3), pair=2)
        assert await bench.finish() == {End.DELIVERED: 3, End.RETURNED: 3}
    assert [(trouble.pair, trouble.trouble) for trouble in bench.troubles()] == [(2, Trouble.NO_TLS)]


async def test_a_refusal_of_starttls_is_passed_over_or_required(rehearsal: Start, tmp_path: Path) -> None:
    refusal = Rule(Stage.STARTTLS, Answer(454, "4.7.0 TLS not available"))
    network = await rehearsal(secure(Certificate.TRUSTED, refusal))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.open(bench.terms(2, tls_required=True))
        bench.deliver(*people(3))
        bench.deliver(*people(3), pair=2)
        assert await bench.finish() == {End.DELIVERED: 3, End.RETURNED: 3}
    [trouble] = bench.troubles()
    assert (trouble.pair, trouble.trouble, trouble.stage) == (2, Trouble.REFUSED, Stage.STARTTLS)
    assert trouble.reply == "454 4.7.0 TLS not available"


async def test_a_block_at_starttls_is_a_block(rehearsal: Start, tmp_path: Path) -> None:
    network = await rehearsal(secure(Certificate.TRUSTED, Rule(Stage.STARTTLS, Answer(554, BLOCK_TEXT))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(3))
        assert await bench.finish() == {End.RETURNED: 3}
    [trouble] = bench.troubles()
    assert trouble.stage == Stage.STARTTLS
    assert trouble.classification is not None
    assert trouble.classification.verdict is Verdict.BLOCK


@pytest.mark.parametrize("smuggled", ["250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n", "250-x\r\n250 CHUNKING\r\n", "250"])
async def test_plaintext_behind_starttls_has_no_effect(rehearsal: Start, tmp_path: Path, smuggled: str) -> None:
    """RFC 3207, 4.2: nothing that came before the handshake counts after it."""
    network = await rehearsal(secure(Certificate.TRUSTED, Rule(Stage.STARTTLS, Append(smuggled))))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(20))
        assert await bench.finish() == {End.DELIVERED: 20}
    assert network.log.recipients() == dict.fromkeys(people(20), 1)
    assert network.log.faults() == []
