"""Blocks and their history over real databases: what is saved is loaded, and nobody's change is overwritten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from queues import NOW, Ports
from sqlalchemy import select

from app.database import ledger
from app.database.changes import BLOCKS, WORLD, bump
from app.database.database import Database
from app.database.schema import AddressTraffic, StoredBlock, StoredBlockEvent
from engine.blocks import Block, BlockEvent, BlockEventKind, BlockState, RefusedPair
from engine.pairs import ExchangerGroup, IPText
from engine.replies import Scope, Stage, Threshold

REPLY = "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked"


def _block(mx: str = "198.51.100.25", **changes: object) -> Block:
    values: dict[str, object] = {
        "id": 0,
        "sending_address": IPText("192.0.2.7"),
        "mx_address": IPText(mx),
        "mx_host": "mx1.example.test",
        "domain": "example.test",
        "group": ExchangerGroup("mx1.example.test,mx2.example.test"),
        "provider": "Example",
        "scope": Scope.PAIR,
        "state": BlockState.BLOCKED,
        "stage": Stage.BANNER,
        "code": 554,
        "enhanced": "5.7.1",
        "reply": REPLY,
        "rule": "generic.listed",
        "reason": "says that 192.0.2.7 is on a block list",
        "advice": "Ask for removal.",
        "since": NOW,
        "pairs": (RefusedPair(IPText(mx), "mx1.example.test", 554, REPLY, NOW),),
        "last_probe": NOW + 1,
        "next_probe": NOW + 3600,
        "probe_interval": 1800.0,
        "probe_note": "timed out",
        "probes": 3,
        "last_recipient": "anna@example.test",
        "hits": (NOW - 5.5, NOW),
        "threshold": Threshold(2, 600),
        "ramp_step": 2,
        "ramp_since": NOW + 2,
        "note": "asked them",
    }
    return Block(**(values | changes))  # type: ignore[arg-type]


def _event(kind: BlockEventKind = BlockEventKind.BLOCKED, at: float = NOW, **changes: str) -> BlockEvent:
    return BlockEvent(kind, at, **changes)


def _history(database: Database, block: int) -> list[tuple[str, str, str]]:
    with database.read() as session:
        rows = session.scalars(
            select(StoredBlockEvent).where(StoredBlockEvent.block_id == block).order_by(StoredBlockEvent.id)
        )
        return [(row.kind.value, row.actor, row.text) for row in rows]


async def test_what_is_saved_is_loaded(ports: Ports) -> None:
    plain = _block(
        "2001:db8::25", last_probe=None, next_probe=None, probe_interval=None, threshold=None, ramp_since=None
    )
    saved = await ports.ledger.save([(_block(), _event()), (plain, _event())])
    assert [block.version for block in saved] == [1, 1]
    assert saved[0] == replace(_block(), id=saved[0].id, version=1)
    assert list(await ports.ledger.load()) == list(saved)


async def test_it_survives_a_restart(ports: Ports, open_database: Callable[..., Database]) -> None:
    saved = await ports.ledger.save([(_block(), _event())])
    with open_database().read() as session:
        assert ledger.load(session.connection()) == list(saved)


async def test_a_change_by_somebody_else_wins(database: Database, ports: Ports) -> None:
    (mine,) = await ports.ledger.save([(_block(), _event())])
    with database.write() as session:
        cleared = replace(mine, state=BlockState.CLEARED, note="by anna")
        (theirs,) = ledger.save(session.connection(), [(cleared, _event(BlockEventKind.CLEARED, actor="anna"))])
    answer, other = await ports.ledger.save(
        [
            (replace(mine, state=BlockState.PROBING), _event(BlockEventKind.PROBE_STARTED)),
            (_block("198.51.100.26"), _event()),
        ]
    )
    assert answer == theirs
    assert (answer.state, answer.version) == (BlockState.CLEARED, 2)
    assert other.id != mine.id
    assert _history(database, mine.id) == [("blocked", "engine", ""), ("cleared", "anna", "")]
    assert list(await ports.ledger.load()) == [other]


async def test_changes_of_one_block_that_are_saved_together_build_on_each_other(
    database: Database, ports: Ports
) -> None:
    (block,) = await ports.ledger.save([(_block(), _event())])
    probing = replace(block, state=BlockState.PROBING)
    recovering = replace(block, state=BlockState.RECOVERING, version=block.version + 1)
    answers = await ports.ledger.save(
        [
            (probing, _event(BlockEventKind.PROBE_STARTED)),
            (_block("198.51.100.26"), _event()),
            (recovering, _event(BlockEventKind.PROBE_ACCEPTED)),
        ]
    )
    assert [(answer.state, answer.version) for answer in answers] == [
        (BlockState.PROBING, 2),
        (BlockState.BLOCKED, 1),
        (BlockState.RECOVERING, 3),
    ]
    assert [kind for kind, _, _ in _history(database, block.id)] == ["blocked", "probe_started", "probe_accepted"]
    assert sorted(each.version for each in await ports.ledger.load()) == [1, 3]


async def test_a_chain_of_changes_keeps_its_history(database: Database, ports: Ports) -> None:
    (block,) = await ports.ledger.save([(_block(state=BlockState.SUSPECT), _event(BlockEventKind.REFUSED))])
    for state, kind in (
        (BlockState.BLOCKED, BlockEventKind.BLOCKED),
        (BlockState.PROBING, BlockEventKind.PROBE_STARTED),
        (BlockState.RECOVERING, BlockEventKind.PROBE_ACCEPTED),
        (BlockState.CLEARED, BlockEventKind.RECOVERED),
    ):
        (block,) = await ports.ledger.save([(replace(block, state=state), _event(kind, text=f"now {state}"))])
    assert block.version == 5
    assert [kind for kind, _, _ in _history(database, block.id)] == [
        "refused",
        "blocked",
        "probe_started",
        "probe_accepted",
        "recovered",
    ]
    assert list(await ports.ledger.load()) == []
    with database.read() as session:
        assert [each.state for each in ledger.find(session.connection(), [block.id])] == [BlockState.CLEARED]


async def test_widening_adds_pairs_and_keeps_the_first_address(database: Database, ports: Ports) -> None:
    (block,) = await ports.ledger.save([(_block(), _event())])
    second = RefusedPair(IPText("198.51.100.3"), "mx2.example.test", 550, "550 no", NOW + 60)
    wide = replace(block, scope=Scope.GROUP, pairs=(*block.pairs, second))
    (saved,) = await ports.ledger.save([(wide, _event(BlockEventKind.WIDENED))])
    (loaded,) = await ports.ledger.load()
    assert loaded == saved
    assert [pair.mx_address for pair in loaded.pairs] == ["198.51.100.25", "198.51.100.3"]
    assert loaded.mx_address == "198.51.100.25"


async def test_hostile_texts_are_kept(ports: Ports) -> None:
    hostile = "550 \0\udcff\u202e" + "x" * 5000
    (saved,) = await ports.ledger.save(
        [
            (
                _block(
                    reply=hostile,
                    probe_note=hostile,
                    pairs=(RefusedPair(IPText("198.51.100.25"), "mx", 550, hostile, NOW),),
                ),
                _event(reply=hostile, text=hostile),
            )
        ]
    )
    (loaded,) = await ports.ledger.load()
    assert loaded.id == saved.id
    assert loaded.reply.startswith("550 \ufffd?\u202e")
    assert len(loaded.reply) == 4096


async def test_addresses_sort_numerically(database: Database, ports: Ports) -> None:
    for mx in ("198.51.100.25", "2001:db8::1", "198.51.100.9"):
        await ports.ledger.save([(_block(mx), _event())])
    with database.read() as session:
        found = session.scalars(select(StoredBlock.mx_address).order_by(StoredBlock.mx_key)).all()
    assert found == ["198.51.100.9", "198.51.100.25", "2001:db8::1"]


async def test_refusals_are_counted_by_the_hour(database: Database, ports: Ports) -> None:
    (block,) = await ports.ledger.save([(_block(), _event())])
    await ports.ledger.save([(replace(block, probes=1), _event(BlockEventKind.PROBE_REFUSED))])
    with database.read() as session:
        row = session.scalars(select(AddressTraffic)).one()
    assert (row.sending_address, row.provider, row.blocked, row.delivered) == ("192.0.2.7", "Example", 2, 0)


async def test_others_hear_of_it_and_the_engine_does_not(
    database: Database, ports: Ports, open_database: Callable[..., Database]
) -> None:
    heard: list[frozenset[str]] = []
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listener(topics: frozenset[str]) -> None:
        heard.append(topics)
        loop.call_soon_threadsafe(arrived.set)

    with open_database().watcher.listening(listener):
        await ports.ledger.save([(_block(), _event())])
        await asyncio.wait_for(arrived.wait(), 5.0)
    assert heard == [frozenset({BLOCKS})]
    with database.write() as session:
        bump(session, WORLD)
    assert await asyncio.wait_for(ports.queue.changed(), 5.0) == {WORLD}
