"""What the window's tables of blocks, history, activity and attention read, on both databases."""

from __future__ import annotations

import csv
import io
import json
import time

import blocksample
import pytest
import sample
from blocksample import BlockSample

from app.database.database import Database
from app.services import (
    activity,
    attention,
    block_exports,
    block_groups,
    block_history,
    block_lookups,
    blocks,
    held_mailings,
)
from app.services.activity import ActivityFilter, ActivitySort, Who
from app.services.attention import AttentionKind
from app.services.block_groups import Grouping
from app.services.block_history import EventSort
from app.services.blocks import BlockFilter, BlockSort
from engine.blocks import BlockState


@pytest.fixture
def made(database: Database) -> BlockSample:
    """Streams, lists, and blocks of many kinds."""
    now = time.time()
    with database.write() as session:
        return blocksample.fill(session, sample.fill(session, now=now), now)


@pytest.mark.parametrize("grouping", [each for each in Grouping if each is not Grouping.NONE])
@pytest.mark.parametrize("sort", [BlockSort.SINCE, BlockSort.HELD, BlockSort.STREAMS])
def test_groups_have_every_block_in_the_order_of_the_report(
    database: Database, made: BlockSample, grouping: Grouping, sort: BlockSort
) -> None:
    with database.read() as session:
        order = list(blocks.ordered_ids(session, sort=sort, totals_first=True))
        groups = block_groups.grouped(session, grouping, sort=sort)
    assert {block for group in groups for block in group.ids} == set(made.all)
    firsts = [order.index(group.ids[0]) for group in groups]
    if grouping is not Grouping.STREAM:  # a block may be the first of several streams
        assert firsts == sorted(firsts)
    for group in groups:
        assert [order.index(block) for block in group.ids] == sorted(order.index(block) for block in group.ids)


def test_a_group_says_who_is_held_there(database: Database, made: BlockSample) -> None:
    with database.read() as session:
        held = {
            grouping: {group.name: group.held for group in block_groups.grouped(session, grouping)}
            for grouping in (Grouping.DOMAIN, Grouping.PROVIDER, Grouping.STREAM, Grouping.ADDRESS)
        }
    assert held[Grouping.DOMAIN]["northmail.test"] == blocksample.HELD
    assert held[Grouping.PROVIDER]["Northmail"] == blocksample.HELD
    assert held[Grouping.STREAM]["news"] == blocksample.HELD
    assert held[Grouping.STREAM]["notices"] == 0
    assert held[Grouping.ADDRESS]["192.0.2.10"] == blocksample.HELD
    assert held[Grouping.ADDRESS]["198.51.100.5"] == 0


@pytest.mark.parametrize("are_held", [True, False])
def test_the_first_rows_are_those_of_the_whole_order(database: Database, made: BlockSample, are_held: bool) -> None:
    with database.write() as session:
        for hold in session.query(blocksample.StoredHold) if not are_held else ():
            session.delete(hold)
    with database.read() as session:
        for sort in BlockSort:
            for descending in (False, True):
                whole = blocks.ordered_ids(session, sort=sort, descending=descending, totals_first=True)
                for limit in (1, 4, 6, 100):
                    some = blocks.ordered_ids(session, sort=sort, descending=descending, totals_first=True, limit=limit)
                    assert some == whole[:limit], (sort, descending, limit)


def test_lookups_tell_states_pairs_and_providers(database: Database, made: BlockSample) -> None:
    with database.read() as session:
        assert block_lookups.in_states(session, made.all, [BlockState.EXEMPT]) == [made.exempt]
        assert block_lookups.numbers_of_pairs(session, [made.widened, made.total]) == {made.widened: 3, made.total: 1}
        assert "Microsoft" in block_lookups.refusing_providers(session)


def test_who_waits_behind_a_block(database: Database, made: BlockSample) -> None:
    with database.read() as session:
        (lane,) = held_mailings.behind(session, blocks.get(session, made.total))
        assert (lane.mailing_id, lane.domain, lane.recipients) == (made.mailing, "northmail.test", blocksample.HELD)
        assert held_mailings.behind(session, blocks.get(session, made.widened)) == []
        assert held_mailings.behind(session, blocks.get(session, made.exempt)) == []


@pytest.mark.parametrize("sort", list(EventSort))
@pytest.mark.parametrize("descending", [False, True])
def test_history_sorts_by_every_column(
    database: Database, made: BlockSample, sort: EventSort, descending: bool
) -> None:
    with database.read() as session:
        ids = block_history.ids(session, sort=sort, descending=descending)
        rows = block_history.rows(session, ids)
    assert len(rows) == len(ids) > len(made.all)
    values = [str(getattr(row, sort.value)) for row in rows]
    if sort in (EventSort.KIND, EventSort.ACTOR, EventSort.DOMAIN):
        assert values == sorted(values, reverse=descending)
    if sort is EventSort.AT:
        assert list(ids) == sorted(ids, reverse=descending)


def test_history_filters_by_text_and_block(database: Database, made: BlockSample) -> None:
    with database.read() as session:
        found = block_history.rows(session, block_history.ids(session, containing="postmaster"))
        assert [(row.block_id, row.actor) for row in found] == [(made.exempt, "anna")]
        own = block_history.rows(session, block_history.ids(session, block_id=made.total))
        assert {row.block_id for row in own} == {made.total}
        file = io.StringIO()
        assert block_history.export_csv(session, file, block_history.ids(session)) > len(made.all)


def test_the_report_is_written_as_csv_and_json(database: Database, made: BlockSample) -> None:
    with database.read() as session:
        ids = blocks.ordered_ids(session)
        as_csv, as_json = io.StringIO(newline=""), io.StringIO()
        assert block_exports.write_csv(session, as_csv, ids) == len(made.all)
        assert block_exports.write_json(session, as_json, ids) == len(made.all)
        nothing = io.StringIO()
        block_exports.write_json(session, nothing, [])
    rows = list(csv.DictReader(io.StringIO(as_csv.getvalue())))
    assert {row["domain"] for row in rows} >= {"northmail.test", "contoso.test"}
    assert [each["id"] for each in json.loads(as_json.getvalue())] == list(ids)
    assert json.loads(nothing.getvalue()) == []


@pytest.mark.parametrize("sort", list(ActivitySort))
def test_activity_joins_people_and_engine(database: Database, made: BlockSample, sort: ActivitySort) -> None:
    with database.read() as session:
        keys = activity.keys(session, sort=sort)
        lines = activity.rows(session, keys[:1000])
        assert {line.actor for line in lines} >= {"anna", "ben", "engine"}
        assert len(set(keys)) == len(keys)
        people = activity.rows(session, activity.keys(session, ActivityFilter(who=Who.PEOPLE), sort=sort)[:1000])
        assert "engine" not in {line.actor for line in people}
        streams = activity.rows(session, activity.keys(session, ActivityFilter(kind="stream"), sort=sort))
        assert {line.action.split(".")[0] for line in streams} == {"stream"}
        found = activity.rows(session, activity.keys(session, ActivityFilter("evil.test"), sort=sort))
        assert [line.actor for line in found] == ["engine"]
        assert "block" in activity.kinds(session)


def test_attention_puts_the_worst_first(database: Database, made: BlockSample) -> None:
    with database.read() as session:
        found = attention.listing(session)
    assert [each.kind for each in found] == [
        AttentionKind.TOTAL_BLOCK,
        AttentionKind.STREAM_PAUSED,
        AttentionKind.UNUSABLE_ADDRESS,
        AttentionKind.IN_DOUBT,
        AttentionKind.ALERT,
        AttentionKind.MAILING_PAUSED,
    ]
    total = found[0]
    assert (total.name, total.place, total.number, total.domains) == ("news", "northmail.test", blocksample.HELD, 1)


def test_nothing_needs_attention_at_first(database: Database) -> None:
    with database.read() as session:
        assert attention.listing(session) == []
        assert list(blocks.ordered_ids(session, wanted=BlockFilter(with_cleared=True))) == []
        assert list(block_history.ids(session)) == []
