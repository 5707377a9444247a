"""The look of the wizard: a list of steps at the left, the step, and the buttons below."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ui import icons
from ui.widgets.banner import Banner
from ui.widgets.notes import heading


class Step(IntEnum):
    """The steps in their order."""

    MESSAGE = 0
    RECIPIENTS = 1
    STREAM = 2
    TIME = 3
    SUMMARY = 4


_ICONS = ("email-edit-outline", "account-multiple-outline", "source-branch", "clock-outline", "check-all")


class WizardFrame(QDialog):
    """A dialog of steps; what they are and do is a subclass's, which fills ``stack`` in the order of Step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_busy = False
        self.banner = Banner(self)
        self.steps = QListWidget(self)
        self.title = heading("", self, scale=1.35)
        self.stack = QStackedWidget(self)
        self.test_button = QPushButton(icons.icon("email-fast-outline"), self.tr("Send &test to…"), self)
        self.save_button = QPushButton(icons.icon("content-save-outline"), self.tr("Save &draft"), self)
        self.back_button = QPushButton(self.tr("&Back"), self)
        self.next_button = QPushButton(self.tr("Ne&xt"), self)
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        for button in (self.test_button, self.save_button, self.back_button, self.cancel_button):
            button.setAutoDefault(False)
        self.next_button.setDefault(True)
        self._lay_out()

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return Step(self.stack.currentIndex())

    def show_step(self, step: Step, start: str) -> None:
        """Bring a step to the front; *start* is on the button of the last one."""
        self.stack.setCurrentIndex(step)
        self.steps.setCurrentRow(step)
        self.title.setText(self._titles()[step])
        last = step is Step.SUMMARY
        self.next_button.setText(start if last else self.tr("Ne&xt"))
        self.next_button.setIcon(icons.icon("send" if last else "arrow-right"))
        self._enable()

    def set_busy(self, busy: bool) -> None:
        """Take no further clicks while something is written."""
        self.is_busy = busy
        self._enable()

    def _enable(self) -> None:
        for button in (self.test_button, self.save_button, self.next_button, self.cancel_button):
            button.setEnabled(not self.is_busy)
        self.back_button.setEnabled(not self.is_busy and self.stack.currentIndex() > 0)

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("Message"),
            self.tr("Recipients"),
            self.tr("Stream"),
            self.tr("When"),
            self.tr("Check and start"),
        )

    def _lay_out(self) -> None:
        for name, title in zip(_ICONS, self._titles(), strict=True):
            self.steps.addItem(QListWidgetItem(icons.icon(name), title))
        self.steps.setAccessibleName(self.tr("Steps"))
        self.steps.setFixedWidth(self.steps.sizeHintForColumn(0) + 40)
        self.steps.setFrameShape(QListWidget.Shape.NoFrame)
        self.steps.setSpacing(3)
        self.steps.viewport().setAutoFillBackground(False)
        buttons = QHBoxLayout()
        buttons.addWidget(self.test_button)
        buttons.addWidget(self.save_button)
        buttons.addStretch(1)
        for button in (self.back_button, self.next_button, self.cancel_button):
            buttons.addWidget(button)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self.title)
        right.addWidget(self.stack, 1)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.steps)
        middle.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addLayout(middle, 1)
        column.addLayout(buttons)
        self.setSizeGripEnabled(True)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint, True)
        metrics = self.fontMetrics()
        self.resize(metrics.averageCharWidth() * 170, metrics.height() * 44)
