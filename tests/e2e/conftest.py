"""An installation on a rehearsal network, both as real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import CommandLine
from installation import Installation
from nursery import Nursery


@pytest.fixture
def installation(mailstreams: CommandLine, tmp_path: Path) -> Installation:
    """A fresh profile; set it up with :meth:`Installation.set_up`."""
    return Installation(mailstreams, tmp_path)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """A process that starts the program quickly, again and again."""
    with Nursery() as started:
        yield started
