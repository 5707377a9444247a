"""The associations page: which stream each site, list and segment uses, and why; changed in place or by drag and drop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)
from sqlalchemy.orm import Session

from app.database.changes import LISTS, WORLD
from app.services import associations
from app.services.associations import AssociationChange, Branch, NodeKind, RunningMailing
from app.services.undo import UndoStep
from ui import icons, words
from ui.models.association_tree import BRANCH_ROLE, NAME, STREAM, AssociationTree, Key, inherit_word
from ui.pages.association_reads import TreeContent, read_tree
from ui.pages.page import Page
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.cells import RoomyDelegate
from ui.widgets.dialogs import Choice, ask
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.notes import quiet
from ui.widgets.stream_choice import StreamBox, StreamList

MOST_NAMES = 5


class AssociationsPage(Page):
    """The tree at the left, the streams to drag at the right."""

    topics = frozenset({WORLD, LISTS})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.filter_hint = self.tr("Filter by name or stream")
        self.help = self.tr(
            "<p>A mailing goes over the stream of its segment; without one, over that of its list, then of its site, then"
            " over the server's default stream. The column <b>Decided by</b> says which of them it was.</p>"
            "<p>Choose a stream in the column <b>Stream</b> (F2 or double click), or drag one from the list at the right"
            " onto a node; drag it onto a selection to change all of it.</p>"
            "<p>Mailings that have started keep their stream. You are asked whether their waiting recipients shall move"
            " too. Every change can be undone (Ctrl+Z).</p>"
        )
        self._filter = ""
        self._content = TreeContent((), (), complete=False)
        self._open_before_filter: set[Key] = set()
        self._build()

    def _build(self) -> None:
        self.model = AssociationTree(self)
        self.tree = QTreeView(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(self.tr("Sites, lists and segments"))
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.tree.setDropIndicatorShown(True)
        self.tree.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.tree.setItemDelegate(RoomyDelegate(self))
        self.tree.setItemDelegateForColumn(STREAM, _StreamDelegate(self))
        character = self.fontMetrics().averageCharWidth()
        for column, width in enumerate((34, 26, 36, 11, 12)):
            self.tree.setColumnWidth(column, width * character + 16)
        self.session.layout_store.restore_header("associations/tree", self.tree.header())
        self.streams = StreamList(self)
        self.use_button = QPushButton(icons.icon("arrow-left"), self.tr("&Use for the selection"), self)
        self.use_button.setEnabled(False)
        side = QWidget(self)
        column_layout = QVBoxLayout(side)
        column_layout.setContentsMargins(8, 0, 0, 0)
        label = QLabel(self.tr("S&treams"), side)
        label.setBuddy(self.streams)
        column_layout.addWidget(label)
        column_layout.addWidget(quiet(self.tr("Drag one onto a site, list or segment, or onto a selection."), side))
        column_layout.addWidget(self.streams, 1)
        column_layout.addWidget(self.use_button)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(side)
        self.splitter.setStretchFactor(0, 4)
        self.splitter.setStretchFactor(1, 1)
        self.session.layout_store.restore_splitter("associations", self.splitter)
        self._build_actions()
        empty = EmptyState(
            "file-tree-outline",
            self.tr("No sites yet"),
            self.tr(
                "Sites and their lists are made on the page Lists. Until then all mail goes over the default stream."
            ),
            self.lists_action,
        )
        self.stack = ListOrEmpty(self.splitter, empty, self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self._connect()

    def _build_actions(self) -> None:
        self.edit_action = self.add_action(self.tr("Change &stream"), self.edit_current, icon="pencil-outline")
        self.inherit_action = self.add_action(
            self.tr("&Inherit"),
            lambda: self.associate_selection(None),
            icon="arrow-up-left",
            shortcut=Qt.Key.Key_Delete,
            tip=self.tr("Take away the stream of the selection (Del)"),
        )
        self.add_separator()
        self.expand_action = self.add_action(self.tr("E&xpand sites"), self.expand_sites, icon="unfold-more-horizontal")
        self.collapse_action = self.add_action(
            self.tr("&Collapse"), self.tree.collapseAll, icon="unfold-less-horizontal", in_tool_bar=False
        )
        self.lists_action = self.add_action(
            self.tr("Open &lists"),
            lambda: self.navigate.emit("lists", None),
            icon="account-multiple-outline",
            in_tool_bar=False,
        )

    def _connect(self) -> None:
        self.model.wanted.connect(lambda branch: self.session.spawn(self._read_below(branch)))
        self.model.chosen.connect(lambda branch, stream_id: self._associate([branch], stream_id))
        self.model.dropped.connect(self._drop)
        self.use_button.clicked.connect(lambda: self.associate_selection(self.streams.stream_id() or None))
        self.streams.itemActivated.connect(lambda _: self.associate_selection(self.streams.stream_id() or None))
        self.tree.selectionModel().selectionChanged.connect(lambda *_: self._show_actions())
        self.model.modelReset.connect(self._show_actions)
        self._show_actions()

    # What is shown

    async def load(self) -> None:
        """Read the tree as far as it is open, and the streams."""
        open_keys = self._open_keys()
        lists = {identity for kind, identity in open_keys if kind is NodeKind.LIST}
        content = await self.session.read(read_tree, lists, self._filter)
        fresh = not self._content.branches
        self._content = content
        self.stack.show_empty(not content.branches and not self._filter)
        self.streams.show_streams(content.streams)
        chosen = {branch_key(branch) for branch in self.selected_branches()}
        current = self.tree.currentIndex().data(BRANCH_ROLE)
        self.model.take(content.default, content.branches, complete=content.complete)
        self._restore(open_keys, chosen, current, expand_all=bool(self._filter) or fresh)

    def set_filter(self, text: str) -> None:
        """Show only what has this text, and the parents of that."""
        if text and not self._filter:
            self._open_before_filter = self._open_keys()
        self._filter = text
        self.session.spawn(self._refilter(restore=not text))

    async def _refilter(self, *, restore: bool) -> None:
        await self.load()
        if restore:
            self.tree.collapseAll()
            self._restore(self._open_before_filter, set(), None, expand_all=False)

    def _restore(self, open_keys: set[Key], chosen: set[Key], current: Branch | None, *, expand_all: bool) -> None:
        self.tree.expand(self.model.index(0, 0))
        for branch in list(self.model.branches()):
            wanted = branch.kind is not NodeKind.SEGMENT if self._filter else branch.kind is NodeKind.SITE
            if branch_key(branch) in open_keys or (expand_all and wanted):
                self.tree.expand(self.model.index_of_key(branch_key(branch)))
        selection = self.tree.selectionModel()
        if current is not None and not self.tree.currentIndex().isValid():
            place = self.model.index_of_key(branch_key(current))
            selection.setCurrentIndex(place, selection.SelectionFlag.NoUpdate)
        for key in chosen:
            place = self.model.index_of_key(key)
            selection.select(place, selection.SelectionFlag.Select | selection.SelectionFlag.Rows)
        if not self.tree.currentIndex().isValid() and self.model.rowCount():
            selection.setCurrentIndex(self.model.index(0, 0), selection.SelectionFlag.NoUpdate)

    def _open_keys(self) -> set[Key]:
        return {
            branch_key(branch)
            for branch in self.model.branches()
            if self.tree.isExpanded(self.model.index_of_key(branch_key(branch)))
        }

    async def _read_below(self, branch: Branch) -> None:
        if branch.kind is NodeKind.LIST:
            self.model.take_children(branch, await self.session.read(associations.segments_of, branch.id))

    def expand_sites(self) -> None:
        """Open all sites; lists stay closed, since their segments are read when they are opened."""
        self.tree.expandToDepth(1)

    def save_state(self) -> None:
        """Keep the columns and the splitter."""
        self.session.layout_store.keep_header("associations/tree", self.tree.header())
        self.session.layout_store.keep_splitter("associations", self.splitter)

    # What is changed

    def selected_branches(self) -> list[Branch]:
        """The selected sites, lists and segments."""
        found = (index.data(BRANCH_ROLE) for index in self.tree.selectionModel().selectedRows(NAME))
        return [branch for branch in found if isinstance(branch, Branch)]

    def edit_current(self) -> None:
        """Open the box of streams in the row of the cursor."""
        self.tree.edit(self.tree.currentIndex().siblingAtColumn(STREAM))

    def associate_selection(self, stream_id: int | None) -> None:
        """Give the selection a stream; None: it inherits."""
        self._associate(self.selected_branches(), stream_id)

    def _drop(self, stream_id: int, branch: Branch) -> None:
        selected = self.selected_branches()
        several = any(branch_key(each) == branch_key(branch) for each in selected)
        self._associate(selected if several else [branch], stream_id or None)

    def _associate(self, branches: Sequence[Branch], stream_id: int | None) -> None:
        if any(branch.own_stream_id != stream_id for branch in branches):
            self.session.spawn(self._change(tuple(branches), stream_id))

    async def _change(self, branches: Sequence[Branch], stream_id: int | None) -> None:
        changes = await self.session.write(associate_all, branches, stream_id)
        step = UndoStep(self._label(changes), _Reversal(tuple(changes), self.session.actor).revert)
        self.session.tell_done(self._sentence(changes), step)
        await self.load()
        running = {mailing.id: mailing for change in changes for mailing in change.running}
        if running:
            await self._offer_to_move(list(running.values()))

    async def _offer_to_move(self, running: Sequence[RunningMailing]) -> None:
        names = [mailing.name for mailing in running]
        waiting = sum(mailing.waiting for mailing in running)
        told = ", ".join(names[:MOST_NAMES]) + (self.tr(" and others") if len(names) > MOST_NAMES else "")
        choice = await ask(
            self,
            self.tr("Also move the waiting recipients of %n running mailing(s)?", "", len(running)),
            self.tr("{} recipients of {} wait. Those that are being sent now finish where they are.").format(
                words.number(waiting), told
            ),
            [Choice("move", self.tr("Move %Ln recipient(s)", "", waiting), is_default=True)],
            cancel=self.tr("Leave them"),
        )
        if choice == "move":
            moved = await self.session.write(associations.move_waiting, [mailing.id for mailing in running])
            self.session.tell_done(self.tr("Moved %n mailing(s)", "", moved))

    def _label(self, changes: Sequence[AssociationChange]) -> str:
        if len(changes) == 1:
            return self.tr("Stream of {}").format(changes[0].name)
        return self.tr("Streams of %n entries", "", len(changes))

    def _sentence(self, changes: Sequence[AssociationChange]) -> str:
        first = changes[0]
        verb = self.tr("{} inherits {} now") if first.after is None else self.tr("{} uses {} now")
        subject = first.name if len(changes) == 1 else self.tr("%n entries", "", len(changes))
        return verb.format(subject, first.resolved.stream)

    def _show_actions(self) -> None:
        branches = self.selected_branches()
        self.use_button.setEnabled(bool(branches))
        self.inherit_action.setEnabled(any(branch.own_stream_id is not None for branch in branches))
        self.edit_action.setEnabled(isinstance(self.tree.currentIndex().data(BRANCH_ROLE), Branch))

    def inherited_stream(self, branch: Branch) -> str:
        """The stream that a branch would use if it had none of its own."""
        above = self.model.index_of_key(branch_key(branch)).parent().data(BRANCH_ROLE)
        return above.resolved.stream if isinstance(above, Branch) else self._content.default

    @property
    def content(self) -> TreeContent:
        """What was read last."""
        return self._content


def branch_key(branch: Branch) -> Key:
    """What a branch is known by."""
    return branch.kind, branch.id


def associate_all(
    session: Session, branches: Sequence[Branch], stream_id: int | None, *, actor: str, now: float
) -> list[AssociationChange]:
    """Give several branches a stream in one transaction."""
    return [
        associations.associate(session, branch.kind, branch.id, stream_id, actor=actor, now=now) for branch in branches
    ]


@dataclass(frozen=True, slots=True)
class _Reversal:
    """Takes back changes of associations, as far as nobody has changed them since."""

    changes: tuple[AssociationChange, ...]
    actor: str

    def revert(self, session: Session, now: float) -> None:
        """Give each branch the stream that it had. A stream that is gone since is refused."""
        for change in self.changes:
            associations.associate(session, change.kind, change.id, change.before, actor=self.actor, now=now)


class _StreamDelegate(RoomyDelegate):
    """Shows that the cell is a box, and opens it."""

    def __init__(self, page: AssociationsPage) -> None:
        super().__init__(page)
        self._page = page
        self._icon = icons.icon("menu-down", Tone.MUTED)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        if isinstance(index.data(BRANCH_ROLE), Branch):
            size = option.fontMetrics.height()
            top = option.rect.center().y() - size // 2
            self._icon.paint(painter, option.rect.right() - size - 4, top, size, size)

    def createEditor(  # noqa: N802 - Qt's name
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,  # noqa: ARG002 - Qt's signature
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        branch = index.data(BRANCH_ROLE)
        box = StreamBox(self._page.content.streams, inherit_word(self._page.inherited_stream(branch)), parent)
        box.activated.connect(lambda _: self._commit(box))
        return box

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:  # noqa: N802 - Qt's name
        if isinstance(editor, StreamBox):
            editor.choose(index.data(Qt.ItemDataRole.EditRole))

    def setModelData(  # noqa: N802 - Qt's name
        self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if isinstance(editor, StreamBox):
            model.setData(index, editor.stream_id(), Qt.ItemDataRole.EditRole)

    def _commit(self, box: StreamBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)
