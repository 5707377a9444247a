"""The window's frame: sidebar, menus, tool bar, filter, banners, status bar; the pages are the host's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QSizePolicy, QToolBar, QVBoxLayout, QWidget

from app.services import status as status_service
from app.services.status import EngineWord, Status
from app.services.undo import UndoStep
from ui import icons
from ui.engine_process import EngineProcess, EngineState
from ui.goto import GoToDialog
from ui.help import HelpDock
from ui.page_host import PageHost
from ui.pages.registry import pages
from ui.session import WindowSession
from ui.sidebar import Sidebar
from ui.status_bar import StatusBar
from ui.theme import Tone
from ui.widgets.banner import Banners
from ui.widgets.dialogs import opened
from ui.widgets.filter_box import FilterBox
from ui.widgets.notes import heading
from ui.widgets.toast import Toast

STATUS_MS: Final = 1_000
"""How often the status bar looks."""
FIRST_PAGE: Final = "overview"


class MainWindow(QMainWindow):
    """The window of one profile. ``close_asked`` is emitted when the person closes it: the quitter decides what then."""

    close_asked = Signal()
    status_changed = Signal(object)
    about_asked = Signal()
    rehearsal_asked = Signal()
    """The person wants to look around with the rehearsal network, or to leave it."""

    def __init__(self, session: WindowSession, engine: EngineProcess, *, in_rehearsal: bool = False) -> None:
        super().__init__()
        self._in_rehearsal = in_rehearsal
        self.session = session
        self.engine = engine
        self._layout = session.layout_store
        self._pages = pages()
        self._titles = {page.name: page.title for page in self._pages}
        self.status: Status | None = None
        self._may_close = False
        self.setWindowTitle(self.tr("MailStreams: rehearsal") if in_rehearsal else "MailStreams")
        self.setMinimumSize(720, 480)
        self.host = PageHost(session, self._pages, self)
        self.sidebar = Sidebar(self._pages, self)
        self.banners = Banners(self)
        self.filter_box = FilterBox(self)
        self.help_dock = HelpDock(self)
        self.status_line = StatusBar(self)
        self._build()
        self.toast = Toast(self.host)
        self._connect()
        self._status_timer = QTimer(self, interval=STATUS_MS)
        self._status_timer.timeout.connect(session.slot(self.read_status))
        self._status_timer.start()

    # Building

    def _build(self) -> None:
        self._title = heading("", self, scale=1.35)
        self.tool_bar = QToolBar(self.tr("Page actions"), self)
        self.tool_bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.tool_bar.setIconSize(QSize(18, 18))
        self.tool_bar.setMovable(False)
        self.filter_box.setMinimumWidth(self.fontMetrics().averageCharWidth() * 30)
        self.filter_box.setMaximumWidth(self.fontMetrics().averageCharWidth() * 44)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(12)
        top.addWidget(self._title)
        top.addWidget(self.tool_bar, 1)
        top.addWidget(self.filter_box)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 8, 12, 4)
        column.setSpacing(8)
        column.addWidget(self.banners)
        column.addLayout(top)
        column.addWidget(self.host, 1)
        self.sidebar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.sidebar.setFixedWidth(self.sidebar.sizeHint().width())
        centre = QWidget(self)
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(right, 1)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status_line)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.help_dock)
        self._build_menus()

    def _build_menus(self) -> None:
        bar = self.menuBar()
        file = bar.addMenu(self.tr("&File"))
        self._add(file, self.tr("&Go to…"), self.session.slot(self.go_to), "magnify", "Ctrl+K")
        rehearsal = (
            self.tr("&Leave the rehearsal")
            if self._in_rehearsal
            else self.tr("&Look around with the rehearsal network")
        )
        self.rehearsal_action = self._add(file, rehearsal, self.rehearsal_asked.emit, "compass-outline")
        file.addSeparator()
        self._add(file, self.tr("&Close window"), self.close, "close", QKeySequence.StandardKey.Close)
        self.quit_action = self._add(file, self.tr("&Quit"), self.close, "power", QKeySequence.StandardKey.Quit)
        edit = bar.addMenu(self.tr("&Edit"))
        self.undo_action = self._add(
            edit, self.tr("&Undo"), self.session.slot(self.undo_last), "undo", QKeySequence.StandardKey.Undo
        )
        self.find_action = self._add(
            edit, self.tr("&Filter"), self.focus_filter, "filter-outline", QKeySequence.StandardKey.Find
        )
        view = bar.addMenu(self.tr("&View"))
        for number, page in enumerate(self._pages, start=1):
            action = self._add(view, page.title, lambda name=page.name: self._go_to_page(name), page.icon)
            action.setShortcut(f"Ctrl+{number}")
        view.addSeparator()
        self._add(view, self.tr("&Refresh"), self.refresh, "refresh", QKeySequence.StandardKey.Refresh)
        self.page_menu = bar.addMenu(self.tr("&Page"))
        self.engine_menu = bar.addMenu(self.tr("E&ngine"))
        self.start_action = self._add(
            self.engine_menu, self.tr("&Start sending"), self.session.slot(self.engine.start), "play"
        )
        self.drain_action = self._add(
            self.engine_menu, self.tr("&Finish open mail and stop"), self.engine.drain, "stop"
        )
        help_menu = bar.addMenu(self.tr("&Help"))
        self.help_action = self._add(
            help_menu, self.tr("&Help for this page"), self.toggle_help, "help-circle-outline", Qt.Key.Key_F1
        )
        help_menu.addSeparator()
        self._add(help_menu, self.tr("&About MailStreams"), self.about_asked.emit, "information-outline")

    def _add(
        self,
        menu: QMenu,
        text: str,
        slot: Callable[[], object] | Callable[..., None],
        icon: str,
        shortcut: QKeySequence | QKeySequence.StandardKey | Qt.Key | str | None = None,
    ) -> QAction:
        action = QAction(icons.icon(icon), text, self)
        if shortcut is not None:
            action.setShortcut(shortcut)
        action.triggered.connect(lambda *_: slot())
        menu.addAction(action)
        return action

    def _connect(self) -> None:
        session = self.session
        self.sidebar.chosen.connect(self.show_page)
        self.host.asked.connect(self.show_page)
        self.host.switched.connect(self._show_frame_of)
        self.status_line.asked.connect(self.show_page)
        self.filter_box.settled.connect(self._filter)
        session.problem.connect(self._tell_problem)
        session.fault.connect(self._tell_fault)
        session.waiting.connect(self._tell_waiting)
        session.done.connect(self._tell_done)
        session.undo.changed.connect(self._show_undo)
        session.changed.connect(session.slot(self.read_status))
        self.engine.changed.connect(session.slot(self.read_status))
        self.engine.ended_badly.connect(self._tell_engine_ended)
        session.trouble.connect(self._tell_trouble)
        self.host.loaded.connect(lambda _: self.banners.banner("trouble").dismiss())
        self._show_undo()
        self._show_engine_actions()

    # Pages

    def start(self, page: str = FIRST_PAGE) -> None:
        """Take the window's former place and show the first page."""
        if not self._layout.restore_window(self):
            self.resize(1280, 800)
        self.show_page(page)
        self.session.spawn(self.read_status())

    def show_page(self, name: str, argument: object = None) -> None:
        """Bring a page to the front."""
        self.host.show_page(name, argument)

    def _go_to_page(self, name: str) -> None:
        """A page by its keys: those of its own work there at once."""
        self.show_page(name)
        if self.host.page is not None:
            self.host.page.take_focus()

    def refresh(self) -> None:
        """Read everything that is shown anew."""
        self.host.reload()
        self.session.spawn(self.read_status())

    def _show_frame_of(self, name: str) -> None:
        """Sidebar, title, tool bar, menu, filter and help of the page that has come to the front."""
        self.sidebar.show_chosen(name)
        self._title.setText(self._titles[name])
        page = self.host.page
        self.tool_bar.clear()
        self.page_menu.clear()
        actions = page.actions() if page else []
        self.page_menu.addActions(actions)
        shown = [action for action in actions if action.priority() is not QAction.Priority.LowPriority]
        while shown and shown[-1].isSeparator():  # a menu leaves these out by itself
            shown.pop()
        self.tool_bar.addActions(shown)
        self.page_menu.menuAction().setVisible(not self.page_menu.isEmpty())
        hint = page.filter_hint if page else ""
        self.filter_box.setVisible(bool(hint))
        self.filter_box.setPlaceholderText(hint)
        self.filter_box.setToolTip(hint)
        self.filter_box.show_text(str(page.property("filter") or "") if page else "")
        self.find_action.setEnabled(bool(hint))
        self.banners.banner("problem").dismiss()
        self.help_dock.show_help(self._titles[name], page.help if page else "")

    def _filter(self, text: str) -> None:
        page = self.host.page
        if page is not None:
            page.setProperty("filter", text)
            page.set_filter(text)

    def focus_filter(self) -> None:
        """Put the cursor into the filter box."""
        self.filter_box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_box.selectAll()

    def toggle_help(self) -> None:
        """Show or hide the help beside the page."""
        self.help_dock.setVisible(not self.help_dock.isVisible())

    async def go_to(self) -> None:
        """Ask for a name and go there."""
        dialog = GoToDialog(self.session, self._pages, self)
        if await opened(dialog) and dialog.target is not None:
            self.show_page(dialog.target.page, dialog.target.argument)

    # Undo

    async def undo_last(self) -> None:
        """Take back the newest change of this window."""
        step = self.session.undo.pop()
        if step is not None:
            await self.session.revert(step)
            self.toast.tell(self.tr("Undone: {}").format(step.label))

    def _show_undo(self) -> None:
        label = self.session.undo.label
        self.undo_action.setEnabled(label is not None)
        self.undo_action.setText(self.tr("&Undo: {}").format(label) if label else self.tr("&Undo"))

    # What is told

    def _tell_problem(self, sentence: str) -> None:
        self.banners.banner("problem").tell(sentence)

    def _tell_trouble(self, sentence: str) -> None:
        self.banners.banner("trouble").tell(
            self.tr("{} What is shown may be old.").format(sentence), button=self.tr("Try again"), act=self.refresh
        )

    def _tell_fault(self, error: object) -> None:
        sentence = self.tr("This did not work: a fault of the program ({}). The log file has the details.")
        self.banners.banner("fault").tell(sentence.format(type(error).__name__), Tone.BAD)

    def _tell_waiting(self, waiting: bool) -> None:
        banner = self.banners.banner("waiting")
        if waiting:
            banner.tell(
                self.tr("The database is busy. What you did waits for it; the window shows what was known last.")
            )
        else:
            banner.dismiss()

    def _tell_done(self, sentence: str, step: UndoStep | None) -> None:
        if step is None:
            self.toast.tell(sentence)
        else:
            self.toast.tell(sentence, lambda: self.session.spawn(self.session.revert(step)))

    def _tell_engine_ended(self, last_words: str) -> None:
        self.banners.banner("engine").tell(
            self.tr("The engine ended: {}").format(last_words or self.tr("it gave no reason; the log file may.")),
            Tone.BAD,
            button=self.tr("Start again"),
            act=self._start_again,
        )

    def _start_again(self) -> None:
        self.banners.banner("engine").dismiss()
        self.session.spawn(self.engine.start())

    # Status

    async def read_status(self) -> None:
        """Bring status bar, badges and engine menu up to date."""
        self.status = status = await self.session.read(status_service.read)
        self.status_line.show_status(status, own_pid=self.engine.pid)
        self.sidebar.set_badge("blocks", status.open_blocks, self.tr("%Ln open block(s)", "", status.open_blocks))
        self._show_engine_actions()
        if self.host.page is not None:
            self.host.page.show_status(status)
        self.status_changed.emit(status)

    def _show_engine_actions(self) -> None:
        nobody = self.status is None or self.status.engine is EngineWord.STOPPED
        self.start_action.setEnabled(self.engine.state is EngineState.NONE and nobody)
        self.drain_action.setEnabled(self.engine.state in (EngineState.STARTING, EngineState.RUNNING))

    # The end

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Closing is a question to the quitter, until it has answered by :meth:`close_now`."""
        if self._may_close:
            super().closeEvent(event)
            return
        event.ignore()
        self.close_asked.emit()

    def close_now(self) -> None:
        """Keep what is to be kept and close."""
        self._may_close = True
        self._status_timer.stop()
        self._layout.keep_window(self)
        for page in self.host.pages():
            page.save_state()
        self._layout.sync()
        self.close()
