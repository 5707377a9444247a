"""Dialogs that edit something: Save only when something changed and is valid; leaving with changes asks; errors by the field."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from app.database.problems import DatabaseProblem
from app.services.problems import Problem
from ui.session import WindowSession
from ui.theme import Tone
from ui.widgets.banner import Banner
from ui.widgets.dialogs import Choice, ask


class EditDialog(QDialog):
    """Base of editors. A subclass fills ``body``, calls :meth:`edited` on every change, and answers the three questions below.

    The dialog stays open, with everything that was typed, when saving fails.
    """

    def __init__(self, session: WindowSession, title: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setWindowTitle(title)
        self.setModal(True)
        self.banner = Banner(self)
        self.body = QVBoxLayout()
        self.buttons = QDialogButtonBox(self)
        self.save_button = QPushButton(verb, self)
        self.buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel_button = self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.cancel_button.setAutoDefault(False)  # Enter saves, and does nothing while there is nothing to save
        self.save_button.setDefault(True)
        self._is_saving = False
        layout = QVBoxLayout(self)
        layout.addWidget(self.banner)
        layout.addLayout(self.body, 1)
        layout.addWidget(self.buttons)
        self.save_button.clicked.connect(session.slot(self.try_to_save))
        self.cancel_button.clicked.connect(self.reject)

    # What a subclass answers

    def is_changed(self) -> bool:
        """Whether anything differs from what was there."""
        raise NotImplementedError

    def is_complete(self) -> bool:
        """Whether enough is filled in to try to save."""
        return True

    async def save(self) -> None:
        """Write it; Problem and DatabaseProblem are shown, and the dialog stays open."""
        raise NotImplementedError

    def show_problem(self, problem: Problem) -> None:
        """Show what a service says; beside the field where it names one. In the banner by default."""
        self.banner.tell(problem.sentence, Tone.BAD)

    # What this class does

    def edited(self, *_: object) -> None:
        """Something was typed or chosen: say whether it can be saved."""
        self.save_button.setEnabled(not self._is_saving and self.is_changed() and self.is_complete())

    async def try_to_save(self) -> None:
        """Save, and close when that worked."""
        self._set_saving(True)
        try:
            await self.save()
        except Problem as problem:
            self.show_problem(problem)
        except DatabaseProblem as problem:
            self.banner.tell(
                self.tr("{} Nothing was saved; what you typed is still here.").format(problem.sentence), Tone.BAD
            )
        else:
            super().accept()
        finally:
            self._set_saving(False)

    def reject(self) -> None:
        """Leave; with changes, ask first."""
        if self._is_saving:
            return
        if not self.is_changed():
            super().reject()
            return
        self.session.spawn(self._ask_to_leave())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self.isVisible() and (self._is_saving or self.is_changed()):
            event.ignore()
            self.reject()
            return
        super().closeEvent(event)

    async def _ask_to_leave(self) -> None:
        choices = (
            [Choice("save", self.save_button.text().replace("&", ""), is_default=True)] if self.is_complete() else []
        )
        choice = await ask(
            self,
            self.tr("Leave without saving?"),
            self.tr("What you changed here would be lost."),
            [*choices, Choice("discard", self.tr("Discard changes"), destructive=True)],
            cancel=self.tr("Keep editing"),
        )
        if choice == "save":
            await self.try_to_save()
        elif choice == "discard":
            super().reject()

    def _set_saving(self, saving: bool) -> None:
        self._is_saving = saving
        self.cancel_button.setEnabled(not saving)
        self.edited()
