"""The stream editor: name and purpose, addresses, associations, limits. A change made elsewhere meanwhile is shown, not lost."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QTabWidget, QVBoxLayout, QWidget

from app.services import limits, streams
from app.services.problems import BadValue, Problem, Refused, StaleEdit
from app.services.streams import EDITED, StreamEdit, StreamView
from engine.limits import LimitRule
from ui.dialogs.stream_saving import StreamSaving, save_stream
from ui.dialogs.stream_tabs import AddressesTab, AssociationsTab, LimitsTab
from ui.models.stream_addresses import EditedAddress
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.edit_dialog import EditDialog
from ui.widgets.form import Form

GENERAL, ADDRESSES, ASSOCIATIONS, LIMITS = range(4)


class StreamEditor(EditDialog):
    """Edits *stream*, or makes a new one. Accepted with ``saved``."""

    def __init__(self, session: WindowSession, stream: StreamView | None, parent: QWidget | None = None) -> None:
        title = self.tr("New stream") if stream is None else self.tr("Edit stream {}").format(stream.name)
        super().__init__(session, title, self.tr("&Create stream") if stream is None else self.tr("&Save"), parent)
        self.base = stream
        self.saved: StreamView | None = None
        self._build()
        self._show(stream)
        session.changed.connect(self._note_changes)
        session.spawn(self._prepare(), self)

    def _build(self) -> None:
        self.tabs = QTabWidget(self)
        self.form = Form()
        self.name = QLineEdit()
        self.name.setMaxLength(200)
        self.description = QPlainTextEdit()
        self.description.setTabChangesFocus(True)
        self.default = QCheckBox(self.tr("Use for all mail that no association decides on"))
        self.guard = QCheckBox(self.tr("Stop at a provider that blocks one address after another"))
        self.form.add("name", self.tr("&Name"), self.name)
        self.description.setMaximumHeight(6 * self.description.fontMetrics().lineSpacing())
        self.form.add("description", self.tr("Descri&ption"), self.description)
        self.form.add("default", self.tr("&Default stream"), self.default)
        self.form.add(
            "guard",
            self.tr("Contagion &guard"),
            self.guard,
            hint=self.tr(
                "When half of the addresses are blocked at one provider within an hour, the stream pauses there until"
                " you resume it, so that the rest are not burnt. Off, you are only told."
            ),
        )
        self.form.add_stretch()
        general = QWidget()
        QVBoxLayout(general).addWidget(self.form)
        self.addresses = AddressesTab(self.session)
        self.associations = AssociationsTab(self.session, self.base.id if self.base else None)
        self.limits = LimitsTab()
        for page, text in (
            (general, self.tr("&General")),
            (self.addresses, self.tr("Addre&sses")),
            (self.associations, self.tr("Associat&ions")),
            (self.limits, self.tr("&Limits")),
        ):
            self.tabs.addTab(page, text)
        self.body.addWidget(self.tabs, 1)
        metrics = self.fontMetrics()
        self.resize(metrics.averageCharWidth() * 140, metrics.height() * 34)
        self.name.textChanged.connect(self._name_edited)
        self.description.textChanged.connect(self.edited)
        self.default.toggled.connect(self.edited)
        self.guard.toggled.connect(self.edited)
        self.addresses.model.edited.connect(self.edited)
        self.associations.edited.connect(self.edited)
        self.limits.model.edited.connect(self.edited)

    async def _prepare(self) -> None:
        self.limits.set_server_limits(await self.session.read(limits.server_limits))
        await self.associations.load()

    def _show(self, stream: StreamView | None) -> None:
        """Fill everything in from a stream, or leave it empty for a new one."""
        if stream is not None:
            self.name.setText(stream.name)
            self.description.setPlainText(stream.description)
            self.default.setChecked(stream.is_default)
            self.default.setEnabled(not stream.is_default)
            self.guard.setChecked(stream.guard)
            self.addresses.model.set_addresses(
                [EditedAddress(each.ip, each.helo, each.weight, each.paused, each.state) for each in stream.addresses]
            )
            self.limits.model.set_rules(stream.limits)
        self.addresses.stream_name = stream.name if stream else ""
        self.edited()

    # What EditDialog asks

    def is_changed(self) -> bool:
        base = self.base
        if base is None:
            typed = bool(self.name.text().strip() or self.description.toPlainText().strip())
            return typed or bool(self.addresses.model.addresses or self.limits.model.rules or self.associations.ticks)
        return self._edit() != StreamEdit(
            base.name, base.description, base.guard, base.bindings(), _plain(base.limits)
        ) or bool(self.associations.ticks)

    def is_complete(self) -> bool:
        had_none = self.base is not None and not self.base.addresses
        return bool(self.name.text().strip()) and (had_none or bool(self.addresses.model.addresses))

    async def save(self) -> None:
        self.form.clear_errors()
        self.banner.dismiss()
        fresh = tuple(row for row in self.addresses.model.addresses if row.state is None)
        saving = StreamSaving(self.base, self._edit(), fresh, dict(self.associations.ticks))
        self.saved = await self.session.write(save_stream, saving)

    def show_problem(self, problem: Problem) -> None:
        """Show a problem on its tab, beside its field."""
        if isinstance(problem, StaleEdit):
            self._tell_stale()
        elif isinstance(problem, BadValue) and problem.field in ("addresses", "weight", "ip", "helo"):
            self._show_on(ADDRESSES, problem)
        elif isinstance(problem, BadValue) and problem.field == "limits":
            self._show_on(LIMITS, problem)
        elif isinstance(problem, BadValue) and self.form.has_field(problem.field):
            self.tabs.setCurrentIndex(GENERAL)
            self.form.show_problem(problem)
        elif isinstance(problem, Refused) and self.name.text().strip().casefold() in map(str.casefold, problem.names):
            self.tabs.setCurrentIndex(GENERAL)
            self.form.set_error("name", problem.sentence)
            self.name.setFocus()
        else:
            self.banner.tell(problem.sentence, Tone.BAD)

    # What others changed meanwhile

    def _note_changes(self, topics: frozenset[str]) -> None:
        if self.base is not None and "world" in topics and self.isVisible():
            self.session.spawn(self._look_again(self.base), self)

    async def _look_again(self, base: StreamView) -> None:
        try:
            present = await self.session.read(streams.get, base.id)
        except Refused as problem:
            self.banner.tell(problem.sentence, Tone.BAD)
            return
        if any(getattr(present, field) != getattr(base, field) for field in EDITED) and self.saved is None:
            self._tell_stale()

    def _tell_stale(self) -> None:
        self.banner.tell(
            self.tr("The stream was changed elsewhere in the meantime. Take over the new values, or cancel."),
            button=self.tr("Take over the new values"),
            act=lambda: self.session.spawn(self.take_over(), self),
        )

    async def take_over(self) -> None:
        """Show what the stream is now, in place of what was edited here."""
        if self.base is not None:
            self.base = await self.session.read(streams.get, self.base.id)
            self._show(self.base)
            self.banner.dismiss()

    # Within

    def _edit(self) -> StreamEdit:
        base = self.base
        return StreamEdit(
            name=self.name.text().strip(),
            description=self.description.toPlainText().strip(),
            guard=self.guard.isChecked(),
            bindings=tuple(row.binding() for row in self.addresses.model.addresses),
            limits=self.limits.model.rules,
            make_default=self.default.isChecked() and not (base is not None and base.is_default),
        )

    def _name_edited(self) -> None:
        self.form.set_error("name", "")
        self.edited()

    def _show_on(self, tab: int, problem: Problem) -> None:
        sentence = problem.sentence.partition(": ")[2] or problem.sentence
        self.tabs.setCurrentIndex(tab)
        (self.addresses if tab == ADDRESSES else self.limits).error.show_text(sentence[:1].upper() + sentence[1:])


def _plain(rules: tuple[LimitRule, ...]) -> tuple[LimitRule, ...]:
    """Limits without who set them, as the table has them."""
    return tuple(replace(rule, origin="") for rule in rules)
