"""What a screen reader could not name: for tests of every page and dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)


def nameless(root: QWidget) -> list[str]:
    """Widgets below *root* that take input and that a screen reader could not name."""
    inputs = (QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox, QAbstractButton, QAbstractItemView)
    buddies = {label.buddy() for label in root.findChildren(QLabel)}
    found = []
    for widget in root.findChildren(QWidget):
        inner = (
            widget.isHidden()
            or widget.objectName().startswith("qt_")
            or isinstance(widget, QHeaderView)
            or isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QAbstractItemView)
            or isinstance(widget.parent().parent(), QComboBox)  # the list that drops down
            or (isinstance(widget, QToolButton) and not widget.isVisibleTo(root))  # a link that leads nowhere yet
        )
        if not isinstance(widget, inputs) or inner or widget.focusPolicy() is Qt.FocusPolicy.NoFocus:
            continue
        named = widget.accessibleName() or widget in buddies or (isinstance(widget, QAbstractButton) and widget.text())
        if not named:
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def unlabelled(root: QWidget) -> list[str]:
    """Fields below *root* without a label whose mnemonic leads there: name them by their accessible names."""
    buddies = {label.buddy() for label in root.findChildren(QLabel)}
    buddies |= {buddy.focusProxy() for buddy in buddies if buddy is not None}
    found = []
    for widget in root.findChildren(QWidget):
        within = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QAbstractItemView)
        if isinstance(widget, QLineEdit | QPlainTextEdit | QComboBox | QAbstractSpinBox) and not (
            within
            or widget in buddies
            or widget.isHidden()
            or (not isinstance(widget, QComboBox) and widget.isReadOnly())
        ):
            found.append(widget.accessibleName() or type(widget).__name__)
    return found
