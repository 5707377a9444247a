"""What a rehearsal network consists of, as frozen values that load from and save to JSON: names, servers, scripts.

A rule of a script says at which stage of a conversation, under which conditions, a mail server does something other than
accept. Times of the clock (``daily``, ``since``, ``until``, ``Greylist``, ``Rate``) are the network's; the pace of what is
written (``Slow``, ``Trickle``) is real time, because it meets the real timeouts of the sender.
"""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from engine.replies import Stage

_CLOCK_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class _Data(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A value of a scenario."""


class _Action(_Data, frozen=True, tag_field="do"):
    """What a server does when a rule applies."""


# Actions that end a step: the first one that applies decides.


class Answer(_Action, frozen=True, tag="answer"):
    """Reply with this code and text; ``\\n`` parts the lines of a multi-line reply.

    The text may name {client}, {server}, {host}, {sender}, {recipient}. A code below 400 lets the command take its effect
    (354 to DATA also when every recipient was refused). ``close`` ends the connection behind the reply; by default a 421
    and a refusal at the banner do.
    """

    code: int
    text: str
    close: bool | None = None

    def __post_init__(self) -> None:
        if not 200 <= self.code <= 599:
            raise ValueError(f"the code of an answer is 200 to 599, not {self.code}")


class Greylist(_Action, frozen=True, tag="greylist"):
    """Refuse an unknown (client, sender, recipient) until ``seconds`` have passed since it was first seen; for stage rcpt."""

    seconds: float
    code: int = 451
    text: str = "4.7.1 Greylisted, please try again in a few minutes"


class Drop(_Action, frozen=True, tag="drop"):
    """Close the connection instead of replying.

    ``accept``: the command takes its effect before (at end_of_data: the message counts as accepted, its reply is lost).
    ``reset`` ends with RST in place of FIN. ``after_bytes`` above 0, at end_of_data: close as soon as so many bytes of
    content were read.
    """

    accept: bool = False
    reset: bool = False
    after_bytes: int = 0


class Silence(_Action, frozen=True, tag="silence"):
    """Never answer again; the connection stays open. ``accept`` and ``after_bytes`` as for Drop; ``deaf`` stops reading too."""

    accept: bool = False
    deaf: bool = False
    after_bytes: int = 0


class FloodKind(StrEnum):
    """What there is no end of."""

    LINE = "line"
    """One line that never ends."""
    CONTINUATION = "continuation"
    """One reply that never ends: 250-…"""
    REPLIES = "replies"
    """Complete replies that nobody asked for."""


class Flood(_Action, frozen=True, tag="flood"):
    """Write without end, as fast as it is read."""

    kind: FloodKind


class Raw(_Action, frozen=True, tag="raw"):
    """Write these bytes (as Latin-1) in place of a reply. ``accept``: the command takes its effect."""

    data: str
    accept: bool = False


# Actions that change how a step is carried out: all that apply add up.


class Slow(_Action, frozen=True, tag="slow"):
    """Reply this many real seconds late. The command has its effect at once: a message is accepted, then the reply waits."""

    seconds: float


class Trickle(_Action, frozen=True, tag="trickle"):
    """Write the reply one byte every so many real seconds."""

    seconds: float = 1.0


class Append(_Action, frozen=True, tag="append"):
    """Write these bytes (as Latin-1) right behind the reply, in the same packet.

    Extra replies that nobody asked for; at stage starttls: plaintext smuggled in before the handshake.
    """

    data: str


class Swap(_Action, frozen=True, tag="swap"):
    """Hold the reply back and write it behind the next one: replies out of order."""


class Offer(_Action, frozen=True, tag="offer"):
    """At stage ehlo: offer these keywords too, and leave those out (first words count: "SIZE 1000", "STARTTLS")."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Renege(_Action, frozen=True, tag="renege"):
    """At stage ehlo: do not keep what is offered.

    PIPELINING: forget what came in one packet behind the first command. 8BITMIME, SMTPUTF8, SIZE: refuse the parameter.
    CHUNKING: refuse BDAT.
    """

    extensions: tuple[str, ...]


Action = Answer | Greylist | Drop | Silence | Flood | Raw | Slow | Trickle | Append | Swap | Offer | Renege


class Rate(_Data, frozen=True):
    """More than ``count`` within ``seconds`` for one client: what is above it falls under the rule, the rest passes."""

    count: int
    seconds: float


class Rule(_Data, frozen=True):
    """One line of a script. Every condition that is given must hold.

    ``at``: providers, MX host names or server addresses (empty: all servers). ``clients``: sending addresses or networks.
    ``recipient``, ``sender``: patterns with * and ?. ``header``: a pattern searched for in the message's header, at
    end_of_data. ``daily``: from and to, "10:00" to "11:00" UTC on the network's clock, also over midnight. ``since`` and
    ``until``: epoch seconds. ``connections``: first and last number of the client's connections to this server;
    ``messages``: of the messages of one connection; both count from 1, a last of None is no end. ``times``: applies so
    often, then no more. ``open_over``: the client has more connections open to this server. At stage session a rule is
    looked at behind each message and whenever rules are added; its answer comes unasked.
    """

    stage: Stage
    action: Action
    id: str = ""
    at: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    recipient: str = ""
    sender: str = ""
    header: str = ""
    daily: tuple[str, str] | None = None
    since: float | None = None
    until: float | None = None
    connections: tuple[int, int | None] | None = None
    messages: tuple[int, int | None] | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    tls: bool | None = None
    open_over: int | None = None
    over: Rate | None = None

    def __post_init__(self) -> None:
        for client in self.clients:
            ipaddress.ip_network(client)
        for clock_time in self.daily or ():
            if not _CLOCK_TIME.fullmatch(clock_time):
                raise ValueError(f"daily takes times such as 10:00, not {clock_time!r}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"a probability is 0 to 1, not {self.probability}")


class Certificate(StrEnum):
    """What a server shows after STARTTLS."""

    TRUSTED = "trusted"
    """Signed by the network's own authority, for the right name."""
    SELF_SIGNED = "self_signed"
    EXPIRED = "expired"
    WRONG_NAME = "wrong_name"
    """Signed by the authority, for another host."""
    OLD_PROTOCOL = "old_protocol"
    """Nothing above TLS 1.1 is spoken."""


EXTENSIONS: Final = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES")


class MailHost(_Data, frozen=True):
    """One MX host. It listens on all ``addresses`` and ``spare`` ones; names show the ``addresses`` only.

    With ``shown``, names give so many of the addresses at a time and go on to the next ones every ``rotation`` seconds of
    the network's clock. ``listening`` False: connections are refused. ``tls`` None: no STARTTLS.
    """

    name: str
    addresses: tuple[str, ...]
    spare: tuple[str, ...] = ()
    shown: int | None = None
    rotation: float = 3600.0
    listening: bool = True
    tls: Certificate | None = None
    extensions: tuple[str, ...] = EXTENSIONS


class Provider(_Data, frozen=True):
    """A family of MX hosts that share their scripts' targets and greylists."""

    name: str
    hosts: tuple[MailHost, ...]


class MX(_Data, frozen=True):
    """One MX record."""

    host: str
    preference: int = 10


NULL_MX: Final = (MX(host=".", preference=0),)
"""The domain takes no mail (RFC 7505)."""


class Domain(_Data, frozen=True):
    """One recipient domain. Without ``mx`` its own ``addresses`` are the implicit MX (RFC 5321, 5.1)."""

    name: str
    mx: tuple[MX, ...] = ()
    addresses: tuple[str, ...] = ()
    txt: tuple[str, ...] = ()
    ttl: int = 300


class Sender(_Data, frozen=True):
    """The names of one sending address: its PTR, and the address record that leads back unless ``forward`` is False."""

    address: str
    name: str
    forward: bool = True


class Record(_Data, frozen=True):
    """Any other record set, in the text form of zone files: type "CNAME", values ("mx.example.",)."""

    name: str
    type: str
    values: tuple[str, ...]
    ttl: int = 300


class Fault(StrEnum):
    """What a name server does wrong."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    NXDOMAIN = "nxdomain"
    TIMEOUT = "timeout"
    """No answer at all."""
    TRUNCATE = "truncate"
    """Over UDP an empty answer with the TC bit; over TCP the real one."""
    TRUNCATE_DEAD = "truncate_dead"
    """Truncated over UDP, and no answer over TCP."""
    GARBAGE = "garbage"
    """Bytes that are no message."""
    WRONG_ID = "wrong_id"
    """The answer carries the id of another question."""
    POISON = "poison"
    """The answer, with records beside it that nobody asked for: see NameFault.extra."""


class NameFault(_Data, frozen=True):
    """A fault that the name server shows for one name; ``types`` empty: whatever type is asked for."""

    name: str
    fault: Fault
    types: tuple[str, ...] = ()
    extra: tuple[Record, ...] = ()


class Scenario(_Data, frozen=True):
    """A whole network."""

    name: str
    providers: tuple[Provider, ...]
    domains: tuple[Domain, ...]
    senders: tuple[Sender, ...] = ()
    records: tuple[Record, ...] = ()
    name_faults: tuple[NameFault, ...] = ()
    rules: tuple[Rule, ...] = ()
    description: str = ""


def load(path: Path) -> Scenario:
    """Read a scenario; raise ValueError with the place of what is wrong in it (msgspec.ValidationError), OSError."""
    return msgspec.json.decode(path.read_bytes(), type=Scenario)


def save(scenario: Scenario, path: Path) -> None:
    """Write a scenario so that a person can edit it."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(scenario), indent=2) + b"\n")
