"""The names of a rehearsal: what is answered, without sockets."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from app.rehearsal.scenario import MX, NULL_MX, Domain, Fault, MailHost, NameFault, Record, Sender
from app.rehearsal.zone import Zone
from engine.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(0.0)


@pytest.fixture
def zone(clock: ManualClock) -> Zone:
    zone = Zone(clock.now)
    zone.add_domain(
        Domain("shop.test", (MX("mx1.mail.test", 10), MX("mx2.mail.test", 20)), txt=("v=spf1 -all",), ttl=77)
    )
    zone.add_host(MailHost("mx1.mail.test", ("127.0.1.1", "127.0.1.2", "::1")))
    zone.add_sender(Sender("127.0.0.11", "out11.sender.test"))
    return zone


def ask(zone: Zone, name: str, kind: str, *, tcp: bool = False) -> dns.message.Message:
    wire = zone.respond(dns.message.make_query(name, kind).to_wire(), tcp=tcp)
    assert wire is not None
    return dns.message.from_wire(wire)


def texts(answer: dns.message.Message) -> list[str]:
    return sorted(record.to_text() for rrset in answer.answer for record in rrset)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("shop.test", "MX", ["10 mx1.mail.test.", "20 mx2.mail.test."]),
        ("SHOP.test", "MX", ["10 mx1.mail.test.", "20 mx2.mail.test."]),
        ("mx1.mail.test", "A", ["127.0.1.1", "127.0.1.2"]),
        ("mx1.mail.test", "AAAA", ["::1"]),
        ("shop.test", "TXT", ['"v=spf1 -all"']),
        ("11.0.0.127.in-addr.arpa", "PTR", ["out11.sender.test."]),
        ("out11.sender.test", "A", ["127.0.0.11"]),
    ],
)
def test_answers(zone: Zone, name: str, kind: str, expected: list[str]) -> None:
    assert texts(ask(zone, name, kind)) == expected


def test_the_time_to_live_is_the_domain_s(zone: Zone) -> None:
    assert ask(zone, "shop.test", "MX").answer[0].ttl == 77


def test_a_null_mx(zone: Zone) -> None:
    zone.add_domain(Domain("nomail.test", NULL_MX))

    assert texts(ask(zone, "nomail.test", "MX")) == ["0 ."]


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("shop.test", "A", dns.rcode.NOERROR),
        ("mail.test", "MX", dns.rcode.NOERROR),
        ("nobody.test", "MX", dns.rcode.NXDOMAIN),
    ],
)
def test_a_negative_answer_says_how_long_it_holds(zone: Zone, name: str, kind: str, rcode: dns.rcode.Rcode) -> None:
    answer = ask(zone, name, kind)

    assert (answer.rcode(), answer.answer) == (rcode, [])
    assert answer.authority[0].rdtype == dns.rdatatype.SOA
    assert answer.authority[0][0].minimum == zone.negative_ttl


def test_aliases_are_followed(zone: Zone) -> None:
    zone.add_record(Record("alias.test", "CNAME", ("shop.test.",)))

    assert texts(ask(zone, "alias.test", "MX")) == ["10 mx1.mail.test.", "20 mx2.mail.test.", "shop.test."]


def test_an_alias_loop_comes_to_an_end(zone: Zone) -> None:
    zone.add_record(Record("a.test", "CNAME", ("b.test.",)))
    zone.add_record(Record("b.test", "CNAME", ("a.test.",)))

    assert texts(ask(zone, "a.test", "MX")) == ["a.test.", "b.test."]


def test_a_thousand_mx_are_truncated_over_udp_and_whole_over_tcp(zone: Zone) -> None:
    zone.add_domain(Domain("many.test", tuple(MX(f"mx{number}.many.test", number) for number in range(1000))))

    assert ask(zone, "many.test", "MX").flags & dns.flags.TC
    whole = ask(zone, "many.test", "MX", tcp=True)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 1000


def test_names_of_hostile_characters(zone: Zone) -> None:
    zone.set("hostile.test", "MX", [r"10 ev\010il\000\032<b>.test."], 60)

    assert texts(ask(zone, "hostile.test", "MX")) == [r"10 ev\010il\000\032<b>.test."]


def test_addresses_rotate_by_the_clock(zone: Zone, clock: ManualClock) -> None:
    addresses = tuple(f"127.0.2.{number}" for number in range(1, 5))
    zone.add_host(MailHost("in.mail.test", addresses, shown=2, rotation=600.0))

    seen = []
    for _ in range(3):
        seen.append(texts(ask(zone, "in.mail.test", "A")))
        clock.advance(600)

    assert seen == [["127.0.2.1", "127.0.2.2"], ["127.0.2.3", "127.0.2.4"], ["127.0.2.1", "127.0.2.2"]]


def test_records_change_while_it_runs(zone: Zone) -> None:
    zone.set("shop.test", "MX", ["5 other.test."], 60)
    assert texts(ask(zone, "shop.test", "MX")) == ["5 other.test."]

    zone.set("shop.test", "MX", [], 60)
    assert texts(ask(zone, "shop.test", "MX")) == []


def test_a_record_that_is_none_is_refused(zone: Zone) -> None:
    with pytest.raises(ValueError, match=r"shop\.test A"):
        zone.set("shop.test", "A", ["not an address"], 60)


@pytest.mark.parametrize(
    ("fault", "rcode"),
    [
        (Fault.SERVFAIL, dns.rcode.SERVFAIL),
        (Fault.REFUSED, dns.rcode.REFUSED),
        (Fault.NXDOMAIN, dns.rcode.NXDOMAIN),
    ],
)
def test_failures(zone: Zone, fault: Fault, rcode: dns.rcode.Rcode) -> None:
    zone.set_fault(NameFault("shop.test", fault))

    assert ask(zone, "shop.test", "MX").rcode() == rcode

    zone.clear_faults("shop.test")
    assert ask(zone, "shop.test", "MX").rcode() == dns.rcode.NOERROR


def test_a_fault_of_one_type_leaves_the_others(zone: Zone) -> None:
    zone.set_fault(NameFault("mx1.mail.test", Fault.SERVFAIL, ("AAAA",)))

    assert ask(zone, "mx1.mail.test", "AAAA").rcode() == dns.rcode.SERVFAIL
    assert texts(ask(zone, "mx1.mail.test", "A")) == ["127.0.1.1", "127.0.1.2"]


@pytest.mark.parametrize(
    ("fault", "udp", "tcp"),
    [(Fault.TIMEOUT, False, False), (Fault.TRUNCATE, True, True), (Fault.TRUNCATE_DEAD, True, False)],
)
def test_silence(zone: Zone, fault: Fault, udp: bool, tcp: bool) -> None:
    zone.set_fault(NameFault("shop.test", fault))
    query = dns.message.make_query("shop.test", "MX").to_wire()

    assert (zone.respond(query, tcp=False) is not None, zone.respond(query, tcp=True) is not None) == (udp, tcp)


def test_a_truncated_answer_is_whole_over_tcp(zone: Zone) -> None:
    zone.set_fault(NameFault("shop.test", Fault.TRUNCATE))

    assert ask(zone, "shop.test", "MX").flags & dns.flags.TC
    assert len(texts(ask(zone, "shop.test", "MX", tcp=True))) == 2


def test_poisoned_answers_carry_what_nobody_asked_for(zone: Zone) -> None:
    poison = Record("mx2.mail.test", "A", ("127.6.6.6",))
    zone.set_fault(NameFault("shop.test", Fault.POISON, extra=(poison,)))

    answer = ask(zone, "shop.test", "MX")

    assert "127.6.6.6" in answer.additional[0].to_text()
    assert any(rrset.name.to_text() == "mx2.mail.test." for rrset in answer.answer)


@pytest.mark.parametrize("wire", [b"", b"\0" * 11, b"\xff" * 40])
def test_what_is_no_question_gets_no_answer(zone: Zone, wire: bytes) -> None:
    assert zone.respond(wire, tcp=False) is None
