"""Weighted rendezvous hashing: the order in which a recipient would use the addresses of a pool. Pure.

Address *i* with weight *w* scores ``-w / ln(h)`` for a recipient's bucket, where *h* in (0, 1) is a hash of address and
bucket; the highest score comes first (Thaler and Ravishankar 1998; the weighted form by Schindelhauer and Schomaker 2005).
So each address is first for its share of the buckets, and a change of the pool moves only the recipients that a new
address wins or a removed one had. Hashes are the same on every machine and in every run.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

BUCKETS: Final = 1 << 14
"""Recipients are hashed to so many buckets, which share an order: a share is exact to about 1 % with four addresses."""
KEPT: Final = 16
"""Places of a bucket's order that are remembered."""

_MASK: Final = (1 << 64) - 1
_MULTIPLIER: Final = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: the top bits of a product with it depend on all bits (Knuth, TAOCP 3, 6.4)."""
_HOPEFULS: Final = 64
"""Addresses of a large pool that are looked at closely for a bucket's first places, on average."""


def bucket_of(key: str) -> int:
    """The bucket of a recipient."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) & (BUCKETS - 1)


class Pool:
    """Addresses with their weights, and the orders of buckets that were asked for."""

    def __init__(self, members: Sequence[tuple[str, int]]) -> None:
        self._members = tuple(members)
        self._seeds = [_seed(address) for address, _ in members]
        self._weights = [weight for _, weight in members]
        self._bars = self._set_bars()
        self._first: dict[int, tuple[int, ...]] = {}

    @property
    def members(self) -> tuple[tuple[str, int], ...]:
        """(address, weight) by index."""
        return self._members

    def first(self, bucket: int) -> tuple[int, ...]:
        """The indexes of the first KEPT addresses in the bucket's order."""
        order = self._first.get(bucket)
        if order is None:
            order = self._first[bucket] = tuple(self.rank(bucket, self._hopefuls(bucket))[:KEPT])
        return order

    def rank(self, bucket: int, indexes: Sequence[int]) -> list[int]:
        """All *indexes* in the bucket's order."""
        salt, seeds, weights = _mix(bucket + 1), self._seeds, self._weights
        scored = []
        for index in indexes:
            h = (((seeds[index] ^ salt) * _MULTIPLIER & _MASK) >> 12) + 0.5
            scored.append((-weights[index] / math.log(h * 2.0**-52), index))
        scored.sort(reverse=True)
        return [index for _, index in scored]

    def _set_bars(self) -> list[int]:
        """For each address the hash from which on its score is among the best _HOPEFULS of the pool, on average.

        A score above *s* has the probability 1 - e^(-w / s): with s = (sum of weights) / _HOPEFULS these add up to that.
        """
        total = sum(self._weights)
        return [int(math.exp(-weight * _HOPEFULS / total) * _MASK) for weight in self._weights]

    def _hopefuls(self, bucket: int) -> Sequence[int]:
        """Addresses among which the first KEPT of a bucket are: of a large pool those above the bar, if they are enough."""
        everybody = range(len(self._members))
        if len(self._members) <= 2 * _HOPEFULS:
            return everybody
        salt = _mix(bucket + 1)
        hashes = zip(self._seeds, self._bars, everybody, strict=True)
        above = [index for seed, bar, index in hashes if (seed ^ salt) * _MULTIPLIER & _MASK > bar]
        return above if len(above) >= KEPT else everybody


def _seed(address: str) -> int:
    return int.from_bytes(blake2b(address.encode(), digest_size=8).digest(), "big")


def _mix(value: int) -> int:
    """Spread a number over 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
