"""Tries an edited rule before it counts: on one reply, and on those that were met lately. A service; changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.schema import MetReply
from app.services import own_rules
from app.services.own_rules import DAY
from app.services.rules import Replayed
from engine.classifier import Classifier, parse_reply
from engine.replies import Classification, Stage
from engine.rules import Rule

MOST_CHANGES = 10_000
"""Changed replies that one replay tells of; a rule that changes more is wrong anyway."""


@dataclass(frozen=True, slots=True)
class LabResult:
    """What edited rules would change. ``replies`` were replayed; ``changes`` stops at 10,000."""

    replies: int
    changes: tuple[Replayed, ...]


def try_reply(session: Session, edited: Rule, text: str, stage: Stage | None) -> Classification:
    """What would be decided of a reply with *edited* among the own rules, in force whatever its switch says."""
    rule = replace(edited, enabled=True, shadow=False)
    present = own_rules.complete_set(session)
    if any(each.id == rule.id for each in present):
        rules = [rule if each.id == rule.id else each for each in present]
    else:
        own = len(own_rules.listing(session))
        rules = [*present[:own], rule, *present[own:]]
    return Classifier(rules).classify(parse_reply(text), stage)


def replay(session: Session, edited: Sequence[Rule], *, days: float, now: float) -> LabResult:
    """Replay the replies of the last *days* against the rules with *edited* among the own ones."""
    number = session.scalar(select(func.count()).select_from(MetReply).where(MetReply.at >= now - days * DAY)) or 0
    changes = own_rules.lab(session, edited, days=days, now=now)
    return LabResult(number, tuple(islice(changes, MOST_CHANGES)))
