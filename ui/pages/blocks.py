"""The blocks page: what is refused where and why, what waits behind it, and everything that can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from app.database.changes import BLOCKS, HOLDS, WORLD
from app.services import block_reports
from app.services.block_reports import Summary
from app.services.blocks import BlockFilter
from ui import words
from ui.pages.blocks_history import HistoryTab
from ui.pages.blocks_matrix import MatrixTab
from ui.pages.blocks_now import NowTab
from ui.pages.page import Page
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.notes import Sign, ToneLabel


class BlocksPage(Page):
    """Three tabs below one sentence. ``open_with`` takes a BlockFilter for the first."""

    topics = frozenset({BLOCKS, HOLDS, WORLD})

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.filter_hint = self.tr("Filter by address, domain, host, reply or note")
        self.help = _help(self)
        self._sign = Sign("check-circle-outline", Tone.GOOD, 18, self)
        self.summary = ToneLabel("", Tone.TEXT, self)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setWordWrap(True)
        self.now = NowTab(session, self)
        self.history = HistoryTab(session, self)
        self.matrix = MatrixTab(session, self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.now, self.tr("&Now"))
        self.tabs.addTab(self.history, self.tr("H&istory"))
        self.tabs.addTab(self.matrix, self.tr("&Matrix"))
        sentence = QHBoxLayout()
        sentence.setSpacing(8)
        sentence.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        sentence.addWidget(self.summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(sentence)
        column.addWidget(self.tabs, 1)
        self._add_actions()
        self._connect()

    def _add_actions(self) -> None:
        now = self.now
        delete = QKeySequence.StandardKey.Delete
        self.clear_action = self.add_action(self.tr("&Clear block"), now.clear_selected, icon="check")
        now.add_shortcut(self.clear_action, delete)
        self.probe_action = self.add_action(self.tr("&Probe now"), lambda: now.act(now.commands.probe), icon="radar")
        now.add_shortcut(self.probe_action, "P")
        self.hold_action = self.add_action(
            self.tr("&Hold: make permanent"), lambda: now.act(now.commands.hold), icon="lock-outline", in_tool_bar=False
        )
        now.add_shortcut(self.hold_action, "H")
        self.slow_action = self.add_action(
            self.tr("Clear with a &slow start"),
            lambda: now.act(now.commands.clear_and_probe),
            icon="trending-up",
            in_tool_bar=False,
        )
        self.exempt_action = self.add_action(
            self.tr("E&xempt…"),
            lambda: now.act(now.commands.exempt),
            icon="shield-check-outline",
            in_tool_bar=False,
        )
        self.details_action = self.add_action(
            self.tr("&Details"), now.open_details, icon="information-outline", in_tool_bar=False
        )
        self.add_separator()
        self.export_action = self.add_action(self.tr("&Export…"), self._export, icon="download", tip=self.tr("As CSV"))
        self.json_action = self.add_action(
            self.tr("Export as &JSON…"), self._export_json, icon="code-json", in_tool_bar=False
        )
        self._for_blocks = (
            self.clear_action,
            self.probe_action,
            self.hold_action,
            self.slow_action,
            self.exempt_action,
            self.details_action,
        )

    def _connect(self) -> None:
        self.now.navigate.connect(self.navigate)
        self.now.history_asked.connect(self._show_history)
        self.now.selection_changed.connect(self._show_actions)
        self.history.block_asked.connect(self._show_block)
        self.matrix.filter_asked.connect(self.open_with)
        self.tabs.currentChanged.connect(lambda _: self._tab_changed())
        self._show_actions()

    # What the frame asks

    async def load(self) -> None:
        await self.tab.load()
        self._show_summary(await self.session.read(block_reports.summary))
        self._show_actions()

    def set_filter(self, text: str) -> None:
        self.now.filters.set_text(text)
        self.history.set_text(text)

    def open_with(self, argument: object) -> None:
        """Show the blocks that another page means."""
        if isinstance(argument, BlockFilter):
            self.tabs.setCurrentWidget(self.now)
            self.now.show_filter(argument)
            self.now.view.setFocus()

    def save_state(self) -> None:
        self.now.save_state()
        self.history.view.keep(self.session.layout_store)

    @property
    def tab(self) -> NowTab | HistoryTab | MatrixTab:
        """The tab that is shown."""
        shown = self.tabs.currentWidget()
        return shown if isinstance(shown, HistoryTab | MatrixTab) else self.now

    # Showing

    def _show_summary(self, summary: Summary) -> None:
        is_quiet = not summary.blocks
        tone = Tone.GOOD if is_quiet else Tone.BAD if summary.held else Tone.WARNING
        icon = "check-circle-outline" if is_quiet else "alert-octagon" if summary.held else "alert-outline"
        self._sign.show_icon(icon, tone)
        self.summary.setText(self._sentence(summary))

    def _sentence(self, summary: Summary) -> str:
        if not summary.blocks:
            return self.tr("No address is refused anywhere.")
        parts = [
            self.tr("{addresses} refused by {providers}").format(
                addresses=self.tr("%Ln address is", "", 1)
                if summary.addresses == 1
                else self.tr("%Ln addresses are", "", summary.addresses),
                providers=self.tr("%Ln provider(s)", "", summary.providers),
            ),
            self.tr("%Ln recipient(s) held", "", summary.held)
            if summary.held
            else self.tr("nobody waits: mail goes over the other addresses"),
        ]
        if summary.next_probe is not None:
            parts.append(self.tr("next probe {}").format(words.until(summary.next_probe, self.session.now())))
        return f"{'; '.join(parts)}."

    def _show_actions(self) -> None:
        is_now = self.tabs.currentWidget() is self.now
        some = is_now and self.now.view.currentIndex().isValid()
        for action in self._for_blocks:
            action.setEnabled(some)
        self.export_action.setEnabled(self.tabs.currentWidget() is not self.matrix)
        self.json_action.setEnabled(is_now)

    def _tab_changed(self) -> None:
        self._show_actions()
        self.session.spawn(self.tab.load())

    def _show_history(self, block_id: int) -> None:
        self.history.show_block(block_id)
        self.tabs.setCurrentWidget(self.history)

    def _show_block(self, block_id: int) -> None:
        self.session.spawn(self._select_block(block_id))

    async def _select_block(self, block_id: int) -> None:
        """Go to a block in the table; one that was cleared is looked for among the cleared ones too."""
        self.tabs.setCurrentWidget(self.now)
        await self.now.select(block_id)

    def _export(self) -> None:
        if self.tabs.currentWidget() is self.history:
            self.session.spawn(self.history.export())
        else:
            self.session.spawn(self.now.commands.export(self.now.filters.wanted()))

    def _export_json(self) -> None:
        self.session.spawn(self.now.commands.export(self.now.filters.wanted(), as_json=True))


def _help(page: QWidget) -> str:
    return page.tr(
        "<p>Each row is a pair of one of your sending addresses and a mail server that refuses it, with the server's own"
        " words.</p>"
        "<p><b>Double-click</b> a row to clear it: mail goes there again at once. <b>Undo</b> stands in the row for ten seconds"
        " and in the Edit menu for as long as the window is open.</p>"
        "<p><b>Enter</b> details, <b>Delete</b> clear the selection, <b>P</b> probe now, <b>H</b> make permanent.</p>"
        "<p>Every block is tested by itself about once an hour. When the test is accepted, mail starts slowly and the block"
        " goes away.</p>"
        "<p>A <b>total block</b> means that every address of a stream is refused there: the recipients wait, and no attempt"
        " is used up.</p>"
    )
