"""What a screen reader could not name: for tests of every page and dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget


def nameless(root: QWidget) -> list[str]:
    """Widgets below *root* that take input and that a screen reader could not name."""
    inputs = (QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox, QAbstractButton)
    buddies = {label.buddy() for label in root.findChildren(QLabel)}
    found = []
    for widget in root.findChildren(QWidget):
        inner = (
            widget.isHidden()
            or widget.objectName().startswith("qt_")
            or isinstance(widget.parent(), QAbstractSpinBox | QComboBox)
        )
        if not isinstance(widget, inputs) or inner or widget.focusPolicy() is Qt.FocusPolicy.NoFocus:
            continue
        named = widget.accessibleName() or widget in buddies or (isinstance(widget, QAbstractButton) and widget.text())
        if not named:
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found
