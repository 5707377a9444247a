"""Mailings as an administrator writes, starts, stops and settles them, on both databases."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from administration import ACTOR, NOW, Office
from sqlalchemy import update

from app.database.database import Database
from app.database.schema import Mailing, MailingLane, MailingList, Recipient, StoredHold, StoredPause
from app.services import alerts, drafts, mailings, messages, recipients, reports, runs, suppressions, trials
from app.services.associations import NodeKind
from app.services.drafts import Draft
from app.services.mailings import MailingView
from app.services.messages import Content
from app.services.problems import BadValue, Refused, StaleEdit, UnknownName
from app.services.recipients import RecipientFilter
from app.services.runs import Numbers, Settlement, WaitingFate
from engine.message import CompiledMessage
from engine.ports import MailingState, RecipientState

HOUR = 3600.0
CONTENT = Content(from_address="me@sender.test", subject="Hi {{name|you}}", text="Hello {{city}}")


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def readers(office: Office) -> int:
    """A list with three members at two domains."""
    list_id = office.list("readers")
    office.member(list_id, "ann@one.test", "Ann", city="Kiel")
    office.member(list_id, "bob@two.test", "Bob", city="Bonn")
    office.member(list_id, "cid@one.test", "Cid")
    return list_id


def act(
    office: Office, action: Callable[..., object], *arguments: object, now: float = NOW, **options: object
) -> object:
    with office.writing() as session:
        return action(session, *arguments, actor=ACTOR, now=now, **options)


def write_down(office: Office, to: int, title: str = "may", **changes: object) -> MailingView:
    draft = replace(Draft(title, to, CONTENT), **changes)
    with office.writing() as session:
        return drafts.create(session, draft, actor=ACTOR, now=NOW)


def started(office: Office, to: int, title: str = "may", **changes: object) -> MailingView:
    view = write_down(office, to, title, **changes)
    act(office, drafts.start, view.id)
    return view_of(office, view.id)


def view_of(office: Office, mailing_id: int) -> MailingView:
    with office.database.read() as session:
        return mailings.get(session, mailing_id)


def end(office: Office, mailing_id: int, address: str, state: RecipientState) -> int:
    """Give a recipient an end, as an engine would have; its id."""
    with office.writing() as session:
        found = recipients.find(session, mailing_id, address)
        session.execute(update(Recipient).where(Recipient.id == found.id).values(state=state, attempts=1))
        lane = session.get_one(Recipient, found.id).lane_id
        for table, key in ((MailingLane, lane), (Mailing, mailing_id)):
            row = session.get_one(table, key)
            setattr(row, state.value, getattr(row, state.value) + 1)
        return found.id


def states(office: Office, mailing_id: int, state: RecipientState | None = None) -> dict[str, str]:
    with office.database.read() as session:
        found = recipients.listing(session, mailing_id, RecipientFilter(state=state))
        return {view.address: view.state.value for view in found}


# What engines are told


def test_engines_read_what_is_left_anew_only_when_a_person_has_decided_about_recipients(
    office: Office, readers: int
) -> None:
    """It costs them seconds in a mailing to very many domains."""
    running = started(office, readers)
    other = office.stream("other", "192.0.2.2")
    before = office.counter("recipients")
    act(office, drafts.start, write_down(office, readers, "june").id)
    act(office, trials.send_test, running.id, "me@sender.test")
    act(office, runs.pause, running.id)
    act(office, runs.resume, running.id)
    act(office, runs.move, running.id, other)
    assert office.counter("recipients") == before
    end(office, running.id, "ann@one.test", RecipientState.IN_DOUBT)
    act(office, runs.settle_in_doubt, running.id, Settlement.AGAIN)
    assert office.counter("recipients") == before + 1
    act(office, runs.stop, running.id)
    assert office.counter("recipients") == before + 2


# Writing down


def test_a_draft_has_no_recipients_and_follows_the_associations(office: Office, readers: int) -> None:
    news, other = office.stream("news", "192.0.2.1"), office.stream("other", "192.0.2.2")
    view = write_down(office, readers)
    assert (view.state, view.numbers, view.stream, view.rule) == (MailingState.DRAFT, Numbers(), "default", "default")
    office.associate(NodeKind.LIST, readers, news)
    assert (view_of(office, view.id).stream, view_of(office, view.id).rule) == ("news", "list")
    act(office, drafts.start, view.id)
    office.associate(NodeKind.LIST, readers, other)
    assert (view_of(office, view.id).stream, view_of(office, view.id).rule) == ("news", "list")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"content": replace(CONTENT, from_address="")}, "from_address"),
        ({"content": replace(CONTENT, from_address="me@sender.test\r\nBcc: x@y.test")}, "from_address"),
        ({"content": replace(CONTENT, from_name="Me\r\nBcc: x@y.test")}, "from_name"),
        ({"content": replace(CONTENT, subject="Hi\r\nBcc: x@y.test")}, "subject"),
        ({"content": replace(CONTENT, subject="")}, "subject"),
        ({"content": replace(CONTENT, reply_to="nobody")}, "reply_to"),
        ({"content": replace(CONTENT, text="")}, "text"),
        ({"content": replace(CONTENT, eml=b"From: a@b.test\r\n\r\nx")}, "eml"),
        ({"content": replace(CONTENT, text="", eml=b"\0\0\0")}, "eml"),
        ({"content": replace(CONTENT, unsubscribe_url="ftp://x.test/")}, "list_unsubscribe_url"),
        ({"content": replace(CONTENT, envelope_sender="<>")}, "envelope_sender"),
        ({"list_id": 999}, "list"),
        ({"segment_id": 999}, "segment"),
        ({"stream_id": 999}, "stream"),
        ({"hourly_ceiling": 0}, "hourly_ceiling"),
        ({"expiry_hours": 0.0}, "expiry_hours"),
        ({"expiry_hours": 1e9}, "expiry_hours"),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_written(
    office: Office, readers: int, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(BadValue) as refusal:
        write_down(office, readers, **changes)
    assert refusal.value.field == field
    assert refusal.value.sentence.endswith(".")
    with office.database.read() as session:
        assert mailings.listing(session) == []


def test_names_are_unique_without_regard_to_case(office: Office, readers: int) -> None:
    write_down(office, readers, "May")
    with pytest.raises(Refused, match="May"):
        write_down(office, readers, "mAY")


def test_the_list_s_sender_stands_in_for_a_missing_one(office: Office, readers: int) -> None:
    with office.writing() as session:
        session.get_one(MailingList, readers).from_address = "list@sender.test"
    view = write_down(office, readers, content=replace(CONTENT, from_address=""))
    with office.database.read() as session:
        assert messages.facts(session, session.get_one(Mailing, view.id)).missing == ()
        seen = messages.preview(
            session, session.get_one(Mailing, view.id), address="ann@one.test", fields={"city": "Kiel"}
        )
    assert b"From: list@sender.test\r\n" in seen.raw
    assert b"Hello Kiel" in seen.raw


def test_a_draft_is_edited_unless_it_was_changed_elsewhere(office: Office, readers: int) -> None:
    base = write_down(office, readers)
    draft = Draft("june", readers, replace(CONTENT, subject="New"), hourly_ceiling=100)
    act(office, drafts.edit, base, draft)
    changed = view_of(office, base.id)
    assert (changed.name, changed.subject, changed.hourly_ceiling) == ("june", "New", 100)
    with pytest.raises(StaleEdit):
        act(office, drafts.edit, base, draft)


def test_a_copy_is_a_new_draft_with_a_free_name(office: Office, readers: int) -> None:
    original = started(office, readers)
    copy = act(office, drafts.duplicate, original.id)
    assert isinstance(copy, MailingView)
    assert (copy.name, copy.state, copy.subject, copy.list_id) == (
        "may copy",
        MailingState.DRAFT,
        CONTENT.subject,
        readers,
    )


def test_only_drafts_are_deleted(office: Office, readers: int) -> None:
    draft, running = write_down(office, readers), started(office, readers, "june")
    act(office, drafts.delete, draft.id)
    with pytest.raises(Refused, match="active"):
        act(office, drafts.delete, running.id)
    with office.database.read() as session, pytest.raises(UnknownName):
        mailings.by_name(session, "may")


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("me@sender.test", ("", "me@sender.test")),
        ("Ann B <ann@sender.test>", ("Ann B", "ann@sender.test")),
        ('"Ann, B" <ann@sender.test>', ("Ann, B", "ann@sender.test")),
        ("<ann@sender.test>", ("", "ann@sender.test")),
    ],
)
def test_a_sender_is_an_address_with_or_without_a_name(text: str, sender: tuple[str, str]) -> None:
    assert messages.parse_sender(text) == sender


@pytest.mark.parametrize("text", ["", "me", "Me <me>", "a@b.test, c@d.test", "A\nB <a@b.test>", "<a@b.test> x"])
def test_a_sender_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadValue) as refusal:
        messages.parse_sender(text)
    assert refusal.value.field == "from"


# Starting


def test_start_fixes_recipients_message_and_expiry(office: Office, readers: int) -> None:
    view = started(office, readers, expiry_hours=2.0)
    assert (view.state, view.started_at, view.expires_at) == (MailingState.ACTIVE, NOW, NOW + 2 * HOUR)
    assert view.numbers == Numbers(total=3, waiting=3)
    assert states(office, view.id) == dict.fromkeys(("ann@one.test", "cid@one.test", "bob@two.test"), "waiting")
    with office.database.read() as session:
        packed = session.get_one(Mailing, view.id).content.compiled
    assert packed is not None
    compiled = messages.unpacked(packed)
    assert isinstance(compiled, CompiledMessage)
    text = compiled.render("ann@one.test", {"name": "Ann", "city": "Kiel"}, "1").decode()
    assert "Subject: Hi Ann\r\n" in text
    assert "List-ID: <readers.lists.example.com>\r\n" in text
    assert "Hello Kiel" in text


def test_a_mailing_to_a_segment_goes_to_its_members_only(office: Office, readers: int) -> None:
    where = {"field": "domain", "operator": "equals", "value": "one.test"}
    segment = office.segment("one", readers, where)
    view = started(office, readers, segment_id=segment)
    assert set(states(office, view.id)) == {"ann@one.test", "cid@one.test"}


def test_suppressed_members_are_not_among_the_recipients(office: Office, readers: int) -> None:
    act(office, suppressions.add, "ANN@one.test", reason="asked")
    assert set(states(office, started(office, readers).id)) == {"cid@one.test", "bob@two.test"}


def test_a_mailing_that_nobody_would_get_is_not_started(office: Office) -> None:
    empty = office.list("empty")
    view = write_down(office, empty)
    with pytest.raises(Refused, match="list empty has no members"):
        act(office, drafts.start, view.id)
    assert view_of(office, view.id).state is MailingState.DRAFT


def test_a_mailing_starts_once(office: Office, readers: int) -> None:
    view = started(office, readers)
    with pytest.raises(Refused, match="active and can't be started"):
        act(office, drafts.start, view.id)
    assert view_of(office, view.id).numbers.total == 3


def test_starting_is_told_to_engines_and_in_the_trail(office: Office, readers: int) -> None:
    view = write_down(office, readers)
    before = office.counter("world")
    act(office, drafts.start, view.id)
    assert office.counter("world") > before
    assert (office.trail()[0].action, office.trail()[0].subject) == ("mailing.start", "mailing may")


def test_a_scheduled_mailing_starts_when_its_time_has_come(office: Office, readers: int) -> None:
    view = write_down(office, readers)
    with pytest.raises(BadValue, match="passed"):
        act(office, drafts.schedule, view.id, NOW - 1)
    act(office, drafts.schedule, view.id, NOW + 60)
    with office.writing() as session:
        assert drafts.next_due(session) == NOW + 60
        assert drafts.start_due(session, now=NOW + 59) == []
        assert drafts.start_due(session, now=NOW + 60) == ["may"]
        assert drafts.next_due(session) is None
    assert view_of(office, view.id).state is MailingState.ACTIVE


def test_a_scheduled_mailing_that_can_t_start_is_a_draft_again_with_an_alert(office: Office) -> None:
    view = write_down(office, office.list("empty"))
    act(office, drafts.schedule, view.id, NOW + 60)
    with office.writing() as session:
        drafts.start_due(session, now=NOW + 60)
    with office.database.read() as session:
        assert [(each.kind, each.subject) for each in alerts.listing(session)] == [("not_started", "may")]
    assert (view_of(office, view.id).state, view_of(office, view.id).scheduled_at) == (MailingState.DRAFT, None)


def test_a_test_message_is_a_mailing_of_one(office: Office, readers: int) -> None:
    office.stream("news", "192.0.2.1")
    draft = write_down(office, readers)
    test = act(office, trials.send_test, draft.id, "Ann@one.test")
    assert isinstance(test, MailingView)
    assert (test.name, test.state, test.numbers.total) == ("may (test 1)", MailingState.ACTIVE, 1)
    assert states(office, test.id) == {"Ann@one.test": "waiting"}
    again = act(office, trials.send_test, draft.id, "other@one.test")
    assert isinstance(again, MailingView)
    assert again.name == "may (test 2)"
    assert set(states(office, started(office, readers, "june").id)) == {"ann@one.test", "cid@one.test", "bob@two.test"}
    assert view_of(office, draft.id).state is MailingState.DRAFT


# Under way


def test_pause_and_resume(office: Office, readers: int) -> None:
    view = started(office, readers)
    act(office, runs.pause, view.id)
    assert view_of(office, view.id).state is MailingState.PAUSED
    with pytest.raises(Refused, match="paused"):
        act(office, runs.pause, view.id)
    act(office, runs.resume, view.id)
    assert view_of(office, view.id).state is MailingState.ACTIVE
    with pytest.raises(Refused, match="active"):
        act(office, runs.resume, view.id)


def test_resume_lifts_the_pauses_of_the_mailing_at_providers(office: Office, readers: int) -> None:
    view = started(office, readers)
    with office.writing() as session:
        session.add(StoredPause(provider="Google", mailing_id=view.id, reason="content", since_at=NOW))
    act(office, runs.resume, view.id)
    with office.database.read() as session:
        assert alerts.pauses(session) == []


def test_stop_ends_those_who_wait(office: Office, readers: int) -> None:
    view = started(office, readers)
    end(office, view.id, "ann@one.test", RecipientState.DELIVERED)
    numbers = act(office, runs.stop, view.id)
    assert numbers == Numbers(total=3, delivered=1, stopped=2)
    assert set(states(office, view.id, RecipientState.STOPPED)) == {"bob@two.test", "cid@one.test"}
    with pytest.raises(Refused, match="stopped"):
        act(office, runs.resume, view.id)


def test_stop_can_keep_those_who_wait_for_a_later_resume(office: Office, readers: int) -> None:
    view = started(office, readers)
    numbers = act(office, runs.stop, view.id, waiting=WaitingFate.KEEP)
    assert numbers == Numbers(total=3, waiting=3)
    assert view_of(office, view.id).state is MailingState.STOPPED
    act(office, runs.resume, view.id)
    assert (view_of(office, view.id).state, view_of(office, view.id).finished_at) == (MailingState.ACTIVE, None)


def test_move_takes_the_waiting_to_another_stream(office: Office, readers: int) -> None:
    other = office.stream("other", "192.0.2.2")
    view = started(office, readers)
    act(office, runs.move, view.id, other)
    moved = view_of(office, view.id)
    assert (moved.stream, moved.rule, moved.stream_id) == ("other", "mailing", other)
    act(office, runs.stop, view.id)
    with pytest.raises(Refused, match="nothing of it is left"):
        act(office, runs.move, view.id, other)


def test_moving_a_draft_is_its_own_choice(office: Office, readers: int) -> None:
    other = office.stream("other", "192.0.2.2")
    view = write_down(office, readers)
    act(office, runs.move, view.id, other)
    assert (view_of(office, view.id).stream, view_of(office, view.id).rule) == ("other", "mailing")
    assert view_of(office, view.id).own_stream_id == other


def test_held_recipients_are_counted_apart(office: Office, readers: int) -> None:
    view = started(office, readers)
    with office.writing() as session:
        session.add(StoredHold(stream_id=view.stream_id, domain="one.test", since_at=NOW))
    assert view_of(office, view.id).numbers == Numbers(total=3, waiting=1, held=2)
    assert states(office, view.id, RecipientState.HELD) == {"ann@one.test": "held", "cid@one.test": "held"}
    assert states(office, view.id, RecipientState.WAITING) == {"bob@two.test": "waiting"}
    with office.database.read() as session:
        rows = reports.domains(session, view.id, reports.domain_ids(session, view.id))
    assert [(row.domain, row.waiting, row.held) for row in rows] == [("one.test", 0, 2), ("two.test", 1, 0)]


# In doubt


def test_recipients_in_doubt_are_settled_as_delivered(office: Office, readers: int) -> None:
    view = started(office, readers)
    end(office, view.id, "ann@one.test", RecipientState.IN_DOUBT)
    end(office, view.id, "bob@two.test", RecipientState.IN_DOUBT)
    assert act(office, runs.settle_in_doubt, view.id, Settlement.DELIVERED) == 2
    assert view_of(office, view.id).numbers == Numbers(total=3, delivered=2, waiting=1)


def test_those_sent_again_wait_and_a_completed_mailing_goes_on(office: Office, readers: int) -> None:
    view = started(office, readers, expiry_hours=1.0)
    ids = [end(office, view.id, each, RecipientState.IN_DOUBT) for each in ("ann@one.test", "bob@two.test")]
    end(office, view.id, "cid@one.test", RecipientState.DELIVERED)
    with office.writing() as session:
        session.get_one(Mailing, view.id).state = MailingState.COMPLETED
    act(office, runs.settle_in_doubt, view.id, Settlement.AGAIN, recipient_ids=ids[:1], now=NOW + 10 * HOUR)
    now = view_of(office, view.id)
    assert (now.state, now.numbers) == (MailingState.ACTIVE, Numbers(total=3, delivered=1, in_doubt=1, waiting=1))
    assert now.expires_at == NOW + 11 * HOUR


def test_only_recipients_in_doubt_are_settled(office: Office, readers: int) -> None:
    view = started(office, readers)
    with pytest.raises(Refused, match="no recipients in doubt"):
        act(office, runs.settle_in_doubt, view.id, Settlement.DELIVERED)
    doubtful = end(office, view.id, "ann@one.test", RecipientState.IN_DOUBT)
    other = end(office, view.id, "bob@two.test", RecipientState.FAILED)
    with pytest.raises(Refused, match="not in doubt"):
        act(office, runs.settle_in_doubt, view.id, Settlement.AGAIN, recipient_ids=[doubtful, other])
    assert states(office, view.id)["ann@one.test"] == "in_doubt"


# Recipients


def test_a_recipient_is_found_in_any_spelling_of_its_mailbox(office: Office, readers: int) -> None:
    view = started(office, readers)
    with office.database.read() as session:
        assert recipients.find(session, view.id, "ANN@One.Test").address == "ann@one.test"
        with pytest.raises(UnknownName):
            recipients.find(session, view.id, "dora@one.test")
        with pytest.raises(BadValue):
            recipients.find(session, view.id, "nobody")


def test_recipients_are_read_by_pages_of_ids(office: Office, readers: int) -> None:
    view = started(office, readers)
    with office.database.read() as session:
        ids = recipients.ids(session, view.id)
        found = recipients.rows(session, view.id, [*reversed(ids), 10**9])
        assert [each.id for each in found] == list(reversed(ids))
        assert list(recipients.ids(session, view.id, RecipientFilter(text="bob"))) == [found[0].id]
        assert len(recipients.ids(session, view.id, RecipientFilter(domain="one.test"))) == 2


def test_an_export_holds_nothing_that_a_spreadsheet_would_run(office: Office, readers: int) -> None:
    view = started(office, readers)
    with office.writing() as session:
        found = recipients.find(session, view.id, "ann@one.test")
        session.execute(update(Recipient).where(Recipient.id == found.id).values(reply="=cmd()", code=550))
    file = io.StringIO(newline="")
    with office.database.read() as session:
        assert recipients.export_csv(session, view.id, file) == 3
    assert "ann@one.test,waiting,0,,,550,'=cmd()" in file.getvalue()


def test_no_pace_without_deliveries(office: Office, readers: int) -> None:
    view = started(office, readers)
    with office.database.read() as session:
        assert reports.pace(session, view.id, now=NOW + 10) == reports.Pace(0.0, None)
