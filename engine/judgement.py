"""What replies mean: the classifier's verdicts, each text judged once. Runs in the worker process."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from engine.classifier import Classifier
from engine.hostile import parse_reply, shown
from engine.replies import Classification, Reply, Stage, Verdict
from engine.rules import Rule
from engine.wire import End, Job, Result

log = logging.getLogger(__name__)

_KEPT: Final = 4096
"""Verdicts that are remembered."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A reply that is not positive, and what it means."""

    stage: Stage
    reply: Reply
    classification: Classification

    @property
    def is_block(self) -> bool:
        """The pair is to be closed at once; with a threshold the engine counts first."""
        return self.classification.verdict is Verdict.BLOCK and self.classification.threshold is None

    def result(self, job: Job, pair: int) -> Result:
        """The result of a job that was refused so."""
        reply = self.reply
        return Result(
            job.recipient,
            job.attempt,
            pair,
            End.REFUSED,
            self.stage,
            reply.code,
            reply.enhanced,
            reply.text,
            self.classification,
        )


class Judge:
    """Judges replies by the rules that are in force."""

    def __init__(self) -> None:
        self._classifier = Classifier(())
        self._judged: dict[tuple[Stage, str, str], Judged] = {}

    def set_rules(self, rules: tuple[Rule, ...]) -> None:
        """Judge by these from now on."""
        self._classifier = Classifier(rules)
        self._judged.clear()

    def __call__(self, stage: Stage, text: str, own_ip: str) -> Judged:
        """What a reply (as on the wire) means that the sending address *own_ip* got at *stage*."""
        key = (stage, text, own_ip)
        judged = self._judged.get(key)
        if judged is None:
            reply = parse_reply(text)
            judged = Judged(stage, reply, self._classifier.classify(reply, stage, own_ip=own_ip))
            if len(self._judged) >= _KEPT:
                self._judged.clear()
            self._judged[key] = judged
            for rule in self._classifier.shadow_matches(reply, stage, own_ip=own_ip):
                log.info("shadow rule %s would have decided: %s", rule, shown(reply.text))
        return judged
