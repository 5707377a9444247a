"""The plain DNS exchange: it says what dnspython says of the same bytes, or steps aside."""

from __future__ import annotations

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.dns_wire import (
    TYPE_A,
    TYPE_AAAA,
    TYPE_MX,
    NotPlain,
    PlainAnswer,
    is_answer_to,
    make_query,
    read_answer,
    text_of,
)

NAME = "a.example"
SOA = "ns.example. admin.example. 1 2 3 4 77"


def response_to(query: bytes, *answers: str, authority: tuple[str, ...] = (), rcode: int = 0) -> dns.message.Message:
    response = dns.message.make_response(dns.message.from_wire(query), recursion_available=True)
    response.set_rcode(dns.rcode.Rcode(rcode))
    for section, lines in ((response.answer, answers), (response.authority, authority)):
        for line in lines:
            owner, ttl, kind, value = line.split(" ", 3)
            section.append(dns.rrset.from_text(owner, int(ttl), "IN", kind, value))
    return response


def plain(kind: int, *answers: str, authority: tuple[str, ...] = (), rcode: int = 0) -> PlainAnswer:
    query = make_query(7, NAME, kind)
    return read_answer(response_to(query, *answers, authority=authority, rcode=rcode).to_wire(), query)


def test_a_query_is_one_that_others_read() -> None:
    message = dns.message.from_wire(make_query(4711, "Mx.Example", TYPE_MX))

    assert message.id == 4711
    assert [(str(each.name), each.rdtype) for each in message.question] == [("Mx.Example.", dns.rdatatype.MX)]
    assert message.flags == dns.flags.RD
    assert (message.edns, message.payload) == (0, 1232)


@pytest.mark.parametrize(
    "name", ["", "a..b", "." * 3, "x" * 64 + ".example", "ä.example", "a\\046b.example", ("a" * 60 + ".") * 5]
)
def test_a_name_that_is_not_plain_is_left_to_others(name: str) -> None:
    with pytest.raises(NotPlain):
        make_query(1, name, TYPE_A)


def test_addresses_and_exchangers_are_read() -> None:
    assert plain(TYPE_A, f"{NAME}. 300 A 192.0.2.1", f"{NAME}. 200 A 192.0.2.2").addresses == ("192.0.2.1", "192.0.2.2")
    assert plain(TYPE_AAAA, f"{NAME}. 300 AAAA 2001:DB8::1") == PlainAnswer(True, 300, ("2001:db8::1",))
    assert plain(TYPE_MX, f"{NAME}. 300 MX 10 MX.B.example.").exchangers == ((10, "mx.b.example"),)
    assert plain(TYPE_MX, f"{NAME}. 300 MX 0 .").exchangers == ((0, ""),)


def test_aliases_are_followed_and_their_time_counts() -> None:
    answers = (f"{NAME}. 60 CNAME b.example.", "b.example. 90 CNAME C.example.", "c.example. 300 A 192.0.2.1")

    assert plain(TYPE_A, *answers) == PlainAnswer(True, 60, ("192.0.2.1",))


def test_an_absence_lasts_as_long_as_the_zone_says() -> None:
    assert plain(TYPE_A, authority=(f"example. 500 SOA {SOA}",)) == PlainAnswer(True, 77)
    assert plain(TYPE_A, authority=(f"example. 50 SOA {SOA}",), rcode=3) == PlainAnswer(False, 50)
    assert plain(TYPE_A, authority=(f"other. 5 SOA {SOA}",)) == PlainAnswer(True, 60)


def test_records_of_other_names_do_not_count() -> None:
    assert plain(TYPE_A, "b.example. 300 A 192.0.2.66", f"{NAME}. 300 A 192.0.2.1").addresses == ("192.0.2.1",)
    assert plain(TYPE_A, "b.example. 300 A 192.0.2.66").addresses == ()


@pytest.mark.parametrize(
    "answers",
    [
        (f"{NAME}. 1 CNAME b.example.", f"b.example. 1 CNAME {NAME}."),
        (f"{NAME}. 1 CNAME {NAME}.",),
        (f"{NAME}. 1 CNAME b.example.", f"{NAME}. 1 CNAME c.example."),
    ],
)
def test_aliases_that_go_round_or_two_ways_are_left_to_others(answers: tuple[str, ...]) -> None:
    with pytest.raises(NotPlain):
        plain(TYPE_A, *answers)


@pytest.mark.parametrize("rcode", [1, 2, 4, 5, 16, 23])
def test_a_failure_is_left_to_others(rcode: int) -> None:
    with pytest.raises(NotPlain):
        plain(TYPE_A, f"{NAME}. 300 A 192.0.2.1", rcode=rcode)


def test_a_truncated_answer_is_left_to_others() -> None:
    query = make_query(7, NAME, TYPE_A)
    response = response_to(query, f"{NAME}. 300 A 192.0.2.1")
    response.flags |= dns.flags.TC

    with pytest.raises(NotPlain):
        read_answer(response.to_wire(), query)


def test_an_answer_to_something_else_is_none() -> None:
    query = make_query(7, NAME, TYPE_A)
    good = response_to(query, f"{NAME}. 300 A 192.0.2.1").to_wire()

    assert is_answer_to(good, query)
    assert not is_answer_to(query, query)
    assert not is_answer_to(good, make_query(8, NAME, TYPE_A))
    assert not is_answer_to(good, make_query(7, NAME, TYPE_AAAA))
    assert not is_answer_to(good, make_query(7, "b.example", TYPE_A))
    assert not is_answer_to(b"", query)


def test_odd_characters_are_escaped() -> None:
    assert text_of(b"\x05a.\r\n\xff\x02-_") == "a\\046\\013\\010\\255.-_"


def others_say(wire: bytes, kind: int) -> PlainAnswer | None:
    """What dnspython reads; None when it refuses."""
    try:
        message = dns.message.from_wire(wire)
        if not isinstance(message, dns.message.QueryMessage) or message.rcode() not in {0, 3}:
            return None
        found = message.resolve_chaining()
    except dns.exception.DNSException:
        return None
    exists = message.rcode() == dns.rcode.NOERROR
    if found.answer is None:
        return PlainAnswer(exists, 0)
    if kind == TYPE_MX:
        hosts = tuple((each.preference, each.exchange.to_text().rstrip(".").lower()) for each in found.answer)
        return PlainAnswer(exists, 0, exchangers=hosts)
    return PlainAnswer(exists, 0, tuple(each.to_text() for each in found.answer))


names = st.sampled_from(
    [NAME, "A.Example", "b.example", "mx.b.example", "example", r"odd\.\000.example", "x-1_y.example"]
)
records = st.one_of(
    st.builds(
        "{}. {} A {}".format, names, st.integers(0, 9999), st.sampled_from(["192.0.2.1", "192.0.2.2", "127.0.0.1"])
    ),
    st.builds("{}. {} AAAA {}".format, names, st.integers(0, 9999), st.sampled_from(["::1", "2001:db8::1"])),
    st.builds("{}. {} MX {} {}.".format, names, st.integers(0, 9999), st.integers(0, 65535), names),
    st.builds("{}. {} CNAME {}.".format, names, st.integers(0, 9999), names),
    st.builds("{}. {} TXT {}".format, names, st.integers(0, 9999), st.just('"text"')),
)


@given(
    kind=st.sampled_from([TYPE_A, TYPE_AAAA, TYPE_MX]),
    answers=st.lists(records, max_size=6),
    rcode=st.sampled_from([0, 3]),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3),
    cut=st.integers(0, 60),
)
@settings(max_examples=400)
@example(kind=TYPE_A, answers=[f"{NAME}. 5 A 192.0.2.1"], rcode=0, changes=[], cut=0)
def test_it_never_says_anything_else_than_others(
    kind: int, answers: list[str], rcode: int, changes: list[tuple[int, int]], cut: int
) -> None:
    query = make_query(7, NAME, kind)
    try:
        wire = bytearray(response_to(query, *answers, rcode=rcode).to_wire())
    except dns.exception.DNSException:
        return
    for place, value in changes:
        wire[place % len(wire)] = value
    damaged = bytes(wire[: len(wire) - cut]) if cut % 3 == 0 else bytes(wire)
    try:
        found = read_answer(damaged, query)
    except NotPlain:
        return
    expected = others_say(damaged, kind)
    if expected is None or expected.exists is not found.exists:
        assert changes, "an undamaged answer was read that others refuse"
        return
    assert set(found.addresses) == set(expected.addresses)
    assert {preference for preference, _ in found.exchangers} == {preference for preference, _ in expected.exchangers}
    assert {host for _, host in found.exchangers if "\\" not in host} == {
        host for _, host in expected.exchangers if "\\" not in host
    }


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_left_to_others(noise: bytes) -> None:
    query = make_query(7, NAME, TYPE_MX)
    head = query[:2] + b"\x81\x80\0\1\0\2\0\1\0\1" + query[12 : len(query) - 11]
    try:
        answer = read_answer(head + noise, query)
    except NotPlain:
        return
    assert isinstance(answer, PlainAnswer)
