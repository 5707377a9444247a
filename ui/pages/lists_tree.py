"""The tree of sites, lists and segments as an item model; all of it is in memory, for there are some hundred nodes at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt
from sqlalchemy.orm import Session

from app.services import lists, segments, sites
from app.services.associations import NodeKind
from app.services.lists import ListView
from app.services.segments import SegmentView
from app.services.sites import SiteView
from ui import icons, words

translate = QCoreApplication.translate
Index = QModelIndex | QPersistentModelIndex
Key = tuple[NodeKind, int]
View = SiteView | ListView | SegmentView

_ICONS = {
    NodeKind.SITE: "web",
    NodeKind.LIST: "account-multiple-outline",
    NodeKind.SEGMENT: "filter-outline",
}


@dataclass(slots=True)
class Node:
    """A site, a list or a segment, with its place in the tree."""

    kind: NodeKind
    id: int
    name: str
    view: View
    parent: Node | None = None
    row: int = 0
    children: list[Node] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.kind, self.id

    @property
    def members(self) -> int | None:
        """Members of a list, or of all lists of a site; None for a segment, whose members are counted on demand."""
        if isinstance(self.view, ListView):
            return self.view.members
        if isinstance(self.view, SiteView):
            return sum(child.members or 0 for child in self.children)
        return None


def read_tree(session: Session) -> list[Node]:
    """All sites with their lists and segments, in three queries."""
    roots = [Node(NodeKind.SITE, view.id, view.host, view) for view in sites.listing(session)]
    by_site = {node.id: node for node in roots}
    by_list: dict[int, Node] = {}
    for each in lists.listing(session):
        by_list[each.id] = _adopt(by_site[each.site_id], Node(NodeKind.LIST, each.id, each.name, each))
    for segment in segments.listing(session):
        _adopt(by_list[segment.list_id], Node(NodeKind.SEGMENT, segment.id, segment.name, segment))
    for row, root in enumerate(roots):
        root.row = row
    return roots


def _adopt(parent: Node, child: Node) -> Node:
    child.parent, child.row = parent, len(parent.children)
    parent.children.append(child)
    return child


class ListTree(QAbstractItemModel):
    """Two columns: name, members. A reading with the same nodes leaves selection and expansion alone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._roots: list[Node] = []
        self._nodes: dict[Key, Node] = {}

    def set_tree(self, roots: Sequence[Node]) -> bool:
        """Show another reading; True when nodes came, went or moved, so that views have forgotten what was selected."""
        nodes = {node.key: node for root in roots for node in _walk(root)}
        same = list(nodes) == list(self._nodes) and all(_place(nodes[key]) == _place(self._nodes[key]) for key in nodes)
        if same:
            for key, node in self._nodes.items():
                node.name, node.view = nodes[key].name, nodes[key].view
            self._tell_data(QModelIndex())
            return False
        self.beginResetModel()
        self._roots, self._nodes = list(roots), nodes
        self.endResetModel()
        return True

    def node(self, index: Index) -> Node | None:
        """The node at an index."""
        pointer = index.internalPointer() if index.isValid() else None
        return pointer if isinstance(pointer, Node) else None

    def node_by_key(self, key: Key) -> Node | None:
        """The node that is known by *key*."""
        return self._nodes.get(key)

    def index_of(self, key: Key) -> QModelIndex:
        """The index of a node, invalid when there is none such."""
        node = self._nodes.get(key)
        return QModelIndex() if node is None else self.createIndex(node.row, 0, node)

    def is_empty(self) -> bool:
        """Whether there is no site."""
        return not self._roots

    def index(self, row: int, column: int, parent: Index | None = None) -> QModelIndex:
        children = self._children(parent)
        if 0 <= row < len(children) and 0 <= column < 2:
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, child: Index | None = None) -> Any:
        if child is None:
            return super().parent()
        node = self.node(child)
        above = node.parent if node else None
        return QModelIndex() if above is None else self.createIndex(above.row, 0, above)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        if parent is not None and parent.isValid() and parent.column() > 0:
            return 0
        return len(self._children(parent))

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: ARG002, N802 - Qt's name and signature
        return 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return translate("lists", "Sites, lists, segments") if section == 0 else translate("lists", "Members")
        if role == Qt.ItemDataRole.TextAlignmentRole and section == 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node = self.node(index)
        if node is None:
            return None
        if index.column() == 1:
            return _count(node, role)
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return node.name
            case Qt.ItemDataRole.DecorationRole:
                return icons.icon(_ICONS[node.kind])
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{kind_word(node.kind)} {node.name}"
        return None

    def _children(self, parent: Index | None) -> list[Node]:
        node = self.node(parent) if parent is not None else None
        return node.children if node is not None else self._roots

    def _tell_data(self, parent: QModelIndex) -> None:
        rows = self.rowCount(parent)
        if rows:
            self.dataChanged.emit(self.index(0, 0, parent), self.index(rows - 1, 1, parent))
            for row in range(rows):
                self._tell_data(self.index(row, 0, parent))


def kind_word(kind: NodeKind) -> str:
    """What a kind of node is called."""
    return {
        NodeKind.SITE: translate("lists", "site"),
        NodeKind.LIST: translate("lists", "list"),
        NodeKind.SEGMENT: translate("lists", "segment"),
    }[kind]


def _count(node: Node, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return "" if node.members is None else words.number(node.members)
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    return None


def _walk(node: Node) -> list[Node]:
    return [node, *(each for child in node.children for each in _walk(child))]


def _place(node: Node) -> tuple[Key | None, int]:
    return node.parent.key if node.parent else None, node.row
