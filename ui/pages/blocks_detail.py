"""Beside the table of blocks: one block in full, with the exact reply, what it means, who waits, and everything that happened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from sqlalchemy.orm import Session

from app.services import blocks, held_mailings
from app.services.blocks import BlockEventView, BlockView
from app.services.held_mailings import HeldLane
from engine.blocks import BlockEventKind, BlockState
from engine.replies import Scope
from ui import icons, words
from ui.models.block_columns import next_probe, provider_of
from ui.models.block_marks import block_mark, event_mark, stage_word, state_mark
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.marks import MarkLabel
from ui.widgets.notes import ToneLabel, heading
from ui.widgets.reply_view import FlowText, ReplyView
from ui.widgets.timeline import Moment, Timeline

_LINK: Final = re.compile(r"https?://[^\s()<>\"]+[^\s()<>\".,;:]")
_ON_TIMELINE: Final = frozenset(set(BlockEventKind) - {BlockEventKind.PROBE_STARTED, BlockEventKind.NOTED})
_EVENTS_SHOWN: Final = 12
"""The newest; all are in the history."""
_LANES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class BlockDetails:
    """One block with all that is told of it. ``events`` oldest first; ``waiting`` most first."""

    block: BlockView
    events: Sequence[BlockEventView]
    waiting: Sequence[HeldLane]


def read_details(session: Session, block_id: int) -> BlockDetails:
    """Read it; raises UnknownName."""
    view = blocks.get(session, block_id)
    return BlockDetails(view, blocks.history(session, block_id), held_mailings.behind(session, view))


def pages_in(advice: str) -> list[str]:
    """The addresses of pages that an advice names, each once."""
    return list(dict.fromkeys(_LINK.findall(advice)))


class BlockDetail(QScrollArea):
    """Signals ask for what is to be done; ids are those of the block that is shown."""

    clear_asked = Signal(list)
    probe_asked = Signal(list)
    note_asked = Signal(int, str)
    rule_asked = Signal(str)
    waiting_asked = Signal(int)
    history_asked = Signal(int)
    closed = Signal()

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.details: BlockDetails | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Details of the block"))
        body = QWidget(self)
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(12, 4, 8, 8)
        self._column.setSpacing(6)
        self._build_head()
        self._build_reply()
        self._build_facts()
        self._build_timeline()
        self._build_note()
        self._build_history()
        self._column.addStretch(1)
        self.setWidget(body)
        self.hide()

    # Building

    def _build_head(self) -> None:
        self.title = heading("", self)
        self.title.setWordWrap(True)
        self._mark = MarkLabel(state_mark(BlockState.BLOCKED), self)
        self._close = QToolButton(self)
        self._close.setAutoRaise(True)
        self._close.setIcon(icons.icon("close"))
        self._close.setToolTip(self.tr("Close the details"))
        self._close.setAccessibleName(self.tr("Close the details"))
        self._close.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.clear_button = QPushButton(icons.icon("check"), self.tr("Clear block"), self)
        self.clear_button.clicked.connect(lambda: self._ask(self.clear_asked))
        self.probe_button = QPushButton(icons.icon("radar"), self.tr("Probe now"), self)
        self.probe_button.clicked.connect(lambda: self._ask(self.probe_asked))
        buttons = QHBoxLayout()
        buttons.addWidget(self._mark, 1)
        buttons.addWidget(self.clear_button)
        buttons.addWidget(self.probe_button)
        self._column.addLayout(top)
        self._column.addLayout(buttons)

    def _build_reply(self) -> None:
        self._said = self._section(self.tr("What the server said"))
        self.reply = ReplyView(self.tr("The reply in full"), self)
        self.other_replies = ReplyView(self.tr("What the other servers of the group said"), self)
        self._column.addWidget(self.reply)
        self._column.addWidget(self.other_replies)

    def _build_facts(self) -> None:
        self._section(self.tr("What it means"))
        self.reason = FlowText(self.tr("Reason"), self)
        self.advice = FlowText(self.tr("Advice"), self)
        self.pages = QVBoxLayout()
        self._column.addWidget(self.reason)
        self._column.addWidget(self.advice)
        self._column.addLayout(self.pages)
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(3)
        self._column.addLayout(self._facts)
        self._values: dict[str, FlowText] = {}
        for name, label, is_fixed in (
            ("pair", self.tr("Pair"), True),
            ("host", self.tr("MX host"), False),
            ("provider", self.tr("Provider"), False),
            ("streams", self.tr("Streams"), False),
            ("stage", self.tr("Stage"), False),
            ("since", self.tr("Since"), False),
            ("probe", self.tr("Next probe"), False),
            ("waiting", self.tr("Waiting"), False),
        ):
            self._add_fact(name, label, is_fixed=is_fixed)
        self.rule_button = _link(self)
        self.rule_button.clicked.connect(self._ask_for_rule)
        self._add_fact_widget(self.tr("Rule"), self.rule_button)
        self.waiting_button = _link(self)
        self.waiting_button.setText(self.tr("Show the recipients who wait"))
        self.waiting_button.clicked.connect(self._ask_for_waiting)
        self._column.addWidget(self.waiting_button)

    def _build_timeline(self) -> None:
        self._section(self.tr("Refusals and probes"))
        self.timeline = Timeline(self.tr("Refusals and probes over time"), self)
        self.probe_note = FlowText(self.tr("What the last probe said"), self)
        self._column.addWidget(self.timeline)
        self._column.addWidget(self.probe_note)

    def _build_note(self) -> None:
        label = self._section(self.tr("N&ote"))
        self.note = QPlainTextEdit(self)
        self.note.setTabChangesFocus(True)
        self.note.setAccessibleName(self.tr("Note"))
        self.note.setPlaceholderText(self.tr("For you and your colleagues: tickets, calls, what was tried"))
        self.note.setFixedHeight(self.fontMetrics().lineSpacing() * 3 + 12)
        label.setBuddy(self.note)
        self.note.textChanged.connect(self._note_edited)
        self.save_note = QPushButton(self.tr("Save note"), self)
        self.save_note.clicked.connect(self._ask_to_note)
        self._column.addWidget(self.note)
        self._column.addWidget(self.save_note, 0, Qt.AlignmentFlag.AlignRight)

    def _build_history(self) -> None:
        self._section(self.tr("History"))
        self.history = QVBoxLayout()
        self.history.setSpacing(4)
        self._column.addLayout(self.history)
        self.history_button = _link(self)
        self.history_button.clicked.connect(self._ask_for_history)
        self._column.addWidget(self.history_button)
        self._told: tuple[BlockEventView, ...] = ()

    def _section(self, title: str) -> QLabel:
        label = heading(title, self, scale=1.0)
        label.setContentsMargins(0, 8, 0, 0)
        self._column.addWidget(label)
        return label

    def _add_fact(self, name: str, label: str, *, is_fixed: bool) -> None:
        value = FlowText(label, self, is_fixed=is_fixed)
        self._values[name] = value
        self._add_fact_widget(label, value)

    def _add_fact_widget(self, label: str, value: QWidget) -> None:
        row = self._facts.rowCount()
        name = ToneLabel(label, Tone.MUTED, self)
        name.setBuddy(value)
        self._facts.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._facts.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)

    # Showing

    def show_details(self, details: BlockDetails | None) -> None:
        """Show a block, or nothing. A note that is being written stays when the block is the same."""
        before, self.details = self.details, details
        self.setVisible(details is not None)
        if details is None:
            return
        block, now = details.block, self._session.now()
        is_same = before is not None and before.block.id == block.id
        self.title.setText(words.one_line(f"{block.domain} ⟵ {block.sending_address}"))
        self._mark.show_mark(block_mark(block))
        is_over = block.state is BlockState.CLEARED
        self.clear_button.setEnabled(not is_over)
        self.probe_button.setEnabled(block.state in (BlockState.BLOCKED, BlockState.PERMANENT))
        self.reply.show_reply(block.reply)
        self._show_other_replies(block)
        self._show_meaning(block)
        self._show_facts(details, now)
        self._show_moments(details, now)
        if not is_same or (before is not None and self.note.toPlainText() == before.block.note):
            self.note.setPlainText(block.note)
        self._note_edited()
        self._show_history(details.events)
        if not is_same:
            self.verticalScrollBar().setValue(0)

    def _show_other_replies(self, block: BlockView) -> None:
        same = self.tr("the same")
        others = [
            f"{pair.mx_address}: {same if pair.reply == block.reply else words.one_line(pair.reply)}"
            for pair in block.pairs
            if pair.mx_address != block.mx_address
        ]
        self.other_replies.show_text("\n".join(others))
        self.other_replies.setVisible(bool(others))

    def _show_meaning(self, block: BlockView) -> None:
        self.reason.show_text(words.one_line(block.reason) or self.tr("No rule says what this reply means."))
        self.advice.show_text(words.one_line(block.advice))
        self.advice.setVisible(bool(block.advice))
        _empty(self.pages)
        for page in pages_in(block.advice):
            self.pages.addWidget(CopyLine(words.one_line(page), self))

    def _show_facts(self, details: BlockDetails, now: float) -> None:
        block = details.block
        self._set("pair", f"{block.sending_address} → {block.mx_address}")
        scope = self.tr(" and all of its exchanger group") if block.scope is Scope.GROUP else ""
        self._set("host", f"{block.mx_host}{scope}")
        self._set("provider", provider_of(block))
        self._set("streams", ", ".join(block.streams) or words.NONE)
        code = " ".join(part for part in (str(block.code or ""), block.enhanced) if part)
        self._set("stage", f"{stage_word(block.stage)}, {code}" if code else stage_word(block.stage))
        self._set("since", f"{words.ago(block.since, now)} ({words.exact(block.since)})")
        exact = f" ({words.exact(block.next_probe)})" if block.next_probe is not None else ""
        self._set("probe", f"{next_probe(block, now)}{exact}")
        self._set("waiting", self._waiting(details))
        self.waiting_button.setVisible(bool(details.waiting))
        self.rule_button.setText(block.rule or words.NONE)
        self.rule_button.setEnabled(bool(block.rule))

    def _waiting(self, details: BlockDetails) -> str:
        if not details.waiting:
            return self.tr("Nobody: mail goes over other addresses, or there is none for this destination.")
        held = self.tr("%Ln recipient(s) held", "", details.block.held)
        lanes = [
            self.tr("{number} of {mailing} at {domain}").format(
                number=words.number(lane.recipients), mailing=lane.mailing, domain=lane.domain
            )
            for lane in details.waiting[:_LANES_SHOWN]
        ]
        more = len(details.waiting) - len(lanes)
        if more > 0:
            lanes.append(self.tr("%Ln more", "", more))
        return f"{held}: {', '.join(lanes)}"

    def _show_moments(self, details: BlockDetails, now: float) -> None:
        moments = []
        for event in details.events:
            if event.kind in _ON_TIMELINE:
                mark = event_mark(event.kind)
                moments.append(Moment(event.at, mark.icon, mark.tone, mark.word))
        ahead = details.block.next_probe
        if ahead is not None and details.block.state in (BlockState.BLOCKED, BlockState.PROBING):
            moments.append(Moment(ahead, "circle-outline", Tone.MUTED, self.tr("Next probe"), is_ahead=True))
        self.timeline.show_moments(moments, now)
        note = details.block.probe_note
        self.probe_note.show_text(self.tr("The last probe had no result: {}").format(words.one_line(note)))
        self.probe_note.setVisible(bool(note))

    def _show_history(self, events: Sequence[BlockEventView]) -> None:
        newest = tuple(reversed(events))[:_EVENTS_SHOWN]
        if newest != self._told:
            self._told = newest
            _empty(self.history)
            for event in newest:
                self.history.addWidget(HistoryLine(event, self._session.now(), self))
        self.history_button.setText(self.tr("All %Ln event(s)", "", len(events)))
        self.history_button.setVisible(len(events) > len(newest))

    def _set(self, name: str, text: str) -> None:
        self._values[name].show_text(words.one_line(text))

    # Asking

    def focus_first(self) -> None:
        """Put the focus on what is acted with first."""
        (self.clear_button if self.clear_button.isEnabled() else self.reply).setFocus()

    def _ask(self, signal: SignalInstance) -> None:
        if self.details is not None:
            signal.emit([self.details.block.id])

    def _ask_for_rule(self) -> None:
        if self.details is not None:
            self.rule_asked.emit(self.details.block.rule)

    def _ask_for_waiting(self) -> None:
        if self.details is not None:
            self.waiting_asked.emit(self.details.block.id)

    def _ask_for_history(self) -> None:
        if self.details is not None:
            self.history_asked.emit(self.details.block.id)

    def _ask_to_note(self) -> None:
        if self.details is not None:
            self.note_asked.emit(self.details.block.id, self.note.toPlainText().strip())

    def _note_edited(self) -> None:
        known = self.details.block.note if self.details is not None else ""
        self.save_note.setEnabled(self.note.toPlainText().strip() != known)


class CopyLine(QWidget):
    """The address of a page as text, with Copy: nothing is opened from here."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        address = FlowText(self.tr("Page"), self, is_fixed=True)
        address.show_text(text)
        row.addWidget(address, 1, Qt.AlignmentFlag.AlignVCenter)
        self.button = QPushButton(icons.icon("content-copy"), self.tr("Copy"), self)
        self.button.setAccessibleName(self.tr("Copy {}").format(text))
        self.button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text))
        row.addWidget(self.button)


class HistoryLine(QWidget):
    """One event: mark, when, who, and what was said."""

    def __init__(self, event: BlockEventView, now: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.addWidget(MarkLabel(event_mark(event.kind), self))
        head.addStretch(1)
        by = ToneLabel(f"{words.one_line(event.actor)}, {words.short_time(event.at, now)}", Tone.MUTED, self)
        by.setTextFormat(Qt.TextFormat.PlainText)
        by.setToolTip(words.exact(event.at))
        head.addWidget(by)
        column.addLayout(head)
        told = "\n".join(words.one_line(text) for text in (event.text, event.reply) if text)
        if told:
            text = FlowText(self.tr("What happened"), self)
            text.show_text(told)
            indented = QHBoxLayout()
            indented.addSpacing(22)
            indented.addWidget(text)
            column.addLayout(indented)


def _link(parent: QWidget) -> QToolButton:
    """A button that goes somewhere."""
    button = QToolButton(parent)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIcon(icons.icon("arrow-right", Tone.ACCENT))
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
