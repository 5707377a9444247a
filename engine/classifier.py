"""The classifier: an ordered set of rules, compiled once, gives each reply its verdict. Runs in the worker processes.

Time is bounded because RE2 is linear: one pass over the text finds the phrases that any rule needs, and only rules whose
phrases are all there are run, each over at most REPLY_LIMIT characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import re2

from engine.hostile import first_ip, fold_pattern, folded, parse_reply, shown
from engine.replies import Classification, Reply, Stage, Verdict
from engine.rules import Conditions, Rule, check_size, compile_pattern, pattern_options

__all__ = ["Classifier", "parse_reply", "shown"]

_LIST_NAME = re.compile(
    r"(?:\b(?:using|listed (?:at|in|on|by)|blacklisted (?:at|in|on|by)|blocked by|rejected by|dnsbl|rbl)\b[ :\"'(\[]*"
    r"(?:the )?)((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,12}\b)"
    r"|\b((?:[a-z0-9-]{1,63}\.){1,4}(?:spamhaus|sorbs|spamcop|abuseat|uceprotect|barracudacentral|mailspike|surriel|"
    r"njabl|abusix|manitu|gbudb|spamrats|junkemailfilter|backscatterer)\.(?:org|net|zone|de|com|fr))\b"
)


_FORWARD = "(?s:.*?)(?:{})"
"""A search as an anchored match: where it begins is not asked for, so one pass over the text is enough."""


class _Matcher:
    """Rules of one kind in order, with the filter that finds the candidates among them."""

    __slots__ = ("_conditions", "_expressions", "_filter", "_rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._conditions = [Conditions.of(rule) for rule in self._rules]
        self._filter = re2.Filter()
        for rule in self._rules:
            self._add(rule)
        if self._rules:
            self._filter.Compile()
        self._expressions = [self._filter.re(index) for index in range(len(self._rules))]

    def _add(self, rule: Rule) -> None:
        """Compiled once, in the form that is looked for: hundreds of programs take megabytes in each worker."""
        try:
            index = self._filter.Add(_FORWARD.format(fold_pattern(rule.pattern)), pattern_options())
        except re2.error:
            compile_pattern(rule)  # says what is wrong with the pattern by itself
            raise
        check_size(rule, self._filter.re(index))

    def matching(self, text: bytes, reply: Reply, stage: Stage | None) -> Iterator[Rule]:
        """The rules that match, in order, each looked for when it is asked for."""
        if not self._rules:
            return
        for index in self._filter.Match(text, potential=True) or ():
            conditions = self._conditions[index]
            if (conditions is None or conditions.hold(reply, stage)) and self._expressions[index].match(text):
                yield self._rules[index]


class Classifier:
    """Classifies replies by *rules*; the first that matches wins. Raises RuleError for a pattern that doesn't compile."""

    __slots__ = ("_answers", "_matcher", "_named", "_shadow")

    def __init__(self, rules: Sequence[Rule]) -> None:
        active = [rule for rule in rules if rule.enabled and not rule.shadow]
        self._matcher = _Matcher(active)
        self._answers = {rule.id: _answer(rule) for rule in active}
        self._named: dict[tuple[str, str, str], Classification] = {}
        self._shadow = _Matcher([rule for rule in rules if rule.enabled and rule.shadow])

    def classify(self, reply: Reply, stage: Stage | None, *, own_ip: str | None = None) -> Classification:
        """The verdict on *reply*, met at *stage* (None: not known) by the sending address *own_ip* (canonical).

        Never raises. 2xx and 3xx are ACCEPTED; where no rule matches the verdict is UNKNOWN.
        """
        if reply.is_positive or (reply.code == 0 and reply.enhanced.startswith("2.")):
            return _ACCEPTED
        text = folded(reply.text, own_ip)
        for rule in self._matcher.matching(text.encode(), reply, stage):
            answer = self._answers[rule.id]
            return self._name(answer, reply.text, text, own_ip) if "{" in answer.reason else answer
        return _UNKNOWN

    def _name(self, answer: Classification, text: str, fold: str, own_ip: str | None) -> Classification:
        """Fill in the address that is meant and, where the reason asks for it, the list that the reply names."""
        found = _LIST_NAME.search(fold) if "{list}" in answer.reason else None
        key = (answer.rule, own_ip or first_ip(text), (found[1] or found[2]) if found else "")
        named = self._named.get(key)
        if named is None:
            if len(self._named) >= _REMEMBERED:
                self._named.clear()
            reason = answer.reason.replace("{ip}", key[1] or "the sending address")
            reason = reason.replace("{list}", f": {key[2]}" if key[2] else "")
            named = self._named[key] = replace(answer, reason=reason)
        return named

    def shadow_matches(self, reply: Reply, stage: Stage | None, *, own_ip: str | None = None) -> tuple[str, ...]:
        """The ids of the shadow rules that match, in order; they decide nothing."""
        if reply.is_positive:
            return ()
        text = folded(reply.text, own_ip).encode()
        return tuple(rule.id for rule in self._shadow.matching(text, reply, stage))


_REMEMBERED = 1024
"""Reasons in words that are kept: few addresses, lists and rules make up nearly all."""
_ACCEPTED = Classification(Verdict.ACCEPTED)
_UNKNOWN = Classification(Verdict.UNKNOWN)


def _answer(rule: Rule) -> Classification:
    """What a rule's match means, its reason still a template."""
    return Classification(
        verdict=rule.verdict,
        rule=rule.id,
        scope=rule.scope,
        permanent=rule.permanent,
        threshold=rule.threshold,
        probe_interval_seconds=rule.probe_interval_seconds,
        reason=shown(rule.reason),
        advice=shown(rule.advice),
        provider=rule.provider,
    )
