"""How large a share of a mailing a provider refuses: each mailing and provider by itself, and only while it is active."""

from __future__ import annotations

from engine.guard import RefusalWatch


def refuse(watch: RefusalWatch, mailing: int, provider: str, times: int) -> list[bool]:
    return [watch.note_refused(mailing, provider, share=0.5, minimum=4) for _ in range(times)]


def test_half_of_those_that_were_tried_is_too_much() -> None:
    watch = RefusalWatch()
    watch.note_tried(1, "Google", 4)
    assert refuse(watch, 1, "Google", 4) == [False, False, False, True]


def test_a_few_are_no_share() -> None:
    assert refuse(RefusalWatch(), 1, "Google", 4) == [False, False, False, True]


def test_other_providers_and_mailings_do_not_count() -> None:
    watch = RefusalWatch()
    refuse(watch, 1, "Google", 3)
    assert refuse(watch, 1, "Microsoft", 1) == refuse(watch, 2, "Google", 1) == [False]


def test_a_provider_that_is_resumed_is_counted_anew() -> None:
    watch = RefusalWatch()
    refuse(watch, 1, "Google", 4)
    watch.forget(1, "Google")
    assert refuse(watch, 1, "Google", 4) == [False, False, False, True]


def test_mailings_that_are_over_are_forgotten_and_the_others_are_not() -> None:
    watch = RefusalWatch()
    for mailing in (1, 2):
        refuse(watch, mailing, "Google", 3)
    watch.keep([2, 3])
    assert refuse(watch, 1, "Google", 1) == [False]
    assert refuse(watch, 2, "Google", 1) == [True]
