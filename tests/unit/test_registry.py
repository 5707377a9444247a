"""What is blocked now: lookups, widening, total blocks, probes, slow starts, and the way to the ledger and back."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from decisions import GROUP, HOUR, MX1, MX2, MX3, MX4, NOON, A, B, C, D, MemoryLedger, bind, refusal, route, stream
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import blocks
from engine.blocks import Block, BlockEventKind, BlockState
from engine.registry import Registry, Standing, provider_of
from engine.replies import Scope, Threshold


def never(_: Block) -> int:
    """A slow start without an end."""
    return 1 << 40


@pytest.fixture
def registry() -> Registry:
    return Registry(lambda: 0.0)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


def only_block(registry: Registry) -> Block:
    (block,) = registry.blocks()
    return block


class TestClockSetBack:
    """The machine's clock is set back by an hour, ten minutes after a refusal."""

    NOW = NOON + 600 - 3600

    def test_the_next_probe_is_not_an_hour_late(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        registry.set_back(self.NOW, 3600)
        assert registry.next_probe_at() == self.NOW + 3000
        ledger.write_all(registry)
        assert only_block(registry).next_probe == self.NOW + 3000
        registry.configure(probe_interval=3600, recovery_step=60, own=None)  # a person has changed something
        assert registry.next_probe_at() == self.NOW + 3000

    def test_a_probe_that_a_wrong_clock_has_set_waits_no_longer_than_its_interval(self, registry: Registry) -> None:
        registry.on_refusal(refusal(at=NOON + 99 * 86_400), NOON + 99 * 86_400, 4)
        registry.set_back(NOON, 60)
        next_probe = registry.next_probe_at()
        assert next_probe is not None
        assert NOON < next_probe <= NOON + 1.1 * 3600

    def test_a_slow_start_goes_on(self, registry: Registry) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        registry.probe_started(only_block(registry), NOON + 1)
        registry.probe_accepted(only_block(registry), NOON + 590)
        registry.set_back(self.NOW, 3600)
        assert registry.next_tick_at() == self.NOW + 50

    def test_what_lies_behind_stays(self, registry: Registry) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        assert registry.set_back(NOON + 4000, 60) == []


class TestClosing:
    """Which pairs a refusal closes."""

    def test_the_pair_and_nothing_else(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        assert registry.is_closed(A, MX1, GROUP)
        assert not registry.is_closed(A, MX2, GROUP)
        assert not registry.is_closed(B, MX1, GROUP)

    def test_the_pair_for_every_group_that_uses_the_address(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        assert registry.is_closed(A, MX1, "another.example.net")

    def test_a_second_reply_on_a_closed_pair_changes_nothing(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        assert registry.on_refusal(refusal(A, MX1, NOON + 1), NOON + 1, 4) == []

    def test_below_a_threshold_the_pair_stays_open(self, registry: Registry) -> None:
        few = Threshold(2, 600)
        assert registry.on_refusal(refusal(threshold=few), NOON, 4)[0][0].state is BlockState.SUSPECT
        assert not registry.is_closed(A, MX1, GROUP)
        registry.on_refusal(refusal(at=NOON + 1, threshold=few), NOON + 1, 4)
        assert registry.is_closed(A, MX1, GROUP)

    def test_an_exempt_pair_is_never_closed(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        ledger.write_all(registry)
        ledger.edit(blocks.exempted(only_block(registry), NOON, "ada"))
        registry.reload(ledger.load())
        assert registry.on_refusal(refusal(at=NOON + 9), NOON + 9, 4) == []
        assert not registry.is_closed(A, MX1, GROUP)

    def test_an_exempt_pair_stays_open_when_its_group_is_closed(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        ledger.write_all(registry)
        ledger.edit(blocks.exempted(only_block(registry), NOON, "ada"))
        registry.reload(ledger.load())
        registry.on_refusal(refusal(A, MX2, scope=Scope.GROUP), NOON, 4)
        assert not registry.is_closed(A, MX1, GROUP)
        assert registry.is_closed(A, MX3, GROUP)


class TestWidening:
    """From pairs to the exchanger group."""

    def test_two_addresses_within_ten_minutes(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        ledger.write_all(registry)
        changes = registry.on_refusal(refusal(A, MX2, NOON + 600), NOON + 600, 4)
        assert [event.kind for _, event in changes] == [BlockEventKind.WIDENED]
        block = only_block(registry)
        assert (block.id, block.scope, block.mx_address) == (1, Scope.GROUP, MX1)
        assert block.reason.startswith("2 of 4 addresses refused")
        assert registry.is_closed(A, "203.0.113.99", GROUP), "new and rotated addresses are blocked too"
        assert not registry.is_closed(A, "203.0.113.99", "other.example.org")

    def test_not_after_ten_minutes(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.on_refusal(refusal(A, MX2, NOON + 601), NOON + 601, 4)
        assert len(list(registry.blocks())) == 2
        assert not registry.is_closed(A, MX3, GROUP)

    def test_not_across_groups_or_sending_addresses(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.on_refusal(refusal(B, MX2), NOON, 4)
        registry.on_refusal(refusal(A, MX3, group="other.example.org"), NOON, 4)
        assert {block.scope for block in registry.blocks()} == {Scope.PAIR}

    def test_a_rule_of_group_scope_closes_all_at_once(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1, scope=Scope.GROUP), NOON, 4)
        assert registry.is_closed(A, MX4, GROUP)
        assert only_block(registry).reason.startswith("1 of 4 addresses refused")

    def test_pair_blocks_are_merged_into_the_first(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.on_refusal(refusal(A, MX2, NOON + 1000), NOON + 1000, 4)
        ledger.write_all(registry)
        registry.on_refusal(refusal(A, MX3, NOON + 1100), NOON + 1100, 4)
        ledger.write_all(registry)
        block = only_block(registry)
        assert (block.id, [pair.mx_address for pair in block.pairs]) == (1, [MX1, MX2, MX3])
        assert ledger.stored[2].state is BlockState.CLEARED
        number, event = ledger.history[-1]
        assert (number, event.kind) == (2, BlockEventKind.CLEARED)
        assert "merged" in event.text

    def test_what_a_person_made_permanent_is_not_merged(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        ledger.write_all(registry)
        ledger.edit(blocks.made_permanent(only_block(registry), NOON, "ada"))
        registry.reload(ledger.load())
        registry.on_refusal(refusal(A, MX2, NOON + 1), NOON + 1, 4)
        assert {block.state for block in registry.blocks()} == {BlockState.PERMANENT, BlockState.BLOCKED}
        assert not registry.is_closed(A, MX3, GROUP)

    def test_a_widened_block_leaves_alone_what_a_person_decided(self, registry: Registry, ledger: MemoryLedger) -> None:
        for mx, what in ((MX1, blocks.made_permanent), (MX2, blocks.exempted)):
            registry.on_refusal(refusal(A, mx, NOON - HOUR), NOON - HOUR, 4)
            ledger.write_all(registry)
            block = registry.block_of(A, mx, GROUP)
            assert block is not None
            ledger.edit(what(block, NOON, "ada"))
            registry.reload(ledger.load())
        for mx in (MX3, MX4):
            registry.on_refusal(refusal(A, mx), NOON, 4)
        states = sorted((block.mx_address, block.state, block.scope) for block in registry.blocks())
        assert states == [
            (MX1, BlockState.PERMANENT, Scope.PAIR),
            (MX2, BlockState.EXEMPT, Scope.PAIR),
            (MX3, BlockState.BLOCKED, Scope.GROUP),
        ]

    def test_a_permanent_refusal_is_not_joined_to_a_block_that_is_probed(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.on_refusal(refusal(A, MX2, permanent=True), NOON, 4)
        assert {block.state for block in registry.blocks()} == {BlockState.BLOCKED, BlockState.PERMANENT}

    def test_a_suspicion_widens_nothing(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.on_refusal(refusal(A, MX2, threshold=Threshold(2, 600)), NOON, 4)
        assert not registry.is_closed(A, MX2, GROUP)
        assert {block.scope for block in registry.blocks()} == {Scope.PAIR}

    def test_an_address_that_serves_two_groups_widens_its_own_only(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.on_refusal(refusal(A, MX2, group="other.example.org"), NOON, 4)
        registry.on_refusal(refusal(A, MX2, NOON + 1, scope=Scope.GROUP), NOON + 1, 4)
        assert not registry.is_closed(A, MX3, "other.example.org")
        assert {block.scope for block in registry.blocks()} == {Scope.PAIR}

    def test_probes_that_are_refused_within_ten_minutes_widen_too(self, registry: Registry) -> None:
        for at, mx in ((NOON, MX1), (NOON + 1000, MX2)):
            registry.on_refusal(refusal(A, mx, at), at, 4)
        for at, mx in ((NOON + HOUR, MX1), (NOON + HOUR + 300, MX2)):
            block = registry.block_of(A, mx, GROUP)
            assert block is not None
            registry.probe_started(block, at)
            registry.probe_refused(block, refusal(A, mx, at), at, 4)
        assert only_block(registry).scope is Scope.GROUP


class TestTotalBlock:
    """All pairs that are possible, and no others."""

    def test_it_is_total_when_every_pair_of_the_family_is_closed(self, registry: Registry) -> None:
        plan, where = stream(A, B, "2001:db8::1"), route(MX1)
        registry.on_refusal(refusal(A, MX1), NOON, 1)
        assert registry.standing(plan, where) is Standing.OPEN
        registry.on_refusal(refusal(B, MX1), NOON, 1)
        assert registry.standing(plan, where) is Standing.BLOCKED

    def test_addresses_that_are_not_enabled_are_no_way_out(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 1)
        plan = stream(A, bind(B, paused=True), bind(C, enabled=False), D)
        assert registry.standing(plan, route(MX1)) is Standing.OPEN
        assert registry.standing(plan, route(MX1), unusable={D}) is Standing.BLOCKED

    def test_a_new_address_of_the_domain_opens_it(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 1)
        assert registry.standing(stream(A), route(MX1)) is Standing.BLOCKED
        assert registry.standing(stream(A), route(MX1, MX2)) is Standing.OPEN

    def test_nothing_possible_is_no_block(self, registry: Registry) -> None:
        assert registry.standing(stream("2001:db8::1"), route(MX1)) is Standing.IMPOSSIBLE

    def test_a_pair_in_its_slow_start_is_open(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 1)
        block = only_block(registry)
        registry.probe_started(block, NOON)
        assert registry.standing(stream(A), route(MX1)) is Standing.BLOCKED
        registry.probe_accepted(block, NOON)
        assert registry.standing(stream(A), route(MX1)) is Standing.OPEN


class TestContagion:
    """Half of a stream's addresses, at least two, within an hour at one provider."""

    def test_half_is_enough_and_one_is_not(self, registry: Registry) -> None:
        pool = [A, B, C, D]
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        assert not registry.contagion([A, B], "Example", NOON), "at least two"
        registry.on_refusal(refusal(B, MX1, NOON + 60), NOON + 60, 4)
        assert registry.contagion(pool, "Example", NOON + 60)
        assert not registry.contagion([*pool, "192.0.2.5"], "Example", NOON + 60)
        assert not registry.contagion(pool, "Other", NOON + 60)

    def test_it_is_about_an_hour_and_about_what_is_still_closed(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        late = NOON + HOUR
        registry.on_refusal(refusal(B, MX1, late), late, 4)
        assert not registry.contagion([A, B], "Example", late)
        registry.on_refusal(refusal(C, MX1, late), late, 4)
        assert registry.contagion([B, C], "Example", late)
        block = registry.block_of(C, MX1, GROUP)
        assert block is not None
        registry.probe_started(block, late)
        registry.probe_accepted(block, late)
        assert not registry.contagion([B, C], "Example", late)

    def test_a_group_stands_for_a_destination_without_a_provider(self, registry: Registry) -> None:
        for address in (A, B):
            registry.on_refusal(refusal(address, provider=""), NOON, 1)
        assert registry.contagion([A, B], provider_of("", GROUP), NOON)
        assert not registry.contagion([A, B], provider_of("", "other"), NOON)


class TestProbes:
    """When which block is tested."""

    def test_one_per_interval_and_block(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        assert registry.next_probe_at() == NOON + HOUR
        assert registry.due_probes(NOON + HOUR - 1) == []
        (block,) = registry.due_probes(NOON + HOUR)
        assert registry.probe_started(block, NOON + HOUR)
        assert registry.due_probes(NOON + 9 * HOUR) == [], "one at a time"
        assert registry.probe_started(block, NOON + HOUR) == []
        registry.probe_refused(block, refusal(at=NOON + HOUR), NOON + HOUR, 4)
        assert registry.next_probe_at() == NOON + 2 * HOUR

    def test_the_most_overdue_first(self, registry: Registry) -> None:
        for number, address in enumerate([C, A, B]):
            registry.on_refusal(refusal(address, MX1, NOON + number), NOON + number, 4)
        due = registry.due_probes(NOON + 2 * HOUR, limit=2)
        assert [block.sending_address for block in due] == [C, A]
        assert len(registry.due_probes(NOON + 2 * HOUR)) == 3

    def test_only_blocks_of_own_addresses(self, registry: Registry) -> None:
        for address in (A, B):
            registry.on_refusal(refusal(address), NOON, 4)
        registry.configure(probe_interval=HOUR, recovery_step=60.0, own={B})
        assert [block.sending_address for block in registry.due_probes(NOON + HOUR)] == [B]

    def test_a_person_may_ask_for_one_at_once(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(permanent=True), NOON, 4)
        ledger.write_all(registry)
        assert registry.next_probe_at() is None
        ledger.edit(blocks.probe_requested(only_block(registry), NOON, "ada"))
        registry.reload(ledger.load())
        (block,) = registry.due_probes(NOON)
        registry.probe_started(block, NOON)
        registry.probe_failed(block, "timed out", NOON)
        assert registry.next_probe_at() is None
        assert only_block(registry).state is BlockState.PERMANENT

    def test_a_probe_whose_block_was_cleared_meanwhile_says_nothing(
        self, registry: Registry, ledger: MemoryLedger
    ) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        block = only_block(registry)
        registry.probe_started(block, NOON)
        ledger.write_all(registry)
        ledger.edit(blocks.cleared(ledger.stored[1], NOON, "ada"))
        registry.reload(ledger.load())
        assert registry.probe_refused(block, refusal(), NOON + 1, 4) == []
        assert list(registry.blocks()) == []

    def test_a_probe_that_an_earlier_engine_left_has_failed(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        registry.probe_started(only_block(registry), NOON)
        ledger.write_all(registry)
        later = Registry(lambda: 0.0)
        later.load(ledger.load())
        later.abandon_probes(NOON + 10)
        assert only_block(later).state is BlockState.BLOCKED
        assert later.next_probe_at() == NOON + 10 + HOUR


class TestSlowStart:
    """What a recovering pair may carry."""

    @staticmethod
    def recovering(registry: Registry) -> Block:
        registry.on_refusal(refusal(), NOON, 4)
        block = only_block(registry)
        registry.probe_started(block, NOON)
        registry.probe_accepted(block, NOON)
        return block

    def test_a_step_carries_what_it_allows(self, registry: Registry) -> None:
        self.recovering(registry)
        assert registry.ramp_allowance(A, MX1, GROUP) == 1
        registry.note_sent(A, MX1, GROUP, 1)
        assert registry.ramp_allowance(A, MX1, GROUP) == 0
        assert registry.tick(NOON + 59, never) == []
        assert registry.next_tick_at() == NOON + 60
        registry.tick(NOON + 60, never)
        assert registry.ramp_allowance(A, MX1, GROUP) == 2
        registry.note_sent(A, MX1, GROUP, 2)
        registry.note_sent(A, MX1, GROUP, -1)
        assert registry.ramp_allowance(A, MX1, GROUP) == 1

    def test_other_pairs_have_none(self, registry: Registry) -> None:
        self.recovering(registry)
        assert registry.ramp_allowance(A, MX2, GROUP) is None

    def test_at_the_ceiling_it_is_over(self, registry: Registry) -> None:
        self.recovering(registry)
        ((_, event),) = registry.tick(NOON + 60, lambda _: 2)
        assert event.kind is BlockEventKind.RECOVERED
        assert list(registry.blocks()) == []
        assert registry.next_tick_at() is None

    def test_refused_again_it_is_closed_again(self, registry: Registry) -> None:
        self.recovering(registry)
        registry.on_refusal(refusal(at=NOON + 5), NOON + 5, 4)
        assert registry.is_closed(A, MX1, GROUP)
        assert registry.ramp_allowance(A, MX1, GROUP) is None
        assert registry.next_probe_at() == NOON + 5 + HOUR

    def test_a_suspicion_that_came_to_nothing_ends(self, registry: Registry) -> None:
        registry.on_refusal(refusal(threshold=Threshold(3, 600)), NOON, 4)
        assert registry.next_tick_at() == NOON + 600
        registry.tick(NOON + 600, never)
        assert list(registry.blocks()) == []


class TestLedger:
    """What is in force at once reaches the ledger in order, and what others change there comes back."""

    def test_every_event_of_a_block_is_written_in_order(self, registry: Registry, ledger: MemoryLedger) -> None:
        few = Threshold(3, 600)
        for number in range(3):
            registry.on_refusal(refusal(at=NOON + number, threshold=few), NOON + number, 4)
        ledger.write_all(registry)
        kinds = [event.kind for _, event in ledger.history]
        assert kinds == [BlockEventKind.REFUSED, BlockEventKind.REFUSED, BlockEventKind.BLOCKED]
        assert ledger.stored[1] == only_block(registry)
        assert len(ledger.stored) == 1

    def test_changes_during_a_write_wait_for_the_next(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        changes = registry.take_changes()
        registry.on_refusal(refusal(A, MX2), NOON, 4)
        registry.saved(changes, ledger.save(changes))
        ledger.write_all(registry)
        assert [event.kind for _, event in ledger.history] == [BlockEventKind.BLOCKED, BlockEventKind.WIDENED]
        assert len(ledger.stored) == 1

    def test_a_failed_write_loses_nothing(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.take_changes()
        registry.unsaved()
        ledger.write_all(registry)
        assert len(ledger.history) == 1

    def test_two_writes_at_once_are_refused(self, registry: Registry) -> None:
        registry.on_refusal(refusal(A, MX1), NOON, 4)
        registry.take_changes()
        with pytest.raises(RuntimeError, match="last batch"):
            registry.take_changes()

    def test_a_clear_by_a_person_wins_over_what_was_on_its_way(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        ledger.write_all(registry)
        registry.probe_started(only_block(registry), NOON + 1)
        registry.probe_failed(only_block(registry), "timed out", NOON + 2)
        ledger.edit(blocks.cleared(ledger.stored[1], NOON + 1, "ada"))
        ledger.write_all(registry)
        assert not registry.is_closed(A, MX1, GROUP)
        assert ledger.stored[1].state is BlockState.CLEARED
        assert registry.take_changes() == []

    def test_what_followed_during_a_write_is_void_when_a_person_was_first(
        self, registry: Registry, ledger: MemoryLedger
    ) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        ledger.write_all(registry)
        block = only_block(registry)
        registry.probe_started(block, NOON + 1)
        changes = registry.take_changes()
        registry.probe_failed(block, "timed out", NOON + 2)
        ledger.edit(blocks.cleared(ledger.stored[1], NOON + 1, "ada"))
        assert [theirs.state for theirs in registry.saved(changes, ledger.save(changes))] == [BlockState.CLEARED]
        assert registry.take_changes() == []
        assert registry.current(block) is None

    def test_a_reload_brings_what_others_did(self, registry: Registry, ledger: MemoryLedger) -> None:
        for address in (A, B):
            registry.on_refusal(refusal(address), NOON, 4)
        ledger.write_all(registry)
        ledger.edit(blocks.cleared(ledger.stored[1], NOON, "ada"))
        ledger.stored[9] = replace(ledger.stored[2], id=9, sending_address=C)  # type: ignore[arg-type]
        differing = registry.reload(ledger.load())
        assert {(block.id, block.state) for block in differing} == {(1, BlockState.CLEARED), (9, BlockState.BLOCKED)}
        assert [registry.is_closed(address, MX1, GROUP) for address in (A, B, C)] == [False, True, True]

    def test_a_reload_keeps_what_is_not_written_yet(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(A), NOON, 4)
        ledger.write_all(registry)
        registry.on_refusal(refusal(B), NOON, 4)
        registry.probe_started(next(registry.blocks()), NOON)
        assert registry.reload(ledger.load()) == []
        assert registry.is_closed(B, MX1, GROUP)
        ledger.write_all(registry)
        assert {block.state for block in ledger.load()} == {BlockState.PROBING, BlockState.BLOCKED}

    def test_a_clear_of_ours_is_not_undone_by_a_reload(self, registry: Registry, ledger: MemoryLedger) -> None:
        registry.on_refusal(refusal(), NOON, 4)
        registry.probe_started(only_block(registry), NOON)
        registry.probe_accepted(only_block(registry), NOON)
        ledger.write_all(registry)
        registry.tick(NOON + 60, lambda _: 1)
        assert registry.reload(ledger.load()) == []
        assert list(registry.blocks()) == []
        ledger.write_all(registry)
        assert ledger.load() == []

    def test_a_restart_finds_everything_as_it_was(self, registry: Registry, ledger: MemoryLedger) -> None:
        for address, mx in ((A, MX1), (A, MX2), (B, MX1)):
            registry.on_refusal(refusal(address, mx), NOON, 4)
        ledger.write_all(registry)
        again = Registry(lambda: 0.0)
        again.load(ledger.load())
        assert sorted(again.blocks(), key=repr) == sorted(registry.blocks(), key=repr)
        assert again.next_probe_at() == registry.next_probe_at()
        assert again.contagion([A, B], "Example", NOON + 1)


ADDRESSES = st.sampled_from([A, B])
EXCHANGERS = st.sampled_from([MX1, MX2, MX3])
GROUPS = st.sampled_from([GROUP, "other.example.org"])
STEP = st.one_of(
    st.tuples(st.just("refuse"), ADDRESSES, EXCHANGERS, GROUPS, st.sampled_from(Scope), st.integers(1, 2)),
    st.tuples(st.just("probe"), st.sampled_from(["accepted", "refused", "failed"])),
    st.tuples(st.just("person"), st.sampled_from(["cleared", "exempted", "made_permanent"]), st.integers(0, 9)),
    st.tuples(st.just("write")),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 60.0, 700.0, 4000.0])),
)


def closed_by_definition(registry: Registry, address: str, mx: str, group: str) -> bool:
    """What is_closed means, worked out from all blocks one by one."""
    covering = [
        block
        for block in registry.blocks()
        if block.sending_address == address
        and (
            (block.scope is Scope.GROUP and block.group == group)
            or mx in {block.mx_address, *(pair.mx_address for pair in block.pairs)}
        )
    ]
    exempt = any(block.state is BlockState.EXEMPT for block in covering)
    return not exempt and any(block.closes_pair for block in covering)


class Story:
    """A registry and its ledger, through whatever happens to them."""

    def __init__(self) -> None:
        self.registry = Registry(lambda: 0.0)
        self.ledger = MemoryLedger()
        self.now = NOON

    def refuse(self, address: str, mx: str, group: str, scope: Scope, count: int) -> None:
        threshold = Threshold(count, 600)
        what = refusal(address, mx, self.now, group=group, scope=scope, threshold=threshold)
        self.registry.on_refusal(what, self.now, 3)

    def probe(self, end: str) -> None:
        for block in self.registry.due_probes(self.now):
            assert self.registry.probe_started(block, self.now)
            if end == "accepted":
                self.registry.probe_accepted(block, self.now)
            elif end == "refused":
                said = refusal(block.sending_address, block.mx_address, self.now, group=block.group)
                self.registry.probe_refused(block, said, self.now, 3)
            else:
                self.registry.probe_failed(block, "timed out", self.now)

    def person(self, what: str, place: int) -> None:
        if stored := self.ledger.load():
            self.ledger.edit(getattr(blocks, what)(stored[place % len(stored)], self.now, "ada"))
            self.registry.reload(self.ledger.load())

    def write(self) -> None:
        self.ledger.write_all(self.registry)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.registry.tick(self.now, lambda _: 4)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_indexes_and_ledger_agree_with_the_blocks_whatever_happens(steps: list[tuple[Any, ...]]) -> None:
    story = Story()
    for what, *arguments in steps:
        getattr(story, what)(*arguments)
        for place in product((A, B), (MX1, MX2, MX3, MX4), (GROUP, "other.example.org")):
            assert story.registry.is_closed(*place) == closed_by_definition(story.registry, *place)
    story.write()
    assert sorted(story.ledger.load(), key=repr) == sorted(story.registry.blocks(), key=repr)


def test_many_blocks_stay_usable() -> None:
    """100,000 blocks of 10,000 sending addresses: loaded, asked, probed and cleared one by one."""
    registry, ledger = Registry(lambda: 0.0), MemoryLedger()
    (template, _), *_ = registry.on_refusal(refusal(), NOON, 1)
    many = [
        replace(
            template,
            id=1 + number * 10 + place,
            sending_address=f"10.{number // 250}.{number % 250}.1",  # type: ignore[arg-type]
            mx_address=f"198.51.100.{place}",  # type: ignore[arg-type]
            pairs=(),
        )
        for number in range(10_000)
        for place in range(10)
    ]
    registry.load(many)
    assert all(registry.is_closed(block.sending_address, block.mx_address, GROUP) for block in many)
    assert len(registry.due_probes(NOON + HOUR, limit=100)) == 100
    ledger.stored = {block.id: block for block in many[5:]}
    assert len(registry.reload(ledger.load())) == 5
    assert sum(1 for _ in registry.blocks()) == len(many) - 5
