"""Who waits behind a block: the held recipients of each mailing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from sqlalchemy.orm import Session

from app.services import blocks, held_mailings, recipients
from app.services.held_mailings import HeldLane
from app.services.recipients import RecipientFilter, RecipientView
from app.services.search import Found, FoundKind
from engine.ports import RecipientState
from ui import words
from ui.models.columns import Column
from ui.models.paged_table import PagedTable
from ui.session import WindowSession
from ui.widgets.notes import heading, quiet
from ui.widgets.tables import TableView


class WaitingDialog(QDialog):
    """``mailing_asked`` carries a Found: the person wants to see the mailing itself."""

    mailing_asked = Signal(object)

    def __init__(self, session: WindowSession, block_id: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._block_id = session, block_id
        self.lanes: list[HeldLane] = []
        self._lane: HeldLane | None = None
        self.setWindowTitle(self.tr("Recipients who wait"))
        self.setModal(True)
        self.head = heading(self.tr("Recipients who wait"), self)
        self.chooser = QComboBox(self)
        self.chooser.setAccessibleName(self.tr("Mailing and domain"))
        label = QLabel(self.tr("&Mailing and domain"), self)
        label.setBuddy(self.chooser)
        self.nobody = quiet(self.tr("Nobody waits behind this block: mail goes over other addresses."), self)
        self.nobody.hide()
        self.model: PagedTable[RecipientView] = PagedTable(
            session,
            _columns(self),
            read_order=self._read_order,
            read_rows=self._read_rows,
            identity=lambda recipient: recipient.id,
            parent=self,
        )
        self.table = TableView("blocks/waiting", self.tr("Recipients who wait"), self)
        self.table.show_columns(self.model, session.layout_store)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.mailing_button = QPushButton(self.tr("Show mailing"), self)
        self.mailing_button.setEnabled(False)
        self.buttons.addButton(self.mailing_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.mailing_button.clicked.connect(self._ask_for_mailing)
        self.buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.chooser, 1)
        column = QVBoxLayout(self)
        column.addWidget(self.head)
        column.addLayout(row)
        column.addWidget(self.nobody)
        column.addWidget(self.table, 1)
        column.addWidget(self.buttons)
        self.resize(self.fontMetrics().averageCharWidth() * 90, self.fontMetrics().height() * 26)
        self.chooser.currentIndexChanged.connect(self._choose)
        session.spawn(self._read(), self)

    async def _read(self) -> None:
        self.lanes = await self._session.read(_lanes, self._block_id)
        self.nobody.setVisible(not self.lanes)
        self.table.setVisible(bool(self.lanes))
        for lane in self.lanes:
            text = self.tr("{mailing}, {domain}: {number}").format(
                mailing=words.one_line(lane.mailing),
                domain=words.one_line(lane.domain),
                number=words.number(lane.recipients),
            )
            self.chooser.addItem(text)

    def _choose(self, number: int) -> None:
        self._lane = self.lanes[number] if 0 <= number < len(self.lanes) else None
        self.mailing_button.setEnabled(self._lane is not None)
        self.model.refresh_soon()

    def _ask_for_mailing(self) -> None:
        if self._lane is not None:
            self.mailing_asked.emit(Found(FoundKind.MAILING, self._lane.mailing_id, self._lane.mailing))
            self.accept()

    def _read_order(self, session: Session, sort: Any, *, descending: bool) -> Sequence[int]:  # noqa: ARG002 - one order only
        lane = self._lane
        if lane is None:
            return ()
        return recipients.ids(session, lane.mailing_id, RecipientFilter(RecipientState.HELD, lane.domain))

    def _read_rows(self, session: Session, ids: Sequence[int]) -> Sequence[RecipientView]:
        lane = self._lane
        return () if lane is None else recipients.rows(session, lane.mailing_id, ids)


def _lanes(session: Session, block_id: int) -> list[HeldLane]:
    return held_mailings.behind(session, blocks.get(session, block_id))


def _columns(dialog: QDialog) -> tuple[Column[RecipientView], ...]:
    return (
        Column("address", dialog.tr("Recipient"), lambda each: words.one_line(each.address), width=44),
        Column(
            "attempts",
            dialog.tr("Attempts"),
            lambda each: words.number(each.attempts),
            width=10,
            is_number=True,
            header_tip=dialog.tr("Waiting here uses no attempt"),
        ),
        Column(
            "last",
            dialog.tr("Last reply"),
            lambda each: words.one_line(each.reply[:300]) or words.NONE,
            width=50,
            tip=lambda each: words.exact(each.last_at),
        ),
    )
