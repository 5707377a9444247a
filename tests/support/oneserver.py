"""One mail server at one address, for tests of what it says: mx.d.test at 127.0.1.1, the only exchanger of d.test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dialogue import Dialogue

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import Rule, Scenario
from app.rehearsal.scenarios import single_host

Start = Callable[..., Awaitable[RehearsalNetwork]]
"""The fixture ``rehearsal``."""
WaitUntil = Callable[..., Awaitable[Any]]
"""The fixture ``wait_until``."""

SERVER = "127.0.1.1"
GROUP = "MAIL FROM:<a@sender.test>\r\nRCPT TO:<x@d.test>\r\nDATA\r\n"
CONTENT = "Message-ID: <m@x>\r\nSubject: Spring\r\n\r\nHello\r\n.\r\n"


def scenario(*rules: Rule) -> Scenario:
    """The network, with a script."""
    return single_host(["d.test"], rules)


def talk_to(network: RehearsalNetwork, client: str = "127.0.0.11") -> Dialogue:
    """A conversation with its server."""
    return Dialogue(SERVER, network.smtp_port, client)
