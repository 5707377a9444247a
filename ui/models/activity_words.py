"""What lines of the activity page say: "stream.set_default" becomes "Stream made default". Pure but for the translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from engine.blocks import BlockEventKind
from ui.models.block_marks import event_mark

translate = QCoreApplication.translate

_KINDS: Final[Mapping[str, Any]] = {
    "address": QT_TRANSLATE_NOOP("activity", "Sending address"),
    "alert": QT_TRANSLATE_NOOP("activity", "Alert"),
    "block": QT_TRANSLATE_NOOP("activity", "Block"),
    "dkim": QT_TRANSLATE_NOOP("activity", "DKIM key"),
    "limits": QT_TRANSLATE_NOOP("activity", "Limits"),
    "list": QT_TRANSLATE_NOOP("activity", "List"),
    "mailing": QT_TRANSLATE_NOOP("activity", "Mailing"),
    "member": QT_TRANSLATE_NOOP("activity", "Member"),
    "pause": QT_TRANSLATE_NOOP("activity", "Pause at a provider"),
    "provider": QT_TRANSLATE_NOOP("activity", "Provider"),
    "rule": QT_TRANSLATE_NOOP("activity", "Rule"),
    "segment": QT_TRANSLATE_NOOP("activity", "Segment"),
    "setting": QT_TRANSLATE_NOOP("activity", "Setting"),
    "site": QT_TRANSLATE_NOOP("activity", "Site"),
    "stream": QT_TRANSLATE_NOOP("activity", "Stream"),
    "suppression": QT_TRANSLATE_NOOP("activity", "Suppression"),
}
_VERBS: Final[Mapping[str, Any]] = {
    "add": QT_TRANSLATE_NOOP("activity", "added"),
    "associate": QT_TRANSLATE_NOOP("activity", "stream chosen"),
    "clear": QT_TRANSLATE_NOOP("activity", "cleared"),
    "clear_and_probe": QT_TRANSLATE_NOOP("activity", "cleared with a slow start"),
    "complete": QT_TRANSLATE_NOOP("activity", "completed"),
    "copy": QT_TRANSLATE_NOOP("activity", "copied"),
    "create": QT_TRANSLATE_NOOP("activity", "created"),
    "delete": QT_TRANSLATE_NOOP("activity", "deleted"),
    "dismiss": QT_TRANSLATE_NOOP("activity", "dismissed"),
    "edit": QT_TRANSLATE_NOOP("activity", "edited"),
    "exempt": QT_TRANSLATE_NOOP("activity", "exempted"),
    "hold": QT_TRANSLATE_NOOP("activity", "made permanent"),
    "import": QT_TRANSLATE_NOOP("activity", "imported"),
    "lift": QT_TRANSLATE_NOOP("activity", "ended"),
    "move": QT_TRANSLATE_NOOP("activity", "moved"),
    "note": QT_TRANSLATE_NOOP("activity", "noted"),
    "pause": QT_TRANSLATE_NOOP("activity", "paused"),
    "probe": QT_TRANSLATE_NOOP("activity", "probe asked for"),
    "remove": QT_TRANSLATE_NOOP("activity", "removed"),
    "rename": QT_TRANSLATE_NOOP("activity", "renamed"),
    "restore": QT_TRANSLATE_NOOP("activity", "restored"),
    "resume": QT_TRANSLATE_NOOP("activity", "resumed"),
    "schedule": QT_TRANSLATE_NOOP("activity", "scheduled"),
    "set": QT_TRANSLATE_NOOP("activity", "set"),
    "set_default": QT_TRANSLATE_NOOP("activity", "made default"),
    "start": QT_TRANSLATE_NOOP("activity", "started"),
    "stop": QT_TRANSLATE_NOOP("activity", "stopped"),
    "test": QT_TRANSLATE_NOOP("activity", "test sent"),
    "unexempt": QT_TRANSLATE_NOOP("activity", "exemption ended"),
}
_EVENTS: Final = frozenset(BlockEventKind)


def kind_word(kind: str) -> str:
    """What a kind of thing is called: "stream" → "Stream"."""
    return translate("activity", _KINDS[kind]) if kind in _KINDS else kind.replace("_", " ").capitalize()


def action_words(action: str) -> str:
    """What was done, in words."""
    kind, _, verb = action.partition(".")
    if verb in _VERBS:
        told = translate("activity", _VERBS[verb])
    elif kind == "block" and verb in _EVENTS:
        told = event_mark(BlockEventKind(verb)).word.lower()
    else:
        told = verb.replace("_", " ")
    return f"{kind_word(kind)}: {told}"
