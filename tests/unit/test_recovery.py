"""What a dead worker's journal says of single attempts."""

from __future__ import annotations

from engine import recovery
from engine.journal import Noted, PairName, Recovery
from engine.replies import Classification, Verdict
from engine.wire import End, Result

HERE = PairName(3, "192.0.2.1", "198.51.100.9", "mx.example.org")
THERE = PairName(4, "192.0.2.2", "198.51.100.9", "mx.example.org")
BLOCKED = Classification(Verdict.BLOCK, rule="spamhaus")


def journal_of(*noted: Noted) -> recovery.Testimony:
    return recovery.Testimony(Recovery(noted))


def test_what_was_noted_is_what_became_of_it() -> None:
    accepted = Result(1, 1, 3, End.DELIVERED, "end_of_data", 250, reply="250 ok")
    told = journal_of(Noted(1, 1, HERE, 5.0, accepted), Noted(2, 1, HERE, 5.0, None))
    assert told.result(1, 1, 3) == accepted
    assert told.result(2, 1, 3).end is End.IN_DOUBT
    assert told.result(3, 1, 3).end is End.RETURNED
    assert told.result(1, 2, 3).end is End.RETURNED


def test_a_block_that_one_pair_met_is_not_told_of_the_next_one() -> None:
    """The recipient was refused over one pair, handed to another, and the worker died before it began there."""
    refused = Result(1, 1, 3, End.REFUSED, "rcpt", 550, reply="550 blocked", classification=BLOCKED)
    told = journal_of(Noted(1, 1, HERE, 5.0, refused))
    assert told.result(1, 1, 3) == refused
    assert told.result(1, 1, THERE.pair).end is End.RETURNED


def test_without_a_journal_nobody_knows() -> None:
    told = recovery.Testimony(Recovery((), has_files=False))
    assert told.result(1, 1, 3).end is End.IN_DOUBT
