"""Text as it stands in message headers: encoded words, phrases, folding. Pure; runs where mailings are compiled and in the workers."""

from __future__ import annotations

import base64
import re
from typing import Final

_FOLD_AT: Final = 76
"""Characters of a header line that is folded (RFC 5322, 2.1.1 asks for 78 at most; RFC 2047, 2 for 76)."""
_NAME_SPACE: Final = 16
"""Characters that are left for the header's name on its first line."""
_WORD_BYTES: Final = 33
"""Bytes of UTF-8 in one encoded word, so that the first one fits beside the header's name."""
_LONGEST_WORD: Final = 300
"""A longer run without a blank can't be folded and is encoded."""
_MANY_BLANKS: Final = " " * 20
"""So many blanks in a row would make a line of blanks when folded; they are encoded."""
_BREAKS_LINES = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*").fullmatch
_NEEDS_ESCAPE = re.compile(r'(["\\])')


def on_one_line(text: str) -> str:
    """*text* without anything that ends a line: each run of control characters becomes one blank, lone surrogates a ``?``."""
    if text.isprintable():
        return text
    return _BREAKS_LINES.sub(" ", text).encode("utf-8", "replace").decode().strip()


def encode_unstructured(text: str) -> bytes:
    """The value of an unstructured header (Subject): folded where it is long, in encoded words (RFC 2047) unless it is ASCII."""
    text = on_one_line(text)
    if not text.isascii() or "=?" in text:
        return _encoded_words(text)
    if len(text) <= _FOLD_AT - _NAME_SPACE:
        return text.encode("ascii")
    words = text.split(" ")
    if _MANY_BLANKS in text or max(map(len, words)) > _LONGEST_WORD:
        return _encoded_words(text)
    return _folded(words).encode("ascii")


def _folded(words: list[str]) -> str:
    """Join words with blanks, with a line break before a blank where the line gets too long (RFC 5322, 2.2.3).

    A line never consists of blanks alone, for some readers take that as the end of the headers.
    """
    folded = [words[0]]
    column = _NAME_SPACE + len(words[0])
    for word in words[1:]:
        if word and column + 1 + len(word) > _FOLD_AT:
            folded.append(f"\r\n {word}")
            column = 1 + len(word)
        else:
            folded.append(f" {word}")
            column += 1 + len(word)
    return "".join(folded)


def _encoded_words(text: str) -> bytes:
    data = text.encode()
    words: list[bytes] = []
    start = 0
    while start < len(data):
        end = min(start + _WORD_BYTES, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # never inside a character (RFC 2047, 5)
            end -= 1
        words.append(b"=?utf-8?b?" + base64.b64encode(data[start:end]) + b"?=")
        start = end
    return b"\r\n ".join(words)


def encode_phrase(text: str) -> bytes:
    """A display name: atoms, a quoted string or encoded words (RFC 5322, 3.2.5)."""
    text = on_one_line(text)
    if not text.isascii() or "=?" in text or len(text) > _FOLD_AT - _NAME_SPACE:
        return _encoded_words(text)
    if _ATOMS(text):
        return text.encode("ascii")
    return b'"' + _NEEDS_ESCAPE.sub(r"\\\1", text).encode("ascii") + b'"'
