"""The lists page: sites, lists and segments in a tree, members beside it, import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QSplitter, QTreeView, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.database.database import Database
from app.services import lists, member_actions, members, segments, sites, suppressions
from app.services.associations import NodeKind
from app.services.lists import ListView
from app.services.member_actions import Removal
from app.services.members import MemberFilter
from app.services.search import Found, FoundKind
from app.services.segments import SegmentView
from app.services.sites import SiteView
from app.services.undo import UndoStep
from ui.dialogs.import_members import ImportDialog
from ui.dialogs.segment_editor import SegmentEditor
from ui.pages.lists_dialogs import ListDialog, MemberDialog, SiteDialog, SuppressDialog
from ui.pages.lists_members import MembersPanel
from ui.pages.lists_tree import Key, ListTree, Node, kind_word, read_tree
from ui.pages.page import Page
from ui.session import WindowSession
from ui.widgets.dialogs import Choice, ask, file_to_save, opened
from ui.widgets.empty import EmptyState, ListOrEmpty


class ListsPage(Page):
    """The tree at the left, members at the right."""

    topics = frozenset({"lists"})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.filter_hint = self.tr("Part of an address or a name")
        self.help = self.tr(
            "<p>A site is an internet host name that groups lists; a list has members; a segment is a saved selection of a"
            " list's members.</p><p>F2 edits what is selected, Delete removes it. Removing and suppressing members can be"
            " undone for as long as the window is open. A <b>suppressed</b> member stays in the list and gets no mail.</p>"
        )
        self._text = ""
        self._wanted: Key | None = None
        self.model = ListTree(self)
        self.tree = QTreeView(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(self.tr("Sites, lists and segments"))
        self.tree.setUniformRowHeights(True)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setAlternatingRowColors(True)
        self._add_actions()
        self.panel = MembersPanel(session, (self.import_action, self.add_member_action), self)
        self.panel.allow_asked.connect(lambda ids: session.spawn(self._allow(ids)))
        self.panel.table.addActions((self.member_action, self.suppress_action, self.remove_action))
        self.panel.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.panel.table.opened.connect(lambda _: self.member_action.trigger())
        self.panel.table.selectionModel().selectionChanged.connect(lambda *_: self._enable_actions())
        self.tree.selectionModel().currentChanged.connect(lambda *_: self._look_at_current())
        self.tree.doubleClicked.connect(lambda _: self.edit_action.trigger())
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.panel)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 3)
        letters = self.fontMetrics().averageCharWidth()
        self.tree.setMinimumWidth(24 * letters)
        self.splitter.setSizes((46 * letters, 140 * letters))
        session.layout_store.restore_splitter("lists", self.splitter)
        self.body = ListOrEmpty(
            self.splitter,
            EmptyState(
                "account-multiple-outline",
                self.tr("No lists yet"),
                self.tr("Lists belong to a site, such as lists.example.com. Make the site first."),
                self.site_action,
            ),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.body)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, header.ResizeMode.Stretch)
        header.setSectionResizeMode(1, header.ResizeMode.ResizeToContents)
        self._enable_actions()

    # The frame's questions

    async def load(self) -> None:
        """Read the tree and the members of what is selected."""
        chosen, folded = self._current_key(), self._folded()
        if self.model.set_tree(await self.session.read(read_tree)):
            self.tree.expandAll()
            for key in folded:
                self.tree.collapse(self.model.index_of(key))
            self._wanted = self._wanted or chosen
        self.body.show_empty(self.model.is_empty())
        self._choose_node()
        await self._show_current(anew=True)

    def set_filter(self, text: str) -> None:
        """Show the members that have this text in address or name."""
        self._text = text
        self.session.spawn(self._show_current())

    def open_with(self, argument: object) -> None:
        """Select what "go to" found: a site, list or segment; a member by filtering its list for it."""
        if not isinstance(argument, Found):
            return
        if argument.kind is FoundKind.MEMBER:
            self.session.spawn(self._open_member(argument.id))
            return
        self._wanted = (NodeKind(argument.kind.value), argument.id)
        self._choose_node()

    def save_state(self) -> None:
        """Keep columns and splitter."""
        self.panel.save_state()
        self.session.layout_store.keep_splitter("lists", self.splitter)

    # What is selected

    @property
    def node(self) -> Node | None:
        """The node that the cursor is on."""
        return self.model.node(self.tree.currentIndex())

    def _current_key(self) -> Key | None:
        return self.node.key if self.node else None

    def _folded(self) -> list[Key]:
        """The nodes that the person closed."""
        found: list[Key] = []

        def look(parent: QModelIndex) -> None:
            for row in range(self.model.rowCount(parent)):
                index = self.model.index(row, 0, parent)
                node = self.model.node(index)
                if node is not None and node.children and not self.tree.isExpanded(index):
                    found.append(node.key)
                look(index)

        look(QModelIndex())
        return found

    def _choose_node(self) -> None:
        """Go to the node that was asked for; to the first list when nothing is selected."""
        wanted = self.model.index_of(self._wanted) if self._wanted is not None else QModelIndex()
        if wanted.isValid():
            self._wanted = None
            self.tree.setCurrentIndex(wanted)
            self.tree.scrollTo(wanted)
        elif not self.tree.currentIndex().isValid() and not self.model.is_empty():
            first = self.model.index(0, 0)
            below = self.model.index(0, 0, first)
            self.tree.setCurrentIndex(below if below.isValid() else first)

    def _look_at_current(self) -> None:
        self._enable_actions()
        self.session.spawn(self._show_current())

    async def _show_current(self, *, anew: bool = False) -> None:
        is_other = self.panel.show_node(self.node, self._text)
        self._enable_actions()
        if is_other or anew:
            await self.panel.refresh()

    async def _open_member(self, member_id: int) -> None:
        key, address = await self.session.read(_place_of_member, member_id)
        self._wanted, self._text = key, address
        self._choose_node()
        await self._show_current()

    # Actions

    def _add_actions(self) -> None:
        slot = self.session.slot
        self.list_action = self.add_action(
            self.tr("New &list…"), slot(self._new_list), icon="plus", shortcut=QKeySequence.StandardKey.New
        )
        self.segment_action = self.add_action(
            self.tr("New &segment…"), slot(self._new_segment), icon="filter-plus-outline"
        )
        self.site_action = self.add_action(self.tr("New s&ite…"), slot(self._new_site), icon="web-plus")
        self.add_separator()
        self.import_action = self.add_action(
            self.tr("I&mport members…"), slot(self._import), icon="import", shortcut="Ctrl+I"
        )
        self.add_member_action = self.add_action(
            self.tr("&Add member…"), slot(self._add_member), icon="account-plus-outline", shortcut="Ins"
        )
        self.export_action = self.add_action(
            self.tr("E&xport members…"), slot(self._export), icon="export", in_tool_bar=False
        )
        self.add_separator()
        self.edit_action = self._for_tree(self.tr("&Edit…"), self._edit, "pencil-outline", "F2")
        self.delete_action = self._for_tree(self.tr("&Delete…"), self._delete, "delete-outline", Qt.Key.Key_Delete)
        self.tree.addActions((self.segment_action, self.import_action))
        self.member_action = self._for_table(self.tr("Edit mem&ber…"), self._edit_member, "account-edit-outline", None)
        self.suppress_action = self._for_table(
            self.tr("Su&ppress members…"), self._suppress, "account-cancel-outline", None
        )
        self.remove_action = self._for_table(
            self.tr("&Remove members"), self._remove, "account-minus-outline", Qt.Key.Key_Delete
        )
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _for_tree(self, text: str, act: Any, icon: str, key: Qt.Key | str | None) -> QAction:
        """An action whose key works while the focus is in the tree."""
        action = self._for_table(text, act, icon, key)
        self.tree.addAction(action)
        return action

    def _for_table(self, text: str, act: Any, icon: str, key: Qt.Key | str | None) -> QAction:
        """An action whose key works while the focus is in the widget that has it."""
        action = self.add_action(text, self.session.slot(act), icon=icon, shortcut=key, in_tool_bar=False)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return action

    def _enable_actions(self) -> None:
        node = self.node
        in_list = node is not None and node.kind is not NodeKind.SITE
        chosen = len(self.panel.selected_members())
        self.list_action.setEnabled(not self.model.is_empty())
        for action in (self.segment_action, self.import_action, self.add_member_action, self.export_action):
            action.setEnabled(in_list)
        self.edit_action.setEnabled(node is not None)
        self.delete_action.setEnabled(node is not None)
        self.member_action.setEnabled(chosen == 1)
        self.suppress_action.setEnabled(chosen > 0)
        self.remove_action.setEnabled(chosen > 0)

    # Tree

    async def _new_site(self) -> None:
        dialog = SiteDialog(self.session, None, self)
        if await opened(dialog) and dialog.made is not None:
            self._wanted = (NodeKind.SITE, dialog.made.id)
            self._tell_made(dialog.made.host, sites.delete, dialog.made.id)

    async def _new_list(self) -> None:
        node = self.node
        while node is not None and node.parent is not None:
            node = node.parent
        all_sites = await self.session.read(sites.listing)
        dialog = ListDialog(self.session, None, all_sites, node.id if node else None, self)
        if await opened(dialog) and dialog.made is not None:
            self._wanted = (NodeKind.LIST, dialog.made.id)
            self._tell_made(dialog.made.name, lists.delete, dialog.made.id)

    async def _new_segment(self) -> None:
        shown = self.panel.list_view
        if shown is None:
            return
        dialog = SegmentEditor(self.session, shown, None, self)
        if await opened(dialog) and dialog.made is not None:
            self._wanted = (NodeKind.SEGMENT, dialog.made.id)
            self._tell_made(dialog.made.name, segments.delete, dialog.made.id)

    async def _edit(self) -> None:
        view = self.node.view if self.node else None
        shown = self.panel.list_view
        if isinstance(view, SiteView):
            await opened(SiteDialog(self.session, view, self))
        elif isinstance(view, ListView):
            await opened(ListDialog(self.session, view, await self.session.read(sites.listing), None, self))
        elif isinstance(view, SegmentView) and shown is not None:
            await opened(SegmentEditor(self.session, shown, view, self))

    async def _delete(self) -> None:
        node = self.node
        if node is None:
            return
        said = {
            NodeKind.SITE: self.tr("It must not have lists any more."),
            NodeKind.LIST: self.tr(
                "%Ln member(s), its segments and its suppressions go with it. This can't be undone.",
                "",
                node.members or 0,
            ),
            NodeKind.SEGMENT: self.tr("The members stay. Mailings that have started keep their recipients."),
        }
        choice = await ask(
            self,
            self.tr("Delete {} {}?").format(kind_word(node.kind), node.name),
            said[node.kind],
            [Choice("delete", self.tr("&Delete {}").format(kind_word(node.kind)), destructive=True)],
            cancel=self.tr("Keep it"),
        )
        if choice:
            services = {NodeKind.SITE: sites.delete, NodeKind.LIST: lists.delete, NodeKind.SEGMENT: segments.delete}
            await self.session.write(services[node.kind], node.id)
            self.session.tell_done(self.tr("Deleted {}").format(node.name))

    def _tell_made(self, name: str, delete: Any, identity: int) -> None:
        actor = self.session.actor

        def revert(session: Session, now: float) -> None:
            delete(session, identity, actor=actor, now=now)

        self.session.tell_done(self.tr("Made {}").format(name), UndoStep(self.tr("Make {}").format(name), revert))

    # Members

    async def _import(self) -> None:
        shown = self.panel.list_view
        if shown is not None:
            await opened(ImportDialog(self.session, shown, self))

    async def _add_member(self) -> None:
        shown = self.panel.list_view
        if shown is None:
            return
        dialog = MemberDialog(self.session, shown, None, self)
        if await opened(dialog) and dialog.made is not None:
            self.session.tell_done(self.tr("Added {}").format(dialog.made.address))

    async def _edit_member(self) -> None:
        shown, chosen = self.panel.list_view, self.panel.selected_members()
        if shown is not None and len(chosen) == 1:
            member = await self.session.read(members.get, chosen[0])
            await opened(MemberDialog(self.session, shown, member, self))

    async def _remove(self) -> None:
        chosen = self.panel.selected_members()
        removal = await self.session.write(member_actions.remove, chosen)
        sentence = self.tr("Removed %Ln member(s)", "", len(removal.rows))
        self.session.tell_done(sentence, UndoStep(sentence, self._reverting(removal)))

    def _reverting(self, removal: Removal) -> Any:
        actor = self.session.actor

        def revert(session: Session, now: float) -> None:
            member_actions.put_back(session, removal, actor=actor, now=now)

        return revert

    async def _suppress(self) -> None:
        shown, chosen = self.panel.list_view, self.panel.selected_members()
        if shown is None or not chosen:
            return
        dialog = SuppressDialog(self.session, len(chosen), shown.name, self)
        if not await opened(dialog):
            return
        entries = await self.session.write(member_actions.suppress, chosen, reason=dialog.reason.text())
        actor = self.session.actor

        def revert(session: Session, now: float) -> None:
            suppressions.remove(session, entries, actor=actor, now=now)

        sentence = self.tr("Suppressed %Ln member(s)", "", len(entries))
        self.session.tell_done(sentence, UndoStep(sentence, revert) if entries else None)

    async def _allow(self, entries: Sequence[int]) -> None:
        number = await self.session.write(suppressions.remove, entries)
        self.session.tell_done(self.tr("%Ln mailbox(es) may be mailed again", "", number))

    async def _export(self) -> None:
        shown = self.panel.list_view
        if shown is None or self.node is None:
            return
        path = await file_to_save(self, self.tr("Export members"), f"{self.node.name}.csv", self.tr("CSV (*.csv)"))
        if path:
            number = await self.session.background.run(
                _export, self.session.database, shown.id, Path(path), self.panel.wanted
            )
            self.session.tell_done(self.tr("Exported %Ln member(s)", "", number))


def _place_of_member(session: Session, member_id: int) -> tuple[Key, str]:
    """The list of a member, and what to filter it by."""
    list_id = member_actions.list_of(session, member_id)
    return (NodeKind.LIST, list_id), members.get(session, member_id).address


def _export(database: Database, list_id: int, path: Path, wanted: MemberFilter) -> int:
    """Write the file in a thread; a half-written one never stands under the name that was asked for."""
    partial = path.with_name(f".{path.name}.part")
    with database.read() as session, partial.open("w", encoding="utf-8-sig", newline="") as file:
        number = members.export_csv(session, list_id, file, wanted)
    partial.replace(path)
    return number
