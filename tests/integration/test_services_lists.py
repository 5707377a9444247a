"""Sites, lists, members, suppressed mailboxes and segments as an administrator changes them, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from administration import ACTOR, NOW, Office

from app.database.database import Database
from app.services import audit, lists, members, segments, sites, suppressions
from app.services.lists import ListEdit
from app.services.members import MemberFilter, MemberSort, MemberView
from app.services.problems import BadValue, Refused, UnknownName
from engine.ports import MailingState


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def change(office: Office, action: Callable[..., object], *arguments: object, **options: object) -> object:
    with office.writing() as session:
        return action(session, *arguments, actor=ACTOR, now=NOW, **options)


def found(office: Office, list_id: int, text: str = "", **options: object) -> list[str]:
    with office.database.read() as session:
        ids = members.ids(session, list_id, MemberFilter(text), **options)
        return [member.address for member in members.rows(session, ids)]


def member(office: Office, member_id: int) -> MemberView:
    with office.database.read() as session:
        return members.get(session, member_id)


def test_sites_are_host_names_in_one_spelling(office: Office) -> None:
    change(office, sites.create, "Lists.Example.COM")
    with pytest.raises(Refused, match=r"lists\.example\.com already"):
        change(office, sites.create, "lists.example.com")
    with office.database.read() as session:
        assert sites.by_host(session, "LISTS.example.com").host == "lists.example.com"
        with pytest.raises(UnknownName, match="Did you mean"):
            sites.by_host(session, "list.example.com")


@pytest.mark.parametrize("host", ["", "localhost", "a b.example", "http://example.com", "x\r\ny.example", "-a.example"])
def test_what_is_no_host_name_is_no_site(office: Office, host: str) -> None:
    with pytest.raises(BadValue) as caught:
        change(office, sites.create, host)
    assert caught.value.field == "host"


def test_a_site_with_lists_stays(office: Office) -> None:
    site_id = office.site()
    list_id = office.list("news", site_id)
    with pytest.raises(Refused) as caught:
        change(office, sites.delete, site_id)
    assert caught.value.names == ("news",)
    change(office, lists.delete, list_id)
    change(office, sites.delete, site_id)
    with office.database.read() as session:
        assert sites.listing(session) == []


def test_lists_are_edited_with_their_defaults(office: Office) -> None:
    list_id = office.list("news")
    other = office.site("other.example.com")
    wanted = ListEdit(
        "Weekly",
        other,
        "every week",
        from_address="News@Example.com",
        from_name="The News",
        list_id="news.example.com",
        unsubscribe_url="https://example.com/u?a={{address}}",
    )
    view = change(office, lists.edit, list_id, wanted)
    assert (view.name, view.site, view.from_address, view.list_id) == (
        "Weekly",
        "other.example.com",
        "News@example.com",
        "news.example.com",
    )
    assert office.trail()[0].action == "list.edit"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\r\nBcc: x"),
        ("from_address", "a@b\r\nc"),
        ("from_name", "x\0"),
        ("list_id", "<x y>"),
        ("unsubscribe_url", "javascript:alert(1)"),
        ("unsubscribe_url", "https://example.com/>\r\nX: y"),
        ("unsubscribe_mailto", "nobody"),
    ],
)
def test_values_of_a_list_that_could_inject_headers_are_refused(office: Office, field: str, value: str) -> None:
    site_id = office.site()
    list_id = office.list("news", site_id)
    with pytest.raises(BadValue) as caught:
        change(office, lists.edit, list_id, ListEdit(**{"name": "news", "site_id": site_id, field: value}))
    assert caught.value.field == field


def test_a_list_that_is_mailed_stays(office: Office) -> None:
    list_id = office.list("news")
    segment_id = office.segment("part", list_id)
    office.mailing("running", list_id, MailingState.ACTIVE, segment_id=segment_id, waiting=1)
    for action, subject in ((lists.delete, list_id), (segments.delete, segment_id)):
        with pytest.raises(Refused) as caught:
            change(office, action, subject)
        assert caught.value.names == ("running",)


def test_a_member_is_one_mailbox_in_any_spelling(office: Office) -> None:
    list_id = office.list()
    office.member(list_id, "Jo@Example.NET", "Jo", city="Bern")
    with pytest.raises(Refused, match="already"):
        office.member(list_id, '"jo"@example.net')
    with office.database.read() as session:
        view = members.by_address(session, list_id, "JO@example.net")
        assert (view.address, view.domain, view.name, view.fields) == (
            "Jo@example.net",
            "example.net",
            "Jo",
            {"city": "Bern"},
        )
        assert lists.get(session, list_id).fields == ("city",)


@pytest.mark.parametrize(
    ("address", "name", "fields", "field"),
    [
        ("nobody", "", {}, "address"),
        ("a@b.example\r\nRCPT TO:<x@y.example>", "", {}, "address"),
        ("a@b.example", "x\r\ny", {}, "name"),
        ("a@b.example", "", {"city": "x\ny"}, "city"),
        ("a@b.example", "", {'ci"ty': "x"}, "fields"),
        ("a@b.example", "", {"Domain": "x"}, "fields"),
        ("a@b.example", "", {"city": "x" * 4097}, "city"),
    ],
)
def test_bad_members_are_refused_by_field(
    office: Office, address: str, name: str, fields: dict[str, str], field: str
) -> None:
    list_id = office.list()
    with pytest.raises(BadValue) as caught:
        change(office, members.add, list_id, address, name=name, fields=fields)
    assert caught.value.field == field


def test_fields_keep_the_spelling_of_the_list(office: Office) -> None:
    list_id = office.list()
    office.member(list_id, "a@example.net", City="Bern")
    member_id = office.member(list_id, "b@example.net", city="Thun", plan="")
    assert member(office, member_id).fields == {"City": "Thun"}
    change(office, members.edit, member_id, address="c@example.net", name="C", fields={"CITY": ""})
    assert (member(office, member_id).address, member(office, member_id).fields) == ("c@example.net", {})
    with office.database.read() as session:
        assert lists.get(session, list_id).fields == ("City", "plan")


def test_members_are_sorted_filtered_and_read_by_pages(office: Office) -> None:
    list_id = office.list()
    office.member(list_id, "b@one.example", "Zoe")
    office.member(list_id, "a@two.example", "Al_ice")
    office.member(list_id, "c@three.example", "Bob")
    assert found(office, list_id) == ["a@two.example", "b@one.example", "c@three.example"]
    assert found(office, list_id, sort=MemberSort.NAME, descending=True)[0] == "b@one.example"
    assert found(office, list_id, sort=MemberSort.DOMAIN)[0] == "b@one.example"
    assert found(office, list_id, "l_i") == ["a@two.example"]
    assert found(office, list_id, "%") == []
    assert found(office, list_id, "ONE.EX") == ["b@one.example"]
    with office.database.read() as session:
        assert members.count(session, list_id, MemberFilter("two")) == 1
        assert [each.name for each in members.every(session, list_id)] == ["Zoe", "Al_ice", "Bob"]
        assert members.rows(session, [99, *members.ids(session, list_id)])[0].address == "a@two.example"


def test_removed_members_are_gone(office: Office) -> None:
    list_id = office.list()
    ids = [office.member(list_id, f"{name}@example.net") for name in "abc"]
    assert change(office, members.remove, [*ids[:2], 999]) == 2
    assert found(office, list_id) == ["c@example.net"]
    with pytest.raises(Refused, match="removed in the meantime"):
        member(office, ids[0])


def test_suppressing_a_member_keeps_it_from_mail(office: Office) -> None:
    list_id = office.list()
    ids = [office.member(list_id, f"{name}@example.net") for name in "ab"]
    assert change(office, members.suppress, ids[:1], reason="asked by phone") == 1
    assert change(office, members.suppress, ids[:1], reason="again") == 0
    assert [member(office, each).suppressed for each in ids] == [True, False]
    with office.database.read() as session:
        (entry,) = suppressions.page(session, list_id=list_id)
        assert (entry.address, entry.reason, entry.actor, entry.list_name) == (
            "a@example.net",
            "asked by phone",
            ACTOR,
            "news",
        )
        assert suppressions.is_suppressed(session, "A@EXAMPLE.net", list_id=list_id)
    change(office, members.remove, ids[:1])
    again = office.member(list_id, "A@example.net")
    assert member(office, again).suppressed, "also when it joins again"


def test_a_mailbox_suppressed_everywhere_counts_in_every_list(office: Office) -> None:
    one, two = office.list("one"), office.list("two", office.site("two.example.com"))
    in_one, in_two = office.member(one, "a@example.net"), office.member(two, "a@example.net")
    assert change(office, suppressions.add, "A@example.net", reason="complaint")
    assert not change(office, suppressions.add, "a@example.net", reason="complaint")
    change(office, suppressions.add, "a@example.net", reason="left", list_id=one)
    assert [member(office, each).suppressed for each in (in_one, in_two)] == [True, True]
    with office.database.read() as session:
        everywhere = next(each.id for each in suppressions.page(session) if each.list_id is None)
        assert suppressions.count(session) == 2
    assert change(office, suppressions.remove, [everywhere]) == 1
    assert [member(office, each).suppressed for each in (in_one, in_two)] == [True, False]
    with office.database.read() as session:
        assert not suppressions.is_suppressed(session, "a@example.net", list_id=two)


def test_one_bad_address_keeps_all_of_them_out(office: Office) -> None:
    with pytest.raises(BadValue, match="'nobody'"):
        change(office, suppressions.add_many, ["a@example.net", "nobody"], reason="")
    with office.database.read() as session:
        assert suppressions.page(session) == []


PEOPLE = [
    ("anna@alpha.example", "Anna", {"city": "Bern", "age": "30", "born": "1994-03-01", "größe": "M"}),
    ("Bert@beta.example", "Bert 100%", {"city": "bern", "age": "9", "born": "2015-03-01T10:00:00"}),
    ("cleo@alpha.example", "", {"city": "Zürich", "age": "unknown", "born": "long ago"}),
    ("dora_x@gamma.example", "Dora", {}),
]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"field": "city", "operator": "equals", "value": "BERN"}, "ab"),
        ({"field": "city", "operator": "not_equals", "value": "bern"}, "cd"),
        ({"field": "city", "operator": "equals", "value": "ZüRICH"}, "c"),
        ({"field": "city", "operator": "in", "value": ["Bern", "zürich"]}, "abc"),
        ({"field": "city", "operator": "is_set"}, "abc"),
        ({"field": "city", "operator": "is_empty"}, "d"),
        ({"field": "name", "operator": "is_empty"}, "c"),
        ({"field": "address", "operator": "starts_with", "value": "bert"}, "b"),
        ({"field": "address", "operator": "ends_with", "value": "ALPHA.example"}, "ac"),
        ({"field": "address", "operator": "contains", "value": "a_x"}, "d"),
        ({"field": "address", "operator": "contains", "value": "_"}, "d"),
        ({"field": "name", "operator": "contains", "value": "0%"}, "b"),
        ({"field": "name", "operator": "contains", "value": "\\"}, ""),
        ({"field": "domain", "operator": "equals", "value": "gamma.example"}, "d"),
        ({"field": "age", "operator": "greater", "value": 10}, "a"),
        ({"field": "größe", "operator": "equals", "value": "m"}, "a"),
        ({"field": "age", "operator": "less", "value": "10"}, "b"),
        ({"field": "born", "operator": "before", "value": "2000-01-01"}, "a"),
        ({"field": "born", "operator": "after", "value": "2000-01-01"}, "b"),
        ({"field": "born", "operator": "after", "value": "2015-03-01"}, ""),
        ({"field": "born", "operator": "after", "value": "2015-03-01T09:59:59Z"}, "b"),
        ({"field": "joined", "operator": "equals", "value": "2023-11-14"}, "abcd"),
        ({"field": "joined", "operator": "not_equals", "value": "2023-11-14"}, ""),
        ({"field": "joined", "operator": "before", "value": "2023-11-14"}, ""),
        ({"field": "joined", "operator": "after", "value": "2023-11-13"}, "abcd"),
        ({"field": "joined", "operator": "after", "value": "2023-11-14"}, ""),
        ({"field": "joined", "operator": "is_empty"}, ""),
        ({"any": [{"field": "name", "operator": "equals", "value": "anna"}, {"field": "city", "operator": "is_empty"}]}, "ad"),
        (
            {
                "all": [
                    {"field": "domain", "operator": "equals", "value": "alpha.example"},
                    {"any": [{"field": "age", "operator": "greater", "value": 1}, {"field": "name", "operator": "is_set"}]},
                ]
            },
            "a",
        ),
        ({"field": "city", "operator": "equals", "value": "'; DROP TABLE members; --"}, ""),
    ],
)  # fmt: skip
def test_segments_select_the_same_members_on_both_databases(office: Office, where: object, expected: str) -> None:
    list_id = office.list()
    for address, name, fields in PEOPLE:
        office.member(list_id, address, name, **fields)
    segment_id = office.segment("part", list_id, where)
    with office.database.read() as session:
        view = segments.get(session, segment_id)
        chosen = segments.sample(session, list_id, view.where)
        assert segments.count(session, list_id, view.where) == len(expected)
    assert "".join(sorted(each.address[0].lower() for each in chosen)) == expected


def test_segments_are_named_per_list(office: Office) -> None:
    one, two = office.list("one"), office.list("two", office.site("two.example.com"))
    office.segment("Part", one)
    with pytest.raises(Refused, match="already"):
        office.segment("part", one)
    office.segment("part", two)
    with office.database.read() as session:
        assert [(each.list_name, each.name) for each in segments.listing(session)] == [("one", "Part"), ("two", "part")]
        assert segments.by_name(session, "PART", list_id=one).name == "Part"
        with pytest.raises(UnknownName, match="Did you mean 'Part'"):
            segments.by_name(session, "Prt", list_id=one)


def test_a_segment_is_edited_and_deleted(office: Office) -> None:
    list_id = office.list()
    segment_id = office.segment("part", list_id)
    where = '{"field": "domain", "operator": "equals", "value": "example.net"}'
    view = change(office, segments.edit, segment_id, name="Net", where=where)
    assert view.name == "Net"
    assert view.where.field == "domain"
    change(office, segments.delete, segment_id)
    with office.database.read() as session:
        assert segments.listing(session) == []


def test_an_unknown_field_is_refused_with_its_path(office: Office) -> None:
    list_id = office.list()
    with pytest.raises(BadValue, match=r"^all\[0\]\.field: the list has no field 'town'"):
        office.segment("part", list_id, {"all": [{"field": "town", "operator": "is_set"}]})


def test_the_trail_is_paged_filtered_and_exported(office: Office) -> None:
    for number in range(5):
        office.site(f"s{number}.example.com")
    with office.database.read() as session:
        newest = audit.page(session, limit=2)
        older = audit.page(session, before_id=newest[-1].id, limit=2)
        assert [each.subject for each in [*newest, *older]] == [f"site s{n}.example.com" for n in (4, 3, 2, 1)]
        assert [each.subject for each in audit.page(session, containing="S3.EX")] == ["site s3.example.com"]
        assert len(list(audit.every(session, since=NOW))) == 5
        assert list(audit.every(session, since=NOW + 1)) == []


def test_every_change_is_told_to_the_engine(office: Office) -> None:
    before = office.counter("lists")
    office.member(office.list(), "a@example.net")
    assert office.counter("lists") > before
