"""The settings page: options, database, sender domains, on the real services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from app.database.lease import Lease
from app.services import configuration, dkim_keys, sites
from app.settings import SETTINGS
from ui.main_window import MainWindow
from ui.pages.settings import SettingsPage
from ui.pages.settings_option import OptionWidget
from ui.pages.settings_senders import KeyDialog
from ui.pages.settings_words import SettingsPart, option_words
from ui.session import WindowSession

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]


@pytest.fixture
async def page(window: MainWindow, window_session: WindowSession) -> SettingsPage:
    """The settings page of the window."""
    window.show_page("settings")
    await window_session.settled()
    shown = window.host.page
    assert isinstance(shown, SettingsPage)
    return shown


async def value(session: WindowSession, key: str) -> str:
    return (await session.read(configuration.get, key)).value


def line(option: OptionWidget) -> QLineEdit:
    assert isinstance(option.input, QLineEdit)
    return option.input


async def test_every_setting_has_a_title_a_sentence_and_its_default(page: SettingsPage) -> None:
    assert set(page.options) == set(SETTINGS)
    for key, option in page.options.items():
        told = option_words(key, "")
        assert told.title != key, f"{key} has no title"
        assert told.sentence
        assert option.default.text().startswith("Default: ")
        assert option.input.accessibleName() == told.title


async def test_a_value_counts_at_once_and_is_undone(
    page: SettingsPage, window: MainWindow, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    option = page.options["retry.schedule_minutes"]
    line(option).selectAll()
    qtbot.keyClicks(line(option), "1, 2.5")
    qtbot.keyClick(line(option), Qt.Key.Key_Return)
    await window_session.settled()
    assert await value(window_session, option.key) == "1,2.5"
    assert line(option).text() == "1,2.5"
    assert window.toast.text() == "Changed: Retry after"
    await window.undo_last()
    await wait_until(lambda: line(option).text() == "5,15,30,60,120,240,360")
    await window_session.settled()


async def test_what_is_wrong_stands_under_the_field_and_what_was_typed_stays(
    page: SettingsPage, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    option = page.options["mailing.expiry_hours"]
    line(option).selectAll()
    qtbot.keyClicks(line(option), "soon")
    qtbot.keyClick(line(option), Qt.Key.Key_Return)
    await window_session.settled()
    assert option.error.text().startswith("'soon' is not allowed; allowed is a number from")
    await page.load()
    assert line(option).text() == "soon"
    assert await value(window_session, option.key) == "72"
    option.reset_button.click()
    await window_session.settled()
    assert line(option).text() == "72"
    assert option.error.text() == ""


async def test_choices_and_switches(page: SettingsPage, window_session: WindowSession, qtbot: QtBot) -> None:
    choice, switch = page.options["delivery.in_doubt"], page.options["ui.notify_blocks"]
    assert isinstance(choice.input, QComboBox)
    assert [choice.input.itemText(at) for at in range(3)] == ["Ask me", "Treat as delivered", "Send again"]
    choice.input.setFocus()
    choice.input.setCurrentIndex(2)
    choice.input.activated.emit(2)
    assert isinstance(switch.input, QCheckBox)
    switch.input.click()
    await window_session.settled()
    assert await value(window_session, "delivery.in_doubt") == "again"
    assert await value(window_session, "ui.notify_blocks") == "false"
    choice.reset_button.click()
    await window_session.settled()
    assert choice.input.currentText() == "Ask me"
    assert not choice.reset_button.isEnabled()


async def test_a_change_made_elsewhere_is_shown(
    page: SettingsPage, window_session: WindowSession, wait_until: WaitUntil
) -> None:
    await window_session.write(configuration.store, "network.smtp_port", "2525")
    await wait_until(lambda: line(page.options["network.smtp_port"]).text() == "2525")
    await window_session.settled()


async def test_the_filter_finds_an_option(
    page: SettingsPage, window: MainWindow, window_session: WindowSession
) -> None:
    page.set_filter("name server")
    assert page.part is SettingsPart.NETWORK
    assert [key for key, option in page.options.items() if not option.isHidden()] == ["network.name_servers"]
    page.set_filter("")
    assert not any(option.isHidden() for option in page.options.values())
    await window_session.settled()


# The database


async def test_backing_up_now_and_restoring_the_copy(
    page: SettingsPage,
    window_session: WindowSession,
    opened_dialog: Opened,
    wait_until: WaitUntil,
    tmp_path: Path,
) -> None:
    page.open_with("database")
    await window_session.settled()
    assert page.database.place.text() == str(window_session.database.file)
    page.database.backup_button.click()
    dialog = await opened_dialog(QFileDialog)
    copy = tmp_path / "copy.db"
    dialog.findChild(QLineEdit).setText(str(copy))
    dialog.accept()
    await wait_until(lambda: page.database.note.text() == f"Wrote a copy to {copy}")
    await window_session.write(sites.create, "later.example.com")
    page.database.restore_button.click()
    dialog = await opened_dialog(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(copy))
    dialog.accept()
    box = await opened_dialog(QMessageBox)
    assert "may get a message twice" in box.informativeText()
    next(each for each in box.buttons() if each.text() == "&Restore").click()
    await wait_until(lambda: page.database.note.text().startswith("Restored copy.db"), deadline=30)
    hosts = [site.host for site in await window_session.read(sites.listing)]
    assert hosts == ["lists.example.com", "shop.example.org"]
    assert len(list(window_session.profile.backups.glob("before-restore-*.db"))) == 1
    await window_session.settled()


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be looked at"])
async def test_a_file_that_is_no_copy_is_refused_and_nothing_changes(
    content: bytes, page: SettingsPage, window_session: WindowSession, tmp_path: Path
) -> None:
    (tmp_path / "copy.db").write_bytes(content)
    await page.database._restore(tmp_path / "copy.db")
    assert str(tmp_path / "copy.db") in page.database.note.text()
    assert len(await window_session.read(sites.listing)) == 2


async def test_nothing_is_restored_while_an_engine_sends(
    page: SettingsPage, window_session: WindowSession, tmp_path: Path
) -> None:
    window_session.database.backup(tmp_path / "copy.db")
    Lease.acquire(window_session.database)
    await page.database._restore(tmp_path / "copy.db")
    assert page.database.note.text().startswith("An engine sends")
    await window_session.settled()


# Sender domains


async def test_a_key_is_made_shown_and_forgotten(
    page: SettingsPage,
    window_session: WindowSession,
    opened_dialog: Opened,
    qtbot: QtBot,
    wait_until: WaitUntil,
    model_tester: Any,
) -> None:
    panel = page.senders
    model_tester(panel.model)
    page.open_with("senders")
    panel.new_button.click()
    dialog = await opened_dialog(KeyDialog)
    qtbot.keyClicks(dialog.domain, "not a domain")
    dialog.save_button.click()
    await wait_until(lambda: dialog.form.error("domain") != "")
    dialog.domain.setText("example.com")
    dialog.selector.setText("mail1")
    dialog.save_button.click()
    await wait_until(lambda: panel.model.rowCount() == 1)
    assert panel.host.text() == "mail1._domainkey.example.com"
    assert panel.record.toPlainText().startswith("v=DKIM1; k=rsa; p=")
    panel.copy_button.click()
    assert QApplication.clipboard().text() == panel.record.toPlainText()
    panel.remove_button.click()
    box = await opened_dialog(QMessageBox)
    next(each for each in box.buttons() if "Forget" in each.text()).click()
    await wait_until(lambda: panel.model.rowCount() == 0)
    assert await window_session.read(dkim_keys.listing) == []
    await window_session.settled()


async def test_a_key_that_others_may_read_is_refused(
    page: SettingsPage, window_session: WindowSession, opened_dialog: Opened, wait_until: WaitUntil, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    key.write_text("no key", encoding="ascii")
    page.open_with("senders")
    page.senders.file_button.click()
    chooser = await opened_dialog(QFileDialog)
    chooser.findChild(QLineEdit).setText(str(key))
    chooser.accept()
    dialog = await opened_dialog(KeyDialog)
    dialog.domain.setText("example.com")
    dialog.save_button.click()
    await wait_until(lambda: dialog.form.error("path") != "")
    assert dialog.path.text() == str(key)
    dialog.done(0)
    await window_session.settled()
