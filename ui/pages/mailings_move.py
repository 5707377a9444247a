"""Asks over which other stream a mailing shall go, and says what is refused there now."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QComboBox, QWidget
from sqlalchemy.orm import Session

from app.services import audience, reports, runs, streams
from app.services.audience import Share
from app.services.mailings import MailingView
from app.services.reports import DomainRow
from ui import words
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.edit_dialog import EditDialog
from ui.widgets.form import Form
from ui.widgets.notes import Note, quiet


@dataclass(frozen=True, slots=True)
class Way:
    """A stream that the mailing can take, with the number of its addresses."""

    id: int
    name: str
    addresses: int


def ways(session: Session) -> list[Way]:
    """All streams, by name."""
    return [Way(view.id, view.name, len(view.addresses)) for view in streams.every(session)]


class MoveDialog(EditDialog):
    """A choice among all streams; waiting and held recipients move, those in flight finish where they are."""

    def __init__(
        self, session: WindowSession, view: MailingView, choices: list[Way], parent: QWidget | None = None
    ) -> None:
        super().__init__(session, "", "", parent)
        self.setWindowTitle(self.tr("Move to another stream"))
        self.save_button.setText(self.tr("&Move mailing"))
        self._view = view
        self.stream = QComboBox(self)
        for way in choices:
            self.stream.addItem(
                self.tr("{} ({})").format(way.name, self.tr("%Ln address(es)", "", way.addresses)), way.id
            )
        self.stream.setCurrentIndex(self.stream.findData(view.stream_id))
        self.stream.currentIndexChanged.connect(self._chosen)
        self.form = Form(self)
        self.form.add("stream", self.tr("&Stream"), self.stream)
        self.outlook = Note(Tone.WARNING, self)
        waiting = view.numbers.waiting + view.numbers.held
        self.body.addWidget(
            quiet(
                self.tr(
                    "%Ln waiting recipient(s) of {} move. What is in flight finishes where it is.", "", waiting
                ).format(view.name),
                self,
            )
        )
        self.body.addWidget(self.form)
        self.body.addWidget(self.outlook)
        self.body.addStretch(1)
        self.resize(self.fontMetrics().averageCharWidth() * 64, self.sizeHint().height())
        self.edited()

    def is_changed(self) -> bool:
        """Whether another stream than the present one is chosen."""
        return bool(self.stream.currentData() != self._view.stream_id)

    async def save(self) -> None:
        """Move it."""
        await self.session.write(runs.move, self._view.id, self.stream.currentData())

    def _chosen(self) -> None:
        self.edited()
        self.session.spawn(self.look_ahead(), self)

    async def look_ahead(self) -> None:
        """Say where the chosen stream is refused."""
        stream_id = self.stream.currentData()
        found = await self.session.read(_obstacles, self._view.id, stream_id)
        if stream_id != self.stream.currentData():
            return
        held = sum(each.recipients for each in found if each.held)
        names = ", ".join(each.name for each in found[:5])
        if held:
            text = self.tr("%Ln recipient(s) would be held there: every address is refused by {}.", "", held)
            names = ", ".join(each.name for each in found[:5] if each.held)
        elif found:
            text = self.tr("Some of its addresses are refused by {}; the others carry the mail.")
        else:
            text = ""
        self.outlook.show_text(text.format(words.one_line(names)) if text else "")


def _obstacles(session: Session, mailing_id: int, stream_id: int) -> list[audience.Obstacle]:
    lanes = reports.domains(session, mailing_id, reports.domain_ids(session, mailing_id)[: reports.PAGE])
    return audience.obstacles(session, stream_id, [_share(lane) for lane in lanes if lane.waiting + lane.held])


def _share(lane: DomainRow) -> Share:
    return Share(lane.provider or lane.domain, lane.waiting + lane.held, (lane.domain,))
