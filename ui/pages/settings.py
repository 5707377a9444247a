"""The settings page: parts at the left, the options of one part at the right; every change counts at once and can be undone."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from sqlalchemy.orm import Session

from app.services import configuration
from app.services.configuration import SettingView
from app.services.problems import BadValue
from app.services.undo import UndoStep
from ui import icons
from ui.pages.page import Page
from ui.pages.rules import RulesPanel
from ui.pages.settings_database import DatabasePanel
from ui.pages.settings_option import OptionWidget
from ui.pages.settings_senders import SendersPanel
from ui.pages.settings_words import SettingsPart, option_words, part_title
from ui.session import WindowSession
from ui.widgets.notes import heading

_ICONS = {
    SettingsPart.SENDING: "send",
    SettingsPart.PROBES: "radar",
    SettingsPart.RULES: "format-list-checks",
    SettingsPart.SENDERS: "key-outline",
    SettingsPart.NETWORK: "lan",
    SettingsPart.NOTIFICATIONS: "bell-outline",
    SettingsPart.DATABASE: "database-outline",
    SettingsPart.APPEARANCE: "palette-outline",
}


class SettingsPage(Page):
    """All settings of the database, the rules, the keys, and the database itself."""

    topics = frozenset({"world"})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.filter_hint = self.tr("Part of a title or sentence")
        self.help = self.tr(
            "<p>A change counts at once, in every process that uses this database, and can be undone. A value that is not"
            " allowed stays in its field with the reason under it; what counted before still counts.</p><p>Under"
            " <b>Rules</b> stands what decides about refusals. Put a new rule in shadow, look in the rule lab what it would"
            " have changed, then switch it on.</p>"
        )
        self.options: dict[str, OptionWidget] = {}
        self.parts = QListWidget(self)
        self.parts.setAccessibleName(self.tr("Parts of the settings"))
        self.parts.setFrameShape(QListWidget.Shape.NoFrame)
        self.parts.setSpacing(3)
        self.parts.viewport().setAutoFillBackground(False)
        self.stack = QStackedWidget(self)
        self.rules = RulesPanel(session, self)
        self.senders = SendersPanel(session, self)
        self.database = DatabasePanel(session, self)
        self._columns: dict[SettingsPart, QVBoxLayout] = {}
        for part in SettingsPart:
            item = QListWidgetItem(icons.icon(_ICONS[part]), part_title(part))
            item.setData(Qt.ItemDataRole.UserRole, part.value)
            self.parts.addItem(item)
            self.stack.addWidget(self._make_part(part))
        self.parts.setFixedWidth(self.parts.sizeHintForColumn(0) + 40)
        self.parts.currentRowChanged.connect(self._show_part)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.parts)
        row.addWidget(self.stack, 1)
        self.parts.setCurrentRow(0)

    @property
    def part(self) -> SettingsPart:
        """The part that is shown."""
        return list(SettingsPart)[self.stack.currentIndex()]

    async def load(self) -> None:
        """Read the settings, and what the part in front shows besides."""
        self._show_views(await self.session.read(configuration.listing))
        await self._load_part()

    def set_filter(self, text: str) -> None:
        """Show only the options that have this text; the part of the first one comes to the front."""
        wanted = text.casefold()
        first: SettingsPart | None = None
        for key, option in self.options.items():
            told = option_words(key, "")
            fits = wanted in f"{told.title} {told.sentence} {key}".casefold()
            option.setVisible(fits)
            first = first or (told.part if fits else None)
        if wanted and first is not None:
            self.open_with(first)

    def open_with(self, argument: object) -> None:
        """Show a part: "rules", for example."""
        if isinstance(argument, str) and argument in set(SettingsPart):
            self.parts.setCurrentRow(list(SettingsPart).index(SettingsPart(argument)))

    def save_state(self) -> None:
        """Keep columns."""
        self.rules.save_state()
        self.senders.save_state()

    async def store(self, key: str, text: str) -> None:
        """Write a setting; what is wrong with it is said beside it."""
        option = self.options[key]
        try:
            before, after = await self.session.write(_store, key, text)
        except BadValue as problem:
            option.show_error(problem.sentence.removeprefix(f"{key}: "))
            return
        option.take_view(after)
        if before.value != after.value:
            self._tell(key, before.value)

    async def reset(self, key: str) -> None:
        """Give a setting its default."""
        option = self.options[key]
        before, after = await self.session.write(_reset, key)
        option.take_view(after)
        if before.value != after.value:
            self._tell(key, before.value)

    def _tell(self, key: str, former: str) -> None:
        actor = self.session.actor

        def revert(session: Session, now: float) -> None:
            configuration.store(session, key, former, actor=actor, now=now)

        said = self.tr("Changed: {}").format(option_words(key, key).title)
        self.session.tell_done(said, UndoStep(said, revert))

    def _show_views(self, views: list[SettingView]) -> None:
        for view in views:
            option = self.options.get(view.key)
            if option is None:
                self._add_option(view)
            else:
                option.show_view(view)

    def _add_option(self, view: SettingView) -> None:
        option = OptionWidget(view, _languages() if view.key == "ui.language" else (), self)
        option.stored.connect(lambda key, text: self.session.spawn(self.store(key, text)))
        option.reset_asked.connect(lambda key: self.session.spawn(self.reset(key)))
        self.options[view.key] = option
        column = self._columns[option_words(view.key, view.description).part]
        column.insertWidget(column.count() - 1, option)

    def _make_part(self, part: SettingsPart) -> QWidget:
        panel = {SettingsPart.RULES: self.rules, SettingsPart.SENDERS: self.senders}.get(part)
        inside = QWidget(self)
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 0, 12, 0)
        column.setSpacing(6)
        column.addWidget(heading(part_title(part), inside))
        column.addSpacing(6)
        if panel is not None:
            column.addWidget(panel, 1)
            return inside
        if part is SettingsPart.DATABASE:
            column.addWidget(self.database)
        column.addStretch(1)
        self._columns[part] = column
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inside)
        area.setAccessibleName(part_title(part))
        return area

    def _show_part(self, row: int) -> None:
        self.stack.setCurrentIndex(max(0, row))
        self.session.spawn(self._load_part())

    async def _load_part(self) -> None:
        match self.part:
            case SettingsPart.RULES:
                await self.rules.load()
            case SettingsPart.SENDERS:
                await self.senders.load()
            case SettingsPart.DATABASE:
                await self.database.load()


def _store(session: Session, key: str, text: str, *, actor: str, now: float) -> tuple[SettingView, SettingView]:
    """The setting before and after."""
    before = configuration.get(session, key)
    return before, configuration.store(session, key, text, actor=actor, now=now)


def _reset(session: Session, key: str, *, actor: str, now: float) -> tuple[SettingView, SettingView]:
    before = configuration.get(session, key)
    return before, configuration.reset(session, key, actor=actor, now=now)


def _languages() -> tuple[str, ...]:
    """The languages that there are texts in; ours are written in English."""
    folder = files("resources").joinpath("translations")
    found = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    codes = {name.removeprefix("mailstreams_").removesuffix(".qm") for name in found if name.endswith(".qm")}
    return ("system", *sorted(codes | {"en"}))
