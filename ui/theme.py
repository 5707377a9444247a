"""The colours of the window, light and dark, on Qt's Fusion style. Colour never stands alone: see ui.widgets.marks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from app.settings import Scheme

_FUSION_DARKENS: Final = 140
"""Fusion outlines a widget in the colour of its window made darker by this (per cent): on a dark ground nobody would see it."""
_OUTLINED: Final = (
    "QCheckBox",
    "QRadioButton",
    "QLineEdit",
    "QAbstractSpinBox",
    "QAbstractItemView",
    "QTextEdit",
    "QPlainTextEdit",
)
"""Widgets that paint nothing else in the colour of the window."""


class Tone(StrEnum):
    """What a colour says."""

    TEXT = "text"
    BASE = "base"
    """On a ground of the colour of TEXT."""
    MUTED = "muted"
    ACCENT = "accent"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme. Tones on ``window`` and ``base`` have a contrast of 4.5 : 1 or more (WCAG 2.2, 1.4.3), the outline of fields
    and boxes one of 3 : 1 (1.4.11)."""

    window: str
    base: str
    alternate: str
    button: str
    text: str
    muted: str
    border: str
    outline: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    held: str
    series: tuple[str, ...]
    """Colours of curves and stacked areas, in the order in which they are taken."""


LIGHT: Final = Colours(
    window="#f4f5f7",
    base="#ffffff",
    alternate="#f8f9fb",
    button="#fcfcfd",
    text="#1d232b",
    muted="#5a6472",
    border="#cfd5dd",
    outline="#7a8492",
    accent="#1f5fbf",
    on_accent="#ffffff",
    good="#1b7a3d",
    warning="#8f5b00",
    bad="#b3261e",
    held="#6b4fa3",
    series=("#2f6fd0", "#d97706", "#2f8f57", "#8b5fbf", "#c2405a", "#1593a5", "#8a6d3b", "#687385"),
)
DARK: Final = Colours(
    window="#1f2329",
    base="#181b20",
    alternate="#1d2126",
    button="#2b3038",
    text="#e4e8ee",
    muted="#a0aab8",
    border="#3a414c",
    outline="#6b7685",
    accent="#6ea8fe",
    on_accent="#0b1626",
    good="#63c987",
    warning="#e3b04b",
    bad="#ff8a80",
    held="#bba3ec",
    series=("#6ea8fe", "#f0a94a", "#63c987", "#bba3ec", "#f2849c", "#4fc3d5", "#cfae73", "#9aa5b5"),
)


def is_dark(palette: QPalette | None = None) -> bool:
    """Whether a palette (the program's by default) is the dark one."""
    shown = palette or QGuiApplication.palette()
    return shown.color(QPalette.ColorRole.Base).lightness() < 128


def colours(palette: QPalette | None = None) -> Colours:
    """The scheme that is shown now."""
    return DARK if is_dark(palette) else LIGHT


def colour(tone: Tone, palette: QPalette | None = None) -> QColor:
    """The colour of a tone in the scheme that is shown now."""
    return QColor(getattr(colours(palette), tone.value))


def fixed_font(like: QFont | None = None) -> QFont:
    """The fixed-width face for IP addresses and replies, in the size of *like* (the program's font by default)."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF((like or QGuiApplication.font()).pointSizeF())
    return font


class Theme(QObject):
    """Applies a scheme to the program, and follows the system's when that is chosen."""

    def __init__(self, application: QApplication, scheme: Scheme = Scheme.SYSTEM) -> None:
        super().__init__(application)
        self._application = application
        self._scheme = scheme
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    def choose(self, scheme: Scheme) -> None:
        """Show another scheme from now on."""
        self._scheme = scheme
        self._apply()

    def _apply(self) -> None:
        system_is_dark = self._application.styleHints().colorScheme() is Qt.ColorScheme.Dark
        dark = self._scheme is Scheme.DARK or (self._scheme is Scheme.SYSTEM and system_is_dark)
        chosen = DARK if dark else LIGHT
        palette = _palette(chosen)
        self._application.setPalette(palette)
        outlined = QPalette(palette)
        outlined.setColor(QPalette.ColorRole.Window, QColor(chosen.outline).lighter(_FUSION_DARKENS))
        for name in _OUTLINED:
            self._application.setPalette(outlined, name)  # type: ignore[arg-type] # takes text only
        headers = QPalette(palette)
        headers.setColor(QPalette.ColorRole.Window, QColor(chosen.base))  # behind the last column: the table's ground
        self._application.setPalette(headers, "QHeaderView")  # type: ignore[arg-type] # takes text only
        QToolTip.setPalette(palette)


def _palette(scheme: Colours) -> QPalette:
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette(QColor(scheme.button), QColor(scheme.window))
    for which, value in (
        (role.Window, scheme.window),
        (role.WindowText, scheme.text),
        (role.Base, scheme.base),
        (role.AlternateBase, scheme.alternate),
        (role.Text, scheme.text),
        (role.Button, scheme.button),
        (role.ButtonText, scheme.text),
        (role.ToolTipBase, scheme.base),
        (role.ToolTipText, scheme.text),
        (role.PlaceholderText, scheme.muted),
        (role.Highlight, scheme.accent),
        (role.HighlightedText, scheme.on_accent),
        (role.Accent, scheme.accent),
        (role.Link, scheme.accent),
        (role.LinkVisited, scheme.held),
        (role.BrightText, scheme.bad),
    ):
        palette.setColor(which, QColor(value))
    faint = QColor(scheme.muted)
    faint.setAlpha(150)
    for which in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        palette.setColor(group.Disabled, which, faint)
    palette.setColor(group.Disabled, role.Highlight, QColor(scheme.border))
    return palette
