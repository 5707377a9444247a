"""Every page and dialog for people who see or point badly: each field has a name and a label, each table a name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from accessible import nameless, unlabelled
from PySide6.QtWidgets import QDialog, QTabWidget

from app.services import lists, members, segments, sites
from ui.dialogs.import_members import ImportDialog
from ui.dialogs.mailing_wizard.material import read_material
from ui.dialogs.mailing_wizard.try_dialog import TryDialog
from ui.dialogs.mailing_wizard.wizard import MailingWizard
from ui.dialogs.segment_editor import SegmentEditor
from ui.dialogs.why_not_sent import WhyNotSentDialog
from ui.first_start import FirstStartDialog
from ui.main_window import MainWindow
from ui.pages.lists_dialogs import ListDialog, MemberDialog, SiteDialog, SuppressDialog
from ui.pages.registry import pages
from ui.pages.rules_editor import RuleEditor
from ui.pages.settings import SettingsPage
from ui.pages.settings_senders import KeyDialog
from ui.session import WindowSession

LABELLED_OTHERWISE = {
    *(
        "Start at",
        "Messages an hour at most",
        "Hours after which recipients expire",
    ),  # by the choice that they belong to
    "Stream for this mailing",  # the same
    "Text of the message",  # by its tab
    *("Field", "Operator", "Value"),  # rows of conditions read as sentences
}
"""Fields that no label stands before."""


@pytest.mark.parametrize("name", [page.name for page in pages()])
async def test_every_field_and_table_of_a_page_has_a_name(window: MainWindow, name: str) -> None:
    window.show_page(name)
    await window.session.settled()
    page = window.host.page
    assert page is not None
    for tabs in page.findChildren(QTabWidget):
        for index in range(tabs.count()):
            tabs.setCurrentIndex(index)
            assert nameless(window) == []
    if isinstance(page, SettingsPage):
        for row in range(page.parts.count()):
            page.parts.setCurrentRow(row)
            await window.session.settled()
            assert nameless(window) == []
    assert nameless(window) == []


async def _dialogs(session: WindowSession) -> Sequence[QDialog]:
    all_sites = await session.read(sites.listing)
    readers = await session.read(lists.by_name, "Readers")
    reader = await session.read(members.by_address, readers.id, "reader000@gmail.test")
    (segment,) = await session.read(segments.listing, list_id=readers.id)
    wizard = MailingWizard(session, await session.read(read_material, None))
    await wizard.prepare()

    async def send(_: str) -> None:
        raise AssertionError

    return (
        wizard,
        TryDialog(session, "", send),
        SegmentEditor(session, readers, segment),
        ImportDialog(session, readers),
        SiteDialog(session, all_sites[0]),
        ListDialog(session, readers, all_sites, None),
        MemberDialog(session, readers, reader),
        SuppressDialog(session, 2, "Readers"),
        KeyDialog(session, None),
        RuleEditor(session, None, is_new=True),
        WhyNotSentDialog(session),
        FirstStartDialog(),
    )


async def test_every_field_of_a_dialog_has_a_name_and_a_label(window_session: WindowSession) -> None:
    dialogs = await _dialogs(window_session)
    await window_session.settled()
    assert {type(dialog).__name__: nameless(dialog) for dialog in dialogs if nameless(dialog)} == {}
    for dialog in dialogs:
        assert set(unlabelled(dialog)) <= LABELLED_OTHERWISE
    await window_session.close()
    for dialog in dialogs:
        dialog.deleteLater()
