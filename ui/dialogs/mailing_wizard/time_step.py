"""The fourth step of the wizard: when it starts, how fast it may go, and when it gives up."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QGridLayout,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.services.drafts import HIGHEST_CEILING, LONGEST_EXPIRY_HOURS
from app.services.problems import BadValue, Problem
from ui.theme import Tone
from ui.widgets.notes import Note, heading, quiet

HOUR = 3_600


class TimeStep(QWidget):
    """``edited`` on every change."""

    edited = Signal()

    def __init__(self, now: float, default_expiry: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.at_once = QRadioButton(self.tr("&Now, as soon as Start is pressed"), self)
        self.later = QRadioButton(self.tr("&At"), self)
        group = QButtonGroup(self)
        group.addButton(self.at_once)
        group.addButton(self.later)
        self.at_once.setChecked(True)
        self.moment = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int(now - now % HOUR + 2 * HOUR)), self)
        self.moment.setCalendarPopup(True)
        self.moment.setAccessibleName(self.tr("Start at"))
        zone = QDateTime.currentDateTime().timeZoneAbbreviation()
        self.limited = QCheckBox(self.tr("At &most"), self)
        self.ceiling = QSpinBox(self)
        self.ceiling.setRange(1, HIGHEST_CEILING)
        self.ceiling.setValue(10_000)
        self.ceiling.setGroupSeparatorShown(True)
        self.ceiling.setSuffix(self.tr(" messages an hour"))
        self.ceiling.setAccessibleName(self.tr("Messages an hour at most"))
        self.expiring = QCheckBox(self.tr("&Give up after"), self)
        self.expiry = QDoubleSpinBox(self)
        self.expiry.setRange(0.1, LONGEST_EXPIRY_HOURS)
        self.expiry.setDecimals(1)
        self.expiry.setValue(default_expiry)
        self.expiry.setSuffix(self.tr(" hours"))
        self.expiry.setAccessibleName(self.tr("Hours after which recipients expire"))
        self.trouble = Note(Tone.BAD, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(heading(self.tr("Start"), self, scale=1.05))
        column.addWidget(self.at_once)
        column.addLayout(_row(self.later, self.moment, quiet(zone, self)))
        column.addWidget(self.trouble)
        column.addSpacing(12)
        column.addWidget(heading(self.tr("Pace"), self, scale=1.05))
        column.addLayout(_row(self.limited, self.ceiling))
        column.addWidget(quiet(self.tr("The limits of streams, addresses and providers count in any case."), self))
        column.addSpacing(12)
        column.addWidget(heading(self.tr("Patience"), self, scale=1.05))
        column.addLayout(_row(self.expiring, self.expiry))
        usual = self.tr("Otherwise recipients that could not be reached expire after {} hours.")
        column.addWidget(quiet(usual.format(f"{default_expiry:g}"), self))
        column.addStretch(1)
        self.later.toggled.connect(self._changed)
        self.limited.toggled.connect(self._changed)
        self.expiring.toggled.connect(self._changed)
        self.moment.dateTimeChanged.connect(self._changed)
        self.ceiling.valueChanged.connect(self._changed)
        self.expiry.valueChanged.connect(self._changed)
        self._changed()

    @property
    def at(self) -> float | None:
        """When it starts (epoch seconds), None: now."""
        return float(self.moment.dateTime().toSecsSinceEpoch()) if self.later.isChecked() else None

    @property
    def hourly_ceiling(self) -> int | None:
        """Messages an hour at most."""
        return self.ceiling.value() if self.limited.isChecked() else None

    @property
    def expiry_hours(self) -> float | None:
        """Hours of patience, None: the setting counts."""
        return self.expiry.value() if self.expiring.isChecked() else None

    def show_values(self, at: float | None, ceiling: int | None, expiry: float | None) -> None:
        """Fill the form."""
        if at is not None:
            self.later.setChecked(True)
            self.moment.setDateTime(QDateTime.fromSecsSinceEpoch(int(at)))
        if ceiling is not None:
            self.limited.setChecked(True)
            self.ceiling.setValue(ceiling)
        if expiry is not None:
            self.expiring.setChecked(True)
            self.expiry.setValue(expiry)

    def check(self, now: float) -> bool:
        """Whether the time to start at is still to come; says so if not."""
        passed = self.at is not None and self.at <= now
        self.trouble.show_text(self.tr("The time to start at has passed already.") if passed else "")
        return not passed

    def show_problem(self, problem: Problem) -> bool:
        """Show what is wrong with the time or the numbers; False when it is something else."""
        if isinstance(problem, BadValue) and problem.field in ("at", "hourly_ceiling", "expiry_hours"):
            self.trouble.show_text(problem.sentence)
            return True
        return False

    def _changed(self, *_: object) -> None:
        self.trouble.show_text("")
        self.moment.setEnabled(self.later.isChecked())
        self.ceiling.setEnabled(self.limited.isChecked())
        self.expiry.setEnabled(self.expiring.isChecked())
        self.edited.emit()


def _row(*widgets: QWidget) -> QGridLayout:
    grid = QGridLayout()
    for at, widget in enumerate(widgets):
        grid.addWidget(widget, 0, at)
    grid.setColumnStretch(len(widgets), 1)
    return grid
