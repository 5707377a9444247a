"""Cuts what a server sends into whole replies, within bounds. Runs in the worker process, on the hot path."""

from __future__ import annotations

from typing import Final

from engine.replies import REPLY_LIMIT

LINE_LIMIT: Final = 4096
"""Bytes of one reply line; RFC 5321, 4.5.3.1.5 allows 512."""
REPLY_LINES: Final = 128
"""Lines of one reply."""
REPLY_BYTES: Final = 64 * 1024
"""Bytes of one reply."""

_CODES: Final = {b"%d" % code: code for code in range(200, 600)}
_BEHIND_CODE: Final = frozenset({b" ", b"-", b"\r", b""})


class Violation(Exception):  # noqa: N818 - an event of the peer
    """The server broke the protocol; the connection is of no more use. The text goes on after "the server"."""


class ReplyReader:
    """Collects bytes until replies are whole. ``fault`` tells what is wrong once the bounds are broken."""

    __slots__ = ("_lines", "_partial", "fault")

    def __init__(self) -> None:
        self._partial = b""
        self._lines: list[bytes] = []
        self.fault = ""

    def feed(self, data: bytes) -> list[bytes]:
        """The replies that are whole with *data*, lines joined by line feeds; those before a fault, too."""
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        if len(self._partial) > LINE_LIMIT:
            self.fault = "sent a line without an end"
        if not self._lines:
            for line in lines:
                if line[3:4] == b"-":
                    break
            else:
                return lines
        return self._join(lines)

    def _join(self, lines: list[bytes]) -> list[bytes]:
        replies: list[bytes] = []
        for line in lines:
            self._lines.append(line)
            if len(self._lines) > REPLY_LINES:
                break
            if line[3:4] != b"-":
                whole, self._lines = self._lines, []
                if any(each[:3] != line[:3] for each in whole):
                    self.fault = "sent a reply with several codes"
                    return replies
                replies.append(b"\n".join(whole))
        if len(self._lines) > REPLY_LINES or sum(map(len, self._lines)) > REPLY_BYTES:
            self.fault = "sent a reply without an end"
        return replies


def code_of(reply: bytes) -> int:
    """The code of a reply, 200 to 599; raises Violation when it has none."""
    code = _CODES.get(reply[:3])
    if code is None or reply[3:4] not in _BEHIND_CODE:
        raise Violation("sent something that is no reply")
    return code


def text_of(reply: bytes) -> str:
    """What was on the wire, lines joined by line feeds, at most REPLY_LIMIT characters."""
    return reply.replace(b"\r", b"").rstrip().decode("utf-8", "replace")[:REPLY_LIMIT]
