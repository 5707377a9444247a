"""Streams and sending addresses as an administrator changes them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from administration import ACTOR, NOW, Office
from sqlalchemy.orm import Session

from app.database.database import Database
from app.database.schema import StoredHold, StreamTraffic
from app.services import addresses, associations, streams
from app.services.addresses import AddressEdit, AddressState
from app.services.associations import NodeKind
from app.services.problems import BadValue, Refused, StaleEdit, UnknownName
from app.services.streams import Binding, StreamEdit, StreamView
from engine.limits import LimitRule, LimitScope, WarmUp
from engine.ports import MailingState

A, B, C = "192.0.2.10", "192.0.2.9", "2001:db8::1"


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def stream_of(office: Office, stream_id: int) -> StreamView:
    with office.database.read() as session:
        return streams.get(session, stream_id)


def change(office: Office, action: Callable[..., object], *arguments: object, **options: object) -> object:
    with office.writing() as session:
        return action(session, *arguments, actor=ACTOR, now=NOW, **options)


def edit_of(view: StreamView, **changes: object) -> StreamEdit:
    same = StreamEdit(view.name, view.description, view.guard, view.bindings(), view.limits)
    return replace(same, **changes)


def test_a_new_database_has_the_default_stream_without_addresses(office: Office) -> None:
    with office.database.read() as session:
        view = streams.default(session)
    assert (view.name, view.is_default, view.addresses) == ("default", True, ())


def test_a_stream_shows_its_addresses_in_numeric_order(office: Office) -> None:
    view = stream_of(office, office.stream("news", C, A, B, A))
    assert [each.ip for each in view.addresses] == [B, A, C]
    assert {each.weight for each in view.addresses} == {100}
    assert office.trail()[0].action == "stream.create"
    assert office.trail()[0].actor == ACTOR


def test_names_are_the_same_without_regard_to_case(office: Office) -> None:
    stream_id = office.stream("News", A)
    with pytest.raises(Refused, match="'News'"):
        office.stream("nEWS", A)
    with office.database.read() as session:
        assert streams.by_name(session, "NEWS").id == stream_id
        with pytest.raises(UnknownName) as caught:
            streams.by_name(session, "Nws")
    assert caught.value.near == ("News",)


@pytest.mark.parametrize(
    ("name", "ips", "field"),
    [
        ("", [A], "name"),
        ("  ", [A], "name"),
        ("a\nb", [A], "name"),
        ("x" * 101, [A], "name"),
        ("ok", [], "addresses"),
        ("ok", ["192.0.2.300"], "addresses"),
        ("ok", [Binding(A, weight=0)], "weight"),
        ("ok", [Binding(A, weight=1001)], "weight"),
    ],
)
def test_bad_values_name_their_field_and_change_nothing(
    office: Office, name: str, ips: list[str | Binding], field: str
) -> None:
    office.addresses(A)
    before = office.counter("world")
    with pytest.raises(BadValue) as caught:
        change(office, streams.create, name=name, addresses=ips)
    assert caught.value.field == field
    assert caught.value.sentence.startswith(f"{field}")
    assert office.counter("world") == before


def test_an_address_that_was_never_added_is_unknown(office: Office) -> None:
    office.addresses(A)
    with pytest.raises(UnknownName, match=r"192\.0\.2\.99"):
        change(office, streams.create, name="news", addresses=["192.0.2.99"])


def test_copies_take_free_names_and_no_associations(office: Office) -> None:
    limit = LimitRule(LimitScope.DOMAIN, "example.net", connections=3)
    stream_id = office.stream("news", A, B)
    change(office, streams.set_weight, stream_id, A, 7)
    change(office, streams.set_limits, stream_id, [limit])
    list_id = office.list()
    office.associate(NodeKind.LIST, list_id, stream_id)
    first = change(office, streams.copy, stream_id)
    second = change(office, streams.copy, stream_id)
    third = change(office, streams.copy, second.id)
    assert [first.name, second.name, third.name] == ["news copy", "news copy 2", "news copy 3"]
    assert first.bindings() == stream_of(office, stream_id).bindings()
    assert [rule.connections for rule in first.limits] == [3]
    with office.database.read() as session:
        assert associations.resolve(session, list_id=list_id).stream == "news"


def test_every_change_stands_in_the_trail_in_words(office: Office) -> None:
    stream_id = office.stream("news", A)
    change(office, streams.set_weight, stream_id, A, 250)
    entry = office.trail()[0]
    assert (entry.action, entry.subject) == ("stream.set_weight", "stream news")
    assert "weight 100" in entry.before
    assert "weight 250" in entry.after
    version = stream_of(office, stream_id).version
    change(office, streams.set_weight, stream_id, A, 250)
    assert office.trail()[0].id == entry.id
    assert stream_of(office, stream_id).version == version


def test_addresses_come_go_and_pause(office: Office) -> None:
    stream_id = office.stream("news", A)
    office.addresses(B, C)
    change(office, streams.add_addresses, stream_id, [B, Binding(A, weight=5), Binding(C, weight=9)])
    assert [(each.ip, each.weight) for each in stream_of(office, stream_id).addresses] == [(B, 100), (A, 100), (C, 9)]
    change(office, streams.pause_address, stream_id, B)
    assert [each.paused for each in stream_of(office, stream_id).addresses] == [True, False, False]
    change(office, streams.resume_address, stream_id, B)
    change(office, streams.remove_address, stream_id, "2001:DB8:0::1")
    change(office, streams.remove_address, stream_id, A)
    assert [each.ip for each in stream_of(office, stream_id).addresses] == [B]
    with pytest.raises(Refused, match="only address"):
        change(office, streams.remove_address, stream_id, B)
    with pytest.raises(UnknownName):
        change(office, streams.remove_address, stream_id, A)


def test_editing_sets_everything_at_once(office: Office) -> None:
    stream_id = office.stream("news", A)
    office.addresses(B)
    base = stream_of(office, stream_id)
    limits = (LimitRule(LimitScope.PAIR, connections=2), LimitRule(LimitScope.PROVIDER, "Google", messages_per_hour=9))
    wanted = StreamEdit("Newsletter", "weekly", True, (Binding(B, 3, paused=True),), limits, make_default=True)
    view = change(office, streams.edit, base, wanted)
    assert (view.name, view.description, view.guard, view.is_default) == ("Newsletter", "weekly", True, True)
    assert view.bindings() == (Binding(B, 3, paused=True),)
    assert [(rule.scope, rule.target, rule.origin) for rule in view.limits] == [
        (LimitScope.PAIR, "", "stream Newsletter"),
        (LimitScope.PROVIDER, "Google", "stream Newsletter"),
    ]
    with office.database.read() as session:
        assert [each.is_default for each in streams.every(session)] == [True, False]


def test_an_edit_over_somebody_elses_change_is_refused_with_what_changed(office: Office) -> None:
    stream_id = office.stream("news", A)
    base = stream_of(office, stream_id)
    change(office, streams.set_weight, stream_id, A, 7)
    change(office, streams.pause, stream_id)
    with pytest.raises(StaleEdit) as caught:
        change(office, streams.edit, base, edit_of(base, name="other"))
    assert caught.value.changed == ("addresses",)
    fresh = stream_of(office, stream_id)
    assert fresh.name == "news"
    assert change(office, streams.edit, fresh, edit_of(fresh, name="other")).paused


def test_renaming_may_change_the_case_only(office: Office) -> None:
    stream_id = office.stream("news", A)
    assert change(office, streams.rename, stream_id, "NEWS").name == "NEWS"
    with pytest.raises(Refused):
        change(office, streams.rename, stream_id, "Default")


def test_the_default_stream_stays_until_another_one_is_default(office: Office) -> None:
    with office.database.read() as session:
        default_id = streams.default(session).id
    other = office.stream("other", A)
    with pytest.raises(Refused, match="default stream"):
        change(office, streams.delete, default_id)
    change(office, streams.set_default, other)
    change(office, streams.delete, default_id)
    with office.database.read() as session:
        assert [view.name for view in streams.every(session)] == ["other"]


def test_a_stream_in_use_goes_only_with_a_replacement(office: Office) -> None:
    old, new = office.stream("old", A), office.stream("new", B)
    list_id = office.list()
    office.associate(NodeKind.LIST, list_id, old)
    office.mailing("running", list_id, MailingState.ACTIVE, waiting=3)
    office.mailing("chosen", list_id, MailingState.DRAFT, own_stream_id=old)
    office.mailing("done", list_id, MailingState.COMPLETED)
    office.mailing("kept", list_id, MailingState.STOPPED, waiting=1)
    with pytest.raises(Refused) as caught:
        change(office, streams.delete, old)
    assert caught.value.names == ("chosen", "kept", "running")
    with pytest.raises(BadValue, match="replace itself"):
        change(office, streams.delete, old, replace_with=old)
    deleted = change(office, streams.delete, old, replace_with=new)
    assert (deleted.replacement, deleted.associations, deleted.mailings) == ("new", 1, ("chosen", "kept", "running"))
    with office.database.read() as session:
        assert associations.resolve(session, list_id=list_id).stream == "new"
        assert streams.usage(session, new).mailings == ("chosen", "kept", "running")


def test_without_users_a_stream_leaves_its_associations_to_inherit(office: Office) -> None:
    old = office.stream("old", A)
    list_id = office.list()
    segment_id = office.segment("part", list_id)
    office.associate(NodeKind.LIST, list_id, old)
    office.associate(NodeKind.SEGMENT, segment_id, old)
    deleted = change(office, streams.delete, old)
    assert (deleted.associations, deleted.mailings, deleted.replacement) == (2, (), None)
    with office.database.read() as session:
        assert associations.resolve(session, list_id=list_id, segment_id=segment_id).rule == "default"
        with pytest.raises(Refused, match="deleted in the meantime"):
            streams.get(session, old)


def test_the_table_has_the_numbers_of_each_stream(office: Office) -> None:
    stream_id = office.stream("news", A, B)
    change(office, streams.pause_address, stream_id, A)
    list_id = office.list()
    office.associate(NodeKind.LIST, list_id, stream_id)
    office.mailing("running", list_id, MailingState.ACTIVE, waiting=4)
    midnight = NOW // 86_400 * 86_400
    with office.writing() as session:
        session.add(StreamTraffic(stream_id=stream_id, bucket_at=int(NOW // 10 * 10) - 10, delivered=50))
        session.add(StreamTraffic(stream_id=stream_id, bucket_at=int(midnight), delivered=1000))
        session.add(StreamTraffic(stream_id=stream_id, bucket_at=int(midnight) - 10, delivered=7))
        session.add(StoredHold(stream_id=stream_id, domain="example.net", since_at=NOW))
    with office.database.read() as session:
        first, row = streams.listing(session, now=NOW)
    assert first.name == "default"
    assert (row.addresses, row.closed_addresses, row.lists, row.sites, row.blocks) == (2, 1, 1, 0, 0)
    assert (row.delivered_today, row.held) == (1050, 4)
    assert row.messages_per_second == pytest.approx(50 / 20, rel=0.5)


@pytest.mark.parametrize(
    "rules",
    [
        [LimitRule(LimitScope.PAIR)],
        [LimitRule(LimitScope.PAIR, connections=0)],
        [LimitRule(LimitScope.PAIR, "x", connections=1)],
        [LimitRule(LimitScope.DOMAIN, "", connections=1)],
        [LimitRule(LimitScope.DOMAIN, "not a domain", connections=1)],
        [LimitRule(LimitScope.ADDRESS, "x", connections=1)],
        [LimitRule(LimitScope.PROVIDER, " ", connections=1)],
        [
            LimitRule(LimitScope.DOMAIN, "A.example", connections=1),
            LimitRule(LimitScope.DOMAIN, "a.example", connections=2),
        ],
    ],
)
def test_limits_that_make_no_sense_are_refused(office: Office, rules: list[LimitRule]) -> None:
    stream_id = office.stream("news", A)
    with pytest.raises(BadValue) as caught:
        change(office, streams.set_limits, stream_id, rules)
    assert caught.value.field == "limits"


def test_a_set_of_domains_is_stored_in_one_spelling(office: Office) -> None:
    stream_id = office.stream("news", A)
    rule = LimitRule(LimitScope.DOMAIN, "b.example, Bücher.example ,a.example", messages_per_hour=5)
    view = change(office, streams.set_limits, stream_id, [rule])
    assert view.limits[0].target == "a.example,b.example,xn--bcher-kva.example"


def address_of(session: Session, ip: str) -> addresses.AddressView:
    return addresses.by_ip(session, ip)


def test_an_address_is_added_in_canonical_form_with_a_greeting(office: Office) -> None:
    with office.writing() as session:
        plain = addresses.add(session, "2001:0DB8::0001", actor=ACTOR, now=NOW)
        named = addresses.add(session, A, helo="Mail.Example.COM", actor=ACTOR, now=NOW)
    assert (plain.ip, plain.helo) == (C, f"[IPv6:{C}]")
    assert (named.helo, named.state, named.streams) == ("mail.example.com", AddressState.ENABLED, ())
    with pytest.raises(Refused, match="already"):
        change(office, addresses.add, A)


@pytest.mark.parametrize(
    "helo", ["evil\r\nMAIL FROM:<x@y>", "a b.example", "localhost", "mail.example.com\0", "[nonsense]"]
)
def test_a_greeting_that_could_inject_commands_is_refused(office: Office, helo: str) -> None:
    with pytest.raises(BadValue) as caught:
        change(office, addresses.add, A, helo=helo)
    assert caught.value.field == "helo"
    with office.database.read() as session:
        assert addresses.listing(session) == []


def test_limits_and_warm_up_of_an_address(office: Office) -> None:
    limits = LimitRule(LimitScope.ADDRESS, A, connections=4)
    plan = WarmUp(started=19_000, first_day=50, growth=1.5, last_day=5_000)
    office.addresses(A)
    with office.writing() as session:
        address_id = address_of(session, A).id
        view = addresses.edit(session, address_id, AddressEdit("m.example.com", limits, plan), actor=ACTOR, now=NOW)
        assert (view.limits.connections, view.limits.origin, view.warm_up) == (4, f"address {A}", plan)
        view = addresses.edit(session, address_id, AddressEdit("m.example.com"), actor=ACTOR, now=NOW)
        assert (view.limits, view.warm_up) == (None, None)
    with pytest.raises(BadValue) as caught:
        change(office, addresses.edit, address_id, AddressEdit("m.example.com", None, replace(plan, growth=0.5)))
    assert caught.value.field == "warm_up"


def test_an_address_in_use_is_not_removed_by_mistake(office: Office) -> None:
    one, two = office.stream("one", A), office.stream("two", A, B)
    with office.database.read() as session:
        address_id = address_of(session, A).id
        assert address_of(session, A).streams == ("one", "two")
    with pytest.raises(Refused) as caught:
        change(office, addresses.remove, address_id)
    assert caught.value.names == ("one", "two")
    with pytest.raises(Refused, match="only address of one"):
        change(office, addresses.remove, address_id, unbind=True)
    change(office, streams.delete, one)
    change(office, addresses.remove, address_id, unbind=True)
    assert [each.ip for each in stream_of(office, two).addresses] == [B]


def test_pausing_an_address_shows_in_its_streams(office: Office) -> None:
    stream_id = office.stream("news", A)
    with office.database.read() as session:
        address_id = address_of(session, A).id
    change(office, addresses.pause, address_id)
    assert stream_of(office, stream_id).addresses[0].state is AddressState.PAUSED
    change(office, addresses.resume, address_id)
    assert stream_of(office, stream_id).addresses[0].state is AddressState.ENABLED
    assert [entry.action for entry in office.trail()[:2]] == ["address.resume", "address.pause"]


def test_this_machines_addresses_include_loopback() -> None:
    found = addresses.machine_addresses()
    assert "127.0.0.1" in found
    assert not any(ip.startswith("fe80") for ip in found)
