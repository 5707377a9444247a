"""The address binding dialog: what is typed, suggested HELO names, the pre-flight against a rehearsal network, binding."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import sample
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.rehearsal.scenarios import senders, single_host
from app.services import addresses, configuration, streams
from app.services.preflight import Check, Grade
from ui.dialogs.address_binding import AddressBindingDialog
from ui.main_window import MainWindow
from ui.models.binding_table import HELO, BindingTable, Candidate
from ui.pages.streams import StreamsPage
from ui.session import WindowSession
from ui.widgets.dialogs import opened

WaitUntil = Callable[..., Awaitable[Any]]
Opened = Callable[..., Awaitable[Any]]


@pytest.fixture
async def dialog(
    window_session: WindowSession, model_tester: Any, wait_until: WaitUntil
) -> AsyncIterator[AddressBindingDialog]:
    """The dialog for the stream news, open."""
    news = await window_session.read(streams.by_name, "news")
    shown = AddressBindingDialog(window_session, "news", [each.ip for each in news.addresses])
    model_tester(shown.model)
    shown.open()
    await wait_until(lambda: shown.machine.count() > 0)
    yield shown
    shown.reject()
    await window_session.close()
    shown.deleteLater()


def shown_ips(dialog: AddressBindingDialog) -> list[str]:
    return [row.ip for row in dialog.model.candidates]


async def test_addresses_ranges_and_networks_are_read_and_errors_told(
    dialog: AddressBindingDialog, window_session: WindowSession, qtbot: QtBot, wait_until: WaitUntil
) -> None:
    qtbot.keyClicks(dialog.typed, "203.0.113.7-9, 2001:db8::a ")
    qtbot.keyClick(dialog.typed, Qt.Key.Key_Return)
    qtbot.keyClicks(dialog.typed, f"nonsense 198.51.100.128/30 {sample.NEWS[0]} {sample.NOTICES[0]}")
    await wait_until(lambda: "198.51.100.129" in shown_ips(dialog))
    assert shown_ips(dialog) == [
        "203.0.113.7",
        "203.0.113.8",
        "203.0.113.9",
        "2001:db8::a",
        "198.51.100.129",
        "198.51.100.130",
        sample.NOTICES[0],
    ]
    assert "Line 2, column 1" in dialog.errors.text()
    assert "has these already: 192.0.2.10" in dialog.errors.text()
    assert dialog.bind_button.text() == "&Bind 7 addresses"
    known = dialog.model.candidates[-1]
    assert (known.is_known, known.streams, known.helo) == (True, ("notices",), "out14.example.com")
    await window_session.settled()


async def test_addresses_of_the_machine_are_ticked(dialog: AddressBindingDialog, wait_until: WaitUntil) -> None:
    rows = {dialog.machine.item(row).text(): dialog.machine.item(row) for row in range(dialog.machine.count())}
    rows["127.0.0.1"].setCheckState(Qt.CheckState.Checked)
    await wait_until(lambda: shown_ips(dialog) == ["127.0.0.1"])
    assert dialog.model.candidates[0].is_here
    rows["127.0.0.1"].setCheckState(Qt.CheckState.Unchecked)
    await wait_until(lambda: not shown_ips(dialog))
    assert not dialog.bind_button.isEnabled()


async def test_a_wrong_helo_name_keeps_the_dialog_open(dialog: AddressBindingDialog, wait_until: WaitUntil) -> None:
    dialog.typed.setPlainText("203.0.113.7")
    await wait_until(lambda: shown_ips(dialog))
    place = dialog.model.index(0, HELO)
    assert dialog.model.setData(place, "two words")
    assert not dialog.bind_button.isEnabled()
    assert place.data(Qt.ItemDataRole.ToolTipRole)
    assert dialog.model.setData(place, "mail.example.com")
    assert dialog.bind_button.isEnabled()
    dialog.typed.setPlainText("203.0.113.7 203.0.113.8")  # what was typed for an address stays
    await wait_until(lambda: len(shown_ips(dialog)) == 2)
    assert dialog.model.candidates[0].helo == "mail.example.com"


async def test_the_preflight_answers_row_by_row(
    window_session: WindowSession, rehearsal: Any, wait_until: WaitUntil
) -> None:
    network = await rehearsal(single_host(["d01.test"]))
    for key, value in {
        "network.name_servers": network.name_server,
        "network.smtp_port": str(network.smtp_port),
        "network.allow_loopback": "true",
    }.items():
        await window_session.write(configuration.store, key, value)
    dialog = AddressBindingDialog(window_session, "", [])
    closing = window_session.spawn(opened(dialog))
    await wait_until(lambda: dialog.machine.count() > 0)
    dialog.typed.setPlainText("127.0.0.11 203.0.113.99")
    name = senders()[0].name
    await wait_until(lambda: dialog.model.candidates and dialog.model.candidates[0].helo == name)
    dialog.target.setText("d01.test")
    dialog.check_button.click()
    await wait_until(lambda: len(dialog.model.candidates[0].findings) == 4, 20)
    await wait_until(lambda: dialog.check_button.text() == "&Check", 40)
    grades = {check: finding.grade for check, finding in dialog.model.candidates[0].findings.items()}
    assert grades[Check.BIND] is Grade.PASS
    assert grades[Check.PORT] is Grade.PASS
    assert Check.SPF not in grades
    assert dialog.model.candidates[1].findings[Check.BIND].grade is Grade.FAIL
    dialog.table.selectRow(0)
    assert "Bind: Pass." in dialog.findings.text()
    assert dialog.bind_button.isEnabled()  # a failed check does not forbid
    dialog.reject()
    await closing


async def test_nothing_is_bound_before_bind_is_pressed(
    window: MainWindow, opened_dialog: Opened, wait_until: WaitUntil, stream_named: Any
) -> None:
    page = window.host.page
    assert isinstance(page, StreamsPage)
    page.table.selectRow(1)
    await wait_until(lambda: page.panel.details is not None and page.panel.details.stream.name == "news")
    page.panel.add_button.click()
    dialog = await opened_dialog(AddressBindingDialog)
    await wait_until(lambda: dialog.machine.count() > 0)
    dialog.typed.setPlainText(f"203.0.113.7 {sample.NOTICES[1]}")
    await wait_until(lambda: len(shown_ips(dialog)) == 2)
    assert len((await stream_named(window.session, "news")).addresses) == 4
    dialog.bind_button.click()
    await window.session.settled()
    bound = {each.ip for each in (await stream_named(window.session, "news")).addresses}
    assert {"203.0.113.7", sample.NOTICES[1]} < bound
    added = await window.session.read(addresses.by_ip, "203.0.113.7")
    assert added.helo == "[203.0.113.7]"


async def test_cancel_binds_nothing(
    dialog: AddressBindingDialog, window_session: WindowSession, wait_until: WaitUntil
) -> None:
    dialog.typed.setPlainText("203.0.113.7")
    await wait_until(lambda: shown_ips(dialog))
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    box.button(QDialogButtonBox.StandardButton.Cancel).click()
    assert dialog.chosen == ()
    assert "203.0.113.7" not in {view.ip for view in await window_session.read(addresses.listing)}


def test_the_table_keeps_its_promises(model_tester: Any, qapp: object) -> None:
    table = BindingTable()
    model_tester(table)
    table.set_candidates([Candidate("192.0.2.1", is_here=False, is_known=False)])
    table.suggest_name("192.0.2.1", "a.example.com")
    table.suggest_name("192.0.2.9", "gone.example.com")
    assert table.candidates[0].helo == "a.example.com"
    table.setData(table.index(0, HELO), "mine.example.com")
    table.suggest_name("192.0.2.1", "late.example.com")
    assert table.candidates[0].helo == "mine.example.com"
    table.set_candidates([])
    assert table.rowCount() == 0
