"""The tabs of the stream editor that are more than a form: addresses, associations, limits."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.services import addresses, associations
from app.services.addresses import AddressState
from app.services.associations import Branch, NodeKind
from engine.limits import LimitRule, LimitScope
from ui import icons, words
from ui.dialogs.address_binding import AddressBindingDialog
from ui.effective_limits import effective
from ui.models.association_tree import DECIDED, MAILINGS, MEMBERS, AssociationTree, Key
from ui.models.limit_rules import SCOPE, LimitRules, scope_word
from ui.models.stream_addresses import EditedAddress, StreamAddresses
from ui.pages.association_reads import TreeContent, read_tree
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.cells import RoomyDelegate
from ui.widgets.dialogs import opened
from ui.widgets.notes import Note, quiet
from ui.widgets.tables import TableView

_EDIT = (
    QAbstractItemView.EditTrigger.EditKeyPressed
    | QAbstractItemView.EditTrigger.DoubleClicked
    | QAbstractItemView.EditTrigger.AnyKeyPressed
)


class AddressesTab(QWidget):
    """The table of addresses with add and remove."""

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.stream_name = ""
        self.model = StreamAddresses(self)
        self.table = TableView("stream editor/addresses", self.tr("Addresses of the stream"), self)
        self.table.setModel(self.model)
        self.table.setEditTriggers(_EDIT)
        self.table.wish_widths([(width, width // 2) for width in (40, 30, 10, 10, 20)])
        self.error = Note(Tone.BAD, self)
        self.bind_button = QPushButton(icons.icon("plus"), self.tr("&Bind addresses…"), self)
        self.remove_button = QPushButton(icons.icon("minus"), self.tr("&Remove"), self)
        self.bind_button.clicked.connect(session.slot(self.bind))
        self.remove_button.clicked.connect(self.remove)
        hint = self.tr(
            "Mail is spread over the addresses by weight. An address that you remove finishes the mail it is sending."
        )
        row = QHBoxLayout()
        row.addWidget(self.bind_button)
        row.addWidget(self.remove_button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(quiet(hint, self))
        layout.addWidget(self.table, 1)
        layout.addWidget(self.error)
        layout.addLayout(row)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_state())
        self.model.edited.connect(self._show_state)
        self._show_state()

    async def bind(self) -> None:
        """Open the dialog to choose addresses, and add what is chosen to the table; it is bound when the stream is saved."""
        present = [row.ip for row in self.model.addresses]
        dialog = AddressBindingDialog(self._session, self.stream_name, present, self)
        if await opened(dialog):
            self.model.add(await chosen_addresses(self._session, dialog))

    def remove(self) -> None:
        """Take the selected addresses away."""
        self.model.remove([index.row() for index in self.table.selected_rows()])

    def _show_state(self) -> None:
        self.error.show_text("")
        self.remove_button.setEnabled(bool(self.table.selected_rows()))


async def chosen_addresses(session: WindowSession, dialog: AddressBindingDialog) -> list[EditedAddress]:
    """What the dialog chose, with the state of those that are sending addresses already."""
    chosen = dialog.chosen
    known: dict[str, AddressState] = {view.ip: view.state for view in await session.read(addresses.listing)}
    return [
        EditedAddress(each.ip, each.helo or addresses.literal(each.ip), state=known.get(each.ip)) for each in chosen
    ]


class AssociationsTab(QWidget):
    """The tree with check marks. ``ticks`` are those that differ from what is stored."""

    edited = Signal()

    def __init__(self, session: WindowSession, stream_id: int | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._stream_id = stream_id
        self.ticks: dict[Key, bool] = {}
        self.model = AssociationTree(self)
        self.model.make_checkable(self._is_ticked)
        self.tree = QTreeView(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(self.tr("Sites, lists and segments"))
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setItemDelegate(RoomyDelegate(self))
        for column in (DECIDED, MAILINGS):
            self.tree.setColumnHidden(column, True)
        self.tree.setColumnWidth(0, 44 * self.fontMetrics().averageCharWidth())
        self.tree.setColumnWidth(1, 34 * self.fontMetrics().averageCharWidth())
        self.tree.header().setSectionHidden(MEMBERS, False)
        hint = self.tr("Ticked sites, lists and segments use this stream by default. What is below them inherits it.")
        layout = QVBoxLayout(self)
        layout.addWidget(quiet(hint, self))
        layout.addWidget(self.tree, 1)
        self.model.checked.connect(self._tick)
        self.model.wanted.connect(lambda branch: session.spawn(self._read_below(branch), self))

    async def load(self) -> None:
        """Read the tree."""
        content: TreeContent = await self._session.read(read_tree, (), "")
        self.model.take(content.default, content.branches, complete=content.complete)
        self.tree.expandToDepth(0)

    async def _read_below(self, branch: Branch) -> None:
        if branch.kind is NodeKind.LIST:
            self.model.take_children(branch, await self._session.read(associations.segments_of, branch.id))

    def _is_ticked(self, branch: Branch) -> bool:
        stored = self._stream_id is not None and branch.own_stream_id == self._stream_id
        return self.ticks.get((branch.kind, branch.id), stored)

    def _tick(self, branch: Branch, ticked: bool) -> None:
        key = (branch.kind, branch.id)
        self.ticks.pop(key, None)
        if ticked != self._is_ticked(branch):
            self.ticks[key] = ticked
        self.edited.emit()


class LimitsTab(QWidget):
    """The table of limits, and which of them wins at a place that can be typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._server: tuple[LimitRule, ...] = ()
        self.stream_name = ""
        self.model = LimitRules(self)
        self.table = TableView("stream editor/limits", self.tr("Limits of the stream"), self)
        self.table.setModel(self.model)
        self.table.setEditTriggers(_EDIT)
        self.table.setItemDelegateForColumn(SCOPE, _ScopeDelegate(self))
        self.table.wish_widths([(width, width // 2) for width in (28, 28, 13, 15, 21, 13)])
        self.error = Note(Tone.BAD, self)
        self.add_button = QPushButton(icons.icon("plus"), self.tr("&Add limit"), self)
        self.remove_button = QPushButton(icons.icon("minus"), self.tr("&Remove"), self)
        self.place = QLineEdit(self)
        self.place.setPlaceholderText(self.tr("Google, or example.com"))
        self.place.setAccessibleName(self.tr("Provider or domain"))
        self.effective = QLabel(self)
        self.effective.setTextFormat(Qt.TextFormat.PlainText)
        self.effective.setWordWrap(True)
        self._lay_out()
        self.add_button.clicked.connect(self.add)
        self.remove_button.clicked.connect(self.remove)
        self.place.textChanged.connect(lambda _: self._show_effective())
        self.model.edited.connect(self._show_effective)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_state())
        self._show_state()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.add_button)
        row.addWidget(self.remove_button)
        row.addStretch(1)
        label = QLabel(self.tr("Effective &at"), self)
        label.setBuddy(self.place)
        lookup = QHBoxLayout()
        lookup.addWidget(label)
        lookup.addWidget(self.place)
        lookup.addWidget(self.effective, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(quiet(self.tr("Of all limits that apply, the smallest wins. Empty cells set no limit."), self))
        layout.addWidget(self.table, 1)
        layout.addWidget(self.error)
        layout.addLayout(row)
        layout.addLayout(lookup)

    def set_server_limits(self, rules: Sequence[LimitRule]) -> None:
        """The limits that hold for all streams; they take part in "effective"."""
        self._server = tuple(rules)
        self._show_effective()

    def add(self) -> None:
        """Add a row and begin to edit it."""
        index = self.model.add(LimitRule(LimitScope.PROVIDER))
        self.table.setCurrentIndex(index)
        self.table.edit(index)

    def remove(self) -> None:
        """Take the selected rows away."""
        self.model.remove([index.row() for index in self.table.selected_rows()])

    def _show_state(self) -> None:
        self.remove_button.setEnabled(bool(self.table.selected_rows()))

    def _show_effective(self) -> None:
        self.error.show_text("")
        names = {
            "connections": self.tr("{} connections"),
            "connections_per_hour": self.tr("{} connections/h"),
            "messages_per_connection": self.tr("{} messages/connection"),
            "messages_per_hour": self.tr("{} messages/h"),
        }
        found = effective((*self._server, *self.model.rules), self.place.text())
        told = [
            names[each.quantity].format(words.number(each.value))
            + f" ({self.tr('server') if each.origin else self.tr('this stream')})"
            for each in found
            if each.value is not None
        ]
        self.effective.setText(", ".join(told) or self.tr("no limit but the settings' defaults"))


class _ScopeDelegate(QStyledItemDelegate):
    """A box of the kinds of limits."""

    def createEditor(  # noqa: N802 - Qt's name
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,  # noqa: ARG002 - Qt's signature
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002
    ) -> QWidget:
        box = QComboBox(parent)
        box.setAccessibleName(self.tr("What the limit is about"))
        for scope in LimitScope:
            box.addItem(scope_word(scope), scope)
        return box

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:  # noqa: N802 - Qt's name
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(list(LimitScope).index(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(  # noqa: N802 - Qt's name
        self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, list(LimitScope)[editor.currentIndex()], Qt.ItemDataRole.EditRole)
