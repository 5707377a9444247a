"""What is blocked now, in memory: fast answers, what a refusal leads to, and the changes that wait to be written.

It runs on the engine's loop, in one thread. Every change is in force here at once and waits for the ledger in order:

    while changes := registry.take_changes():
        registry.saved(changes, await ledger.save(changes))

One task writes and reloads, one step after the other; anyone may change in between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.blocks import Block, Change, Refusal
from engine.meters import Gauge
from engine.pairs import ExchangerGroup, IPPair, Route
from engine.ports import StreamPlan


@dataclass(frozen=True, slots=True)
class PairCount:
    """Pairs between a stream and a domain: those of one family with enabled addresses, and how many of them are open."""

    possible: int
    open: int

    @property
    def is_totally_blocked(self) -> bool:
        """Every possible pair is blocked (product.md 5.5). Without possible pairs there is nothing that blocks."""
        return self.possible > 0 and self.open == 0


class Registry:
    """The blocks that are not cleared, and the only place in the engine that changes them.

    *jitter* draws a number from -1 to 1 for each probe time. *own* are the sending addresses of this node: only their
    blocks are probed and stepped here; None means all. Methods that change blocks return the changes, which are in force;
    they are also kept for :meth:`take_changes`, so a caller looks at them for what to tell others and never writes them.
    """

    revision: int
    """Grows whenever any pair may have opened or closed: what was derived from the registry holds as long as it stands."""

    def __init__(
        self,
        jitter: Callable[[], float],
        *,
        probe_interval: float = 3600.0,
        recovery_step: float = 60.0,
        own: Collection[str] | None = None,
    ) -> None: ...

    def configure(self, *, probe_interval: float, recovery_step: float, own: Collection[str] | None) -> None:
        """Take new settings (seconds); probe times that are set already stay."""
        raise NotImplementedError

    # Contents

    def load(self, blocks: Iterable[Block]) -> None:
        """Take what the ledger holds in place of all that is known: at the start."""
        raise NotImplementedError

    def reload(self, blocks: Iterable[Block]) -> Sequence[Block]:
        """Take the ledger's present contents: changes by administrators and other nodes; return the blocks that differ.

        A block that the ledger no longer has is dropped (returned as CLEARED). What waits to be written stays in force
        unless somebody else has changed the same block meanwhile.
        """
        raise NotImplementedError

    def apply(self, block: Block) -> None:
        """Take one block as it stands now, from the ledger; a cleared one is removed."""
        raise NotImplementedError

    def take_changes(self) -> Sequence[Change]:
        """The next changes for the ledger, at most one of each block; [] when none wait. Followed by :meth:`saved`."""
        raise NotImplementedError

    def saved(self, changes: Sequence[Change], stored: Sequence[Block]) -> Sequence[Block]:
        """Take the ledger's answer: ids and versions, and in place of ours the blocks that somebody else had changed.

        Returns the latter; further changes of them that waited are dropped.
        """
        raise NotImplementedError

    def unsaved(self, changes: Sequence[Change]) -> None:
        """The ledger could not write: the changes wait again."""
        raise NotImplementedError

    def blocks(self) -> Iterator[Block]:
        """All blocks, in no order."""
        raise NotImplementedError

    def current(self, block: Block) -> Block | None:
        """The present state of a block that was seen earlier; None when it is gone."""
        raise NotImplementedError

    # Questions

    def is_closed(self, sending_address: str, mx_address: str, group: str) -> bool:
        """Whether no attempt may start on the pair. Takes about a microsecond."""
        raise NotImplementedError

    def block_of(self, sending_address: str, mx_address: str, group: str) -> Block | None:
        """The block that says most about the pair: an exemption, else one that closes it, a slow start, a suspect."""
        raise NotImplementedError

    def ramp(self, sending_address: str, mx_address: str, group: str) -> Gauge | None:
        """The slow start that the pair is in: what it has left in the present step; None when it is in none."""
        raise NotImplementedError

    def ramp_allowance(self, sending_address: str, mx_address: str, group: str) -> int | None:
        """Messages that the slow start still allows in the present step; None when the pair is in none."""
        raise NotImplementedError

    def note_sent(self, sending_address: str, mx_address: str, group: str, count: int) -> None:
        """Messages were handed to the pair (negative: they came back unused). Only the slow start counts them."""
        raise NotImplementedError

    def count_pairs(self, stream: StreamPlan, route: Route, unusable: Collection[str] = ()) -> PairCount:
        """Count all possible and open pairs of a stream and a domain. A pair in its slow start is open."""
        raise NotImplementedError

    def open_pairs(self, stream: StreamPlan, route: Route, unusable: Collection[str] = ()) -> Sequence[IPPair]:
        """The possible pairs that are open, in the order of MX preference."""
        raise NotImplementedError

    def is_totally_blocked(self, stream: StreamPlan, route: Route, unusable: Collection[str] = ()) -> bool:
        """Whether every possible pair is blocked (product.md 5.5); stops at the first open one."""
        raise NotImplementedError

    def contagion(self, addresses: Collection[str], provider: str, now: float) -> bool:
        """Whether half of *addresses*, at least 2, became blocked at *provider* within an hour (product.md 5.9).

        *provider* as :func:`provider_of` names it: the exchanger group stands for a destination without a provider.
        """
        raise NotImplementedError

    # Refusals

    def on_refusal(self, refusal: Refusal, now: float, known_addresses: int) -> Sequence[Change]:
        """Record a reply with the verdict block; return what changed ([] when the pair is exempt or closed already).

        *known_addresses* is the number of addresses that the exchanger group has now. Afterwards ask :meth:`is_closed`
        whether the pair is closed: below a threshold and with an exemption it is not.
        """
        raise NotImplementedError

    # Probes and slow starts

    def due_probes(self, now: float, limit: int = 1000) -> Sequence[Block]:
        """Blocks of own addresses that are to be tested now, the most overdue first, those under way left out."""
        raise NotImplementedError

    def next_probe_at(self) -> float | None:
        """When the next probe is due (an instant in the past when one is now); None when none is set."""
        raise NotImplementedError

    def probe_started(self, block: Block, now: float) -> Sequence[Change]:
        """A probe of the block starts; [] when it can't (gone, cleared, under way): then don't probe."""
        raise NotImplementedError

    def probe_refused(self, block: Block, refusal: Refusal, now: float, known_addresses: int) -> Sequence[Change]:
        """The probe met a block reply. [] when the block was changed meanwhile (cleared, made permanent)."""
        raise NotImplementedError

    def probe_failed(self, block: Block, text: str, now: float) -> Sequence[Change]:
        """The probe ended for a reason that says nothing about the block."""
        raise NotImplementedError

    def probe_accepted(self, block: Block, now: float, reply: str = "") -> Sequence[Change]:
        """The probe was accepted: the slow start begins."""
        raise NotImplementedError

    def abandon_probes(self, now: float) -> Sequence[Change]:
        """At the start, after :meth:`load`: probes of own addresses that an earlier engine did not finish have failed."""
        raise NotImplementedError

    def tick(self, now: float, ceiling: Callable[[Block], int]) -> Sequence[Change]:
        """Step the slow starts whose step is over and end suspicions that came to nothing.

        *ceiling* gives the messages a step at which a block is over (see :meth:`engine.limits.Limits.ramp_ceiling`).
        """
        raise NotImplementedError

    def next_tick_at(self) -> float | None:
        """When :meth:`tick` has something to do next; None when nothing is under way."""
        raise NotImplementedError


def provider_of(provider: str, group: ExchangerGroup | str) -> str:
    """What stands for the provider of a destination: its name, or its exchanger group when it has none."""
    return provider or group
