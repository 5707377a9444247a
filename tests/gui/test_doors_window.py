"""The window from outside: a message that is shown asks nobody and runs nothing, what is copied or left behind is harmless."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from ui.crash_report import NAME, CrashReport
from ui.dialogs.mailing_wizard.html_view import HtmlView
from ui.single import SingleWindow

LOADS = """\
<a href="{0}/link" ping="{0}/ping">click</a><img src="{0}/pixel.png">
<link rel="stylesheet" href="{0}/style.css"><link rel="preload prefetch icon" href="{0}/icon.png"><base href="{0}/base/">
<meta http-equiv="refresh" content="0;url={0}/refresh"><style>@import url({0}/import.css); @font-face {{ src: url({0}/font) }}
body {{ background: url({0}/css.png) }} li {{ list-style-image: url("{0}/list.png") }}</style>
<body background="{0}/body.png" onload="location='{0}/onload'"><img src="{0}/p.png" srcset="{0}/set.png 2x"><img src="base.png">
<table background="{0}/table.png" style="background-image:url({0}/cell.png)"><tr><td background="{0}/td.png">x</table>
<iframe src="{0}/frame"></iframe><object data="{0}/object"></object><embed src="{0}/embed"><video src="{0}/v" poster="{0}/poster">
</video><audio autoplay src="{0}/audio"></audio><svg><image href="{0}/svg.png" xlink:href="{0}/xlink.png"/></svg>
<script src="{0}/script.js"></script><script>new Image().src = "{0}/run"; document.title = "ran"</script>
<img src="x" onerror="fetch('{0}/error')"><input type="image" src="{0}/input.png">
<img src="file://{1}"><img src="{1}"><img src="qrc:/x.png"><img src="data:text/html,<script>fetch('{0}/data')</script>">
"""
"""A link and a picture, and what else a message may bring, a line each."""


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A web server, and what it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


@pytest.mark.qt_log_ignore("Mouse event")
def test_a_message_that_is_shown_loads_nothing_and_runs_nothing(
    qtbot: QtBot, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    origin, paths = asked
    local = tmp_path / "local.png"
    local.write_bytes(b"secret")
    connections = len(psutil.Process().net_connections())
    view = HtmlView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    first, *others = LOADS.format(origin, local).splitlines()
    for other in others:
        view.show_html(first + other)
        qtbot.waitUntil(lambda: f"{origin}/pixel.png" in view.kept_out)
        link = next(place for y in range(64) if view.anchorAt(place := QPoint(30, y)) == f"{origin}/link")
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=link)
        assert "click" in view.toPlainText()
        assert "ran" not in view.toPlainText() + view.documentTitle()
    assert str(local) in "".join(view.kept_out)
    assert paths == []
    assert len(psutil.Process().net_connections()) == connections


@pytest.fixture
def _everybody_let_in() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
@pytest.mark.usefixtures("_everybody_let_in")
def test_the_socket_between_windows_is_for_their_user_alone(tmp_path: Path, qtbot: QtBot) -> None:
    first = SingleWindow(tmp_path)
    assert first.claim()
    try:
        socket = Path(first._server.fullServerName())
        assert stat.S_ISSOCK(socket.stat().st_mode)
        assert not stat.S_IMODE(socket.stat().st_mode) & 0o077
        with qtbot.waitSignal(first.raise_asked):
            assert not SingleWindow(tmp_path).claim()
    finally:
        first.release()


@pytest.mark.usefixtures("_everybody_let_in")
def test_a_crash_report_is_for_its_user_alone_and_has_no_password(tmp_path: Path) -> None:
    report = CrashReport(tmp_path)
    report.begin()
    error = RuntimeError("postgresql://anna:s3cret@db/mail can't be reached, password=s3cret host=db")
    report.note(type(error), error, None)
    path = tmp_path / NAME
    written = path.read_text(encoding="utf-8")
    assert "RuntimeError: postgresql://anna:***@db/mail" in written
    assert "s3cret" not in written
    assert os.name != "posix" or not stat.S_IMODE(path.stat().st_mode) & 0o077
    report.end()
    assert not path.exists()
