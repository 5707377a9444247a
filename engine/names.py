"""What the DNS says of one name: questions over dnspython, answers kept for their time to live. Async; runs beside the scheduler.

Every answer is hostile input. Only records of the name that was asked, or of the end of its CNAME chain, are read; what else a
server sends along is ignored.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final, Generic, TypeVar, cast

import dns.asyncresolver
import dns.exception
import dns.inet
import dns.message
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver
import dns.reversename
import dns.rrset

from engine.clock import Clock
from engine.dns_ports import Ports, Turnstile
from engine.dns_wire import UDP_PAYLOAD, NotPlain, PlainAnswer, make_query, read_answer

SHORTEST_TTL: Final = 5.0
"""Seconds for which an answer is kept at least, so that a TTL of 0 does not mean a question for every message."""
LONGEST_TTL: Final = 86_400.0
"""Seconds for which an answer is kept at most."""
TROUBLE_TTL: Final = 60.0
"""Seconds after which a question that got no answer is asked again (RFC 2308, 7: at most five minutes)."""

_CACHE_SIZE: Final = 4096
"""Answers that are kept: those about mail exchangers of many domains are asked for again and again; what is of one domain is in
its route."""
_QUESTIONS_AT_ONCE: Final = 256
"""Enough that many domains whose name servers are silent hold up the others for moments only."""
_SECONDS_PER_TRY: Final = 2.0
"""Seconds that one server gets for one answer, less when there is not much time in all."""
_MOST_RECORDS: Final = 2000


class Status(Enum):
    """What came back."""

    FOUND = "found"
    NO_DATA = "no data"
    """The name exists, without records of the type asked for (RFC 2308, 2.2)."""
    NO_NAME = "no name"
    """NXDOMAIN: nothing exists at the name."""
    TROUBLE = "trouble"
    """No answer that counts: SERVFAIL, refusal, timeout, damage. It says nothing about the name."""


class Kind(IntEnum):
    """The record types that sending mail needs, with their numbers (RFC 1035, RFC 3596)."""

    A = dns.rdatatype.A
    PTR = dns.rdatatype.PTR
    MX = dns.rdatatype.MX
    TXT = dns.rdatatype.TXT
    AAAA = dns.rdatatype.AAAA


_PLAIN_KINDS: Final = frozenset({Kind.A, Kind.AAAA, Kind.MX})


@dataclass(frozen=True, slots=True)
class Exchanger:
    """One MX record. ``host`` is in lower case, without its final dot, odd characters escaped; "" is the root (RFC 7505)."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of a name and type.

    ``texts`` are addresses, reverse names or TXT records (the strings of each joined), ``exchangers`` what MX records say.
    ``expires`` in epoch seconds; ``reason`` says in words what the trouble was.
    """

    status: Status
    expires: float
    texts: tuple[str, ...] = ()
    exchangers: tuple[Exchanger, ...] = ()
    reason: str = ""


K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A mapping that forgets the entries used longest ago when it is full."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry, which counts as used now; None when there is none."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: K, value: V) -> None:
        """Keep an entry."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget an entry, if there is one."""
        self._entries.pop(key, None)

    def drop_all(self, condition: Callable[[V], bool]) -> None:
        """Forget the entries that a condition is true of."""
        for key in [key for key, value in self._entries.items() if condition(value)]:
            del self._entries[key]

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()


async def share(task: asyncio.Task[V], when_closed: Callable[[], V]) -> V:
    """Wait for a task that others wait for too: who gives up does not end it. *when_closed* answers when it was ended."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        waiter = asyncio.current_task()
        if task.cancelled() and not (waiter and waiter.cancelling()):
            return when_closed()
        raise


class NameClient:
    """Asks name servers. One question at a time per name and type; many names at once."""

    def __init__(
        self,
        name_servers: Sequence[tuple[str, int]],
        timeout_seconds: float,
        clock: Clock,
        cache_size: int = _CACHE_SIZE,
        trouble_seconds: float = TROUBLE_TTL,
    ) -> None:
        """*name_servers* are (address, port); none means those that the system uses. *timeout_seconds* is for one question,
        all tries and servers included; *trouble_seconds* pass until one that got no answer is asked again."""
        self._clock = clock
        self._trouble_seconds = trouble_seconds
        self._timeout = timeout_seconds
        self._answers: Recent[tuple[str, Kind], Answer] = Recent(cache_size)
        self._running: dict[tuple[str, Kind], asyncio.Task[Answer]] = {}
        self._turns = Turnstile(_QUESTIONS_AT_ONCE)
        self._resolver = _make_resolver(name_servers)
        self._servers = deque(name_servers or _system_servers(self._resolver))
        seconds_per_try = min(_SECONDS_PER_TRY, timeout_seconds / (len(self._servers) + 1))
        self._ports = Ports(seconds_per_try)
        if self._resolver is not None:
            self._resolver.timeout = seconds_per_try

    async def ask(self, name: str, kind: Kind) -> Answer:
        """The records of a full name, from the cache or from a name server. Never raises for what the DNS says."""
        return (await self.ask_all([(name, kind)]))[0]

    async def ask_all(self, questions: Sequence[tuple[str, Kind]]) -> list[Answer]:
        """The same for several questions at once."""
        begun = [self._known(key) or self._begin(key) for key in questions]
        return [each if isinstance(each, Answer) else await share(each, self._ended) for each in begun]

    async def ask_once(self, name: str, kind: Kind) -> Answer:
        """The same for one that nobody else asks, now or later: the answer is not kept."""
        return self._known((name, kind)) or await self._ask_servers(name, kind)

    def _known(self, key: tuple[str, Kind]) -> Answer | None:
        known = self._answers.get(key)
        return known if known is not None and known.expires > self._clock.now() else None

    def _begin(self, key: tuple[str, Kind]) -> asyncio.Task[Answer]:
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._ask_and_keep(key))
            task.add_done_callback(lambda _: self._running.pop(key, None))
        return task

    def _ended(self) -> Answer:
        return self._trouble("the program is about to stop asking")

    async def _ask_and_keep(self, key: tuple[str, Kind]) -> Answer:
        answer = await self._ask_servers(*key)
        self._answers.put(key, answer)
        return answer

    def forget(self, name: str) -> None:
        """Ask anew next time, whatever the type."""
        for kind in Kind:
            self._answers.drop((name, kind))

    async def close(self) -> None:
        """End the questions that are under way."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._ports.close()

    async def _ask_servers(self, name: str, kind: Kind) -> Answer:
        async with self._turns:
            started = asyncio.get_running_loop().time()
            answer = await self._query_plainly(name, kind) if kind in _PLAIN_KINDS and self._servers else None
            if answer is None:
                left = self._timeout - (asyncio.get_running_loop().time() - started)
                answer = await self._query(name, kind, left)
            return answer

    async def _query_plainly(self, text: str, kind: Kind) -> Answer | None:
        """One try at each server until one answers; None when that was no plain answer, and the general way must be gone."""
        try:
            query = make_query(secrets.randbits(16), text.rstrip("."), kind)
            for _ in range(len(self._servers)):
                server = self._servers[0]
                try:
                    return self._plain(read_answer(await self._ports.ask(server, query), query))
                except OSError:  # refused, unreachable, or no answer in time: another server comes first from now on
                    if self._servers[0] == server:
                        self._servers.rotate(-1)
        except NotPlain:
            pass
        return None

    def _plain(self, found: PlainAnswer) -> Answer:
        expires = self._expiry(found.ttl)
        if found.addresses or found.exchangers:
            exchangers = tuple(Exchanger(preference, host) for preference, host in found.exchangers)
            return Answer(Status.FOUND, expires, found.addresses[:_MOST_RECORDS], exchangers[:_MOST_RECORDS])
        return Answer(Status.NO_DATA if found.exists else Status.NO_NAME, expires)

    async def _query(self, text: str, kind: Kind, seconds: float) -> Answer:
        if self._resolver is None:
            return self._trouble("no name server is configured on this machine")
        try:
            name = dns.name.from_text(text.rstrip(".") + ".")
        except (dns.exception.DNSException, UnicodeError):
            return Answer(Status.NO_NAME, self._clock.now() + LONGEST_TTL)
        try:
            found = await self._resolver.resolve(
                name, dns.rdatatype.RdataType(kind), raise_on_no_answer=False, lifetime=seconds
            )
        except dns.resolver.NXDOMAIN as absent:
            return Answer(Status.NO_NAME, self._expiry(_negative_ttl(absent, name)))
        except dns.resolver.LifetimeTimeout:
            return self._trouble("the name servers did not answer in time")
        except dns.resolver.NoNameservers:
            return self._trouble("no name server gave a usable answer")
        except (dns.exception.DNSException, OSError, ValueError) as fault:
            return self._trouble(f"the question failed ({type(fault).__name__})")
        expires = self._expiry(found.chaining_result.minimum_ttl)
        return Answer(Status.NO_DATA, expires) if found.rrset is None else _answer(found.rrset, kind, expires)

    def _expiry(self, ttl: float) -> float:
        return self._clock.now() + min(max(ttl, SHORTEST_TTL), LONGEST_TTL)

    def _trouble(self, reason: str) -> Answer:
        return Answer(Status.TROUBLE, self._clock.now() + self._trouble_seconds, reason=reason)


def _answer(found: dns.rrset.RRset, kind: Kind, expires: float) -> Answer:
    records = list(found)[:_MOST_RECORDS]
    match kind:
        case Kind.MX:
            exchangers = cast("list[dns.rdtypes.ANY.MX.MX]", records)
            hosts = tuple(Exchanger(each.preference, _shown(each.exchange)) for each in exchangers)
            return Answer(Status.FOUND, expires, exchangers=hosts)
        case Kind.TXT:
            strings = cast("list[dns.rdtypes.ANY.TXT.TXT]", records)
            texts = tuple(b"".join(each.strings).decode("utf-8", "replace") for each in strings)
        case _:
            texts = tuple(each.to_text().rstrip(".").lower() for each in records)
    return Answer(Status.FOUND, expires, texts)


def _shown(name: dns.name.Name) -> str:
    return name.to_text().rstrip(".").lower()


def reverse_question(ip: str) -> str:
    """The name under which the reverse name of an address stands (RFC 1035, 3.5; RFC 3596, 2.5)."""
    return dns.reversename.from_address(ip).to_text()


def _negative_ttl(absent: dns.resolver.NXDOMAIN, name: dns.name.Name) -> float:
    """How long "no such name" holds: from the zone's SOA record (RFC 2308, 5)."""
    try:
        response: dns.message.QueryMessage = absent.response(name)  # type: ignore[no-untyped-call]  # dnspython's
        return float(response.resolve_chaining().minimum_ttl)
    except (KeyError, dns.exception.DNSException):
        return TROUBLE_TTL


def _system_servers(resolver: dns.asyncresolver.Resolver | None) -> list[tuple[str, int]]:
    """The addresses of the servers that the system uses; those that are no plain addresses (DNS over HTTPS) left out."""
    servers = [] if resolver is None else [server for server in resolver.nameservers if isinstance(server, str)]
    return [(server, 53) for server in servers if dns.inet.is_address(server)]


def _make_resolver(name_servers: Sequence[tuple[str, int]]) -> dns.asyncresolver.Resolver | None:
    try:
        resolver = dns.asyncresolver.Resolver(configure=not name_servers)
    except (dns.resolver.NoResolverConfiguration, OSError):
        return None
    if name_servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in name_servers]
    resolver.use_edns(0, 0, UDP_PAYLOAD)
    resolver.cache = None
    return resolver
