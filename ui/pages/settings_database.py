"""The database part of the settings: where it is, backing up now, restoring a copy."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.database.problems import DatabaseProblem
from app.database.restore import restore
from ui import icons, words
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.dialogs import Choice, ask, file_to_open, file_to_save
from ui.widgets.notes import Note, fixed, quiet


class DatabasePanel(QWidget):
    """Facts and two buttons."""

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.place = fixed("", self)
        self.size_line = fixed("", self)
        self.backups = fixed(str(session.profile.backups), self)
        self.backup_button = QPushButton(icons.icon("content-save-outline"), self.tr("&Back up now…"), self)
        self.restore_button = QPushButton(icons.icon("backup-restore"), self.tr("&Restore a copy…"), self)
        self.backup_button.clicked.connect(session.slot(self.back_up))
        self.restore_button.clicked.connect(session.slot(self.choose_copy))
        self.restore_button.setEnabled(session.database.is_sqlite)
        self.note = Note(Tone.GOOD, self)
        facts = QFormLayout()
        facts.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        facts.addRow(quiet(self.tr("Where it is"), self), self.place)
        facts.addRow(quiet(self.tr("Size"), self), self.size_line)
        facts.addRow(quiet(self.tr("Copies before each change of its form"), self), self.backups)
        buttons = QHBoxLayout()
        buttons.addWidget(self.backup_button)
        buttons.addWidget(self.restore_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 14)
        column.addLayout(facts)
        column.addLayout(buttons)
        column.addWidget(self.note)

    async def load(self) -> None:
        """Look at the file."""
        file = self._session.database.file
        if file is None:
            url = self._session.database.writer_engine.url.render_as_string(hide_password=True)
            self.place.setText(url)
            self.size_line.setText(words.NONE)
        else:
            self.place.setText(str(file))
            self.size_line.setText(words.size(await self._session.background.run(_size, file)))

    async def back_up(self) -> None:
        """Write a copy to a file that the person chooses."""
        kind = "db" if self._session.database.is_sqlite else "zip"
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(self._session.now()))
        name = str(self._session.profile.backups / f"backup-{stamp}.{kind}")
        path = await file_to_save(self, self.tr("Back up the database"), name, self.tr("Databases (*.db *.zip)"))
        if path:
            await self._write(Path(path))

    async def choose_copy(self) -> None:
        """Restore a copy that the person chooses, after a question."""
        path = await file_to_open(self, self.tr("Restore a copy"), self.tr("Databases (*.db);;All files (*)"))
        if not path:
            return
        choice = await ask(
            self,
            self.tr("Restore {}?").format(Path(path).name),
            self.tr(
                "Everything becomes as it was when the copy was made: streams, lists, mailings, blocks. Mailings that were"
                " under way then would go on from there, so that recipients may get a message twice. A copy of what is"
                " there now is written first."
            ),
            [Choice("restore", self.tr("&Restore"), destructive=True)],
            cancel=self.tr("Keep what is there"),
        )
        if choice:
            await self._restore(Path(path))

    async def _write(self, path: Path) -> None:
        try:
            await self._session.background.run(self._session.database.backup, path)
        except DatabaseProblem as problem:
            self.note.show_text(problem.sentence, Tone.BAD)
            return
        self.note.show_text(self.tr("Wrote a copy to {}").format(path), Tone.GOOD)

    async def _restore(self, path: Path) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(self._session.now()))
        safety = self._session.profile.backups / f"before-restore-{stamp}.db"
        try:
            await self._session.background.run(
                partial(restore, self._session.database, path, safety, actor=self._session.actor)
            )
        except DatabaseProblem as problem:
            self.note.show_text(problem.sentence, Tone.BAD)
            return
        told = self.tr("Restored {}; what was there before is in {}").format(path.name, safety)
        self.note.show_text(told, Tone.GOOD)
        await self.load()


def _size(file: Path) -> int:
    """Bytes of the database with its log."""
    logs = (file.with_name(f"{file.name}-wal"), file)
    return sum(each.stat().st_size for each in logs if each.exists())
