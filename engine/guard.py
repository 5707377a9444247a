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

    def note_tried(self, mailing: int, provider: str, count: int = 1) -> None:
        """Count recipients that were not refused for such a reason."""
        self._tally(mailing, provider).tried += count

    def note_refused(self, mailing: int, provider: str, *, share: float, minimum: int) -> bool:
        """Count one that was; True when the mailing should now pause at this provider (product.md 4.6)."""
        tally = self._tally(mailing, provider)
        tally.tried += 1
        tally.refused += 1
        return pauses_mailing(tally.refused, tally.tried, share, minimum)

    def _tally(self, mailing: int, provider: str) -> _Tally:
        tally = self._tallies.get((mailing, provider))
        if tally is None:
            tally = self._tallies[mailing, provider] = _Tally()
        return tally

    def forget(self, mailing: int, provider: str) -> None:
        """The mailing pauses there; when the administrator resumes it, it is counted anew."""
        self._tallies.pop((mailing, provider), None)
