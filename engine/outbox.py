"""Changes of blocks on their way to the ledger: in order, one of each block at a time, kept until they are durable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.block_index import Entry
from engine.blocks import Block, Change


class Outbox:
    """What the registry has changed and the ledger has not. One batch is under way at a time."""

    def __init__(self) -> None:
        self._waiting: dict[Entry, None] = {}
        self._writing: list[Entry] = []

    @property
    def is_writing(self) -> bool:
        """A batch is under way."""
        return bool(self._writing)

    def add(self, entry: Entry, change: Change) -> None:
        """A change of an entry's block, in force already."""
        entry.pending.append(change)
        if entry not in self._writing:
            self._waiting[entry] = None

    def take(self) -> Sequence[Change]:
        """The first change of every block that has any; RuntimeError while another batch is under way."""
        if self._writing:
            raise RuntimeError("the last batch of changes is neither saved nor unsaved")
        self._writing = list(self._waiting)
        self._waiting = {}
        return [entry.pending[0] for entry in self._writing]

    def put_back(self) -> None:
        """The batch under way was not written."""
        self._waiting = dict.fromkeys(self._writing) | self._waiting
        self._writing = []

    def settle(self, changes: Sequence[Change], stored: Sequence[Block]) -> list[tuple[Entry, Block, bool]]:
        """The ledger's answer to the batch: each entry with the stored block, and whether that is ours.

        Where it is, the entry's further changes are carried over to the stored block's id and version; where somebody else
        was first they are dropped.
        """
        if not len(changes) == len(stored) == len(self._writing):
            raise ValueError("the ledger's answer does not fit the batch under way")
        batch, self._writing = self._writing, []
        answers = []
        for entry, (sent, _), block in zip(batch, changes, stored, strict=True):
            entry.pending.pop(0)
            ours = same_decision(sent, block)
            if not ours:
                entry.pending.clear()
            for place, (waiting, event) in enumerate(entry.pending):
                entry.pending[place] = replace(waiting, id=block.id, version=block.version), event
            if entry.pending:
                self._waiting[entry] = None
            answers.append((entry, block, ours))
        return answers

    def drop(self, entry: Entry) -> None:
        """Somebody else has changed the block: what waited is void."""
        entry.pending.clear()
        self._waiting.pop(entry, None)

    def entries(self) -> Iterator[Entry]:
        """Entries with changes that wait."""
        return iter(tuple(self._waiting))


def same_decision(sent: Block, stored: Block) -> bool:
    """Whether *stored* is what was sent: a new block always is, another when it shows what was decided.

    Not compared are texts and times, which a database may keep in a form of its own.
    """
    return sent.id == 0 or _decided(sent) == _decided(stored)


def _decided(block: Block) -> tuple[object, ...]:
    return (
        block.state,
        block.scope,
        block.permanent,
        block.probes,
        block.probe_requested,
        block.ramp_step,
        len(block.hits),
        frozenset(pair.mx_address for pair in block.pairs),
    )
