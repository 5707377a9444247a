"""Answers "why not sent?" for one recipient: goes through every pair and says what excludes it. Takes nothing from limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from engine.limits import LimitKind, Limits, Place
from engine.pairs import IPPair, IPText, MXAddress, Route, family_of
from engine.ports import BoundAddress, StreamPlan
from engine.registry import Registry
from engine.why import (
    WORDS,
    CandidateReport,
    Exclusion,
    Explanation,
    blocked_words,
    instant,
    limit_words,
    ramp_words,
)

_Finding = tuple[Exclusion, str, float | None]

_KEEPS_WORSE_OUT = frozenset({Exclusion.NONE, Exclusion.LIMIT, Exclusion.BUSY})
"""What keeps recipients at a preference: pairs that are open, even if they have to be waited for."""
_NOT_POSSIBLE = frozenset(
    {Exclusion.ADDRESS_DISABLED, Exclusion.PAUSED_IN_STREAM, Exclusion.UNUSABLE, Exclusion.OTHER_FAMILY}
)
"""What leaves a pair out of those that a total block is about (product.md 5.5)."""


class Explainer:
    """Explains one stream's choice at one instant, for any domain of one provider."""

    def __init__(
        self,
        stream: StreamPlan,
        registry: Registry,
        limits: Limits,
        provider: str,
        now: float,
        capacity: Callable[[IPPair], int] | None,
        unusable: Collection[str],
    ) -> None:
        self._stream = stream
        self._registry = registry
        self._limits = limits
        self._provider = provider
        self._now = now
        self._capacity = capacity
        self._unusable = unusable

    def explain(
        self, route: Route, order: Sequence[BoundAddress], bucket: int, *, keep: str, strict: bool
    ) -> Explanation:
        """Go through all pairs: by preference of the MX, then in the recipient's *order* of addresses."""
        reports = [
            CandidateReport(
                IPPair(bound.address.ip, mx.address), mx.host, mx.preference, *self._judge(bound, mx, route)
            )
            for preference in sorted({mx.preference for mx in route.addresses})
            for bound in order
            for mx in _turned(bound, [mx for mx in route.addresses if mx.preference == preference], bucket)
        ]
        if keep:
            reports = _kept_to(reports, keep, strict)
        reports = _without_worse(reports)
        chosen = next((report.pair for report in reports if report.exclusion is Exclusion.NONE), None)
        times = [report.until for report in reports if report.until is not None]
        next_time = self._now if chosen else min(times, default=None)
        return Explanation(tuple(reports), chosen, next_time, _summary(reports, chosen, next_time))

    def _judge(self, bound: BoundAddress, mx: MXAddress, route: Route) -> _Finding:
        """What excludes a pair, taken by itself."""
        ip = bound.address.ip
        for exclusion, holds in (
            (Exclusion.OTHER_FAMILY, family_of(ip) is not family_of(mx.address)),
            (Exclusion.ADDRESS_DISABLED, not bound.address.enabled),
            (Exclusion.PAUSED_IN_STREAM, bound.paused),
            (Exclusion.UNUSABLE, ip in self._unusable),
            (Exclusion.STREAM_PAUSED, self._stream.paused),
        ):
            if holds:
                return exclusion, WORDS[exclusion], None
        return self._judge_possible(ip, mx, route)

    def _judge_possible(self, ip: IPText, mx: MXAddress, route: Route) -> _Finding:
        """What excludes a pair that the administrator's set-up allows."""
        block = self._registry.block_of(ip, mx.address, route.group)
        if block is not None and block.closes_pair:
            return Exclusion.BLOCKED, blocked_words(block), block.next_probe
        place = Place(self._stream.id, ip, mx.address, route.domain, self._provider)
        binding = self._limits.binding(place, self._now)
        if binding is not None and binding.kind is LimitKind.BACK_OFF:
            return Exclusion.BACKING_OFF, limit_words(binding), binding.until
        if self._registry.ramp_allowance(ip, mx.address, route.group) == 0:
            until = self._registry.ramp_until(ip, mx.address, route.group)
            return Exclusion.RAMP_FULL, ramp_words(until), until
        if binding is not None and self._limits.messages_for(place, 1, self._now) == 0:
            return Exclusion.LIMIT, limit_words(binding), binding.until
        if self._capacity is not None and self._capacity(IPPair(ip, mx.address)) <= 0:
            words = limit_words(binding) if binding is not None else WORDS[Exclusion.BUSY]
            return Exclusion.BUSY, words, None
        return Exclusion.NONE, WORDS[Exclusion.NONE], None


def _turned(bound: BoundAddress, exchangers: Sequence[MXAddress], bucket: int) -> Sequence[MXAddress]:
    """MX addresses of one preference in the order in which they are tried: they take turns by bucket."""
    family = family_of(bound.address.ip)
    same = [mx for mx in exchangers if family_of(mx.address) is family]
    others = [mx for mx in exchangers if family_of(mx.address) is not family]
    first = bucket % len(same) if same else 0
    return [*same[first:], *same[:first], *others]


def _kept_to(reports: Sequence[CandidateReport], keep: str, strict: bool) -> list[CandidateReport]:
    """Reports for a recipient that keeps to one address: as long as that is open, or in any case."""
    own = [report for report in reports if report.pair.sending_address == keep]
    if not own or not (strict or any(report.exclusion in _KEEPS_WORSE_OUT for report in own)):
        return list(reports)
    return own + [
        report if report.exclusion in _NOT_POSSIBLE else _excluded(report, Exclusion.OTHER_ADDRESS)
        for report in reports
        if report.pair.sending_address != keep
    ]


def _without_worse(reports: Sequence[CandidateReport]) -> list[CandidateReport]:
    """Reports in which a preference that is in use excludes the worse ones."""
    used = min((report.preference for report in reports if report.exclusion in _KEEPS_WORSE_OUT), default=None)
    return [
        _excluded(report, Exclusion.WORSE_PREFERENCE)
        if used is not None and report.preference > used and report.exclusion in _KEEPS_WORSE_OUT
        else report
        for report in reports
    ]


def _excluded(report: CandidateReport, exclusion: Exclusion) -> CandidateReport:
    return replace(report, exclusion=exclusion, text=WORDS[exclusion], until=None)


def _summary(reports: Sequence[CandidateReport], chosen: IPPair | None, next_time: float | None) -> str:
    """The answer in one sentence."""
    if chosen:
        return f"It can leave now over {chosen}."
    possible = [report for report in reports if report.exclusion not in _NOT_POSSIBLE]
    if not possible:
        return "No sending address of the stream can reach the domain: each is paused, unusable or of the other family."
    later = f"; the next possible time is {instant(next_time)}" if next_time is not None else ""
    blocked = sum(report.exclusion is Exclusion.BLOCKED for report in possible)
    if blocked == len(possible):
        return f"Held: all {blocked} possible pairs are blocked{later}."
    return f"Waiting: {blocked} of {len(possible)} possible pairs are blocked, the others can't be used now{later}."
