"""What is said of rules: verdicts, scopes, stages, whether they count; and the columns of their tables."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.services.rules import Replayed
from engine.replies import Classification, Scope, Stage, Verdict
from engine.rules import Rule
from ui import words
from ui.models.columns import Column
from ui.theme import Tone
from ui.widgets.marks import Mark

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in the table. ``place`` is where it is tried, from 1; ``number`` identifies it in the window."""

    number: int
    place: int
    rule: Rule
    is_own: bool


def verdict_word(verdict: Verdict) -> str:
    """What a verdict means."""
    return {
        Verdict.BLOCK: translate("rules", "Block"),
        Verdict.THROTTLE: translate("rules", "Throttle"),
        Verdict.GREYLIST: translate("rules", "Greylisting"),
        Verdict.RECIPIENT: translate("rules", "Bad recipient"),
        Verdict.MAILBOX_FULL: translate("rules", "Mailbox full"),
        Verdict.CONTENT: translate("rules", "Content"),
        Verdict.SENDER_DOMAIN: translate("rules", "Sender domain"),
        Verdict.POLICY: translate("rules", "Policy"),
        Verdict.SIZE: translate("rules", "Size"),
        Verdict.RELAY: translate("rules", "Relaying"),
        Verdict.SYSTEM: translate("rules", "Their trouble"),
        Verdict.PROTOCOL: translate("rules", "Protocol"),
        Verdict.ACCEPTED: translate("rules", "Accepted"),
        Verdict.UNKNOWN: translate("rules", "By its code"),
    }[verdict]


def scope_word(scope: Scope) -> str:
    """How far a block reaches."""
    return {
        Scope.PAIR: translate("rules", "This MX address"),
        Scope.GROUP: translate("rules", "All exchangers of the destination"),
    }[scope]


def stage_word(stage: Stage | None) -> str:
    """Where in the conversation."""
    return words.NONE if stage is None else stage.value.replace("_", " ").upper()


def state_mark(line: RuleLine) -> Mark:
    """Whether a rule counts."""
    if not line.rule.enabled:
        return Mark("toggle-switch-off-outline", translate("rules", "Off"), Tone.MUTED)
    if line.rule.shadow:
        return Mark("eye-outline", translate("rules", "Shadow: only logged"), Tone.ACCENT)
    if line.is_own:
        return Mark("account-check-outline", translate("rules", "On, your own"), Tone.GOOD)
    return Mark("check", translate("rules", "On, bundled"), Tone.MUTED)


def answer(given: Classification) -> str:
    """A decision in short: verdict, and the rule that made it."""
    said = verdict_word(given.verdict)
    if given.verdict is Verdict.BLOCK and given.permanent:
        said = translate("rules", "{}, permanent").format(said)
    return f"{said} ({given.rule})" if given.rule else said


def rule_columns() -> tuple[Column[RuleLine], ...]:
    """Columns of the table of rules."""
    return (
        Column(
            "place",
            translate("rules", "Order"),
            lambda line: words.number(line.place),
            width=8,
            is_number=True,
            value=lambda line: line.place,
        ),
        Column("id", translate("rules", "Rule"), lambda line: line.rule.id, width=34, bold=lambda line: line.is_own),
        Column("state", translate("rules", "State"), lambda line: state_mark(line).word, width=24, mark=state_mark),
        Column("verdict", translate("rules", "Verdict"), lambda line: verdict_word(line.rule.verdict), width=16),
        Column("provider", translate("rules", "Provider"), lambda line: line.rule.provider or words.NONE, width=16),
        Column("codes", translate("rules", "Codes"), lambda line: ", ".join(line.rule.codes) or words.NONE, width=14),
        Column(
            "advice",
            translate("rules", "Advice"),
            lambda line: line.rule.advice or line.rule.reason,
            width=60,
            tip=lambda line: line.rule.advice or line.rule.reason,
        ),
    )


def change_columns(now: float) -> tuple[Column[tuple[int, Replayed]], ...]:
    """Columns of what a replay would change."""
    return (
        Column(
            "when",
            translate("rules", "Met"),
            lambda row: words.ago(row[1].stored.when, now),
            width=14,
            tip=lambda row: words.exact(row[1].stored.when),
            value=lambda row: row[1].stored.when,
        ),
        Column("stage", translate("rules", "Stage"), lambda row: stage_word(row[1].stored.stage), width=14),
        Column("before", translate("rules", "Decided now"), lambda row: answer(row[1].before), width=30),
        Column("after", translate("rules", "Would be"), lambda row: answer(row[1].after), width=30),
        Column(
            "reply",
            translate("rules", "Reply"),
            lambda row: words.one_line(row[1].stored.text),
            width=80,
            is_fixed=True,
            tip=lambda row: words.one_line(row[1].stored.text),
        ),
    )
