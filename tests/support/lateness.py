"""How late an engine's loop serves a timer: sampled in its own process, one line for each second in a file.

What the loop's thread spent waiting for a processor does not count: that is the machine's doing, not the program's.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "LATENESS_TO"
"""Environment variable: the file."""
STEP: Final = 0.005
"""Seconds from one sample to the next."""
TURN: Final = 0.05
"""No turn of a loop is to take longer, in seconds."""


def watch(serve: Any, to: Path) -> None:
    """Let the module app.serve sample its loop while it runs."""
    inner = serve._serve

    async def watched(*arguments: Any, **options: Any) -> int:
        sampling = asyncio.create_task(_sample(to))
        try:
            code: int = await inner(*arguments, **options)
        finally:
            sampling.cancel()
        return code

    serve._serve = watched


async def _sample(to: Path) -> None:
    loop = asyncio.get_running_loop()
    with to.open("w", encoding="ascii", buffering=1) as file:
        while True:
            end, count, slow, worst = loop.time() + 1.0, 0, 0, 0.0
            while (now := loop.time()) < end:
                waited = _waited()
                await asyncio.sleep(STEP)
                late = loop.time() - now - STEP - (_waited() - waited)
                count, slow, worst = count + 1, slow + (late > TURN), max(worst, late)
            file.write(f"{count} {slow} {worst:.4f}\n")


def _waited() -> float:
    """Seconds that this thread has been ready to run without a processor (proc(5), schedstat)."""
    return int(Path("/proc/thread-self/schedstat").read_bytes().split()[1]) / 1e9


def read(path: Path) -> tuple[int, int, float]:
    """Samples, how many of them were later than TURN, and the latest, in seconds."""
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    whole = [line for line in lines if len(line) == 3]
    return (
        sum(int(line[0]) for line in whole),
        sum(int(line[1]) for line in whole),
        max((float(line[2]) for line in whole), default=0.0),
    )
