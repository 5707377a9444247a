"""Weighted rendezvous hashing: the order in which a recipient would use the addresses of a pool. Pure.

Address *i* with weight *w* scores ``-w / ln(h)`` for a recipient's bucket, where *h* in (0, 1) is a hash of address and
bucket; the highest score comes first (Thaler and Ravishankar 1998; the weighted form by Schindelhauer and Schomaker 2005).
So each address is first for its share of the buckets, and a change of the pool moves only the recipients that a new
address wins or a removed one had. Hashes are the same on every machine and in every run.
"""

from __future__ import annotations

import heapq
import math
import zlib
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

BUCKETS: Final = 1 << 14
"""Recipients are hashed to so many buckets, which share an order: a share is exact to about 1 % with four addresses."""
KEPT: Final = 16
"""Places of a bucket's order that are remembered."""

_MASK: Final = (1 << 64) - 1


def bucket_of(key: str) -> int:
    """The bucket of a recipient."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) & (BUCKETS - 1)


class Pool:
    """Addresses with their weights, and the orders of buckets that were asked for."""

    def __init__(self, members: Sequence[tuple[str, int]]) -> None:
        self._members = tuple(members)
        self._weighted_seeds = [(_seed(address), weight) for address, weight in members]
        self._first: dict[int, tuple[int, ...]] = {}

    @property
    def members(self) -> tuple[tuple[str, int], ...]:
        """(address, weight) by index."""
        return self._members

    def first(self, bucket: int) -> tuple[int, ...]:
        """The indexes of the first KEPT addresses in the bucket's order."""
        order = self._first.get(bucket)
        if order is None:
            indexes = range(len(self._members))
            best = heapq.nlargest(KEPT, zip(self._scores(bucket, indexes), indexes, strict=True))
            order = self._first[bucket] = tuple(index for _, index in best)
        return order

    def rank(self, bucket: int, indexes: Sequence[int]) -> list[int]:
        """All *indexes* in the bucket's order."""
        scored = zip(self._scores(bucket, indexes), indexes, strict=True)
        return [index for _, index in sorted(scored, reverse=True)]

    def _scores(self, bucket: int, indexes: Iterable[int]) -> list[float]:
        salt = _mix(bucket + 1)
        weighted_seeds = self._weighted_seeds
        scores = []
        for index in indexes:
            seed, weight = weighted_seeds[index]
            h = ((_mix(seed ^ salt) >> 12) + 0.5) * 2.0**-52
            scores.append(-weight / math.log(h))
        return scores


def _seed(address: str) -> int:
    return int.from_bytes(blake2b(address.encode(), digest_size=8).digest(), "big")


def _mix(value: int) -> int:
    """Spread a number over 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
