"""What the frame asks of a page, and what a page may ask of the frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.services.status import Status
from ui import icons
from ui.session import WindowSession

SET_UP: Final = "set_up"
"""For ``open_with`` of the streams page: choose the addresses of the first stream."""


class Page(QWidget):
    """Base of all pages. A page is made when it is first shown, and lives as long as the window.

    The tool bar and the page's menu show its ``actions()``: what was added with :meth:`add_action` or ``addAction``, in that
    order. Those of low priority (``QAction.Priority.LowPriority``) are in the menu only.
    """

    navigate = Signal(str, object)
    """Ask the frame to open another page (its name) with an argument for its :meth:`open_with`."""

    topics: frozenset[str] = frozenset()
    """Topics of app.database.changes: a change of one of them loads the page again."""
    filter_hint: str = ""
    """What can be typed into the filter box; "" when the page has nothing to filter."""
    help: str = ""
    """What F1 shows: a few paragraphs of simple HTML."""

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session

    def add_action(
        self,
        text: str,
        slot: Callable[..., object],
        *,
        icon: str = "",
        shortcut: QKeySequence | QKeySequence.StandardKey | Qt.Key | str | None = None,
        in_tool_bar: bool = True,
        tip: str = "",
    ) -> QAction:
        """Add an action of the page. Its shortcut works while the focus is in the page; ``icon`` as for ui.icons.icon."""
        action = QAction(text, self)
        if icon:
            action.setIcon(icons.icon(icon))
        if shortcut is not None:
            action.setShortcut(shortcut)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        if tip:
            action.setToolTip(tip)
        if not in_tool_bar:
            action.setPriority(QAction.Priority.LowPriority)
        action.triggered.connect(slot)
        self.addAction(action)
        return action

    def add_separator(self) -> None:
        """Part the actions before from those behind."""
        separator = QAction(self)
        separator.setSeparator(True)
        self.addAction(separator)

    def set_filter(self, text: str) -> None:
        """Show only what has this text."""

    async def load(self) -> None:
        """Read what is shown: when the page is first shown, on F5, and when one of its topics changed."""

    def open_with(self, argument: object) -> None:
        """Show what another page, or "go to", has asked for: its meaning is the page's own."""

    def take_focus(self) -> None:
        """The page was asked for by the keyboard: its keys work from now on, in its first table or list if there is one."""
        views = (view for view in self.findChildren(QAbstractItemView) if view.isVisibleTo(self) and view.isEnabled())
        next(views, self).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_status(self, status: Status) -> None:
        """What the status bar shows from now on, while the page is at the front: a page that tells the same tells it with it."""

    def shown(self) -> None:
        """The page has come to the front."""

    def hidden(self) -> None:
        """Another page has come to the front."""

    def save_state(self) -> None:
        """The window closes: keep splitters and columns (:mod:`ui.layout_store`)."""
