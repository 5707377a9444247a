"""What an import came to: the numbers, and every line that was refused with its reason."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.services.exports import write_csv
from app.services.imports import BadLine, ImportReport
from ui import icons, words
from ui.layout_store import LayoutStore
from ui.models.columns import Column
from ui.models.row_table import RowTable
from ui.theme import Tone
from ui.widgets.notes import Note, heading
from ui.widgets.tables import TableView

translate = QCoreApplication.translate


class ReportPanel(QWidget):
    """``save_asked`` when the list of bad lines shall be written to a file."""

    save_asked = Signal()

    def __init__(self, layout: LayoutStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report: ImportReport | None = None
        self.title = heading("", self)
        self.numbers = Note(Tone.GOOD, self)
        self.bad = Note(Tone.WARNING, self)
        self.model: RowTable[BadLine] = RowTable(_columns(), identity=lambda line: line.line, parent=self)
        self.table = TableView("import/errors", self.tr("Lines that were not imported"), self)
        self.table.show_columns(self.model, layout)
        self.save_button = QPushButton(icons.icon("content-save-outline"), self.tr("Save this &list…"), self)
        self.save_button.clicked.connect(self.save_asked)
        row = QHBoxLayout()
        row.addWidget(self.bad, 1)
        row.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.numbers)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addStretch(0)

    def show_report(self, report: ImportReport) -> None:
        """Show what an import came to."""
        self.report = report
        if report.cancelled:
            self.title.setText(self.tr("Cancelled: nothing was imported"))
            self.numbers.show_text("")
        else:
            self.title.setText(self.tr("%Ln member(s) in the list from this file", "", report.taken))
            self.numbers.show_text(self._numbers(report))
        bad = self.tr("%Ln line(s) not imported", "", report.bad) if report.bad else ""
        if len(report.bad_lines) < report.bad:
            bad += self.tr("; the first {} are listed").format(words.number(len(report.bad_lines)))
        self.bad.show_text(bad)
        self.model.set_rows(report.bad_lines)
        self.table.setVisible(bool(report.bad_lines))
        self.save_button.setVisible(bool(report.bad_lines))

    def _numbers(self, report: ImportReport) -> str:
        parts = (
            (report.added, self.tr("%Ln added", "", report.added)),
            (report.updated, self.tr("%Ln updated", "", report.updated)),
            (report.unchanged, self.tr("%Ln as before", "", report.unchanged)),
            (report.duplicates, self.tr("%Ln line(s) twice in the file", "", report.duplicates)),
            (report.suppressed, self.tr("%Ln suppressed: they get no mail", "", report.suppressed)),
        )
        return " · ".join(text for number, text in parts if number) or self.tr("The file has no members.")


def save_bad_lines(report: ImportReport, path: Path) -> None:
    """Write the bad lines as CSV."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = ((bad.line, bad.column, bad.sentence, bad.text) for bad in report.bad_lines)
        write_csv(file, ("line", "column", "reason", "text"), rows)


def _columns() -> tuple[Column[BadLine], ...]:
    return (
        Column(
            "line",
            translate("import", "Line"),
            lambda bad: words.number(bad.line),
            width=10,
            is_number=True,
            value=lambda bad: bad.line,
        ),
        Column("column", translate("import", "Column"), lambda bad: words.one_line(bad.column), width=18),
        Column("reason", translate("import", "Reason"), lambda bad: words.one_line(bad.sentence), width=52),
        Column(
            "text",
            translate("import", "What stands there"),
            lambda bad: words.one_line(bad.text),
            width=50,
            is_fixed=True,
            tip=lambda bad: words.one_line(bad.text),
        ),
    )
