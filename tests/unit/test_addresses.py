"""Mail addresses, HELO names and header values: what is let in, and how refusals are worded."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.addresses import (
    ADDRESS_LIMIT,
    LOCAL_LIMIT,
    AddressError,
    HeaderValueError,
    check_header_value,
    check_helo_name,
    parse_mailbox,
    to_ascii_domain,
)

INJECTIONS = [
    "\r\nRCPT TO:<x@y.example>",
    "\r",
    "\n",
    "\0",
    "\x0b",
    "\x1b",
    "\x7f",
    "\x85",
    "\u2028",
    "\u2029",
    "\ud800",
]


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("joe@example.com", "joe@example.com", "joe@example.com"),
        ("  Joe.Doe+tag@Example.COM\t", "Joe.Doe+tag@example.com", "joe.doe+tag@example.com"),
        ("!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"),
        ('"john doe"@example.com', '"john doe"@example.com', '"john doe"@example.com'),
        ('"john"@example.com', "john@example.com", "john@example.com"),
        (r'"j\ohn"@example.com', "john@example.com", "john@example.com"),
        (r'"a\"b\\c"@example.com', r'"a\"b\\c"@example.com', r'"a\"b\\c"@example.com'),
        ('"a@b"@example.com', '"a@b"@example.com', '"a@b"@example.com'),
        ('"a..b"@example.com', '"a..b"@example.com', '"a..b"@example.com'),
        ('"<>,;:"@example.com', '"<>,;:"@example.com', '"<>,;:"@example.com'),
        ("joe@münchen.example", "joe@xn--mnchen-3ya.example", "joe@xn--mnchen-3ya.example"),
        ("JÖRG@EXAMPLE。COM", "JÖRG@example.com", "jörg@example.com"),
        ("user%other.example@example.com", "user%other.example@example.com", "user%other.example@example.com"),
        ("a!b!c@example.com", "a!b!c@example.com", "a!b!c@example.com"),
        ("a@b.c-1.x1", "a@b.c-1.x1", "a@b.c-1.x1"),
    ],
)
def test_addresses_that_mail_can_go_to(text: str, address: str, key: str) -> None:
    mailbox = parse_mailbox(text)

    assert (mailbox.address, mailbox.key) == (address, key)
    assert mailbox.needs_smtputf8 is not address.isascii()
    assert parse_mailbox(mailbox.address) == mailbox or not text.isascii()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the address is empty"),
        ("   ", "the address is empty"),
        ("joe", "the address has no @"),
        ("@example.com", "the part before the @ is missing"),
        ("joe@", "the domain after the @ is missing"),
        ("@a.example,@b.example:joe@example.com", "source routes are not allowed"),
        ("@a.example:joe@example.com", "source routes are not allowed"),
        ("Joe <joe@example.com>", "only the address itself may be given, without a name or angle brackets"),
        ("joe doe@example.com", "the part before the @ contains a space, which is allowed in quotes only"),
        ("joe(x)@example.com", "the part before the @ contains the character (, which is allowed in quotes only"),
        ("a@b@example.com", "the part before the @ contains the character @, which is allowed in quotes only"),
        ("a@x.example,b@y.example", "the part before the @ contains the character @, which is allowed in quotes only"),
        (".joe@example.com", "the part before the @ has a dot at its start or end, or two in a row"),
        ("joe.@example.com", "the part before the @ has a dot at its start or end, or two in a row"),
        ("j..oe@example.com", "the part before the @ has a dot at its start or end, or two in a row"),
        ('"joe@example.com', "the quoted part before the @ is not closed"),
        ('""@example.com', "the part before the @ is empty"),
        ('" "@example.com', "the part before the @ is empty"),
        (
            "joe@[192.0.2.1]",
            "an IP address in place of the domain is not allowed, because limits and blocks go by domain",
        ),
        ("joe@192.0.2.1", "the domain ends with a number; an IP address is not allowed here"),
        ("joe@localhost", "the domain has no dot"),
        ("joe@example.com.", "the domain ends with a dot"),
        ("joe@a..com", "the domain has two dots in a row or one at its start"),
        ("joe@.com", "the domain has two dots in a row or one at its start"),
        ("joe@-a.com", "a part of the domain begins or ends with a hyphen"),
        ("joe@a_b.com", "the domain contains a character other than letters, digits, hyphens and dots"),
        ("joe@a b.com", "the domain contains a character other than letters, digits, hyphens and dots"),
        ("joe@" + "a" * 64 + ".com", "a part of the domain is longer than 63 characters"),
        ("joe@xn--ü.com", "the domain is not a valid international domain name"),
        ("a" * 65 + "@example.com", "the part before the @ is longer than 64 octets"),
        ("ü" * 33 + "@example.com", "the part before the @ is longer than 64 octets"),
        ("a@" + "abc." * 63 + "example", "the domain is longer than 253 characters"),
        ("abc@" + "abc." * 61 + "example", "the address is longer than 254 octets"),
        ("a" * 10_000_000, "the address is longer than 254 octets"),
        ("jo\u200be@example.com", "the address contains the character U+200B, which is not allowed"),
        ("jo\u202ee@example.com", "the address contains the character U+202E, which is not allowed"),
        ("jo\u00a0e@example.com", "the address contains the character U+00A0, which is not allowed"),
    ],
)
def test_refusals_say_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_mailbox(text)

    assert str(caught.value) == sentence


@pytest.mark.parametrize("injection", INJECTIONS)
@pytest.mark.parametrize(
    "form", ["joe{}@example.com", '"joe{}"@example.com', "joe@exam{}ple.com", "{}joe@example.com", "joe@example.com{}"]
)
def test_nothing_that_ends_a_line_gets_in(form: str, injection: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_mailbox(form.format(injection))

    assert str(caught.value).isprintable()


def test_the_longest_address_is_let_in() -> None:
    local = "a" * LOCAL_LIMIT
    domain = "b" * 63 + "." + "c" * 63 + "." + "d" * (ADDRESS_LIMIT - LOCAL_LIMIT - 131) + ".e"

    assert len(parse_mailbox(f"{local}@{domain}").address) == ADDRESS_LIMIT


@given(st.text(max_size=80))
def test_whatever_is_let_in_is_safe_in_a_command_and_keeps_its_form(text: str) -> None:
    try:
        mailbox = parse_mailbox(text)
    except AddressError:
        return
    assert mailbox.address.isprintable()
    assert not {"<", ">"} & set(mailbox.address) or mailbox.local.startswith('"')
    assert len(mailbox.address.encode()) <= ADDRESS_LIMIT
    assert mailbox.ascii_domain.isascii()
    again = parse_mailbox(mailbox.address)
    assert (again.address, again.key) == (mailbox.address, mailbox.key)


@given(st.text(alphabet=string.printable + "äé€", min_size=1, max_size=20))
def test_a_quoted_local_part_is_either_refused_or_understood(content: str) -> None:
    quoted = '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"@example.com'
    try:
        local = parse_mailbox(quoted).local
    except AddressError:
        assert not content.isprintable() or not content.strip() or len(quoted) > LOCAL_LIMIT
        return
    inside = local[1:-1].replace('\\"', '"').replace("\\\\", "\\") if local.startswith('"') else local
    assert inside == content


def test_domains_are_brought_into_one_form() -> None:
    assert to_ascii_domain(" Bücher.Example ") == "xn--bcher-kva.example"
    with pytest.raises(AddressError, match="no dot"):
        to_ascii_domain("localhost")


@pytest.mark.parametrize("injection", INJECTIONS)
def test_a_header_value_must_not_end_its_line(injection: str) -> None:
    with pytest.raises(HeaderValueError) as caught:
        check_header_value(f"Hello{injection}Bcc: x@y.example", "the subject")

    assert str(caught.value).startswith("the subject must not contain ")
    assert str(caught.value).isprintable()


def test_an_ordinary_header_value_is_let_in() -> None:
    assert check_header_value(" Grüße – 你好\tthere ", "the subject") == "Grüße – 你好\tthere"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Mail.Example.COM ", "mail.example.com"),
        ("mail.münchen.example", "mail.xn--mnchen-3ya.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[ipv6:2001:DB8::1]", "[IPv6:2001:db8::1]"),
    ],
)
def test_helo_names_that_servers_accept(text: str, name: str) -> None:
    assert check_helo_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "mail", "a b.example", "192.0.2.1", "[300.1.1.1]", "[2001:db8::1]", "[192.0.2.1", "mail_1.example"]
)
def test_helo_names_that_are_none(text: str) -> None:
    with pytest.raises(AddressError, match="HELO name"):
        check_helo_name(text)


@pytest.mark.parametrize("injection", INJECTIONS)
def test_a_helo_name_must_not_end_its_line(injection: str) -> None:
    with pytest.raises(AddressError):
        check_helo_name(f"mail.example.com{injection}")
