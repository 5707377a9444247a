"""An installation on a rehearsal network, both as real processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import CommandLine
from installation import Installation


@pytest.fixture
def installation(mailstreams: CommandLine, tmp_path: Path) -> Installation:
    """A fresh profile; set it up with :meth:`Installation.set_up`."""
    return Installation(mailstreams, tmp_path)
