"""The life of a block: what follows from what happens to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decisions import HOUR, MX1, MX2, NOON, A, refusal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine import blocks, refusals
from engine.blocks import Block, BlockEventKind, BlockState, BlockStateError, Change
from engine.replies import Scope, Stage, Threshold


def blocked(**changes: object) -> Block:
    change = refusals.refused(None, refusal(**changes), NOON, HOUR, 0.0)
    assert change is not None
    return change[0]


def probing(block: Block | None = None) -> Block:
    return blocks.probe_started(block or blocked(), NOON, HOUR, 0.0)[0]


def recovering() -> Block:
    return blocks.probe_accepted(probing(), NOON)[0]


def test_a_refusal_makes_a_block_with_everything_that_was_seen() -> None:
    block = blocked(code=421, reply="421 go away", stage=Stage.RCPT, recipient="a@example.net")
    assert (block.state, block.since, block.code, block.reply) == (BlockState.BLOCKED, NOON, 421, "421 go away")
    assert (block.stage, block.last_recipient, block.next_probe) == (Stage.RCPT, "a@example.net", NOON + HOUR)
    assert [(pair.mx_address, pair.reply) for pair in block.pairs] == [(MX1, "421 go away")]
    assert block.closes_pair


def test_a_refusal_on_a_closed_pair_adds_nothing() -> None:
    assert refusals.refused(blocked(), refusal(at=NOON + 1), NOON + 1, HOUR, 0.0) is None


@pytest.mark.parametrize(("jitter", "expected"), [(-1.0, 3240.0), (0.0, 3600.0), (1.0, 3960.0), (7.0, 3960.0)])
def test_the_next_probe_is_an_interval_away_give_or_take_a_tenth(jitter: float, expected: float) -> None:
    assert blocks.next_probe(blocked(), NOON, HOUR, jitter) == pytest.approx(NOON + expected)


def test_a_rule_may_set_its_own_interval() -> None:
    assert blocked(probe_interval=600.0).next_probe == NOON + 600


def test_a_permanent_rule_is_never_probed_by_itself() -> None:
    block = blocked(permanent=True)
    assert (block.state, block.next_probe) == (BlockState.PERMANENT, None)


class TestThreshold:
    """A rule that counts only from the third match within ten minutes on."""

    @staticmethod
    def meet(instants: list[float]) -> list[Block]:
        block: Block | None = None
        seen = []
        for at in instants:
            change = refusals.refused(block, refusal(at=at, threshold=Threshold(3, 600)), at, HOUR, 0.0)
            assert change is not None
            block = change[0]
            seen.append(block)
        return seen

    def test_the_last_of_n_within_the_period_blocks(self) -> None:
        seen = self.meet([NOON, NOON + 300, NOON + 599])
        assert [block.state for block in seen] == [BlockState.SUSPECT, BlockState.SUSPECT, BlockState.BLOCKED]
        assert not seen[1].closes_pair
        assert seen[-1].since == NOON + 599

    def test_old_refusals_do_not_count(self) -> None:
        assert self.meet([NOON, NOON + 300, NOON + 601])[-1].state is BlockState.SUSPECT

    def test_refusals_of_another_rule_do_not_count(self) -> None:
        two = self.meet([NOON, NOON + 1])[-1]
        other = refusal(at=NOON + 2, rule="other", threshold=Threshold(3, 600))
        change = refusals.refused(two, other, NOON + 2, HOUR, 0.0)
        assert change is not None
        assert change[0].state is BlockState.SUSPECT

    def test_a_suspicion_ends_when_its_period_is_over(self) -> None:
        suspect = self.meet([NOON, NOON + 300])[-1]
        assert blocks.suspicion_ended(suspect, NOON + 899) is None
        ended = blocks.suspicion_ended(suspect, NOON + 900)
        assert ended is not None
        assert ended[0].state is BlockState.CLEARED


class TestProbe:
    """The outcomes of a test of a block."""

    def test_its_start_sets_the_next_one(self) -> None:
        block = probing()
        assert (block.state, block.probes, block.last_probe) == (BlockState.PROBING, 1, NOON)
        assert block.next_probe == NOON + HOUR
        assert block.closes_pair

    def test_only_one_at_a_time(self) -> None:
        with pytest.raises(BlockStateError, match="probing is not probed"):
            blocks.probe_started(probing(), NOON, HOUR, 0.0)

    def test_refused_again_takes_the_newest_reply(self) -> None:
        later = NOON + 10
        block, event = refusals.probe_refused(probing(), refusal(at=later, reply="554 still"), later, HOUR, 0.0)
        assert (block.state, block.reply, block.next_probe) == (BlockState.BLOCKED, "554 still", later + HOUR)
        assert block.since == NOON
        assert (event.kind, event.reply) == (BlockEventKind.PROBE_REFUSED, "554 still")

    def test_another_failure_leaves_the_block_and_says_so(self) -> None:
        before = blocked()
        block, event = blocks.probe_failed(probing(before), "timed out", NOON + 30, HOUR, 0.0)
        assert replace(block, probe_note="", probes=0, last_probe=None, next_probe=before.next_probe) == before
        assert (block.probe_note, event.text) == ("timed out", "timed out")
        assert block.next_probe == NOON + 30 + HOUR

    def test_a_permanent_block_stays_permanent_when_a_requested_probe_fails(self) -> None:
        asked = blocks.probe_requested(blocked(permanent=True), NOON, "ada")[0]
        assert asked.can_be_probed
        block = blocks.probe_failed(probing(asked), "timed out", NOON, HOUR, 0.0)[0]
        assert (block.state, block.next_probe, block.probe_requested) == (BlockState.PERMANENT, None, False)

    def test_accepted_begins_the_slow_start(self) -> None:
        block = recovering()
        assert (block.state, blocks.ramp_allowance(block), block.next_probe) == (BlockState.RECOVERING, 1, None)
        assert not block.closes_pair


class TestSlowStart:
    """1, 2, 4, 8 … messages a step until the pair's limit."""

    def test_it_doubles_each_clean_step_until_the_ceiling(self) -> None:
        block, now, allowed = recovering(), NOON, []
        while block.state is BlockState.RECOVERING:
            allowed.append(blocks.ramp_allowance(block))
            assert blocks.ramp_tick(block, now + 59.9, 60.0, 10) is None
            now += 60.0
            change = blocks.ramp_tick(block, now, 60.0, 10)
            assert change is not None
            block, event = change
        assert allowed == [1, 2, 4, 8]
        assert (block.state, event.kind) == (BlockState.CLEARED, BlockEventKind.RECOVERED)

    def test_one_refusal_leads_back_to_blocked(self) -> None:
        change = refusals.refused(recovering(), refusal(at=NOON + 5), NOON + 5, HOUR, 0.0)
        assert change is not None
        block, event = change
        assert (block.state, block.next_probe, block.ramp_since) == (BlockState.BLOCKED, NOON + 5 + HOUR, None)
        assert event.kind is BlockEventKind.BLOCKED

    def test_a_threshold_does_not_soften_that(self) -> None:
        again = refusal(at=NOON + 5, threshold=Threshold(3, 600))
        change = refusals.refused(recovering(), again, NOON + 5, HOUR, 0.0)
        assert change is not None
        assert change[0].state is BlockState.BLOCKED

    def test_a_reply_from_before_the_probe_says_nothing(self) -> None:
        assert refusals.refused(recovering(), refusal(at=NOON - 1), NOON + 5, HOUR, 0.0) is None


class TestPersons:
    """What administrators do."""

    def test_a_clear_opens_at_once_without_a_slow_start(self) -> None:
        block, event = blocks.cleared(blocked(), NOON + 1, "ada", "delisted")
        assert (block.state, block.next_probe) == (BlockState.CLEARED, None)
        assert (event.actor, event.text) == ("ada", "delisted")

    def test_a_clear_can_be_undone(self) -> None:
        before = blocked()
        after = blocks.restored(blocks.cleared(before, NOON, "ada")[0], before.state, NOON + 9, "ada", HOUR, 0.0)[0]
        assert after == replace(before, next_probe=NOON + 9 + HOUR)

    def test_a_block_is_cleared_once(self) -> None:
        with pytest.raises(BlockStateError, match="cleared already"):
            blocks.cleared(blocks.cleared(blocked(), NOON, "ada")[0], NOON, "ada")

    def test_permanent_ends_probes_and_exempt_opens(self) -> None:
        held = blocks.made_permanent(blocked(), NOON, "ada")[0]
        assert (held.state, held.next_probe, held.closes_pair) == (BlockState.PERMANENT, None, True)
        free = blocks.exempted(held, NOON, "ada")[0]
        assert (free.state, free.permanent, free.closes_pair) == (BlockState.EXEMPT, False, False)
        assert refusals.refused(free, refusal(at=NOON + 1), NOON + 1, HOUR, 0.0) is None

    def test_a_note_changes_nothing_else(self) -> None:
        before = blocked()
        assert replace(blocks.noted(before, "called them", NOON, "ada")[0], note="") == before


class TestWidening:
    """From a pair to the exchanger group."""

    def test_the_block_keeps_its_first_address_and_lists_all(self) -> None:
        second = refusal(mx_address=MX2, at=NOON + 60)
        block, event = refusals.widen(blocked(), second, [], 4, NOON + 60)
        assert (block.scope, block.mx_address) == (Scope.GROUP, MX1)
        assert [pair.mx_address for pair in block.pairs] == [MX1, MX2]
        assert block.reason == "2 of 4 addresses refused; says that the address is blocked"
        assert event.kind is BlockEventKind.WIDENED

    def test_a_further_address_counts_in_the_reason(self) -> None:
        wide = refusals.widen(blocked(), refusal(mx_address=MX2), [], 4, NOON)[0]
        change = refusals.refused(wide, refusal(mx_address="198.51.100.3"), NOON, HOUR, 0.0, 4)
        assert change is not None
        assert change[0].reason.startswith("3 of 4 addresses refused")

    def test_addresses_that_are_gone_do_not_make_nonsense(self) -> None:
        assert refusals.widened_reason(3, 2, "") == "3 of 3 addresses refused"

    @pytest.mark.parametrize(("seconds", "due"), [(600, True), (601, False)])
    def test_ten_minutes_decide(self, seconds: int, *, due: bool) -> None:
        second = blocked(mx_address=MX2, at=NOON + seconds)
        assert refusals.widens(refusal(mx_address=MX2, at=NOON + seconds), second, [blocked()]) is due

    def test_a_refused_probe_is_a_refusal_too(self) -> None:
        first = refusals.probe_refused(probing(), refusal(), NOON, HOUR, 0.0)[0]
        assert refusals.last_refused(replace(first, last_probe=NOON + 7200)) == NOON + 7200
        assert refusals.last_refused(replace(first, last_probe=NOON + 7200, probe_note="timed out")) == NOON


class BlockLife(RuleBasedStateMachine):
    """Whatever happens to a block, in whatever order, what a block promises holds."""

    @initialize(permanent=st.booleans(), count=st.integers(1, 4), scope=st.sampled_from(Scope))
    def meet(self, permanent: bool, count: int, scope: Scope) -> None:
        self.now = NOON
        self.threshold = Threshold(count, 600)
        self.block: Block | None = None
        self.said_permanent = False
        self.refuse(0.0, MX1, permanent, scope)

    def _take(self, change: Change | None) -> None:
        if change is not None:
            self.block, self.event = change

    @rule(
        jitter=st.floats(-1, 1), mx=st.sampled_from([MX1, MX2]), permanent=st.booleans(), scope=st.sampled_from(Scope)
    )
    def refuse(self, jitter: float, mx: str, permanent: bool, scope: Scope) -> None:
        before = self.block
        if before is not None and before.scope is Scope.PAIR:
            mx = MX1
        what = refusal(mx_address=mx, at=self.now, permanent=permanent, threshold=self.threshold, scope=scope)
        change = refusals.refused(before, what, self.now, HOUR, jitter, 4)
        self._take(change)
        if before is not None and before.closes_pair:
            assert self.block is not None
            assert self.block.closes_pair

    @rule(seconds=st.floats(0, 7200))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(ceiling=st.integers(1, 64))
    def tick(self, ceiling: int) -> None:
        assert self.block is not None
        before = self.block
        self._take(blocks.ramp_tick(before, self.now, 60.0, ceiling))
        if before.state is not BlockState.RECOVERING:
            assert self.block is before
        self._take(blocks.suspicion_ended(self.block, self.now))

    @precondition(lambda self: self.block.can_be_probed)
    @rule(jitter=st.floats(-1, 1), end=st.sampled_from(["refused", "failed", "accepted"]))
    def probe(self, jitter: float, end: str) -> None:
        assert self.block is not None
        before = self.block
        self._take(blocks.probe_started(before, self.now, HOUR, jitter))
        assert self.block.closes_pair
        if end == "refused":
            self._take(refusals.probe_refused(self.block, refusal(at=self.now), self.now, HOUR, jitter))
            assert self.block.state is before.state
        elif end == "failed":
            self._take(blocks.probe_failed(self.block, "timed out", self.now, HOUR, jitter))
            assert self.block.state is before.state
        else:
            self._take(blocks.probe_accepted(self.block, self.now))
            assert blocks.ramp_allowance(self.block) == 1

    @precondition(lambda self: self.block.state is not BlockState.CLEARED)
    @rule(what=st.sampled_from([blocks.cleared, blocks.made_permanent, blocks.exempted]))
    def decide(self, what: object) -> None:
        self._take(what(self.block, self.now, "ada"))  # type: ignore[operator]

    @precondition(lambda self: self.block.state is BlockState.CLEARED)
    @rule(state=st.sampled_from([state for state in BlockState if state is not BlockState.CLEARED]))
    def restore(self, state: BlockState) -> None:
        assert self.block is not None
        self._take(blocks.restored(self.block, state, self.now, "ada", HOUR, 0.0))

    @invariant()
    def a_permanent_block_has_no_probe_time(self) -> None:
        if self.block is not None and self.block.state is BlockState.PERMANENT:
            assert self.block.permanent
            assert self.block.next_probe is None

    @invariant()
    def a_block_that_is_probed_has_a_probe_time_within_reach(self) -> None:
        if self.block is not None and self.block.state is BlockState.BLOCKED:
            assert self.block.next_probe is not None
            assert self.block.next_probe <= self.now + 1.1 * HOUR
            assert not self.block.permanent

    @invariant()
    def what_is_open_has_none(self) -> None:
        if self.block is not None and not self.block.closes_pair:
            assert self.block.next_probe is None
            assert not self.block.probe_requested

    @invariant()
    def it_stays_the_block_of_its_first_pair(self) -> None:
        if self.block is not None:
            assert (self.block.sending_address, self.block.mx_address) == (A, self.block.pairs[0].mx_address)
            addresses = [pair.mx_address for pair in self.block.pairs]
            assert len(addresses) == len(set(addresses))

    @invariant()
    def a_slow_start_has_begun_at_an_instant(self) -> None:
        if self.block is not None and self.block.state is BlockState.RECOVERING:
            assert self.block.ramp_since is not None


TestBlockLife = BlockLife.TestCase
