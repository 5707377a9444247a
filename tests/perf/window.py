"""How late the Qt loop is while the engine sends flat out and the report of blocks is open, and how fast the report answers.

    python tests/perf/window.py [--blocks 100000] [--recipients 200000] [--seconds 20] [--idle]

Prints p50, p99 and the longest lateness of a 10 ms timer on the Qt loop, and the times of the report, of the members of a
list and of the recipients of a mailing (--recipients is the number of both) against their limits.
With --idle no engine runs. Needs a C compiler for the sink; runs on Qt's offscreen platform.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support"), str(HERE.parents[1])]

import blocksample  # noqa: E402
import qasync  # noqa: E402
from loads import Job, NameServer, Sink, build  # noqa: E402
from peer_ours import MailStreams  # noqa: E402
from PySide6.QtCore import Qt, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.database.database import Database  # noqa: E402
from app.paths import open_profile  # noqa: E402
from app.services import stats  # noqa: E402
from ui.collector import Collector  # noqa: E402
from ui.engine_process import EngineProcess, yield_to_window  # noqa: E402
from ui.main_window import MainWindow  # noqa: E402
from ui.models.paged_table import PagedTable  # noqa: E402
from ui.pages.blocks import BlocksPage  # noqa: E402
from ui.pages.lists import ListsPage  # noqa: E402
from ui.pages.mailings import MailingsPage  # noqa: E402
from ui.session import WindowSession  # noqa: E402
from ui.theme import Theme  # noqa: E402
from ui.widgets.tables import TableView  # noqa: E402

TICK_MS = 10
FIRST_PAGE_LIMIT, SORT_LIMIT, TURN_LIMIT = 300.0, 500.0, 50.0
PORT = 21_500
OTHERS = tuple(f"192.0.2.{number}" for number in range(1, 41))
"""The sending addresses of the blocks: no engine here has them, so that none of the blocks is probed."""


@dataclass
class Lateness:
    """How much later than due a timer of 10 ms came, and what the loop's own thread worked between two ticks, in ms.

    The first is what a person feels; the second is what the window itself is to blame for on a busy machine.
    """

    values: list[float] = field(default_factory=list)
    works: list[float] = field(default_factory=list)
    _due: float = 0.0
    _worked: float = 0.0

    def start(self) -> QTimer:
        """Begin to measure."""
        timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._due = time.perf_counter() + TICK_MS / 1000
        self._worked = time.thread_time()
        timer.timeout.connect(self._tick)
        timer.start()
        return timer

    def _tick(self) -> None:
        now = time.perf_counter()
        worked = time.thread_time()
        self.values.append(max(0.0, (now - self._due) * 1000))
        self.works.append((worked - self._worked) * 1000)
        self._worked = worked
        self._due = now + TICK_MS / 1000

    def words(self) -> str:
        """p50, p99 and the longest."""
        ordered = sorted(self.values)
        if not ordered:
            return "no ticks"
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return (
            f"p50 {statistics.median(ordered):6.2f} ms   p99 {p99:6.2f} ms   max {ordered[-1]:6.2f} ms"
            f"   own work at most {max(self.works):6.2f} ms   ({len(ordered)} ticks; limit {TURN_LIMIT:.0f} ms)"
        )


@contextmanager
def measured(lateness: Lateness) -> Iterator[None]:
    """Measure while the block runs."""
    timer = lateness.start()
    yield
    timer.stop()


async def timed(act: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds that something took."""
    started = time.perf_counter()
    await act()
    return (time.perf_counter() - started) * 1000


def told(name: str, milliseconds: float, limit: float) -> None:
    """Print a time against its limit."""
    verdict = "ok" if milliseconds <= limit else "TOO SLOW"
    print(f"{name:46} {milliseconds:9.0f} ms   limit {limit:5.0f} ms   {verdict}", flush=True)


async def painted(view: TableView, model: PagedTable[Any]) -> None:
    """Wait until the rows on the screen are read and painted."""
    while True:
        await asyncio.sleep(0.001)
        top, bottom = view.rowAt(0), view.rowAt(view.viewport().height() - 1)
        if not model.rowCount():
            continue
        rows = range(max(0, top), (bottom if bottom >= 0 else model.rowCount() - 1) + 1)
        if all(model.row(model.index(row, 0)) is not None for row in rows):
            return


async def sort_by_every_column(session: WindowSession, view: TableView, model: PagedTable[Any]) -> None:
    """Sort in both directions; the time counts until the first rows of the new order are there."""
    for section, column in enumerate(model.columns):
        if column.sort is None:
            continue
        slowest = 0.0
        for order in (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder):
            view.scrollToTop()
            await session.settled(60)
            started = time.perf_counter()
            changed = asyncio.Event()
            for signal in (model.loaded, model.layoutChanged):
                signal.connect(changed.set)
            view.horizontalHeader().setSortIndicator(section, order)
            await changed.wait()
            for signal in (model.loaded, model.layoutChanged):
                signal.disconnect(changed.set)
            await painted(view, model)
            slowest = max(slowest, (time.perf_counter() - started) * 1000)
        told(f"sort by {column.title}", slowest, SORT_LIMIT)


async def scroll_to_the_end(view: TableView, model: PagedTable[Any]) -> None:
    """In a hundred steps; then the last rows are to be there."""
    bar = view.verticalScrollBar()
    for step in range(1, 101):
        bar.setValue(bar.maximum() * step // 100)
        await asyncio.sleep(0.01)
    told("the last rows, after scrolling to the end", await timed(lambda: painted(view, model)), FIRST_PAGE_LIMIT)


async def measure_members(window: MainWindow) -> None:
    """The members of the list, and the recipients of the mailing: as many as the bench has recipients."""
    window.show_page("lists")
    await window.session.settled()
    page = window.host.page
    assert isinstance(page, ListsPage)
    view, model = page.panel.table, page.panel.model
    site = page.model.index(0, 0)

    async def open_list() -> None:
        page.tree.setCurrentIndex(page.model.index(0, 0, site))
        await painted(view, model)

    told("first members of the list", await timed(open_list), FIRST_PAGE_LIMIT)
    await window.session.settled(60)
    print(f"{model.rowCount():,} members in the list")
    members = Lateness()
    with measured(members):
        await sort_by_every_column(window.session, view, model)
        await window.session.settled(60)
        await scroll_to_the_end(view, model)
    window.show_page("mailings")
    await window.session.settled(60)
    mailings = window.host.page
    assert isinstance(mailings, MailingsPage)
    tab = mailings.panel.recipients
    recipients = Lateness()
    with measured(recipients):
        mailings.panel.tabs.setCurrentWidget(tab)
        told("first recipients of the mailing", await timed(lambda: painted(tab.table, tab.model)), FIRST_PAGE_LIMIT)
        await window.session.settled(60)
        await scroll_to_the_end(tab.table, tab.model)
    print(f"  {'sorting and scrolling the members':40} {members.words()}")
    print(f"  {'opening and scrolling the recipients':40} {recipients.words()}")


async def measure(profile_folder: Path, seconds: float) -> None:
    """Open the window, measure the report, then watch the loop while it is sorted and scrolled."""
    profile = open_profile(profile_folder)
    database = Database.open(profile.database_url(), profile.backups)
    session = WindowSession(database, profile, actor="bench")
    await session.start()
    window = MainWindow(session, EngineProcess(profile.folder, ("false",), session))
    window.resize(1600, 1000)
    window.start("streams")
    window.show()
    await session.settled()
    import_module("ui.pages.blocks")  # the program's files are read once; the limit is for the report

    async def open_report() -> None:
        window.show_page("blocks")
        page = window.host.page
        assert isinstance(page, BlocksPage)
        await painted(page.now.view, page.now.model)

    opening = Lateness()
    with measured(opening):
        first = await timed(open_report)
    page = window.host.page
    assert isinstance(page, BlocksPage)
    told("first page of the report", first, FIRST_PAGE_LIMIT)
    await session.settled()
    print(f"{page.now.model.rowCount():,} blocks in the report")
    sorting = Lateness()
    with measured(sorting):
        await sort_by_every_column(session, page.now.view, page.now.model)
    scrolling = Lateness()
    with measured(scrolling):
        await scroll_to_the_end(page.now.view, page.now.model)
    bar = page.now.view.verticalScrollBar()
    watching = Lateness()
    with measured(watching):
        await asyncio.sleep(seconds)
    working = Lateness()
    end = time.monotonic() + seconds
    with measured(working):
        number = 0
        while time.monotonic() < end:
            number += 1
            page.now.view.horizontalHeader().setSortIndicator(number % 14, Qt.SortOrder.AscendingOrder)
            bar.setValue(bar.maximum() * (number % 10) // 10)
            await asyncio.sleep(0.5)
    print("Lateness of the Qt loop")
    for name, lateness in (
        ("opening the report", opening),
        ("sorting by every column", sorting),
        ("scrolling to the end", scrolling),
        (f"{seconds:.0f} s of looking at it", watching),
        (f"{seconds:.0f} s of sorting twice a second", working),
    ):
        print(f"  {name:40} {lateness.words()}")
    await measure_members(window)
    await session.settled()
    window.close_now()
    await session.close()


def main() -> None:
    """Fill a profile, let the engine send, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=100_000)
    parser.add_argument("--recipients", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--idle", action="store_true")
    chosen = parser.parse_args()
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    Theme(application)
    collector = Collector(application)
    with tempfile.TemporaryDirectory(prefix="window-") as name:
        folder = Path(name)
        job = Job(chosen.recipients if not chosen.idle else 10, 20)
        names = NameServer(folder)
        sink = Sink(build("sink", folder), PORT, job.recipients)
        program = MailStreams(folder / "profile", names.address, sink.port, job)
        try:
            with program.database.write() as session:
                blocksample.many(session, chosen.blocks, time.time(), OTHERS)
            program.import_members()
            program.start_mailing()
            if not chosen.idle:
                program.serve(yield_to_window)
            with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
                runner.run(measure(folder / "profile", chosen.seconds))
            with program.database.read() as session:
                sent = sum(sum(each.values) * each.step for each in stats.traffic(session, now=time.time()))
                print(f"{sent:,.0f} messages were sent meanwhile")
        finally:
            collector.stop()
            if not chosen.idle:
                program.stop()
            names.stop()
            sink.count()


if __name__ == "__main__":
    main()
