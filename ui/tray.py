"""The icon in the system's tray: whether mail flows, and notices of new blocks and of what else needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon
from sqlalchemy.orm import Session

from app.database.changes import ALERTS, BLOCKS
from app.services import alerts, blocks
from app.services.alerts import AlertView
from app.services.blocks import BlockView
from app.services.status import Status
from app.settings import NOTIFY_ALERTS, NOTIFY_BLOCKS, value_of
from engine.blocks import BlockEventKind
from ui import words
from ui.session import WindowSession
from ui.status_bar import engine_shown

MOST_EVENTS: Final = 200
"""New events that are looked through at a time."""


@dataclass(frozen=True, slots=True)
class News:
    """What happened since the last look. ``event`` and ``alert`` are the newest ids, to go on from."""

    event: int
    alert: int
    blocked: tuple[BlockView, ...]
    alerts: tuple[AlertView, ...]


class Tray(QObject):
    """``opened`` asks for the window, with the page to show; ``quit_asked`` for the end."""

    opened = Signal(str)
    quit_asked = Signal()
    told = Signal(str, str)
    """Title and text of each notice, also where there is no tray."""

    def __init__(self, session: WindowSession, icon: QIcon, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._event, self._alert = -1, -1
        self._page = ""
        self.menu = QMenu()
        self.menu.addAction(self.tr("Open MailStreams"), lambda: self.opened.emit(""))
        self.menu.addAction(self.tr("Show blocks"), lambda: self.opened.emit("blocks"))
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Quit"), self.quit_asked.emit)
        self._icon = QSystemTrayIcon(icon, self)
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(lambda: self.opened.emit(self._page))
        session.changed.connect(self._note_changes)
        if self.is_available():
            self._icon.show()

    @staticmethod
    def is_available() -> bool:
        """Whether the desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    async def start(self) -> None:
        """What has happened so far is no news."""
        news = await self._session.read(read_news, None, None)
        self._event, self._alert = news.event, news.alert

    def show_status(self, status: Status, own_pid: int | None) -> None:
        """Tell in the tooltip whether mail flows."""
        engine = engine_shown(status, own_pid).mark.word
        rate = words.rate(status.messages_per_second)
        blocked = self.tr("%Ln block(s)", "", status.open_blocks)
        self._icon.setToolTip(f"MailStreams: {engine}, {rate}, {blocked}")

    def close(self) -> None:
        """Take the icon away."""
        self._icon.hide()
        self.menu.deleteLater()

    def _note_changes(self, topics: frozenset[str]) -> None:
        if self._event >= 0 and topics & {BLOCKS, ALERTS}:
            self._look()

    def _look(self) -> None:
        self._session.spawn(self._tell_news(), self)

    async def _tell_news(self) -> None:
        news = await self._session.read(read_news, self._event, self._alert)
        self._event, self._alert = max(self._event, news.event), max(self._alert, news.alert)
        if news.blocked:
            self._tell(*self._block_words(news.blocked), page="blocks")
        for alert in news.alerts:
            self._tell(self.tr("Needs attention"), words.one_line(alert.text), page="overview")

    def _block_words(self, blocked: tuple[BlockView, ...]) -> tuple[str, str]:
        first = blocked[0]
        line = self.tr("{} is refused by {}: {}").format(
            first.sending_address, first.provider or first.domain, words.one_line(first.reason)
        )
        return self.tr("%n new block(s)", "", len(blocked)), line

    def _tell(self, title: str, text: str, *, page: str) -> None:
        self._page = page
        self.told.emit(title, text)
        if self.is_available():
            self._icon.showMessage(title, text, self._icon.icon())

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.opened.emit("")


def read_news(session: Session, event: int | None, alert: int | None) -> News:
    """Blocks that came since *event* and alerts since *alert*, as far as the settings want to hear of them; None: only where
    things stand."""
    ids = blocks.event_ids(session)
    shown = alerts.listing(session)
    newest = max((each.id for each in shown), default=0)
    if event is None or alert is None:
        return News(ids[0] if ids else 0, newest, (), ())
    kinds = (BlockEventKind.BLOCKED, BlockEventKind.WIDENED) if value_of(session, NOTIFY_BLOCKS) else ()
    fresh = [each for each in ids[:MOST_EVENTS] if each > event]
    blocked = dict.fromkeys(each.block_id for each in blocks.events(session, fresh) if each.kind in kinds)
    return News(
        event=ids[0] if ids else event,
        alert=newest,
        blocked=tuple(blocks.rows(session, list(blocked))),
        alerts=tuple(each for each in shown if each.id > alert) if value_of(session, NOTIFY_ALERTS) else (),
    )
