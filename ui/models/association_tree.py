"""The tree of associations: sites, their lists, their segments; what lies below a list is read when it is opened."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QMimeData, QModelIndex, QObject, Qt, Signal

from app.services.associations import Branch, NodeKind, ResolutionRule
from ui import icons, words
from ui.models.keyed import Index
from ui.theme import Tone, colour

translate = QCoreApplication.translate

NAME, STREAM, DECIDED, MEMBERS, MAILINGS = range(5)
STREAM_MIME: Final = "application/x-mailstreams-stream"
"""What a dragged stream is: its id as text."""
BRANCH_ROLE: Final = Qt.ItemDataRole.UserRole + 1

Key = tuple[NodeKind, int]
"""What a node is known by."""

_ICONS: Final = {
    NodeKind.SITE: "web",
    NodeKind.LIST: "account-multiple-outline",
    NodeKind.SEGMENT: "filter-outline",
}


@dataclass(slots=True, eq=False)
class Node:
    """A branch in its place. ``children`` None: not read yet. The root has no branch; below it stands the server."""

    branch: Branch | None
    parent: Node | None
    row: int
    serial: int
    """Names the node in indexes: a number, so that an old index never leads to what is gone."""
    children: list[Node] | None = None

    @property
    def key(self) -> Key | None:
        """What the node is known by; None for the server's."""
        return _key(self.branch) if self.branch else None

    @property
    def may_have_children(self) -> bool:
        """Whether there is something to read or show below it."""
        if self.children is not None:
            return bool(self.children)
        return self.branch is not None and self.branch.children > 0


class AssociationTree(QAbstractItemModel):
    """Columns: name, stream, decided by, members, active mailings. The top node stands for the server's default stream.

    ``wanted`` carries the branch whose children are to be read; the page answers with :meth:`take_children`. ``dropped``
    carries a stream's id and the branch that it was dropped on; ``chosen`` a branch and the id (or None) that was picked.
    With :meth:`make_checkable` names have check marks: ``checked`` carries a branch and whether it is ticked now.
    """

    wanted = Signal(object)
    dropped = Signal(int, object)
    chosen = Signal(object, object)
    checked = Signal(object, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._serial = itertools.count(1)
        self._nodes: dict[int, Node] = {}
        self._by_key: dict[Key, Node] = {}
        self._root = Node(None, None, 0, 0)
        self._server = self._new_server()
        self._default = ""
        self._is_ticked: Callable[[Branch], bool] | None = None
        self._asked: set[Key] = set()

    def make_checkable(self, is_ticked: Callable[[Branch], bool]) -> None:
        """Put a check mark before each name but the server's."""
        self._is_ticked = is_ticked

    # What the page gives

    def take(self, default_stream: str, branches: Sequence[Branch], *, complete: bool) -> None:
        """Show these branches: sites, lists, segments, in any order; those of one parent in their order.

        *complete*: there is nothing below a branch but what is given; otherwise children that are missing are read when
        they are looked at.
        """
        by_parent: dict[Key | None, list[Branch]] = {}
        for branch in branches:
            by_parent.setdefault(_parent_key(branch), []).append(branch)
        if self._has_shape_of(by_parent, len(branches)):
            self._update(default_stream, branches)
            return
        self.beginResetModel()
        self._default = default_stream
        self._asked.clear()
        self._nodes.clear()
        self._by_key.clear()
        self._server = self._new_server()
        self._fill(self._server, None, by_parent, complete=complete)
        self.endResetModel()

    def _has_shape_of(self, by_parent: dict[Key | None, list[Branch]], count: int) -> bool:
        """Whether the same branches stand in the same places, so that views need not forget what is open."""
        if len(self._by_key) != count:
            return False
        shown = (node for node in self._nodes.values() if node.children)
        return all(
            [child.key for child in node.children or ()] == [_key(each) for each in by_parent.get(node.key, ())]
            for node in shown
        )

    def _update(self, default_stream: str, branches: Sequence[Branch]) -> None:
        self._default = default_stream
        for branch in branches:
            self._by_key[_key(branch)].branch = branch
        for node in self._nodes.values():
            if node.branch is not None and node.branch.children and not node.children:
                node.children = None  # there was nothing below it when it was read
            if node.children:
                above = self.index_of(node)
                last = self.index(len(node.children) - 1, MAILINGS, above)
                self.dataChanged.emit(self.index(0, 0, above), last)
        server = self.index_of(self._server)
        self.dataChanged.emit(server, server.siblingAtColumn(MAILINGS))

    def take_children(self, parent: Branch, branches: Sequence[Branch]) -> None:
        """Show what was read below a branch."""
        node = self._by_key.get(_key(parent))
        self._asked.discard(_key(parent))
        if node is None or node.children is not None:
            return
        if not branches:
            node.children = []
            return
        self.beginInsertRows(self.index_of(node), 0, len(branches) - 1)
        self._add_children(node, branches)
        self.endInsertRows()

    def branches(self) -> Iterator[Branch]:
        """All branches that are shown."""
        return (node.branch for node in self._by_key.values() if node.branch is not None)

    def branch(self, index: Index) -> Branch | None:
        """The branch at an index, None for the server."""
        return self._node(index).branch

    def index_of_key(self, key: Key, column: int = NAME) -> QModelIndex:
        """Where a branch stands; invalid when it is not shown."""
        node = self._by_key.get(key)
        return QModelIndex() if node is None else self.index_of(node, column)

    def index_of(self, node: Node, column: int = NAME) -> QModelIndex:
        """The index of a node."""
        return QModelIndex() if node is self._root else self.createIndex(node.row, column, node.serial)

    # What views ask

    def index(self, row: int, column: int, parent: Index | None = None) -> QModelIndex:
        above = self._node(parent)
        if above.children is None or not 0 <= row < len(above.children) or not 0 <= column <= MAILINGS:
            return QModelIndex()
        return self.createIndex(row, column, above.children[row].serial)

    def parent(self, index: Index | None = None) -> Any:
        if index is None:
            return super().parent()
        above = self._node(index).parent
        return QModelIndex() if above is None else self.index_of(above)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        if parent is not None and parent.column() > 0:
            return 0
        return len(self._node(parent).children or ())

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: ARG002, N802 - Qt's name and signature
        return MAILINGS + 1

    def hasChildren(self, parent: Index | None = None) -> bool:  # noqa: N802 - Qt's name
        if parent is not None and parent.column() > 0:
            return False
        return self._node(parent).may_have_children

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802 - Qt's name
        node = self._node(parent)
        return node.children is None and node.may_have_children and node.key not in self._asked

    def fetchMore(self, parent: Index) -> None:  # noqa: N802 - Qt's name
        node = self._node(parent)
        if node.key is not None and node.children is None:
            self._asked.add(node.key)
            self.wanted.emit(node.branch)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                translate("associations", "Name"),
                translate("associations", "Stream"),
                translate("associations", "Decided by"),
                translate("associations", "Members"),
                translate("associations", "Active mailings"),
            )[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid() or self._node(index).branch is None:
            return flags
        flags |= Qt.ItemFlag.ItemIsDropEnabled
        if self._is_ticked is not None and index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if self._is_ticked is None and index.column() == STREAM:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node, column = self._node(index), index.column()
        if role == Qt.ItemDataRole.CheckStateRole:
            return self._check_state(node.branch, column)
        if role == Qt.ItemDataRole.EditRole and column == STREAM and node.branch is not None:
            return node.branch.own_stream_id
        if role == BRANCH_ROLE:
            return node.branch
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            text = self._text(node.branch, column)
            title = self.headerData(column, Qt.Orientation.Horizontal)
            return text if role == Qt.ItemDataRole.DisplayRole else f"{title}: {text}"
        if role == Qt.ItemDataRole.DecorationRole and column == NAME:
            return icons.icon(_ICONS[node.branch.kind] if node.branch else "server", Tone.MUTED)
        if role == Qt.ItemDataRole.ForegroundRole and _is_inherited(node.branch) and column in (STREAM, DECIDED):
            return colour(Tone.MUTED)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802 - Qt's name
        branch = self._node(index).branch
        if branch is None:
            return False
        if role == Qt.ItemDataRole.CheckStateRole and self._is_ticked is not None:
            self.checked.emit(branch, Qt.CheckState(value) is Qt.CheckState.Checked)
            self.dataChanged.emit(index, index)
            return True
        if role == Qt.ItemDataRole.EditRole and value != branch.own_stream_id:
            self.chosen.emit(branch, value)
            return True
        return False

    # Drag and drop

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - Qt's name
        return Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt's name
        return [STREAM_MIME]

    def canDropMimeData(  # noqa: N802 - Qt's name
        self,
        data: QMimeData,
        action: Qt.DropAction,  # noqa: ARG002 - Qt's signature
        row: int,  # noqa: ARG002
        column: int,  # noqa: ARG002
        parent: Index,
    ) -> bool:
        return data.hasFormat(STREAM_MIME) and self._node(parent).branch is not None

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:  # noqa: N802
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        self.dropped.emit(int(bytes(data.data(STREAM_MIME).data())), self._node(parent).branch)
        return True

    # Within

    def _new_server(self) -> Node:
        server = Node(None, self._root, 0, next(self._serial), [])
        self._root.children = [server]
        self._nodes[server.serial] = server
        return server

    def _add_children(self, node: Node, branches: Sequence[Branch]) -> list[Node]:
        node.children = [Node(branch, node, row, next(self._serial)) for row, branch in enumerate(branches)]
        for child, branch in zip(node.children, branches, strict=True):
            self._nodes[child.serial] = child
            self._by_key[_key(branch)] = child
        return node.children

    def _fill(self, node: Node, key: Key | None, by_parent: dict[Key | None, list[Branch]], *, complete: bool) -> None:
        below = by_parent.get(key)
        if below is None:
            node.children = [] if complete or key is None else None
            return
        for child in self._add_children(node, below):
            self._fill(child, child.key, by_parent, complete=complete)

    def _node(self, index: Index | None) -> Node:
        if index is None or not index.isValid():
            return self._root
        return self._nodes.get(index.internalId(), self._root)

    def _check_state(self, branch: Branch | None, column: int) -> Qt.CheckState | None:
        if self._is_ticked is None or branch is None or column != NAME:
            return None
        return Qt.CheckState.Checked if self._is_ticked(branch) else Qt.CheckState.Unchecked

    def _text(self, branch: Branch | None, column: int) -> str:
        if branch is None:
            server = translate("associations", "All sites (server default)")
            return {NAME: server, STREAM: self._default}.get(column, "")
        match column:
            case _ if column == NAME:
                return branch.name
            case _ if column == STREAM:
                stream = branch.resolved.stream
                return inherit_word(stream) if branch.own_stream_id is None else stream
            case _ if column == DECIDED:
                return decided_by(branch)
            case _ if column == MEMBERS:
                return words.number(branch.members) if branch.kind is not NodeKind.SEGMENT else words.NONE
        return words.number(branch.active_mailings) if branch.active_mailings else words.NONE


def inherit_word(stream: str) -> str:
    """What stands for "no stream of its own": "Inherit (news)"."""
    return translate("associations", "Inherit ({})").format(stream)


def decided_by(branch: Branch) -> str:
    """Which rule chose the stream of a branch."""
    if branch.own_stream_id is not None:
        return {
            NodeKind.SITE: translate("associations", "this site"),
            NodeKind.LIST: translate("associations", "this list"),
            NodeKind.SEGMENT: translate("associations", "this segment"),
        }[branch.kind]
    origin = branch.resolved.origin
    match branch.resolved.rule:
        case ResolutionRule.LIST:
            return translate("associations", "inherited from list {}").format(origin)
        case ResolutionRule.SITE:
            return translate("associations", "inherited from site {}").format(origin)
    return translate("associations", "server default")


def _key(branch: Branch) -> Key:
    return branch.kind, branch.id


def _parent_key(branch: Branch) -> Key | None:
    if branch.parent_id is None:
        return None
    return (NodeKind.LIST if branch.kind is NodeKind.SEGMENT else NodeKind.SITE, branch.parent_id)


def _is_inherited(branch: Branch | None) -> bool:
    return branch is not None and branch.own_stream_id is None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (MEMBERS, MAILINGS) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
