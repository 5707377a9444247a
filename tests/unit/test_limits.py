"""Limits: what was used, what is left, which one binds, and how destinations and failures change a pair's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decisions import HOUR, MX1, MX2, NOON, A, B, C, bind, stream
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.limits import LimitKind, LimitRule, Limits, LimitScope, Place, WarmUp, warm_up_ceiling
from engine.meters import DAY, SlidingMeter
from engine.ports import EngineSettings, MailingPlan, StreamPlan, World

MIDNIGHT = NOON // DAY * DAY


def world(*streams: StreamPlan, rules: tuple[LimitRule, ...] = (), **settings_: object) -> World:
    settings = replace(EngineSettings(), **settings_)  # type: ignore[arg-type]
    plans = {plan.id: plan for plan in streams or (stream(A, B),)}
    return World(settings, plans, {1: MailingPlan(1, "news", 1, NOON + DAY)}, (), limits=rules)


def limits(*rules: LimitRule, streams: tuple[StreamPlan, ...] = (), **settings_: object) -> Limits:
    found = Limits()
    found.update(world(*streams, rules=rules, **settings_))
    return found


def place(
    address: str = A, mx: str = MX1, domain: str = "example.net", provider: str = "Example", of: int = 1
) -> Place:
    return Place(of, address, mx, domain, provider)


class TestMessages:
    """Messages an hour, by everything that a limit can be about."""

    @pytest.mark.parametrize(
        ("rule", "shared", "apart"),
        [
            (LimitRule(LimitScope.PAIR, messages_per_hour=10), [], [place(B), place(mx=MX2)]),
            (LimitRule(LimitScope.ADDRESS, A, messages_per_hour=10), [place(mx=MX2, provider="Other")], [place(B)]),
            (LimitRule(LimitScope.ADDRESS, messages_per_hour=10), [place(mx=MX2)], [place(B)]),
            (
                LimitRule(LimitScope.PROVIDER, "Example", messages_per_hour=10),
                [place(mx=MX2, domain="other.example")],
                [place(B), place(provider="Other")],
            ),
            (
                LimitRule(LimitScope.DOMAIN, "example.net, example.org", messages_per_hour=10),
                [place(B), place(domain="example.org")],
                [place(domain="example.com"), place(domain="ample.net")],
            ),
            (LimitRule(LimitScope.DOMAIN, messages_per_hour=10), [place(B)], [place(domain="example.org")]),
        ],
    )
    def test_scopes(self, rule: LimitRule, shared: list[Place], apart: list[Place]) -> None:
        book = limits(rule)
        book.note_sent(place(), 7, NOON)
        assert book.messages_for(place(), 100, NOON) == 3
        assert [book.messages_for(other, 100, NOON) for other in shared] == [3] * len(shared)
        assert all(book.messages_for(other, 100, NOON) >= 10 for other in apart)

    def test_the_smallest_wins_and_is_named(self) -> None:
        book = limits(
            LimitRule(LimitScope.PAIR, messages_per_hour=50, origin="server"),
            LimitRule(LimitScope.ADDRESS, A, messages_per_hour=20, origin="address A"),
        )
        assert book.messages_for(place(), 100, NOON) == 20
        assert book.binding(place(), NOON) is None
        book.note_sent(place(), 20, NOON)
        binding = book.binding(place(), NOON)
        assert binding is not None
        assert (binding.kind, binding.limit, binding.used) == (LimitKind.MESSAGES_PER_HOUR, 20, 20)
        assert binding.origin == "address A"
        assert binding.until is not None
        assert book.messages_for(place(), 100, binding.until - 1) == 0
        assert book.messages_for(place(), 100, binding.until) == 20

    def test_no_limit_is_no_limit(self) -> None:
        assert limits().messages_for(place(), 10**9, NOON) == 10**9

    def test_what_came_back_unused_is_free_again(self) -> None:
        book = limits(LimitRule(LimitScope.PAIR, messages_per_hour=10))
        book.note_sent(place(), 10, NOON)
        book.note_sent(place(), -4, NOON + 90)
        assert book.messages_for(place(), 100, NOON + 90) == 4

    def test_a_streams_limit_counts_that_streams_messages(self) -> None:
        own = (LimitRule(LimitScope.ADDRESS, messages_per_hour=10),)
        book = limits(streams=(stream(A, limits=own), stream(A, number=2)))
        book.note_sent(place(of=2), 500, NOON)
        assert book.messages_for(place(of=1), 100, NOON) == 10
        book.note_sent(place(of=1), 10, NOON)
        assert book.messages_for(place(of=1), 100, NOON) == 0
        assert book.messages_for(place(of=2), 100, NOON) == 100

    def test_streams_with_equal_limits_are_counted_apart(self) -> None:
        own = (LimitRule(LimitScope.ADDRESS, messages_per_hour=10),)
        book = limits(streams=(stream(A, limits=own), stream(A, number=2, limits=own)))
        book.note_sent(place(of=1), 10, NOON)
        assert book.messages_for(place(of=2), 100, NOON) == 10

    def test_an_edit_takes_effect_at_once_and_forgets_nothing(self) -> None:
        book = limits(LimitRule(LimitScope.PAIR, messages_per_hour=10))
        book.note_sent(place(), 10, NOON)
        book.update(world(rules=(LimitRule(LimitScope.PAIR, messages_per_hour=15),)))
        assert book.messages_for(place(), 100, NOON) == 5
        book.update(world())
        assert book.messages_for(place(), 100, NOON) == 100

    def test_a_mailing_has_a_ceiling_of_its_own(self) -> None:
        book = limits()
        book.mailing_ceiling(1, 10, NOON).take(4)
        assert book.mailing_ceiling(1, 10, NOON + 5).left == 6
        assert book.mailing_ceiling(1, 2, NOON + 5).left == -2

    @settings(max_examples=100, deadline=None)
    @given(
        limit=st.integers(1, 30),
        steps=st.lists(st.tuples(st.floats(0, 1500), st.integers(1, 40)), min_size=1, max_size=60),
    )
    def test_no_hour_ever_has_more_than_the_limit(self, limit: int, steps: list[tuple[float, int]]) -> None:
        book, now = limits(LimitRule(LimitScope.PAIR, messages_per_hour=limit)), NOON
        sent: list[float] = []
        for wait, demand in steps:
            now += wait
            allowed = book.messages_for(place(), demand, now)
            book.note_sent(place(), allowed, now)
            sent += [now] * allowed
            assert sum(1 for at in sent if now - at < HOUR) <= limit

    @settings(max_examples=100, deadline=None)
    @given(takes=st.lists(st.tuples(st.floats(0, 900), st.integers(1, 5)), min_size=1, max_size=30))
    def test_a_meter_says_truly_when_it_is_free(self, takes: list[tuple[float, int]]) -> None:
        meter, now = SlidingMeter(HOUR, 5), NOON
        for wait, count in takes:
            now += wait
            meter.refresh(now)
            meter.take(min(count, max(0, meter.left)))
        free_at = meter.free_at()
        meter.refresh(now)
        if free_at is None:
            assert meter.left > 0
        else:
            assert meter.left <= 0
            meter.refresh(free_at - 0.001)
            assert meter.left <= 0
            meter.refresh(free_at)
            assert meter.left > 0


class TestClock:
    """A clock that was wrong and is set right."""

    def test_what_was_used_by_a_wrong_clock_counts_as_used_now(self) -> None:
        book = limits(LimitRule(LimitScope.PAIR, messages_per_hour=10))
        book.note_sent(place(), 10, NOON + DAY)
        book.set_back(NOON, DAY)
        assert book.messages_for(place(), 5, NOON) == 0
        assert book.messages_for(place(), 5, NOON + HOUR + 61) == 5

    def test_what_was_used_before_it_was_set_right_counts_no_longer_for_that(self) -> None:
        book = limits(LimitRule(LimitScope.PAIR, messages_per_hour=10))
        book.note_sent(place(), 4, NOON + DAY - 600)
        book.set_back(NOON, DAY)
        assert book.messages_for(place(), 9, NOON) == 6
        assert book.messages_for(place(), 9, NOON + HOUR - 600 + 61) == 9

    def test_a_limit_is_not_used_up_for_an_hour_longer(self) -> None:
        book = limits(LimitRule(LimitScope.PAIR, messages_per_hour=10))
        book.note_sent(place(), 10, NOON)
        book.set_back(NOON + 600 - HOUR, HOUR)
        assert book.messages_for(place(), 5, NOON + 600 - HOUR) == 0
        assert book.messages_for(place(), 5, NOON + 61) == 5

    def test_a_pair_rests_as_long_as_it_would_have(self) -> None:
        book = limits()
        book.note_unreachable(A, MX1, NOON + DAY)
        book.set_back(NOON, DAY)
        assert book.backing_off_until(A, MX1, NOON) == NOON + 60


class TestConnections:
    """Connections at once, and new ones an hour."""

    def test_ten_for_each_pair_when_nobody_says_otherwise(self) -> None:
        book = limits()
        assert book.connections_for(place(), 99, NOON) == 10
        assert book.connections_for(place(mx=MX2), 99, NOON) == 10
        assert book.connections_for(place(), 3, NOON) == 3

    def test_a_limit_of_pairs_replaces_the_default(self) -> None:
        assert limits(LimitRule(LimitScope.PAIR, connections=25)).connections_for(place(), 99, NOON) == 25
        assert limits(connections_per_pair=4).connections_for(place(), 99, NOON) == 4

    def test_pairs_share_what_the_provider_or_the_domain_is_given(self) -> None:
        book = limits(LimitRule(LimitScope.DOMAIN, "example.net", connections=12))
        assert book.connections_for(place(A), 99, NOON) == 10
        assert book.connections_for(place(B), 99, NOON) == 2
        book.release(A, MX1, 0.0)
        assert book.connections_for(place(B), 99, NOON) == 10

    def test_connections_that_are_still_open_count_after_a_release(self) -> None:
        book = limits(LimitRule(LimitScope.DOMAIN, "example.net", connections=12))
        book.connections_for(place(A), 99, NOON)
        book.note_connections(A, MX1, 7, 7, NOON)
        book.release(A, MX1, 0.0)
        assert book.connections_for(place(B), 99, NOON) == 5
        book.note_connections(A, MX1, 0, 0, NOON + 1)
        assert book.connections_for(place(B), 99, NOON + 1) == 10

    def test_what_a_destination_said_is_remembered_when_nothing_is_open(self) -> None:
        book = limits()
        book.connections_for(place(A), 8, NOON)
        book.note_connections(A, MX1, 8, 8, NOON)
        book.note_throttle(A, MX1, NOON)
        book.note_unreachable(A, MX2, NOON)
        book.note_connections(A, MX1, 0, 0, NOON + 1)
        book.release(A, MX1, NOON + 1)
        book.note_connections(A, MX2, 0, 0, NOON + 1)
        assert book.connections_for(place(A), 8, NOON + 2) == 5
        assert book.backing_off_until(A, MX2, NOON + 2) == NOON + 60

    def test_connections_of_this_hour_are_remembered_when_nothing_is_open(self) -> None:
        book = limits(LimitRule(LimitScope.PAIR, connections_per_hour=3))
        book.connections_for(place(A), 3, NOON)
        book.release(A, MX1, NOON)
        book.note_connections(A, MX1, 3, 3, NOON)
        book.note_connections(A, MX1, 0, 0, NOON + 1)
        assert book.connections_for(place(A), 3, NOON + 2) == 0

    def test_a_pair_is_bound_by_all_domains_that_it_serves(self) -> None:
        book = limits(LimitRule(LimitScope.DOMAIN, "small.example", connections=2))
        assert book.connections_for(place(domain="small.example"), 99, NOON) == 2
        assert book.connections_for(place(domain="large.example"), 99, NOON) == 2

    def test_connection_limits_of_every_stream_with_the_address_apply(self) -> None:
        tight = stream(A, number=2, limits=(LimitRule(LimitScope.PAIR, connections=3),))
        book = limits(streams=(stream(A), tight))
        assert book.connections_for(place(of=1), 99, NOON) == 3

    def test_new_connections_an_hour(self) -> None:
        book = limits(LimitRule(LimitScope.PAIR, connections_per_hour=6, origin="server"))
        assert book.connections_for(place(), 99, NOON) == 6
        book.note_connections(A, MX1, 4, 4, NOON)
        assert book.connections_for(place(), 99, NOON) == 6, "four are open, two more may be"
        book.note_connections(A, MX1, 1, 2, NOON + 60)
        assert book.connections_for(place(), 99, NOON + 60) == 1
        binding = book.binding(place(), NOON + 60)
        assert binding is not None
        assert binding.kind is LimitKind.CONNECTIONS_PER_HOUR
        assert book.connections_for(place(), 99, NOON + 2 * HOUR) == 7

    def test_messages_in_one_connection(self) -> None:
        assert limits().messages_per_connection(place()) == 1000
        book = limits(
            LimitRule(LimitScope.PROVIDER, "Example", messages_per_connection=20),
            LimitRule(LimitScope.PAIR, messages_per_connection=50),
        )
        assert book.messages_per_connection(place()) == 20
        assert book.messages_per_connection(place(provider="Other")) == 50

    def test_the_binding_connection_limit_is_named(self) -> None:
        book = limits(LimitRule(LimitScope.DOMAIN, "example.net", connections=2, origin="server"))
        book.connections_for(place(), 99, NOON)
        book.note_connections(A, MX1, 2, 2, NOON)
        binding = book.binding(place(), NOON)
        assert binding is not None
        assert (binding.kind, binding.limit, binding.origin) == (LimitKind.CONNECTIONS, 2, "server")


class TestThrottle:
    """A destination that wants less gets less, and after clean time more again."""

    def test_each_reply_halves_and_those_of_one_moment_count_once(self) -> None:
        book = limits()
        book.note_connections(A, MX1, 10, 10, NOON)
        seen = []
        for second in (0, 1, 5, 10, 20, 30):
            book.note_throttle(A, MX1, NOON + second)
            seen.append(book.connections_for(place(), 99, NOON + second))
        assert seen == [5, 5, 5, 2, 1, 1]
        assert book.connections_for(place(B), 99, NOON) == 10

    def test_the_rate_is_halved_too(self) -> None:
        book = limits()
        book.note_connections(A, MX1, 10, 10, NOON)
        book.note_sent(place(), 100, NOON)
        book.note_throttle(A, MX1, NOON + 30)
        assert book.messages_for(place(), 999, NOON + 30) == 0
        binding = book.binding(place(), NOON + 30)
        assert binding is not None
        assert (binding.kind, binding.limit) == (LimitKind.MESSAGES_PER_MINUTE, 50)
        assert book.messages_for(place(), 999, NOON + 62) == 50

    def test_each_clean_minute_raises_until_nothing_is_left_of_it(self) -> None:
        book = limits()
        book.note_connections(A, MX1, 10, 10, NOON)
        book.note_sent(place(), 100, NOON)
        book.note_throttle(A, MX1, NOON)
        grants = [book.connections_for(place(), 99, NOON + 60 * minute) for minute in range(6)]
        assert grants == [5, 6, 7, 8, 9, 10]
        assert book.messages_for(place(), 10**6, NOON + 300) == 10**6

    def test_a_pair_that_has_hardly_begun_is_not_brought_to_a_halt(self) -> None:
        book = limits()
        book.note_connections(A, MX1, 1, 1, NOON)
        book.note_sent(place(), 1, NOON)
        book.note_throttle(A, MX1, NOON)
        assert book.messages_for(place(), 999, NOON + 1) == 9

    def test_never_below_one(self) -> None:
        book = limits()
        book.note_connections(A, MX1, 1, 1, NOON)
        for minute in range(10):
            book.note_throttle(A, MX1, NOON + 20 * minute)
        assert book.connections_for(place(), 99, NOON + 180) == 1
        assert book.messages_for(place(), 9, NOON + 180) == 1

    def test_a_pair_without_a_connection_rests(self) -> None:
        book = limits()
        book.note_throttle(A, MX1, NOON)
        assert book.backing_off_until(A, MX1, NOON) == NOON + 60


class TestBackOff:
    """Trouble with connections."""

    def test_it_doubles_from_a_minute_to_an_hour(self) -> None:
        book, now, rests = limits(), NOON, []
        for _ in range(8):
            until = book.note_unreachable(A, MX1, now)
            rests.append(until - now)
            now = until
        assert rests == [60, 120, 240, 480, 960, 1920, 3600, 3600]

    @pytest.mark.parametrize(
        ("schedule", "expected"),
        [
            ((300.0, 3600.0), [60, 120, 240, 480, 960, 1920, 3600, 3600]),
            ((2.0, 10.0), [2, 4, 8, 10]),
            ((600.0, 30.0), [60, 120, 240, 480, 600, 600]),
            ((0.06,), [1, 1]),
        ],
    )
    def test_it_is_no_longer_than_the_retry_schedule(self, schedule: tuple[float, ...], expected: list[int]) -> None:
        book, now, rests = limits(retry_schedule=schedule), NOON, []
        for _ in expected:
            until = book.note_unreachable(A, MX1, now)
            rests.append(until - now)
            now = until
        assert rests == expected

    def test_trouble_while_it_rests_does_not_add(self) -> None:
        book = limits()
        assert book.note_unreachable(A, MX1, NOON) == book.note_unreachable(A, MX1, NOON + 5) == NOON + 60

    def test_nothing_is_sent_meanwhile_and_it_says_so(self) -> None:
        book = limits()
        book.note_unreachable(A, MX1, NOON)
        assert book.messages_for(place(), 9, NOON + 59) == 0
        assert book.connections_for(place(), 9, NOON + 59) == 0
        binding = book.binding(place(), NOON + 59)
        assert binding is not None
        assert (binding.kind, binding.until) == (LimitKind.BACK_OFF, NOON + 60)
        assert book.messages_for(place(), 9, NOON + 60) == 9
        assert book.messages_for(place(mx=MX2), 9, NOON) == 9

    def test_success_makes_the_next_trouble_the_first(self) -> None:
        book = limits()
        book.note_unreachable(A, MX1, NOON)
        book.note_unreachable(A, MX1, NOON + 60)
        book.note_clean(A, MX1)
        assert book.note_unreachable(A, MX1, NOON + 600) == NOON + 660


class TestWarmUp:
    """A ceiling per day and provider that grows."""

    PLAN = WarmUp(started=int(NOON // DAY), first_day=50, growth=2.0, last_day=300)

    def test_it_grows_to_the_last_day_and_ends(self) -> None:
        first = self.PLAN.started
        assert [warm_up_ceiling(self.PLAN, first + day) for day in range(6)] == [50, 100, 200, 300, None, None]
        assert warm_up_ceiling(self.PLAN, first - 3) == 50
        assert warm_up_ceiling(self.PLAN, first + 10**6) is None

    def test_each_provider_has_the_ceiling_of_the_day(self) -> None:
        plan = stream(bind(A, warm_up=self.PLAN), C)
        book = limits(streams=(plan,))
        book.start_day({(A, "Example"): 30, (A, "Other"): 50}, NOON)
        assert book.messages_for(place(), 999, NOON) == 20
        assert book.messages_for(place(provider="Other"), 999, NOON) == 0
        assert book.messages_for(place(C), 999, NOON) == 999
        binding = book.binding(place(provider="Other"), NOON)
        assert binding is not None
        assert (binding.kind, binding.until) == (LimitKind.WARM_UP, MIDNIGHT + DAY)
        assert book.messages_for(place(provider="Other"), 999, MIDNIGHT + DAY) == 100

    def test_a_plan_that_comes_later_knows_what_was_sent(self) -> None:
        book = limits(streams=(stream(A),))
        book.note_sent(place(), 45, NOON)
        book.update(world(stream(bind(A, warm_up=self.PLAN))))
        assert book.messages_for(place(), 999, NOON) == 5
        book.update(world(stream(A)))
        assert book.messages_for(place(), 999, NOON) == 999


@pytest.mark.parametrize(("per_hour", "ceiling"), [(None, 1024), (600, 10), (10, 1), (10**6, 1024)])
def test_a_slow_start_ends_at_the_pairs_limit(per_hour: int | None, ceiling: int) -> None:
    book = limits(LimitRule(LimitScope.PAIR, messages_per_hour=per_hour))
    assert book.ramp_ceiling(A, MX1, "Example", 60.0) == ceiling


def test_pairs_with_nothing_to_remember_are_forgotten() -> None:
    book = limits()
    for number in range(45_000):
        where = place(mx=f"10.{number // 65536}.{number // 256 % 256}.{number % 256}", domain=f"d{number}.example")
        book.messages_for(where, 1, NOON + number)
    assert len(book._pairs) <= 20_000
    book.note_unreachable(A, MX1, NOON + 45_000)
    for number in range(45_000):
        book.messages_for(place(mx=f"11.0.{number // 256}.{number % 256}"), 1, NOON + 45_000)
    assert book.backing_off_until(A, MX1, NOON + 45_000) is not None
