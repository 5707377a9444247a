"""The content of one message as a rehearsal's mail server reads it: where it ends, what is kept of it, what is wrong in it."""

from __future__ import annotations

import re
from typing import Final

_HEADER_LIMIT: Final = 32 * 1024
_DOT: Final = b"\r\n.\r\n"
_MESSAGE_ID: Final = re.compile(rb"(?im)^message-id:\s*(\S+)")


class ContentReader:
    """Takes the content of one message piece by piece, after DATA or in the chunks of BDAT (RFC 3030).

    ``size`` counts the bytes of content seen, ``limit`` is where a script may want to cut. Of a message above 32 KiB only
    the beginning is kept, unless *keep*. *eight_bit*: the client has declared BODY=8BITMIME.
    """

    __slots__ = (
        "_chunk",
        "_eight_bit",
        "_keep",
        "_pending",
        "_pieces",
        "_stored",
        "is_chunk",
        "is_last",
        "limit",
        "size",
    )

    def __init__(self, *, keep: bool, eight_bit: bool) -> None:
        self.size = 0
        self.limit: int | None = None
        self.is_chunk = False
        self.is_last = True
        self._keep = keep
        self._eight_bit = eight_bit
        self._chunk = 0
        self._pieces: list[bytes] = []
        self._stored = 0
        self._pending = b""

    def expect(self, size: int, *, last: bool) -> None:
        """The next *size* bytes are a chunk; the *last* one ends the message."""
        self.is_chunk, self.is_last, self._chunk = True, last, size

    def take(self, view: memoryview, start: int, end: int) -> tuple[int, bool]:
        """Read from a buffer; return how many bytes were used, and whether the content (or the chunk) is complete."""
        if self.is_chunk:
            piece = bytes(view[start : min(end, start + self._chunk)])
            self._chunk -= len(piece)
            self._add(piece)
            return len(piece), self._chunk == 0
        piece = self._pending + bytes(view[start:end])
        stop = self._end_of(piece)
        if stop is None:
            self._add(piece[:-4])
            self._pending = piece[-4:]
            return end - start, False
        self._add(piece[:stop])
        return stop + 3 - len(self._pending), True

    def _end_of(self, piece: bytes) -> int | None:
        """Where the content ends: before the dot of CRLF.CRLF (RFC 5321, 4.1.1.4), or at once when it is empty."""
        if not self.size and piece.startswith(b".\r\n"):
            return 0
        stop = piece.find(_DOT)
        return None if stop < 0 else stop + 2

    def _add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._keep or self._stored < _HEADER_LIMIT:
            self._pieces.append(piece)
            self._stored += len(piece)

    def faults(self) -> list[str]:
        """What breaks the protocol in the content, in words; of a message that was not kept whole, nothing."""
        if self._stored < self.size:
            return []
        content = b"".join(self._pieces)
        faults = []
        breaks = content.count(b"\r\n")
        if content.count(b"\n") != breaks or content.count(b"\r") != breaks:
            faults.append("bare CR or LF in the content")
        if not self._eight_bit and not content.isascii():
            faults.append("8-bit content without BODY=8BITMIME")
        if self._keep and max(map(len, content.split(b"\r\n"))) > 998:
            faults.append("a line above 998 bytes in the content")
        return faults

    def header(self) -> bytes:
        """The header of the message."""
        content = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        blank = content.find(b"\r\n\r\n")
        return content if blank < 0 else content[: blank + 2]

    def text(self) -> str:
        """The whole content as Latin-1, dots unstuffed; "" unless it was kept."""
        if not self._keep:
            return ""
        content = b"".join(self._pieces)
        if not self.is_chunk:
            content = content.removeprefix(b".") if content.startswith(b"..") else content
            content = content.replace(b"\r\n..", b"\r\n.")
        return content.decode("latin-1")


def message_id(header: bytes) -> str:
    """The Message-ID of a header, "" without one."""
    found = _MESSAGE_ID.search(header)
    return found[1].decode("utf-8", "replace") if found else ""
