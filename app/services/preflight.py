"""Checks a sending address before it is bound: binding, reverse name, HELO, port 25, SPF. Async, changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.services.addresses import literal
from app.services.spf import LookupFailed, SpfResult, check_host
from engine.addresses import AddressError, check_helo_name
from engine.hostile import shown
from engine.pairs import Family, family_of
from engine.resolver import Resolver, RouteProblem, TemporaryDNSFailure

CONNECT_SECONDS = 10.0
"""How long one exchanger may take to accept a connection, and again to greet."""
MOST_EXCHANGERS = 3
"""MX addresses that are tried before port 25 is said to be closed."""
LONGEST_GREETING = 100


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
    try:
        return check_helo_name(await resolver.reverse_name(ip) or literal(ip))
    except (TemporaryDNSFailure, AddressError):
        return literal(ip)


async def check_address(
    resolver: Resolver, ip: str, *, helo: str, port_target: PortTarget, sender_domain: str = ""
) -> AsyncIterator[Finding]:
    """Check one address; findings come as they are known, the quick ones first. Without *sender_domain* SPF is left out."""
    examination = _Examination(resolver, ip)
    checks: list[tuple[Check, Coroutine[None, None, tuple[Grade, str]]]] = [
        (Check.BIND, examination.bind()),
        (Check.REVERSE, examination.reverse()),
        (Check.HELO, examination.helo(helo)),
        (Check.PORT, examination.port(port_target)),
    ]
    if sender_domain:
        checks.append((Check.SPF, examination.spf(sender_domain)))
    tasks = [asyncio.create_task(_finding(ip, check, answer), name=f"preflight {check}") for check, answer in checks]
    try:
        for next_one in asyncio.as_completed(tasks):
            yield await next_one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _finding(ip: str, check: Check, answer: Coroutine[None, None, tuple[Grade, str]]) -> Finding:
    try:
        grade, sentence = await answer
    except TemporaryDNSFailure:
        grade, sentence = Grade.WARNING, "The name servers did not answer; try again later."
    return Finding(ip, check, grade, sentence)


@dataclass(frozen=True, slots=True)
class _Examination:
    """The checks of one address."""

    resolver: Resolver
    ip: str

    async def bind(self) -> tuple[Grade, str]:
        reason = _bind_fault(self.ip)
        if reason is None:
            return Grade.PASS, f"This machine can send from {self.ip}."
        if reason == errno.EADDRNOTAVAIL:
            return Grade.FAIL, f"This machine does not have {self.ip}; add it to a network interface first."
        return Grade.FAIL, f"{self.ip} can't be bound: {errno.errorcode.get(reason, 'unknown error')}."

    async def reverse(self) -> tuple[Grade, str]:
        name = await self.resolver.reverse_name(self.ip)
        if name is None:
            return Grade.FAIL, f"{self.ip} has no reverse name; have its provider set one, most receivers demand it."
        addresses = await self.resolver.addresses_of(name)
        if self.ip in addresses:
            return Grade.PASS, f"The reverse name {shown(name)} leads back to {self.ip}."
        where = f"to {addresses[0]}" if addresses else "nowhere"
        return Grade.FAIL, f"The reverse name {shown(name)} leads {where}; make it lead back to {self.ip}."

    async def helo(self, helo: str) -> tuple[Grade, str]:
        if helo.startswith("["):
            return Grade.WARNING, "The address greets without a name; give it a HELO name, many receivers demand one."
        if self.ip not in await self.resolver.addresses_of(helo):
            return Grade.FAIL, f"The HELO name {helo} does not lead to {self.ip}; use a name that does."
        reverse = await self.resolver.reverse_name(self.ip)
        if reverse is None or reverse.lower() != helo.lower():
            return Grade.WARNING, f"The HELO name {helo} is not the reverse name of {self.ip}; best they are the same."
        return Grade.PASS, f"The HELO name {helo} is the reverse name and leads to {self.ip}."

    async def port(self, target: PortTarget) -> tuple[Grade, str]:
        if _bind_fault(self.ip) is not None:
            return Grade.WARNING, f"Port {target.port} was not tried, because {self.ip} can't be bound."
        try:
            route = await self.resolver.route(target.domain)
        except TemporaryDNSFailure:
            raise
        except RouteProblem:
            return Grade.WARNING, f"Port {target.port} was not tried, because {target.domain} has no mail exchanger."
        family = family_of(self.ip)
        hosts = [each.address for each in route.addresses if family_of(each.address) is family][:MOST_EXCHANGERS]
        if not hosts:
            return (
                Grade.WARNING,
                f"{target.domain} has no {_FAMILY_NAMES[family]} exchanger to try port {target.port} with.",
            )
        return await self._reach(hosts, target)

    async def _reach(self, hosts: Sequence[str], target: PortTarget) -> tuple[Grade, str]:
        for host in hosts:
            greeting = await _greeting(self.ip, host, target.port)
            if greeting is None:
                continue
            if greeting.startswith("220"):
                return Grade.PASS, f"Port {target.port} is open: {host} greeted."
            said = f'said "{greeting}"' if greeting else "said nothing"
            return Grade.WARNING, f"Port {target.port} is open, but {host} {said}."
        return Grade.FAIL, (
            f"No exchanger of {target.domain} can be reached on port {target.port} from {self.ip};"
            " have the network's provider open it."
        )

    async def spf(self, domain: str) -> tuple[Grade, str]:
        answer = await check_host(DnsNames(self.resolver), self.ip, domain)
        mechanism = f"{'ip6' if family_of(self.ip) is Family.IPV6 else 'ip4'}:{self.ip}"
        match answer.result:
            case SpfResult.PASS:
                return Grade.PASS, f"SPF of {domain} covers {self.ip}."
            case SpfResult.NONE:
                return Grade.WARNING, f'{domain} has no SPF record; publish one, for example "v=spf1 {mechanism} -all".'
            case SpfResult.NEUTRAL | SpfResult.SOFTFAIL | SpfResult.FAIL:
                grade = Grade.WARNING if answer.result is SpfResult.NEUTRAL else Grade.FAIL
                return grade, f"SPF of {domain} does not cover {self.ip}; add {mechanism} to it."
            case SpfResult.TEMPERROR:
                return Grade.WARNING, "The name servers did not answer; try again later."
            case SpfResult.PERMERROR:
                return Grade.FAIL, f"The SPF record of {domain} can't be used: {shown(answer.reason)}."


_FAMILY_NAMES = {Family.IPV4: "IPv4", Family.IPV6: "IPv6"}


@dataclass(frozen=True, slots=True)
class DnsNames:
    """The engine's resolver as SPF asks it."""

    resolver: Resolver

    async def txt(self, name: str) -> Sequence[str]:
        """See :class:`app.services.spf.SpfNames`."""
        with _lookup():
            return await self.resolver.txt(name)

    async def addresses(self, host: str, *, ipv6: bool) -> Sequence[str]:
        """See :class:`app.services.spf.SpfNames`."""
        family = Family.IPV6 if ipv6 else Family.IPV4
        with _lookup():
            return [ip for ip in await self.resolver.addresses_of(host) if family_of(ip) is family]

    async def exchangers(self, domain: str) -> Sequence[str]:
        """See :class:`app.services.spf.SpfNames`."""
        with _lookup():
            return await self.resolver.exchangers(domain)


@contextlib.contextmanager
def _lookup() -> Iterator[None]:
    try:
        yield
    except TemporaryDNSFailure as failure:
        raise LookupFailed(str(failure)) from failure


def _bind_fault(ip: str) -> int | None:
    """The error number with which binding to an address fails, None when it works."""
    family = socket.AF_INET6 if family_of(ip) is Family.IPV6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((ip, 0))
    except OSError as error:
        return error.errno or errno.EINVAL
    return None


async def _greeting(ip: str, host: str, port: int) -> str | None:
    """The first line that a mail server says to us, "" when it says none, None when it can't be reached."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, local_addr=(ip, 0), limit=4096)
    except OSError:
        return None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            line = await reader.readline()
            writer.write(b"QUIT\r\n")
            await writer.drain()
    except (OSError, ValueError):
        return ""
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return shown(line.decode("ascii", "replace").strip())[:LONGEST_GREETING]
