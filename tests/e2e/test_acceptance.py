"""What an administrator would try on the first evening: destinations in all kinds of trouble, and their recovery."""

from __future__ import annotations

import json
from typing import Any

from installation import ADDRESSES, Installation
from waiting import wait_until

from app.rehearsal.scenario import MX, Answer, Domain, Drop, Fault, MailHost, NameFault, Provider, Rule, Scenario
from app.rehearsal.scenarios import block, senders, single_host
from engine.replies import Stage

TROUBLED = ("drop.test", "shut.test", "serv.test", "moved.test")
DOMAINS = (*TROUBLED, "doubt.test", "throttle.test")
EACH = 3


def network() -> Scenario:
    """Each domain in a trouble of its own; names are kept for two seconds."""
    base = single_host(
        DOMAINS,
        [
            Rule(Stage.BANNER, Drop(), at=("drop.test",), id="drop"),
            Rule(Stage.BANNER, Answer(421, "4.3.2 Service not available"), at=("shut.test",), id="shut"),
            Rule(Stage.END_OF_DATA, Drop(accept=True), at=("doubt.test",), id="doubt"),
            Rule(Stage.MAIL, Answer(421, "4.7.0 Too many messages, slow down"), at=("throttle.test",), times=1),
            block(ADDRESSES[0], ["moved.test"]),
        ],
    )
    elsewhere = Provider("elsewhere", (MailHost("mx.elsewhere.test", ("127.0.2.1",)),))
    return Scenario(
        name="trouble",
        providers=(*base.providers, elsewhere),
        domains=tuple(Domain(each.name, each.mx, ttl=2) for each in base.domains),
        senders=senders(),
        rules=base.rules,
        name_faults=(NameFault("serv.test", Fault.SERVFAIL),),
    )


async def test_what_was_in_trouble_is_tried_again_by_the_schedule(
    installation: Installation, rehearsal_process: Any
) -> None:
    net = rehearsal_process(network())
    await installation.set_up(
        net.name_server,
        net.smtp_port,
        addresses=ADDRESSES[:1],
        retry__schedule_minutes="0.02",
        delivery__reply_timeout_seconds="2",
    )
    await installation.import_members([f"r{number}@{domain}" for domain in DOMAINS for number in range(EACH)])
    await installation.start_mailing()
    engine = await installation.serve()

    async def settled() -> dict[str, Any] | None:
        status = await installation.status()
        return status if (status["in_doubt"], status["delivered"], status["held"]) == (EACH, EACH, EACH) else None

    status = await wait_until(settled, 60, "all that can be settled")
    assert status is not None
    assert (status["state"], status["waiting"], status["failed"]) == ("active", 3 * EACH, 0)
    assert [row["domain"] for row in await installation.blocks()] == ["moved.test"]
    doubtful = await installation.ask("recipient", "list", "issue 1", "--state", "in_doubt")
    assert {(row["address"].split("@")[1], row["attempts"]) for row in doubtful} == {("doubt.test", 0)}

    net.client.lift_rule("drop")
    net.client.lift_rule("shut")
    net.client.clear_name_faults("serv.test")
    net.client.set_mx("moved.test", [MX("mx.elsewhere.test")], 2)
    status = await installation.completed(deadline=60)
    assert (status["delivered"], status["in_doubt"], status["failed"]) == (5 * EACH, EACH, 0)
    rows = await installation.ask("recipient", "list", "issue 1", "--state", "delivered")
    assert {row["attempts"] for row in rows if row["address"].split("@")[1] in TROUBLED} == {1}
    assert {row["mx_address"] for row in rows if row["address"].endswith("@moved.test")} == {"127.0.2.1"}
    assert (await engine.stop()).exit_code == 0


async def test_a_stage_is_understood_however_it_is_written(installation: Installation) -> None:
    spellings = (
        "End of Data",
        "end-of-data",
        "END_OF_DATA",
        "EndOfData",
        "RCPT TO",
        "Mail From",
        "mid-session",
        "HELO",
    )
    lines = "\n".join(json.dumps({"reply": "250 ok", "stage": each}) for each in spellings)
    found = (await installation.program.run("rule", "test", "--json", stdin=lines)).expect().json_lines()
    assert [row["verdict"] for row in found] == ["accepted"] * len(spellings)
