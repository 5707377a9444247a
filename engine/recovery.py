"""What a journal tells after a crash, as results and outcomes. Pure, but for the replay into the queue at the start."""

from __future__ import annotations

from collections.abc import Mapping

from engine.journal import Noted, Recovery
from engine.ports import EngineSettings, Outcome, Queue, RecipientState
from engine.replies import Classification, Stage, Verdict
from engine.retry import Decision, delivered, in_doubt, refused
from engine.wire import End, Result


class Testimony:
    """The journal of a dead worker, asked for single attempts."""

    def __init__(self, recovery: Recovery) -> None:
        self._noted: Mapping[tuple[int, int], Noted] = {
            (noted.recipient, noted.attempt): noted for noted in recovery.noted
        }
        self._has_files = recovery.has_files

    def result(self, recipient: int, attempt: int, pair: int) -> Result:
        """What became of an attempt that the worker had: its reply, in doubt, or never begun.

        A block uses up no attempt, so one attempt can have been refused over another pair before: that is no word on this one.
        Where the journal was deleted, nobody knows.
        """
        if not self._has_files:
            return Result(recipient, attempt, pair, End.IN_DOUBT)
        noted = self._noted.get((recipient, attempt))
        if noted is None or noted.pair.pair != pair:
            return Result(recipient, attempt, pair, End.RETURNED)
        return noted.result or Result(recipient, attempt, pair, End.IN_DOUBT)


async def replay(recovery: Recovery, queue: Queue, settings: EngineSettings) -> int:
    """Record what the journals of a former engine tell, before anything is sent; return how many are in doubt.

    Outcomes that are recorded already are recognised by (recipient, attempt). Refusals that blocked a pair leave the
    recipient waiting: the next attempt meets them again.
    """
    lanes = await queue.lanes_of(tuple({noted.recipient for noted in recovery.noted}))
    outcomes = [
        outcome
        for noted in recovery.noted
        if noted.recipient in lanes and (outcome := _outcome(noted, lanes[noted.recipient], settings)) is not None
    ]
    if outcomes:
        await queue.record(outcomes)
    return sum(noted.end is End.IN_DOUBT for noted in recovery.noted)


def _outcome(noted: Noted, lane: int, settings: EngineSettings) -> Outcome | None:
    decision = _decision(noted, settings)
    if decision is None or (decision.state is RecipientState.WAITING and not decision.charged):
        return None
    result = noted.result
    said = result.classification if result else None
    return Outcome(
        recipient=noted.recipient,
        lane=lane,
        attempt=noted.attempt,
        state=decision.state,
        at=noted.at,
        charged=decision.charged,
        next_attempt=decision.next_attempt,
        sending_address=noted.pair.sending_address,
        mx_address=noted.pair.mx_address,
        mx_host=noted.pair.mx_host,
        stage=Stage(result.stage) if result and result.stage else None,
        code=result.code if result else 0,
        reply=result.reply if result else "",
        verdict=Verdict.ACCEPTED if noted.end is End.DELIVERED else said.verdict if said else Verdict.UNKNOWN,
        rule=said.rule if said else "",
    )


def _decision(noted: Noted, settings: EngineSettings) -> Decision | None:
    schedule, charged, result = settings.retry_schedule, noted.attempt - 1, noted.result
    if result is None or result.end is End.IN_DOUBT:
        return in_doubt(settings.in_doubt, schedule, charged, noted.at)
    if result.end is End.DELIVERED:
        return delivered()
    if result.end is not End.REFUSED:
        return None
    said = result.classification or Classification(Verdict.UNKNOWN)
    return refused(said, Stage(result.stage), result.code, schedule=schedule, attempts=charged, now=noted.at)
