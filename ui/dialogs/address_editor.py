"""Edits one sending address: HELO name, limits, warm-up plan."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from app.services import addresses
from app.services.addresses import AddressEdit, AddressView
from app.services.limits import MOST, QUANTITIES
from app.services.problems import Problem
from engine.limits import LimitRule, LimitScope, WarmUp
from ui.session import WindowSession
from ui.widgets.edit_dialog import EditDialog
from ui.widgets.form import Form

_DAY = 86_400


class AddressEditor(EditDialog):
    """Edits *view*. Accepted with ``saved``; ``before`` is what it was, for undo."""

    def __init__(self, session: WindowSession, view: AddressView, parent: QWidget | None = None) -> None:
        super().__init__(session, self.tr("Edit address {}").format(view.ip), self.tr("&Save"), parent)
        self.before = AddressEdit(view.helo, view.limits, view.warm_up)
        self.saved: AddressView | None = None
        self._view = view
        self.form = Form(self)
        self.helo = QLineEdit(view.helo, self)
        self.form.add(
            "helo",
            self.tr("&HELO name"),
            self.helo,
            hint=self.tr(
                "The name that the address greets with; best its reverse name. Empty: its address in brackets."
            ),
        )
        self._build_limits(view.limits)
        self._build_warm_up(view.warm_up)
        self.body.addWidget(self.form)
        self.resize(self.fontMetrics().averageCharWidth() * 90, self.sizeHint().height())
        self.helo.textChanged.connect(self.edited)
        self.edited()

    def _build_limits(self, rule: LimitRule | None) -> None:
        titles = {
            "connections": self.tr("&Connections at a time"),
            "connections_per_hour": self.tr("New connections an &hour"),
            "messages_per_connection": self.tr("Messages a co&nnection"),
            "messages_per_hour": self.tr("&Messages an hour"),
        }
        self.quantities: dict[str, QSpinBox] = {}
        for number, name in enumerate(QUANTITIES):
            box = QSpinBox(self)
            box.setRange(0, MOST)
            box.setGroupSeparatorShown(True)
            box.setSpecialValueText(self.tr("no limit"))
            box.setValue(getattr(rule, name, None) or 0)
            box.valueChanged.connect(self.edited)
            self.quantities[name] = box
            self.form.add("limits" if number == 0 else name, titles[name], box)

    def _build_warm_up(self, plan: WarmUp | None) -> None:
        self.warm = QCheckBox(self.tr("Raise the number of messages a day and provider step by step"), self)
        self.warm.setChecked(plan is not None)
        self.first = QSpinBox(self)
        self.first.setRange(1, MOST)
        self.first.setGroupSeparatorShown(True)
        self.first.setValue(plan.first_day if plan else 50)
        self.growth = QDoubleSpinBox(self)
        self.growth.setRange(1.05, 10.0)
        self.growth.setSingleStep(0.1)
        self.growth.setValue(plan.growth if plan else 1.5)
        self.last = QSpinBox(self)
        self.last.setRange(1, MOST)
        self.last.setGroupSeparatorShown(True)
        self.last.setValue(plan.last_day if plan else 50_000)
        self.form.add("warm_up", self.tr("&Warm-up"), self.warm)
        self.form.add("first_day", self.tr("Messages on the &first day"), self.first)
        self.form.add("growth", self.tr("Times as many each &day"), self.growth)
        self.form.add("last_day", self.tr("Until a day &reaches"), self.last)
        self.warm.toggled.connect(self._show_plan)
        for box in (self.first, self.growth, self.last):
            box.valueChanged.connect(self.edited)
        self._show_plan()

    def _show_plan(self) -> None:
        for box in (self.first, self.growth, self.last):
            box.setEnabled(self.warm.isChecked())
        self.edited()

    def is_changed(self) -> bool:
        return self._edit() != self.before

    async def save(self) -> None:
        self.form.clear_errors()
        self.saved = await self.session.write(addresses.edit, self._view.id, self._edit())

    def show_problem(self, problem: Problem) -> None:
        """Show a problem under its field."""
        self.form.show_problem(problem)

    def _edit(self) -> AddressEdit:
        return AddressEdit(self.helo.text().strip(), self._limits(), self._plan())

    def _limits(self) -> LimitRule | None:
        values = {name: box.value() or None for name, box in self.quantities.items()}
        if not any(values.values()):
            return None
        origin = self.before.limits.origin if self.before.limits else ""
        return LimitRule(
            LimitScope.ADDRESS,
            self._view.ip,
            connections=values["connections"],
            connections_per_hour=values["connections_per_hour"],
            messages_per_connection=values["messages_per_connection"],
            messages_per_hour=values["messages_per_hour"],
            origin=origin,
        )

    def _plan(self) -> WarmUp | None:
        if not self.warm.isChecked():
            return None
        before = self.before.warm_up
        started = before.started if before else int(self.session.now() // _DAY)
        growth = before.growth if before and abs(before.growth - self.growth.value()) < 0.005 else self.growth.value()
        return WarmUp(started, self.first.value(), growth, self.last.value())
