"""How wide the columns of a table are that share the room it has: pure arithmetic, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """What a column would like, and the least that it can do with. Columns that give nothing away want no more, either."""

    width: int
    least: int

    @property
    def give(self) -> int:
        """What it can give away."""
        return max(0, self.width - self.least)


def fitted(wishes: Sequence[Wish], room: int) -> list[int]:
    """The widths: narrower by shares of what each can give when the room is small, wider by the same when it is large."""
    gives = [wish.give for wish in wishes]
    total = sum(gives)
    spare = room - sum(wish.width for wish in wishes)
    if not total:
        return [wish.width for wish in wishes]
    spare = max(spare, -total)
    return [wish.width + spare * give // total for wish, give in zip(wishes, gives, strict=True)]
