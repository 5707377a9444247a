"""The first start: two choices, and nothing else to read."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QCommandLinkButton, QDialog, QLabel, QVBoxLayout, QWidget
from sqlalchemy.orm import Session

from app.services import addresses, sites
from ui import icons
from ui.theme import Tone
from ui.widgets.notes import heading, quiet


class FirstChoice(StrEnum):
    """What the person wants to begin with."""

    LATER = "later"
    LOOK_AROUND = "look_around"
    SET_UP = "set_up"


class FirstStartDialog(QDialog):
    """``choice`` is LATER until one of the two is pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Welcome to MailStreams"))
        self.choice = FirstChoice.LATER
        self.look_button = self._button(
            FirstChoice.LOOK_AROUND,
            self.tr("&Look around with the rehearsal network"),
            self.tr(
                "Five made-up mail providers run on this machine, one of them blocks an address. Nothing leaves it."
            ),
            "compass-outline",
        )
        self.set_up_button = self._button(
            FirstChoice.SET_UP,
            self.tr("&Set up my first stream"),
            self.tr("Choose the addresses that your mail leaves from, and check them."),
            "source-branch-plus",
        )
        later = QLabel(f'<a href="later">{self.tr("Not now")}</a>', self)
        later.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        later.linkActivated.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(heading(self.tr("How would you like to begin?"), self))
        layout.addWidget(quiet(self.tr("Both stay possible later: the rehearsal is in the menu File."), self))
        layout.addWidget(self.look_button)
        layout.addWidget(self.set_up_button)
        layout.addWidget(later, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 84)

    def _button(self, choice: FirstChoice, text: str, description: str, icon: str) -> QCommandLinkButton:
        button = QCommandLinkButton(text, description, self)
        button.setIcon(icons.icon(icon, Tone.ACCENT))
        button.setIconSize(QSize(28, 28))
        button.setAccessibleDescription(description)
        button.clicked.connect(lambda: self._choose(choice))
        return button

    def _choose(self, choice: FirstChoice) -> None:
        self.choice = choice
        self.accept()


def is_first_start(session: Session) -> bool:
    """Whether nothing was set up yet: no sending address, no site."""
    return not addresses.listing(session) and not sites.listing(session)
