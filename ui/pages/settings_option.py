"""One setting as a widget: title, one sentence, input, default, reset; what is wrong with a value stands under it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QToolButton, QWidget

from app.services.configuration import SettingView
from ui import icons
from ui.pages.settings_words import choice_word, option_words
from ui.theme import Tone
from ui.widgets.notes import Note, ToneLabel, quiet

_FLAGS = ("true", "false")
_SHORT = 16
"""Characters of a value up to which its input is short."""


class OptionWidget(QWidget):
    """``stored`` carries key and text when a value is to be written: on Enter, on leaving the input, on a choice."""

    stored = Signal(str, str)
    reset_asked = Signal(str)

    def __init__(self, view: SettingView, languages: tuple[str, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = view.key
        self._view = view
        told = option_words(view.key, view.description)
        choices = languages if view.key == "ui.language" else view.choices
        self.input = self._make_input(choices)
        title = QLabel(told.title, self)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        title.setBuddy(self.input)
        self.input.setAccessibleName(told.title)
        self.input.setAccessibleDescription(told.sentence)
        self.default = ToneLabel("", Tone.MUTED, self)
        self.reset_button = QToolButton(self)
        self.reset_button.setAutoRaise(True)
        self.reset_button.setIcon(icons.icon("restore"))
        self.reset_button.setToolTip(self.tr("Back to the default"))
        self.reset_button.setAccessibleName(self.tr("{}: back to the default").format(told.title))
        self.reset_button.clicked.connect(lambda: self.reset_asked.emit(self.key))
        self.error = Note(Tone.BAD, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 14)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(3, 1)
        grid.addWidget(title, 0, 0, 1, 4)
        grid.addWidget(quiet(told.sentence, self), 1, 0, 1, 4)
        grid.addWidget(self.input, 2, 0)
        grid.addWidget(quiet(told.unit, self), 2, 1)
        grid.addWidget(self.reset_button, 2, 2)
        grid.addWidget(self.default, 2, 3)
        grid.addWidget(self.error, 3, 0, 1, 4)
        self.take_view(view)

    def text(self) -> str:
        """The value in the input."""
        if isinstance(self.input, QCheckBox):
            return _FLAGS[0] if self.input.isChecked() else _FLAGS[1]
        if isinstance(self.input, QComboBox):
            return str(self.input.currentData())
        return self.input.text().strip()

    def show_view(self, view: SettingView) -> None:
        """Show the value that counts; what is being typed, or was refused, is left alone."""
        is_touched = self.text() != self._view.value and (self.input.hasFocus() or bool(self.error.text()))
        if not is_touched:
            self.take_view(view)
            return
        self._view = view
        self.reset_button.setEnabled(True)

    def take_view(self, view: SettingView) -> None:
        """Show the value that counts, whatever was typed."""
        self._view = view
        self.error.show_text("")
        self._show_value(view.value)
        self.reset_button.setEnabled(view.value != view.default)
        if isinstance(self.input, QCheckBox):
            default = self.tr("on") if view.default == _FLAGS[0] else self.tr("off")
        else:
            default = choice_word(self.key, view.default) or self.tr("nothing")
        self.default.setText(self.tr("Default: {}").format(default))

    def show_error(self, sentence: str) -> None:
        """Say what is wrong; what was typed stays."""
        self.error.show_text(sentence)
        self.reset_button.setEnabled(True)

    def _make_input(self, choices: tuple[str, ...]) -> QCheckBox | QComboBox | QLineEdit:
        if choices == _FLAGS:
            box = QCheckBox(self.tr("On"), self)
            box.clicked.connect(lambda _: self._store())
            return box
        if choices:
            combo = QComboBox(self)
            for word in choices:
                combo.addItem(choice_word(self.key, word), word)
            combo.activated.connect(lambda _: self._store())
            return combo
        edit = QLineEdit(self)
        letters = 18 if len(self._view.default) <= _SHORT and "list" not in self._view.allowed else 48
        edit.setFixedWidth(edit.fontMetrics().averageCharWidth() * letters)
        edit.editingFinished.connect(self._store)
        edit.textEdited.connect(lambda _: self.error.show_text(""))
        return edit

    def _show_value(self, value: str) -> None:
        if isinstance(self.input, QCheckBox):
            self.input.setChecked(value == _FLAGS[0])
        elif isinstance(self.input, QComboBox):
            if self.input.findData(value) < 0:
                self.input.addItem(choice_word(self.key, value), value)
            self.input.setCurrentIndex(self.input.findData(value))
        elif self.input.text() != value:
            self.input.setText(value)

    def _store(self) -> None:
        if self.text() != self._view.value:
            self.stored.emit(self.key, self.text())
        else:
            self.error.show_text("")
