"""The classifier: an ordered set of rules, compiled once, gives each reply its verdict. Runs in the worker processes.

Time is bounded because RE2 is linear: one pass over the text finds the phrases that any rule needs, and only rules whose
phrases are all there are run, each over at most REPLY_LIMIT characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import re2

from engine.hostile import first_ip, fold_pattern, folded, parse_reply, shown
from engine.replies import Classification, Reply, Stage, Verdict
from engine.rules import Conditions, Rule, compile_pattern, pattern_options

__all__ = ["Classifier", "parse_reply", "shown"]

_LIST_NAME = re.compile(
    r"(?:\b(?:using|listed (?:at|in|on|by)|blacklisted (?:at|in|on|by)|blocked by|rejected by|dnsbl|rbl)\b[ :\"'(\[]*"
    r"(?:the )?)((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,12}\b)"
    r"|\b((?:[a-z0-9-]{1,63}\.){1,4}(?:spamhaus|sorbs|spamcop|abuseat|uceprotect|barracudacentral|mailspike|surriel|"
    r"njabl|abusix|manitu|gbudb|spamrats|junkemailfilter|backscatterer)\.(?:org|net|zone|de|com|fr))\b"
)


class _Matcher:
    """Rules of one kind in order, with the filter that finds the candidates among them."""

    __slots__ = ("_conditions", "_expressions", "_filter", "_rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._conditions = [Conditions.of(rule) for rule in self._rules]
        self._filter = re2.Filter()
        for rule in self._rules:
            compile_pattern(rule)
            self._filter.Add(fold_pattern(rule.pattern), pattern_options())
        if self._rules:
            self._filter.Compile()
        self._expressions = [self._filter.re(index) for index in range(len(self._rules))]

    def matching(self, text: bytes, reply: Reply, stage: Stage | None) -> Iterator[Rule]:
        """The rules that match, in order, each looked for when it is asked for."""
        if not self._rules:
            return
        for index in self._filter.Match(text, potential=True) or ():
            conditions = self._conditions[index]
            if (conditions is None or conditions.hold(reply, stage)) and self._expressions[index].search(text):
                yield self._rules[index]


class Classifier:
    """Classifies replies by *rules*; the first that matches wins. Raises RuleError for a pattern that doesn't compile."""

    __slots__ = ("_answers", "_matcher", "_shadow")

    def __init__(self, rules: Sequence[Rule]) -> None:
        active = [rule for rule in rules if rule.enabled and not rule.shadow]
        self._matcher = _Matcher(active)
        self._answers = {rule.id: _answer(rule) for rule in active}
        self._shadow = _Matcher([rule for rule in rules if rule.enabled and rule.shadow])

    def classify(self, reply: Reply, stage: Stage | None, *, own_ip: str | None = None) -> Classification:
        """The verdict on *reply*, met at *stage* (None: not known) by the sending address *own_ip* (canonical).

        Never raises. 2xx and 3xx are ACCEPTED; where no rule matches the verdict is UNKNOWN.
        """
        if reply.is_positive or (reply.code == 0 and reply.enhanced.startswith("2.")):
            return _ACCEPTED
        text = folded(reply.text, own_ip).encode()
        rule = next(self._matcher.matching(text, reply, stage), None)
        if rule is None:
            return _UNKNOWN
        answer = self._answers[rule.id]
        return _named(answer, reply.text, own_ip) if "{" in answer.reason else answer

    def shadow_matches(self, reply: Reply, stage: Stage | None, *, own_ip: str | None = None) -> tuple[str, ...]:
        """The ids of the shadow rules that match, in order; they decide nothing."""
        if reply.is_positive:
            return ()
        text = folded(reply.text, own_ip).encode()
        return tuple(rule.id for rule in self._shadow.matching(text, reply, stage))


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


def _named(answer: Classification, text: str, own_ip: str | None) -> Classification:
    """Fill in the address that is meant and, where the reason asks for it, the list that the reply names."""
    reason = answer.reason.replace("{ip}", own_ip or first_ip(text) or "the sending address")
    if "{list}" in reason:
        found = _LIST_NAME.search(text.lower())
        reason = reason.replace("{list}", f": {found[1] or found[2]}" if found else "")
    return Classification(
        answer.verdict,
        answer.rule,
        answer.scope,
        answer.permanent,
        answer.threshold,
        answer.probe_interval_seconds,
        reason,
        answer.advice,
        answer.provider,
    )
