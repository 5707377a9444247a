"""Asks where a test of a mailing goes, and sends it there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from app.services.problems import Problem
from ui.session import WindowSession
from ui.widgets.edit_dialog import EditDialog
from ui.widgets.form import Form
from ui.widgets.notes import quiet


class TryDialog(EditDialog):
    """One address. *send* sends the test; its problems stand beside the address."""

    def __init__(
        self,
        session: WindowSession,
        address: str,
        send: Callable[[str], Awaitable[None]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, "", "", parent)
        self.setWindowTitle(self.tr("Send a test"))
        self.save_button.setText(self.tr("&Send test"))
        self._send = send
        self.form = Form(self)
        self.address = QLineEdit(address, self)
        self.address.textChanged.connect(self._typed)
        self.form.add("address", self.tr("&To"), self.address)
        self.body.addWidget(
            quiet(
                self.tr(
                    "The message goes over the mailing's stream, as a mailing of its own with one recipient. The mailing is"
                    " saved as a draft."
                ),
                self,
            )
        )
        self.body.addWidget(self.form)
        self.body.addStretch(1)
        self.resize(self.fontMetrics().averageCharWidth() * 64, self.sizeHint().height())
        self.edited()

    def is_changed(self) -> bool:
        """There is nothing to lose: leaving asks nothing."""
        return False

    def is_complete(self) -> bool:
        """Whether there is an address."""
        return bool(self.address.text().strip())

    def edited(self, *_: object) -> None:
        """Whether it can be sent."""
        self.save_button.setEnabled(self.is_complete())

    async def save(self) -> None:
        """Send it."""
        await self._send(self.address.text().strip())

    def show_problem(self, problem: Problem) -> None:
        """Show what is wrong with the address or the mailing."""
        self.form.show_problem(problem)

    def _typed(self) -> None:
        self.form.clear_errors()
        self.edited()
