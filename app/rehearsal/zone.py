"""The names of a rehearsal and what is answered about them. Pure but for the clock that rotations follow; no sockets.

One zone holds everything: there is no delegation, and its start of authority is the root's, for negative caching.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.reversename
import dns.rrset

from app.rehearsal.scenario import Domain, Fault, MailHost, NameFault, Record, Sender

NEGATIVE_TTL: Final = 60
"""Seconds for which "no such name" may be kept, unless the zone is told otherwise."""

_LONGEST_CHAIN: Final = 12
_SOA_TEXT: Final = "ns.rehearsal. hostmaster.rehearsal. 1 3600 600 86400 {}"
_UDP_LEAST: Final = 512


@dataclass(frozen=True, slots=True)
class _Entry:
    """One record set. With ``shown``, so many values at a time, going on every ``period`` seconds."""

    values: tuple[str, ...]
    ttl: int
    shown: int | None = None
    period: float = 0.0

    def current(self, now: float) -> tuple[str, ...]:
        if self.shown is None or self.shown >= len(self.values):
            return self.values
        first = int(now // self.period) * self.shown
        return tuple(self.values[(first + offset) % len(self.values)] for offset in range(self.shown))


_Key = tuple[dns.name.Name, dns.rdatatype.RdataType]


class Zone:
    """Record sets and faults by name; both may change at any time."""

    def __init__(self, now: Callable[[], float], negative_ttl: int = NEGATIVE_TTL) -> None:
        self.negative_ttl = negative_ttl
        self._now: Final = now
        self._entries: dict[_Key, _Entry] = {}
        self._faults: dict[dns.name.Name, list[NameFault]] = {}
        self._existing: set[dns.name.Name] | None = None

    # Filling it

    def add_domain(self, domain: Domain) -> None:
        """Set MX, addresses and TXT of a recipient domain."""
        self.set(domain.name, "MX", [f"{mx.preference} {_absolute(mx.host)}" for mx in domain.mx], domain.ttl)
        self.set_addresses(domain.name, domain.addresses, domain.ttl)
        self.set(domain.name, "TXT", [_quoted(text) for text in domain.txt], domain.ttl)

    def add_host(self, host: MailHost, ttl: int = 300) -> None:
        """Set the addresses of an MX host, rotating ones too."""
        self.set_addresses(host.name, host.addresses, ttl, shown=host.shown, period=host.rotation)

    def add_sender(self, sender: Sender) -> None:
        """Set the reverse name of a sending address, and the address of that name."""
        reverse = dns.reversename.from_address(sender.address).to_text()
        self.set(reverse, "PTR", [_absolute(sender.name)], 300)
        if sender.forward:
            self.set_addresses(sender.name, (sender.address,), 300)

    def add_record(self, record: Record) -> None:
        """Set any record set."""
        self.set(record.name, record.type, record.values, record.ttl)

    def set_addresses(
        self, name: str, addresses: Sequence[str], ttl: int, *, shown: int | None = None, period: float = 3600.0
    ) -> None:
        """Set A and AAAA of a name."""
        for record_type, version in (("A", 4), ("AAAA", 6)):
            family = [address for address in addresses if ipaddress.ip_address(address).version == version]
            self.set(name, record_type, family, ttl, shown=shown, period=period)

    def set(
        self,
        name: str,
        record_type: str,
        values: Sequence[str],
        ttl: int,
        *,
        shown: int | None = None,
        period: float = 3600.0,
    ) -> None:
        """Set the record set of a name and type; no values: remove it. Raise ValueError for values that are no records."""
        owner = dns.name.from_text(name)
        kind = dns.rdatatype.from_text(record_type)
        self._existing = None
        if not values:
            self._entries.pop((owner, kind), None)
            return
        try:
            dns.rrset.from_text_list(owner, ttl, dns.rdataclass.IN, kind, values)
        except dns.exception.DNSException as error:
            raise ValueError(f"{name} {record_type}: {error}") from error
        self._entries[owner, kind] = _Entry(tuple(values), ttl, shown, period)

    def set_fault(self, fault: NameFault) -> None:
        """Put a fault in force, beside others of the name."""
        self._faults.setdefault(dns.name.from_text(fault.name), []).append(fault)

    def clear_faults(self, name: str) -> None:
        """End all faults of a name."""
        self._faults.pop(dns.name.from_text(name), None)

    # Answering

    def fault(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> NameFault | None:
        """The fault that a question meets."""
        for fault in self._faults.get(name, ()):
            if not fault.types or dns.rdatatype.to_text(kind) in fault.types:
                return fault
        return None

    def respond(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to a query in wire form; None when it stays unanswered."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if len(query.question) != 1:
            return None
        question = query.question[0]
        response = dns.message.make_response(query, recursion_available=True)
        response.flags |= dns.flags.AA
        fault = self.fault(question.name, question.rdtype)
        match fault.fault if fault else None:
            case Fault.TIMEOUT:
                return None
            case Fault.TRUNCATE_DEAD if tcp:
                return None
            case Fault.TRUNCATE | Fault.TRUNCATE_DEAD if not tcp:
                response.flags |= dns.flags.TC
                return response.to_wire()
            case Fault.GARBAGE:
                return wire[:2] + b"\xff" * 40
            case Fault.SERVFAIL | Fault.REFUSED | Fault.NXDOMAIN as failure:
                response.set_rcode(dns.rcode.from_text(failure.value))
                return response.to_wire()
            case Fault.WRONG_ID:
                response.id ^= 1
        self._fill(response, question.name, question.rdtype)
        if fault:
            for extra in fault.extra:
                response.answer.append(_rrset(extra))
                response.additional.append(_rrset(extra))
        room = 65_535 if tcp else max(_UDP_LEAST, query.payload)
        return response.to_wire(max_size=room, prefer_truncation=True)

    def _fill(self, response: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> None:
        """Answer, going along CNAMEs as a resolver does."""
        for _ in range(_LONGEST_CHAIN):
            if found := self._lookup(name, kind):
                response.answer.append(found)
                return
            alias = self._lookup(name, dns.rdatatype.CNAME)
            if alias is None:
                break
            if alias not in response.answer:
                response.answer.append(alias)
            name = alias[0].target
        if not response.answer and not self._exists(name):
            response.set_rcode(dns.rcode.NXDOMAIN)
        text = _SOA_TEXT.format(self.negative_ttl)
        response.authority.append(
            dns.rrset.from_text(dns.name.root, self.negative_ttl, dns.rdataclass.IN, dns.rdatatype.SOA, text)
        )

    def _lookup(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
        entry = self._entries.get((name, kind))
        if entry is None:
            return None
        return dns.rrset.from_text_list(name, entry.ttl, dns.rdataclass.IN, kind, entry.current(self._now()))

    def _exists(self, name: dns.name.Name) -> bool:
        """The name has records, or names below it have (RFC 8020)."""
        if self._existing is None:
            self._existing = {ancestor for owner, _ in self._entries for ancestor in _with_ancestors(owner)}
        return name in self._existing


def _with_ancestors(name: dns.name.Name) -> Iterator[dns.name.Name]:
    while name != dns.name.root:
        yield name
        name = name.parent()


def _rrset(record: Record) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(_absolute(record.name), record.ttl, "IN", record.type, record.values)


def _absolute(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _quoted(text: str) -> str:
    """A TXT value in zone file form: strings of at most 255 bytes (RFC 1035, 3.3.14)."""
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)
