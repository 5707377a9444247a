"""A mailing leaves over a mail stream and survives blocks: the whole program, real sockets, real processes."""

from __future__ import annotations

from typing import Any

import pytest
from installation import ADDRESSES, Installation
from waiting import wait_until

from app.rehearsal.scenarios import block, twenty_domains
from engine.replies import Stage

RECIPIENTS = 20_000
DOMAINS = [f"d{number:02}.test" for number in range(1, 21)]


def recipients(count: int) -> list[str]:
    """Recipients over twenty domains."""
    return [f"reader{number}@{DOMAINS[number % 20]}" for number in range(count)]


async def test_three_of_four_addresses_are_refused_by_one_domain(
    installation: Installation, rehearsal_process: Any
) -> None:
    network = rehearsal_process(
        twenty_domains(
            [
                block(ADDRESSES[0], ["d01.test"]),
                block(ADDRESSES[1], ["d01.test"]),
                block(ADDRESSES[2], ["d01.test"], stage=Stage.RCPT, code=550),
            ]
        )
    )
    await installation.set_up(network.name_server, network.smtp_port)
    everybody = recipients(RECIPIENTS)
    await installation.import_members(everybody)
    await installation.start_mailing()
    engine = await installation.serve()
    status = await installation.completed(deadline=120)
    assert (status["total"], status["delivered"], status["failed"]) == (RECIPIENTS, RECIPIENTS, 0)

    seen = network.client.recipients()
    assert set(seen) == set(everybody)
    assert set(seen.values()) == {1}
    blocks = {row["sending_address"]: row for row in await installation.blocks()}
    assert set(blocks) == set(ADDRESSES[:3])
    for address, row in blocks.items():
        assert row["state"] == "blocked"
        assert row["mx_address"] == "127.0.1.1"
        assert row["domain"] == "d01.test"
        stage = "rcpt" if address == ADDRESSES[2] else "banner"
        assert row["stage"] == stage
        assert row["code"] == (550 if stage == "rcpt" else 554)
        assert row["reply"] == (
            f"{row['code']} 5.7.1 Service unavailable; Client host [{address}] blocked using zen.spamhaus.org;"
            f" https://www.spamhaus.org/query/ip/{address}"
        )
        assert row["rule"]
    rows = await installation.ask("recipient", "list", "issue 1")
    assert {row["attempts"] for row in rows} == {1}
    assert {row["sent_via"] for row in rows if row["address"].endswith("@d01.test")} == {ADDRESSES[3]}
    # Connections that were under way when the first refusal came do not count, those opened after it was recorded do.
    for address in ADDRESSES[:3]:
        since = _epoch(blocks[address]["since"])
        late = [
            connection
            for connection in network.client.connections(client=address, server="127.0.1.1")
            if connection.at > since + 1.0
        ]
        assert late == []
    assert (await engine.stop()).exit_code == 0


async def test_a_totally_blocked_domain_is_held_and_released_by_clearing_one_block(
    installation: Installation, rehearsal_process: Any
) -> None:
    network = rehearsal_process(twenty_domains([block(address, ["d01.test"]) for address in ADDRESSES]))
    await installation.set_up(network.name_server, network.smtp_port)
    await installation.import_members(recipients(2_000))
    await installation.start_mailing()
    engine = await installation.serve()

    async def others_are_done() -> dict[str, Any] | None:
        status = await installation.status()
        return status if status["delivered"] == 1_900 else None

    status = await wait_until(others_are_done, 60, "the other nineteen domains")
    assert status is not None
    assert (status["state"], status["held"], status["failed"]) == ("active", 100, 0)
    held = await installation.ask("recipient", "list", "issue 1", "--state", "held")
    assert len(held) == 100
    assert {row["attempts"] for row in held} == {0}
    blocks = await installation.blocks()
    assert len(blocks) == 4

    network.client.lift_all()
    await installation.do("block", "clear", str(blocks[0]["id"]), "--reason", "they delisted us")
    status = await installation.completed(deadline=10)
    assert (status["delivered"], status["held"]) == (2_000, 0)
    rows = await installation.ask("recipient", "list", "issue 1")
    by_domain = {row["sent_via"] for row in rows if row["address"].endswith("@d01.test")}
    assert by_domain == {blocks[0]["sending_address"]}
    history = await installation.ask("block", "history", str(blocks[0]["id"]))
    assert "they delisted us" in str(history)
    assert (await engine.stop()).exit_code == 0


async def test_the_prober_finds_a_lifted_refusal_and_the_pair_recovers(
    installation: Installation, rehearsal_process: Any
) -> None:
    rule = block(ADDRESSES[0], ["d01.test"], rule_id="one")
    network = rehearsal_process(twenty_domains([rule]))
    await installation.set_up(
        network.name_server,
        network.smtp_port,
        addresses=ADDRESSES[:1],
        probe__interval_seconds="1",
        recovery__step_seconds="0.5",
    )
    await installation.import_members([f"reader{number}@d01.test" for number in range(12)])
    await installation.start_mailing()
    engine = await installation.serve()

    async def probed_twice() -> bool:
        rows = await installation.blocks()
        return bool(rows) and rows[0]["probes"] >= 2 if rows and "probes" in rows[0] else _probes(network) >= 3

    await wait_until(probed_twice, 20, "two probes")
    assert (await installation.status())["held"] == 12
    network.client.lift_rule("one")
    status = await installation.completed(deadline=30)
    assert status["delivered"] == 12
    rows = await installation.ask("recipient", "list", "issue 1")
    assert {row["attempts"] for row in rows} == {1}
    (block_row,) = await installation.ask("block", "list", "--all")
    kinds = [event["event"] for event in await installation.ask("block", "history", str(block_row["id"]))]
    assert "probe_refused" in kinds
    assert "probe_accepted" in kinds
    assert (await engine.stop()).exit_code == 0


def _probes(network: Any) -> int:
    return len(network.client.connections(client=ADDRESSES[0], server="127.0.1.1"))


def _epoch(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.END_OF_DATA])
async def test_a_5xx_block_never_fails_a_recipient(
    installation: Installation, rehearsal_process: Any, stage: Stage
) -> None:
    network = rehearsal_process(twenty_domains([block(ADDRESSES[0], ["d01.test"], stage=stage, code=550)]))
    await installation.set_up(network.name_server, network.smtp_port, addresses=ADDRESSES[:2])
    everybody = [f"reader{number}@d01.test" for number in range(200)]
    await installation.import_members(everybody)
    await installation.start_mailing()
    engine = await installation.serve()
    status = await installation.completed()
    assert (status["delivered"], status["failed"]) == (200, 0)
    rows = await installation.ask("recipient", "list", "issue 1")
    assert {(row["sent_via"], row["attempts"]) for row in rows} == {(ADDRESSES[1], 1)}
    assert network.client.recipients() == dict.fromkeys(everybody, 1)
    assert (await engine.stop()).exit_code == 0
