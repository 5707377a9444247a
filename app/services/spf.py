"""Asks whether the SPF record of a domain covers a sending address (RFC 7208), over the engine's own resolver."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

LOOKUP_LIMIT = 10
"""Mechanisms and modifiers that ask the DNS, in one evaluation (RFC 7208, 4.6.4)."""
VOID_LIMIT = 2
"""Of these, the ones that may come back empty (RFC 7208, 4.6.4)."""
HOSTS_LIMIT = 10
"""Exchangers that one "mx" may look at (RFC 7208, 4.6.4)."""

_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(.*)", re.DOTALL)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_PREFIX = re.compile(r"(.*?)(?:/(\d{1,3}))?(?://(\d{1,3}))?", re.DOTALL)
_MACRO = re.compile(r"%(?:\{([a-zA-Z])(\d*)(r?)([.\-+,/_=]*)\}|([%_-])|.?)")
_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class SpfResult(StrEnum):
    """What an evaluation comes to (RFC 7208, 2.6)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - the word of the RFC
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class SpfAnswer:
    """The result and, for an error, its reason in words; ``record`` is the domain's own record, "" without one."""

    result: SpfResult
    reason: str = ""
    record: str = ""


class LookupFailed(Exception):  # noqa: N818 - the name tells what happened
    """The DNS gave no answer, neither names nor their absence (SERVFAIL, timeout)."""


class SpfNames(Protocol):
    """The look-ups that an evaluation needs. An empty answer means that there is nothing; raise LookupFailed for trouble."""

    async def txt(self, name: str) -> Sequence[str]:
        """The TXT records of a name, the strings of each joined."""
        ...

    async def addresses(self, host: str, *, ipv6: bool) -> Sequence[str]:
        """The A records of a host, or its AAAA records."""
        ...

    async def exchangers(self, domain: str) -> Sequence[str]:
        """The MX host names of a domain, without the implicit one."""
        ...


async def check_host(names: SpfNames, ip: str, domain: str, *, local_part: str = "postmaster") -> SpfAnswer:
    """Evaluate the SPF record of *domain* for mail from *ip* (RFC 7208, 4: check_host()).

    The mechanism "ptr" never matches: it is slow, unreliable and should not be published (RFC 7208, 5.5).
    """
    evaluation = _Evaluation(names, ipaddress.ip_address(ip), domain, local_part)
    try:
        result = await evaluation.run(domain)
    except _Permanent as error:
        return SpfAnswer(SpfResult.PERMERROR, str(error), evaluation.first_record)
    except LookupFailed as error:
        return SpfAnswer(SpfResult.TEMPERROR, str(error), evaluation.first_record)
    return SpfAnswer(result, "", evaluation.first_record)


class _Permanent(Exception):  # noqa: N818 - the RFC's word
    """The record can't be interpreted."""


_BY_QUALIFIER = {
    "+": SpfResult.PASS,
    "-": SpfResult.FAIL,
    "~": SpfResult.SOFTFAIL,
    "?": SpfResult.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class _Mechanism:
    qualifier: str
    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class _Record:
    mechanisms: tuple[_Mechanism, ...]
    redirect: str | None


@dataclass(slots=True)
class _Evaluation:
    """One evaluation with its counts; the counts span included and redirected records."""

    names: SpfNames
    ip: _IPAddress
    sender_domain: str
    local_part: str
    first_record: str = ""
    lookups: int = 0
    voids: int = 0

    async def run(self, domain: str) -> SpfResult:
        text = await self._record_of(domain)
        if text is None:
            return SpfResult.NONE
        self.first_record = self.first_record or text
        record = _parse(text)
        for mechanism in record.mechanisms:
            if await self._matches(mechanism, domain):
                return _BY_QUALIFIER[mechanism.qualifier or "+"]
        if record.redirect is None or any(each.name == "all" for each in record.mechanisms):
            return SpfResult.NEUTRAL
        self._count_lookup()
        target = self._expand(record.redirect, domain)
        result = await self.run(target)
        if result is SpfResult.NONE:
            raise _Permanent(f"redirect={target} leads to a domain without an SPF record")
        return result

    async def _record_of(self, domain: str) -> str | None:
        if not _is_name(domain):
            return None
        found = [text for text in await self.names.txt(domain) if text.lower().split(" ")[0] == "v=spf1"]
        if len(found) > 1:
            raise _Permanent(f"{domain} has {len(found)} SPF records")
        return found[0] if found else None

    async def _matches(self, mechanism: _Mechanism, domain: str) -> bool:
        name, argument = mechanism.name, mechanism.argument
        if name == "all":
            return True
        if name in ("ip4", "ip6"):
            return self.ip in _network(name, argument) if self.ip.version == int(name[2]) else False
        self._count_lookup()
        if name == "include":
            return await self._include(self._expand(argument[1:], domain))
        if name == "exists":
            return bool(await self._found(self.names.addresses(self._expand(argument[1:], domain), ipv6=False)))
        if name == "ptr":
            return False
        return await self._by_host(name, argument, domain)

    async def _include(self, target: str) -> bool:
        result = await self.run(target)
        if result is SpfResult.NONE:
            raise _Permanent(f"include:{target} leads to a domain without an SPF record")
        return result is SpfResult.PASS

    async def _by_host(self, name: str, argument: str, domain: str) -> bool:
        """The mechanisms "a" and "mx": the address stands at the host, within the prefix length that is given."""
        spec, width4, width6 = _host_argument(name, argument)
        target = self._expand(spec, domain) if spec else domain
        hosts: Sequence[str] = [target]
        if name == "mx":
            hosts = await self._found(self.names.exchangers(target))
            if len(hosts) > HOSTS_LIMIT:
                raise _Permanent(f"mx:{target} has more than {HOSTS_LIMIT} exchangers")
        width = width6 if self.ip.version == 6 else width4
        for host in hosts:
            lookup = self.names.addresses(host, ipv6=self.ip.version == 6)
            for address in await (self._found(lookup) if name == "a" else lookup):
                if self.ip in ipaddress.ip_network(f"{address}/{width}", strict=False):
                    return True
        return False

    async def _found(self, lookup: Awaitable[Sequence[str]]) -> Sequence[str]:
        answer = await lookup
        if not answer:
            self.voids += 1
            if self.voids > VOID_LIMIT:
                raise _Permanent(f"more than {VOID_LIMIT} names in the record do not exist")
        return answer

    def _count_lookup(self) -> None:
        self.lookups += 1
        if self.lookups > LOOKUP_LIMIT:
            raise _Permanent(f"the record needs more than {LOOKUP_LIMIT} DNS look-ups")

    def _expand(self, text: str, domain: str) -> str:
        """Put the values of macros into a domain specification (RFC 7208, 7)."""
        expanded = _MACRO.sub(lambda found: self._macro(found, domain), text).rstrip(".")
        while len(expanded) > 253:
            expanded = expanded.partition(".")[2]
        return expanded

    def _macro(self, found: re.Match[str], domain: str) -> str:
        letter, digits, reverse, delimiters, escape = found.groups()
        if escape:
            return {"%": "%", "_": " ", "-": "%20"}[escape]
        values = {
            "s": f"{self.local_part}@{self.sender_domain}",
            "l": self.local_part,
            "o": self.sender_domain,
            "d": domain,
            "h": self.sender_domain,
            "i": _dotted(self.ip),
            "p": "unknown",
            "v": "in-addr" if self.ip.version == 4 else "ip6",
        }
        if not letter or letter.lower() not in values or digits == "0":
            raise _Permanent(f"the macro {found[0]!r} is not known")
        parts = re.split(f"[{re.escape(delimiters or '.')}]", values[letter.lower()])
        if reverse:
            parts.reverse()
        return ".".join(parts[-int(digits) :] if digits else parts)


def _parse(text: str) -> _Record:
    mechanisms: list[_Mechanism] = []
    modifiers: dict[str, str] = {}
    for term in text.split(" ")[1:]:
        if not term:
            continue
        modifier = _MODIFIER.fullmatch(term)
        if modifier:
            name = modifier[1].lower()
            if name in modifiers and name in ("redirect", "exp"):
                raise _Permanent(f"{name}= stands twice")
            modifiers[name] = modifier[2]
            continue
        mechanisms.append(_mechanism(term))
    return _Record(tuple(mechanisms), modifiers.get("redirect"))


def _mechanism(term: str) -> _Mechanism:
    found = _TERM.fullmatch(term)
    qualifier, name, argument = (found[1], found[2].lower(), found[3]) if found else ("", "", "")
    known = name in ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")
    needs_argument = name in ("include", "ip4", "ip6", "exists")
    if not known or (name == "all" and argument) or (needs_argument and len(argument) < 2):
        raise _Permanent(f"{term[:80]!r} is not understood")
    if argument and argument[0] not in ":/":
        raise _Permanent(f"{term[:80]!r} is not understood")
    if name in ("ip4", "ip6"):
        _network(name, argument)
    elif name in ("a", "mx"):
        _host_argument(name, argument)
    return _Mechanism(qualifier, name, argument)


def _network(name: str, argument: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    kind = ipaddress.IPv4Network if name == "ip4" else ipaddress.IPv6Network
    try:
        return kind(argument[1:], strict=False)
    except ValueError:
        raise _Permanent(f"{name}{argument[:80]} is no network") from None


def _host_argument(name: str, argument: str) -> tuple[str, int, int]:
    """(domain specification or "", IPv4 prefix length, IPv6 prefix length) of "a" and "mx"."""
    found = _PREFIX.fullmatch(argument)
    width4, width6 = (int(found[2] or 32), int(found[3] or 128)) if found else (33, 129)
    if found is None or width4 > 32 or width6 > 128 or argument == ":":
        raise _Permanent(f"{name}{argument[:80]} is not understood")
    return found[1][1:], width4, width6


def _dotted(ip: _IPAddress) -> str:
    """The address as the macro "i" writes it: IPv6 in single hexadecimal digits (RFC 7208, 7.3)."""
    return str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", ""))


def _is_name(domain: str) -> bool:
    """Looks enough like a domain to be asked for (RFC 7208, 4.3)."""
    labels = domain.rstrip(".").split(".")
    return len(labels) > 1 and all(0 < len(label) <= 63 for label in labels)
