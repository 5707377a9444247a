"""The conversation against a model of a server that does anything at any time: every job ends once, and as is true."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import conversation
from engine.conversation import Conversation
from engine.desk import Desk
from engine.destination import Destination
from engine.envelope import Offers
from engine.judgement import Judged
from engine.message import MessageSource, compile_message
from engine.wire import End, Job, OpenPair, Report, Result

MESSAGE = compile_message(MessageSource("sender@sender.test", subject="Hello", text=".\n..dots\nand text\n"))
TERMS = OpenPair(7, "127.0.0.11", "127.0.1.1", "mx.d.test", "out.sender.test", 1, 1000)
TIMEOUT = 30.0


class SteppedLoop:
    """The part of an event loop that a desk uses; turns and time pass when the test says so."""

    def __init__(self) -> None:
        self._soon: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self._now = 1000.0

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Callable[..., object], *arguments: object) -> None:
        self._soon.append((callback, arguments))

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: object) -> _Handle:
        handle = _Handle()
        self.call_soon(lambda: None if handle.cancelled else callback(*arguments))
        return handle

    def pass_time(self, seconds: float) -> None:
        self._now += seconds

    def turn(self) -> bool:
        """Run what is due; False when nothing was."""
        due, self._soon = self._soon, []
        for callback, arguments in due:
            callback(*arguments)
        return bool(due)


class _Handle:
    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Wire:
    """A transport whose other end is a model server."""

    def __init__(self, loop: SteppedLoop, server: Server) -> None:
        self._loop = loop
        self._server = server
        self._protocol: Any = None
        self._closing = False
        self.writes: list[bytes] = []
        self.slow: Callable[[], bool] = lambda: False
        self._held = b""

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def is_closing(self) -> bool:
        return self._closing

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return len(self._held)

    def write(self, data: bytes) -> None:
        assert not self._closing
        self.writes.append(data)
        if self._held or self.slow():
            self._held += data
        else:
            self._server.read(data)

    def drain(self) -> bool:
        """Let half of what is held through; False when nothing is."""
        if not self._held or self._closing:
            return False
        size = (len(self._held) + 1) // 2 if len(self._held) > 20 else len(self._held)
        data, self._held = self._held[:size], self._held[size:]
        self._server.read(data)
        if not self._held:
            self._protocol.resume_writing()
        return True

    def abort(self) -> None:
        self._close(None)

    def _close(self, error: Exception | None) -> None:
        if not self._closing:
            self._closing = True
            self._server.is_open = False
            self._loop.call_soon(self._protocol.connection_lost, error)

    # The server's side

    def deliver(self, data: bytes) -> None:
        """Bytes arrive."""
        while data and not self._closing:
            view = self._protocol.get_buffer(-1)
            count = min(len(view), len(data))
            view[:count] = data[:count]
            data = data[count:]
            self._protocol.buffer_updated(count)

    def hang_up(self, reset: bool) -> None:
        """The server closes."""
        if self._closing:
            return
        if reset:
            self._close(ConnectionResetError("reset"))
        elif not self._protocol.eof_received():
            self._close(None)


@dataclass
class Deed:
    """What a server does at one command. ``reply`` None: says nothing; ``hang_up`` "never": neither that nor anything else."""

    reply: str | None = None
    effect: bool = True
    hang_up: str = ""
    honest: bool = True


GOOD = {"MAIL": "250 2.1.0 sender", "RCPT": "250 2.1.5 rcpt", "DATA": "354 go", "RSET": "250 2.0.0 reset"}
GOOD |= {"END": "250 2.0.0 queued", "QUIT": "221 bye"}


class Server:
    """Understands SMTP, and does with each command what *choose* says. ``accepted`` counts by recipient."""

    def __init__(self, choose: Callable[[str], Deed]) -> None:
        self._choose = choose
        self._buffer = b""
        self._in_data = False
        self._mail = False
        self._recipient = ""
        self.accepted: Counter[str] = Counter()
        self.complete: Counter[str] = Counter()
        self.out = b""
        self.hangs_up = ""
        self.is_open = True
        self.honest = True

    def read(self, data: bytes) -> None:
        self._buffer += data
        while self.is_open and not self.hangs_up:
            if self._in_data:
                end = 0 if self._buffer.startswith(b".\r\n") else self._buffer.find(b"\r\n.\r\n") + 2
                if end == 1:
                    return
                self._buffer = self._buffer[end + 3 :]
                self._in_data = False
                self._do("END")
            else:
                line, found, rest = self._buffer.partition(b"\r\n")
                if not found:
                    return
                self._buffer = rest
                if line.startswith(b"RCPT"):
                    self._offered = line.decode().partition("<")[2].rstrip(">")
                self._do(line[:4].decode())

    def _do(self, verb: str) -> None:
        """One command. Commands out of order get 503, as from any server."""
        deed = self._choose(verb)
        self.honest = self.honest and deed.honest
        in_order = {"RCPT": self._mail, "MAIL": not self._mail, "DATA": bool(self._recipient)}.get(verb, True)
        reply = deed.reply
        if not in_order and deed.effect and not (verb == "DATA" and reply and reply.startswith("354")):
            reply = "503 5.5.1 bad sequence"
        elif verb == "END":
            self.complete[self._recipient] += 1
        if reply is None or reply[0] in "23" or not in_order:
            self._effect(verb, in_order and deed.effect and (reply is None or reply[0] in "23"))
        if verb == "DATA" and reply and reply.startswith("354"):
            self._in_data = True
        if verb in ("RSET", "END"):
            self._mail, self._recipient = False, ""
        if reply is not None:
            self.out += reply.encode() + b"\r\n"
        self.hangs_up = self.hangs_up or deed.hang_up

    def _effect(self, verb: str, happens: bool) -> None:
        if not happens:
            return
        if verb == "MAIL":
            self._mail = True
        elif verb == "RCPT":
            self._recipient = self._offered
        elif verb == "END" and self._recipient:
            self.accepted[self._recipient] += 1


@dataclass
class Source:
    """A pair with some jobs and one conversation."""

    desk: Desk
    jobs: list[Job]
    terms: OpenPair = TERMS
    results: list[Result] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    ended_count: int = 0
    stop_on_refusal: bool = False
    conversation: Conversation | None = None

    def __post_init__(self) -> None:
        self.destination = Destination(self.desk.loop.time)

    def take(self) -> Job | None:
        return self.jobs.pop(0) if self.jobs else None

    def finish(self, result: Result) -> None:
        self.results.append(result)
        self.desk.finish(result)

    def refused(self, job: Job, judged: Judged) -> None:
        self.finish(judged.result(job, 7))
        if self.stop_on_refusal and self.conversation is not None:
            self.conversation.stop()

    def session_refused(self, judged: Judged, *, harmless: bool) -> None:
        self.troubles.append(judged.reply.text)

    def lost(self, text: str) -> None:
        self.troubles.append(text)

    def must_go(self, conversation: Conversation) -> bool:
        return False

    def idle(self, conversation: Conversation) -> None:
        conversation.stop()

    def ended(self, conversation: Conversation) -> None:
        self.ended_count += 1


def job(number: int) -> Job:
    return Job(number, 1, 1, f"p{number}@d.test", f"t{number}")


@dataclass
class Talk:
    """One conversation with everything around it."""

    choose: Callable[[str], Deed]
    count: int = 5
    offers: Offers = field(default_factory=lambda: Offers(pipelining=True, size=True, eight_bit=True))
    overlap: bool = False
    pieces: Callable[[int], int] = lambda left: left
    stop_on_refusal: bool = False
    stop_after: int | None = None
    slow: Callable[[], bool] = lambda: False

    def run(self) -> Talk:
        loop = SteppedLoop()
        reports: list[Report] = []
        desk = Desk(cast("asyncio.AbstractEventLoop", loop), reports.append, TIMEOUT)
        desk.messages[1] = MESSAGE
        desk.jobs = self.count
        self.source = Source(desk, [job(n) for n in range(self.count)], stop_on_refusal=self.stop_on_refusal)
        self.source.destination.overlap = self.overlap
        self.server = Server(self.choose)
        self.wire = Wire(loop, self.server)
        self.wire.slow = self.slow
        talk = Conversation(self.source, cast("asyncio.Transport", self.wire), self.offers)
        self.source.conversation = talk
        talk.begin()
        for turn in range(2000):
            if turn == self.stop_after:
                talk.stop()
            busy = loop.turn()
            if self.server.out:
                size = self.pieces(len(self.server.out))
                data, self.server.out = self.server.out[:size], self.server.out[size:]
                self.wire.deliver(data)
            elif self.server.hangs_up and self.server.hangs_up != "never":
                self.wire.hang_up(self.server.hangs_up == "reset")
            elif not busy and not self.wire.drain():
                if self.source.ended_count:
                    break
                for _ in range(int(TIMEOUT) + 2):
                    loop.pass_time(1.0)  # more at once would be taken for a standstill
                    desk.tick()
        assert self.source.ended_count == 1
        assert not desk.conversations
        return self

    @property
    def ends(self) -> dict[int, End]:
        """The ends of the jobs that were taken, by recipient."""
        return {result.recipient: result.end for result in self.source.results}

    def check(self) -> None:
        """What must hold whatever the server did."""
        taken = self.source.results
        assert len({result.recipient for result in taken}) == len(taken)
        assert {result.recipient for result in taken} | {j.recipient for j in self.source.jobs} == set(
            range(self.count)
        )
        for result in taken:
            address = f"p{result.recipient}@d.test"
            assert self.server.complete[address] <= 1
            if result.end is End.RETURNED:
                assert not self.server.complete[address]
            if self.server.honest:
                if result.end is End.DELIVERED:
                    assert self.server.accepted[address] == 1
                if self.server.accepted[address]:
                    assert result.end in (End.DELIVERED, End.IN_DOUBT)


def obedient(verb: str) -> Deed:
    return Deed(GOOD.get(verb, "500 5.5.2 what?"))


@pytest.mark.parametrize("overlap", [False, True])
def test_all_messages_go_out_in_order_and_one_by_one(overlap: bool) -> None:
    talk = Talk(obedient, count=20, overlap=overlap).run()

    assert talk.ends == dict.fromkeys(range(20), End.DELIVERED)
    assert talk.server.accepted == {f"p{n}@d.test": 1 for n in range(20)}
    assert talk.source.troubles == []
    assert talk.wire.written.endswith(b"QUIT\r\n")


def test_the_end_of_one_message_and_the_group_of_the_next_go_out_together() -> None:
    talk = Talk(obedient, count=3, overlap=True).run()
    assert [write.count(b"DATA\r\n") + write.count(b"\r\n.\r\n") for write in talk.wire.writes] == [1, 2, 2, 1, 0]
    assert b"RSET" not in talk.wire.written


def test_content_is_what_was_written_dots_and_all() -> None:
    talk = Talk(obedient, count=1).run()
    content = talk.wire.written.partition(b"DATA\r\n")[2].rpartition(b".\r\nQUIT\r\n")[0]
    assert content == MESSAGE.render("p0@d.test", None, "t0")
    assert b"\r\n..\r\n...dots\r\n" in content


def test_without_pipelining_each_command_waits() -> None:
    waiting: list[str] = []

    def choose(verb: str) -> Deed:
        waiting.append(verb)
        return obedient(verb)

    talk = Talk(choose, count=3, offers=Offers()).run()
    assert talk.ends == dict.fromkeys(range(3), End.DELIVERED)
    assert waiting == ["MAIL", "RCPT", "DATA", "END"] * 3 + ["QUIT"]


def refusing(at: str, number: int, text: str) -> Callable[[str], Deed]:
    """Refuses the n-th command of a kind."""
    seen: Counter[str] = Counter()

    def choose(verb: str) -> Deed:
        seen[verb] += 1
        return Deed(text) if (verb, seen[verb]) == (at, number) else obedient(verb)

    return choose


@pytest.mark.parametrize("offers", [Offers(), Offers(pipelining=True)])
@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("text", ["550 5.7.1 no", "451 4.7.1 later"])
@pytest.mark.parametrize(
    ("verb", "stage"), [("MAIL", "mail"), ("RCPT", "rcpt"), ("DATA", "data"), ("END", "end_of_data")]
)
def test_a_refusal_is_the_one_recipient_s(verb: str, stage: str, text: str, overlap: bool, offers: Offers) -> None:
    talk = Talk(refusing(verb, 3, text), count=6, overlap=overlap, offers=offers).run()

    talk.check()
    assert talk.ends == {n: End.REFUSED if n == 2 else End.DELIVERED for n in range(6)}
    [refused] = [result for result in talk.source.results if result.end is End.REFUSED]
    assert (refused.stage, refused.code, refused.reply) == (stage, int(text[:3]), text)
    assert talk.source.troubles == []


@pytest.mark.parametrize("overlap", [False, True])
def test_354_for_a_refused_recipient_gets_a_lone_dot(overlap: bool) -> None:
    seen: Counter[str] = Counter()

    def choose(verb: str) -> Deed:
        seen[verb] += 1
        return Deed("550 5.1.1 unknown") if (verb, seen[verb]) == ("RCPT", 2) else Deed(GOOD[verb], effect=True)

    talk = Talk(choose, count=4, overlap=overlap)
    original = Server._do

    def eager(self: Server, verb: str) -> None:
        if verb == "DATA":
            self.out += b"354 go\r\n"
            self._in_data = True
        else:
            original(self, verb)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Server, "_do", eager)
        talk.run()
    assert talk.ends == {0: End.DELIVERED, 1: End.REFUSED, 2: End.DELIVERED, 3: End.DELIVERED}
    assert b"DATA\r\n.\r\n" in talk.wire.written
    assert talk.server.accepted == {f"p{n}@d.test": 1 for n in (0, 2, 3)}


def test_421_between_messages_is_the_session_s_and_nobody_s() -> None:
    talk = Talk(refusing("MAIL", 2, "421 4.3.2 closing"), count=4, overlap=True).run()
    assert talk.ends == {0: End.DELIVERED, 1: End.RETURNED}
    assert talk.source.troubles == ["421 4.3.2 closing"]


def test_a_stop_in_the_middle_of_an_overlapped_group_returns_the_next_recipient() -> None:
    """A block at the end of content: the pre-sent recipient is not charged, and nothing of his is sent."""
    talk = Talk(refusing("END", 2, "550 5.7.1 blocked"), count=5, overlap=True, stop_on_refusal=True).run()
    assert talk.ends == {0: End.DELIVERED, 1: End.REFUSED, 2: End.RETURNED}
    assert talk.server.complete.keys() == {"p0@d.test", "p1@d.test"}


def test_silence_after_the_last_dot_is_in_doubt_and_before_it_nothing() -> None:
    for verb, end in (("END", End.IN_DOUBT), ("RCPT", End.RETURNED), ("MAIL", End.RETURNED), ("DATA", End.RETURNED)):
        seen: Counter[str] = Counter()

        def choose(command: str, verb: str = verb, seen: Counter[str] = seen) -> Deed:
            seen[command] += 1
            return Deed(None, hang_up="never") if seen[verb] == 2 else obedient(command)

        talk = Talk(choose, count=3).run()
        talk.check()
        assert talk.ends[1] is end, verb
        assert talk.source.troubles == ["no reply within 30 seconds"]


@pytest.mark.parametrize("extra", ["250 2.0.0 extra", "354 go", "550 no"])
def test_a_reply_that_nobody_asked_for_ends_the_connection(extra: str) -> None:
    """It can't be told from the one that is due, so what was handed over is in doubt."""
    talk = Talk(refusing("END", 2, f"250 2.0.0 queued\r\n{extra}"), count=4).run()
    assert talk.ends == {0: End.DELIVERED, 1: End.IN_DOUBT, 2: End.RETURNED}
    assert talk.source.troubles == ["the server sent a reply that nobody asked for"]


def test_swapped_replies_of_an_overlapped_group_are_noticed() -> None:
    """The reply to MAIL comes before that to the content: its enhanced code (RFC 3463, 3.2) gives it away."""
    talk = Talk(refusing("END", 2, "250 2.1.0 sender ok"), count=4, overlap=True).run()
    assert talk.ends == {0: End.DELIVERED, 1: End.IN_DOUBT, 2: End.RETURNED}


@pytest.mark.parametrize(
    "junk", ["x" * 9000, "250-" + "y" * 60 + "\r\n250-y" * 200, "999 what", "hello", "250-a\r\n550 b", "25", "\x00\x00"]
)
def test_junk_ends_the_connection(junk: str) -> None:
    talk = Talk(refusing("END", 2, junk), count=4).run()
    assert talk.ends == {0: End.DELIVERED, 1: End.IN_DOUBT, 2: End.RETURNED}


@pytest.mark.parametrize(
    ("early", "end"),
    [
        ("552 5.3.4 too big", End.REFUSED),
        ("421 4.3.2 closing", End.REFUSED),
        ("250 2.0.0 fine", End.RETURNED),
        ("hello", End.RETURNED),
    ],
)
@pytest.mark.usefixtures("small_is_large")
def test_a_reply_in_the_middle_of_large_content(early: str, end: End) -> None:
    """It can refuse the message; the rest can't be taken back, so the connection ends."""
    talk = Talk(refusing("DATA", 1, f"354 go\r\n{early}"), count=2, slow=lambda: True)
    talk.pieces = lambda left: left if b"\r\n354 go" not in talk.server.out else left - len(early) - 2
    talk.run()
    talk.check()
    assert talk.ends == {0: end}
    assert len(talk.source.troubles) == (early[0] != "5")


REPLIES = st.sampled_from(
    [
        "250 2.0.0 ok",
        "250-first\r\n250 2.0.0 last",
        "250",
        "354 go",
        "450 4.2.1 later",
        "452-4.5.3 too\r\n452 4.5.3 many",
        "550 5.1.1 unknown",
        "554 5.7.1 refused",
        "421 4.3.2 closing",
    ]
)
HONEST = st.one_of(
    st.none().map(lambda _: "good"),
    st.none().map(lambda _: "good"),
    st.none().map(lambda _: "good"),
    st.builds(
        lambda text, hang: Deed(text, hang_up=hang),
        REPLIES.filter(lambda t: t[0] in "45"),
        st.sampled_from(["", "fin"]),
    ),
    st.builds(
        lambda hang, effect: Deed(None, effect=effect, hang_up=hang),
        st.sampled_from(["never", "fin", "reset"]),
        st.booleans(),
    ),
)
HOSTILE = st.builds(
    lambda text, effect, extra: Deed(text + extra, effect=effect, honest=False),
    REPLIES,
    st.booleans(),
    st.sampled_from(["", "\r\n250 2.0.0 more", "\r\n354 more", "\r\n" + "z" * 5000, "\r\n\r\n", "\r\n421 bye"]),
)


@st.composite
def _talks(draw: st.DrawFn, deeds: st.SearchStrategy[Any]) -> Talk:
    plan = draw(st.lists(deeds, max_size=40))
    sizes = draw(st.lists(st.integers(1, 60), max_size=20))
    steps = iter(plan)
    pieces = iter(sizes)

    def choose(verb: str) -> Deed:
        deed = next(steps, "good")
        return obedient(verb) if isinstance(deed, str) else deed

    return Talk(
        choose,
        count=draw(st.integers(1, 8)),
        offers=Offers(pipelining=draw(st.booleans()), size=draw(st.booleans()), eight_bit=draw(st.booleans())),
        overlap=draw(st.booleans()),
        pieces=lambda left: next(pieces, left),
        stop_on_refusal=draw(st.booleans()),
        stop_after=draw(st.none() | st.integers(0, 60)),
        slow=partial(next, iter(draw(st.lists(st.booleans(), max_size=20))), False),
    )


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every content is large: its last dot waits until all before it has left."""
    monkeypatch.setattr(conversation, "LARGE_CONTENT", 10)


@settings(max_examples=400, deadline=None)
@given(_talks(st.one_of(HONEST, HOSTILE)))
@pytest.mark.usefixtures("small_is_large")
def test_large_content_is_no_different(talk: Talk) -> None:
    talk.run().check()


@settings(max_examples=400, deadline=None)
@given(_talks(HONEST))
def test_every_job_ends_once_and_as_is_true(talk: Talk) -> None:
    talk.run().check()


@settings(max_examples=400, deadline=None)
@given(_talks(st.one_of(HONEST, HOSTILE)))
def test_hostile_servers_lose_and_double_nothing(talk: Talk) -> None:
    talk.run().check()
