"""The middle of the window: pages that are made when they are first shown, and loaded when what they show has changed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.database.problems import DatabaseProblem
from ui.pages.page import Page
from ui.pages.registry import PageEntry
from ui.session import WindowSession
from ui.widgets.empty import EmptyState

log = logging.getLogger(__name__)

PAUSE: Final = 0.4
"""Least seconds between two loads of one page while changes come in."""
SHARE: Final = 4
"""A page that takes long to load rests so many times as long before it is loaded again."""
RETRY: Final = 2.0
"""Seconds before a page is loaded again that the database refused."""


@dataclass(slots=True)
class _Place:
    """A page that was made, and when it may be loaded again (time.monotonic)."""

    page: Page
    is_stale: bool = True
    is_loading: bool = False
    rests_until: float = 0.0


class PageHost(QStackedWidget):
    """Shows one page at a time. ``switched`` carries its name; ``asked`` what a page wants to be opened, with its argument."""

    switched = Signal(str)
    asked = Signal(str, object)
    loaded = Signal(str)

    def __init__(self, session: WindowSession, entries: Sequence[PageEntry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._entries = {entry.name: entry for entry in entries}
        self._places: dict[str, _Place] = {}
        self._current = ""
        session.changed.connect(self._note_changes)

    @property
    def current_name(self) -> str:
        """The page that is shown, "" before the first."""
        return self._current

    @property
    def page(self) -> Page | None:
        """The page that is shown; None before the first, and when it could not be made."""
        place = self._places.get(self._current)
        return place.page if place else None

    def pages(self) -> list[Page]:
        """All pages that were made."""
        return [place.page for place in self._places.values()]

    def show_page(self, name: str, argument: object = None) -> None:
        """Bring a page to the front, make it if need be, and give it *argument* unless that is None."""
        place = self._places.get(name) or self._make(name)
        before = self.page
        if place is None:
            return
        if name != self._current:
            if before is not None:
                before.hidden()
            self._current = name
            self.setCurrentWidget(place.page)
            place.page.shown()
            self.switched.emit(name)
        if argument is not None:
            place.page.open_with(argument)
        self._load_if_stale()

    def reload(self) -> None:
        """Load the page that is shown again, at once."""
        place = self._places.get(self._current)
        if place is not None:
            place.is_stale, place.rests_until = True, 0.0
            self._load_if_stale()

    def _make(self, name: str) -> _Place | None:
        entry = self._entries[name]
        try:
            page = entry.make(self._session)
        except Exception:
            log.exception("the page %s can't be made", name)
            self._current = name
            shown = EmptyState(
                "alert-circle-outline",
                self.tr("{} can't be shown").format(entry.title),
                self.tr("This is a fault of the program. The log file has the details."),
            )
            self.addWidget(shown)
            self.setCurrentWidget(shown)
            self.switched.emit(name)
            return None
        page.navigate.connect(self.asked)
        self.addWidget(page)
        self._places[name] = place = _Place(page)
        return place

    def _note_changes(self, topics: frozenset[str]) -> None:
        for place in self._places.values():
            if topics & place.page.topics:
                place.is_stale = True
        self._load_if_stale()

    def _load_if_stale(self) -> None:
        place = self._places.get(self._current)
        if place is not None and place.is_stale and not place.is_loading:
            place.is_loading = True
            self._session.spawn(self._load(self._current, place))

    async def _load(self, name: str, place: _Place) -> None:
        try:
            while place.is_stale and name == self._current:
                await asyncio.sleep(max(0.0, place.rests_until - time.monotonic()))
                place.is_stale = False
                await self._load_once(name, place)
        finally:
            place.is_loading = False

    async def _load_once(self, name: str, place: _Place) -> None:
        started = time.monotonic()
        try:
            await place.page.load()
        except DatabaseProblem as problem:
            self._session.report(problem)
            place.is_stale = problem.passing
            place.rests_until = time.monotonic() + RETRY
        else:
            ended = time.monotonic()
            place.rests_until = ended + max(PAUSE, SHARE * (ended - started))
            self.loaded.emit(name)
