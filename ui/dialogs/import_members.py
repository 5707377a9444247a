"""Imports members from a CSV file: what was found in it, how it is read, progress, and the report."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.database.problems import DatabaseProblem
from app.services import csv_shape, imports
from app.services.csv_shape import CsvPreview, check_columns
from app.services.imports import ImportProgress, ImportReport
from app.services.lists import ListView
from app.services.problems import BadValue, Problem
from ui import icons, words
from ui.dialogs.import_preview import ShapePanel
from ui.dialogs.import_report import ReportPanel, save_bad_lines
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.banner import Banner
from ui.widgets.dialogs import file_to_open, file_to_save
from ui.widgets.form import Form
from ui.widgets.notes import heading, quiet

_STEPS: Final = 1_000
"""Steps of the progress bar; files may be larger than its numbers."""


class _Teller(QObject):
    """Carries the progress from the importing thread to the window."""

    progressed = Signal(object)


class ImportDialog(QDialog):
    """``report`` is what the import came to, None before."""

    def __init__(self, session: WindowSession, mailing_list: ListView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._list = session, mailing_list
        self.report: ImportReport | None = None
        self._shown_path: Path | None = None
        self._looked_at = ""
        self._cancelled = threading.Event()
        self._is_running = False
        self._teller = _Teller(self)
        self._teller.progressed.connect(self._show_progress)
        self.setWindowTitle(self.tr("Import members into {}").format(mailing_list.name))
        self.setAcceptDrops(True)
        self.banner = Banner(self)
        self.file = QLineEdit(self)
        self.file.editingFinished.connect(lambda: session.spawn(self.look(), self))
        self.choose_button = QPushButton(icons.icon("folder-open-outline"), self.tr("&Choose…"), self)
        self.choose_button.setAutoDefault(False)
        self.choose_button.clicked.connect(session.slot(self.choose))
        self.form = Form(self)
        self.shape_panel = ShapePanel(mailing_list.fields, self)
        self.shape_panel.reread_asked.connect(session.slot(self.reread))
        self.shape_panel.edited.connect(self._enable)
        self.stack = QStackedWidget(self)
        self._blank = quiet(
            self.tr(
                "A CSV file whose first line names the columns, one of them address or email. Encoding and separator are"
                " found by themselves, and nothing is imported before you have seen the first rows."
            ),
            self,
        )
        self.progress = QProgressBar(self)
        self.progress.setRange(0, _STEPS)
        self.progress.setAccessibleName(self.tr("Progress of the import"))
        self.told = QLabel(self)
        self.report_panel = ReportPanel(session.layout_store, self)
        self.report_panel.save_asked.connect(session.slot(self.save_errors))
        self.import_button = QPushButton(self.tr("&Import"), self)
        self.import_button.setDefault(True)
        self.import_button.clicked.connect(session.slot(self.run))
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)
        self._lay_out()
        self._enable()

    # The file

    async def choose(self) -> None:
        """Let the person choose a file."""
        path = await file_to_open(self, self.tr("Choose a file"), self.tr("Tables (*.csv *.txt *.tsv);;All files (*)"))
        if path:
            self.file.setText(path)
            await self.look()

    async def look(self) -> None:
        """Find out how to read the file that is named."""
        text = self.file.text().strip()
        if text and text != self._looked_at:
            self._looked_at = text
            await self._inspect(Path(text), encoding=None, separator=None)

    async def reread(self) -> None:
        """Read the first rows with another encoding or separator."""
        if self._shown_path is not None:
            panel = self.shape_panel
            await self._inspect(
                self._shown_path, encoding=panel.encoding.currentData(), separator=panel.separator.currentData()
            )

    async def _inspect(self, path: Path, *, encoding: str | None, separator: str | None) -> None:
        self.form.clear_errors()
        try:
            found: CsvPreview = await self._session.background.run(
                csv_shape.inspect, path, encoding=encoding, separator=separator
            )
        except Problem as problem:
            self._show_problem(problem)
            self._enable()
            return
        self._shown_path = path
        self.shape_panel.show_preview(found)
        self.stack.setCurrentWidget(self.shape_panel)
        self._enable()
        self.import_button.setFocus()

    # The import

    async def run(self) -> None:
        """Import the file, or say what keeps it from being imported."""
        shape, path = self.shape_panel.shape(), self._shown_path
        if shape is None or path is None:
            return
        self.form.clear_errors()
        self.banner.dismiss()
        try:
            check_columns(shape.columns)
            self._set_running(True)
            self.report = await self._session.background.run(
                imports.import_members,
                self._session.database,
                self._list.id,
                path,
                actor=self._session.actor,
                now=self._session.now(),
                shape=shape,
                progress=self._teller.progressed.emit,
                cancelled=self._cancelled.is_set,
            )
        except Problem as problem:
            self._set_running(False)
            self._show_problem(problem)
            return
        except DatabaseProblem as problem:
            self._set_running(False)
            self.banner.tell(self.tr("{} Nothing was imported.").format(problem.sentence), Tone.BAD)
            return
        self._set_running(False)
        self._show_report(self.report)

    async def save_errors(self) -> None:
        """Write the list of bad lines to a file."""
        report = self.report
        if report is None:
            return
        name = f"{self._shown_path.stem if self._shown_path else 'import'}-errors.csv"
        path = await file_to_save(self, self.tr("Save the list of errors"), name, self.tr("CSV (*.csv)"))
        if path:
            await self._session.background.run(save_bad_lines, report, Path(path))
            self.banner.tell(self.tr("Saved to {}").format(path), Tone.GOOD)

    def _show_progress(self, told: object) -> None:
        if not isinstance(told, ImportProgress):
            return
        share = told.bytes_read / told.bytes_total if told.bytes_total else 1.0
        self.progress.setValue(int(share * _STEPS))
        self.progress.setFormat(words.percent(share))
        if told.storing:
            self.told.setText(self.tr("%Ln line(s) read; they become members now…", "", told.taken))
            self.cancel_button.setEnabled(False)
        else:
            bad = self.tr(", %Ln bad", "", told.bad) if told.bad else ""
            self.told.setText(self.tr("%Ln line(s) read", "", told.taken) + bad)

    def _show_report(self, report: ImportReport) -> None:
        if report.cancelled:
            self._cancelled.clear()
            self.stack.setCurrentWidget(self.shape_panel)
            self.banner.tell(self.tr("Cancelled: nothing was imported."))
            self.report = None
            self._enable()
            return
        self.report_panel.show_report(report)
        self.stack.setCurrentWidget(self.report_panel)
        self.form.setEnabled(False)
        self.import_button.hide()
        self.cancel_button.setText(self.tr("&Done"))
        self.cancel_button.setDefault(True)
        self.cancel_button.setFocus()

    def _show_problem(self, problem: Problem) -> None:
        if isinstance(problem, BadValue) and problem.field == "file":
            self.form.show_problem(problem)
        else:
            sentence = problem.sentence
            if isinstance(problem, BadValue):
                sentence = sentence.removeprefix(f"{problem.field}: ")
            self.banner.tell(f"{sentence[:1].upper()}{sentence[1:]}", Tone.BAD)

    def _set_running(self, running: bool) -> None:
        self._is_running = running
        self.form.setEnabled(not running)
        self.stack.setCurrentWidget(self._running if running else self.shape_panel)
        if running:
            self.progress.setValue(0)
            self.told.setText(self.tr("Reading…"))
            self.cancel_button.setFocus()
        self.cancel_button.setEnabled(True)
        self._enable()

    def _enable(self) -> None:
        self.import_button.setEnabled(self._shown_path is not None and not self._is_running)

    # Leaving

    def reject(self) -> None:
        """Leave; while an import runs, end that instead: nothing is imported then."""
        if self._is_running:
            self._cancelled.set()
            self.told.setText(self.tr("Ending…"))
            return
        super().done(QDialog.DialogCode.Accepted if self.report else QDialog.DialogCode.Rejected)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self._is_running:
            event.ignore()
            self.reject()
            return
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.DragEnter and event.mimeData().hasUrls() and not self._is_running:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        path = event.mimeData().urls()[0].toLocalFile()
        if path:
            self.file.setText(path)
            self._session.spawn(self.look(), self)

    def _lay_out(self) -> None:
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.file, 1)
        line.addWidget(self.choose_button)
        row.setFocusProxy(self.file)
        self.file.setAccessibleName(self.tr("File"))
        row.setFocusProxy(self.file)
        self.form.add("file", self.tr("&File"), row)
        self._running = QWidget(self)
        column = QVBoxLayout(self._running)
        column.addStretch(1)
        column.addWidget(heading(self.tr("Importing"), self))
        column.addWidget(self.progress)
        column.addWidget(self.told)
        column.addStretch(2)
        blank = QWidget(self)
        blank_column = QVBoxLayout(blank)
        blank_column.setContentsMargins(0, 0, 0, 0)
        blank_column.addWidget(self._blank)
        blank_column.addStretch(1)
        for page in (blank, self.shape_panel, self._running, self.report_panel):
            self.stack.addWidget(page)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.import_button)
        buttons.addWidget(self.cancel_button)
        whole = QVBoxLayout(self)
        whole.setSpacing(10)
        whole.addWidget(self.banner)
        whole.addWidget(self.form)
        whole.addWidget(self.stack, 1)
        whole.addLayout(buttons)
        self.resize(self.fontMetrics().averageCharWidth() * 130, self.fontMetrics().height() * 34)
