"""The book-keeping that keeps a recipient from being handed out twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.lanes import LaneQueue, LaneState
from engine.ports import Batch, Lane, ReadRequest, Waiting


def lane_of(count: int, *, earliest_retry: float | None = None) -> LaneQueue:
    return LaneQueue(Lane(7, 1, "example.com", 1, count, earliest_retry))


def row(number: int, attempts: int = 0) -> Waiting:
    return Waiting(number, 7, f"r{number}@example.com", attempts)


def answer(request: ReadRequest, waiting: list[int]) -> Batch:
    """What a queue with fresh rows *waiting* answers."""
    found = [number for number in waiting if number > request.after_id][: request.limit]
    last = found[-1] if found else 0
    return Batch(tuple(row(number) for number in found), last, exhausted=len(found) < request.limit)


def read(lane: LaneQueue, waiting: list[int], limit: int = 10, now: float = 0.0) -> list[int]:
    request = lane.request(limit, now)
    assert request is not None
    before = len(lane.buffer)
    lane.take(request, answer(request, waiting))
    return [taken.id for taken in list(lane.buffer)[before:]]


def test_rows_come_in_order_and_end() -> None:
    lane = lane_of(5)
    assert read(lane, [1, 2, 3, 4, 5], limit=3) == [1, 2, 3]
    assert read(lane, [1, 2, 3, 4, 5], limit=3) == [4, 5]
    assert lane.request(3, 0.0) is None


def test_a_lane_that_is_over_keeps_nothing() -> None:
    lane = lane_of(3, earliest_retry=5.0)
    read(lane, [1, 2, 3])
    lane.next_row()
    lane.end()
    assert (lane.state, lane.open, lane.buffer, lane.next_retry()) == (LaneState.DONE, 0, [], None)
    lane.settled(1, final=True)  # what was under way ends afterwards
    assert lane_of(1).open == lane.open == 0


def test_an_open_recipient_is_not_buffered_again_after_starting_over() -> None:
    lane = lane_of(3)
    read(lane, [1, 2, 3])
    handed_out = lane.next_row()
    lane.drop_buffer()
    assert handed_out.id == 1
    assert read(lane, [1, 2, 3]) == [2, 3]


def test_a_recipient_settled_while_a_read_was_under_way_is_not_buffered_again() -> None:
    lane = lane_of(2)
    read(lane, [1, 2])
    lane.empty_buffer()
    lane.start_over()
    request = lane.request(10, 0.0)
    assert request is not None
    stale = answer(request, [1, 2])  # read before the outcome of 1 was committed
    lane.settled(1, final=True)
    lane.take(request, stale)
    assert [taken.id for taken in lane.buffer] == []
    lane.settled(2, final=True)
    assert lane.request(10, 0.0) is None


def test_suppressed_rows_do_not_end_a_lane_early() -> None:
    lane = lane_of(6)
    request = lane.request(3, 0.0)
    assert request is not None
    lane.take(request, Batch((), last_id=3, exhausted=False))
    assert read(lane, [4, 5, 6], limit=10) == [4, 5, 6]


def test_deferred_recipients_are_asked_for_when_they_are_due() -> None:
    lane = lane_of(1)
    read(lane, [1])
    lane.empty_buffer()
    lane.settled(1, final=False, retry_at=100.2)
    assert lane.request(10, 100.0) is None
    assert lane.next_retry() == 101.0
    request = lane.request(10, 101.0)
    assert request is not None
    assert request.due_by == 101.0
    lane.take(request, Batch((row(1, attempts=1),), 1, exhausted=True))
    assert [taken.attempts for taken in lane.buffer] == [1]
    assert lane.next_retry() is None


def test_what_was_deferred_before_the_engine_started_is_looked_for_until_it_is_found() -> None:
    lane = lane_of(2, earliest_retry=50.0)
    request = lane.request(10, 60.0)
    assert request is not None
    lane.take(request, Batch((row(1, attempts=1),), 1, exhausted=True, next_due=80.2))
    assert lane.next_retry() == 81.0
    request = lane.request(10, 81.0)
    assert request is not None
    lane.take(request, Batch((row(2, attempts=1),), 2, exhausted=True))
    assert lane.next_retry() is None


@given(st.lists(st.sampled_from(["read", "hand out", "settle", "hand back", "start over"]), max_size=60))
def test_no_recipient_is_ever_in_two_places(steps: list[str]) -> None:
    lane, waiting, out = lane_of(8), list(range(1, 9)), []
    for step in steps:
        if step == "read" and lane.may_read(0.0):
            read(lane, waiting, limit=3)
        elif step == "hand out" and lane.buffer:
            out.append(lane.next_row())
        elif step == "settle" and out:
            done = out.pop(0)
            waiting.remove(done.id)
            lane.settled(done.id, final=True)
        elif step == "hand back" and out:
            lane.put_back(out.pop())
        elif step == "start over":
            lane.drop_buffer()
        places = [taken.id for taken in lane.buffer] + [taken.id for taken in out]
        assert len(places) == len(set(places))
        assert set(places) <= set(waiting)


def test_who_comes_back_from_a_worker_after_a_change_is_read_again() -> None:
    lane = lane_of(3)
    read(lane, [1, 2, 3])
    lane.empty_buffer()
    lane.read_again(2, 10.5)
    assert read(lane, [1, 2, 3]) == [2]
    retry = lane.request(10, 11.0)
    assert retry is not None
    assert retry.due_by == 11.0  # it may have been a deferred one


def test_an_answer_that_was_under_way_when_a_lane_starts_over_is_not_its_end() -> None:
    lane = lane_of(3)
    read(lane, [1, 2], limit=2)
    lane.empty_buffer()
    request = lane.request(10, 0.0)
    assert request is not None
    lane.read_again(2, 0.5)
    lane.take(request, answer(request, [1, 2, 3]))
    assert [taken.id for taken in lane.buffer] == [3]
    assert read(lane, [1, 2, 3]) == [2]
