"""Plain cells of tables are painted by ourselves, for speed: nobody can see that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.settings import Scheme
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.theme import Theme, Tone
from ui.widgets.cells import CellDelegate
from ui.widgets.marks import Mark
from ui.widgets.tables import TableView


@dataclass(frozen=True, slots=True)
class Thing:
    id: int
    name: str


COLUMNS: tuple[Column[Thing], ...] = (
    Column("name", "Name", lambda thing: thing.name, width=20),
    Column("state", "State", lambda thing: f"state {thing.id}", mark=lambda thing: Mark("check", "", Tone.GOOD)),
    Column("count", "Count", lambda thing: f"{thing.id:,}", is_number=True),
    Column("sum", "Sum", lambda thing: "7", is_number=True, mark=lambda thing: Mark("alert", "", Tone.BAD)),
    Column("address", "Address", lambda thing: "192.0.2.1", is_fixed=True, bold=lambda thing: thing.id == 3),
    Column(
        "tone", "Tone", lambda thing: "in colour", tone=lambda thing: Tone.WARNING, bold=lambda thing: thing.id == 2
    ),
)
NAMES = (
    "Anna",
    "a name that is much too long for its column and ends in dots",
    "",
    "R&D",
    "Übergröße ﷺ שלום",
)


@pytest.fixture
def view(qtbot: QtBot) -> TableView:
    table = RowTable(COLUMNS, identity=lambda thing: thing.id)
    table.set_rows([Thing(number, name) for number, name in enumerate(NAMES, 1)])
    shown = TableView("things", "Things")
    shown.setModel(table)
    table.setParent(shown)
    for section, width in enumerate((130, 90, 50, 60, 100, 90)):
        shown.setColumnWidth(section, width)
    shown.resize(560, 240)
    shown.show()
    qtbot.addWidget(shown)
    return shown


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The looks of the program, which are as before afterwards."""
    theme, font = Theme(qapp), qapp.font()
    yield theme
    theme.choose(Scheme.SYSTEM)
    theme.deleteLater()
    qapp.setFont(font)


def painted(view: TableView) -> QImage:
    return view.viewport().grab().toImage()


def painted_by_qt(view: TableView, monkeypatch: pytest.MonkeyPatch) -> QImage:
    with monkeypatch.context() as patch:
        patch.setattr(CellDelegate, "is_plain", lambda *_: False)
        return painted(view)


def test_plain_cells_look_as_qt_paints_them(view: TableView, monkeypatch: pytest.MonkeyPatch) -> None:
    strokes = 0
    ours = CellDelegate.paint_content

    def count(*arguments: object) -> None:
        nonlocal strokes
        strokes += 1
        ours(*arguments)  # type: ignore[arg-type] - passed on as they came

    monkeypatch.setattr(CellDelegate, "paint_content", count)
    view.selectRow(1)
    image = painted(view)
    assert strokes == (len(NAMES) - 1) * len(COLUMNS)  # the selected row is Qt's
    assert image == painted_by_qt(view, monkeypatch)


def test_a_text_of_several_lines_is_on_one(view: TableView) -> None:
    def with_name(name: str) -> QImage:
        table = view.model()
        assert isinstance(table, RowTable)
        table.set_rows([Thing(number, name) for number in range(1, 6)])
        return painted(view)

    view.clearFocus()  # the cell with the cursor is Qt's
    assert with_name("two\nlines\rand\ta\u2028tab") == with_name("two lines and a tab") != with_name("two lines")


def test_cells_follow_fonts_and_colours(
    view: TableView, theme: Theme, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = painted(view)
    font = qapp.font()
    font.setPointSizeF(font.pointSizeF() * 1.5)
    qapp.setFont(font)
    qapp.processEvents()
    larger = painted(view)
    assert larger != before
    assert larger == painted_by_qt(view, monkeypatch)
    theme.choose(Scheme.DARK)
    qapp.processEvents()
    in_the_dark = painted(view)
    assert in_the_dark != larger
    assert in_the_dark == painted_by_qt(view, monkeypatch)
    palette = view.palette()
    palette.setColor(QPalette.ColorRole.Text, QColor("red"))
    view.setPalette(palette)
    assert painted(view) == painted_by_qt(view, monkeypatch)


def test_disabled_cells_and_those_that_run_from_right_to_left_are_left_to_qt(
    view: TableView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert painted(view) == painted_by_qt(view, monkeypatch)
    view.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    view.setEnabled(False)
    assert painted(view) == painted_by_qt(view, monkeypatch)
