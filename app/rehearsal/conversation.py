"""One SMTP conversation of a rehearsal's mail server: the commands of RFC 5321 and its extensions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from app.rehearsal.content import ContentReader, message_id
from app.rehearsal.script import Play, keyword
from app.rehearsal.traffic import Accepted
from app.rehearsal.wire import NOTHING, Reply, Wire, reply
from engine.replies import Stage

if TYPE_CHECKING:
    from app.rehearsal.servers import MailServer

_PATH: Final = rb'<((?:@[^:>]*:)?(?:"(?:[^"\\]|\\.)*"|[^">])*)>(?: +(.*))?$'
_MAIL: Final = re.compile(rb"(?is)MAIL FROM: ?" + _PATH)
_RCPT: Final = re.compile(rb"(?is)RCPT TO: ?" + _PATH)
_BDAT: Final = re.compile(rb"(?i)BDAT (\d{1,9})( LAST)?$")


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
_TOO_BIG: Final = reply(552, "5.3.4 Message too big")


class Conversation(Wire):
    """One connection that speaks SMTP."""

    def __init__(self, server: MailServer) -> None:
        super().__init__(server)
        self._greeted = False
        self._offered: dict[str, str] = {}
        self._reneged: set[str] = set()
        self._content: ContentReader | None = None
        self._recipients: list[str] = []
        self._has_sender = False
        self._eight_bit = False

    def _command(self, verb: bytes, line: bytes) -> None:
        handler = self._COMMANDS.get(verb)
        if self._turned_away and verb != b"QUIT":
            self._reply(_SEQUENCE)
        elif handler is None:
            self._reply(_UNKNOWN)
        else:
            handler(self, line)

    def _reset(self) -> None:
        self._greeted = False
        self._offered = {}
        self._new_transaction()

    # Greetings

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
            self._agree(offered)

    def _helo(self, line: bytes) -> None:
        self.record.helo = line[5:].decode("utf-8", "replace").strip()
        if self._say(Stage.EHLO, reply(250, self._server.host)) < 400:
            self._agree({})

    def _agree(self, offered: dict[str, str]) -> None:
        self._offered = offered
        self._greeted = True
        self._forgets_groups = "PIPELINING" in self._reneged
        self._may_pipeline = "PIPELINING" in offered and not self._forgets_groups
        self._new_transaction()

    def _starttls(self, _line: bytes) -> None:
        if "STARTTLS" not in self._offered or self.encrypted:
            self._reply(_SEQUENCE)
            return
        if self._start < self._end:
            self._fault("commands behind STARTTLS")
            self._start = self._end
        if self._say(Stage.STARTTLS, _GO_TLS) < 300:
            self._then(self._upgrade)

    def _auth(self, _line: bytes) -> None:
        if "AUTH" in self._offered:
            self._say(Stage.AUTH, _AUTH_OK)
        else:
            self._reply(_UNKNOWN)

    # The transaction

    def _mail(self, line: bytes) -> None:
        found = _MAIL.match(line)
        if found is None or self._has_sender or not self._greeted:
            self._reply(_SYNTAX if found is None else _SEQUENCE)
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
            self._reply(_SYNTAX if found is None else _SEQUENCE)
            return
        self.recipient = found[1].decode("utf-8", "replace")
        if self._say(Stage.RCPT, _OK_RCPT) < 300:
            self._recipients.append(self.recipient)

    def _data(self, _line: bytes) -> None:
        if not self._has_sender:
            self._reply(_SEQUENCE)
        elif self._say(Stage.DATA, _GO_AHEAD if self._recipients else _NO_RECIPIENTS) == 354:
            self._read_content(self._new_content())

    def _bdat(self, line: bytes) -> None:
        found = _BDAT.match(line)
        if found is None or "CHUNKING" not in self._offered or "CHUNKING" in self._reneged:
            self._reply(_UNKNOWN)
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
        self._reads_content = True

    def _take_content(self) -> bool:
        content = self._content or self._new_content()
        used, done = content.take(self._view, self._start, self._end)
        self._start += used
        if content.limit is not None and content.size >= content.limit and self._cut(content):
            return False
        if done:
            self._reads_content = False
            if content.is_last:
                self._end_of_data(content)
            else:
                self._say(Stage.DATA, _OK_CHUNK)
            if self._start < self._end and not self._may_pipeline:
                self._meet_group("the content")
        return done

    def _cut(self, content: ContentReader) -> bool:
        if play := self._server.script.cut(content.size, self, self._server.now()):
            self._perform(Stage.END_OF_DATA, play, NOTHING)
        return self._ended

    def _end_of_data(self, content: ContentReader) -> None:
        self._header = content.header()
        if self.message == 1 or self._server.keep_content:  # looking at all of them would be a third of the work
            self.record.faults.extend(content.faults())
        recipients = self._recipients
        if self._say(Stage.END_OF_DATA, _QUEUED if recipients else _NO_RECIPIENTS) < 300 and recipients:
            self._accept(content, recipients)
        self._new_transaction()
        if self._server.script:
            self._then(self._interject)

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
        self._new_transaction()
        self._reply(_OK)

    def _noop(self, _line: bytes) -> None:
        self._reply(_OK)

    def _quit(self, _line: bytes) -> None:
        self._reply(_BYE)
        self._finish()

    def _new_transaction(self) -> None:
        self._has_sender = False
        self._eight_bit = False
        self._recipients = []
        self._content = None

    _COMMANDS: ClassVar[dict[bytes, Callable[[Conversation, bytes], None]]] = {
        b"EHLO": _ehlo,
        b"HELO": _helo,
        b"STAR": _starttls,
        b"AUTH": _auth,
        b"MAIL": _mail,
        b"RCPT": _rcpt,
        b"DATA": _data,
        b"BDAT": _bdat,
        b"RSET": _rset,
        b"NOOP": _noop,
        b"VRFY": _noop,
        b"QUIT": _quit,
    }
