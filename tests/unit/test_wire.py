"""The frames between the engine and its workers."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.message import MessageSource, compile_message
from engine.replies import Classification, Scope, Stage, Threshold, Verdict
from engine.rules import Rule
from engine.wire import (
    FRAME_LIMIT,
    ClosePair,
    Command,
    Committed,
    Configure,
    Deliver,
    End,
    ForgetMessage,
    Job,
    OpenPair,
    PairConnections,
    PairTrouble,
    Probe,
    ProbeDone,
    Pulse,
    Report,
    Result,
    Results,
    SetMessage,
    SetRules,
    Shutdown,
    Started,
    Trouble,
    Unframer,
    Withdraw,
    frame,
)

RULE = Rule(
    "a.b", "Provider", (Stage.BANNER,), ("5xx",), ("5.7.x",), "listed", Verdict.BLOCK, threshold=Threshold(3, 60)
)
PAIR = OpenPair(1, "192.0.2.1", "198.51.100.1", "mx.example.org", "out.example.net", 10, 1000, tls_required=True)
JOB = Job(5, 2, 9, "jürgen@example.org", "token", {"name": "Jürgen"})
CLASSIFIED = Classification(
    Verdict.BLOCK, "a.b", Scope.GROUP, True, Threshold(3, 60), 7200, "is listed", "ask", "Provider"
)
RESULT = Result(5, 2, 1, End.REFUSED, Stage.RCPT, 550, "5.7.1", "550 5.7.1 no\n…", CLASSIFIED)
COMMANDS = (
    Configure(1, "/journal", 25, (RULE,), 30.0, 300.0),
    SetRules((RULE,)),
    SetMessage(
        9, compile_message(MessageSource("a@example.org", subject="Hi {{name}}", text="Hello {{name}}", html="<p>x"))
    ),
    ForgetMessage(9),
    PAIR,
    ClosePair(1),
    Deliver(1, [JOB, Job(6, 1, 9, "b@example.org", "t")]),
    Withdraw(9),
    Probe(3, PAIR, JOB),
    Committed(77),
    Shutdown(30.0),
)
REPORTS = (
    Started(4711),
    Results(1, [RESULT, Result(6, 1, 1, End.DELIVERED, Stage.END_OF_DATA, 250, "", "250 ok")]),
    PairTrouble(1, Trouble.REFUSED, "refused", Stage.BANNER, 554, "5.7.1", "554 5.7.1 no", CLASSIFIED),
    PairConnections(1, 3, 1),
    ProbeDone(3, False, "refused", Stage.RCPT, 550, "5.7.1", "550 no", CLASSIFIED, RESULT, 8),
    Pulse(1 << 26, 12),
)


@given(st.lists(st.integers(1, 400), max_size=60))
def test_messages_come_out_as_they_went_in_however_they_are_cut(sizes: list[int]) -> None:
    for kind, messages in ((Command, COMMANDS), (Report, REPORTS)):
        data = b"".join(map(frame, messages))
        unframer = Unframer(kind)
        out: list[object] = []
        start = 0
        for size in [*sizes, len(data)]:
            out += unframer.feed(data[start : start + size])
            start += size
        assert out == list(messages)


def test_a_message_that_was_sent_renders_the_same() -> None:
    [received] = Unframer(Command).feed(frame(COMMANDS[2]))
    assert isinstance(received, SetMessage)
    sent = COMMANDS[2]
    assert isinstance(sent, SetMessage)
    arguments = ("a@example.org", {"name": "Jürgen"}, "token")
    with_same_date = [message.render(*arguments).split(b"\r\nDate:")[0] for message in (received.message, sent.message)]
    assert with_same_date[0] == with_same_date[1]


@pytest.mark.parametrize(
    "data",
    [
        (FRAME_LIMIT + 1).to_bytes(4, "big") + b"x",
        b"\x00\x00\x00\x01\xc1",
        b"\x00\x00\x00\x03\x93\xa1x",
        frame(Pulse(1, 2)),
    ],
)
def test_a_damaged_stream_is_noticed(data: bytes) -> None:
    with pytest.raises((ValueError, msgspec.DecodeError)):
        list(Unframer(Command).feed(data))
