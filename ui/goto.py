"""Ctrl+K: go to anything by its name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.services import search
from app.services.blocks import BlockFilter
from app.services.search import Found, FoundKind
from ui import icons, words
from ui.pages.registry import PageEntry
from ui.session import WindowSession
from ui.widgets.filter_box import FilterBox

translate = QCoreApplication.translate
_KEYS_OF_LIST: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ICONS: Final = {
    FoundKind.STREAM: "source-branch",
    FoundKind.ADDRESS: "ip-network-outline",
    FoundKind.SITE: "web",
    FoundKind.LIST: "account-multiple-outline",
    FoundKind.SEGMENT: "filter-outline",
    FoundKind.MAILING: "email-outline",
    FoundKind.DOMAIN: "cancel",
    FoundKind.MEMBER: "account-outline",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go: a page and the argument of its ``open_with``. A Found for all kinds but domains and addresses."""

    page: str
    argument: object = None


def target_of(found: Found) -> Target:
    """The page that shows what was found: domains are shown by their blocks, members and segments by their list."""
    match found.kind:
        case FoundKind.STREAM | FoundKind.ADDRESS:
            return Target("streams", found)
        case FoundKind.MAILING:
            return Target("mailings", found)
        case FoundKind.DOMAIN:
            return Target("blocks", BlockFilter(domain=found.name))
        case _:
            return Target("lists", found)


class GoToDialog(QDialog):
    """A box to type in and a list below it. The focus stays in the box; arrow keys move in the list."""

    def __init__(self, session: WindowSession, pages: tuple[PageEntry, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Go to"))
        self.target: Target | None = None
        self._session, self._pages = session, pages
        self._asked: asyncio.Task[Any] | None = None
        layout = QVBoxLayout(self)
        label = QLabel(self.tr("&Name of a stream, address, domain, mailing, list or member"))
        self.box = FilterBox(self)
        label.setBuddy(self.box)
        self.box.setAccessibleName(self.tr("Name"))
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("What was found"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemActivated.connect(lambda _: self._go())
        self.list.itemClicked.connect(lambda _: self._go())
        layout.addWidget(label)
        layout.addWidget(self.box)
        layout.addWidget(self.list, 1)
        self.box.settled.connect(lambda _: self._look())
        self.box.returnPressed.connect(self._go)
        self.box.installEventFilter(self)
        self.resize(self.fontMetrics().averageCharWidth() * 80, self.fontMetrics().height() * 26)
        self._show_found("", [])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is self.box and _moves_in_list(event):
            self.list.event(event)
            return True
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
        self._asked = self._session.spawn(self._search(self.box.text().strip()), self)

    async def _search(self, text: str) -> None:
        self._show_found(text, await self._session.read(search.anything, text))

    def _show_found(self, text: str, found: list[Found]) -> None:
        self.list.clear()
        for page in self._pages:
            if text.casefold() in page.title.casefold():
                self._add(page.icon, self.tr("{}: page").format(page.title), Target(page.name))
        for each in found:
            detail = f" – {words.one_line(each.detail)}" if each.detail else ""
            self._add(
                _ICONS[each.kind], f"{words.one_line(each.name)}{detail}: {kind_word(each.kind)}", target_of(each)
            )
        if not self.list.count():
            nothing = QListWidgetItem(self.tr("Nothing has this name."))
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        self.list.setCurrentRow(0)

    def _add(self, icon: str, text: str, target: Target) -> None:
        item = QListWidgetItem(icons.icon(icon), text)
        item.setData(Qt.ItemDataRole.UserRole, target)
        self.list.addItem(item)

    def _go(self) -> None:
        item = self.list.currentItem()
        target = item.data(Qt.ItemDataRole.UserRole)
        if isinstance(target, Target):
            self.target = target
            self.accept()


def _moves_in_list(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.key() in _KEYS_OF_LIST


def kind_word(kind: FoundKind) -> str:
    """What a kind is called."""
    return {
        FoundKind.STREAM: translate("goto", "stream"),
        FoundKind.ADDRESS: translate("goto", "sending address"),
        FoundKind.SITE: translate("goto", "site"),
        FoundKind.LIST: translate("goto", "list"),
        FoundKind.SEGMENT: translate("goto", "segment"),
        FoundKind.MAILING: translate("goto", "mailing"),
        FoundKind.DOMAIN: translate("goto", "blocked domain"),
        FoundKind.MEMBER: translate("goto", "member"),
    }[kind]
