"""What an administrator may type where sending addresses are wanted."""

from __future__ import annotations

import pytest

from app.services.address_entries import AddressEntry, EntryError, parse_address_entries, sendable


def ips(text: str) -> list[str]:
    return [entry.ip for entry in parse_address_entries(text) if isinstance(entry, AddressEntry)]


def errors(text: str) -> list[EntryError]:
    return [entry for entry in parse_address_entries(text) if isinstance(entry, EntryError)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.10", ["192.0.2.10"]),
        ("192.0.2.10, 192.0.2.11;192.0.2.12\n\t192.0.2.13", [f"192.0.2.1{n}" for n in range(4)]),
        ("192.0.2.10-12", ["192.0.2.10", "192.0.2.11", "192.0.2.12"]),
        ("192.0.2.254 - 192.0.3.1", ["192.0.2.254", "192.0.2.255", "192.0.3.0", "192.0.3.1"]),
        ("192.0.2.8/30", ["192.0.2.9", "192.0.2.10"]),
        ("192.0.2.8/31", ["192.0.2.8", "192.0.2.9"]),
        ("192.0.2.8/32", ["192.0.2.8"]),
        ("2001:db8::a-c", ["2001:db8::a", "2001:db8::b", "2001:db8::c"]),
        ("2001:DB8:0::1", ["2001:db8::1"]),
        ("::ffff:192.0.2.7", ["192.0.2.7"]),
        ("192.0.2.10 192.0.2.9-11", ["192.0.2.10", "192.0.2.9", "192.0.2.11"]),
        ("192.0.2.1 # the old one: 192.0.2.2", ["192.0.2.1"]),
        ("", []),
    ],
)
def test_reads_what_people_type(text: str, expected: list[str]) -> None:
    assert ips(text) == expected
    assert errors(text) == []


def test_a_whole_network_of_256_addresses_is_allowed_and_a_larger_one_is_not() -> None:
    assert len(ips("198.51.100.0/24")) == 254
    assert len(ips("198.51.100.0-255")) == 256
    assert "256" in errors("198.51.100.0/23")[0].sentence
    assert "256" in errors("198.51.100.0-198.51.101.0")[0].sentence
    assert "256" in errors("2001:db8::/64")[0].sentence


@pytest.mark.parametrize(
    ("text", "part_of_sentence"),
    [
        ("mail.example.com", "not an IPv4 or IPv6 address"),
        ("192.0.2.256", "not an IPv4 or IPv6 address"),
        ("192.0.2.1/24", "write 192.0.2.0/24"),
        ("192.0.2.0/33", "not a network"),
        ("192.0.2.20-10", "ends before it starts"),
        ("192.0.2.20-300", "can't end a range"),
        ("192.0.2.20-", "can't end a range"),
        ("192.0.2.1-2001:db8::1", "mixes"),
        ("fe80::1%eth0", "zone"),
        ("0.0.0.0", "can't be the address of a sender"),
        ("224.0.0.1", "can't be the address of a sender"),
    ],
)
def test_says_what_is_wrong(text: str, part_of_sentence: str) -> None:
    (error,) = errors(text)
    assert part_of_sentence in error.sentence
    assert ips(text) == []


def test_an_error_names_its_line_and_column_and_spoils_nothing_else() -> None:
    found = parse_address_entries("192.0.2.1\n  192.0.2.2, nonsense, 192.0.2.3")
    assert [entry.ip for entry in found if isinstance(entry, AddressEntry)] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    (error,) = [entry for entry in found if isinstance(entry, EntryError)]
    assert (error.line, error.column, error.text) == (2, 14, "nonsense")


def test_sendable_gives_the_canonical_form() -> None:
    assert sendable(" 2001:0DB8::0001 ") == "2001:db8::1"
