"""Where the content of a message ends, however it is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rehearsal.content import ContentReader, message_id

BEHIND = b"MAIL FROM:<a@b.test>\r\n"


def read(wire: bytes, sizes: list[int], *, keep: bool = True, eight_bit: bool = True) -> tuple[ContentReader, bytes]:
    """Feed *wire* in pieces of these sizes (the rest in one); return the reader and what it left."""
    reader = ContentReader(keep=keep, eight_bit=eight_bit)
    start = 0
    for size in [*sizes, len(wire)]:
        piece = wire[start : start + size]
        used, done = reader.take(memoryview(piece), 0, len(piece))
        start += used
        if done:
            return reader, wire[start:]
    raise AssertionError("the end was not seen")


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b".\r\n", ""),
        (b"\r\n.\r\n", "\r\n"),
        (b"a\r\n.\r\n", "a\r\n"),
        (b"..a\r\n...\r\n..\r\n.\r\n", ".a\r\n..\r\n.\r\n"),
        (b"a\n.\n\r\n.\r\n", "a\n.\n\r\n"),
        (b"a\r\n.\nb\r\n.\r\n", "a\r\n.\nb\r\n"),
    ],
)
def test_the_end_of_data(wire: bytes, content: str) -> None:
    for size in range(1, len(wire)):
        reader, left = read(wire + BEHIND, [size] * len(wire))
        assert (reader.text(), left) == (content, BEHIND)


@given(st.lists(st.text("ab.\r\n", max_size=8)), st.lists(st.integers(1, 9), max_size=60))
def test_any_pieces_give_the_same_content(lines: list[str], sizes: list[int]) -> None:
    content = "".join(line.replace("\r\n.", "") + "\r\n" for line in lines)
    stuffed = "".join(f".{line}" if line.startswith(".") else line for line in content.splitlines(keepends=True))
    wire = stuffed.encode().replace(b"\r\n.\r\n", b"\r\n..\r\n") + b".\r\n"

    whole, _ = read(wire + BEHIND, [])
    pieces, left = read(wire + BEHIND, sizes)

    assert pieces.text() == whole.text()
    assert pieces.size == whole.size
    assert left.endswith(BEHIND)


def test_chunks_need_no_dots() -> None:
    reader = ContentReader(keep=True, eight_bit=True)
    for chunk, last in ((b"Subject: x\r\n\r\n.\r\n", False), (b".end", True)):
        reader.expect(len(chunk), last=last)
        assert reader.take(memoryview(chunk + BEHIND), 0, len(chunk + BEHIND)) == (len(chunk), True)

    assert (reader.text(), reader.size, reader.is_last) == ("Subject: x\r\n\r\n.\r\n.end", 21, True)


@pytest.mark.parametrize(
    ("wire", "fault"),
    [
        (b"a\nb\r\n.\r\n", "bare CR or LF in the content"),
        (b"a\rb\r\n.\r\n", "bare CR or LF in the content"),
        ("grün\r\n.\r\n".encode(), "8-bit content without BODY=8BITMIME"),
        (b"x" * 999 + b"\r\n.\r\n", "a line above 998 bytes in the content"),
    ],
)
def test_what_is_wrong_in_the_content(wire: bytes, fault: str) -> None:
    assert read(wire, [], eight_bit=False)[0].faults() == [fault]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Subject: x\r\nMessage-ID: <a@b>\r\n", "<a@b>"),
        (b"message-id:\r\n <a@b>\r\nSubject: x\r\n", "<a@b>"),
        (b"X-Message-ID: <no@b>\r\n", ""),
        (b"", ""),
    ],
)
def test_the_message_id(header: bytes, expected: str) -> None:
    assert message_id(header) == expected


def test_a_message_id_in_the_body_is_none() -> None:
    reader, _ = read(b"Subject: x\r\n\r\nMessage-ID: <a@b>\r\n.\r\n", [])

    assert message_id(reader.header()) == ""


def test_of_a_long_message_only_the_beginning_is_kept() -> None:
    wire = b"Message-ID: <a@b>\r\n\r\n" + b"x" * 70 + b"\r\n" + b"y" * 1_000_000 + b"\r\n.\r\n"

    reader, _ = read(wire, [16_384] * 70, keep=False)

    assert reader.size == len(wire) - 3
    assert (message_id(reader.header()), reader.text()) == ("<a@b>", "")
