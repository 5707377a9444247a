"""Choosing a stream: a box whose first entry is "Inherit (…)", and a list of streams that can be dragged onto things."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QListWidget, QListWidgetItem, QWidget

from app.services.streams import StreamView
from ui import icons
from ui.models.association_tree import STREAM_MIME
from ui.theme import Tone


class StreamBox(QComboBox):
    """A box of streams. ``inherit`` is the text of its first entry, which stands for None; "" leaves it out."""

    def __init__(self, streams: Sequence[StreamView], inherit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Stream"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(18)
        if inherit:
            self.addItem(icons.icon("arrow-up-left", Tone.MUTED), inherit, None)
        for stream in streams:
            name = self.tr("{} (default)").format(stream.name) if stream.is_default else stream.name
            self.addItem(icons.icon("source-branch", Tone.MUTED), name, stream.id)
            self.setItemData(self.count() - 1, stream.name, Qt.ItemDataRole.ToolTipRole)

    def stream_id(self) -> int | None:
        """The chosen stream, None for "inherit"."""
        value = self.currentData()
        return None if value is None else int(value)

    def choose(self, stream_id: int | None) -> None:
        """Choose a stream, or "inherit"; one that is not there leaves the choice as it is."""
        for row in range(self.count()):
            if self.itemData(row) == stream_id:
                self.setCurrentIndex(row)


class StreamList(QListWidget):
    """The streams, to be dragged onto nodes of the tree. The first entry means "inherit"."""

    INHERIT = 0
    """What stands for "inherit" in the mime data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[StreamView, ...] = ()
        self.setAccessibleName(self.tr("Streams"))
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    def show_streams(self, streams: Sequence[StreamView]) -> None:
        """Show these streams; the choice stays."""
        if self._shown == tuple(streams):
            return
        self._shown = tuple(streams)
        chosen = self.stream_id()
        self.clear()
        self._add(self.tr("Inherit"), "arrow-up-left", self.INHERIT)
        for stream in streams:
            name = self.tr("{} (default)").format(stream.name) if stream.is_default else stream.name
            self._add(name, "source-branch", stream.id)
        rows = [row for row in range(self.count()) if self.item(row).data(Qt.ItemDataRole.UserRole) == chosen]
        self.setCurrentRow(rows[0] if rows else 0)

    def stream_id(self) -> int:
        """The chosen stream; INHERIT for none."""
        item = self.currentItem()
        return self.INHERIT if item is None else int(item.data(Qt.ItemDataRole.UserRole))  # type: ignore[redundant-expr]

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt's name
        return [STREAM_MIME]

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:  # noqa: N802 - Qt's name
        data = QMimeData()
        if items:
            data.setData(STREAM_MIME, str(items[0].data(Qt.ItemDataRole.UserRole)).encode())
        return data

    def _add(self, text: str, icon: str, stream_id: int) -> None:
        item = QListWidgetItem(icons.icon(icon, Tone.MUTED), text)
        item.setData(Qt.ItemDataRole.UserRole, stream_id)
        item.setToolTip(text)
        self.addItem(item)
