"""The entry point with a window. The only module of this room that knows Qt."""

from __future__ import annotations

import importlib.util
import os
import sys

from app.paths import Profile


def has_window() -> bool:
    """Whether the window is a part of this program: the engine that is installed for servers has none."""
    return importlib.util.find_spec("ui") is not None


def has_display() -> bool:
    """Whether a window could be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def run(profile: Profile, database_url: str | None = None) -> int:
    """Show the window of a profile until the person quits; returns the exit code.

    *database_url* is given when the database is not the profile's own.
    """
    from ui.application import run_window  # noqa: PLC0415 - Qt loads when a window is wanted

    return run_window(profile, database_url)
