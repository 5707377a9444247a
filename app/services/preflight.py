"""Checks a sending address before it is bound: binding, reverse name, HELO, port 25, SPF. Async, changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

from engine.resolver import Resolver


class Check(StrEnum):
    """What is looked at, in this order."""

    BIND = "bind"
    REVERSE = "reverse"
    HELO = "helo"
    PORT = "port_25"
    SPF = "spf"


class Grade(StrEnum):
    """The answer of one check. None of them forbids to use the address (product.md 2.6)."""

    PASS = "pass"  # noqa: S105 - a grade
    WARNING = "warning"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer with one sentence: what was found or, when it is not a pass, what to do."""

    ip: str
    check: Check
    grade: Grade
    sentence: str


@dataclass(frozen=True, slots=True)
class PortTarget:
    """Who is asked whether outbound mail gets out: a domain whose exchangers are tried, and the port."""

    domain: str
    port: int = 25


async def default_helo(resolver: Resolver, ip: str) -> str:
    """The HELO name that suits an address: its reverse name when that is a usable one, else its address literal."""
    raise NotImplementedError


def check_address(
    resolver: Resolver, ip: str, *, helo: str, port_target: PortTarget, sender_domain: str = ""
) -> AsyncIterator[Finding]:
    """Check one address; findings come as they are known. Without *sender_domain* SPF is left out."""
    raise NotImplementedError
