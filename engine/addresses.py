"""Which mail addresses, HELO names and header values are allowed: the one door against injection. Pure, used in every room."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

import idna
import msgspec

LOCAL_LIMIT: Final = 64
"""Octets of a local part as it stands on the wire, quotes included (RFC 5321, 4.5.3.1.1)."""
ADDRESS_LIMIT: Final = 254
"""Octets of a whole address: a path of 256 less its angle brackets (RFC 5321, 4.5.3.1.3; RFC 3696, erratum 1690)."""
DOMAIN_LIMIT: Final = 253
"""Characters of a domain name that fits the 255 octets of the DNS (RFC 1035, 2.3.4)."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}\.)+(?![0-9]+(?![A-Za-z0-9-])){_LABEL}"
_PLAIN = re.compile(rf"({_ATEXT}+(?:\.{_ATEXT}+)*)@({_DOMAIN})").fullmatch
_PLAIN_DOMAIN = re.compile(_DOMAIN).fullmatch
_DOT_ATOM = re.compile(r"[^.]+(?:\.[^.]+)*").fullmatch
_OUTSIDE_ATOM = re.compile(r"[\x00-\x20()<>\[\]:;@\\,\"\x7f]").search
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"@(.*)', re.DOTALL).fullmatch
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r'(["\\])')
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs"})
_BREAKS_LINES = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]").search


class AddressError(ValueError):
    """A text is no usable mail address or host name; the message is one sentence without the text itself."""


class HeaderValueError(ValueError):
    """A text may not stand in a message header; the message is one sentence that names the field."""


class MailboxAddress(msgspec.Struct, frozen=True, gc=False):
    """A mail address that was checked. Made by :func:`parse_mailbox` only.

    ``local`` is the local part as it goes on the wire (quoted only where it must be), case kept; ``domain`` the domain as
    people read it, lower case; ``ascii_domain`` its A-labels (RFC 5890), for DNS, SMTP and comparison.
    ``needs_smtputf8`` is True when the local part is not ASCII (RFC 6531).
    """

    local: str
    domain: str
    ascii_domain: str
    needs_smtputf8: bool

    @property
    def address(self) -> str:
        """The form for SMTP commands and message headers."""
        return f"{self.local}@{self.ascii_domain}"

    @property
    def key(self) -> str:
        """The same for two spellings of one mailbox: what duplicates and suppressed addresses are found by.

        RFC 5321 leaves the case of a local part to its host, but no host of note gives two people one name in two cases.
        """
        if self.needs_smtputf8:
            return f"{unicodedata.normalize('NFC', self.local).casefold()}@{self.ascii_domain}"
        return f"{self.local.lower()}@{self.ascii_domain}"


def parse_mailbox(text: str) -> MailboxAddress:
    """Check one mail address, without a display name; raise AddressError with one sentence when mail can't be sent there.

    RFC 5321, 4.1.2 (Mailbox) with RFC 6531 for other scripts and IDNA 2008 for domains. Blanks around it are ignored.
    Percent signs and exclamation marks in a local part are its host's own business and carried as they are. Not allowed:
    source routes, comments, address literals, domains of one label, control and invisible characters.
    """
    found = _PLAIN(text)
    if found is None or len(text) > ADDRESS_LIMIT or found.end(1) > LOCAL_LIMIT:
        return _parse_carefully(text.strip(" \t"))
    domain = found[2].lower()
    return MailboxAddress(found[1], domain, domain, False)


def _parse_carefully(text: str) -> MailboxAddress:
    """The same for everything that is not a short dot-atom at an ASCII domain, with the reason for a refusal."""
    if not text:
        raise AddressError("the address is empty")
    if len(text) > 2 * ADDRESS_LIMIT:  # quoting and IDNA mapping can shorten a text, but not by half
        raise AddressError(f"the address is longer than {ADDRESS_LIMIT} octets")
    _refuse_unsafe(text, "the address")
    local, domain = _split(text)
    domain, ascii_domain = _check_domain(domain)
    parsed = MailboxAddress(local, domain, ascii_domain, not local.isascii())
    if len(local.encode()) > LOCAL_LIMIT:
        raise AddressError(f"the part before the @ is longer than {LOCAL_LIMIT} octets")
    if len(parsed.address.encode()) > ADDRESS_LIMIT:
        raise AddressError(f"the address is longer than {ADDRESS_LIMIT} octets")
    return parsed


def _refuse_unsafe(text: str, what: str) -> None:
    for character in text:
        if not (" " <= character <= "~") and unicodedata.category(character) in _UNSAFE_CATEGORIES:
            raise AddressError(f"{what} contains the character U+{ord(character):04X}, which is not allowed")


def _split(text: str) -> tuple[str, str]:
    """(local part in its simplest form, domain as given)."""
    if text.startswith('"'):
        found = _QUOTED(text)
        if found is None:
            raise AddressError("the quoted part before the @ is not closed")
        return _simplest_local(_QUOTED_PAIR.sub(r"\1", found[1])), found[2]
    if text.endswith(">"):
        raise AddressError("only the address itself may be given, without a name or angle brackets")
    if text.startswith("@"):
        routed = ":" in text
        raise AddressError("source routes are not allowed" if routed else "the part before the @ is missing")
    local, at, domain = text.rpartition("@")
    if not at:
        raise AddressError("the address has no @")
    bad = _OUTSIDE_ATOM(local)
    if bad is not None:
        raise AddressError(f"the part before the @ contains {_named(bad[0])}, which is allowed in quotes only")
    if _DOT_ATOM(local) is None:
        raise AddressError("the part before the @ has a dot at its start or end, or two in a row")
    return local, domain


def _named(character: str) -> str:
    return "a space" if character == " " else f"the character {character}"


def _simplest_local(content: str) -> str:
    """RFC 5321, 4.1.2: quote only what must be quoted, so that one mailbox has one spelling."""
    if not content.strip(" "):
        raise AddressError("the part before the @ is empty")
    if _DOT_ATOM(content) and not _OUTSIDE_ATOM(content):
        return content
    return '"' + _NEEDS_ESCAPE.sub(r"\\\1", content) + '"'


def _check_domain(domain: str) -> tuple[str, str]:
    """(readable form, A-labels) of a mail domain, both lower case."""
    if not domain:
        raise AddressError("the domain after the @ is missing")
    if domain.startswith("["):
        raise AddressError(
            "an IP address in place of the domain is not allowed, because limits and blocks go by domain"
        )
    ascii_domain = domain.lower() if domain.isascii() else _to_ascii(domain)
    if len(ascii_domain) > DOMAIN_LIMIT:
        raise AddressError(f"the domain is longer than {DOMAIN_LIMIT} characters")
    if _PLAIN_DOMAIN(ascii_domain) is None:
        raise AddressError(_why_no_domain(ascii_domain))
    return (ascii_domain if domain.isascii() else _readable(ascii_domain)), ascii_domain


def _why_no_domain(domain: str) -> str:
    if domain.endswith("."):
        return "the domain ends with a dot"
    labels = domain.split(".")
    if "" in labels:
        return "the domain has two dots in a row or one at its start"
    if any(len(label) > 63 for label in labels):
        return "a part of the domain is longer than 63 characters"
    if len(labels) == 1:
        return "the domain has no dot"
    if labels[-1].isdigit():
        return "the domain ends with a number; an IP address is not allowed here"
    if any(label[0] == "-" or label[-1] == "-" for label in labels):
        return "a part of the domain begins or ends with a hyphen"
    return "the domain contains a character other than letters, digits, hyphens and dots"


def _to_ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as fault:
        raise AddressError("the domain is not a valid international domain name") from fault


def _readable(ascii_domain: str) -> str:
    try:
        return idna.decode(ascii_domain)
    except (idna.IDNAError, UnicodeError):
        return ascii_domain


def to_ascii_domain(domain: str) -> str:
    """The A-labels of a domain that people wrote, lower case; raise AddressError when it is none."""
    text = domain.strip(" \t")
    _refuse_unsafe(text, "the domain")
    return _check_domain(text)[1]


def check_header_value(text: str, field: str) -> str:
    """Return *text* when it may stand in a message header; raise HeaderValueError naming *field* otherwise.

    Refused are all characters that end a line for someone (CR, LF, NUL, control characters, U+2028, U+2029) and lone
    surrogates. A tab is white space. Blanks around the text are removed.
    """
    bad = _BREAKS_LINES(text)
    if bad is not None:
        what = "line breaks" if bad[0] in "\r\n\u2028\u2029\x85" else f"the control character U+{ord(bad[0]):04X}"
        raise HeaderValueError(f"{field} must not contain {what}")
    return text.strip()


def check_helo_name(text: str) -> str:
    """The name for EHLO in wire form: a domain of two labels or more, or an address literal (RFC 5321, 4.1.1.1 and 4.1.3).

    Raises AddressError with one sentence.
    """
    text = text.strip(" \t")
    if not text:
        raise AddressError("the HELO name is empty")
    _refuse_unsafe(text, "the HELO name")
    if text.startswith("["):
        return _check_literal(text)
    try:
        return _check_domain(text)[1]
    except AddressError as fault:
        raise AddressError(str(fault).replace("the domain", "the HELO name")) from None


def _check_literal(text: str) -> str:
    inside = text[1:-1] if text.endswith("]") else ""
    try:
        if inside[:5].lower() == "ipv6:":
            return f"[IPv6:{ipaddress.IPv6Address(inside[5:])}]"
        return f"[{ipaddress.IPv4Address(inside)}]"
    except ValueError:
        raise AddressError("the HELO name is no address literal such as [192.0.2.1] or [IPv6:2001:db8::1]") from None
