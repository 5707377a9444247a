"""Values for tests of the decision core: refusals, routes and streams in short, and a ledger that keeps blocks in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.blocks import Block, BlockEvent, BlockState, Change, Refusal
from engine.pairs import ExchangerGroup, IPPair, MXAddress, Route, parse_ip
from engine.ports import BoundAddress, SendingAddress, StreamPlan
from engine.registry import Registry
from engine.replies import Stage

NOON = 1_700_000_000.0
HOUR = 3600.0
GROUP = ExchangerGroup("mx1.example.net,mx2.example.net")
A, B, C, D = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
"""Sending addresses."""
MX1, MX2, MX3, MX4 = "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"


def refusal(sending_address: str = A, mx_address: str = MX1, at: float = NOON, **changes: Any) -> Refusal:
    """A block reply at the banner."""
    values: dict[str, Any] = {
        "pair": IPPair(parse_ip(sending_address), parse_ip(mx_address)),
        "mx_host": "mx1.example.net",
        "domain": "example.net",
        "group": GROUP,
        "provider": "Example",
        "stage": Stage.BANNER,
        "code": 554,
        "enhanced": "5.7.1",
        "reply": "554 5.7.1 192.0.2.1 is blocked",
        "rule": "example.blocked",
        "reason": "says that the address is blocked",
        "advice": "",
        "at": at,
    }
    return Refusal(**(values | changes))


def route(*addresses: str | tuple[str, int], domain: str = "example.net", group: str = GROUP) -> Route:
    """A route over MX addresses, each with a preference (10 when none is given)."""
    pairs = [(entry, 10) if isinstance(entry, str) else entry for entry in addresses]
    exchangers = [MXAddress(parse_ip(ip), f"mx-{ip}", preference) for ip, preference in pairs]
    return Route(domain, ExchangerGroup(group), tuple(sorted(exchangers, key=lambda mx: mx.preference)))


def stream(*addresses: str | BoundAddress, number: int = 1, **changes: Any) -> StreamPlan:
    """A stream of sending addresses, each with the weight 1."""
    bound = tuple(entry if isinstance(entry, BoundAddress) else bind(entry) for entry in addresses)
    return replace(StreamPlan(number, f"stream {number}", False, False, bound), **changes)


def bind(ip: str, weight: int = 1, *, paused: bool = False, enabled: bool = True, **changes: Any) -> BoundAddress:
    """A sending address in a stream."""
    address = SendingAddress(0, parse_ip(ip), "out.example.com", enabled, **changes)
    return BoundAddress(address, weight, paused)


class MemoryLedger:
    """What a ledger does (engine.ports.BlockLedger), in memory and at once; ``history`` has every event that was written."""

    def __init__(self) -> None:
        self.stored: dict[int, Block] = {}
        self.history: list[tuple[int, BlockEvent]] = []

    def load(self) -> list[Block]:
        """All blocks that are not cleared."""
        return [block for block in self.stored.values() if block.state is not BlockState.CLEARED]

    def save(self, changes: Sequence[Change]) -> list[Block]:
        """Write what nobody else has changed meanwhile."""
        answers = []
        for block, event in changes:
            number = block.id or len(self.stored) + 1
            present = self.stored.get(number)
            if present is None or present.version == block.version:
                self.stored[number] = replace(block, id=number, version=block.version + 1)
                self.history.append((number, event))
            answers.append(self.stored[number])
        return answers

    def edit(self, change: Change) -> None:
        """What a person does to a stored block, from another process."""
        self.save([change])

    def write_all(self, registry: Registry) -> None:
        """Write everything that a registry has changed."""
        while changes := registry.take_changes():
            registry.saved(changes, self.save(changes))
