"""The overview on the real services: charts, destinations, and the attention list with its buttons."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import blocksample
import pytest
from blocksample import BlockSample
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services import alerts, mailings
from app.services.attention import AttentionKind
from app.settings import Scheme
from engine.ports import MailingState
from ui.main_window import MainWindow
from ui.pages.blocks import BlocksPage
from ui.pages.overview import OverviewPage
from ui.pages.overview_attention import AttentionLine
from ui.session import WindowSession
from ui.theme import DARK, LIGHT, Theme

WaitUntil = Callable[..., Awaitable[Any]]


@pytest.fixture
def made(window_session: WindowSession) -> BlockSample:
    """Blocks, traffic and troubles in the sample database."""
    with window_session.database.write() as session:
        return blocksample.fill(session, blocksample.sample_of(session), time.time())


@pytest.fixture
async def page(made: BlockSample, window: MainWindow, window_session: WindowSession) -> OverviewPage:
    """The overview over them."""
    window.show_page("overview")
    await window_session.settled()
    shown = window.host.page
    assert isinstance(shown, OverviewPage)
    return shown


def line(page: OverviewPage, kind: AttentionKind) -> AttentionLine:
    return next(each for each in page.attention.lines if each.thing.kind is kind)


async def press(qtbot: QtBot, page: OverviewPage, kind: AttentionKind) -> None:
    qtbot.mouseClick(line(page, kind).button, Qt.MouseButton.LeftButton)
    await page.session.settled()


async def test_the_sentence_says_whether_mail_flows(page: OverviewPage) -> None:
    assert page.sentence.text() == "No mail is sent: the engine is stopped; 8 blocks open; 12,480 recipients held."


async def test_traffic_is_stacked_by_stream(page: OverviewPage) -> None:
    assert page.traffic is not None
    told = page.traffic.accessibleDescription().splitlines()
    assert [words.split(":")[0] for words in told] == ["news", "notices", blocksample.LONG_NAME]
    heights = [max(curve.yData) for curve in page.traffic.getPlotItem().curves]
    assert heights == sorted(heights)
    assert heights[0] > 10


async def test_blocks_are_counted_by_hour(page: OverviewPage, made: BlockSample) -> None:
    assert page.blocks is not None
    assert page.blocks.accessibleDescription() == f"{len(made.all) - 1} new blocks in the last day"


def _has_ground(chart: Any, wanted: str) -> bool:
    return bool(chart.backgroundBrush().color().name() == wanted)


async def test_charts_follow_the_scheme(page: OverviewPage, qapp: QApplication, wait_until: WaitUntil) -> None:
    theme = qapp.findChild(Theme)
    assert theme is not None
    assert page.traffic is not None
    for scheme, colours in ((Scheme.DARK, DARK), (Scheme.LIGHT, LIGHT)):
        theme.choose(scheme)
        await wait_until(partial(_has_ground, page.traffic, colours.base))
    theme.choose(Scheme.SYSTEM)


async def test_the_busiest_destination_stands_first_and_opens_its_blocks(
    page: OverviewPage, qtbot: QtBot, window: MainWindow, model_tester: Any
) -> None:
    tester = model_tester(page.destinations)
    assert page.destinations.index(0, 0).data() == "Google"
    page.table.setCurrentIndex(page.destinations.index(0, 0))
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    await page.session.settled()
    blocks_page = window.host.page
    assert isinstance(blocks_page, BlocksPage)
    assert blocks_page.now.filters.wanted().provider == "Google"
    del tester


async def test_the_worst_stands_first(page: OverviewPage) -> None:
    assert [each.thing.kind for each in page.attention.lines] == [
        AttentionKind.TOTAL_BLOCK,
        AttentionKind.STREAM_PAUSED,
        AttentionKind.UNUSABLE_ADDRESS,
        AttentionKind.IN_DOUBT,
        AttentionKind.ALERT,
        AttentionKind.MAILING_PAUSED,
    ]
    assert line(page, AttentionKind.TOTAL_BLOCK).sentence.toPlainText() == (
        "northmail.test refuses every address of stream news; 12,480 recipients wait."
    )


async def test_a_total_block_leads_to_its_blocks(page: OverviewPage, qtbot: QtBot, window: MainWindow) -> None:
    await press(qtbot, page, AttentionKind.TOTAL_BLOCK)
    blocks_page = window.host.page
    assert isinstance(blocks_page, BlocksPage)
    assert blocks_page.now.filters.wanted().domain == "northmail.test"
    assert blocks_page.now.model.rowCount() >= 4


async def test_a_stopped_stream_is_resumed(page: OverviewPage, qtbot: QtBot) -> None:
    await press(qtbot, page, AttentionKind.STREAM_PAUSED)
    assert await page.session.read(alerts.pauses) == []
    await page.load()
    assert AttentionKind.STREAM_PAUSED not in {each.thing.kind for each in page.attention.lines}


async def test_a_paused_mailing_goes_on(page: OverviewPage, qtbot: QtBot) -> None:
    await press(qtbot, page, AttentionKind.MAILING_PAUSED)
    view = await page.session.read(mailings.by_name, "Spring campaign")
    assert view.state is MailingState.ACTIVE


async def test_an_alert_is_dismissed(page: OverviewPage, qtbot: QtBot) -> None:
    await press(qtbot, page, AttentionKind.ALERT)
    assert await page.session.read(alerts.listing) == []


async def test_nothing_to_do_is_said(empty_window: MainWindow) -> None:
    empty_window.show_page("overview")
    await empty_window.session.settled()
    page = empty_window.host.page
    assert isinstance(page, OverviewPage)
    assert page.attention.lines == []
    assert page.sentence.text() == "No mail is sent: the engine is stopped; nothing is blocked."
    assert page.traffic is not None
    assert page.traffic.accessibleDescription() == "No mail in the last hour"
