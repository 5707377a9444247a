"""The indexes behind the block registry: which blocks cover a pair, a group, a provider. In memory, one thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.blocks import Block, BlockState, Change, ramp_allowance
from engine.replies import Scope


class Ramp:
    """What the slow start of one block has left in its present step (a Gauge)."""

    __slots__ = ("_allowed", "left")

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self.left = allowed

    def take(self, count: int = 1) -> None:
        """Use up *count*; negative gives back, never beyond the step's allowance."""
        self.left = min(self._allowed, self.left - count)

    def free_at(self) -> float | None:
        """The step's end, which the registry knows."""
        return None


class Entry:
    """One block in the registry, what is derived from its state, and its changes that wait for the ledger."""

    __slots__ = ("block", "closed", "exempt", "pending", "probe_at", "ramp")

    def __init__(self, block: Block) -> None:
        self.block = block
        self.pending: list[Change] = []
        self.ramp: Ramp | None = None
        self.probe_at: float | None = None
        self.show(block)

    def show(self, block: Block) -> None:
        """Take the block as it is now. A slow start keeps its count while its step lasts."""
        recovering = block.state is BlockState.RECOVERING
        if not recovering:
            self.ramp = None
        elif self.ramp is None or (block.ramp_step, block.ramp_since) != (self.block.ramp_step, self.block.ramp_since):
            self.ramp = Ramp(ramp_allowance(block))
        self.block = block
        self.closed = block.closes_pair
        self.exempt = block.state is BlockState.EXEMPT

    @property
    def weight(self) -> int:
        """How much the block says about a pair that it covers: an exemption most, a suspicion least."""
        return 3 if self.exempt else 2 if self.closed else 1 if self.ramp else 0


class _Address:
    """The blocks of one sending address: by MX address, those of whole groups, and those of single pairs in a group."""

    __slots__ = ("groups", "members", "pairs")

    def __init__(self) -> None:
        self.pairs: dict[str, list[Entry]] = {}
        self.groups: dict[str, list[Entry]] = {}
        self.members: dict[str, list[Entry]] = {}


class _Exposure:
    """How many blocks close pairs of one address at one provider, and when the last of them began."""

    __slots__ = ("at", "closed")

    def __init__(self) -> None:
        self.closed = 0
        self.at = 0.0


class BlockIndex:
    """Entries by everything that they are looked up by. A changed block is put in again."""

    def __init__(self) -> None:
        self._entries: dict[Entry, None] = {}
        self._by_id: dict[int, Entry] = {}
        self._addresses: dict[str, _Address] = {}
        self._exposures: dict[str, dict[str, _Exposure]] = {}
        self.recovering: dict[Entry, None] = {}
        self.suspects: dict[Entry, None] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __contains__(self, entry: Entry) -> bool:
        return entry in self._entries

    def by_id(self, number: int) -> Entry | None:
        """The entry of a stored block."""
        return self._by_id.get(number)

    def is_closed(self, sending_address: str, mx_address: str, group: str) -> bool:
        """Whether a block closes the pair and no exemption opens it."""
        address = self._addresses.get(sending_address)
        if address is None:
            return False
        closed = False
        for entry in address.pairs.get(mx_address, ()):
            if entry.exempt:
                return False
            closed = closed or entry.closed
        for entry in address.groups.get(group, ()):
            if entry.exempt:
                return False
            closed = closed or entry.closed
        return closed

    def covering(self, sending_address: str, mx_address: str, group: str) -> Entry | None:
        """The entry that says most about a pair."""
        address = self._addresses.get(sending_address)
        if address is None:
            return None
        found = (*address.pairs.get(mx_address, ()), *address.groups.get(group, ()))
        return max(found, key=lambda entry: entry.weight, default=None)

    def ramp(self, sending_address: str, mx_address: str, group: str) -> Ramp | None:
        """The slow start that covers a pair, of several the one with the least left."""
        if not self.recovering or (address := self._addresses.get(sending_address)) is None:
            return None
        found = (*address.pairs.get(mx_address, ()), *address.groups.get(group, ()))
        return min((entry.ramp for entry in found if entry.ramp), key=lambda ramp: ramp.left, default=None)

    def first_met_at(self, sending_address: str, mx_address: str) -> Iterator[Entry]:
        """Entries whose first refusing pair is this one."""
        address = self._addresses.get(sending_address)
        found = address.pairs.get(mx_address, ()) if address else ()
        return (entry for entry in found if entry.block.mx_address == mx_address)

    def members(self, sending_address: str, group: str) -> tuple[Entry, ...]:
        """Entries of single pairs of the address in a group."""
        address = self._addresses.get(sending_address)
        return tuple(address.members.get(group, ())) if address else ()

    def newly_closed(self, addresses: Iterable[str], provider: str, after: float) -> int:
        """How many of *addresses* have a closed pair at *provider* that was closed after an instant."""
        seen = self._exposures.get(provider, {})
        found = (seen.get(address) for address in addresses)
        return sum(1 for exposure in found if exposure is not None and exposure.at > after)

    def put(self, entry: Entry, block: Block, at: float) -> None:
        """Show *block* in *entry*, which is new or known; *at* is the instant of the change."""
        was_closed = entry in self._entries and entry.closed
        self._unlink(entry)
        entry.show(block)
        self._entries[entry] = None
        if block.id:
            self._by_id[block.id] = entry
        address = self._addresses.setdefault(block.sending_address, _Address())
        for mx_address in _covered(block):
            address.pairs.setdefault(mx_address, []).append(entry)
        table = address.groups if block.scope is Scope.GROUP else address.members
        table.setdefault(block.group, []).append(entry)
        if entry.ramp:
            self.recovering[entry] = None
        if block.state is BlockState.SUSPECT:
            self.suspects[entry] = None
        if entry.closed and not was_closed:
            self._expose(block, at)
        elif was_closed and not entry.closed:
            self._hide(block)

    def remove(self, entry: Entry) -> None:
        """Forget an entry."""
        if entry in self._entries and entry.closed:
            self._hide(entry.block)
        self._unlink(entry)
        entry.probe_at = None

    def renumber(self, entry: Entry, block: Block) -> None:
        """Show *block*, which differs from the entry's only by id and version."""
        entry.block = block
        if entry in self._entries:
            self._by_id[block.id] = entry

    def _unlink(self, entry: Entry) -> None:
        if entry not in self._entries:
            return
        block = entry.block
        del self._entries[entry]
        self._by_id.pop(block.id, None)
        self.recovering.pop(entry, None)
        self.suspects.pop(entry, None)
        address = self._addresses[block.sending_address]
        for mx_address in _covered(block):
            _drop(address.pairs, mx_address, entry)
        _drop(address.groups if block.scope is Scope.GROUP else address.members, block.group, entry)
        if not (address.pairs or address.groups or address.members):
            del self._addresses[block.sending_address]

    def _expose(self, block: Block, at: float) -> None:
        provider = self._exposures.setdefault(provider_of(block.provider, block.group), {})
        exposure = provider.setdefault(block.sending_address, _Exposure())
        exposure.closed += 1
        exposure.at = max(exposure.at, at)

    def _hide(self, block: Block) -> None:
        name = provider_of(block.provider, block.group)
        provider = self._exposures[name]
        exposure = provider[block.sending_address]
        exposure.closed -= 1
        if not exposure.closed:
            del provider[block.sending_address]
        if not provider:
            del self._exposures[name]


def provider_of(provider: str, group: str) -> str:
    """What stands for the provider of a destination: its name, or its exchanger group when it has none."""
    return provider or group


def _covered(block: Block) -> frozenset[str]:
    """The MX addresses that a block names."""
    return frozenset({block.mx_address, *(pair.mx_address for pair in block.pairs)})


def _drop(table: dict[str, list[Entry]], key: str, entry: Entry) -> None:
    entries = table[key]
    entries.remove(entry)
    if not entries:
        del table[key]
