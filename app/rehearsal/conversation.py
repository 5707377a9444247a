"""One SMTP conversation of a rehearsal's mail server: the protocol as RFC 5321 has it, asking the script at every step.

Ordinary mail must cost little, since benches run against it: commands are cut out of one small buffer, replies of a group
leave in one write, and a server without rules is not asked about them.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from app.rehearsal.content import ContentReader, message_id
from app.rehearsal.outlet import Outlet
from app.rehearsal.scenario import Answer, Drop, Flood, Greylist, Raw, Silence
from app.rehearsal.script import Play, keyword
from app.rehearsal.traffic import Accepted
from engine.replies import Stage

if TYPE_CHECKING:
    from app.rehearsal.servers import MailServer

_BUFFER: Final = 16 * 1024
_LONGEST_LINE: Final = 4096
_HANDSHAKE_SECONDS: Final = 10.0

_PATH: Final = rb'<((?:@[^:>]*:)?(?:"(?:[^"\\]|\\.)*"|[^">])*)>(?: +(.*))?$'
_MAIL: Final = re.compile(rb"(?is)MAIL FROM: ?" + _PATH)
_RCPT: Final = re.compile(rb"(?is)RCPT TO: ?" + _PATH)
_BDAT: Final = re.compile(rb"(?i)BDAT (\d{1,9})( LAST)?$")


class Reply(NamedTuple):
    """A reply as bytes, with its code."""

    code: int
    data: bytes


def reply(code: int, text: str) -> Reply:
    """A reply of one or, with ``\\n`` in the text, several lines."""
    *first, last = text.split("\n")
    lines = [f"{code}-{line}\r\n" for line in first] + [f"{code} {last}\r\n"]
    return Reply(code, "".join(lines).encode())


_NOTHING: Final = Reply(250, b"")
_OK: Final = reply(250, "2.0.0 OK")
_OK_MAIL: Final = reply(250, "2.1.0 Sender OK")
_OK_RCPT: Final = reply(250, "2.1.5 Recipient OK")
_OK_CHUNK: Final = reply(250, "2.0.0 Chunk OK")
_GO_AHEAD: Final = reply(354, "End data with <CR><LF>.<CR><LF>")
_QUEUED: Final = reply(250, "2.0.0 OK: queued")
_BYE: Final = reply(221, "2.0.0 Bye")
_GO_TLS: Final = reply(220, "2.0.0 Ready to start TLS")
_AUTH_OK: Final = reply(235, "2.7.0 Authentication successful")
_UNKNOWN: Final = reply(502, "5.5.1 Command not recognised")
_SYNTAX: Final = reply(501, "5.5.4 Syntax error")
_SEQUENCE: Final = reply(503, "5.5.1 Bad sequence of commands")
_NO_RECIPIENTS: Final = reply(554, "5.5.1 No valid recipients")
_NO_PARAMETER: Final = reply(555, "5.5.4 Parameter not supported")
_TOO_LONG: Final = reply(500, "5.5.2 Line too long")
_TOO_BIG: Final = reply(552, "5.3.4 Message too big")
_REFUSED: Final = 500
"""The code that stands for a step without a reply that did not take effect."""


class Conversation(asyncio.BufferedProtocol):
    """One connection. Its properties are what rules may ask (:class:`app.rehearsal.script.Talk`)."""

    def __init__(self, server: MailServer) -> None:
        self._server: Final = server
        self._loop: Final = asyncio.get_running_loop()
        self._buffer: Final = bytearray(_BUFFER)
        self._view: Final = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._take: Callable[[], bool] = self._take_command
        self._held = False
        self._next: Callable[[], None] | None = None
        self._swapped = b""
        self._turned_away = False
        self._greeted = False
        self._offered: dict[str, str] = {}
        self._reneged: set[str] = set()
        self._content: ContentReader | None = None
        self._recipients: list[str] = []
        self._has_sender = False
        self._eight_bit = False
        self._handshake: asyncio.Task[None] | None = None
        self.sender = ""
        self.recipient = ""
        self._header = b""
        self.message = 0
        self.connection = 0

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
        self.connection = self._server.connections_from(self.client)
        if self._say(Stage.BANNER, self._server.banner) >= 400 and self._take == self._take_command:
            self._turned_away = True
        self._outlet.flush()

    def connection_lost(self, exc: Exception | None) -> None:
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

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the transport puts what it reads."""
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Work on what was read, unless a reply has to go out first."""
        self._end += nbytes
        if not self._held:
            self._work()
        if self._end == _BUFFER:
            self._outlet.transport.pause_reading()

    def _work(self) -> None:
        while self._start < self._end and not self._held and self._take():
            pass
        if self._start:
            left = self._end - self._start
            self._buffer[:left] = self._buffer[self._start : self._end]
            self._start, self._end = 0, left
        self._outlet.flush()

    def _resume(self) -> None:
        self._held = False
        action, self._next = self._next, None
        if action:
            action()
        if not self._held:
            self._work()
        if self._end < _BUFFER:
            self._outlet.transport.resume_reading()

    def nudge(self) -> None:
        """Rules have changed: a rule of stage session may want to speak unasked."""
        if not self._held and self._take == self._take_command:
            self._interject()
            self._outlet.flush()

    def abort(self) -> None:
        """Cut the connection."""
        if self._handshake:
            self._handshake.cancel()
        self._outlet.transport.abort()

    # Saying something

    def _say(self, stage: Stage, default: Reply) -> int:
        """Reply as the script has it, else with the default; return the code that counts for what the command does."""
        self.record.stage = stage
        script = self._server.script
        if not script and not self._swapped:
            self._outlet.ready.append(default.data)
            self.record.refusals += default.code >= 400
            return default.code
        return self._perform(stage, script.play(stage, self, self._server.now()), default)

    def _perform(self, stage: Stage, play: Play | None, default: Reply) -> int:
        play = play or Play()
        match play.end:
            case Answer(code=code, text=text, close=close):
                self._emit(self._filled(code, text), play)
                if close or (close is None and (code == 421 or (code >= 400 and stage is Stage.BANNER))):
                    self._then(self._finish)
            case Greylist(code=code, text=text):
                self._emit(self._filled(code, text), play)
            case Raw(data=data, accept=accept):
                self._emit(data.encode("latin-1"), play)
                code = default.code if accept else _REFUSED
            case Drop(accept=accept, reset=reset):
                code = default.code if accept else _REFUSED
                self._go_deaf()
                self._outlet.hang_up(reset=reset)
            case Silence(accept=accept, deaf=deaf):
                code = default.code if accept else _REFUSED
                self._go_deaf()
                if deaf:
                    self._outlet.transport.pause_reading()
            case Flood(kind=kind):
                code = _REFUSED
                self._go_deaf()
                self._outlet.flood(kind)
            case _:
                code = default.code
                self._emit(default.data, play)
        self.record.refusals += code >= 400
        return code

    def _filled(self, code: int, text: str) -> bytes:
        for name, value in (
            ("{client}", self.client),
            ("{server}", self._server.address),
            ("{host}", self._server.host),
            ("{sender}", self.sender),
            ("{recipient}", self.recipient),
        ):
            text = text.replace(name, value)
        return reply(code, text).data

    def _emit(self, data: bytes, play: Play) -> None:
        data += play.behind
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
            self._next = action
        else:
            action()

    def _go_deaf(self) -> None:
        self._outlet.flush()
        self._take = self._discard

    def _finish(self) -> None:
        self._take = self._discard
        self._outlet.finish()

    def _interject(self) -> None:
        if play := self._server.script.play(Stage.SESSION, self, self._server.now()):
            self._perform(Stage.SESSION, play, _NOTHING)

    def _fault(self, text: str) -> None:
        self.record.faults.append(text)

    # Reading

    def _discard(self) -> bool:
        self._start = self._end
        return False

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
        commands = self.record.commands
        name = verb.decode("ascii", "replace")
        commands[name] = commands.get(name, 0) + 1
        handler = _COMMANDS.get(verb)
        if self._turned_away and verb != b"QUIT":
            self._outlet.ready.append(_SEQUENCE.data)
        elif handler is None:
            self._outlet.ready.append(_UNKNOWN.data)
        else:
            handler(self, line)
        if self._start < self._end and self._take == self._take_command:
            self._check_group(verb)
        return True

    def _check_group(self, verb: bytes) -> None:
        if self._greeted and "PIPELINING" not in self._offered:
            self._fault(f"commands behind {verb.decode('ascii', 'replace')} without PIPELINING")
        if "PIPELINING" in self._reneged:
            self._start = self._end

    def _take_content(self) -> bool:
        content = self._content
        assert content is not None
        used, done = content.take(self._view, self._start, self._end)
        if content.limit is not None and content.size >= content.limit and self._cut(content):
            return False
        self._start += used
        if done:
            self._take = self._take_command
            if content.is_chunk and not content.is_last:
                self._say(Stage.DATA, _OK_CHUNK)
            else:
                self._end_of_data(content)
        return done

    def _cut(self, content: ContentReader) -> bool:
        if play := self._server.script.cut(content.size, self, self._server.now()):
            self._perform(Stage.END_OF_DATA, play, _NOTHING)
            return True
        return False

    # Commands

    def _ehlo(self, line: bytes) -> None:
        play = self._server.script.play(Stage.EHLO, self, self._server.now()) or Play()
        self._reneged |= play.reneged
        offered = {keyword(word): word for word in (*self._server.extensions, *play.offered)}
        if self.encrypted:
            offered.pop("STARTTLS", None)
        offered = {word: text for word, text in offered.items() if word not in play.withheld}
        self.record.stage = Stage.EHLO
        self.record.helo = line[5:].decode("utf-8", "replace").strip()
        if self._perform(Stage.EHLO, play, reply(250, "\n".join([self._server.host, *offered.values()]))) < 400:
            self._offered = offered
            self._greeted = True
            self._reset()

    def _helo(self, line: bytes) -> None:
        self.record.helo = line[5:].decode("utf-8", "replace").strip()
        if self._say(Stage.EHLO, reply(250, self._server.host)) < 400:
            self._offered = {}
            self._greeted = True
            self._reset()

    def _starttls(self, _line: bytes) -> None:
        if "STARTTLS" not in self._offered or self.encrypted:
            self._outlet.ready.append(_SEQUENCE.data)
            return
        if self._start < self._end:
            self._fault("commands behind STARTTLS")
            self._start = self._end
        if self._say(Stage.STARTTLS, _GO_TLS) < 300 and self._take == self._take_command:
            self._then(self._upgrade)

    def _upgrade(self) -> None:
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
        except (OSError, ssl.SSLError) as error:
            self._fault(f"the TLS handshake failed: {error}")
            self.connection_lost(error)
            return
        if transport is None:
            return
        self._outlet.transport = transport
        self.record.encrypted = True
        self._greeted = False
        self._offered = {}
        self._reset()
        self._resume()

    def _auth(self, _line: bytes) -> None:
        if "AUTH" in self._offered:
            self._say(Stage.AUTH, _AUTH_OK)
        else:
            self._outlet.ready.append(_UNKNOWN.data)

    def _mail(self, line: bytes) -> None:
        found = _MAIL.match(line)
        if found is None or self._has_sender or not self._greeted:
            self._outlet.ready.append((_SYNTAX if found is None else _SEQUENCE).data)
            return
        self.message += 1
        self.sender = found[1].decode("utf-8", "replace")
        default = self._refused_parameter(found[2].upper()) if found[2] else None
        if self._say(Stage.MAIL, default or _OK_MAIL) < 300:
            self._has_sender = True

    def _refused_parameter(self, parameters: bytes) -> Reply | None:
        self._eight_bit = b"BODY=8BITMIME" in parameters
        for parameter in parameters.split():
            name, _, value = parameter.decode("ascii", "replace").partition("=")
            extension = "8BITMIME" if name == "BODY" else name
            if extension not in self._offered:
                self._fault(f"the parameter {name} was not offered")
                return _NO_PARAMETER
            if extension in self._reneged:
                return _NO_PARAMETER
            if name == "SIZE" and value.isdigit():
                limit = self._offered["SIZE"].split()[1:]
                if limit and 0 < int(limit[0]) < int(value):
                    return _TOO_BIG
        return None

    def _rcpt(self, line: bytes) -> None:
        found = _RCPT.match(line)
        if found is None or not self._has_sender:
            self._outlet.ready.append((_SYNTAX if found is None else _SEQUENCE).data)
            return
        self.recipient = found[1].decode("utf-8", "replace")
        if self._say(Stage.RCPT, _OK_RCPT) < 300:
            self._recipients.append(self.recipient)

    def _data(self, _line: bytes) -> None:
        if not self._has_sender:
            self._outlet.ready.append(_SEQUENCE.data)
        elif self._say(Stage.DATA, _GO_AHEAD if self._recipients else _NO_RECIPIENTS) == 354:
            self._read_content(self._new_content())

    def _bdat(self, line: bytes) -> None:
        found = _BDAT.match(line)
        if found is None or "CHUNKING" not in self._offered or "CHUNKING" in self._reneged:
            self._outlet.ready.append(_UNKNOWN.data)
            return
        content = self._content or self._new_content()
        content.expect(int(found[1]), last=found[2] is not None)
        self._read_content(content)
        if not int(found[1]):
            self._take_content()

    def _new_content(self) -> ContentReader:
        return ContentReader(keep=self._server.keep_content, eight_bit=self._eight_bit)

    def _read_content(self, content: ContentReader) -> None:
        content.limit = self._server.script.shortest_cut()
        self._content = content
        self._take = self._take_content

    def _end_of_data(self, content: ContentReader) -> None:
        self._header = content.header()
        self.record.faults.extend(content.faults())
        recipients = self._recipients
        if self._say(Stage.END_OF_DATA, _QUEUED if recipients else _NO_RECIPIENTS) < 300 and recipients:
            self._accept(content, recipients)
        self._reset()
        if self._server.script and self._take == self._take_command:
            self._interject()

    def _accept(self, content: ContentReader, recipients: list[str]) -> None:
        server, record = self._server, self.record
        record.messages += 1
        at, name, text = server.now(), message_id(self._header), content.text()
        for recipient in recipients:
            server.log.accept(
                Accepted(
                    at, record.client, server.address, self.sender, recipient, name, content.size, record.number, text
                )
            )

    def _rset(self, _line: bytes) -> None:
        self._reset()
        self._outlet.ready.append(_OK.data)

    def _noop(self, _line: bytes) -> None:
        self._outlet.ready.append(_OK.data)

    def _quit(self, _line: bytes) -> None:
        self._outlet.ready.append(_BYE.data)
        self._finish()

    def _reset(self) -> None:
        self._has_sender = False
        self._eight_bit = False
        self._recipients = []
        self._content = None


_COMMANDS: Final[dict[bytes, Callable[[Conversation, bytes], None]]] = {
    b"EHLO": Conversation._ehlo,
    b"HELO": Conversation._helo,
    b"STAR": Conversation._starttls,
    b"AUTH": Conversation._auth,
    b"MAIL": Conversation._mail,
    b"RCPT": Conversation._rcpt,
    b"DATA": Conversation._data,
    b"BDAT": Conversation._bdat,
    b"RSET": Conversation._rset,
    b"NOOP": Conversation._noop,
    b"VRFY": Conversation._noop,
    b"QUIT": Conversation._quit,
}
