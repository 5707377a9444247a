"""The rules part of the settings: the administrator's own rules before the bundled ones, their order and their switches."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import own_rules
from app.services.rules import bundled_rules
from app.services.undo import UndoStep
from engine.rules import Rule
from ui import icons
from ui.models.row_table import RowTable
from ui.pages.rules_editor import RuleEditor, copy_of
from ui.pages.rules_words import RuleLine, rule_columns
from ui.session import WindowSession
from ui.widgets.dialogs import opened
from ui.widgets.filter_box import FilterBox
from ui.widgets.notes import quiet
from ui.widgets.tables import TableView


class RulesPanel(QWidget):
    """A table with buttons; Enter opens a rule."""

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lines: list[RuleLine] = []
        self._numbers: dict[str, int] = {}
        self.model: RowTable[RuleLine] = RowTable(rule_columns(), identity=lambda line: line.number, parent=self)
        self.table = TableView("rules/table", self.tr("Rules"), self)
        self.table.show_columns(self.model, session.layout_store, sort=0)
        self.table.opened.connect(session.slot(self.open_rule))
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._enable())
        self.box = FilterBox(self)
        self.box.setPlaceholderText(self.tr("Part of a rule"))
        self.box.settled.connect(lambda _: self._show())
        slot = session.slot
        self.new_action = self._action("plus", self.tr("&New rule…"), slot(self._new))
        self.open_action = self._action("pencil-outline", self.tr("&Open…"), slot(self.open_rule))
        self.copy_action = self._action("content-copy", self.tr("&Copy…"), slot(self._copy))
        self.on_action = self._action("toggle-switch-outline", self.tr("Switch &on"), slot(lambda: self._switch("on")))
        self.shadow_action = self._action("eye-outline", self.tr("&Shadow"), slot(lambda: self._switch("shadow")))
        self.off_action = self._action(
            "toggle-switch-off-outline", self.tr("Switch o&ff"), slot(lambda: self._switch("off"))
        )
        self.up_action = self._action("arrow-up", self.tr("Move &up"), slot(lambda: self._move(-1)))
        self.down_action = self._action("arrow-down", self.tr("Move &down"), slot(lambda: self._move(1)))
        self.remove_action = self._action("delete-outline", self.tr("&Delete"), slot(self._remove), Qt.Key.Key_Delete)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._lay_out()
        self._enable()

    async def load(self) -> None:
        """Read the rules."""
        own, bundled = await self._session.read(_read_rules)
        rules = [*((rule, True) for rule in own), *((rule, False) for rule in bundled)]
        self._lines = [
            RuleLine(self._numbers.setdefault(rule.id, len(self._numbers)), place, rule, is_own)
            for place, (rule, is_own) in enumerate(rules, start=1)
        ]
        self._show()
        self._enable()

    @property
    def line(self) -> RuleLine | None:
        """The rule that the cursor is on."""
        return self.model.row(self.table.currentIndex())

    async def open_rule(self) -> None:
        """Edit the selected rule, or look at it when it is bundled."""
        line = self.line
        if line is not None:
            editor = RuleEditor(
                self._session, line.rule, is_new=False, is_bundled=not line.is_own, parent=self.window()
            )
            await opened(editor)

    def save_state(self) -> None:
        """Keep the columns."""
        self.table.keep(self._session.layout_store)

    async def _new(self) -> None:
        await opened(RuleEditor(self._session, None, is_new=True, parent=self.window()))

    async def _copy(self) -> None:
        line = self.line
        if line is not None:
            copied = copy_of(line.rule, {each.rule.id for each in self._lines})
            await opened(RuleEditor(self._session, copied, is_new=True, parent=self.window()))

    async def _switch(self, state: str) -> None:
        line = self.line
        if line is None or not line.is_own:
            return
        rule, actor = line.rule, self._session.actor
        await self._session.write(own_rules.switch, rule.id, enabled=state != "off", shadow=state == "shadow")

        def revert(session: Session, now: float) -> None:
            own_rules.switch(session, rule.id, enabled=rule.enabled, shadow=rule.shadow, actor=actor, now=now)

        said = {
            "on": self.tr("Rule {} is on"),
            "shadow": self.tr("Rule {} is only logged"),
            "off": self.tr("Rule {} is off"),
        }[state].format(rule.id)
        self._session.tell_done(said, UndoStep(said, revert))

    async def _move(self, by: int) -> None:
        own = [line.rule.id for line in self._lines if line.is_own]
        line = self.line
        if line is None or not line.is_own:
            return
        at = own.index(line.rule.id) + by
        if 0 <= at < len(own):
            behind = [each for each in own if each != line.rule.id]
            before = behind[at] if at < len(behind) else None
            await self._session.write(own_rules.move, line.rule.id, before)

    async def _remove(self) -> None:
        line = self.line
        if line is None or not line.is_own:
            return
        rule, actor = line.rule, self._session.actor
        await self._session.write(own_rules.remove, rule.id)

        def revert(session: Session, now: float) -> None:
            own_rules.add(session, rule, actor=actor, now=now)

        said = self.tr("Deleted rule {}").format(rule.id)
        self._session.tell_done(said, UndoStep(said, revert))

    def _show(self) -> None:
        text = self.box.text().strip().casefold()
        shown = [line for line in self._lines if text in _all_text(line.rule)] if text else self._lines
        self.model.set_rows(shown)

    def _enable(self) -> None:
        line = self.line
        rule = line.rule if line else None
        is_own = bool(line and line.is_own)
        number = sum(each.is_own for each in self._lines)
        for action in (self.open_action, self.copy_action):
            action.setEnabled(line is not None)
        self.on_action.setEnabled(bool(is_own and rule and (rule.shadow or not rule.enabled)))
        self.shadow_action.setEnabled(bool(is_own and rule and not (rule.shadow and rule.enabled)))
        self.off_action.setEnabled(bool(is_own and rule and rule.enabled))
        self.up_action.setEnabled(bool(is_own and line and line.place > 1))
        self.down_action.setEnabled(bool(is_own and line and line.place < number))
        self.remove_action.setEnabled(is_own)

    def _action(self, icon: str, text: str, slot: Any, key: Qt.Key | None = None) -> QAction:
        action = QAction(icons.icon(icon), text, self)
        if key is not None:
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(slot)
        self.table.addAction(action)
        return action

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for action in (self.new_action, self.open_action, self.copy_action):
            button = QPushButton(action.icon(), action.text(), self)
            button.clicked.connect(action.trigger)
            action.enabledChanged.connect(button.setEnabled)
            row.addWidget(button)
        more = QToolButton(self)
        more.setText(self.tr("&More"))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        rest = (self.on_action, self.shadow_action, self.off_action)
        menu.addActions(rest)
        menu.addSeparator()
        menu.addActions((self.up_action, self.down_action, self.remove_action))
        more.setMenu(menu)
        row.addWidget(more)
        row.addStretch(1)
        row.addWidget(self.box)
        said = self.tr(
            "The first rule that matches a refusal decides what it means. Your own are tried first; a rule in shadow decides"
            " nothing and is logged. Open a rule to try it on replies before it counts."
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(quiet(said, self))
        column.addLayout(row)
        column.addWidget(self.table, 1)


def _read_rules(session: Session) -> tuple[list[Rule], tuple[Rule, ...]]:
    return [view.rule for view in own_rules.listing(session)], bundled_rules()


def _all_text(rule: Rule) -> str:
    return " ".join((rule.id, rule.provider, rule.verdict.value, rule.pattern, rule.advice, *rule.examples)).casefold()
