"""A screen of its own (Xvfb), and hands on its keyboard and mouse (xdotool): real X events, as a person makes them.

No window manager runs there, so the hands give the focus themselves before they type.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

from waiting import wait_until

SIZE = (1600, 1200)
"""Larger than the windows, so that none is moved to fit."""
RETRY = 1.5
"""Seconds after which keys are pressed once more whose effect has not been seen."""
DEADLINE = 60.0
PAUSE = 0.1
"""Seconds between two looks: each is a process."""


def is_possible() -> bool:
    """Whether the programs are installed."""
    return all(shutil.which(name) for name in ("Xvfb", "xdotool"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window is, in pixels of the screen."""

    x: int
    y: int
    width: int
    height: int


class Screen:
    """The screen lives as long as its ``with`` block. Windows are known by their X number."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        size = "{}x{}x24".format(*SIZE)
        self._server = subprocess.Popen(  # it would start anew whenever the last program leaves: each look is one
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
            pass_fds=(writing,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            self.display = f":{told.readline().strip()}"

    def environment(self) -> Mapping[str, str]:
        """What a program is started with to be shown here."""
        return {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    # Looking

    def windows(self, title: str = "") -> set[int]:
        """The windows that are shown; *title* is a regular expression."""
        return {int(line) for line in self._do("search", "--onlyvisible", "--name", title or ".*").split()}

    async def window(self, title: str) -> int:
        """The window of this title, once it is shown."""
        return await wait_until(
            lambda: next(iter(self.windows(f"^{title}$")), 0), DEADLINE, f"a window {title!r} to be shown", PAUSE
        )

    def place(self, window: int) -> Place:
        """Where a window is."""
        told = dict(line.split("=") for line in self._do("getwindowgeometry", "--shell", str(window)).split())
        return Place(*(int(told[name]) for name in ("X", "Y", "WIDTH", "HEIGHT")))

    # Acting

    def resize(self, window: int, width: int, height: int) -> None:
        """Give a window a size, at the upper left corner."""
        self._do("windowmove", str(window), "0", "0", "windowsize", str(window), str(width), str(height))

    def press(self, window: int, *keys: str) -> None:
        """Press keys, such as "ctrl+n", one after the other, in a window; nothing when it has gone."""
        self._do("windowfocus", str(window), "key", "--delay", "20", *keys)

    def write(self, window: int, text: str) -> None:
        """Type a text in a window."""
        self._do("windowfocus", str(window), "type", "--delay", "20", text)

    def double_click(self, x: int, y: int) -> None:
        """Press the left button twice."""
        self._do("mousemove", str(x), str(y), "click", "--repeat", "2", "--delay", "60", "1")

    async def press_until(self, condition: Callable[[], object], window: int, *keys: str, what: str) -> None:
        """Press keys that do no harm the second time, until their effect is seen."""
        next_time = 0.0

        def look() -> object:
            nonlocal next_time
            if seen := condition():
                return seen
            if time.monotonic() >= next_time:
                self.press(window, *keys)
                next_time = time.monotonic() + RETRY
            return None

        await wait_until(look, DEADLINE, what, PAUSE)

    def _do(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "DISPLAY": self.display},
            check=False,
        )
        return done.stdout

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.wait()
