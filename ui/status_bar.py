"""The line at the window's lower edge: whether the engine sends, how fast, what is blocked and held, what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import QStatusBar, QToolButton, QWidget

from app.services.status import EngineWord, Status
from ui import words
from ui.theme import Tone
from ui.widgets.marks import Mark

translate = QCoreApplication.translate
_ICON: Final = 16


@dataclass(frozen=True, slots=True)
class EngineShown:
    """How the engine's state is told. ``explanation`` is one sentence."""

    mark: Mark
    explanation: str


class StatusBar(QStatusBar):
    """Each part opens its page: ``asked`` carries the name of the page. ``status`` None: not known yet."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(True)
        self.engine = self._part("overview")
        self.rate = self._part("overview")
        self.blocks = self._part("blocks")
        self.held = self._part("blocks")
        self.warnings = self._part("overview")
        self._place = self._part("settings", permanent=True)
        self._place.hide()
        self._show(self.engine, Mark("dots-horizontal", self.tr("Looking…"), Tone.MUTED), "")

    def show_place(self, words_: str, tip: str) -> None:
        """Say at the right which database this is about."""
        self._place.show()
        self._show(self._place, Mark("database-outline", words_, Tone.MUTED), tip)

    def show_status(self, status: Status, *, own_pid: int | None) -> None:
        """Show new numbers. *own_pid* is the process of the engine that this window started."""
        engine = engine_shown(status, own_pid)
        self._show(self.engine, engine.mark, engine.explanation)
        rate = words.rate(status.messages_per_second)
        self._show(
            self.rate,
            Mark("speedometer", rate, Tone.TEXT if status.messages_per_second else Tone.MUTED),
            self.tr("Messages per second, all streams together"),
        )
        self._show(
            self.blocks,
            Mark(
                "cancel",
                self.tr("%Ln block(s)", "", status.open_blocks),
                Tone.BAD if status.open_blocks else Tone.MUTED,
            ),
            self.tr("Open blocks: refusals of a sending address by a provider"),
        )
        held = self.tr("%Ln held", "", status.held)
        self._show(
            self.held,
            Mark("pause-circle-outline", held, Tone.HELD if status.held else Tone.MUTED),
            self.tr("Recipients that wait because all addresses of their stream are blocked at their provider"),
        )
        self._show(
            self.warnings,
            Mark(
                "alert-outline" if status.warnings else "check-circle-outline",
                self.tr("%Ln warning(s)", "", status.warnings)
                if status.warnings
                else self.tr("Nothing needs attention"),
                Tone.WARNING if status.warnings else Tone.MUTED,
            ),
            self.tr("What needs attention is listed on the overview"),
        )

    def _part(self, page: str, *, permanent: bool = False) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(_ICON, _ICON))
        button.clicked.connect(lambda: self.asked.emit(page))
        if permanent:
            self.addPermanentWidget(button)
        else:
            self.addWidget(button)
        return button

    @staticmethod
    def _show(button: QToolButton, mark: Mark, tip: str) -> None:
        if button.text() != mark.word or button.toolTip() != tip:
            button.setText(mark.word)
            button.setIcon(mark.picture())
            button.setToolTip(tip)
            button.setAccessibleName(f"{mark.word}. {tip}")


def engine_shown(status: Status, own_pid: int | None) -> EngineShown:
    """The engine's state in words; an engine that this window did not start is told as such."""
    if status.engine is EngineWord.STOPPED:
        return EngineShown(
            Mark("stop-circle-outline", translate("engine", "Stopped"), Tone.WARNING),
            translate("engine", "No engine runs: no mail leaves. Start it in the menu Engine."),
        )
    states = {
        EngineWord.STARTING: Mark("timer-sand", translate("engine", "Starting"), Tone.MUTED),
        EngineWord.IDLE: Mark("check-circle-outline", translate("engine", "Idle"), Tone.GOOD),
        EngineWord.SENDING: Mark("send", translate("engine", "Sending"), Tone.GOOD),
        EngineWord.DRAINING: Mark("progress-clock", translate("engine", "Draining"), Tone.WARNING),
    }
    mark = states[status.engine]
    if own_pid is not None and status.pid == own_pid:
        return EngineShown(
            mark, translate("engine", "The engine of this window runs as process {}.").format(status.pid)
        )
    other = Mark(mark.icon, translate("engine", "{} (another process)").format(mark.word), mark.tone)
    return EngineShown(
        other, translate("engine", "The engine runs apart from this window, as process {}.").format(status.pid)
    )
