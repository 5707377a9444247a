"""What the blocks page does to blocks: each command writes, tells what was done, and leaves a way back where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from sqlalchemy.orm import Session

from app.services import block_actions, block_exports, block_lookups, block_reports, blocks
from app.services.block_actions import Cleared
from app.services.blocks import BlockFilter
from app.services.undo import UndoStep
from engine.blocks import BlockState
from ui.dialogs.clear_effect import ClearEffectDialog
from ui.models.block_table import BlockTable
from ui.session import WindowSession
from ui.whole_file import whole_file
from ui.widgets.dialogs import file_to_save, opened
from ui.widgets.reply_view import escaped

MOST_LINGERING: Final = 100
"""Rows that fade one by one; what is cleared beyond that is gone at once, with Undo in the message and the menu."""
PROBED: Final = frozenset({BlockState.BLOCKED, BlockState.PERMANENT})
"""States in which a block can be tested."""
_OPEN: Final = frozenset(set(BlockState) - {BlockState.CLEARED})
translate = QCoreApplication.translate


class BlockCommands(QObject):
    """Acts on the blocks of a table. Problems go to the session, which tells them."""

    def __init__(self, session: WindowSession, table: BlockTable, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._table, self._window = session, table, window
        self._busy: set[int] = set()
        self._cleared: dict[int, tuple[Cleared, UndoStep]] = {}

    async def clear(self, block_ids: Sequence[int]) -> None:
        """Clear blocks at once; those that are being cleared already are passed over."""
        wanted = [each for each in block_ids if each not in self._busy]
        if not wanted:
            return
        self._busy.update(wanted)
        try:
            cleared = await self._session.write(_clear_open, wanted)
            if cleared.ids:
                await self._tell_cleared(cleared)
        finally:
            self._busy.difference_update(wanted)

    async def _tell_cleared(self, cleared: Cleared) -> None:
        number = len(cleared.ids)
        label = translate("blocks", "Clear %Ln block(s)", "", number)
        step = UndoStep(label, lambda session, now: self._restore(session, cleared, now))
        self._cleared.update(dict.fromkeys(cleared.ids, (cleared, step)))
        if number <= MOST_LINGERING:
            self._table.linger(cleared.ids)
        self._session.tell_done(translate("blocks", "%Ln block(s) cleared", "", number), step)
        await self._table.refresh()

    def _restore(self, session: Session, cleared: Cleared, now: float) -> None:
        block_actions.restore(session, cleared, actor=self._session.actor, now=now)

    async def undo_clear(self, block_id: int) -> None:
        """Bring back one block that was cleared here; the others that were cleared with it stay so."""
        known = self._cleared.pop(block_id, None)
        if known is None:
            return
        cleared, step = known
        own = Cleared(tuple(each for each in cleared.states if each[0] == block_id))
        if len(cleared.states) == 1:
            self._session.undo.discard(step)
        self._table.stop_lingering([block_id])
        await self._session.write(block_actions.restore, own)
        await self._table.refresh()
        self._session.tell_done(translate("blocks", "The block is back"))

    async def clear_all(self, wanted: BlockFilter, what: str) -> None:
        """Show what clearing all blocks of something will do, and do it."""
        await self._clear_found(what, partial(_ids_matching, wanted=wanted))

    async def clear_these(self, block_ids: Sequence[int], what: str) -> None:
        """The same for blocks that are known."""
        ids = list(block_ids)
        await self._clear_found(what, lambda session: _closable(session, ids))

    async def _clear_found(self, what: str, find: Callable[[Session], Sequence[int]]) -> None:
        dialog = ClearEffectDialog(
            self._session,
            translate("blocks", "Clear all blocks of {}").format(what),
            translate("blocks", "The pairs open at once. This can be undone for as long as the window is open."),
            translate("blocks", "Clear {} blocks"),
            find,
            self._window,
        )
        if await opened(dialog):
            await self.clear(dialog.block_ids)

    async def clear_and_probe(self, block_ids: Sequence[int]) -> None:
        """The careful variant: a slow start, whose first message is the test."""
        await self._session.write(block_actions.clear_and_probe, block_ids)
        number = len(block_ids)
        self._session.tell_done(translate("blocks", "%Ln block(s) cleared with a slow start", "", number))

    async def probe(self, block_ids: Sequence[int]) -> None:
        """Test blocks as soon as the engine can; those that are open or being tested are passed over."""
        number = await self._session.write(_probe_closed, block_ids)
        text = (
            translate("blocks", "%Ln block(s) will be tested at once", "", number)
            if number
            else translate("blocks", "Nothing to test: the pair is open, or a test is under way")
        )
        self._session.tell_done(text)

    async def hold(self, block_ids: Sequence[int]) -> None:
        """Make blocks permanent."""
        await self._session.write(block_actions.hold, block_ids)
        number = len(block_ids)
        self._session.tell_done(translate("blocks", "%Ln block(s) made permanent: no probes", "", number))

    async def exempt(self, block_ids: Sequence[int]) -> None:
        """Show what an exemption will do, and make it."""
        ids = list(block_ids)
        dialog = ClearEffectDialog(
            self._session,
            translate("blocks", "Never block %Ln pair(s) again", "", len(ids)),
            translate(
                "blocks", "Whatever is said there, mail goes on over these pairs. End it in the menu of the block."
            ),
            translate("blocks", "Exempt {}"),
            lambda session: _closable(session, ids),
            self._window,
        )
        if await opened(dialog):
            chosen = list(dialog.block_ids)
            await self._session.write(block_actions.exempt, chosen)
            step = UndoStep(
                translate("blocks", "Exempt %Ln block(s)", "", len(chosen)),
                lambda session, now: block_actions.unexempt(session, chosen, actor=self._session.actor, now=now),
            )
            self._session.tell_done(translate("blocks", "%Ln pair(s) exempt", "", len(chosen)), step)

    async def unexempt(self, block_ids: Sequence[int]) -> None:
        """End exemptions."""
        await self._session.write(block_actions.unexempt, block_ids)
        self._session.tell_done(translate("blocks", "%Ln exemption(s) ended", "", len(block_ids)))

    async def note(self, block_id: int, text: str) -> None:
        """Write a note."""
        before = await self._session.read(lambda session: blocks.get(session, block_id).note)
        await self._session.write(block_actions.note, block_id, text)
        step = UndoStep(
            translate("blocks", "Note"),
            lambda session, now: block_actions.note(session, block_id, before, actor=self._session.actor, now=now),
        )
        self._session.tell_done(translate("blocks", "Note saved"), step)

    async def copy_reply(self, block_id: int) -> None:
        """Put the reply on the clipboard, escaped as it is shown."""
        view = await self._session.read(blocks.get, block_id)
        self._copy(escaped(view.reply), translate("blocks", "Reply copied"))

    async def copy_evidence(self, block_id: int) -> None:
        """Put what the provider's postmaster needs on the clipboard."""
        view = await self._session.read(blocks.get, block_id)
        self._copy(block_reports.evidence(view), translate("blocks", "Evidence copied"))

    async def export(self, wanted: BlockFilter, *, as_json: bool = False) -> None:
        """Write the blocks that are shown, in the order of time, to a file that the person chooses."""
        name, kinds = ("blocks.json", "JSON (*.json)") if as_json else ("blocks.csv", "CSV (*.csv)")
        chosen = await file_to_save(self._window, translate("blocks", "Export blocks"), name, kinds)
        if chosen:
            export = _export_json if as_json else _export_csv
            number = await self._session.read(export, Path(chosen), wanted)
            self._session.tell_done(translate("blocks", "%Ln block(s) written", "", number))

    def _copy(self, text: str, told: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._session.tell_done(told)


def _clear_open(session: Session, block_ids: Sequence[int], *, actor: str, now: float) -> Cleared:
    """Clear those that are not cleared yet: somebody else, or the engine, may have been faster."""
    return block_actions.clear(session, block_lookups.in_states(session, block_ids, _OPEN), actor=actor, now=now)


def _closable(session: Session, block_ids: Sequence[int]) -> list[int]:
    """Those that are blocks still, and no exemptions."""
    return block_lookups.in_states(session, block_ids, block_actions.BULK_STATES)


def _ids_matching(session: Session, *, wanted: BlockFilter) -> Sequence[int]:
    return block_actions.matching(session, wanted)


def _probe_closed(session: Session, block_ids: Sequence[int], *, actor: str, now: float) -> int:
    chosen = block_lookups.in_states(session, block_ids, PROBED)
    block_actions.probe_now(session, chosen, actor=actor, now=now)
    return len(chosen)


def _export_csv(session: Session, path: Path, wanted: BlockFilter) -> int:
    with whole_file(path) as file:
        return block_exports.write_csv(session, file, blocks.ordered_ids(session, wanted=wanted))


def _export_json(session: Session, path: Path, wanted: BlockFilter) -> int:
    with whole_file(path, "utf-8") as file:
        return block_exports.write_json(session, file, blocks.ordered_ids(session, wanted=wanted))
