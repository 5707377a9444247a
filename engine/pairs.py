"""The words for who sends to whom: addresses, pairs, exchanger groups. Pure values, used in every room."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

IPText = NewType("IPText", str)
"""An IPv4 or IPv6 address in its canonical text form (RFC 5952), made by :func:`parse_ip` only."""

ExchangerGroup = NewType("ExchangerGroup", str)
"""The normalised set of MX host names that serves a domain, as one sorted, comma-separated key."""


class Family(StrEnum):
    """The address family; a pair joins two addresses of one family."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


def parse_ip(text: str) -> IPText:
    """Return the canonical form of *text*; raise ValueError when it is no IP address.

    An IPv4-mapped IPv6 address becomes the IPv4 address that it stands for, so that one host has one key. A zone
    ("%eth0") is refused: mail does not leave from link-local addresses.
    """
    address = ipaddress.ip_address(text.strip())
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            raise ValueError(f"{text!r} has a zone; give an address that is reachable from outside")
        if address.ipv4_mapped:
            address = address.ipv4_mapped
    return IPText(str(address))


def family_of(ip: str) -> Family:
    """The family of a canonical address."""
    return Family.IPV6 if ":" in ip else Family.IPV4


def ip_sort_key(ip: str) -> bytes:
    """Bytes that sort addresses numerically, IPv4 before IPv6 (17 bytes: family, then the address)."""
    address = ipaddress.ip_address(ip)
    return bytes([address.version]) + address.packed.rjust(16, b"\0")


def exchanger_group(hosts: list[str]) -> ExchangerGroup:
    """The key of a set of MX host names: lower case, without the final dot, sorted, joined by commas."""
    key = ",".join(sorted({host.rstrip(".").lower() for host in hosts}))
    return ExchangerGroup(hosts[0] if hosts[:1] == [key] else key)  # one text for both: there may be very many groups


@dataclass(frozen=True, slots=True)
class IPPair:
    """(sending address, MX address): the unit that is blocked."""

    sending_address: IPText
    mx_address: IPText

    def __str__(self) -> str:
        return f"{self.sending_address} → {self.mx_address}"


@dataclass(frozen=True, slots=True)
class MXAddress:
    """One IP address of one mail exchanger, with the preference of its host (RFC 5321, 5.1: lower first)."""

    address: IPText
    host: str
    preference: int


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail for one domain goes now: its exchanger group and that group's current addresses, in order of preference."""

    domain: str
    group: ExchangerGroup
    addresses: tuple[MXAddress, ...]
