"""What the journals of dead workers come to in the queue, before anything is sent again."""

from __future__ import annotations

import pytest
from queues import NOW, addresses, engine_ports, start_mailing
from sqlalchemy import select

from app.database.database import Database
from app.database.schema import Recipient
from engine.journal import Noted, PairName, Recovery
from engine.ports import EngineSettings, InDoubtPolicy, RecipientState
from engine.recovery import replay
from engine.wire import End, Result

PAIR = PairName(3, "127.0.0.11", "127.0.1.1", "mx.d1.test")


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (InDoubtPolicy.ASK, RecipientState.IN_DOUBT),
        (InDoubtPolicy.DELIVERED, RecipientState.DELIVERED),
        (InDoubtPolicy.AGAIN, RecipientState.WAITING),
    ],
)
async def test_each_noted_end_becomes_what_it_would_have_become(
    database: Database, policy: InDoubtPolicy, left: RecipientState
) -> None:
    """In doubt is in doubt, whether the connection was lost before the worker died or with it."""
    mailing = start_mailing(database, addresses(5, domains=1))
    with engine_ports(database) as ports:
        dotted, lost, accepted, refused, returned = await ports.read_all(mailing)
        results = {
            lost.id: Result(lost.id, 1, 3, End.IN_DOUBT),
            accepted.id: Result(accepted.id, 1, 3, End.DELIVERED, "end_of_data", 250, reply="250 ok"),
            refused.id: Result(refused.id, 1, 3, End.REFUSED, "rcpt", 550, reply="550 5.1.1 unknown"),
            returned.id: Result(returned.id, 1, 3, End.RETURNED),
        }
        rows = (dotted, lost, accepted, refused, returned)
        noted = tuple(Noted(row.id, 1, PAIR, NOW + 1, results.get(row.id)) for row in rows)
        assert await replay(Recovery(noted), ports.queue, EngineSettings(in_doubt=policy)) == 2
    with database.read() as session:
        states = dict(session.execute(select(Recipient.id, Recipient.state)).all())
        attempts = dict(session.execute(select(Recipient.id, Recipient.attempts)).all())
    assert states == {
        dotted.id: left,
        lost.id: left,
        accepted.id: RecipientState.DELIVERED,
        refused.id: RecipientState.FAILED,
        returned.id: RecipientState.WAITING,
    }
    assert attempts == {dotted.id: 1, lost.id: 1, accepted.id: 1, refused.id: 1, returned.id: 0}
