"""SPF records against addresses: the mechanisms, the limits and the errors of RFC 7208."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from app.services.spf import LookupFailed, SpfResult, check_host


@dataclass
class Zone:
    """Names as a test writes them: {"example.com": {"TXT": [...], "A": [...], "AAAA": [...], "MX": [...]}}."""

    names: Mapping[str, Mapping[str, Sequence[str]]]
    broken: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def _records(self, name: str, kind: str) -> Sequence[str]:
        self.asked.append(f"{name} {kind}")
        if name.lower() in self.broken:
            raise LookupFailed(name)
        return self.names.get(name.lower(), {}).get(kind, [])

    async def txt(self, name: str) -> Sequence[str]:
        return self._records(name, "TXT")

    async def addresses(self, host: str, *, ipv6: bool) -> Sequence[str]:
        return self._records(host, "AAAA" if ipv6 else "A")

    async def exchangers(self, domain: str) -> Sequence[str]:
        return self._records(domain, "MX")


BASE: dict[str, dict[str, Sequence[str]]] = {
    "mail.example.com": {"A": ["192.0.2.10"], "AAAA": ["2001:db8::10"]},
    "mx.example.com": {"A": ["192.0.2.20"]},
    "example.com": {"A": ["192.0.2.30"], "MX": ["mx.example.com"]},
    "pass.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
    "fail.example": {"TXT": ["v=spf1 -all"]},
    "loop.example": {"TXT": ["v=spf1 include:loop.example -all"]},
    "two.example": {"TXT": ["v=spf1 -all", "v=spf1 +all"]},
    "10.2.0.192.allowed.example": {"A": ["127.0.0.2"]},
    "other.example": {"TXT": ["some text", "v=spf10 +all", "v=spf1 a:mail.example.com ~all"]},
}


async def result(record: str, ip: str = "192.0.2.10", **zones: Mapping[str, Sequence[str]]) -> SpfResult:
    names = BASE | {"example.com": {**BASE["example.com"], "TXT": [record]}} | zones
    return (await check_host(Zone(names), ip, "example.com")).result


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:192.0.2.10 -all", "pass"),
        ("v=spf1 ip4:192.0.2.0/28 -all", "pass"),
        ("v=spf1 ip4:192.0.2.128/25 -all", "fail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 a:mail.example.com -all", "pass"),
        ("v=spf1 a -all", "fail"),
        ("v=spf1 a/24 -all", "pass"),
        ("v=spf1 mx -all", "fail"),
        ("v=spf1 mx/24 -all", "pass"),
        ("v=spf1 mx//64 -all", "fail"),
        ("v=spf1 include:pass.example -all", "pass"),
        ("v=spf1 include:fail.example ?all", "neutral"),
        ("v=spf1 include:other.example -all", "pass"),
        ("v=spf1 redirect=pass.example", "pass"),
        ("v=spf1 redirect=fail.example", "fail"),
        ("v=spf1 redirect=nothing.example", "permerror"),
        ("v=spf1 -all redirect=pass.example", "fail"),
        ("v=spf1 exists:%{ir}.allowed.example -all", "pass"),
        ("v=spf1 exists:%{i}.allowed.example -all", "fail"),
        ("v=spf1 ptr ~all", "softfail"),
        ("V=SPF1 A:MAIL.example.com -ALL", "pass"),
        ("v=spf1 ?ip4:192.0.2.10 -all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 exp=why.example -all", "fail"),
        ("v=spf1 include:nothing.example -all", "permerror"),
        ("v=spf1 ip4:192.0.2.300 -all", "permerror"),
        ("v=spf1 ip4: -all", "permerror"),
        ("v=spf1 a:mail.example.com/33 -all", "permerror"),
        ("v=spf1 all:x", "permerror"),
        ("v=spf1 ipv4:192.0.2.10", "permerror"),
        ("v=spf1 redirect=pass.example redirect=fail.example", "permerror"),
        ("v=spf1 exists:%{x}.example -all", "permerror"),
        ("v=spf1 include:loop.example -all", "permerror"),
        ("v=spf1 include:two.example -all", "permerror"),
        ("v=spf1 a:n1.example a:n2.example a:n3.example -all", "permerror"),
        ("v=spf1 a:n1.example a:n2.example -all", "fail"),
        ("something else", "none"),
    ],
)
async def test_records(record: str, expected: str) -> None:
    assert await result(record) == expected


async def test_ipv6() -> None:
    assert await result("v=spf1 a:mail.example.com -all", "2001:db8::10") is SpfResult.PASS
    assert await result("v=spf1 ip6:2001:db8::/64 -all", "2001:db8::10") is SpfResult.PASS
    assert await result("v=spf1 a:mail.example.com//32 -all", "2001:db8:1::1") is SpfResult.PASS


async def test_ten_look_ups_are_allowed_and_eleven_are_not() -> None:
    ten = " ".join(["a:mail.example.com"] * 10)
    assert await result(f"v=spf1 {ten} -all", "198.51.100.1") is SpfResult.FAIL
    assert await result(f"v=spf1 {ten} a:mail.example.com -all", "198.51.100.1") is SpfResult.PERMERROR


async def test_trouble_of_the_name_servers_is_temporary() -> None:
    zone = Zone(BASE | {"example.com": {"TXT": ["v=spf1 a:mail.example.com -all"]}}, frozenset({"mail.example.com"}))
    assert (await check_host(zone, "192.0.2.10", "example.com")).result is SpfResult.TEMPERROR


async def test_a_name_that_is_none_is_not_asked_for() -> None:
    zone = Zone(BASE)
    assert (await check_host(zone, "192.0.2.10", "localhost")).result is SpfResult.NONE
    assert zone.asked == []


async def test_the_answer_has_the_record_and_the_reason() -> None:
    answer = await check_host(Zone(BASE), "192.0.2.10", "loop.example")
    assert answer.record == "v=spf1 include:loop.example -all"
    assert "10 DNS look-ups" in answer.reason
