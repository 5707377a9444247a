"""The right side of the lists page: the members of a list or segment, and who is suppressed there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QTabWidget, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import members, suppression_table
from app.services.associations import NodeKind
from app.services.lists import ListView
from app.services.members import MemberFilter, MemberSort, MemberView
from app.services.segments import SegmentView
from app.services.suppression_table import SuppressionSort
from app.services.suppressions import SuppressionView
from ui import icons, words
from ui.models.columns import Column
from ui.models.paged_table import PagedTable
from ui.pages.lists_tree import Node, kind_word
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.empty import EmptyState, ListOrEmpty
from ui.widgets.marks import Mark
from ui.widgets.notes import ToneLabel, heading
from ui.widgets.tables import TableView

translate = QCoreApplication.translate


class MembersPanel(QWidget):
    """Shows a node of the tree. ``allow_asked`` carries the ids of suppressions that are to end."""

    allow_asked = Signal(object)

    def __init__(self, session: WindowSession, empty_actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.node: Node | None = None
        self._list_id: int | None = None
        self.wanted = MemberFilter()
        self.title = heading("", self)
        self.facts = ToneLabel("", Tone.MUTED, self)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setWordWrap(True)
        self.model: PagedTable[MemberView] = PagedTable(
            session,
            member_columns(session),
            read_order=self._member_order,
            read_head=self._member_order,
            read_rows=members.rows,
            identity=lambda row: row.id,
            parent=self,
        )
        self.table = TableView("lists/members", self.tr("Members"), self)
        self.table.show_columns(self.model, session.layout_store, sort=0)
        empty = EmptyState(
            "account-multiple-outline",
            self.tr("Nobody here yet"),
            self.tr("Import members from a CSV file, or add them one by one."),
            *empty_actions,
        )
        self.body = ListOrEmpty(self.table, empty)
        self.model.loaded.connect(self._show_empty)
        self.suppressed: PagedTable[SuppressionView] = PagedTable(
            session,
            suppression_columns(session),
            read_order=self._suppressed_order,
            read_rows=suppression_table.rows,
            identity=lambda row: row.id,
            parent=self,
        )
        self.suppressed_table = TableView("lists/suppressed", self.tr("Suppressed mailboxes"), self)
        self.suppressed_table.show_columns(self.suppressed, session.layout_store, sort=2, descending=True)
        self.allow_button = QPushButton(icons.icon("account-check-outline"), self.tr("Mail &again"), self)
        self.allow_button.clicked.connect(self._allow)
        self.suppressed_table.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self.suppressed_table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.suppressed_table.customContextMenuRequested.connect(self._open_menu)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.body, self.tr("&Members"))
        self.tabs.addTab(self._suppressed_tab(), self.tr("S&uppressed"))
        self.tabs.currentChanged.connect(lambda _: session.spawn(self.refresh()))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.facts)
        column.addWidget(self.tabs, 1)
        column.addStretch()  # nothing but the title above it is shown of a site
        self._enable()

    @property
    def list_view(self) -> ListView | None:
        """The list that is shown, also when it is by a segment."""
        node = self.node
        if node is None:
            return None
        above = node.parent if node.kind is NodeKind.SEGMENT else node
        return above.view if above is not None and isinstance(above.view, ListView) else None

    def show_node(self, node: Node | None, text: str) -> bool:
        """Show a list or segment, filtered by *text*; True when something else is to be read now."""
        before = (self._list_id, self.wanted)
        self.node = node
        shown = self.list_view
        self._list_id = shown.id if shown else None
        where = node.view.where if node is not None and isinstance(node.view, SegmentView) else None
        self.wanted = MemberFilter(text=text, where=where)
        self.title.setText(node.name if node else "")
        self.facts.setText(self._facts(node))
        self.tabs.setVisible(shown is not None)
        return before != (self._list_id, self.wanted)

    async def refresh(self) -> None:
        """Read the tab in front anew."""
        await (self.model if self.tabs.currentIndex() == 0 else self.suppressed).refresh()

    def selected_members(self) -> list[int]:
        """The ids of the selected members."""
        ids = (self.model.id_of(index) for index in self.table.selected_rows())
        return [each for each in ids if each is not None]

    def save_state(self) -> None:
        """Keep the columns."""
        self.table.keep(self._session.layout_store)
        self.suppressed_table.keep(self._session.layout_store)

    def _suppressed_tab(self) -> QWidget:
        tab = QWidget(self)
        note = QLabel(self.tr("These mailboxes get no mail of this list, whoever imports them again."), tab)
        note.setWordWrap(True)
        row = QHBoxLayout()
        row.setContentsMargins(0, 6, 0, 0)
        row.addWidget(note, 1)
        row.addWidget(self.allow_button)
        column = QVBoxLayout(tab)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.suppressed_table, 1)
        return tab

    def _facts(self, node: Node | None) -> str:
        if node is None:
            return self.tr("Choose a list or a segment at the left.")
        if node.kind is NodeKind.SITE:
            return self.tr("%Ln list(s)", "", len(node.children)) + self._stream_words(node)
        shown = self.list_view
        above = node.parent.name if node.parent else ""
        said = [self.tr("{} of {}").format(kind_word(node.kind).capitalize(), above)]
        if shown is not None and node.kind is NodeKind.LIST:
            said.append(self.tr("%Ln member(s)", "", shown.members))
            if shown.segments:
                said.append(self.tr("%Ln segment(s)", "", shown.segments))
            if shown.description:
                said.append(words.one_line(shown.description))
        return " · ".join(said) + self._stream_words(node)

    def _stream_words(self, node: Node) -> str:
        return self.tr(" · goes over stream {}").format(node.view.stream) if node.view.stream else ""

    def _show_empty(self) -> None:
        filtered = bool(self.wanted.text or self.wanted.where is not None)
        self.body.show_empty(not self.model.ids and not filtered and self._list_id is not None)

    def _enable(self) -> None:
        self.allow_button.setEnabled(bool(self.suppressed_table.selected_rows()))

    def _allow(self) -> None:
        ids = (self.suppressed.id_of(index) for index in self.suppressed_table.selected_rows())
        self.allow_asked.emit([each for each in ids if each is not None])

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction(self.allow_button.icon(), self.allow_button.text())
        action.setEnabled(self.allow_button.isEnabled())
        action.triggered.connect(self._allow)
        menu.popup(self.suppressed_table.viewport().mapToGlobal(at))

    def _member_order(
        self, session: Session, sort: Any, *, descending: bool, limit: int | None = None
    ) -> Sequence[int]:
        if self._list_id is None:
            return ()
        wanted = MemberSort.ADDRESS if sort is None else MemberSort(sort)
        return members.ids(session, self._list_id, self.wanted, sort=wanted, descending=descending, limit=limit)

    def _suppressed_order(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:
        if self._list_id is None:
            return ()
        wanted = SuppressionSort.AT if sort is None else SuppressionSort(sort)
        return suppression_table.ids(
            session, self._list_id, wanted, descending=descending or sort is None, text=self.wanted.text
        )


def member_columns(session: WindowSession) -> tuple[Column[MemberView], ...]:
    """Columns of a table of members."""
    return (
        Column("address", translate("lists", "Address"), lambda row: row.address, MemberSort.ADDRESS, 34, least=28),
        Column("name", translate("lists", "Name"), lambda row: words.one_line(row.name), MemberSort.NAME, 24),
        Column(
            "state",
            translate("lists", "State"),
            lambda row: _mark(row).word,
            width=16,
            mark=_mark,
        ),
        Column("domain", translate("lists", "Domain"), lambda row: row.domain, MemberSort.DOMAIN, 22),
        Column(
            "joined",
            translate("lists", "Joined"),
            lambda row: words.short_time(row.joined, session.now()),
            MemberSort.JOINED,
            18,
            tip=lambda row: words.exact(row.joined),
        ),
        Column("fields", translate("lists", "Fields"), _fields, width=40, tip=_fields),
    )


def suppression_columns(session: WindowSession) -> tuple[Column[SuppressionView], ...]:
    """Columns of the table of suppressed mailboxes."""
    return (
        Column("address", translate("lists", "Mailbox"), lambda row: row.address, SuppressionSort.ADDRESS, 34),
        Column("scope", translate("lists", "For"), _scope, width=20),
        Column(
            "at",
            translate("lists", "Since"),
            lambda row: words.ago(row.at, session.now()),
            SuppressionSort.AT,
            16,
            tip=lambda row: words.exact(row.at),
        ),
        Column("actor", translate("lists", "By"), lambda row: row.actor, SuppressionSort.ACTOR, 14),
        Column(
            "reason", translate("lists", "Reason"), lambda row: words.one_line(row.reason), SuppressionSort.REASON, 50
        ),
    )


def _mark(row: MemberView) -> Mark:
    if row.suppressed:
        return Mark("account-cancel-outline", translate("lists", "Gets no mail"), Tone.WARNING)
    return Mark("account-check-outline", translate("lists", "Active"), Tone.MUTED)


def _fields(row: MemberView) -> str:
    return ", ".join(f"{name}: {words.one_line(value)}" for name, value in row.fields.items())


def _scope(row: SuppressionView) -> str:
    return translate("lists", "all lists") if row.list_name is None else row.list_name
