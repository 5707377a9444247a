"""The pages of the window in the order of the sidebar, and where their code is: it is loaded when a page is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from PySide6.QtCore import QCoreApplication

from ui.pages.page import Page
from ui.session import WindowSession

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page. ``name`` is what :attr:`ui.pages.page.Page.navigate` asks for; ``title`` is translated."""

    name: str
    module: str
    class_name: str
    title: str
    icon: str

    def make(self, session: WindowSession) -> Page:
        """Load the module and make the page."""
        page_class = getattr(import_module(self.module), self.class_name)
        page: Page = page_class(session)
        return page


def pages() -> tuple[PageEntry, ...]:
    """All pages in the order of the sidebar; their titles are in the language that is set now."""
    return (
        _entry("overview", "OverviewPage", translate("pages", "Overview"), "view-dashboard-outline"),
        _entry("streams", "StreamsPage", translate("pages", "Streams"), "source-branch"),
        _entry("associations", "AssociationsPage", translate("pages", "Associations"), "file-tree-outline"),
        _entry("blocks", "BlocksPage", translate("pages", "Blocks"), "cancel"),
        _entry("mailings", "MailingsPage", translate("pages", "Mailings"), "email-multiple-outline"),
        _entry("lists", "ListsPage", translate("pages", "Lists"), "account-multiple-outline"),
        _entry("activity", "ActivityPage", translate("pages", "Activity"), "history"),
        _entry("settings", "SettingsPage", translate("pages", "Settings"), "cog-outline"),
    )


def _entry(name: str, class_name: str, title: str, icon: str) -> PageEntry:
    return PageEntry(name, f"ui.pages.{name}", class_name, title, icon)
