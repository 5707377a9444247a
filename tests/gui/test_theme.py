"""What people with tired eyes must be able to see in both schemes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QRadioButton,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.settings import Scheme
from ui.theme import DARK, LIGHT, Theme, is_dark


def a_list_to_tick() -> QListWidget:
    made = QListWidget()
    item = QListWidgetItem("192.0.2.10", made)
    item.setCheckState(Qt.CheckState.Unchecked)
    made.setFrameShape(QListWidget.Shape.NoFrame)
    return made


def luminance(colour: QColor) -> float:
    """WCAG 2.2, relative luminance."""
    shares = ((0.2126, colour.redF()), (0.7152, colour.greenF()), (0.0722, colour.blueF()))
    return sum(share * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for share, part in shares)


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2.2, contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=[Scheme.LIGHT, Scheme.DARK])
def scheme(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Scheme]:
    """The scheme that is shown; the one before comes back."""
    theme = qapp.findChild(Theme)
    assert theme is not None
    theme.choose(request.param)
    yield request.param
    theme.choose(Scheme.SYSTEM)


@pytest.mark.parametrize("make", [QCheckBox, QRadioButton, QLineEdit, a_list_to_tick])
def test_what_takes_input_has_an_outline_that_is_seen(
    scheme: Scheme, qapp: QApplication, make: Callable[[], QWidget]
) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1. Without any text in the picture, only the outline can make the difference."""
    widget = make()
    widget.resize(120, 24)
    picture = widget.grab().toImage()
    ground = QColor((DARK if scheme is Scheme.DARK else LIGHT).base)
    left = [picture.pixelColor(x, y) for x in range(min(20, picture.width())) for y in range(picture.height())]
    assert max(contrast(colour, ground) for colour in left) >= 3.0
    assert is_dark(widget.palette()) is (scheme is Scheme.DARK)


def test_a_header_is_empty_behind_its_last_column(scheme: Scheme, qtbot: QtBot) -> None:
    table = QTableWidget(1, 2)
    qtbot.addWidget(table)
    table.resize(600, 200)
    table.show()
    header = table.horizontalHeader().grab().toImage()
    assert header.pixelColor(header.width() - 5, header.height() // 2) == table.palette().color(QPalette.ColorRole.Base)
