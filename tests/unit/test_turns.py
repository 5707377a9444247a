"""Whose turn it is: in order, at an instant, or when something happens."""

from __future__ import annotations

from engine.clock import ManualClock
from engine.lanes import LaneQueue, LaneState
from engine.ports import Lane
from engine.turns import Turns

FAR = 1e9


def lane_of(number: int) -> LaneQueue:
    return LaneQueue(Lane(number, 1, f"d{number}.test", number, number))


def test_lanes_have_their_turn_in_order() -> None:
    turns = Turns(ManualClock(0.0))
    lanes = [lane_of(number) for number in range(5)]
    for lane in lanes:
        turns.ready(lane)
    assert list(turns.take(3)) == lanes[:3]
    assert list(turns.take(3)) == lanes[3:]


def test_a_sleeping_lane_has_its_turn_at_its_instant() -> None:
    clock = ManualClock(0.0)
    turns, lane = Turns(clock), lane_of(1)
    turns.sleep(lane, 10.0)
    assert not list(turns.take(1))
    clock.advance(10.0)
    assert list(turns.take(1)) == [lane]


def test_a_lane_that_is_reminded_of_one_instant_very_often_costs_nothing() -> None:
    turns, lanes = Turns(ManualClock(0.0)), [lane_of(number) for number in range(100)]
    for _ in range(1_000):
        for lane in lanes:
            lane.state = LaneState.STARVED
            turns.remind(lane, FAR)
    assert turns.timers <= 256


def test_lanes_that_are_over_are_not_kept_until_their_mailing_would_have_expired() -> None:
    turns = Turns(ManualClock(0.0))
    for number in range(10_000):
        lane = lane_of(number)
        lane.state = LaneState.STARVED
        turns.remind(lane, FAR)
        lane.end()
    assert turns.timers <= 256


def test_forgetting_old_reminders_keeps_those_that_count() -> None:
    clock = ManualClock(0.0)
    turns, lanes = Turns(clock), [lane_of(number) for number in range(100)]
    for second in range(1_000, 0, -1):
        for lane in lanes:
            turns.sleep(lane, float(second))
    clock.advance(1.0)
    assert set(turns.take(1_000)) == set(lanes)
