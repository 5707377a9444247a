"""What a window asks of mailings: the table, the audience, starting in one transaction; on both databases."""

from __future__ import annotations

import pytest
from administration import ACTOR, NOW, Office

from app.database.database import Database
from app.services import audience, launch, mailing_table, mailings, member_actions, members, suppressions
from app.services.drafts import Draft
from app.services.mailing_table import MailingSort
from app.services.messages import Content
from app.services.problems import BadValue, Refused
from engine.ports import MailingState

CONTENT = Content(from_address="news@example.com", subject="News", text="Hello {{name}}")


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def fill(office: Office, list_id: int, *addresses: str) -> list[int]:
    with office.writing() as session:
        return [members.add(session, list_id, each, actor=ACTOR, now=NOW).id for each in addresses]


def test_a_mailing_that_can_not_start_is_not_written_either(office: Office) -> None:
    draft = Draft("News", office.list(), CONTENT)
    with pytest.raises(Refused, match="nobody to go to"), office.writing() as session:
        launch.launch(session, None, draft, None, actor=ACTOR, now=NOW)
    with office.database.read() as session:
        assert mailings.listing(session) == []


def test_it_starts_now_or_is_scheduled(office: Office) -> None:
    list_id = office.list()
    fill(office, list_id, "a@example.com", "b@example.com")
    with office.writing() as session:
        started = launch.launch(session, None, Draft("One", list_id, CONTENT), None, actor=ACTOR, now=NOW)
        later = launch.launch(session, None, Draft("Two", list_id, CONTENT), NOW + 60, actor=ACTOR, now=NOW)
    assert (started.state, started.numbers.total) == (MailingState.ACTIVE, 2)
    assert (later.state, later.scheduled_at) == (MailingState.SCHEDULED, NOW + 60)


def test_names_are_free_without_regard_to_case(office: Office) -> None:
    list_id = office.list()
    with office.writing() as session:
        view = launch.store(session, None, Draft("News", list_id, CONTENT), actor=ACTOR, now=NOW)
    with office.database.read() as session:
        launch.check_name_is_free(session, "Other", None)
        launch.check_name_is_free(session, "NEWS", view.id)
        for taken in ("NEWS", ""):
            with pytest.raises(BadValue) as caught:
                launch.check_name_is_free(session, taken, None)
            assert caught.value.field == "name"


def test_a_look_writes_nothing_and_knows_the_person(office: Office) -> None:
    list_id = office.list()
    with office.database.read() as session:
        seen = launch.look(session, CONTENT, list_id, launch.Person("anna@example.com", "Anna", {}))
        assert "Hello Anna" in seen.preview.text
        assert dict(seen.preview.headers)["To"] == "anna@example.com"
        with pytest.raises(BadValue) as caught:
            launch.look(session, Content(subject="News", text="x"), list_id, None)
        assert caught.value.field == "from_address"
        assert mailings.listing(session) == []


def test_the_audience_without_those_who_get_no_mail(office: Office) -> None:
    list_id = office.list()
    fill(office, list_id, "a@one.test", "b@one.test", "c@two.test")
    with office.writing() as session:
        suppressions.add(session, "B@one.test", reason="", actor=ACTOR, now=NOW)
    segment = office.segment("ones", list_id, {"field": "domain", "operator": "equals", "value": "one.test"})
    with office.database.read() as session:
        found = audience.audience(session, list_id, None)
        assert (found.selected, found.recipients, found.suppressed, found.unsubscribed) == (3, 2, 1, 0)
        assert [(share.name, share.recipients) for share in found.shares] == [("one.test", 1), ("two.test", 1)]
        assert audience.audience(session, list_id, segment).recipients == 1
        some = audience.some_members(session, list_id, segment, containing="a@")
        assert [member.address for member in some] == ["a@one.test"]


@pytest.mark.parametrize("sort", [None, *MailingSort])
@pytest.mark.parametrize("descending", [False, True])
def test_the_table_holds_every_mailing_once_whatever_the_order(
    office: Office, sort: MailingSort | None, descending: bool
) -> None:
    list_id = office.list()
    fill(office, list_id, "a@example.com")
    with office.writing() as session:
        for name in ("b", "a", "c"):
            launch.store(session, None, Draft(name, list_id, CONTENT), actor=ACTOR, now=NOW)
        running = mailings.by_name(session, "a")
        launch.launch(session, running, Draft("a", list_id, CONTENT), None, actor=ACTOR, now=NOW)
    with office.database.read() as session:
        ids = mailing_table.ids(session, sort, descending=descending, now=NOW)
        names = [row.view.name for row in mailing_table.rows(session, ids, now=NOW)]
        assert sorted(names) == ["a", "b", "c"]
        assert mailing_table.ids(session, text="A", now=NOW) == [running.id]
    if sort is None:
        assert names == ["a", "c", "b"]  # what runs stands first, then the newest
    if sort is MailingSort.NAME:
        assert names == (["c", "b", "a"] if descending else ["a", "b", "c"])


def test_removed_members_come_back_as_they_were(office: Office) -> None:
    list_id = office.list()
    with office.writing() as session:
        anna = members.add(session, list_id, "anna@x.test", name="Anna", fields={"city": "Graz"}, actor=ACTOR, now=NOW)
    with office.writing() as session:
        removal = member_actions.remove(session, [anna.id], actor=ACTOR, now=NOW)
    with office.writing() as session:
        assert members.count(session, list_id) == 0
        member_actions.put_back(session, removal, actor=ACTOR, now=NOW + 60)
        assert members.by_address(session, list_id, "anna@x.test") == anna
    with office.writing() as session, pytest.raises(Refused, match="joined the list again"):
        member_actions.put_back(session, removal, actor=ACTOR, now=NOW + 60)
