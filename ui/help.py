"""F1: what a page is for and how it is used, beside the page so that both can be read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QTextBrowser, QWidget


class HelpDock(QDockWidget):
    """Shows the help of the page in front."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.setObjectName("help")
        self.setAllowedAreas(Qt.DockWidgetArea.RightDockWidgetArea | Qt.DockWidgetArea.LeftDockWidgetArea)
        self._text = QTextBrowser(self)
        self._text.setOpenLinks(False)
        self._text.setAccessibleName(self.tr("Help text"))
        self._text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._text.document().setDocumentMargin(12)
        self._text.setMinimumWidth(self.fontMetrics().averageCharWidth() * 40)
        self.setWidget(self._text)
        self.hide()

    def show_help(self, title: str, text: str) -> None:
        """Show the help of a page; *text* is simple HTML of our own."""
        self._text.setHtml(f"<h3>{title}</h3>{text}")

    def text(self) -> str:
        """What is shown, as plain text."""
        return self._text.toPlainText()
