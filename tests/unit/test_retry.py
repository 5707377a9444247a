"""What a reply means for the recipient and its pair, as one table, and the retry schedule."""

from __future__ import annotations

import pytest

from engine.ports import EngineSettings, InDoubtPolicy, RecipientState
from engine.replies import Classification, Stage, Verdict
from engine.retry import (
    Decision,
    PairEffect,
    connection_refused,
    delivered,
    in_doubt,
    is_expired,
    next_attempt,
    pauses_mailing,
    refused,
    returned,
)

NOON = 1_700_000_000.0
SCHEDULE = EngineSettings().retry_schedule
WAITING, FAILED = RecipientState.WAITING, RecipientState.FAILED
BEFORE_MAIL = [Stage.BANNER, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.SESSION]
IN_TRANSACTION = [stage for stage in Stage if stage not in BEFORE_MAIL]
ABOUT_THE_SENDER = [Verdict.CONTENT, Verdict.SENDER_DOMAIN, Verdict.POLICY]
BY_CODE = [
    Verdict.RECIPIENT,
    Verdict.MAILBOX_FULL,
    Verdict.SIZE,
    Verdict.RELAY,
    Verdict.SYSTEM,
    Verdict.PROTOCOL,
    Verdict.UNKNOWN,
]


def decide(verdict: Verdict, stage: Stage, code: int, attempts: int = 0, *, pair_closed: bool = True) -> Decision:
    said = Classification(verdict)
    return refused(said, stage, code, schedule=SCHEDULE, attempts=attempts, now=NOON, pair_closed=pair_closed)


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("code", [421, 450, 550, 554])
def test_a_block_is_never_a_bounce_and_never_charged(stage: Stage, code: int) -> None:
    decision = decide(Verdict.BLOCK, stage, code, attempts=5)
    assert (decision.state, decision.charged, decision.next_attempt) == (WAITING, False, None)
    assert (decision.pair, decision.same_address) == (PairEffect.BLOCK, False)


def test_a_block_that_closes_nothing_is_not_met_again_at_once() -> None:
    decision = decide(Verdict.BLOCK, Stage.RCPT, 550, pair_closed=False)
    assert (decision.state, decision.charged) == (WAITING, False)
    assert (decision.avoid_pair, decision.next_attempt) == (True, NOON + 300)


@pytest.mark.parametrize("verdict", ABOUT_THE_SENDER)
@pytest.mark.parametrize("stage", list(Stage))
def test_refusals_about_the_sender_never_go_over_another_address(verdict: Verdict, stage: Stage) -> None:
    final, waits = decide(verdict, stage, 550), decide(verdict, stage, 451, attempts=1)
    assert (final.state, final.charged, final.counts_as_refused) == (FAILED, True, True)
    assert (waits.state, waits.charged, waits.next_attempt) == (WAITING, True, NOON + 900)
    assert waits.same_address
    assert not waits.avoid_pair
    assert waits.counts_as_refused


@pytest.mark.parametrize("verdict", BY_CODE)
@pytest.mark.parametrize("stage", IN_TRANSACTION)
def test_others_go_by_the_code(verdict: Verdict, stage: Stage) -> None:
    final, waits = decide(verdict, stage, 550), decide(verdict, stage, 451)
    assert (final.state, final.charged, final.pair) == (FAILED, True, PairEffect.WORKS)
    assert (waits.state, waits.charged, waits.next_attempt) == (WAITING, True, NOON + 300)
    assert not waits.same_address
    assert not final.counts_as_refused


@pytest.mark.parametrize("code", [421, 451, 550])
def test_throttling_slows_the_pair_and_fails_nobody(code: int) -> None:
    decision = decide(Verdict.THROTTLE, Stage.RCPT, code)
    assert (decision.state, decision.charged, decision.pair) == (WAITING, True, PairEffect.THROTTLE)
    assert decision.next_attempt == NOON + 300


@pytest.mark.parametrize("code", [451, 550])
def test_greylisting_is_answered_from_the_same_address(code: int) -> None:
    decision = decide(Verdict.GREYLIST, Stage.RCPT, code)
    assert (decision.state, decision.charged, decision.same_address) == (WAITING, True, True)


@pytest.mark.parametrize("verdict", [*BY_CODE, Verdict.THROTTLE, Verdict.GREYLIST])
@pytest.mark.parametrize("stage", BEFORE_MAIL)
@pytest.mark.parametrize("code", [421, 554])
def test_before_mail_nobody_is_charged_and_the_pair_bears_it(verdict: Verdict, stage: Stage, code: int) -> None:
    decision = decide(verdict, stage, code)
    assert (decision.state, decision.charged, decision.avoid_pair) == (WAITING, False, True)
    expected = PairEffect.THROTTLE if verdict is Verdict.THROTTLE else PairEffect.BACK_OFF
    assert decision.pair is expected
    assert connection_refused(Classification(verdict)) is expected


def test_a_reply_without_a_code_waits() -> None:
    assert decide(Verdict.UNKNOWN, Stage.DATA, 0).state is WAITING


def test_ends_without_a_refusal() -> None:
    assert (delivered().state, delivered().charged) == (RecipientState.DELIVERED, True)
    assert (returned().state, returned().charged, returned().next_attempt) == (WAITING, False, None)


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (InDoubtPolicy.ASK, RecipientState.IN_DOUBT),
        (InDoubtPolicy.DELIVERED, RecipientState.DELIVERED),
        (InDoubtPolicy.AGAIN, WAITING),
    ],
)
def test_in_doubt_follows_the_policy(policy: InDoubtPolicy, state: RecipientState) -> None:
    decision = in_doubt(policy, SCHEDULE, 0, NOON)
    assert (decision.state, decision.charged) == (state, True)
    assert (decision.next_attempt == NOON + 300) == (state is WAITING)


def test_the_default_schedule_in_minutes() -> None:
    minutes = [(next_attempt(SCHEDULE, attempts, NOON) - NOON) / 60 for attempts in range(1, 11)]
    assert minutes == [5, 15, 30, 60, 120, 240, 360, 360, 360, 360]


def test_a_schedule_of_one_entry_repeats() -> None:
    assert [next_attempt((3.0,), attempts, 0.0) for attempts in (0, 1, 2, 9)] == [3.0] * 4


def test_expiry() -> None:
    assert [is_expired(NOON, at) for at in (NOON - 1, NOON, NOON + 1)] == [False, True, True]


@pytest.mark.parametrize(
    ("refused_", "tried", "pauses"), [(19, 19, False), (20, 20, True), (20, 40, True), (20, 41, False), (30, 59, True)]
)
def test_a_share_of_refusals_pauses_the_mailing(refused_: int, tried: int, *, pauses: bool) -> None:
    assert pauses_mailing(refused_, tried, 0.5, 20) is pauses
