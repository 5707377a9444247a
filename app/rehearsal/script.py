"""Which rules of a scenario apply to what a client does just now. Decides only; :mod:`conversation` carries it out."""

from __future__ import annotations

import ipaddress
import random
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from itertools import count
from typing import Final, Protocol

import msgspec

from app.rehearsal.scenario import (
    Action,
    Append,
    Drop,
    Greylist,
    Offer,
    Rate,
    Renege,
    Rule,
    Silence,
    Slow,
    Swap,
    Trickle,
)
from engine.replies import Stage

_DAY: Final = 86_400


class Talk(Protocol):
    """What rules can know of a conversation. ``message`` and ``connection`` count from 1."""

    @property
    def client(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def header(self) -> str: ...
    @property
    def encrypted(self) -> bool: ...
    @property
    def connection(self) -> int: ...
    @property
    def message(self) -> int: ...
    @property
    def open_connections(self) -> int: ...


Check = Callable[[Talk, float], bool]


@dataclass(slots=True)
class Play:
    """What the rules make of one step. ``end`` None: the step goes as usual. Times in real seconds."""

    end: Action | None = None
    delay: float = 0.0
    interval: float = 0.0
    behind: bytes = b""
    swap: bool = False
    offered: list[str] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    reneged: set[str] = field(default_factory=set)

    def add(self, action: Action) -> bool:
        """Take up an action that applies; True when it ends the step."""
        match action:
            case Slow(seconds=seconds):
                self.delay += seconds
            case Trickle(seconds=seconds):
                self.interval = seconds
            case Append(data=data):
                self.behind += data.encode("latin-1")
            case Swap():
                self.swap = True
            case Offer(add=add, remove=remove):
                self.offered.extend(add)
                self.withheld.update(keyword(word) for word in remove)
            case Renege(extensions=extensions):
                self.reneged.update(keyword(word) for word in extensions)
            case _:
                self.end = action
                return True
        return False


def keyword(extension: str) -> str:
    """The keyword of an EHLO line: "SIZE" of "size 1000"."""
    return extension.split(maxsplit=1)[0].upper()


class LiveRule:
    """A rule with its memory: how often it applied, who was seen. One for all servers that it is for."""

    def __init__(self, rule: Rule) -> None:
        self.rule: Final = rule
        self.applied = 0
        self._checks: Final = tuple(_checks(rule))
        self._random: Final = random.Random(rule.seed)  # noqa: S311 - repeatable chance, no secret
        self._recent: dict[str, deque[float]] = {}
        self._first_seen: dict[tuple[str, str, str], float] = {}

    def applies(self, talk: Talk, now: float) -> bool:
        """Whether every condition holds; what has a memory remembers this step."""
        rule = self.rule
        if rule.times is not None and self.applied >= rule.times:
            return False
        if not all(check(talk, now) for check in self._checks):
            return False
        if rule.probability < 1 and self._random.random() >= rule.probability:
            return False
        if rule.over is not None and self._within(rule.over, talk.client, now):
            return False
        if isinstance(rule.action, Greylist) and not self._is_greylisted(rule.action, talk, now):
            return False
        self.applied += 1
        return True

    def _within(self, rate: Rate, client: str, now: float) -> bool:
        passed = self._recent.setdefault(client, deque())
        while passed and passed[0] <= now - rate.seconds:
            passed.popleft()
        if len(passed) >= rate.count:
            return False
        passed.append(now)
        return True

    def _is_greylisted(self, action: Greylist, talk: Talk, now: float) -> bool:
        first = self._first_seen.setdefault((talk.client, talk.sender, talk.recipient), now)
        return now < first + action.seconds


def _checks(rule: Rule) -> Iterable[Check]:
    """The conditions of a rule that have no memory, cheapest first."""
    if rule.tls is not None:
        yield lambda talk, _: talk.encrypted == rule.tls
    yield from _time_checks(rule)
    yield from _number_checks(rule)
    if rule.clients:
        yield _client_check(rule.clients)
    if rule.recipient:
        fits_recipient = re.compile(translate(rule.recipient), re.IGNORECASE).match
        yield lambda talk, _: fits_recipient(talk.recipient) is not None
    if rule.sender:
        fits_sender = re.compile(translate(rule.sender), re.IGNORECASE).match
        yield lambda talk, _: fits_sender(talk.sender) is not None
    if rule.header:
        find = re.compile(translate(f"*{rule.header}*"), re.IGNORECASE).match
        yield lambda talk, _: find(talk.header) is not None


def _time_checks(rule: Rule) -> Iterable[Check]:
    if (since := rule.since) is not None:
        yield lambda _, now: now >= since
    if (until := rule.until) is not None:
        yield lambda _, now: now < until
    if rule.daily is not None:
        start, end = (_seconds_of_day(clock_time) for clock_time in rule.daily)
        if start <= end:
            yield lambda _, now: start <= now % _DAY < end
        else:
            yield lambda _, now: now % _DAY >= start or now % _DAY < end


def _number_checks(rule: Rule) -> Iterable[Check]:
    if rule.connections is not None:
        first, last = rule.connections
        yield lambda talk, _: first <= talk.connection and (last is None or talk.connection <= last)
    if rule.messages is not None:
        earliest, latest = rule.messages
        yield lambda talk, _: earliest <= talk.message and (latest is None or talk.message <= latest)
    if (limit := rule.open_over) is not None:
        yield lambda talk, _: talk.open_connections > limit


def _client_check(clients: Sequence[str]) -> Check:
    networks = [ipaddress.ip_network(client) for client in clients]
    known: dict[str, bool] = {}

    def check(talk: Talk, _: float) -> bool:
        if talk.client not in known:
            known[talk.client] = any(ipaddress.ip_address(talk.client) in network for network in networks)
        return known[talk.client]

    return check


def _seconds_of_day(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 3600 + int(minutes) * 60


@dataclass(frozen=True, slots=True)
class Script:
    """The rules of one server, each stage's in the order in which they are looked at. False when there are none."""

    stages: Mapping[Stage, tuple[LiveRule, ...]]
    cuts: tuple[LiveRule, ...] = ()
    """Those that cut the content off (``after_bytes``)."""

    def __bool__(self) -> bool:
        return bool(self.stages or self.cuts)

    def play(self, stage: Stage, talk: Talk, now: float) -> Play | None:
        """What the rules make of this step; None when none applies."""
        return _play(self.stages.get(stage, ()), talk, now)

    def cut(self, size: int, talk: Talk, now: float) -> Play | None:
        """What the rules make of content of which *size* bytes were read; None when it may go on."""
        return _play([live for live in self.cuts if cut_after(live.rule.action) <= size], talk, now)

    def shortest_cut(self) -> int | None:
        """The smallest number of bytes at which content may be cut off."""
        return min((cut_after(live.rule.action) for live in self.cuts), default=None)


def cut_after(action: Action) -> int:
    """The bytes of content after which an action strikes; 0 when it does not cut content."""
    return action.after_bytes if isinstance(action, Drop | Silence) else 0


def _play(rules: Iterable[LiveRule], talk: Talk, now: float) -> Play | None:
    result: Play | None = None
    for live in rules:
        if live.applies(talk, now):
            result = result or Play()
            if result.add(live.rule.action):
                break
    return result


class RuleBook:
    """All rules of a network, changeable while it runs. Rules that are added later are looked at first."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._numbers = count(1)
        self._rules: list[LiveRule] = []
        for rule in reversed(rules):
            self.add(rule)

    def add(self, rule: Rule) -> str:
        """Put a rule in force, before the others; return its id. Raise ValueError when that id is taken."""
        taken = {live.rule.id for live in self._rules}
        if rule.id in taken:
            raise ValueError(f"there is a rule {rule.id!r} already")
        if not rule.id:
            free = next(name for number in self._numbers if (name := f"rule-{number}") not in taken)
            rule = msgspec.structs.replace(rule, id=free)
        self._rules.insert(0, LiveRule(rule))
        return rule.id

    def lift(self, rule_id: str) -> bool:
        """Take a rule out of force; False when there is none with this id."""
        before = len(self._rules)
        self._rules = [live for live in self._rules if live.rule.id != rule_id]
        return len(self._rules) < before

    def clear(self) -> None:
        """Take all rules out of force."""
        self._rules.clear()

    def rules(self) -> list[Rule]:
        """The rules in force, in the order in which they are looked at."""
        return [live.rule for live in self._rules]

    def applied(self, rule_id: str) -> int:
        """How often a rule in force has applied; raise KeyError when there is none with this id."""
        for live in self._rules:
            if live.rule.id == rule_id:
                return live.applied
        raise KeyError(rule_id)

    def script_for(self, names: frozenset[str]) -> Script:
        """The script of a server that goes by these names (provider, host, address)."""
        mine = [live for live in self._rules if not live.rule.at or not names.isdisjoint(live.rule.at)]
        stages: dict[Stage, tuple[LiveRule, ...]] = {}
        for live in mine:
            if not cut_after(live.rule.action):
                stages[live.rule.stage] = (*stages.get(live.rule.stage, ()), live)
        return Script(stages, tuple(live for live in mine if cut_after(live.rule.action)))
