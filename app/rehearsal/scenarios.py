"""Sample scenarios: the demo's, and plain ones that tests and benches start from.

Servers listen on 127.0.1.x and above, sending addresses are 127.0.0.11 and above. Domains end in .test (RFC 6761).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.rehearsal.scenario import (
    MX,
    Answer,
    Certificate,
    Domain,
    Greylist,
    MailHost,
    Provider,
    Rate,
    Rule,
    Scenario,
    Sender,
    Slow,
)
from engine.replies import Stage

SENDING_ADDRESSES: Final = ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14")

BLOCK_TEXT: Final = (
    "5.7.1 Service unavailable; Client host [{client}] blocked using zen.spamhaus.org;"
    " https://www.spamhaus.org/query/ip/{client}"
)


def senders(addresses: Sequence[str] = SENDING_ADDRESSES) -> tuple[Sender, ...]:
    """Names for sending addresses: out11.sender.test and so on."""
    return tuple(Sender(address, f"out{address.rsplit('.', 1)[1]}.sender.test") for address in addresses)


def single_host(domains: Sequence[str], rules: Sequence[Rule] = (), *, first_address: str = "127.0.1.1") -> Scenario:
    """One provider for each domain, named as the domain, with one MX host at one address of its own."""
    start, last = first_address.rsplit(".", 1)
    providers = tuple(
        Provider(domain, (MailHost(f"mx.{domain}", (f"{start}.{int(last) + index}",)),))
        for index, domain in enumerate(domains)
    )
    return Scenario(
        name=f"{len(domains)} domains",
        providers=providers,
        domains=tuple(Domain(domain, (MX(f"mx.{domain}"),)) for domain in domains),
        senders=senders(),
        rules=tuple(rules),
    )


def twenty_domains(rules: Sequence[Rule] = ()) -> Scenario:
    """d01.test to d20.test, each with one MX host at 127.0.1.1 to 127.0.1.20."""
    return single_host([f"d{number:02}.test" for number in range(1, 21)], rules)


def block(
    client: str,
    at: Sequence[str],
    *,
    stage: Stage = Stage.BANNER,
    code: int = 554,
    text: str = BLOCK_TEXT,
    rule_id: str = "",
    daily: tuple[str, str] | None = None,
    until: float | None = None,
) -> Rule:
    """A server's refusal of one sending address, until lifted or for a time."""
    return Rule(
        stage=stage,
        action=Answer(code, text),
        id=rule_id,
        at=tuple(at),
        clients=(client,),
        daily=daily,
        until=until,
    )


def demo(start: float) -> Scenario:
    """Several providers as they are met in life; *start* is the instant (epoch seconds) at which the demo begins.

    Northmail refuses 127.0.0.12 at the banner for two hours, then takes it back. Bluepost greylists for five minutes.
    Quickbox lets 30 messages a minute pass for each address. Oldtown is slow. Homelab has one MX without STARTTLS.
    """
    return Scenario(
        name="demo",
        description="Five providers: one blocks an address for two hours, one greylists, one throttles, one is slow.",
        providers=(
            Provider(
                "northmail",
                (
                    MailHost("mx1.northmail.test", ("127.0.1.1", "127.0.1.2"), tls=Certificate.TRUSTED),
                    MailHost("mx2.northmail.test", ("127.0.1.3",), tls=Certificate.TRUSTED),
                ),
            ),
            Provider(
                "bluepost",
                (
                    MailHost(
                        "in.bluepost.test",
                        ("127.0.2.1", "127.0.2.2", "127.0.2.3", "127.0.2.4"),
                        shown=2,
                        rotation=1800.0,
                        tls=Certificate.TRUSTED,
                    ),
                ),
            ),
            Provider("quickbox", (MailHost("mx.quickbox.test", ("127.0.3.1",), tls=Certificate.SELF_SIGNED),)),
            Provider("oldtown", (MailHost("relay.oldtown.test", ("127.0.4.1",)),)),
            Provider("homelab", (MailHost("mail.homelab.test", ("127.0.5.1",)),)),
        ),
        domains=(
            *(
                Domain(name, (MX("mx1.northmail.test", 10), MX("mx2.northmail.test", 20)))
                for name in ("northmail.test", "school.test", "shop.test")
            ),
            *(Domain(name, (MX("in.bluepost.test"),)) for name in ("bluepost.test", "clinic.test")),
            Domain("quickbox.test", (MX("mx.quickbox.test"),)),
            Domain("oldtown.test", (MX("relay.oldtown.test"),)),
            Domain("homelab.test", addresses=("127.0.5.1",)),
            Domain("sender.test", txt=("v=spf1 ip4:127.0.0.0/24 -all",)),
        ),
        senders=senders(),
        rules=(
            block("127.0.0.12", ("northmail",), rule_id="northmail-block", until=start + 7200),
            Rule(Stage.RCPT, Greylist(300.0), id="bluepost-greylist", at=("bluepost",)),
            Rule(
                Stage.MAIL,
                Answer(421, "4.7.0 Too many messages from {client}, slow down"),
                id="quickbox-throttle",
                at=("quickbox",),
                over=Rate(30, 60.0),
            ),
            Rule(Stage.END_OF_DATA, Slow(0.05), id="oldtown-slow", at=("oldtown",)),
            Rule(
                Stage.RCPT,
                Answer(550, "5.1.1 <{recipient}>: Recipient address rejected: User unknown"),
                id="unknown-users",
                recipient="nobody*@*",
            ),
        ),
    )
