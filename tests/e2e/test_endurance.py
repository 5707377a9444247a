"""Five minutes at full speed with blocks that come and go: nothing grows. tests/perf/endurance.py runs it for an hour."""

from __future__ import annotations

from pathlib import Path

import pytest
from endurance import Endurance
from nursery import Nursery

SHARE = 0.05
"""What the memory of a process may grow by from the first minute behind the warm-up to the last."""


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_nothing_grows(nursery: Nursery, tmp_path: Path) -> None:
    with Endurance(tmp_path, nursery) as endurance:
        found = endurance.run(300.0, SHARE)
    assert found.faults == []
    assert found.blocks > 20
    assert found.mailings > 3
