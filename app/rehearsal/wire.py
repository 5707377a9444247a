"""One connection of a rehearsal's mail server: bytes in, replies out as the script has it. What SMTP means is next door.

Ordinary mail must cost little, since benches run against it: commands are cut out of one small buffer, replies of a group
leave in one write, and a server without rules is not asked about them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from app.rehearsal.outlet import Outlet
from app.rehearsal.scenario import Action, Answer, Drop, Flood, Greylist, Raw, Silence
from app.rehearsal.script import Play
from engine.replies import Stage

if TYPE_CHECKING:
    from app.rehearsal.servers import MailServer

_BUFFER: Final = 16 * 1024
_LONGEST_LINE: Final = 4096
_HANDSHAKE_SECONDS: Final = 10.0
_REFUSED: Final = 500
"""The code that stands for a step without a reply that did not take effect."""


class Reply(NamedTuple):
    """A reply as bytes, with its code."""

    code: int
    data: bytes


def reply(code: int, text: str) -> Reply:
    """A reply of one or, with ``\\n`` in the text, several lines."""
    *first, last = text.split("\n")
    lines = [f"{code}-{line}\r\n" for line in first] + [f"{code} {last}\r\n"]
    return Reply(code, "".join(lines).encode())


NOTHING: Final = Reply(250, b"")
_TOO_LONG: Final = reply(500, "5.5.2 Line too long")


class Wire(asyncio.BufferedProtocol):
    """Cuts commands out of what comes in, and says what the script or the subclass has to say.

    Its public properties are what rules may ask (:class:`app.rehearsal.script.Talk`). While ``_held``, a reply is on its way
    and input waits; once ``_ended``, input is read and thrown away.
    """

    def __init__(self, server: MailServer) -> None:
        self._server: Final = server
        self._loop: Final = asyncio.get_running_loop()
        self._buffer: Final = bytearray(_BUFFER)
        self._view: Final = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._held = False
        self._ended = False
        self._turned_away = False
        self._reads_content = False
        self._may_pipeline = True
        self._forgets_groups = False
        self._behind: list[Callable[[], None]] = []
        self._swapped = b""
        self._header = b""
        self._handshake: asyncio.Task[None] | None = None
        self.sender = ""
        self.recipient = ""
        self.message = 0
        self.connection = 0

    # What a subclass does

    def _command(self, verb: bytes, line: bytes) -> None:
        """Carry out one command; *verb* is its first four letters in upper case."""
        raise NotImplementedError

    def _take_content(self) -> bool:
        """Take content from the buffer while ``_reads_content``; True when there may be commands behind it."""
        raise NotImplementedError

    def _reset(self) -> None:
        """Forget the transaction and what was agreed on: TLS has begun."""
        raise NotImplementedError

    # What rules may ask

    @property
    def client(self) -> str:
        """The sending address that connected."""
        return self.record.client

    @property
    def header(self) -> str:
        """The header of the message that was read last."""
        return self._header.decode("latin-1")

    @property
    def encrypted(self) -> bool:
        """STARTTLS was done."""
        return self.record.encrypted

    @property
    def open_connections(self) -> int:
        """Connections that this client has open to this server, this one included."""
        return self._server.open_from(self.client)

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        stream = cast("asyncio.Transport", transport)  # uvloop's is one in all but its class
        self._outlet = Outlet(stream, self._loop)
        self.record = self._server.opened(self, transport.get_extra_info("peername")[0])
        if self._server.is_closing:  # it was on its way when the listener closed
            stream.abort()
            return
        self.connection = self._server.connections_from(self.client)
        self._turned_away = self._say(Stage.BANNER, self._server.banner) >= 400
        self._outlet.flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget everything; called twice when a handshake fails."""
        self._held = True
        self._outlet.stop()
        self._server.closed(self)

    def pause_writing(self) -> None:
        """The client does not read."""
        self._outlet.pause()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._outlet.resume()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Where the transport puts what it reads."""
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Work on what was read, unless a reply has to go out first."""
        self._end += nbytes
        self._work()

    def _work(self) -> None:
        while self._start < self._end and not self._held:
            if self._ended:
                self._start = self._end
            elif not (self._take_content() if self._reads_content else self._take_command()):
                break
        if self._start:
            left = self._end - self._start
            self._buffer[:left] = self._buffer[self._start : self._end]
            self._start, self._end = 0, left
        self._outlet.flush()
        if self._end == _BUFFER:
            self._outlet.transport.pause_reading()

    def _resume(self) -> None:
        """The reply that was on its way is out."""
        self._held = False
        self._outlet.transport.resume_reading()
        actions, self._behind = self._behind, []
        for action in actions:
            action()
        self._work()

    def nudge(self) -> None:
        """Rules have changed: a rule of stage session may want to speak unasked."""
        if not self._held and not self._ended and not self._reads_content:
            self._interject()
            self._outlet.flush()

    def abort(self) -> None:
        """Cut the connection."""
        if self._handshake:
            self._handshake.cancel()
        self._outlet.transport.abort()

    # Reading

    def _take_command(self) -> bool:
        stop = self._buffer.find(b"\r\n", self._start, self._end)
        if stop < 0:
            if self._end - self._start > _LONGEST_LINE:
                self._fault("a command line above 4096 bytes")
                self._outlet.ready.append(_TOO_LONG.data)
                self._finish()
            return False
        line = bytes(self._view[self._start : stop])
        self._start = stop + 2
        if b"\n" in line or b"\r" in line or b"\0" in line:
            self._fault(f"CR, LF or NUL inside a command: {line[:100]!r}")
        verb = line[:4].upper()
        name = verb.decode("ascii", "replace")
        commands = self.record.commands
        commands[name] = commands.get(name, 0) + 1
        self._command(verb, line)
        if self._start < self._end and not self._may_pipeline:
            self._meet_group(name)
        return True

    def _meet_group(self, verb: str) -> None:
        """More has come in one go, though it was not offered, or though the script forgets it."""
        if self._forgets_groups:
            self._start = self._end
        elif not self._ended:
            self._fault(f"more behind {verb} without PIPELINING")

    # Saying something

    def _say(self, stage: Stage, default: Reply) -> int:
        """Reply as the script has it, else with the default; return the code that counts for what the command does."""
        self.record.stage = stage
        script = self._server.script
        if not script and not self._swapped:
            self._reply(default)
            return default.code
        return self._perform(stage, script.play(stage, self, self._server.now()), default)

    def _reply(self, default: Reply) -> None:
        """Reply, and no rule is asked."""
        self._outlet.ready.append(default.data)
        if default.code >= 400:
            self.record.refusals += 1

    def _perform(self, stage: Stage, play: Play | None, default: Reply) -> int:
        """Carry out what the rules made of a step; return the code that counts for what the command does."""
        play = play or Play()
        end = play.end
        match end:
            case Answer(code=code, text=text, close=close):
                self._emit(self._filled(code, text), play)
                if close or (close is None and (code == 421 or (code >= 400 and stage is Stage.BANNER))):
                    self._then(self._finish)
            case Greylist(code=code, text=text):
                self._emit(self._filled(code, text), play)
            case None:
                code = default.code
                self._emit(default, play)
            case Raw(data=data):
                code = self._taken(end, default)
                self._emit(Reply(0, data.encode("latin-1")), play)
            case _:
                code = self._taken(end, default)
                self._emit(Reply(0, b""), play)
                self._then(lambda: self._end_with(end))
        return code

    @staticmethod
    def _taken(end: Action, default: Reply) -> int:
        return default.code if getattr(end, "accept", False) else _REFUSED

    def _filled(self, code: int, text: str) -> Reply:
        for name, value in (
            ("{client}", self.client),
            ("{server}", self._server.address),
            ("{host}", self._server.host),
            ("{sender}", self.sender),
            ("{recipient}", self.recipient),
        ):
            text = text.replace(name, value)
        return reply(code, text)

    def _emit(self, said: Reply, play: Play) -> None:
        self.record.refusals += said.code >= 400
        data = said.data + play.behind
        if play.swap:
            self._swapped += data
            return
        data, self._swapped = data + self._swapped, b""
        if play.delay or play.interval:
            self._held = True
            self._outlet.pace(data, play.delay, play.interval, self._resume)
        else:
            self._outlet.ready.append(data)

    def _then(self, action: Callable[[], None]) -> None:
        """Do something behind the reply: now, or when a slow reply is out."""
        if self._held:
            self._behind.append(action)
        else:
            action()

    def _end_with(self, end: Action) -> None:
        self._ended = True
        match end:
            case Drop(reset=reset):
                self._outlet.hang_up(reset=reset)
            case Silence(deaf=True):
                self._outlet.flush()
                self._outlet.transport.pause_reading()
            case Flood(kind=kind):
                self._outlet.flood(kind)

    def _finish(self) -> None:
        self._ended = True
        self._outlet.finish()

    def _interject(self) -> None:
        if not self._ended and (play := self._server.script.play(Stage.SESSION, self, self._server.now())):
            self._perform(Stage.SESSION, play, NOTHING)

    def _fault(self, text: str) -> None:
        self.record.faults.append(text)

    # TLS

    def _upgrade(self) -> None:
        """Begin TLS; what came behind the command in plain text is dropped (RFC 3207, 6)."""
        self._held = True
        self._outlet.transport.pause_reading()
        self._outlet.flush()
        self._handshake = self._loop.create_task(self._shake_hands())

    async def _shake_hands(self) -> None:
        try:
            transport = await self._loop.start_tls(
                self._outlet.transport,
                self,
                self._server.tls_context(),
                server_side=True,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            )
        except OSError as error:
            self._fault(f"the TLS handshake failed: {error}")
            self.connection_lost(error)
            return
        if transport is not None:
            self._outlet.transport = transport
            self.record.encrypted = True
            self._reset()
            self._resume()
