"""What the mail servers saw: connections, commands, accepted messages. In memory, and as JSON lines for other processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from engine.replies import Stage

_FLUSH_SECONDS: Final = 0.05


class Connection(msgspec.Struct, tag="connection", omit_defaults=True):
    """One connection to a mail server; it changes as long as it is open.

    ``number`` counts the network's connections, ``at`` and ``closed_at`` are epoch seconds of the network's clock.
    ``stage`` is where the newest reply was due, ``commands`` counts by the first four letters ("MAIL", "STAR"), ``messages``
    counts those accepted. ``faults`` says in words where the client broke the protocol; content is looked at in the first message,
    and in all of them when it is kept.
    """

    number: int
    client: str
    server: str
    host: str
    at: float
    stage: Stage = Stage.BANNER
    helo: str = ""
    encrypted: bool = False
    messages: int = 0
    refusals: int = 0
    """Replies of 400 and more, whatever the command."""
    closed_at: float | None = None
    commands: dict[str, int] = msgspec.field(default_factory=dict)
    faults: list[str] = msgspec.field(default_factory=list)


class Accepted(msgspec.Struct, frozen=True, gc=False, tag="message", omit_defaults=True):
    """One recipient of one message that a server took responsibility for. ``size`` in bytes, ``at`` in epoch seconds.

    ``message_id`` is the Message-ID of its header, "" without. ``content`` is there only when the network keeps it: the
    bytes as Latin-1, dots unstuffed.
    """

    at: float
    client: str
    server: str
    sender: str
    recipient: str
    message_id: str
    size: int
    connection: int
    content: str = ""


class Summary(msgspec.Struct, frozen=True):
    """Counts over all servers. ``duplicates`` is how many accepted ones are above one per (recipient, Message-ID)."""

    connections: int
    open: int
    messages: int
    duplicates: int
    commands: dict[str, int]
    faults: list[str]


Entry = Connection | Accepted


class TrafficLog:
    """Holds what was seen, answers what tests ask, and appends it to a file when one is given.

    With ``keep_messages`` False accepted messages are only counted: for runs whose memory is measured.
    """

    def __init__(self, path: Path | None = None, *, keep_messages: bool = True) -> None:
        self.keep_messages: Final = keep_messages
        self.accepted: list[Accepted] = []
        self.opened: list[Connection] = []
        self.messages = 0
        self._numbers = count(1)
        self._file: BinaryIO | None = path.open("ab", buffering=0) if path else None
        self._unwritten: list[Entry] = []
        self._timer: asyncio.TimerHandle | None = None
        self._encode: Final = msgspec.json.Encoder().encode_lines

    # What servers note

    def open(self, client: str, server: str, host: str, at: float) -> Connection:
        """A client has connected. The returned record is the server's to change."""
        connection = Connection(next(self._numbers), client, server, host, at)
        self.opened.append(connection)
        if self._file:
            self._write(connection)
        return connection

    def closed(self, connection: Connection, at: float) -> None:
        """A connection has ended; the file gets a second line about it."""
        connection.closed_at = at
        if self._file:
            self._write(connection)

    def accept(self, message: Accepted) -> None:
        """A server has taken responsibility for one recipient's message."""
        self.messages += 1
        if self.keep_messages:
            self.accepted.append(message)
        if self._file:
            self._write(message)

    # What tests ask

    def connections(
        self, client: str | None = None, server: str | None = None, since: float | None = None
    ) -> list[Connection]:
        """Connections in order of opening; ``server`` is an address or a host name, ``since`` an instant."""
        return [
            entry
            for entry in self.opened
            if client in (None, entry.client)
            and server in (None, entry.server, entry.host)
            and (since is None or entry.at >= since)
        ]

    def received(
        self,
        client: str | None = None,
        server: str | None = None,
        recipient: str | None = None,
        since: float | None = None,
    ) -> list[Accepted]:
        """Accepted messages in order; ``server`` is an address, ``since`` an instant."""
        return [
            entry
            for entry in self.accepted
            if client in (None, entry.client)
            and server in (None, entry.server)
            and recipient in (None, entry.recipient)
            and (since is None or entry.at >= since)
        ]

    def recipients(self) -> Counter[str]:
        """How many messages each address got."""
        return Counter(entry.recipient for entry in self.accepted)

    def duplicates(self) -> dict[tuple[str, str], int]:
        """(recipient, Message-ID) that was accepted more than once, and how often."""
        counts = Counter((entry.recipient, entry.message_id) for entry in self.accepted)
        return {key: number for key, number in counts.items() if number > 1}

    def commands(self) -> Counter[str]:
        """Commands by verb, over all connections."""
        total: Counter[str] = Counter()
        for entry in self.opened:
            total.update(entry.commands)
        return total

    def faults(self) -> list[str]:
        """Where clients broke the protocol, in words."""
        return [f"{entry.client} → {entry.server}: {fault}" for entry in self.opened for fault in entry.faults]

    def summary(self) -> Summary:
        """Counts over all servers."""
        return Summary(
            connections=len(self.opened),
            open=sum(entry.closed_at is None for entry in self.opened),
            messages=self.messages,
            duplicates=sum(number - 1 for number in self.duplicates().values()),
            commands=dict(self.commands()),
            faults=self.faults(),
        )

    def forget(self) -> None:
        """Start anew: forget closed connections and all messages."""
        self.accepted.clear()
        self.messages = 0
        self.opened[:] = [entry for entry in self.opened if entry.closed_at is None]

    # The file

    def _write(self, entry: Entry) -> None:
        self._unwritten.append(entry)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write to the file what is not there yet."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._file and self._unwritten:
            self._file.write(self._encode(self._unwritten))
            self._unwritten.clear()

    def close(self) -> None:
        """Write the rest and close the file."""
        self.flush()
        if self._file:
            self._file.close()
            self._file = None


def read_log(path: Path) -> Iterator[Entry]:
    """The entries of a log file, in order. A connection comes when it opens and again, complete, when it has closed.

    A last line that is still being written is left out.
    """
    decode = msgspec.json.Decoder(Entry).decode
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield decode(line)
