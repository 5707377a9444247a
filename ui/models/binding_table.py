"""The addresses that are about to be bound: what is known of each, its HELO name to edit, and what the pre-flight found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, Qt, Signal

from app.services.addresses import literal
from app.services.preflight import Check, Finding, Grade
from engine.addresses import AddressError, check_helo_name
from engine.pairs import Family, family_of
from ui import words
from ui.models.keyed import Index
from ui.theme import Tone, colour, fixed_font
from ui.widgets.marks import Mark

translate = QCoreApplication.translate

IP, FAMILY, HERE, HELO, STREAMS = range(5)
CHECKS: Final = tuple(Check)
_FIRST_CHECK: Final = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address. ``is_here``: an interface of this machine has it; ``streams`` already use it; ``is_known``: it exists.

    ``helo`` "" stands for its address literal. ``is_typed``: a person wrote it, so a reverse name does not replace it.
    """

    ip: str
    is_here: bool
    is_known: bool
    streams: tuple[str, ...] = ()
    helo: str = ""
    is_typed: bool = False
    findings: dict[Check, Finding] = field(default_factory=dict)

    @property
    def helo_error(self) -> str:
        """What is wrong with the HELO name, "" when nothing is."""
        if not self.helo.strip():
            return ""
        try:
            check_helo_name(self.helo)
        except AddressError as error:
            return f"{error}."
        return ""


class BindingTable(QAbstractTableModel):
    """Rows in the order in which they were chosen. ``helo_edited`` carries the row of a HELO name that a person changed."""

    helo_edited = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Candidate] = []

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """All rows."""
        return tuple(self._rows)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else _FIRST_CHECK + len(CHECKS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_titles() + tuple(check_title(check) for check in CHECKS))[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        editable = index.isValid() and index.column() == HELO and not self._rows[index.row()].is_known
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.FontRole:
            return fixed_font() if column == IP else None
        if role == Qt.ItemDataRole.EditRole and column == HELO:
            return row.helo
        mark = _mark(row, column)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return mark.word
            case Qt.ItemDataRole.DecorationRole:
                return mark.picture() if mark.icon else None
            case Qt.ItemDataRole.ForegroundRole:
                return colour(mark.tone) if mark.tone is not Tone.TEXT else None
            case Qt.ItemDataRole.ToolTipRole:
                return _tip(row, column) or None
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self.headerData(column, Qt.Orientation.Horizontal)}: {mark.word}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802 - Qt's name
        if role != Qt.ItemDataRole.EditRole or index.column() != HELO:
            return False
        text = str(value).strip()
        if text != self._rows[index.row()].helo:
            self._replace(index.row(), helo=text, is_typed=True, findings={})
            self.helo_edited.emit(index.row())
        return True

    def set_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Show these; what was typed or found for an address that stays is kept."""
        known = {row.ip: row for row in self._rows}
        self.beginResetModel()
        self._rows = [known.get(each.ip, each) for each in candidates]
        self.endResetModel()

    def suggest_name(self, ip: str, helo: str) -> None:
        """Fill in a HELO name, unless a person wrote one."""
        row = self._row_of(ip)
        if row is not None and not self._rows[row].is_typed and not self._rows[row].is_known:
            self._replace(row, helo="" if helo == literal(ip) else helo)

    def add_finding(self, finding: Finding) -> None:
        """Show what a check has found."""
        row = self._row_of(finding.ip)
        if row is not None:
            self._replace(row, findings={**self._rows[row].findings, finding.check: finding})

    def forget_findings(self) -> None:
        """All checks begin anew."""
        for row in range(len(self._rows)):
            self._replace(row, findings={})

    def _row_of(self, ip: str) -> int | None:
        return next((number for number, row in enumerate(self._rows) if row.ip == ip), None)

    def _replace(self, row: int, **changes: Any) -> None:
        self._rows[row] = replace(self._rows[row], **changes)
        self.dataChanged.emit(self.index(row, 0), self.index(row, self.columnCount(QModelIndex()) - 1))


def check_title(check: Check) -> str:
    """What a check is called in a header."""
    return {
        Check.BIND: translate("preflight", "Bind"),
        Check.REVERSE: translate("preflight", "Reverse name"),
        Check.HELO: translate("preflight", "HELO"),
        Check.PORT: translate("preflight", "Port 25"),
        Check.SPF: translate("preflight", "SPF"),
    }[check]


def grade_mark(grade: Grade) -> Mark:
    """How the answer of a check is shown."""
    return {
        Grade.PASS: Mark("check-circle-outline", translate("preflight", "Pass"), Tone.GOOD),
        Grade.WARNING: Mark("alert-outline", translate("preflight", "Warning"), Tone.WARNING),
        Grade.FAIL: Mark("close-circle-outline", translate("preflight", "Fail"), Tone.BAD),
    }[grade]


def _titles() -> tuple[str, ...]:
    return (
        translate("preflight", "Address"),
        translate("preflight", "Family"),
        translate("preflight", "This machine"),
        translate("preflight", "HELO name"),
        translate("preflight", "Other streams"),
    )


def _mark(row: Candidate, column: int) -> Mark:
    """Text, icon and tone of a cell."""
    if column >= _FIRST_CHECK:
        finding = row.findings.get(CHECKS[column - _FIRST_CHECK])
        return grade_mark(finding.grade) if finding else Mark("", words.NONE, Tone.MUTED)
    match column:
        case _ if column == IP:
            return Mark("", row.ip, Tone.TEXT)
        case _ if column == FAMILY:
            return Mark("", "IPv6" if family_of(row.ip) is Family.IPV6 else "IPv4", Tone.TEXT)
        case _ if column == HERE:
            if row.is_here:
                return Mark("check", translate("preflight", "Has it"), Tone.GOOD)
            return Mark("alert-outline", translate("preflight", "Not here"), Tone.WARNING)
        case _ if column == HELO:
            if row.helo_error:
                return Mark("alert-circle-outline", words.one_line(row.helo), Tone.BAD)
            return Mark("", row.helo or literal(row.ip), Tone.TEXT if row.helo else Tone.MUTED)
    return Mark("", ", ".join(row.streams) or words.NONE, Tone.TEXT)


def _tip(row: Candidate, column: int) -> str:
    if column >= _FIRST_CHECK:
        finding = row.findings.get(CHECKS[column - _FIRST_CHECK])
        return words.one_line(finding.sentence) if finding else ""
    if column == HELO:
        if row.is_known:
            return translate("preflight", "The address exists already; edit it on the streams page.")
        return row.helo_error or translate("preflight", "How the address greets. Press F2 to change it.")
    if column == HERE and not row.is_here:
        return translate("preflight", "No interface of this machine has this address now.")
    return ", ".join(row.streams) if column == STREAMS else ""
