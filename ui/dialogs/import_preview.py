"""How a file is going to be read: encoding, separator, which column goes where, and its first rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.services.csv_shape import (
    ADDRESS_COLUMN,
    JOINED_COLUMN,
    NAME_COLUMN,
    SEPARATORS,
    Column,
    CsvPreview,
    CsvShape,
)
from ui import words
from ui.theme import Tone
from ui.widgets.notes import ToneLabel, heading

Index = QModelIndex | QPersistentModelIndex
ENCODINGS: Final = (
    ("utf-8-sig", "UTF-8"),
    ("utf-16", "UTF-16"),
    ("utf-16-le", "UTF-16 LE"),
    ("utf-16-be", "UTF-16 BE"),
    ("cp1252", "Windows-1252"),
    ("iso8859-15", "ISO 8859-15"),
    ("cp1250", "Windows-1250"),
    ("cp1251", "Windows-1251"),
)
_SAMPLE: Final = 40
"""Characters of a column's first value that are shown."""


class ShapePanel(QWidget):
    """``reread_asked`` when the file shall be read with another encoding or separator, ``edited`` for another mapping."""

    reread_asked = Signal()
    edited = Signal()

    def __init__(self, fields: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = tuple(fields)
        self._shape: CsvShape | None = None
        self.encoding = QComboBox(self)
        for name, word in ENCODINGS:
            self.encoding.addItem(word, name)
        self.separator = QComboBox(self)
        names = (self.tr("Comma ,"), self.tr("Semicolon ;"), self.tr("Tab"), self.tr("Bar |"))
        for name, separator in zip(names, SEPARATORS, strict=True):
            self.separator.addItem(name, separator)
        self.encoding.currentIndexChanged.connect(lambda _: self.reread_asked.emit())
        self.separator.currentIndexChanged.connect(lambda _: self.reread_asked.emit())
        self.targets: list[QComboBox] = []
        self._grid_home = QScrollArea(self)
        self._grid_home.setWidgetResizable(True)
        self._grid_home.setAccessibleName(self.tr("Columns of the file"))
        self.rows = PreviewRows(self)
        self.table = QTableView(self)
        self.table.setModel(self.rows)
        self.table.setAccessibleName(self.tr("First rows of the file"))
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(False)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.table.setTabKeyNavigation(False)
        self.found = ToneLabel("", Tone.MUTED, self)
        self._lay_out()

    def show_preview(self, preview: CsvPreview) -> None:
        """Show a file."""
        self._shape = preview.shape
        for box, value in ((self.encoding, preview.shape.encoding), (self.separator, preview.shape.separator)):
            box.blockSignals(True)
            if box.findData(value) < 0:
                box.addItem(value, value)
            box.setCurrentIndex(box.findData(value))
            box.blockSignals(False)
        self.rows.show_rows([column.header for column in preview.shape.columns], preview.rows)
        self.table.resizeColumnsToContents()
        self.found.setText(self.tr("The first %Ln row(s)", "", len(preview.rows)))
        self._show_columns(preview)

    def shape(self) -> CsvShape | None:
        """How the file is to be read, with the mapping as it was chosen; None before a file was shown."""
        shape = self._shape
        if shape is None:
            return None
        targets = [self._target(box) for box in self.targets]
        columns = tuple(Column(each.header, target) for each, target in zip(shape.columns, targets, strict=True))
        return CsvShape(shape.encoding, shape.separator, columns)

    def _show_columns(self, preview: CsvPreview) -> None:
        grid_widget = QWidget(self)
        grid = QGridLayout(grid_widget)
        grid.setColumnStretch(2, 1)
        self.targets = []
        for at, column in enumerate(preview.shape.columns):
            label = QLabel(words.one_line(column.header) or self.tr("Column {}").format(at + 1), grid_widget)
            label.setTextFormat(Qt.TextFormat.PlainText)
            first = next((row[at] for row in preview.rows if at < len(row) and row[at].strip()), "")
            sample = ToneLabel(words.one_line(first[:_SAMPLE]), Tone.MUTED, grid_widget)
            sample.setTextFormat(Qt.TextFormat.PlainText)
            box = self._target_box(column.target, grid_widget)
            box.setAccessibleName(self.tr("Where column {} goes").format(label.text()))
            label.setBuddy(box)
            for place, widget in enumerate((label, sample, box)):
                grid.addWidget(widget, at, place)
            self.targets.append(box)
        grid.setRowStretch(len(self.targets), 1)
        self._grid_home.setWidget(grid_widget)

    def _target_box(self, target: str, parent: QWidget) -> QComboBox:
        box = QComboBox(parent)
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.addItem(self.tr("Leave out"), "")
        box.addItem(self.tr("Address"), ADDRESS_COLUMN)
        box.addItem(self.tr("Name"), NAME_COLUMN)
        box.addItem(self.tr("Joined on"), JOINED_COLUMN)
        for field in self._fields:
            box.addItem(field, field)
        if box.findData(target) < 0:
            box.addItem(target, target)
        box.setCurrentIndex(box.findData(target))
        box.editTextChanged.connect(lambda _: self.edited.emit())
        return box

    def _target(self, box: QComboBox) -> str:
        """What is chosen; a text that is none of the choices is the name of a field."""
        text = box.currentText().strip()
        at = box.findText(text, Qt.MatchFlag.MatchFixedString)
        return str(box.itemData(at)) if at >= 0 else text

    def _lay_out(self) -> None:
        encoding = QLabel(self.tr("&Encoding"), self)
        encoding.setBuddy(self.encoding)
        separator = QLabel(self.tr("&Separator"), self)
        separator.setBuddy(self.separator)
        self.encoding.setAccessibleName(self.tr("Encoding"))
        self.separator.setAccessibleName(self.tr("Separator"))
        row = QHBoxLayout()
        for widget in (encoding, self.encoding, separator, self.separator):
            row.addWidget(widget)
        row.addStretch(1)
        left, right = QWidget(self), QWidget(self)
        _stack(left, heading(self.tr("Where each column goes"), self, scale=1.0), self._grid_home)
        _stack(right, self.found, self.table)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(right)
        letters = self.fontMetrics().averageCharWidth()
        splitter.setSizes((72 * letters, 72 * letters))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(row)
        whole.addWidget(splitter, 1)


def _stack(part: QWidget, title: QWidget, body: QWidget) -> None:
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(title)
    column.addWidget(body, 1)


class PreviewRows(QAbstractTableModel):
    """The first rows of a file as they stand in it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headers: Sequence[str] = ()
        self._rows: Sequence[Sequence[str]] = ()

    def show_rows(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._headers, self._rows = headers, rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation is Qt.Orientation.Horizontal:
            return words.one_line(self._headers[section]) if section < len(self._headers) else None
        return words.number(section + 1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = self._rows[index.row()]
        return words.one_line(row[index.column()]) if index.column() < len(row) else ""
