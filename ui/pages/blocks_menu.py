"""The context menu of the table of blocks, with the numbers of what its entries would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget
from sqlalchemy.orm import Session

from app.services import block_actions, blocks, stream_views
from app.services.blocks import BlockFilter, BlockView
from engine.blocks import BlockState
from ui import icons, words


@dataclass(frozen=True, slots=True)
class Bulk:
    """All blocks of a stream, a domain, an address: what to call it, which they are, how many."""

    name: str
    wanted: BlockFilter
    number: int


@dataclass(frozen=True, slots=True)
class MenuFacts:
    """What the menu of a block has to know. ``bulks``: what else can be cleared with it."""

    block: BlockView
    bulks: tuple[Bulk, ...]


def read_facts(session: Session, block_id: int) -> MenuFacts:
    """Read them; raises UnknownName."""
    block = blocks.get(session, block_id)
    ids = {stream.name: stream.id for stream in stream_views.every(session)}
    filters = [(name, BlockFilter(stream_id=ids[name])) for name in block.streams if name in ids]
    filters.append((block.domain, BlockFilter(domain=block.domain)))
    filters.append((block.sending_address, BlockFilter(sending_address=block.sending_address)))
    return MenuFacts(block, tuple(Bulk(name, wanted, _count(session, wanted)) for name, wanted in filters))


def _count(session: Session, wanted: BlockFilter) -> int:
    bulk = BlockFilter(
        states=block_actions.BULK_STATES,
        stream_id=wanted.stream_id,
        domain=wanted.domain,
        sending_address=wanted.sending_address,
    )
    return len(blocks.ordered_ids(session, wanted=bulk))


@dataclass(frozen=True, slots=True)
class MenuActs:
    """What the entries call: with the selected blocks, with the block under the cursor, or with a bulk."""

    clear: Callable[[], object]
    undo_clear: Callable[[], object]
    clear_and_probe: Callable[[], object]
    clear_all: Callable[[Bulk], object]
    probe: Callable[[], object]
    hold: Callable[[], object]
    exempt: Callable[[], object]
    unexempt: Callable[[], object]
    note: Callable[[], object]
    copy_reply: Callable[[], object]
    copy_evidence: Callable[[], object]
    show_waiting: Callable[[], object]
    show_details: Callable[[], object]


def build_menu(parent: QWidget, facts: MenuFacts, selected: int, acts: MenuActs, *, lingers: bool) -> QMenu:
    """The menu of a block, *selected* being how many are selected; it deletes itself when it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    state, many = facts.block.state, selected > 1
    is_over, is_exempt = state is BlockState.CLEARED, state is BlockState.EXEMPT
    number = parent.tr(" (%Ln block(s))", "", selected) if many else ""

    def add(text: str, icon: str, act: Callable[[], object], *, enabled: bool = True, shortcut: str = "") -> None:
        action = QAction(icons.icon(icon) if icon else icons.icon("check"), text, menu)
        action.setEnabled(enabled)
        if shortcut:
            action.setShortcut(shortcut)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _=False: act())
        menu.addAction(action)

    if is_over and lingers and not many:
        add(parent.tr("&Undo clear"), "undo", acts.undo_clear)
    else:
        add(parent.tr("&Clear block") + number, "check", acts.clear, enabled=many or not is_over, shortcut="Del")
        add(
            parent.tr("Clear with a &slow start") + number,
            "trending-up",
            acts.clear_and_probe,
            enabled=many or not (is_over or is_exempt),
        )
    bulk_menu = menu.addMenu(icons.icon("check-all"), parent.tr("Clear &all"))
    for bulk in facts.bulks:
        text = parent.tr("of {name}: %Ln block(s)…", "", bulk.number).format(name=words.one_line(bulk.name))
        action = bulk_menu.addAction(text.replace("&", "&&"))
        action.setEnabled(bulk.number > 0)
        action.triggered.connect(lambda _=False, bulk=bulk: acts.clear_all(bulk))
    menu.addSeparator()
    is_closed = state in (BlockState.BLOCKED, BlockState.PERMANENT)
    add(parent.tr("&Probe now") + number, "radar", acts.probe, enabled=many or is_closed, shortcut="P")
    can_hold = many or not (is_over or state is BlockState.PERMANENT)
    add(parent.tr("&Hold: make permanent") + number, "lock-outline", acts.hold, enabled=can_hold, shortcut="H")
    if is_exempt and not many:
        add(parent.tr("End e&xemption"), "shield-off-outline", acts.unexempt)
    else:
        add(parent.tr("E&xempt…") + number, "shield-check-outline", acts.exempt, enabled=many or not is_over)
    menu.addSeparator()
    add(parent.tr("&Details"), "information-outline", acts.show_details, shortcut="Return")
    add(parent.tr("Add &note…"), "note-text-outline", acts.note)
    add(parent.tr("Copy &reply"), "content-copy", acts.copy_reply)
    add(parent.tr("Copy &evidence for the provider"), "file-document-outline", acts.copy_evidence)
    text = parent.tr("Show &waiting recipients (%Ln)", "", facts.block.held)
    add(text, "account-clock-outline", acts.show_waiting, enabled=facts.block.held > 0)
    return menu
