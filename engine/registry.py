"""What is blocked now, in memory: fast answers, what a refusal leads to, and the changes that wait to be written.

It runs on the engine's loop, in one thread. Every change is in force here at once and waits for the ledger in order:

    while changes := registry.take_changes():
        registry.saved(changes, await ledger.save(changes))

One task writes and reloads, one step after the other; anyone may change in between.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from itertools import count
from typing import Final

from engine import blocks, refusals
from engine.block_index import BlockIndex, Entry, provider_of
from engine.blocks import Block, BlockState, Change, Refusal
from engine.meters import Gauge
from engine.outbox import Outbox
from engine.pairs import IPPair, Route, family_of
from engine.ports import StreamPlan

__all__ = ["Registry", "Standing", "provider_of"]

CONTAGION_SHARE: Final = 0.5
CONTAGION_MINIMUM: Final = 2
CONTAGION_WINDOW: Final = 3600.0
"""The contagion guard: share and number of a stream's addresses that became blocked within so many seconds (product.md 5.9)."""


class Standing(Enum):
    """How a stream and a domain stand to each other (product.md 5.5)."""

    OPEN = auto()
    """At least one possible pair is open. One in its slow start is."""
    BLOCKED = auto()
    """Every possible pair is blocked."""
    IMPOSSIBLE = auto()
    """There is no pair of one family with an address that is enabled and can be bound. Nothing blocks there."""


class Registry:
    """The blocks that are not cleared, and the only place in the engine that changes them.

    *jitter* draws a number from -1 to 1 for each probe time. *own* are the sending addresses of this node: only their
    blocks are probed and stepped here; None means all. Methods that change blocks return the changes, which are in force;
    they are also kept for :meth:`take_changes`, so a caller looks at them for what to tell others and never writes them.
    """

    def __init__(
        self,
        jitter: Callable[[], float],
        *,
        probe_interval: float = 3600.0,
        recovery_step: float = 60.0,
        own: Collection[str] | None = None,
    ) -> None:
        self.revision = 0
        """Grows with every change: what was derived from the registry holds as long as it stands."""
        self._jitter = jitter
        self._interval = probe_interval
        self._step = recovery_step
        self._own = own
        self._index = BlockIndex()
        self._outbox = Outbox()
        self._probes: list[tuple[float, int, Entry]] = []
        self._order = count()

    def configure(self, *, probe_interval: float, recovery_step: float, own: Collection[str] | None) -> None:
        """Take new settings (seconds); probe times that are set already stay."""
        self._interval = probe_interval
        self._step = recovery_step
        self._own = own
        self._probes = []
        for entry in self._index:
            entry.probe_at = None
            self._schedule(entry)

    # Contents

    def load(self, stored: Iterable[Block]) -> None:
        """Take what the ledger holds in place of all that is known: at the start."""
        self._index = BlockIndex()
        self._outbox = Outbox()
        self._probes = []
        for block in stored:
            self.apply(block)

    def reload(self, stored: Iterable[Block]) -> Sequence[Block]:
        """Take the ledger's present contents: changes by administrators and other nodes; return the blocks that differ.

        A block that the ledger no longer has is dropped (returned as CLEARED). What waits to be written stays in force
        unless somebody else has changed the same block meanwhile.
        """
        if self._outbox.is_writing:
            raise RuntimeError("changes are being written: save, then reload")
        present = {block.id: block for block in stored}
        gone = {entry.block.id for entry in self._outbox.entries() if entry not in self._index}
        differing = []
        for entry in self._index:
            ours = entry.block
            theirs = present.pop(ours.id, None)
            if ours.id and theirs is None:
                theirs = replace(ours, state=BlockState.CLEARED)
            if theirs is None or (theirs.version <= ours.version and theirs.state is not BlockState.CLEARED):
                continue
            self._outbox.drop(entry)
            self._show(entry, theirs, theirs.since)
            differing.append(theirs)
        for block in present.values():
            if block.id not in gone:
                self.apply(block)
                differing.append(block)
        return differing

    def apply(self, block: Block) -> None:
        """Take one block as it stands now, from the ledger; a cleared one is removed."""
        entry = self._index.by_id(block.id)
        if entry is not None:
            self._outbox.drop(entry)
        elif block.state is not BlockState.CLEARED:
            entry = Entry(block)
        if entry is not None:
            self._show(entry, block, block.since)

    def take_changes(self) -> Sequence[Change]:
        """The next changes for the ledger, at most one of each block; [] when none wait. Followed by :meth:`saved`."""
        return self._outbox.take()

    def saved(self, changes: Sequence[Change], stored: Sequence[Block]) -> Sequence[Block]:
        """Take the ledger's answer: ids and versions, and in place of ours the blocks that somebody else had changed.

        Returns the latter; further changes of them that waited were dropped.
        """
        theirs = []
        for entry, block, ours in self._outbox.settle(changes, stored):
            if ours:
                self._index.renumber(entry, replace(entry.block, id=block.id, version=block.version))
            else:
                self._show(entry, block, block.since)
                theirs.append(block)
        return theirs

    def unsaved(self) -> None:
        """The ledger could not write: the changes that were taken wait again."""
        self._outbox.put_back()

    def blocks(self) -> Iterator[Block]:
        """All blocks, in no order."""
        return (entry.block for entry in self._index)

    def current(self, block: Block) -> Block | None:
        """The present state of a block that was seen earlier; None when it is gone."""
        entry = self._find(block)
        return entry.block if entry else None

    # Questions

    def is_closed(self, sending_address: str, mx_address: str, group: str) -> bool:
        """Whether no attempt may start on the pair. Takes about a microsecond."""
        return self._index.is_closed(sending_address, mx_address, group)

    def block_of(self, sending_address: str, mx_address: str, group: str) -> Block | None:
        """The block that says most about the pair: an exemption, else one that closes it, a slow start, a suspect."""
        entry = self._index.covering(sending_address, mx_address, group)
        return entry.block if entry else None

    def is_exempt(self, sending_address: str, mx_address: str, group: str) -> bool:
        """Whether a person has said that the pair is never to be blocked."""
        entry = self._index.covering(sending_address, mx_address, group)
        return entry is not None and entry.exempt

    def ramp(self, sending_address: str, mx_address: str, group: str) -> Gauge | None:
        """The slow start that the pair is in: what it has left in the present step; None when it is in none."""
        return self._index.ramp(sending_address, mx_address, group)

    def ramp_allowance(self, sending_address: str, mx_address: str, group: str) -> int | None:
        """Messages that the slow start still allows in the present step; None when the pair is in none."""
        ramp = self.ramp(sending_address, mx_address, group)
        return max(0, ramp.left) if ramp else None

    def ramp_until(self, sending_address: str, mx_address: str, group: str) -> float | None:
        """When the present step of the pair's slow start is over; None when it is in none."""
        block = self.block_of(sending_address, mx_address, group)
        return blocks.ramp_ends(block, self._step) if block else None

    def note_sent(self, sending_address: str, mx_address: str, group: str, messages: int) -> None:
        """Messages were handed to the pair (negative: they came back unused). Only the slow start counts them."""
        if ramp := self.ramp(sending_address, mx_address, group):
            ramp.take(messages)

    def standing(self, stream: StreamPlan, route: Route, unusable: Collection[str] = ()) -> Standing:
        """Whether any pair of a stream and a domain is open; *unusable* are addresses that can't be bound."""
        standing = Standing.IMPOSSIBLE
        for pair in _possible_pairs(stream, route, unusable):
            if not self._index.is_closed(pair.sending_address, pair.mx_address, route.group):
                return Standing.OPEN
            standing = Standing.BLOCKED
        return standing

    def contagion(self, addresses: Collection[str], provider: str, now: float) -> bool:
        """Whether half of *addresses*, at least 2, became blocked at *provider* within an hour (product.md 5.9).

        *provider* as :func:`provider_of` names it: the exchanger group stands for a destination without a provider.
        """
        blocked = self._index.newly_closed(addresses, provider, now - CONTAGION_WINDOW)
        return blocked >= max(CONTAGION_MINIMUM, CONTAGION_SHARE * len(addresses))

    # Refusals

    def on_refusal(self, refusal: Refusal, now: float, known_addresses: int) -> Sequence[Change]:
        """Record a reply with the verdict block; return what changed ([] when the pair is exempt or closed already).

        *known_addresses* is the number of addresses that the exchanger group has now. Afterwards ask :meth:`is_closed`
        whether the pair is closed: below a threshold and with an exemption it is not.
        """
        pair = refusal.pair
        entry = self._index.covering(pair.sending_address, pair.mx_address, refusal.group)
        known = entry.block if entry else None
        change = refusals.refused(known, refusal, now, self._interval, self._jitter(), known_addresses)
        return self._follow(entry, change, refusal, now, known_addresses)

    def _follow(
        self, entry: Entry | None, change: Change | None, refusal: Refusal, now: float, known_addresses: int
    ) -> Sequence[Change]:
        """Put in force what a refusal does to the block that covers its pair (*entry*, if any), and widen if it is due."""
        block = change[0] if change else entry.block if entry else None
        if block is None:
            return []
        others = self._others(entry, block)
        refusing = [other for other in others if refusals.refuses_alike(other.block, block)]
        is_wider = refusals.widens(refusal, block, [other.block for other in refusing])
        changes = []
        if entry or not is_wider:
            entry = entry or Entry(block)
            changes = [self._commit(entry, change, now)] if change else []
            others, refusing = [*others, entry], [*refusing, entry]
        return [*changes, *self._widen(refusing, others, refusal, now, known_addresses)] if is_wider else changes

    def _others(self, entry: Entry | None, block: Block) -> list[Entry]:
        """Blocks of further pairs of the address at the group that a wider *block* would take over."""
        members = self._index.members(block.sending_address, block.group)
        return [other for other in members if other is not entry and refusals.may_be_merged(other.block, block)]

    def _widen(
        self, refusing: Sequence[Entry], others: Sequence[Entry], refusal: Refusal, now: float, known_addresses: int
    ) -> Sequence[Change]:
        """Make the oldest of the *refusing* blocks cover the group, and merge all others into it."""
        wide = min(refusing, key=lambda entry: entry.block.since)
        taken_over = [entry.block for entry in refusing if entry is not wide]
        widened = self._commit(wide, refusals.widen(wide.block, refusal, taken_over, known_addresses, now), now)
        merged = [entry for entry in others if entry is not wide]
        return [widened, *(self._commit(one, refusals.merged(one.block, wide.block, now), now) for one in merged)]

    # Probes and slow starts

    def due_probes(self, now: float, limit: int = 1000) -> Sequence[Block]:
        """Blocks of own addresses that are to be tested now, the most overdue first, those under way left out."""
        due: dict[Entry, tuple[float, int, Entry]] = {}
        while len(due) < limit and (at := self.next_probe_at()) is not None and at <= now:
            item = heapq.heappop(self._probes)
            due[item[2]] = item
        for item in due.values():
            heapq.heappush(self._probes, item)
        return [entry.block for entry in due]

    def next_probe_at(self) -> float | None:
        """When the next probe is due (an instant in the past when one is now); None when none is set."""
        while self._probes and self._probes[0][2].probe_at != self._probes[0][0]:
            heapq.heappop(self._probes)
        return self._probes[0][0] if self._probes else None

    def set_back(self, now: float, by: float) -> Sequence[Change]:
        """The clock was set back *by* so many seconds to *now*: probes and slow starts come when they would have come."""
        moved = [
            (entry, blocks.set_back(entry.block, now, by, self._interval)) for entry in self._own_entries(self._index)
        ]
        return [self._commit(entry, change, now) for entry, change in moved if change]

    def probe_started(self, block: Block, now: float) -> Sequence[Change]:
        """A probe of the block starts; [] when it can't (gone, cleared, under way): then don't probe."""
        entry = self._find(block)
        if entry is None or not entry.block.can_be_probed:
            return []
        return [self._commit(entry, blocks.probe_started(entry.block, now, self._interval, self._jitter()), now)]

    def probe_refused(self, block: Block, refusal: Refusal, now: float, known_addresses: int) -> Sequence[Change]:
        """The probe met a block reply. [] when the block was changed meanwhile (cleared, made permanent)."""
        entry = self._probing(block)
        if entry is None:
            return []
        change = refusals.probe_refused(entry.block, refusal, now, self._interval, self._jitter(), known_addresses)
        return self._follow(entry, change, refusal, now, known_addresses)

    def probe_failed(self, block: Block, text: str, now: float) -> Sequence[Change]:
        """The probe ended for a reason that says nothing about the block."""
        entry = self._probing(block)
        if entry is None:
            return []
        return [self._commit(entry, blocks.probe_failed(entry.block, text, now, self._interval, self._jitter()), now)]

    def probe_accepted(self, block: Block, now: float, reply: str = "") -> Sequence[Change]:
        """The probe was accepted: the slow start begins."""
        entry = self._probing(block)
        return [self._commit(entry, blocks.probe_accepted(entry.block, now, reply), now)] if entry else []

    def abandon_probes(self, now: float) -> Sequence[Change]:
        """At the start, after :meth:`load`: probes of own addresses that an earlier engine did not finish have failed."""
        return [
            change
            for entry in self._index
            if entry.block.state is BlockState.PROBING and self._is_own(entry.block)
            for change in self.probe_failed(entry.block, "the engine stopped during the probe", now)
        ]

    def tick(self, now: float, ceiling: Callable[[Block], int]) -> Sequence[Change]:
        """Step the slow starts whose step is over and end suspicions that came to nothing.

        *ceiling* gives the messages a step at which a block is over (see :meth:`engine.limits.Limits.ramp_ceiling`).
        """
        changes = [
            (entry, blocks.ramp_tick(entry.block, now, self._step, ceiling(entry.block)))
            for entry in self._own_entries(self._index.recovering)
            if now >= (blocks.ramp_ends(entry.block, self._step) or now)
        ]
        changes += [
            (entry, blocks.suspicion_ended(entry.block, now)) for entry in self._own_entries(self._index.suspects)
        ]
        return [self._commit(entry, change, now) for entry, change in changes if change]

    def next_tick_at(self) -> float | None:
        """When :meth:`tick` has something to do next; None when nothing is under way."""
        steps = [blocks.ramp_ends(entry.block, self._step) for entry in self._own_entries(self._index.recovering)]
        steps += [blocks.suspicion_ends(entry.block) for entry in self._own_entries(self._index.suspects)]
        return min((step for step in steps if step is not None), default=None)

    # Within

    def _find(self, block: Block) -> Entry | None:
        """The entry of a block that was seen earlier, perhaps before it had its id."""
        if block.id and (entry := self._index.by_id(block.id)):
            return entry
        met = self._index.first_met_at(block.sending_address, block.mx_address)
        return next((entry for entry in met if not (block.id and entry.block.id)), None)

    def _probing(self, block: Block) -> Entry | None:
        entry = self._find(block)
        return entry if entry and entry.block.state is BlockState.PROBING else None

    def _is_own(self, block: Block) -> bool:
        return self._own is None or block.sending_address in self._own

    def _own_entries(self, entries: Iterable[Entry]) -> list[Entry]:
        return [entry for entry in entries if self._is_own(entry.block)]

    def _commit(self, entry: Entry, change: Change, now: float) -> Change:
        self._show(entry, change[0], now)
        self._outbox.add(entry, change)
        return change

    def _show(self, entry: Entry, block: Block, at: float) -> None:
        if block.state is BlockState.CLEARED:
            self._index.remove(entry)
            entry.block = block
        else:
            self._index.put(entry, block, at)
            self._schedule(entry)
        self.revision += 1

    def _schedule(self, entry: Entry) -> None:
        block = entry.block
        at = None
        if block.can_be_probed and self._is_own(block):
            at = 0.0 if block.probe_requested else block.next_probe
        if at is not None and at != entry.probe_at:
            heapq.heappush(self._probes, (at, next(self._order), entry))
        entry.probe_at = at


def _possible_pairs(stream: StreamPlan, route: Route, unusable: Collection[str]) -> Iterator[IPPair]:
    """Pairs of one family, with addresses that are enabled in the stream and can be bound."""
    for mx in route.addresses:
        family = family_of(mx.address)
        for bound in stream.addresses:
            ip = bound.address.ip
            if bound.is_open and ip not in unusable and family_of(ip) is family:
                yield IPPair(ip, mx.address)
