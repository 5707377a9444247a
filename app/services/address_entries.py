"""Reads sending addresses as a person types or pastes them: single ones, lists, ranges, small networks. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.pairs import IPText, parse_ip

LARGEST_RANGE = 256
"""Addresses that one range or network may stand for."""

_TOKEN = re.compile(r"[^\s,;#]+(?:\s*-\s*[^\s,;#-]+)?")
_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """One address that was typed, or that a typed range or network contains. ``line`` and ``column`` count from 1."""

    ip: IPText
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class EntryError:
    """A piece of text that is no address. ``line`` and ``column`` (from 1) say where it starts."""

    text: str
    line: int
    column: int
    sentence: str


def parse_address_entries(text: str) -> list[AddressEntry | EntryError]:
    """Read *text*: entries between spaces, commas, semicolons or new lines; "#" starts a comment.

    An entry is an address, a range (``192.0.2.10-20``, ``192.0.2.10-192.0.2.20``, ``2001:db8::a-f``) or a network of up to
    256 addresses (``192.0.2.0/28``; its network and broadcast addresses are left out). An address that comes twice is
    returned once. Errors stand among the entries in the order of the text.
    """
    found: list[AddressEntry | EntryError] = []
    seen: set[str] = set()
    for line_number, line in enumerate(text.splitlines(), start=1):
        for token in _TOKEN.finditer(line.split("#", 1)[0]):
            column = token.start() + 1
            try:
                addresses = list(_expand(token[0]))
            except ValueError as error:
                found.append(EntryError(token[0], line_number, column, str(error)))
                continue
            fresh = [ip for ip in addresses if ip not in seen]
            seen.update(fresh)
            found.extend(AddressEntry(ip, line_number, column) for ip in fresh)
    return found


def sendable(text: str) -> IPText:
    """The canonical form of an address that mail could leave from; raise ValueError with one sentence otherwise."""
    try:
        ip = parse_ip(text)
    except ValueError as error:
        if "%" in text:
            raise ValueError(str(error)) from None
        raise ValueError(f"{text.strip()!r} is not an IPv4 or IPv6 address.") from None
    address = ipaddress.ip_address(ip)
    if address.is_unspecified or address.is_multicast or (address.version == 4 and address.is_reserved):
        raise ValueError(f"{ip} can't be the address of a sender.")
    return ip


def _expand(token: str) -> Iterator[IPText]:
    if "/" in token:
        return _network(token)
    if "-" in token:
        return _range(token)
    return iter([sendable(token)])


def _network(token: str) -> Iterator[IPText]:
    try:
        network = ipaddress.ip_network(token, strict=False)
    except ValueError:
        raise ValueError(f"{token!r} is not a network; write for example 192.0.2.0/28.") from None
    if network.num_addresses > LARGEST_RANGE:
        raise ValueError(f"{token} has more than {LARGEST_RANGE} addresses; give a smaller network.")
    if str(network.network_address) != token.split("/", 1)[0] and parse_ip(token.split("/", 1)[0]) != str(
        network.network_address
    ):
        raise ValueError(f"{token} has bits set behind the prefix; write {network}.")
    return (sendable(str(address)) for address in network.hosts())


def _range(token: str) -> Iterator[IPText]:
    first_text, last_text = (part.strip() for part in token.split("-", 1))
    first = ipaddress.ip_address(sendable(first_text))
    last = _range_end(first, last_text)
    if last.version != first.version:
        raise ValueError(f"{token!r} mixes IPv4 and IPv6.")
    if int(last) < int(first):
        raise ValueError(f"{token!r} ends before it starts.")
    if int(last) - int(first) >= LARGEST_RANGE:
        raise ValueError(f"{token!r} has more than {LARGEST_RANGE} addresses; give a smaller range.")
    kind = type(first)
    return (sendable(str(kind(number))) for number in range(int(first), int(last) + 1))


def _range_end(first: _IPAddress, text: str) -> _IPAddress:
    """The end of a range: a whole address, or what replaces the last part of *first*."""
    if "." in text or ":" in text:
        return ipaddress.ip_address(sendable(text))
    digits, base, width = ("0123456789", 10, 256) if first.version == 4 else ("0123456789abcdef", 16, 65536)
    if not text or len(text) > 4 or any(digit not in digits for digit in text.lower()) or int(text, base) >= width:
        raise ValueError(f"{text!r} can't end a range that starts at {first}.")
    return type(first)(int(first) // width * width + int(text, base))
