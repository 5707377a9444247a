"""Which pair next, what a change of the pool moves, and the answer to "why not sent?"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from decisions import GROUP, HOUR, MX1, MX2, MX3, NOON, A, B, C, D, bind, refusal, route, stream
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.limits import LimitRule, Limits, LimitScope, Place
from engine.pairs import IPPair, Route
from engine.ports import EngineSettings, StreamPlan, World
from engine.registry import Registry
from engine.rendezvous import BUCKETS, Pool
from engine.replies import Scope
from engine.selection import Candidate, Selector, Turn
from engine.why import Exclusion

KEYS = [f"member{number}@example.net" for number in range(400)]


def plenty(_: IPPair) -> int:
    return 1 << 30


class Bench:
    """A stream with its registry and limits, at noon."""

    def __init__(self, plan: StreamPlan, *rules: LimitRule) -> None:
        self.plan = plan
        self.registry = Registry(lambda: 0.0)
        self.limits = Limits()
        self.limits.update(World(EngineSettings(), {plan.id: plan}, {}, (), limits=rules))
        self.selector = Selector(plan, self.registry, self.limits)

    def turn(
        self, where: Route | None = None, capacity: Callable[[IPPair], int] = plenty, now: float = NOON, **more: object
    ) -> Turn:
        return self.selector.turn(where or route(MX1), "Example", now, capacity=capacity, **more)  # type: ignore[arg-type]

    def recover(self, address: str, mx: str) -> None:
        """Put a pair into the first step of its slow start."""
        self.registry.on_refusal(refusal(address, mx), NOON, 4)
        block = self.registry.block_of(address, mx, GROUP)
        assert block is not None
        self.registry.probe_started(block, NOON)
        self.registry.probe_accepted(block, NOON)


def addresses_of(turn: Turn, keys: list[str] | None = None) -> dict[str, str]:
    chosen = {key: turn.choose(key) for key in keys or KEYS}
    return {key: candidate.pair.sending_address for key, candidate in chosen.items() if candidate is not None}


def exchanger(candidate: Candidate | None) -> str:
    return "" if candidate is None else candidate.pair.mx_address


class TestRendezvous:
    """Shares by weight, and moves as few as possible."""

    def test_shares_follow_the_weights(self) -> None:
        pool = Pool([(A, 1), (B, 2), (C, 5)])
        first = Counter(pool.members[pool.first(bucket)[0]][0] for bucket in range(BUCKETS))
        shares = [first[address] / BUCKETS for address in (A, B, C)]
        assert shares == pytest.approx([1 / 8, 2 / 8, 5 / 8], abs=0.015)

    def test_the_remembered_places_are_the_first_of_the_whole_order(self) -> None:
        for size in (20, 1000):
            pool = Pool([(f"10.0.{number // 200}.{number % 200}", 1 + number % 7) for number in range(size)])
            for bucket in range(50):
                assert list(pool.first(bucket)) == pool.rank(bucket, range(size))[:16]

    def test_second_choices_follow_the_weights_too(self) -> None:
        pool = Pool([(A, 1), (B, 2), (C, 5)])
        after_c = Counter(order[1] for bucket in range(BUCKETS) if (order := pool.first(bucket))[0] == 2)
        assert after_c[1] / after_c.total() == pytest.approx(2 / 3, abs=0.02)

    def test_orders_are_the_same_in_every_run(self) -> None:
        pool = Pool([(A, 1), (B, 1), (C, 2), (D, 1)])
        assert [pool.first(bucket)[0] for bucket in range(12)] == [2, 1, 1, 2, 2, 1, 1, 2, 1, 0, 2, 2]

    @settings(max_examples=60, deadline=None)
    @given(
        weights=st.dictionaries(st.integers(1, 40), st.integers(1, 1000), min_size=1, max_size=25),
        newcomer=st.integers(41, 60),
        weight=st.integers(1, 1000),
    )
    def test_a_newcomer_moves_only_what_it_wins(self, weights: dict[int, int], newcomer: int, weight: int) -> None:
        members = [(f"10.0.0.{number}", weights[number]) for number in weights]
        before, after = Pool(members), Pool([*members, (f"10.0.0.{newcomer}", weight)])
        new = len(members)
        for bucket in range(200):
            order = after.rank(bucket, range(new + 1))
            assert [index for index in order if index != new] == before.rank(bucket, range(new))

    @settings(max_examples=60, deadline=None)
    @given(weights=st.lists(st.integers(1, 100), min_size=2, max_size=8), more=st.integers(1, 900))
    def test_a_greater_weight_only_attracts(self, weights: list[int], more: int) -> None:
        members = [(f"10.0.0.{place}", weight) for place, weight in enumerate(weights)]
        heavier = [(members[0][0], members[0][1] + more), *members[1:]]
        before, after = Pool(members), Pool(heavier)
        for bucket in range(200):
            old, new = before.first(bucket)[0], after.first(bucket)[0]
            assert new in {old, 0}


class TestChoice:
    """MX preference, then the recipient's order, then capacity."""

    def test_all_addresses_carry_and_each_recipient_keeps_its_own(self) -> None:
        bench = Bench(stream(A, B, C, D))
        first = addresses_of(bench.turn())
        assert set(first.values()) == {A, B, C, D}
        assert addresses_of(bench.turn()) == first

    def test_a_blocked_address_loses_its_recipients_and_nobody_else_moves(self) -> None:
        bench = Bench(stream(A, B, C, D))
        before = addresses_of(bench.turn())
        bench.registry.on_refusal(refusal(A, MX1), NOON, 1)
        after = addresses_of(bench.turn())
        assert A not in after.values()
        assert {key for key in KEYS if before[key] != after[key]} == {key for key in KEYS if before[key] == A}

    def test_a_stream_that_changes_moves_only_what_it_must(self) -> None:
        bench = Bench(stream(A, B, C))
        before = addresses_of(bench.turn())
        bench.selector.update(stream(A, C, D))
        after = addresses_of(bench.turn())
        assert all(after[key] in {before[key], D} for key in KEYS if before[key] != B)

    def test_the_preferred_exchanger_first(self) -> None:
        bench = Bench(stream(A, B))
        turn = bench.turn(route((MX1, 10), (MX2, 20)))
        assert {exchanger(turn.choose(key)) for key in KEYS} == {MX1}

    def test_a_worse_exchanger_when_the_better_is_blocked_or_rests(self) -> None:
        bench = Bench(stream(A, B))
        bench.registry.on_refusal(refusal(A, MX1), NOON, 2)
        bench.limits.note_unreachable(B, MX1, NOON)
        turn = bench.turn(route((MX1, 10), (MX2, 20)))
        assert {exchanger(turn.choose(key)) for key in KEYS} == {MX2}

    def test_no_worse_exchanger_because_the_better_is_busy(self) -> None:
        bench = Bench(stream(A))
        turn = bench.turn(route((MX1, 10), (MX2, 20)), capacity=lambda pair: 1 if pair.mx_address == MX1 else 9)
        assert exchanger(turn.choose(KEYS[0])) == MX1
        assert turn.choose(KEYS[1]) is None
        assert turn.is_exhausted

    def test_exchangers_of_one_preference_share(self) -> None:
        bench = Bench(stream(A))
        turn = bench.turn(route(MX1, MX2, MX3))
        counts = Counter(exchanger(turn.choose(key)) for key in KEYS)
        assert set(counts) == {MX1, MX2, MX3}
        assert min(counts.values()) > len(KEYS) / 5

    def test_families_are_not_joined(self) -> None:
        bench = Bench(stream(A, "2001:db8::1"))
        turn = bench.turn(route(MX1, "2001:db8:1::25"))
        pairs = {(found.pair.sending_address, found.pair.mx_address) for key in KEYS if (found := turn.choose(key))}
        assert pairs == {(A, MX1), ("2001:db8::1", "2001:db8:1::25")}

    def test_paused_disabled_and_unusable_addresses_carry_nothing(self) -> None:
        bench = Bench(stream(A, bind(B, paused=True), bind(C, enabled=False), D))
        assert set(addresses_of(bench.turn(unusable={D})).values()) == {A}

    def test_capacity_is_taken_as_it_is_used_and_others_step_in(self) -> None:
        bench = Bench(stream(A, B))
        turn = bench.turn(capacity=lambda _: 3)
        chosen = addresses_of(turn)
        assert Counter(chosen.values()) == {A: 3, B: 3}
        assert turn.is_exhausted

    def test_what_was_not_handed_over_can_be_given_back(self) -> None:
        bench = Bench(stream(A))
        turn = bench.turn(capacity=lambda _: 1)
        found = turn.choose(KEYS[0])
        assert found is not None
        assert turn.choose(KEYS[1]) is None
        turn.give_back(found)
        assert turn.choose(KEYS[1]) is not None

    def test_limits_are_taken_from_at_once(self) -> None:
        bench = Bench(stream(A, B), LimitRule(LimitScope.DOMAIN, messages_per_hour=5))
        assert len(addresses_of(bench.turn())) == 5
        turn = bench.turn(now=NOON + 60)
        assert turn.choose(KEYS[0]) is None
        next_time = turn.next_time()
        assert next_time is not None
        assert NOON + HOUR <= next_time <= NOON + HOUR + 61

    def test_the_ceiling_of_a_mailing_counts_over_all_pairs(self) -> None:
        bench = Bench(stream(A, B))
        turn = bench.turn(ceiling=bench.limits.mailing_ceiling(7, 4, NOON))
        assert len(addresses_of(turn)) == 4
        assert turn.is_exhausted

    def test_a_slow_start_carries_its_step_and_the_rest_goes_elsewhere(self) -> None:
        bench = Bench(stream(A, B))
        bench.recover(A, MX1)
        assert Counter(addresses_of(bench.turn()).values()) == {A: 1, B: len(KEYS) - 1}

    def test_above_a_slow_start_a_worse_exchanger_is_used(self) -> None:
        bench = Bench(stream(A))
        bench.recover(A, MX1)
        turn = bench.turn(route((MX1, 10), (MX2, 20)))
        assert [exchanger(turn.choose(key)) for key in KEYS[:3]] == [MX1, MX2, MX2]

    def test_the_next_time_is_the_end_of_the_step(self) -> None:
        bench = Bench(stream(A))
        bench.recover(A, MX1)
        turn = bench.turn()
        turn.choose(KEYS[0])
        assert turn.choose(KEYS[1]) is None
        assert turn.next_time() == NOON + 60

    def test_the_next_time_is_the_end_of_a_rest(self) -> None:
        bench = Bench(stream(A))
        until = bench.limits.note_unreachable(A, MX1, NOON)
        turn = bench.turn()
        assert turn.choose(KEYS[0]) is None
        assert turn.next_time() == until

    def test_a_pair_that_refused_a_moment_ago_is_left_out(self) -> None:
        bench = Bench(stream(A, B))
        pair = IPPair(bench.plan.addresses[0].address.ip, route(MX1).addresses[0].address)
        found = bench.turn().choose(KEYS[0], avoid={pair})
        assert found is not None
        assert found.pair.sending_address == B
        turn = bench.turn()
        assert turn.choose(KEYS[0], avoid={found.pair, pair}) is None
        assert not turn.is_exhausted
        assert turn.choose(KEYS[0]) is not None


class TestKeeping:
    """Greylisted recipients come back from the same address."""

    def test_the_address_is_kept_while_it_is_open(self) -> None:
        bench = Bench(stream(A, B, C, D))
        turn = bench.turn()
        for key in KEYS:
            found = turn.choose(key, keep=B)
            assert found is not None
            assert found.pair.sending_address == B

    def test_it_is_waited_for_when_it_is_busy(self) -> None:
        bench = Bench(stream(A, B))
        turn = bench.turn(capacity=lambda pair: 0 if pair.sending_address == B else 9)
        assert turn.choose(KEYS[0], keep=B) is None
        assert not turn.is_exhausted
        assert turn.choose(KEYS[0]) is not None

    def test_a_blocked_one_is_given_up_unless_no_other_may_be_tried(self) -> None:
        bench = Bench(stream(A, B))
        bench.registry.on_refusal(refusal(B, MX1), NOON, 1)
        found = bench.turn().choose(KEYS[0], keep=B)
        assert found is not None
        assert found.pair.sending_address == A
        assert bench.turn().choose(KEYS[0], keep=B, strict=True) is None

    def test_an_address_that_left_the_stream_binds_nobody(self) -> None:
        bench = Bench(stream(A))
        assert bench.turn().choose(KEYS[0], keep=B, strict=True) is not None


class TestLargePools:
    """More addresses than a bucket's order remembers."""

    POOL = tuple(f"10.0.{number // 200}.{number % 200 + 1}" for number in range(300))

    def test_the_last_open_addresses_are_found(self) -> None:
        bench = Bench(stream(*self.POOL))
        for address in self.POOL[:-3]:
            bench.registry.on_refusal(refusal(address, MX1), NOON, 1)
        assert set(addresses_of(bench.turn()).values()) == set(self.POOL[-3:])

    def test_all_capacity_is_used_and_no_more(self) -> None:
        bench = Bench(stream(*self.POOL))
        turn = bench.turn(capacity=lambda _: 1)
        chosen = addresses_of(turn)
        assert Counter(chosen.values()) == dict.fromkeys(self.POOL, 1)
        assert turn.is_exhausted

    def test_busy_addresses_keep_recipients_from_a_worse_exchanger(self) -> None:
        bench = Bench(stream(*self.POOL))
        turn = bench.turn(route((MX1, 10), (MX2, 20)), capacity=lambda pair: 1 if pair.mx_address == MX1 else 9)
        counts = Counter(exchanger(turn.choose(key)) for key in KEYS)
        assert counts == {MX1: 300, "": 100}

    def test_so_does_one_that_was_busy_before_a_slow_start_was_used_up(self) -> None:
        bench = Bench(stream(*self.POOL))
        *rest, busy, recovering = self.POOL
        for address in rest:
            bench.registry.on_refusal(refusal(address, MX1), NOON, 1)
        bench.recover(recovering, MX1)
        orders = {key: [bound.address.ip for bound in bench.selector.order(key)] for key in KEYS}
        keys = [key for key in KEYS if orders[key].index(busy) < orders[key].index(recovering)]
        turn = bench.turn(route((MX1, 10), (MX2, 20)), capacity=lambda pair: 1 if pair.mx_address == MX1 else 9)
        assert [exchanger(turn.choose(key)) for key in keys[:3]] == [MX1, MX1, ""]


class TestWhy:
    """ "Why not sent?" names every pair and what excludes it."""

    @staticmethod
    def exclusions(bench: Bench, where: Route | None = None, **more: object) -> dict[tuple[str, str], Exclusion]:
        said = bench.selector.explain(KEYS[0], where or route(MX1), "Example", NOON, **more)  # type: ignore[arg-type]
        return {(one.pair.sending_address, one.pair.mx_address): one.exclusion for one in said.candidates}

    def test_every_reason_has_its_name(self) -> None:
        plan = stream(A, B, C, D, bind("192.0.2.5", paused=True), bind("192.0.2.6", enabled=False), "192.0.2.7")
        bench = Bench(plan, LimitRule(LimitScope.ADDRESS, C, messages_per_hour=1, origin="server"))
        bench.registry.on_refusal(refusal(A, MX1), NOON, 2)
        bench.limits.note_unreachable(B, MX1, NOON)
        bench.limits.note_sent(Place(1, C, MX1, "example.net", "Example"), 1, NOON)
        bench.recover(D, MX1)
        bench.registry.note_sent(D, MX1, GROUP, 1)
        found = self.exclusions(bench, route(MX1, "2001:db8::25"), unusable={"192.0.2.7"})
        assert found[A, MX1] is Exclusion.BLOCKED
        assert found[B, MX1] is Exclusion.BACKING_OFF
        assert found[C, MX1] is Exclusion.LIMIT
        assert found[D, MX1] is Exclusion.RAMP_FULL
        assert found["192.0.2.5", MX1] is Exclusion.PAUSED_IN_STREAM
        assert found["192.0.2.6", MX1] is Exclusion.ADDRESS_DISABLED
        assert found["192.0.2.7", MX1] is Exclusion.UNUSABLE
        assert found[A, "2001:db8::25"] is Exclusion.OTHER_FAMILY
        assert len(found) == 14

    def test_it_says_which_limit_and_until_when(self) -> None:
        bench = Bench(stream(A), LimitRule(LimitScope.PAIR, messages_per_hour=2, origin="stream news"))
        bench.limits.note_sent(Place(1, A, MX1, "example.net", "Example"), 2, NOON)
        said = bench.selector.explain(KEYS[0], route(MX1), "Example", NOON)
        assert said.chosen is None
        assert said.next_time is not None
        assert said.next_time >= NOON + HOUR
        assert "limit of 2 messages an hour (stream news) until 2023-11-14 23:" in said.candidates[0].text

    def test_a_total_block_is_said_to_hold(self) -> None:
        bench = Bench(stream(A, B))
        for address in (A, B):
            bench.registry.on_refusal(refusal(address, MX1), NOON, 1)
        said = bench.selector.explain(KEYS[0], route(MX1), "Example", NOON)
        assert said.summary.startswith("Held: all 2 possible pairs are blocked")
        assert said.next_time == NOON + HOUR
        assert "says that the address is blocked" in said.candidates[0].text

    def test_it_names_the_pair_that_choose_would_take_and_takes_nothing(self) -> None:
        bench = Bench(stream(A, B, C, D), LimitRule(LimitScope.DOMAIN, messages_per_hour=1))
        bench.registry.on_refusal(refusal(A, MX1), NOON, 1)
        where = route(MX1, MX3, (MX2, 20))
        for key in KEYS[:50]:
            said = bench.selector.explain(key, where, "Example", NOON)
            assert said.chosen is not None
        fresh = Bench(stream(A, B, C, D))
        turn = fresh.turn(where)
        for key in KEYS:
            found = turn.choose(key)
            said = fresh.selector.explain(key, where, "Example", NOON)
            assert found is not None
            assert said.chosen is not None
            assert said.chosen == found.pair

    def test_worse_exchangers_and_other_addresses_are_told_apart(self) -> None:
        bench = Bench(stream(A, B))
        found = self.exclusions(bench, route((MX1, 10), (MX2, 20)), keep=A)
        assert found == {
            (A, MX1): Exclusion.NONE,
            (A, MX2): Exclusion.WORSE_PREFERENCE,
            (B, MX1): Exclusion.OTHER_ADDRESS,
            (B, MX2): Exclusion.OTHER_ADDRESS,
        }

    def test_nothing_that_could_reach_the_domain(self) -> None:
        said = Bench(stream("2001:db8::1")).selector.explain(KEYS[0], route(MX1), "Example", NOON)
        assert said.summary.startswith("No sending address of the stream can reach the domain")
        assert said.next_time is None

    def test_a_block_of_the_whole_group_is_named_as_such(self) -> None:
        bench = Bench(stream(A))
        bench.registry.on_refusal(refusal(A, MX1, scope=Scope.GROUP), NOON, 4)
        said = bench.selector.explain(KEYS[0], route(MX2), "Example", NOON)
        assert said.candidates[0].exclusion is Exclusion.BLOCKED
        assert "whole exchanger group" in said.candidates[0].text
