"""Watches how large a share of a mailing one provider refuses for what it says or how it is set up. Pure accounting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from engine.retry import pauses_mailing


@dataclass(slots=True)
class _Tally:
    """Of one mailing, by provider. Most never refuse, and there may be as many as domains."""

    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class RefusalWatch:
    """Counts recipients by mailing and provider, each at its first verdict."""

    def __init__(self) -> None:
        self._tallies: dict[int, _Tally] = {}

    def note_tried(self, mailing: int, provider: str, count: int = 1) -> None:
        """Count recipients that were not refused for such a reason."""
        self._tally(mailing).tried[provider] += count

    def note_refused(self, mailing: int, provider: str, *, share: float, minimum: int) -> bool:
        """Count one that was; True when the mailing should now pause at this provider (product.md 4.6)."""
        tally = self._tally(mailing)
        tally.tried[provider] += 1
        tally.refused[provider] += 1
        return pauses_mailing(tally.refused[provider], tally.tried[provider], share, minimum)

    def _tally(self, mailing: int) -> _Tally:
        tally = self._tallies.get(mailing)
        if tally is None:
            tally = self._tallies[mailing] = _Tally()
        return tally

    def forget(self, mailing: int, provider: str) -> None:
        """The mailing pauses there; when the administrator resumes it, it is counted anew."""
        tally = self._tally(mailing)
        del tally.tried[provider], tally.refused[provider]

    def keep(self, mailings: Collection[int]) -> None:
        """Forget all mailings but these, which are active."""
        for mailing in self._tallies.keys() - set(mailings):
            del self._tallies[mailing]
