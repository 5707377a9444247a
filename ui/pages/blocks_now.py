"""The tab "Now" of the blocks page: filters, the table, the details beside it, and what can be done with what is selected."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import own_rules
from app.services.blocks import BlockFilter
from app.services.problems import UnknownName
from app.services.rules import bundled_rules
from engine.rules import Rule
from ui.dialogs.waiting_recipients import WaitingDialog
from ui.models.block_lines import BlockLine, GroupLine, PairLine
from ui.models.block_table import BlockTable
from ui.pages.blocks_commands import BlockCommands
from ui.pages.blocks_detail import BlockDetail, read_details
from ui.pages.blocks_filters import FilterRow, read_choices
from ui.pages.blocks_menu import Bulk, MenuActs, build_menu, read_facts
from ui.pages.blocks_view import BlockView
from ui.pages.rules_editor import RuleEditor
from ui.session import WindowSession
from ui.widgets.dialogs import opened
from ui.widgets.empty import EmptyState, ListOrEmpty

_REPAINT_MS: Final = 15_000
"""How often "12 min ago" is written anew."""
_PLACE: Final = "blocks"


class NowTab(QWidget):
    """``navigate`` as that of a page; ``history_asked`` carries the id of a block."""

    navigate = Signal(str, object)
    history_asked = Signal(int)
    selection_changed = Signal()

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model = BlockTable(session, self)
        self.filters = FilterRow(self)
        self.view = BlockView(self.model, session.layout_store, self)
        self.detail = BlockDetail(session, self)
        self.commands = BlockCommands(session, self.model, self)
        self._details_wanted = session.layout_store.word(f"{_PLACE}/details") == "shown"
        self._build()
        self._connect()
        self._repaint = QTimer(self, interval=_REPAINT_MS)
        self._repaint.timeout.connect(self.view.viewport().update)
        self._repaint.start()

    def _build(self) -> None:
        self.show_all = QAction(self.tr("Show all blocks"), self)
        self.show_all.triggered.connect(lambda: self.filters.show_filter(BlockFilter(text=self.filters.wanted().text)))
        nothing = EmptyState(
            "check-circle-outline",
            self.tr("No address is blocked anywhere"),
            self.tr(
                "When a provider refuses one of your addresses, it stands here with the reason and what you can do."
            ),
        )
        no_match = EmptyState(
            "filter-off-outline",
            self.tr("No block is like that"),
            self.tr("Nothing that is blocked now matches the filter."),
            self.show_all,
        )
        self._nothing = ListOrEmpty(self.view, nothing, self)
        self.lists = ListOrEmpty(self._nothing, no_match, self)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(self.lists)
        self.splitter.addWidget(self.detail)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setCollapsible(0, False)
        self.splitter.setCollapsible(1, False)
        width = self.fontMetrics().averageCharWidth()
        self.detail.setMinimumWidth(width * 44)
        self.splitter.setSizes([width * 100, width * 56])
        self._session.layout_store.restore_splitter(_PLACE, self.splitter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(self.filters)
        column.addWidget(self.splitter, 1)

    def _connect(self) -> None:
        view, detail = self.view, self.detail
        self.filters.changed.connect(self._filter)
        self.model.loaded.connect(self._show_emptiness)
        view.clear_asked.connect(self._spawner(self.commands.clear))
        view.undo_asked.connect(self._spawner(self.commands.undo_clear))
        view.opened.connect(lambda _: self.open_details())
        view.menu_asked.connect(self._ask_for_menu)
        view.selectionModel().currentRowChanged.connect(lambda *_: self._moved())
        view.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())
        detail.clear_asked.connect(self._spawner(self.commands.clear))
        detail.probe_asked.connect(self._spawner(self.commands.probe))
        detail.note_asked.connect(self._spawner(self.commands.note))
        detail.rule_asked.connect(self._spawner(self.show_rule))
        detail.waiting_asked.connect(self._spawner(self.show_waiting))
        detail.history_asked.connect(self.history_asked)
        detail.closed.connect(self.close_details)

    def add_shortcut(self, action: QAction, *keys: QKeySequence | QKeySequence.StandardKey | Qt.Key | str) -> None:
        """Let an action answer keys while the table has the focus: single letters are for the table alone."""
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.view.addAction(action)

    def _spawner(self, act: Callable[..., Coroutine[Any, Any, object]]) -> Callable[..., None]:
        """A slot that runs a coroutine with the signal's arguments."""
        return lambda *values: (self._session.spawn(act(*values)), None)[1]

    # Loading

    async def load(self) -> None:
        """Read everything that is shown."""
        await self.model.refresh()
        self.filters.take_choices(await self._session.read(read_choices))
        await self._read_details()

    def show_filter(self, wanted: BlockFilter) -> None:
        """Show other blocks."""
        self.filters.show_filter(replace(wanted, text=wanted.text or self.filters.wanted().text))

    def save_state(self) -> None:
        """Keep columns, splitter, and whether details are shown."""
        store = self._session.layout_store
        self.view.keep(store)
        store.set_word(f"{_PLACE}/details", "shown" if self._details_wanted else "hidden")
        if self.detail.isVisible():
            store.keep_splitter(_PLACE, self.splitter)

    def _filter(self) -> None:
        self.model.show(self.filters.wanted(), self.filters.group_by())

    def _show_emptiness(self) -> None:
        is_empty = not self.model.rowCount()
        is_filtered = self.model.shape.wanted != BlockFilter()
        self._nothing.show_empty(is_empty and not is_filtered)
        self.lists.show_empty(is_empty and is_filtered)
        if is_empty:
            self.detail.show_details(None)

    async def select(self, block_id: int) -> None:
        """Put the cursor on a block and show it in full; filters that hide it are dropped."""
        await self.model.refresh()
        if not self.view.select_block(block_id):
            self.filters.show_filter(BlockFilter(with_cleared=True))
            await self.model.refresh()
            self.view.select_block(block_id)
        self._details_wanted = True
        await self._read_details()
        self.view.setFocus()

    # Details

    def open_details(self) -> None:
        """Show the block that the cursor is on in full, and go there."""
        line = self.view.current_line()
        if isinstance(line, GroupLine):
            self.model.set_open(line, not self.model.is_open(line))
            return
        self._details_wanted = True
        self._session.spawn(self._read_details(focus=True))

    def close_details(self) -> None:
        """Only the table."""
        self._details_wanted = False
        self.detail.show_details(None)
        self.view.setFocus()

    def _moved(self) -> None:
        if self._details_wanted:
            self._session.spawn(self._read_details())

    async def _read_details(self, *, focus: bool = False) -> None:
        line = self.view.current_line()
        if line is None or isinstance(line, GroupLine) or not self._details_wanted:
            if isinstance(line, GroupLine) or not self.model.rowCount():
                self.detail.show_details(None)
            return
        try:
            details = await self._session.read(read_details, line.block.id)
        except UnknownName:
            details = None
        if self._is_wanted(line.block.id):
            self.detail.show_details(details)
        if focus:
            self.detail.focus_first()

    def _is_wanted(self, block_id: int) -> bool:
        """Whether the details of a block are still to be shown, now that they have been read."""
        line = self.view.current_line()
        return self._details_wanted and isinstance(line, BlockLine | PairLine) and line.block.id == block_id

    # Acting

    def selected(self) -> list[int]:
        """The selected blocks; the one under the cursor when nothing is selected."""
        found = self.view.selected_blocks()
        line = self.view.current_line()
        if not found and line is not None and not isinstance(line, GroupLine):
            return [line.block.id]
        return found

    def act(self, command: Callable[[Sequence[int]], Coroutine[Any, Any, object]]) -> None:
        """Run a command of :attr:`commands` on the selected blocks; on a whole group when its head is selected."""
        ids = self.selected()
        if ids:
            self._session.spawn(command(ids))

    def clear_selected(self) -> None:
        """Clear what is selected; for a group, show first what that will do."""
        line = self.view.current_line()
        if not self.selected() and isinstance(line, GroupLine):
            self._session.spawn(self.commands.clear_these(self.model.ids_of_group(line.key), line.name))
        else:
            self.act(self.commands.clear)

    async def show_waiting(self, block_id: int) -> None:
        """Show who waits behind a block."""
        dialog = WaitingDialog(self._session, block_id, self)
        dialog.mailing_asked.connect(lambda found: self.navigate.emit("mailings", found))
        await opened(dialog)

    async def show_rule(self, rule_id: str) -> None:
        """Show the definition of a rule; the administrator's own can be edited there."""
        found = await self._session.read(_find_rule, rule_id)
        if found is None:
            self._session.problem.emit(self.tr("Rule {} is gone.").format(rule_id))
            return
        rule, is_own = found
        await opened(RuleEditor(self._session, rule, is_new=False, is_bundled=not is_own, parent=self.window()))

    def _write_note(self) -> None:
        self._details_wanted = True
        self._session.spawn(self._open_note())

    async def _open_note(self) -> None:
        await self._read_details()
        self.detail.note.setFocus()
        self.detail.ensureWidgetVisible(self.detail.note)

    def _ask_for_menu(self, at: QPoint) -> None:
        line = self.view.current_line()
        if line is not None:
            place = (
                at if self.view.indexAt(at).isValid() else self.view.visualRect(self.view.currentIndex()).bottomLeft()
            )
            self._session.spawn(self._open_menu(self.view.viewport().mapToGlobal(place)))

    async def _open_menu(self, at: QPoint) -> None:
        line = self.view.current_line()
        if line is None:
            return
        if isinstance(line, GroupLine):
            self._open_group_menu(line, at)
            return
        facts = await self._session.read(read_facts, line.block.id)
        lingers = self.model.lingers(self.view.currentIndex()) is not None
        menu = build_menu(self, facts, len(self.selected()), self._acts(line.block.id), lingers=lingers)
        if isinstance(line, PairLine):
            menu.setTitle(line.pair.mx_address)
        menu.popup(at)

    def _open_group_menu(self, line: GroupLine, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = self.tr("Clear all %Ln block(s)…", "", line.blocks)
        menu.addAction(text).triggered.connect(self.clear_selected)
        menu.addSeparator()
        menu.addAction(self.tr("Open all groups")).triggered.connect(lambda: self.model.close_groups(closed=False))
        menu.addAction(self.tr("Close all groups")).triggered.connect(lambda: self.model.close_groups(closed=True))
        menu.popup(at)

    def _acts(self, block_id: int) -> MenuActs:
        commands, spawn = self.commands, self._session.spawn

        def clear_all(bulk: Bulk) -> None:
            spawn(commands.clear_all(bulk.wanted, bulk.name))

        return MenuActs(
            clear=self.clear_selected,
            undo_clear=lambda: spawn(commands.undo_clear(block_id)),
            clear_and_probe=lambda: self.act(commands.clear_and_probe),
            clear_all=clear_all,
            probe=lambda: self.act(commands.probe),
            hold=lambda: self.act(commands.hold),
            exempt=lambda: self.act(commands.exempt),
            unexempt=lambda: self.act(commands.unexempt),
            note=self._write_note,
            copy_reply=lambda: spawn(commands.copy_reply(block_id)),
            copy_evidence=lambda: spawn(commands.copy_evidence(block_id)),
            show_waiting=lambda: spawn(self.show_waiting(block_id)),
            show_details=self.open_details,
        )


def _find_rule(session: Session, rule_id: str) -> tuple[Rule, bool] | None:
    """A rule, and whether it is the administrator's own."""
    own = next((view.rule for view in own_rules.listing(session) if view.rule.id == rule_id), None)
    if own is not None:
        return own, True
    bundled = next((rule for rule in bundled_rules() if rule.id == rule_id), None)
    return None if bundled is None else (bundled, False)
