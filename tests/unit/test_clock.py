"""The clocks: real, scaled, moved by hand."""

from __future__ import annotations

import asyncio
import time

import pytest

from engine.clock import FurthestClock, ManualClock, ScaledClock, SystemClock, pause


async def test_the_system_clock_returns_at_the_instant_or_later() -> None:
    clock = SystemClock()
    instant = clock.now() + 0.02

    await clock.sleep_until(instant)

    assert clock.now() >= instant


async def test_an_instant_that_has_passed_is_not_waited_for() -> None:
    for clock in (SystemClock(), ScaledClock(10), ManualClock()):
        await asyncio.wait_for(clock.sleep_until(clock.now() - 5), 1)


async def test_an_hour_of_a_scaled_clock_passes_in_a_moment() -> None:
    clock = ScaledClock(speed=360_000, start=1000.0)

    await asyncio.wait_for(clock.sleep_until(1000.0 + 3600), 5)

    assert clock.now() >= 4600.0


def test_two_scaled_clocks_with_the_same_numbers_agree() -> None:
    origin = time.time() - 10

    first, second = (ScaledClock(60, start=0.0, origin=origin) for _ in range(2))

    assert first.now() == pytest.approx(second.now(), abs=30)
    assert first.now() >= 600


def test_a_clock_that_would_stand_still_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(0)


async def test_a_manual_clock_wakes_only_who_is_due() -> None:
    clock = ManualClock(100.0)
    woken: list[str] = []

    async def sleeper(name: str, instant: float) -> None:
        await clock.sleep_until(instant)
        woken.append(name)

    tasks = [asyncio.create_task(sleeper("late", 160.0)), asyncio.create_task(sleeper("early", 130.0))]
    await clock.run(30)
    assert (woken, clock.now(), clock.sleepers) == (["early"], 130.0, 1)

    await clock.run(30)
    assert woken == ["early", "late"]
    await asyncio.gather(*tasks)


async def test_running_stops_at_every_instant_of_a_repeating_sleeper() -> None:
    clock = ManualClock(0.0)
    seen: list[float] = []

    async def hourly() -> None:
        while True:
            await clock.sleep_until(clock.now() + 3600)
            seen.append(clock.now())

    task = asyncio.create_task(hourly())
    await clock.run(4 * 3600)

    assert seen == [3600.0, 7200.0, 10800.0, 14400.0]
    task.cancel()


async def test_a_manual_clock_that_was_set_back_keeps_its_sleepers_waiting() -> None:
    clock = ManualClock(1000.0)
    task = asyncio.create_task(clock.sleep_until(1010.0))
    await clock.run(0)

    clock.advance(-3600)
    await clock.run(3605)
    assert not task.done()

    await clock.run(5)
    assert task.done()


@pytest.mark.expects_warnings
def test_a_clock_that_was_set_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    wall, steady = 1_000_000.0, 50.0
    clock = SystemClock(lambda: wall, lambda: steady)
    steady += 10.0
    wall += 11.0
    assert clock.now() == wall
    assert caplog.messages == []
    wall -= 3600.0
    assert (clock.now(), clock.now()) == (wall, wall)
    wall += 86_400.0
    assert clock.now() == wall
    assert [message.split(";")[0] for message in caplog.messages] == [
        "The machine's clock was set back by 3599 seconds",
        "The machine's clock was set forward by 86400 seconds",
    ]


def test_the_furthest_instant_tells_where_a_clock_was_set_back_from() -> None:
    manual = ManualClock(1000.0)
    clock = FurthestClock(manual)
    manual.advance(86_400)
    clock.now()  # nobody else has seen it there
    manual.advance(5 - 86_400)
    assert clock.set_back_by(clock.now()) == 86_395
    assert clock.set_back_by(clock.now()) == 0
    manual.advance(-59)
    assert clock.set_back_by(clock.now()) == 0


async def test_a_pause_is_over_when_the_clock_is_set_back_meanwhile() -> None:
    manual = ManualClock(1000.0)
    pausing = asyncio.create_task(pause(manual, 0.05))
    await asyncio.sleep(0)
    manual.advance(-3600)
    async with asyncio.timeout(10):
        await pausing
