"""Asks what replaces a stream that is deleted: nothing is asked when nothing uses it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from app.services.problems import names_of
from app.services.streams import StreamUsage, StreamView
from ui.widgets.form import Form
from ui.widgets.notes import heading
from ui.widgets.stream_choice import StreamBox


class DeleteStreamDialog(QDialog):
    """Accepted when the stream is to be deleted; ``replacement`` is the chosen stream, None for "inherit"."""

    def __init__(
        self, stream: StreamView, usage: StreamUsage, others: Sequence[StreamView], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Delete stream"))
        title = heading(self.tr("Delete {}?").format(stream.name), self, scale=1.1)
        title.setWordWrap(True)
        told = QLabel(self._told(usage), self)
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setWordWrap(True)
        inherit = "" if usage.mailings else self.tr("None: they inherit")
        self.box = StreamBox(others, inherit, self)
        self.form = Form(self)
        if usage.mailings or usage.associations:
            self.form.add("replace_with", self.tr("&Replace it with"), self.box)
        else:
            self.box.hide()
        buttons = QDialogButtonBox(self)
        self.delete_button = QPushButton(self.tr("&Delete stream"), self)
        buttons.addButton(self.delete_button, QDialogButtonBox.ButtonRole.DestructiveRole)
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        cancel.setDefault(True)
        self.delete_button.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        for part in (title, told, self.form, buttons):
            layout.addWidget(part)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 70)

    @property
    def replacement(self) -> int | None:
        """The chosen stream; None: associations are emptied."""
        return self.box.stream_id() if self.form.has_field("replace_with") else None

    def _told(self, usage: StreamUsage) -> str:
        told = []
        if usage.mailings:
            names = names_of(usage.mailings)
            told.append(self.tr("%n unfinished mailing(s): {}.", "", len(usage.mailings)).format(names))
            told.append(self.tr("Waiting recipients move to the replacement; those in flight finish where they are."))
        if usage.associations:
            told.append(self.tr("Sites, lists and segments that use it by default: %Ln", "", usage.associations))
        if not told:
            told.append(self.tr("Nothing uses it. Its addresses stay known."))
        return "\n".join(told)
