"""The one way out: asks once when mail is being sent, drains the engine, lets writes end, closes."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject

from app.services.status import EngineWord
from ui.engine_process import EngineProcess, EngineState
from ui.main_window import MainWindow
from ui.theme import Tone
from ui.tray import Tray
from ui.widgets.dialogs import Choice, ask


class Quitter(QObject):
    """Owned by the composition root, which waits for :attr:`over`."""

    def __init__(self, window: MainWindow, engine: EngineProcess, tray: Tray) -> None:
        super().__init__(window)
        self._window, self._engine, self._tray = window, engine, tray
        self._is_ending = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        window.close_asked.connect(window.session.slot(self.close))
        tray.quit_asked.connect(self.quit)

    async def close(self) -> None:
        """The person closes the window: ask when mail is being sent by our engine."""
        if not self._is_sending():
            await self._end()
            return
        in_tray = self._tray.is_available()
        stay = self.tr("Keep sending in the tray") if in_tray else self.tr("Keep sending without a window")
        choice = await ask(
            self._window,
            self.tr("Mail is being sent. What shall become of it?"),
            self.tr(
                "Finishing lets open messages end, which takes up to half a minute; what waits is sent after the next start."
            ),
            [Choice("stay", stay, is_default=True), Choice("drain", self.tr("Finish open mail and quit"))],
        )
        if choice == "drain":
            await self._end()
        elif choice == "stay" and in_tray:
            self._window.hide()
        elif choice == "stay":
            self._engine.let_go()
            self._finish()

    async def leave(self) -> bool:
        """The window gives way to another place: ask when mail is being sent. Whether it ends."""
        if self._is_sending():
            choice = await ask(
                self._window,
                self.tr("Mail is being sent. Finish open mail and leave?"),
                self.tr("What waits is sent after you come back."),
                [Choice("drain", self.tr("Finish open mail and leave"), is_default=True)],
            )
            if not choice:
                return False
        await self._end()
        return True

    def quit(self) -> None:
        """Drain and end, without a question: chosen in the tray, or a signal."""
        self._window.session.spawn(self._end())

    async def _end(self) -> None:
        if self._is_ending:
            return
        self._is_ending = True
        if self._engine.state is not EngineState.NONE:
            self._window.banners.banner("quit").tell(
                self.tr("Open mail is being finished; the window closes then."), Tone.ACCENT
            )
            self._engine.drain()
            await self._engine.ended()
        self._finish()

    def _finish(self) -> None:
        self._window.close_now()
        self._tray.close()
        if not self.over.done():
            self.over.set_result(None)

    def _is_sending(self) -> bool:
        status = self._window.status
        ours = self._engine.state in (EngineState.STARTING, EngineState.RUNNING)
        busy = status is not None and (status.engine is EngineWord.SENDING or status.running_mailings > 0)
        return ours and busy
