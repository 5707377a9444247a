"""Reply text from strangers: bounding, folding for rules, escaping for people. Pure functions, used in every room.

Nothing here raises, and every function is linear in the text, of which at most REPLY_LIMIT characters are looked at.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata

from engine.replies import REPLY_LIMIT, Reply

OWN_IP = "own-ip"
"""What stands in a folded text where the reply named the sending address itself."""
OTHER_IP = "an-ip"
"""What stands there for any other address."""

_FRONT = re.compile(
    r"\s*(?:([2-5]\d\d)(?![\d.]))?(?:[- ,:]+[2-5]\d\d(?![\d.]))*(?:[- ,:#/(\[]*([245]\.\d{1,3}\.\d{1,3})(?!\.?\d))?"
)
_ENHANCED = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_CONTINUATION = re.compile(
    r"\s[245]\d\d(?:-(?:[245]\.\d{1,3}\.\d{1,3}(?=\s))?|[ ,][245]\.\d{1,3}\.\d{1,3}(?=\s))|\n[245]\d\d(?= |$)"
)
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_MARKS = re.compile("[\u0300-\u036f]+")
_WORD = re.compile(r"[^\W\d_]+")
_LOOKALIKES = str.maketrans("авеіјкмнорсѕтухԁυοανκρτ", "abeijkmhopcstyxduoavkpt")
_STROKES = {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "ı": "i", "ß": "ss"}
_STROKED = re.compile("[" + "".join(_STROKES) + "]")
_IPV4_WORD = re.compile(r"(?<![\w.])(?:[\dx]{1,3}\.){3}[\dx]{1,3}(?!\w|\.\d)", re.ASCII)
_IPV6_WORD = re.compile(
    r"(?:ipv6:)?(?<![0-9a-z])((?:[0-9a-f]{1,4}:|:)(?:[0-9a-f]{0,4}:){1,7}[0-9a-f]{0,4})(?![0-9a-z])"
)
_MAILBOX = re.compile("<[^<>@ ]+@")
_MIXED = re.compile("[a-z][\u0370-\u04ff]|[\u0370-\u04ff][a-z]")
_HEAD, _TAIL = 768, 255
"""Characters of a folded text at its two ends that rules see; replies of real servers have fewer than 1,000."""
_DOTS = 3
"""Dots of an IPv4 address."""
_MANY = 32
"""IPv6-like words of one reply that are looked at."""


def parse_reply(text: str) -> Reply:
    """Read a reply's code, enhanced status code and text.

    *text* is what came over the wire, decoded, its lines joined by line breaks (or, as logs have it, by spaces). The
    enhanced code (RFC 3463) is taken from the front, where RFC 2034 puts it, else from anywhere in the text as long as its
    class agrees with the code. Never raises: a text without a code has code 0.
    """
    text = text[:REPLY_LIMIT].strip()
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    front = _FRONT.match(text)
    code, enhanced = (front[1], front[2]) if front else (None, None)
    return Reply(int(code or 0), enhanced or _inside(text, code or ""), text)


def _inside(text: str, code: str) -> str:
    """An enhanced code later in the text ("(#5.1.1)"); one of another class than the code is no status code."""
    found = _ENHANCED.search(text)
    return found[1] if found and (not code or found[1][0] == code[0]) else ""


def shown(text: str) -> str:
    """*text* on one line, control, bidirectional and other unprintable characters as escapes (``\\u202e``)."""
    text = text[:REPLY_LIMIT]
    return text if text.isprintable() else "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    point = ord(char)
    if char == "\n":
        return "\\n"
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def folded(text: str, own_ip: str | None = None) -> str:
    """The form of a reply that rules are matched against.

    Of at most REPLY_LIMIT characters: continuation lines joined without their codes, one space for any white space, the
    middle of a text left out that is longer than any server's, lower case, accents and invisible characters gone,
    letters of other scripts that pose as Latin ones inside a Latin word turned back, the names of mailboxes in angle
    brackets gone (``<spam@dest.example>`` says nothing of spam), the sending address (*own_ip*,
    canonical) written as OWN_IP and other addresses as OTHER_IP.
    """
    text = text[:REPLY_LIMIT]
    if text.count(text[:3]) > 1:  # the code is there again
        text = _CONTINUATION.sub(" ", text)
    if "  " in text or not text.isprintable():
        text = " ".join(text.split())
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} {text[-_TAIL:]}"
    text = text.lower() if text.isascii() else _fold_letters(text)
    if "@" in text and "<" in text:
        text = _MAILBOX.sub("<x@", text)
    if text.count(":") > 1:
        text = _IPV6_WORD.sub(lambda word: _ipv6_word(word, own_ip), text, count=_MANY)
    if text.count(".") < _DOTS:
        return text
    return _IPV4_WORD.sub(lambda word: OWN_IP if word[0] == own_ip else OTHER_IP, text)


def fold_pattern(pattern: str) -> str:
    """A rule's pattern with its letters folded as :func:`folded` folds a text; case is left to the engine."""
    if pattern.isascii():
        return pattern
    return _unstroke(_strip_marks(pattern))


def _strip_marks(text: str) -> str:
    """Compatibility forms resolved and accents removed; the marks of kana and Hangul stay, for they are letters."""
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))


def _unstroke(text: str) -> str:
    """Letters that Unicode does not take apart."""
    return _STROKED.sub(lambda letter: _STROKES[letter[0]], text)


def _fold_letters(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)[: _HEAD + _TAIL]  # one character may stand for eighteen
    text = _unstroke(_INVISIBLE.sub("", _strip_marks(text)).casefold())
    if _MIXED.search(text):
        text = _WORD.sub(_unmask, text)
    return text.encode("utf-8", "replace").decode("utf-8")


def _unmask(word: re.Match[str]) -> str:
    """A word of Latin and other letters mixed is a disguise; one of a single script is left alone."""
    text = word[0]
    return text.translate(_LOOKALIKES) if _MIXED.search(text) else text


def _ipv6_word(word: re.Match[str], own_ip: str | None) -> str:
    """IPv6 addresses are written in many ways (RFC 5952): compare values, not letters."""
    text = word[1]
    if text.endswith(":") and not text.endswith("::"):
        text = text[:-1]
    try:
        return OWN_IP if str(ipaddress.IPv6Address(text)) == own_ip else OTHER_IP
    except ValueError:
        return word[0]


def first_ip(text: str) -> str:
    """The first IPv4 address that *text* names, "" when it names none."""
    found = _IPV4_WORD.search(text)
    return found[0] if found else ""
