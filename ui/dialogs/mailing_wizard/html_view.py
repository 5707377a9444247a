"""Shows the HTML of a message without asking the network for anything, running anything, or following a link."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QTextBrowser, QWidget

_LINK: Final = "#1f5fbf"


class HtmlView(QTextBrowser):
    """Pictures and style sheets stay unread: ``kept_out`` are their addresses, ``refused`` tells of a new one. Links lead
    nowhere."""

    refused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kept_out: set[str] = set()
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        # Messages are written for white paper, in the dark scheme too.
        paper = self.palette()
        for role, value in (
            (QPalette.ColorRole.Base, "#ffffff"),
            (QPalette.ColorRole.Text, "#1d232b"),
            (QPalette.ColorRole.Link, _LINK),
        ):
            paper.setColor(role, QColor(value))
        self.setPalette(paper)
        self.document().setDocumentMargin(12)
        self.document().setDefaultStyleSheet(f"a {{ color: {_LINK}; }}")

    def show_html(self, html: str) -> None:
        """Show a message."""
        self.kept_out.clear()
        place = self.verticalScrollBar().value()
        self.setHtml(html)
        self.verticalScrollBar().setValue(place)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: ARG002, N802 - Qt's name and signature
        """Answers every wish for a resource with nothing, local files included."""
        wanted = name.toString() if isinstance(name, QUrl) else name
        if wanted not in self.kept_out:
            self.kept_out.add(wanted)
            self.refused.emit()
