"""Watches how large a share of a mailing one provider refuses for what it says or how it is set up. Pure accounting."""

from __future__ import annotations

from dataclasses import dataclass

from engine.replies import Verdict

JUDGED = frozenset({Verdict.CONTENT, Verdict.SENDER_DOMAIN, Verdict.POLICY})
"""Refusals of the sender's doing: never answered by trying another address (product.md 4.6)."""


@dataclass(slots=True)
class _Tally:
    tried: int = 0
    refused: int = 0


class RefusalWatch:
    """Counts by (mailing, provider). ``share`` of at least ``minimum`` refusals means that the mailing should pause there."""

    def __init__(self, share: float, minimum: int) -> None:
        self._share = share
        self._minimum = minimum
        self._tallies: dict[tuple[int, str], _Tally] = {}

    def note(self, mailing: int, provider: str, verdict: Verdict) -> bool:
        """Count one verdict on a recipient; True when the mailing should now pause at this provider."""
        tally = self._tallies.setdefault((mailing, provider), _Tally())
        tally.tried += 1
        if verdict not in JUDGED:
            return False
        tally.refused += 1
        return tally.refused >= self._minimum and tally.refused >= self._share * tally.tried

    def forget(self, mailing: int, provider: str) -> None:
        """The administrator resumed: count anew."""
        self._tallies.pop((mailing, provider), None)
