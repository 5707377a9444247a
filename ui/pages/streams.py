"""The streams page: all streams with their numbers, the addresses of the selected one, and what can be done with both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.database.changes import BLOCKS, HOLDS, LISTS, RECIPIENTS, WORLD
from app.services import addresses, stream_details, streams
from app.services.blocks import BlockFilter
from app.services.problems import Refused
from app.services.search import Found, FoundKind
from app.services.stream_details import AddressLine
from app.services.streams import StreamRow
from app.services.undo import UndoStep
from ui.dialogs.address_binding import AddressBindingDialog
from ui.dialogs.address_editor import AddressEditor
from ui.dialogs.delete_stream import DeleteStreamDialog
from ui.dialogs.stream_editor import StreamEditor
from ui.dialogs.stream_saving import bind_more
from ui.dialogs.stream_tabs import chosen_addresses
from ui.models.row_table import RowTable
from ui.pages.page import SET_UP, Page
from ui.pages.stream_columns import stream_columns
from ui.pages.stream_panel import StreamPanel
from ui.session import WindowSession
from ui.widgets.dialogs import opened
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.tables import TableView


class StreamsPage(Page):
    """The table above, the details of its current row below."""

    topics = frozenset({WORLD, BLOCKS, HOLDS, RECIPIENTS, LISTS})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.filter_hint = self.tr("Filter by name")
        self.help = self.tr(
            "<p>A <b>stream</b> is a set of sending addresses that acts as one sender: mail goes out over all of them in"
            " parallel, spread by weight. When a provider refuses one address, the others carry on.</p>"
            "<p><b>New</b> (Ctrl+N) makes a stream, <b>Enter</b> edits the selected one. <b>Pause</b> stops all new mail"
            " over it until it is resumed. Deleting asks for a replacement when something uses the stream.</p>"
            "<p>The lower table has the addresses of the selected stream; Enter edits one, the menu key offers more.</p>"
        )
        self._filter = ""
        self._wanted_id: int | None = None
        self._wanted_address = ""
        self._rows: Sequence[StreamRow] = ()
        self._build()

    def _build(self) -> None:
        layout_store = self.session.layout_store
        self.model: RowTable[StreamRow] = RowTable(stream_columns(), identity=lambda row: row.id, parent=self)
        self.table = TableView("streams/table", self.tr("Streams"), self)
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.table.show_columns(self.model, layout_store)
        self.panel = StreamPanel(layout_store, self)
        self.panel.hide()
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.panel)
        self.splitter.setSizes([300, 300])
        layout_store.restore_splitter("streams", self.splitter)
        self._build_actions()
        empty = EmptyState(
            "source-branch",
            self.tr("No stream has this name"),
            self.tr("Clear the filter to see all streams, or make a new one."),
            self.new_action,
        )
        self.stack = ListOrEmpty(self.splitter, empty, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self._connect()

    def _build_actions(self) -> None:
        slot = self.session.slot
        self.new_action = self.add_action(
            self.tr("&New…"), slot(self.make_stream), icon="plus", shortcut=QKeySequence.StandardKey.New
        )
        self.edit_action = self.add_action(
            self.tr("&Edit…"), slot(self.edit_stream), icon="pencil-outline", tip=self.tr("Edit the stream (Enter)")
        )
        self.copy_action = self.add_action(
            self.tr("&Copy"),
            slot(self.copy_stream),
            icon="content-copy",
            tip=self.tr("Copy addresses and limits to a new stream"),
        )
        self.pause_action = self.add_action(self.tr("&Pause"), slot(self.pause_or_resume), icon="pause")
        self.delete_action = self.add_action(
            self.tr("&Delete…"),
            slot(self.delete_stream),
            icon="delete-outline",
            shortcut=QKeySequence.StandardKey.Delete,
        )
        self.add_separator()
        self.bind_action = self.add_action(
            self.tr("&Bind addresses…"), slot(self.bind_addresses), icon="ip-network-outline"
        )
        self.blocks_action = self.add_action(
            self.tr("Show b&locks"), self.show_blocks, icon="cancel", in_tool_bar=False
        )

    def _connect(self) -> None:
        self.table.opened.connect(lambda _: self.edit_action.trigger())
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_current())
        self.model.layoutChanged.connect(self._show_actions)
        panel = self.panel
        panel.add_asked.connect(self.session.slot(self.bind_addresses))
        panel.edit_asked.connect(lambda line: self.session.spawn(self.edit_address(line)))
        panel.pause_asked.connect(lambda line, pause: self.session.spawn(self.pause_address(line, pause=pause)))
        panel.pause_here_asked.connect(lambda line, pause: self.session.spawn(self.pause_here(line, pause=pause)))
        panel.remove_asked.connect(lambda line: self.session.spawn(self.remove_address(line)))
        panel.blocks_asked.connect(lambda line: self.navigate.emit("blocks", BlockFilter(sending_address=line.ip)))
        self._show_actions()

    # What is shown

    async def load(self) -> None:
        """Read the streams, and the details of the current one."""
        self._rows = await self.session.read(streams.listing)
        self._show_rows()
        await self._load_details()

    def set_filter(self, text: str) -> None:
        """Show only streams with this text in their name."""
        self._filter = text.casefold()
        self._show_rows()

    def open_with(self, argument: object) -> None:
        """Select a stream (its id, or what "go to" found), or an address in a stream that has it."""
        if isinstance(argument, Found):
            if argument.kind is FoundKind.ADDRESS:
                self._wanted_address = argument.name
                self.session.spawn(self._find_address(argument.name))
                return
            argument = argument.id
        if argument == SET_UP:
            self.session.spawn(self._set_up())
        elif isinstance(argument, int):
            self._wanted_id = argument
            self._show_rows()

    async def _set_up(self) -> None:
        """Bind addresses to the default stream."""
        await self.load()
        default = next(row for row in self._rows if row.is_default)
        self._wanted_id = default.id
        self._show_rows()
        await self.bind_addresses()

    async def _find_address(self, ip: str) -> None:
        views = await self.session.read(streams.every)
        found = next((view.id for view in views if any(each.ip == ip for each in view.addresses)), None)
        if found is not None:
            self._wanted_id = found
            self._show_rows()

    def current(self) -> StreamRow | None:
        """The stream that the cursor is on."""
        return self.model.row(self.table.currentIndex())

    def _show_rows(self) -> None:
        shown = [row for row in self._rows if self._filter in row.name.casefold()]
        self.model.set_rows(shown)
        self.stack.show_empty(bool(self._rows) and not shown)
        wanted = self._wanted_id if self._wanted_id in {row.id for row in shown} else None
        if shown and (wanted is not None or not self.table.currentIndex().isValid()):
            place = self.model.index_of(wanted if wanted is not None else shown[0].id)
            flags = QItemSelectionModel.SelectionFlag
            self.table.selectionModel().setCurrentIndex(place, flags.ClearAndSelect | flags.Rows)
            self.table.scrollTo(place)
            self._wanted_id = None
        self._show_actions()

    def _show_current(self) -> None:
        self._show_actions()
        self.session.spawn(self._load_details())

    async def _load_details(self) -> None:
        row = self.current()
        if row is None:
            self.panel.show_details(None)
            return
        try:
            details = await self.session.read(stream_details.read, row.id)
        except Refused:
            return  # deleted elsewhere: the change is on its way to the table
        if (now := self.current()) is not None and now.id == row.id:
            self.panel.show_details(details)
            self._select_address()

    def _select_address(self) -> None:
        ip, self._wanted_address = self._wanted_address, ""
        for line in self.panel.model.rows if ip else ():
            if line.ip == ip:
                self.panel.table.selectRow(self.panel.model.index_of(line.address_id).row())

    def _show_actions(self) -> None:
        row = self.current()
        for action in (self.edit_action, self.copy_action, self.pause_action, self.bind_action, self.blocks_action):
            action.setEnabled(row is not None)
        self.delete_action.setEnabled(row is not None and not row.is_default)
        default = row is not None and row.is_default
        self.delete_action.setToolTip(
            self.tr("The default stream can't be deleted; make another one the default first.")
            if default
            else self.tr("Delete the stream (Del)")
        )
        paused = row is not None and row.paused
        self.pause_action.setText(self.tr("&Resume") if paused else self.tr("&Pause"))

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        actions: list[QAction] = self.actions()
        menu.addActions(actions)
        menu.popup(self.table.viewport().mapToGlobal(at))

    def save_state(self) -> None:
        """Keep the columns and the splitter."""
        self.table.keep(self.session.layout_store)
        self.panel.table.keep(self.session.layout_store)
        self.session.layout_store.keep_splitter("streams", self.splitter)

    # What is done with streams

    async def make_stream(self) -> None:
        """Open the editor for a new stream."""
        editor = StreamEditor(self.session, None, self)
        if await opened(editor) and editor.saved is not None:
            self._wanted_id = editor.saved.id
            self.session.tell_done(self.tr("Created stream {}").format(editor.saved.name))
            await self.load()

    async def edit_stream(self) -> None:
        """Open the editor for the current stream."""
        row = self.current()
        if row is None:
            return
        editor = StreamEditor(self.session, await self.session.read(streams.get, row.id), self)
        if await opened(editor):
            await self.load()

    async def copy_stream(self) -> None:
        """Copy the current stream with its addresses and limits."""
        row = self.current()
        if row is not None:
            copied = await self.session.write(streams.copy, row.id)
            self._wanted_id = copied.id
            self.session.tell_done(self.tr("Copied to {}").format(copied.name))
            await self.load()

    async def pause_or_resume(self) -> None:
        """Pause the current stream, or let it send again."""
        row = self.current()
        if row is None:
            return
        act, back = (streams.resume, streams.pause) if row.paused else (streams.pause, streams.resume)
        await self.session.write(act, row.id)
        sentence = self.tr("Resumed {}") if row.paused else self.tr("Paused {}")
        actor = self.session.actor
        step = UndoStep(
            sentence.format(row.name), lambda session, now: _drop(back(session, row.id, actor=actor, now=now))
        )
        self.session.tell_done(sentence.format(row.name), step)
        await self.load()

    async def delete_stream(self) -> None:
        """Delete the current stream, after asking what replaces it."""
        row = self.current()
        if row is None:
            return
        stream = await self.session.read(streams.get, row.id)
        usage = await self.session.read(streams.usage, row.id)
        others = [each for each in await self.session.read(streams.every) if each.id != row.id]
        dialog = DeleteStreamDialog(stream, usage, others, self)
        if await opened(dialog):
            deleted = await self.session.write(streams.delete, row.id, replace_with=dialog.replacement)
            self.session.tell_done(self.tr("Deleted stream {}").format(deleted.name))
            await self.load()

    def show_blocks(self) -> None:
        """Open the blocks of the current stream."""
        row = self.current()
        if row is not None:
            self.navigate.emit("blocks", BlockFilter(stream_id=row.id))

    # What is done with addresses

    async def bind_addresses(self) -> None:
        """Choose addresses and bind them to the current stream."""
        row = self.current()
        if row is None:
            return
        stream = await self.session.read(streams.get, row.id)
        dialog = AddressBindingDialog(self.session, stream.name, [each.ip for each in stream.addresses], self)
        if await opened(dialog):
            chosen = await chosen_addresses(self.session, dialog)
            await self.session.write(bind_more, row.id, chosen)
            self.session.tell_done(self.tr("Bound %n address(es) to {}", "", len(chosen)).format(stream.name))
            await self.load()

    async def edit_address(self, line: AddressLine) -> None:
        """Open the editor of an address."""
        editor = AddressEditor(self.session, await self.session.read(addresses.get, line.address_id), self)
        if await opened(editor):
            step = UndoStep(
                self.tr("Edit {}").format(line.ip),
                _Reversal(line.address_id, editor.before, self.session.actor).revert,
            )
            self.session.tell_done(self.tr("Saved {}").format(line.ip), step)
            await self.load()

    async def pause_address(self, line: AddressLine, *, pause: bool) -> None:
        """Pause an address in all streams, or use it again."""
        await self.session.write(addresses.pause if pause else addresses.resume, line.address_id)
        sentence = self.tr("Paused {} everywhere") if pause else self.tr("Resumed {}")
        self.session.tell_done(sentence.format(line.ip))
        await self.load()

    async def pause_here(self, line: AddressLine, *, pause: bool) -> None:
        """Pause an address in the current stream only, or use it there again."""
        row = self.current()
        if row is not None:
            await self.session.write(streams.pause_address if pause else streams.resume_address, row.id, line.ip)
            sentence = self.tr("Paused {} in {}") if pause else self.tr("{} is used in {} again")
            self.session.tell_done(sentence.format(line.ip, row.name))
            await self.load()

    async def remove_address(self, line: AddressLine) -> None:
        """Take an address out of the current stream; undo binds it again."""
        row = self.current()
        if row is None:
            return
        await self.session.write(streams.remove_address, row.id, line.ip)
        actor, binding = self.session.actor, streams.Binding(line.ip, line.weight, line.paused)
        step = UndoStep(
            self.tr("Remove {}").format(line.ip),
            lambda session, now: _drop(streams.add_addresses(session, row.id, [binding], actor=actor, now=now)),
        )
        self.session.tell_done(self.tr("Removed {} from {}").format(line.ip, row.name), step)
        await self.load()


@dataclass(frozen=True, slots=True)
class _Reversal:
    """Gives an address the values that it had."""

    address_id: int
    before: addresses.AddressEdit
    actor: str

    def revert(self, session: Session, now: float) -> None:
        """Set them."""
        addresses.edit(session, self.address_id, self.before, actor=self.actor, now=now)


def _drop(_: object) -> None:
    """An undo step returns nothing."""
