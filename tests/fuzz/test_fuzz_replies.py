"""What servers send, cut into replies: however it arrives, within bounds, and never a reply that was not sent."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.replies import REPLY_LIMIT
from engine.reply_reader import LINE_LIMIT, REPLY_BYTES, REPLY_LINES, ReplyReader, Violation, code_of, text_of

CODES = st.sampled_from([b"220", b"250", b"354", b"421", b"450", b"550", b"2\xb20", b"000", b"999", b"25", b""])
LINES = st.builds(
    lambda code, mark, text, end: code + mark + text + end,
    CODES,
    st.sampled_from([b" ", b"-", b"", b"\t", b"\r"]),
    st.binary(max_size=40) | st.sampled_from([b"2.1.0 ok", b"x" * LINE_LIMIT, b"=?utf-8?q?=0D?="]),
    st.sampled_from([b"\r\n", b"\n", b"\r", b"", b"\r\r\n"]),
)
STREAMS = st.lists(LINES | st.binary(max_size=60), max_size=12).map(b"".join) | st.builds(
    lambda line, times: line * times, LINES, st.sampled_from([REPLY_LINES - 1, REPLY_LINES + 1, 2_000])
)


def read(stream: bytes, cuts: list[int]) -> tuple[list[bytes], str]:
    """All replies up to the first fault, fed piece by piece."""
    reader, replies = ReplyReader(), list[bytes]()
    ends = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for start, end in pairwise(ends):
        replies += reader.feed(stream[start:end])
        if reader.fault:
            break
        kept = len(reader._partial) + sum(map(len, reader._lines))
        assert kept <= LINE_LIMIT + REPLY_BYTES
        assert len(reader._lines) <= REPLY_LINES
    return replies, reader.fault


@given(STREAMS, st.lists(st.integers(0, 1 << 17), max_size=20))
def test_replies_do_not_depend_on_how_they_arrive(stream: bytes, cuts: list[int]) -> None:
    whole, fault = read(stream, [])
    cut, cut_fault = read(stream, cuts)
    shorter, longer = sorted((whole, cut), key=len)
    assert longer[: len(shorter)] == shorter
    if not fault and max(map(len, stream.split(b"\n"))) <= LINE_LIMIT:
        assert (cut, cut_fault) == (whole, "")


@given(STREAMS)
def test_replies_are_what_was_sent(stream: bytes) -> None:
    replies, _ = read(stream, [])
    assert stream.startswith(b"".join(reply + b"\n" for reply in replies))
    for reply in replies:
        try:
            assert 200 <= code_of(reply) < 600
        except Violation:
            assert not (reply[:3].isdigit() and reply[3:4] in (b" ", b"-") and b"200" <= reply[:3] < b"600")
        assert len(text_of(reply)) <= REPLY_LIMIT
