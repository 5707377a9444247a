"""Where mail for a domain goes: mail exchangers and their addresses (RFC 5321, 5.1). Async; runs beside the scheduler."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from engine.addresses import AddressError, to_ascii_domain
from engine.clock import Clock
from engine.names import TROUBLE_TTL, Answer, Exchanger, Kind, NameClient, Recent, Status, reverse_question, share
from engine.pairs import IPText, MXAddress, Route, exchanger_group, parse_ip

MOST_HOSTS: Final = 20
"""Mail exchangers of one domain that are looked at, best preference first."""
MOST_ADDRESSES: Final = 64
"""MX addresses of one domain that are used, best preference first."""

_ROUTES: Final = 100_000
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
).fullmatch


@dataclass(frozen=True, slots=True)
class ResolverConfig:
    """``name_servers`` are (address, port), empty for the system's; ``own_addresses`` are all sending addresses of ours.

    ``allow_loopback`` lets mail go to private, loopback and own addresses: for rehearsals only. ``timeout_seconds`` is for one
    question to the DNS, ``trouble_seconds`` pass until one that got no answer is asked again.
    """

    name_servers: tuple[tuple[str, int], ...] = ()
    allow_loopback: bool = False
    own_addresses: frozenset[str] = frozenset()
    timeout_seconds: float = 10.0
    trouble_seconds: float = TROUBLE_TTL


class RouteProblem(Exception):  # noqa: N818 - some of them are answers, not faults
    """Mail for a domain can't be routed. The message is one sentence behind an enhanced status code (RFC 3463)."""


class NullMX(RouteProblem):
    """The domain says that it takes no mail (RFC 7505). Permanent."""


class NoSuchDomain(RouteProblem):
    """The domain, or everything that could take its mail, does not exist. Permanent."""


class UnusableDomain(RouteProblem):
    """All mail exchangers of the domain stand at addresses that no mail may go to. Permanent."""


class TemporaryDNSFailure(RouteProblem):
    """The DNS gave no answer. Ask again at ``retry_at`` (epoch seconds); before, the same is said without asking."""

    def __init__(self, sentence: str, retry_at: float) -> None:
        """The sentence, and when another try makes sense."""
        super().__init__(sentence)
        self.retry_at = retry_at


@dataclass(frozen=True, slots=True)
class _Found:
    """A cached result: a route, or the kind of problem and its sentence."""

    expires: float
    route: Route | None = None
    problem: Callable[[str], RouteProblem] = NoSuchDomain
    sentence: str = ""

    def unwrap(self) -> Route:
        if self.route is None:
            raise self.problem(self.sentence)
        return self.route


class Resolver:
    """Finds routes, keeps them for their time to live, and asks once however many ask for the same domain."""

    def __init__(self, config: ResolverConfig, clock: Clock) -> None:
        """Starts nothing; the first question opens the first socket."""
        self._config = config
        self._clock = clock
        self._client = NameClient(
            config.name_servers, config.timeout_seconds, clock, trouble_seconds=config.trouble_seconds
        )
        self._routes: Recent[str, _Found] = Recent(_ROUTES)
        self._running: dict[str, asyncio.Task[_Found]] = {}

    async def route(self, domain: str) -> Route:
        """The route for a recipient domain (A-labels or Unicode).

        Raises NullMX, NoSuchDomain or UnusableDomain when mail can never be delivered as things stand, and
        TemporaryDNSFailure when the DNS does not say.
        """
        try:
            name = to_ascii_domain(domain)
        except AddressError as fault:
            raise NoSuchDomain(f"5.1.2 The domain can't exist: {fault}.") from None
        if name == domain:
            name = domain  # one text for all who keep it: there may be very many domains
        known = self._routes.get(name)
        if known is not None and known.expires > self._clock.now():
            return known.unwrap()
        task = self._running.get(name)
        if task is None:
            task = asyncio.create_task(self._find(name))
            self._running[name] = task
            task.add_done_callback(lambda _: self._running.pop(name, None))
        return (await share(task, lambda: self._closed(name))).unwrap()

    def holds_until(self, domain: str) -> float:
        """Until when the route of a domain (A-labels) is kept, in epoch seconds; 0 when there is none."""
        known = self._routes.get(domain)
        return 0.0 if known is None else known.expires

    def forget(self, domain: str) -> None:
        """Ask the DNS anew for this domain (A-labels) and its mail exchangers, next time."""
        known = self._routes.get(domain)
        self._routes.drop(domain)
        hosts = {address.host for address in known.route.addresses} if known is not None and known.route else set()
        for name in {domain, *hosts}:
            self._client.forget(name)

    def adopt(self, config: ResolverConfig) -> bool:
        """Go on with another configuration; False when it differs in more than the addresses that are ours.

        Routes are kept, but for those that the change could be about.
        """
        if replace(config, own_addresses=self._config.own_addresses) != self._config:
            return False
        changed = config.own_addresses ^ self._config.own_addresses
        self._config = config
        if changed:
            self._routes.drop_all(
                lambda found: found.route is None or any(each.address in changed for each in found.route.addresses)
            )
        return True

    async def close(self) -> None:
        """End the questions that are under way; who waits for a route gets a TemporaryDNSFailure that is over at once."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def _closed(self, domain: str) -> _Found:
        return _temporary(domain, Answer(Status.TROUBLE, self._clock.now(), reason="the question was ended"))

    async def reverse_name(self, ip: str) -> str | None:
        """The reverse name of an address, without its final dot; None when it has none. Raises TemporaryDNSFailure."""
        names = (await self._answer(reverse_question(ip), Kind.PTR)).texts
        return names[0] if names else None

    async def addresses_of(self, host: str) -> list[IPText]:
        """The IPv4 and IPv6 addresses of a host name, none when it does not exist. Raises TemporaryDNSFailure."""
        answers = [_checked(host, each) for each in await self._client.ask_all([(host, kind) for kind in _FAMILIES])]
        return [parse_ip(text) for answer in answers for text in answer.texts]

    async def exchangers(self, domain: str) -> list[str]:
        """The MX host names of a domain as they stand there, best preference first. Raises TemporaryDNSFailure."""
        return [each.host for each in _best(await self._answer(domain, Kind.MX))]

    async def txt(self, name: str) -> list[str]:
        """The TXT records of a name, the strings of each joined. Raises TemporaryDNSFailure."""
        return list((await self._answer(name, Kind.TXT)).texts)

    async def _answer(self, name: str, kind: Kind) -> Answer:
        return _checked(name, await self._client.ask(name, kind))

    async def _find(self, domain: str) -> _Found:
        answer = await self._client.ask_once(domain, Kind.MX)  # the route is kept
        found = _by_mx_answer(domain, answer) or await self._by_hosts(domain, answer)
        self._routes.put(domain, found)
        return found

    async def _by_hosts(self, domain: str, answer: Answer) -> _Found:
        """Ask for the addresses of the exchangers, or of the domain itself when it has none (RFC 5321, 5.1)."""
        hosts = _best(answer) if answer.status is Status.FOUND else [Exchanger(0, domain)]
        questions = [(host, kind) for host in hosts for kind in _FAMILIES]
        answers = await self._client.ask_all([(host.host, kind) for host, kind in questions])
        usable: dict[IPText, MXAddress] = {}
        refused: set[str] = set()
        for (host, _), each in zip(questions, answers, strict=True):
            for address in map(parse_ip, each.texts):
                why_not = self._why_refused(address)
                if why_not:
                    refused.add(why_not)
                else:
                    usable.setdefault(address, MXAddress(address, host.host, host.preference))
        expires = min(answer.expires, *(each.expires for each in answers))
        if usable:
            group = exchanger_group([host.host for host in hosts])
            return _Found(expires, Route(domain, group, tuple(usable.values())[:MOST_ADDRESSES]))
        if refused:
            where = " and ".join(sorted(refused))
            return _Found(expires, None, UnusableDomain, f"5.4.4 Mail for {domain} would go to {where} only.")
        trouble = next((each for each in answers if each.status is Status.TROUBLE), None)
        if trouble is not None:
            return _temporary(domain, trouble)
        return _Found(expires, None, NoSuchDomain, f"5.4.4 No mail exchanger of {domain} has an address.")

    def _why_refused(self, address: IPText) -> str:
        """Why no mail may go to an address, "" when it may: it is not on the internet, or it is ourselves."""
        ip = ipaddress.ip_address(address)
        if ip.is_multicast or ip.is_unspecified:
            return "addresses that are no host's"
        if self._config.allow_loopback:
            return ""
        inner = ip.sixtofour if isinstance(ip, ipaddress.IPv6Address) else None
        if not ip.is_global or (inner is not None and not inner.is_global):
            return "private or loopback addresses"
        if address in self._config.own_addresses:
            return "our own addresses"
        return ""


_FAMILIES: Final = (Kind.A, Kind.AAAA)


def _checked(name: str, answer: Answer) -> Answer:
    if answer.status is Status.TROUBLE:
        raise TemporaryDNSFailure(_trouble(name, answer), answer.expires)
    return answer


def _by_mx_answer(domain: str, answer: Answer) -> _Found | None:
    """What the answer to the MX question settles by itself."""
    match answer.status:
        case Status.NO_NAME:
            return _Found(answer.expires, None, NoSuchDomain, f"5.1.2 The domain {domain} does not exist.")
        case Status.TROUBLE:
            return _temporary(domain, answer)
        case Status.FOUND if [each.host for each in answer.exchangers] == [""]:  # RFC 7505, 3
            return _Found(answer.expires, None, NullMX, f"5.1.10 The domain {domain} takes no mail (null MX).")
        case Status.FOUND if not _best(answer):
            sentence = f"5.4.4 No mail exchanger of {domain} has a valid host name."
            return _Found(answer.expires, None, UnusableDomain, sentence)
    return None


def _temporary(domain: str, answer: Answer) -> _Found:
    def problem(sentence: str) -> TemporaryDNSFailure:
        return TemporaryDNSFailure(sentence, answer.expires)

    return _Found(answer.expires, None, problem, _trouble(domain, answer))


def _trouble(name: str, answer: Answer) -> str:
    return f"4.4.3 The DNS does not say where {name} is: {answer.reason}."


def _best(answer: Answer) -> list[Exchanger]:
    """The exchangers in order of preference, then of name; hostile names left out, the best MOST_HOSTS kept."""
    best: dict[str, Exchanger] = {}
    for each in sorted(answer.exchangers, key=lambda each: (each.preference, each.host)):
        if _HOST_NAME(each.host):
            best.setdefault(each.host, each)
    return list(best.values())[:MOST_HOSTS]
