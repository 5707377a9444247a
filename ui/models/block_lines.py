"""The lines of the report of blocks (groups, blocks, and the pairs of widened blocks) and the keys that tell them apart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from app.services.blocks import BlockView
from engine.blocks import RefusedPair

MOST_PAIRS: Final = 1_000
"""Pairs of one block that are shown; an exchanger group has some dozens."""

_PAIR_BITS: Final = 10
_BLOCK_BITS: Final = 32
_GROUP_BITS: Final = 20
_PAIR_MASK: Final = (1 << _PAIR_BITS) - 1
_BLOCK_MASK: Final = (1 << _BLOCK_BITS) - 1


class LineKey(NamedTuple):
    """What a line is of. ``group`` is 0 where there are no groups; ``block`` 0: the group itself; ``pair`` 0: the block itself.

    A block may stand in several groups, so its number alone does not tell lines apart. Keys fit into 63 bits.
    """

    group: int
    block: int
    pair: int = 0

    def packed(self) -> int:
        """The key as one number."""
        return self.group << _PAIR_BITS + _BLOCK_BITS | self.pair << _BLOCK_BITS | self.block

    @classmethod
    def of(cls, key: int) -> LineKey:
        """The key that a number stands for."""
        return cls(key >> _PAIR_BITS + _BLOCK_BITS, key & _BLOCK_MASK, key >> _BLOCK_BITS & _PAIR_MASK)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The head of a group. ``held`` recipients wait there."""

    key: int
    name: str
    stream_id: int | None
    blocks: int
    held: int


@dataclass(frozen=True, slots=True)
class BlockLine:
    """One block."""

    key: int
    block: BlockView


@dataclass(frozen=True, slots=True)
class PairLine:
    """One pair of a widened block that is open."""

    key: int
    block: BlockView
    pair: RefusedPair


Line = GroupLine | BlockLine | PairLine


def depth_of(key: int) -> int:
    """How far a line is indented: 0 for groups, and for blocks without groups."""
    found = LineKey.of(key)
    return (1 if found.group and found.block else 0) + (1 if found.pair else 0)
