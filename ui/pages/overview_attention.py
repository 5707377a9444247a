"""The attention list of the overview: what waits for a person, one sentence and one action each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.services.attention import Attention, AttentionKind
from ui import icons, words
from ui.theme import Tone
from ui.widgets.notes import Sign, ToneLabel, quiet
from ui.widgets.reply_view import FlowText

_SHOWN: Final = 30
_SIGNS: Final = {
    AttentionKind.TOTAL_BLOCK: ("alert-octagon", Tone.BAD),
    AttentionKind.STREAM_PAUSED: ("pause-octagon-outline", Tone.BAD),
    AttentionKind.MAILING_REFUSED: ("email-alert-outline", Tone.BAD),
    AttentionKind.UNUSABLE_ADDRESS: ("lan-disconnect", Tone.BAD),
    AttentionKind.IN_DOUBT: ("help-circle-outline", Tone.WARNING),
    AttentionKind.ALERT: ("alert-outline", Tone.WARNING),
    AttentionKind.MAILING_PAUSED: ("pause-circle-outline", Tone.MUTED),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What stands in a line: the sentence, and the word on its button."""

    sentence: str
    verb: str


class AttentionList(QScrollArea):
    """``acted`` carries the thing whose button was pressed; ``dismissed`` the id of an alert."""

    acted = Signal(object)
    dismissed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._things: tuple[Attention, ...] | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("What needs attention"))
        self.lines: list[AttentionLine] = []
        self._body = QWidget(self)
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 4, 0)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        self.setWidget(self._body)

    def show_things(self, things: Sequence[Attention], now: float) -> None:
        """Show other things; when they are the same, the widgets (and the focus) stay."""
        if self._things == tuple(things):
            return
        self._things = tuple(things)
        remove_all_but_last(self._column)
        self.lines = [AttentionLine(thing, self.offer(thing), now, self._body) for thing in self._things[:_SHOWN]]
        shown: list[QWidget] = list(self.lines)
        if not shown:
            shown.append(quiet(self.tr("Nothing needs you now."), self._body))
        if len(self._things) > _SHOWN:
            shown.append(quiet(self.tr("and %Ln more", "", len(self._things) - _SHOWN), self._body))
        for place, widget in enumerate(shown):
            self._column.insertWidget(place, widget)
        for line in self.lines:
            line.acted.connect(self.acted)
            line.dismissed.connect(self.dismissed)

    def offer(self, thing: Attention) -> Offer:
        """The sentence and the verb of one thing."""
        name, place = words.one_line(thing.name), words.one_line(thing.place)
        match thing.kind:
            case AttentionKind.TOTAL_BLOCK:
                return Offer(self._total_block(thing, name, place), self.tr("Show blocks"))
            case AttentionKind.STREAM_PAUSED:
                sentence = self.tr("Stream {name} has stopped at {place}: {text}.")
                return Offer(sentence.format(name=name, place=place, text=_plain(thing.text)), self.tr("Resume"))
            case AttentionKind.MAILING_REFUSED:
                sentence = self.tr("Mailing {name} has stopped at {place}: {text}.")
                return Offer(sentence.format(name=name, place=place, text=_plain(thing.text)), self.tr("Resume"))
            case AttentionKind.UNUSABLE_ADDRESS:
                sentence = self.tr("{name} can't be used on this machine: {text}.")
                return Offer(sentence.format(name=name, text=_plain(thing.text)), self.tr("Show address"))
            case AttentionKind.IN_DOUBT:
                number = self.tr("%Ln recipient(s)", "", thing.number)
                sentence = self.tr("Mailing {name}: nobody knows whether {number} got it.")
                return Offer(sentence.format(name=name, number=number), self.tr("Decide…"))
            case AttentionKind.MAILING_PAUSED:
                number = self.tr("%Ln recipient(s)", "", thing.number)
                sentence = self.tr("Mailing {name} is paused; {number} wait.")
                return Offer(sentence.format(name=name, number=number), self.tr("Resume"))
            case AttentionKind.ALERT:
                return Offer(f"{name}: {_plain(thing.text)}.", self.tr("Dismiss"))

    def _total_block(self, thing: Attention, name: str, place: str) -> str:
        number = self.tr("%Ln recipient(s)", "", thing.number)
        if thing.domains > 1:
            sentence = self.tr("{place} refuses every address of stream {name} for {domains}; {number} wait.")
            return sentence.format(
                place=place, name=name, domains=self.tr("%Ln domain(s)", "", thing.domains), number=number
            )
        sentence = self.tr("{place} refuses every address of stream {name}; {number} wait.")
        return sentence.format(place=place, name=name, number=number)


def remove_all_but_last(layout: QBoxLayout) -> None:
    """Take the widgets before the last item, which is a stretch, out of a layout and delete them."""
    for _ in range(layout.count() - 1):
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


class AttentionLine(QWidget):
    """One thing."""

    acted = Signal(object)
    dismissed = Signal(int)

    def __init__(self, thing: Attention, offer: Offer, now: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thing = thing
        grid = QGridLayout(self)
        grid.setContentsMargins(2, 4, 0, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        icon, tone = _SIGNS[thing.kind]
        self.sentence = FlowText(self.tr("What happened"), self)
        self.sentence.show_text(offer.sentence)
        since = ToneLabel(words.ago(thing.at, now) if thing.at else "", Tone.MUTED, self)
        since.setToolTip(words.exact(thing.at) if thing.at else "")
        since.setVisible(bool(thing.at))
        self.button = QPushButton(offer.verb, self)
        self.button.setAccessibleDescription(offer.sentence)
        self.button.clicked.connect(lambda: self.acted.emit(self.thing))
        grid.addWidget(Sign(icon, tone, 18, self), 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.sentence, 0, 1)
        grid.addWidget(since, 1, 1)
        grid.addWidget(self.button, 0, 2, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        if thing.alert and thing.kind is not AttentionKind.ALERT:
            grid.addWidget(self._cross(), 0, 3, 2, 1, Qt.AlignmentFlag.AlignVCenter)

    def _cross(self) -> QToolButton:
        cross = QToolButton(self)
        cross.setAutoRaise(True)
        cross.setIcon(icons.icon("close"))
        cross.setToolTip(self.tr("Dismiss"))
        cross.setAccessibleName(self.tr("Dismiss"))
        cross.clicked.connect(lambda: self.dismissed.emit(self.thing.alert))
        return cross


def _plain(text: str) -> str:
    """Words for the middle of a sentence."""
    return words.one_line(text).rstrip(".")
