"""Watches how large a share of a mailing one provider refuses for what it says or how it is set up. Pure accounting."""

from __future__ import annotations

from dataclasses import dataclass

from engine.retry import pauses_mailing


@dataclass(slots=True)
class _Tally:
    tried: int = 0
    refused: int = 0


class RefusalWatch:
    """Counts recipients by (mailing, provider), each at its first verdict."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[int, str], _Tally] = {}

    def note(self, mailing: int, provider: str, *, refused: bool, share: float, minimum: int) -> bool:
        """Count one recipient; True when the mailing should now pause at this provider (product.md 4.6)."""
        tally = self._tallies.setdefault((mailing, provider), _Tally())
        tally.tried += 1
        if not refused:
            return False
        tally.refused += 1
        return pauses_mailing(tally.refused, tally.tried, share, minimum)

    def forget(self, mailing: int, provider: str) -> None:
        """The mailing pauses there; when the administrator resumes it, it is counted anew."""
        self._tallies.pop((mailing, provider), None)
