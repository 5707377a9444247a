"""States of blocks, kinds of events and stages as icon, word and tone. Pure but for the translation that is in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.services.blocks import BlockView
from engine.blocks import BlockEventKind, BlockState
from engine.replies import Stage
from ui.theme import Tone
from ui.widgets.marks import Mark

translate = QCoreApplication.translate
Look = tuple[str, Any, Tone]

_STATES: Final[Mapping[BlockState, Look]] = {
    BlockState.SUSPECT: ("help-circle-outline", QT_TRANSLATE_NOOP("blocks", "Suspect"), Tone.WARNING),
    BlockState.BLOCKED: ("cancel", QT_TRANSLATE_NOOP("blocks", "Blocked"), Tone.BAD),
    BlockState.PROBING: ("radar", QT_TRANSLATE_NOOP("blocks", "Probing"), Tone.ACCENT),
    BlockState.RECOVERING: ("trending-up", QT_TRANSLATE_NOOP("blocks", "Recovering"), Tone.GOOD),
    BlockState.PERMANENT: ("lock-outline", QT_TRANSLATE_NOOP("blocks", "Permanent"), Tone.BAD),
    BlockState.EXEMPT: ("shield-check-outline", QT_TRANSLATE_NOOP("blocks", "Exempt"), Tone.MUTED),
    BlockState.CLEARED: ("check-circle-outline", QT_TRANSLATE_NOOP("blocks", "Cleared"), Tone.GOOD),
}
_EVENTS: Final[Mapping[BlockEventKind, Look]] = {
    BlockEventKind.REFUSED: ("close", QT_TRANSLATE_NOOP("blocks", "Refused"), Tone.WARNING),
    BlockEventKind.BLOCKED: ("cancel", QT_TRANSLATE_NOOP("blocks", "Blocked"), Tone.BAD),
    BlockEventKind.WIDENED: ("arrow-expand-horizontal", QT_TRANSLATE_NOOP("blocks", "Widened"), Tone.BAD),
    BlockEventKind.PROBE_STARTED: ("radar", QT_TRANSLATE_NOOP("blocks", "Probe started"), Tone.MUTED),
    BlockEventKind.PROBE_REFUSED: ("close-circle-outline", QT_TRANSLATE_NOOP("blocks", "Probe refused"), Tone.BAD),
    BlockEventKind.PROBE_FAILED: (
        "help-circle-outline",
        QT_TRANSLATE_NOOP("blocks", "Probe without result"),
        Tone.WARNING,
    ),
    BlockEventKind.PROBE_ACCEPTED: ("check-circle-outline", QT_TRANSLATE_NOOP("blocks", "Probe accepted"), Tone.GOOD),
    BlockEventKind.RAMP: ("trending-up", QT_TRANSLATE_NOOP("blocks", "Slow start"), Tone.GOOD),
    BlockEventKind.RECOVERED: ("check-all", QT_TRANSLATE_NOOP("blocks", "Recovered"), Tone.GOOD),
    BlockEventKind.CLEARED: ("check-circle-outline", QT_TRANSLATE_NOOP("blocks", "Cleared"), Tone.GOOD),
    BlockEventKind.RESTORED: ("undo", QT_TRANSLATE_NOOP("blocks", "Restored"), Tone.WARNING),
    BlockEventKind.MADE_PERMANENT: ("lock-outline", QT_TRANSLATE_NOOP("blocks", "Made permanent"), Tone.BAD),
    BlockEventKind.EXEMPTED: ("shield-check-outline", QT_TRANSLATE_NOOP("blocks", "Exempted"), Tone.MUTED),
    BlockEventKind.PROBE_REQUESTED: ("radar", QT_TRANSLATE_NOOP("blocks", "Probe asked for"), Tone.ACCENT),
    BlockEventKind.NOTED: ("note-text-outline", QT_TRANSLATE_NOOP("blocks", "Noted"), Tone.MUTED),
}
_STAGES: Final[Mapping[Stage, Any]] = {
    Stage.BANNER: QT_TRANSLATE_NOOP("blocks", "greeting"),
    Stage.EHLO: "EHLO",
    Stage.STARTTLS: "STARTTLS",
    Stage.AUTH: "AUTH",
    Stage.MAIL: "MAIL FROM",
    Stage.RCPT: "RCPT TO",
    Stage.DATA: "DATA",
    Stage.END_OF_DATA: QT_TRANSLATE_NOOP("blocks", "end of data"),
    Stage.SESSION: QT_TRANSLATE_NOOP("blocks", "mid-session"),
}


def state_mark(state: BlockState) -> Mark:
    """How a state is shown."""
    icon, word, tone = _STATES[state]
    return Mark(icon, translate("blocks", word), tone)


def block_mark(block: BlockView) -> Mark:
    """How a block is shown: one of a totally blocked domain says so."""
    mark = state_mark(block.state)
    if not block.is_total:
        return mark
    word = translate("blocks", "Total block")
    if block.state is not BlockState.BLOCKED:
        word = f"{word}, {mark.word.lower()}"
    return Mark("alert-octagon", word, Tone.BAD)


def event_mark(kind: BlockEventKind) -> Mark:
    """How something that happened to a block is shown."""
    icon, word, tone = _EVENTS[kind]
    return Mark(icon, translate("blocks", word), tone)


def stage_word(stage: Stage) -> str:
    """What a stage of the conversation is called."""
    return translate("blocks", _STAGES[stage])
