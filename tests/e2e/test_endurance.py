"""A quarter of a minute at full speed with blocks that come and go: nothing grows. tests/perf/endurance.py runs it for an hour."""

from __future__ import annotations

from pathlib import Path

from endurance import Endurance
from nursery import Nursery


def test_nothing_grows(nursery: Nursery, tmp_path: Path) -> None:
    with Endurance(tmp_path, nursery, members=5000) as endurance:
        found = endurance.run(14.0, warm_up=6.0, share=0.25)
    assert found.faults == []
    assert found.blocks > 3
    assert found.mailings > 3
