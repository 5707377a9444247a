"""The report of blocks and what a person does to blocks, on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from administration import ACTOR, NOW, Office
from sqlalchemy import select

from app.database import ledger
from app.database.database import Database
from app.database.schema import AddressTraffic, MailingLane, StoredHold
from app.services import block_actions, block_reports, blocks, streams
from app.services.block_actions import Cleared
from app.services.blocks import BlockFilter, BlockSort, BlockView
from app.services.problems import BadValue, Refused, UnknownName
from engine.blocks import Block, BlockEvent, BlockEventKind, BlockState, RefusedPair
from engine.pairs import ExchangerGroup, IPText
from engine.ports import MailingState
from engine.replies import Scope, Stage

A, B, C = "192.0.2.9", "192.0.2.10", "2001:db8::1"
REPLY = "554 5.7.1 Client host [192.0.2.9] blocked using zen.spamhaus.org"


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def a_block(sending_address: str = A, mx_address: str = "198.51.100.1", **changes: object) -> Block:
    base = Block(
        id=0,
        sending_address=IPText(sending_address),
        mx_address=IPText(mx_address),
        mx_host="mx.one.test",
        domain="one.test",
        group=ExchangerGroup("mx.one.test"),
        provider="",
        scope=Scope.PAIR,
        state=BlockState.BLOCKED,
        stage=Stage.BANNER,
        code=554,
        enhanced="5.7.1",
        reply=REPLY,
        rule="lists.spamhaus",
        reason="says that 192.0.2.9 is on a block list",
        advice="Ask for removal.",
        since=NOW,
        pairs=(RefusedPair(IPText(mx_address), "mx.one.test", 554, REPLY, NOW),),
        next_probe=NOW + 3600,
    )
    return replace(base, **changes)


def store(office: Office, *found: Block) -> list[int]:
    with office.writing() as session:
        event = BlockEvent(BlockEventKind.BLOCKED, NOW, text="refused", reply=REPLY)
        return [block.id for block in ledger.save(session.connection(), [(block, event) for block in found])]


def act(office: Office, action: Callable[..., object], *arguments: object, **options: object) -> object:
    with office.writing() as session:
        return action(session, *arguments, actor=ACTOR, now=NOW + 60, **options)


def view_of(office: Office, block_id: int) -> BlockView:
    with office.database.read() as session:
        return blocks.get(session, block_id)


def kinds(office: Office, block_id: int) -> list[str]:
    with office.database.read() as session:
        return [event.kind.value for event in blocks.history(session, block_id)]


def order(office: Office, sort: BlockSort, *, descending: bool = False, **options: object) -> list[int]:
    with office.database.read() as session:
        return list(blocks.ordered_ids(session, sort=sort, descending=descending, **options))


def found(office: Office, **wanted: object) -> set[int]:
    with office.database.read() as session:
        return {view.id for view in blocks.listing(session, BlockFilter(**wanted))}


def hold(office: Office, stream_id: int, domain: str, recipients: int, name: str = "may") -> None:
    """A running mailing whose recipients at a domain are held."""
    mailing = office.mailing(
        name,
        office.list(f"list-{name}", office.site(f"{name}.test")),
        MailingState.ACTIVE,
        stream_id=stream_id,
        waiting=recipients,
    )
    with office.writing() as session:
        session.scalars(select(MailingLane).where(MailingLane.mailing_id == mailing)).one().domain = domain
        session.add(StoredHold(stream_id=stream_id, domain=domain, since_at=NOW))


# The report


def test_a_block_is_shown_with_the_streams_of_its_address(office: Office) -> None:
    office.stream("Zeta", A, B)
    office.stream("alpha", A)
    first, second = store(office, a_block(), a_block(B))
    assert view_of(office, first).streams == ("alpha", "Zeta")
    assert view_of(office, second).streams == ("Zeta",)
    shown = view_of(office, first)
    assert (shown.reply, shown.code, shown.enhanced, shown.stage, shown.next_probe) == (
        REPLY,
        554,
        "5.7.1",
        Stage.BANNER,
        NOW + 3600,
    )
    assert shown.pairs == ()


def test_a_widened_block_keeps_its_first_address_and_shows_all_pairs(office: Office) -> None:
    pairs = tuple(
        RefusedPair(IPText(f"198.51.100.{number}"), "mx.one.test", 554, REPLY, NOW + number) for number in (1, 2)
    )
    (wide,) = store(office, a_block(scope=Scope.GROUP, pairs=pairs))
    assert view_of(office, wide).mx_address == "198.51.100.1"
    assert [pair.mx_address for pair in view_of(office, wide).pairs] == ["198.51.100.1", "198.51.100.2"]


def test_a_permanent_block_has_no_next_probe(office: Office) -> None:
    (block,) = store(office, a_block(state=BlockState.PERMANENT, permanent=True, next_probe=None))
    assert view_of(office, block).next_probe is None


def test_cleared_blocks_are_listed_on_demand_only(office: Office) -> None:
    open_one, cleared = store(office, a_block(), a_block(B, state=BlockState.CLEARED))
    assert found(office) == {open_one}
    assert found(office, with_cleared=True) == {open_one, cleared}
    assert found(office, states=frozenset({BlockState.CLEARED})) == {cleared}


def test_filters(office: Office) -> None:
    stream = office.stream("news", A)
    office.stream("other", B)
    one, two, three = store(
        office,
        a_block(provider="Google"),
        a_block(B, domain="two.test", group=ExchangerGroup("mx.two.test"), reply="421 100% busy", rule="own"),
        a_block(B, domain="three.test", mx_address="198.51.100.3"),
    )
    assert found(office, stream_id=stream) == {one}
    assert found(office, provider="Google") == {one}
    assert found(office, sending_address=B) == {two, three}
    assert found(office, domain="two.test") == {two}
    assert found(office, domain="one.test") == {one, three}, "three's exchangers serve one.test as well"
    assert found(office, text="100%") == {two}
    assert found(office, text="SPAMHAUS") == {one, three}
    assert found(office, text="_") == set()


SORT_KEYS: dict[BlockSort, Callable[[BlockView], object]] = {
    BlockSort.STATE: lambda view: view.state.value,
    BlockSort.STREAMS: lambda view: ", ".join(view.streams).casefold(),
    BlockSort.DOMAIN: lambda view: view.domain,
    BlockSort.PROVIDER: lambda view: view.provider,
    BlockSort.MX_HOST: lambda view: view.mx_host,
    BlockSort.SCOPE: lambda view: view.scope.value,
    BlockSort.STAGE: lambda view: view.stage.value,
    BlockSort.CODE: lambda view: view.code,
    BlockSort.REASON: lambda view: view.reason,
    BlockSort.REPLY: lambda view: view.reply,
    BlockSort.RULE: lambda view: view.rule,
    BlockSort.SINCE: lambda view: view.since,
    BlockSort.LAST_PROBE: lambda view: view.last_probe,
    BlockSort.NEXT_PROBE: lambda view: view.next_probe,
    BlockSort.HELD: lambda view: view.held,
    BlockSort.PROBES: lambda view: view.probes,
    BlockSort.SENDING_ADDRESS: lambda view: [C, B, A][::-1].index(view.sending_address),
    BlockSort.MX_ADDRESS: lambda view: int(view.mx_address.rsplit(".", 1)[1]),
}


def some_blocks() -> list[Block]:
    pick = random.Random(1)
    return [
        a_block(
            pick.choice([A, B, C]),
            f"198.51.100.{pick.randrange(1, 200)}",
            domain=pick.choice(["one.test", "two.test", "three.test"]),
            provider=pick.choice(["", "google", "yahoo"]),
            mx_host=pick.choice(["a.test", "b.test"]),
            state=pick.choice([BlockState.BLOCKED, BlockState.RECOVERING, BlockState.PERMANENT, BlockState.EXEMPT]),
            scope=pick.choice(list(Scope)),
            stage=pick.choice(list(Stage)),
            code=pick.randrange(400, 600),
            reason=pick.choice(["a", "b", ""]),
            reply=f"5{pick.randrange(10)}",
            rule=pick.choice(["r1", "r2"]),
            since=NOW + pick.randrange(100),
            last_probe=pick.choice([None, NOW + pick.randrange(100)]),
            next_probe=pick.choice([None, NOW + pick.randrange(100)]),
            probes=pick.randrange(5),
        )
        for _ in range(40)
    ]


def test_every_column_sorts_both_ways_with_empty_values_last(office: Office) -> None:
    office.stream("News", A)
    stream = office.stream("alerts", B, C)
    hold(office, stream, "two.test", 7)
    store(office, *some_blocks())
    with office.database.read() as session:
        views = {view.id: view for view in blocks.listing(session)}
    for sort, key in SORT_KEYS.items():
        for descending in (False, True):
            values = [key(views[block]) for block in order(office, sort, descending=descending)]
            given = [value for value in values if value is not None]
            assert len(values) == len(views)
            assert given == sorted(given, reverse=descending), sort
            assert all(value is None for value in values[len(given) :]), sort


def test_totally_blocked_domains_come_first_where_wished(office: Office) -> None:
    stream = office.stream("news", A)
    other, total = store(office, a_block(domain="other.test"), a_block(mx_address="198.51.100.2"))
    hold(office, stream, "one.test", 5)
    for sort in (BlockSort.SINCE, BlockSort.STREAMS):
        assert order(office, sort, totals_first=True) == [total, other]
    assert (view_of(office, total).held, view_of(office, total).is_total) == (5, True)
    assert (view_of(office, other).held, view_of(office, other).is_total) == (0, False)


def test_who_is_held_at_another_domain_of_the_provider_waits_behind_the_block_too(office: Office) -> None:
    stream = office.stream("news", A)
    (block,) = store(office, a_block(provider="Google"))
    hold(office, stream, "elsewhere.test", 4)
    with office.writing() as session:
        session.scalars(select(MailingLane)).one().provider = "Google"
    assert view_of(office, block).held == 4
    act(office, block_actions.exempt, [block])
    assert view_of(office, block).held == 0, "nobody waits behind a pair that is open"


def test_rows_come_in_the_order_asked_for(office: Office) -> None:
    ids = store(office, a_block(), a_block(B), a_block(C))
    with office.database.read() as session:
        assert [view.id for view in blocks.rows(session, [ids[2], 999, ids[0]])] == [ids[2], ids[0]]


def test_history_and_events(office: Office) -> None:
    first, second = store(office, a_block(), a_block(B))
    act(office, block_actions.clear, [first], reason="they said sorry")
    with office.database.read() as session:
        last = blocks.history(session, first)[-1]
        assert (last.kind, last.actor, last.text, last.at) == (
            BlockEventKind.CLEARED,
            ACTOR,
            "they said sorry",
            NOW + 60,
        )
        newest = blocks.events(session, blocks.event_ids(session))
        assert [event.block_id for event in newest] == [first, second, first]
        with pytest.raises(UnknownName):
            blocks.history(session, 999)


# What a person does


def test_clear_opens_at_once_and_is_told_to_engines(office: Office) -> None:
    ids = store(office, a_block(), a_block(B))
    before = office.counter("blocks")
    cleared = act(office, block_actions.clear, ids, reason="fixed")
    assert cleared == Cleared(tuple((block, BlockState.BLOCKED) for block in ids))
    assert found(office) == set()
    assert office.counter("blocks") > before
    assert [line.action for line in office.trail()[:2]] == ["block.clear", "block.clear"]


def test_clear_is_all_or_nothing(office: Office) -> None:
    first, second = store(office, a_block(), a_block(B))
    act(office, block_actions.clear, [second])
    with pytest.raises(Refused, match=f"Block {second} is cleared already"):
        act(office, block_actions.clear, [first, second])
    with pytest.raises(UnknownName, match="999"):
        act(office, block_actions.clear, [first, 999])
    assert view_of(office, first).state is BlockState.BLOCKED


def test_clear_by_stream_domain_and_address_leaves_exemptions(office: Office) -> None:
    stream = office.stream("news", A)
    one, exempt, other = store(
        office, a_block(), a_block(mx_address="198.51.100.2", state=BlockState.EXEMPT), a_block(B)
    )
    assert act(office, block_actions.clear_matching, BlockFilter(stream_id=stream)) == Cleared(
        ((one, BlockState.BLOCKED),)
    )
    assert found(office) == {exempt, other}
    assert act(office, block_actions.clear_matching, BlockFilter(domain="nowhere.test")) == Cleared(())
    act(office, block_actions.clear_matching, BlockFilter(sending_address=B))
    assert found(office) == {exempt}


def test_a_clear_can_be_undone(office: Office) -> None:
    ids = store(office, a_block(), a_block(B, state=BlockState.PERMANENT, permanent=True, next_probe=None))
    cleared = act(office, block_actions.clear, ids)
    assert act(office, block_actions.restore, cleared) == 2
    assert [view_of(office, block).state for block in ids] == [BlockState.BLOCKED, BlockState.PERMANENT]
    assert view_of(office, ids[0]).next_probe is not None
    assert kinds(office, ids[0]) == ["blocked", "cleared", "restored"]
    with pytest.raises(Refused, match="not cleared any more"):
        act(office, block_actions.restore, cleared)


def test_clear_and_probe_begins_the_slow_start(office: Office) -> None:
    (block,) = store(office, a_block())
    act(office, block_actions.clear_and_probe, [block])
    assert (view_of(office, block).state, kinds(office, block)[-1]) == (BlockState.RECOVERING, "cleared")


def test_probe_now_is_for_closed_pairs(office: Office) -> None:
    closed, exempt = store(office, a_block(), a_block(B, state=BlockState.EXEMPT))
    act(office, block_actions.probe_now, [closed])
    assert view_of(office, closed).probe_requested
    with pytest.raises(Refused, match=f"Block {exempt}"):
        act(office, block_actions.probe_now, [exempt])


def test_hold_and_exempt_and_unexempt(office: Office) -> None:
    (block,) = store(office, a_block())
    act(office, block_actions.hold, [block], reason="call them first")
    assert (view_of(office, block).state, view_of(office, block).next_probe) == (BlockState.PERMANENT, None)
    act(office, block_actions.exempt, [block])
    assert view_of(office, block).state is BlockState.EXEMPT
    act(office, block_actions.unexempt, [block])
    assert view_of(office, block).state is BlockState.CLEARED
    with pytest.raises(Refused, match="not exempt"):
        act(office, block_actions.unexempt, [block])


def test_a_note_stays_with_the_block(office: Office) -> None:
    (block,) = store(office, a_block())
    act(office, block_actions.note, block, "ticket 7")
    assert (view_of(office, block).note, kinds(office, block)[-1]) == ("ticket 7", "noted")
    with pytest.raises(BadValue) as refusal:
        act(office, block_actions.note, block, "a\0b")
    assert refusal.value.field == "note"


# Reports


def test_the_summary_counts_addresses_providers_and_who_waits(office: Office) -> None:
    stream = office.stream("news", A, B)
    store(
        office,
        a_block(provider="Google"),
        a_block(B, provider="Google", next_probe=NOW + 10),
        a_block(B, mx_address="198.51.100.2", state=BlockState.RECOVERING, next_probe=None),
        a_block(A, group=ExchangerGroup("mx.two.test"), domain="two.test"),
    )
    hold(office, stream, "one.test", 12)
    with office.database.read() as session:
        told = block_reports.summary(session)
    assert told == block_reports.Summary(addresses=2, providers=2, blocks=3, held=12, next_probe=NOW + 10)


def test_the_matrix_shows_the_worst_state_and_the_traffic(office: Office) -> None:
    office.stream("news", B, A)
    store(
        office,
        a_block(provider="Google", state=BlockState.SUSPECT),
        a_block(provider="Google", mx_address="198.51.100.2", state=BlockState.BLOCKED),
    )
    with office.writing() as session:
        session.add(
            AddressTraffic(hour_at=int(NOW) // 3600 * 3600, sending_address=B, provider="Yahoo", delivered=9, failed=1)
        )
    with office.database.read() as session:
        matrix = block_reports.matrix(session, now=NOW)
    assert (matrix.sending_addresses, matrix.providers) == ((A, B), ("Google", "Yahoo"))
    assert matrix.cells[A, "Google"].state is BlockState.BLOCKED
    assert (matrix.cells[B, "Yahoo"].delivered, matrix.cells[B, "Yahoo"].refused) == (9, 1)
    assert (B, "Google") not in matrix.cells


def test_the_effect_of_clearing_is_who_is_released_and_over_what(office: Office) -> None:
    stream = office.stream("news", A, B)
    ids = store(office, a_block(), a_block(B))
    hold(office, stream, "one.test", 30)
    with office.writing() as session:
        streams.set_weight(session, stream, A, 200, actor=ACTOR, now=NOW)

    def effect(chosen: Sequence[int]) -> block_reports.Effect:
        with office.database.read() as session:
            return block_reports.effect_of_clearing(session, chosen)

    assert effect(ids) == block_reports.Effect(2, 30, (block_reports.Load(A, 20), block_reports.Load(B, 10)))
    assert effect(ids[1:]) == block_reports.Effect(1, 30, (block_reports.Load(B, 30),))
    assert effect([]) == block_reports.Effect(0, 0, ())


def test_evidence_for_the_provider_is_plain_text_without_tricks(office: Office) -> None:
    (block,) = store(office, a_block(reply="554 first\n554 \u202esecond\x1b[31m"))
    text = block_reports.evidence(view_of(office, block))
    assert "Our sending address: 192.0.2.9" in text
    assert "2023-11-14 22:13:20 UTC" in text
    assert "\u202e" not in text
    assert "\x1b" not in text
