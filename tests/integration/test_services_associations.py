"""Which stream a mailing goes over: every combination of choices, the tree, and what a change leaves where it is."""

from __future__ import annotations

from itertools import product

import pytest
from administration import ACTOR, NOW, Office

from app.database.database import Database
from app.services import associations, streams
from app.services.associations import NodeKind, ResolutionRule
from app.services.problems import Refused, UnknownName
from engine.ports import MailingState


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_the_most_specific_choice_decides_in_every_combination(office: Office) -> None:
    own = {rule: office.stream(rule, f"192.0.2.{at}") for at, rule in enumerate(list(ResolutionRule)[:-1], start=1)}
    site_id = office.site()
    list_id = office.list("news", site_id)
    segment_id = office.segment("part", list_id)
    nodes = {
        ResolutionRule.SEGMENT: (NodeKind.SEGMENT, segment_id),
        ResolutionRule.LIST: (NodeKind.LIST, list_id),
        ResolutionRule.SITE: (NodeKind.SITE, site_id),
    }
    for chosen in product([False, True], repeat=4):
        choices = [rule for rule, is_set in zip(ResolutionRule, chosen, strict=False) if is_set]
        for rule, (kind, node_id) in nodes.items():
            office.associate(kind, node_id, own[rule] if rule in choices else None)
        mailing_stream = own[ResolutionRule.MAILING] if ResolutionRule.MAILING in choices else None
        with office.database.read() as session:
            found = associations.resolve(
                session, list_id=list_id, segment_id=segment_id, mailing_stream_id=mailing_stream
            )
            whole_list = associations.resolve(session, list_id=list_id, mailing_stream_id=mailing_stream)
        expected = choices[0] if choices else ResolutionRule.DEFAULT
        assert (found.rule, found.stream) == (expected, expected.value), choices
        rest = [rule for rule in choices if rule is not ResolutionRule.SEGMENT]
        assert whole_list.rule is (rest[0] if rest else ResolutionRule.DEFAULT), choices


def test_the_resolution_names_what_decided(office: Office) -> None:
    stream_id = office.stream("fast", "192.0.2.1")
    site_id = office.site("lists.example.com")
    list_id = office.list("news", site_id)
    office.associate(NodeKind.SITE, site_id, stream_id)
    with office.database.read() as session:
        assert associations.resolve(session, list_id=list_id).origin == "lists.example.com"


def test_a_new_default_stream_is_inherited_at_once(office: Office) -> None:
    list_id = office.list()
    stream_id = office.stream("fast", "192.0.2.1")
    with office.writing() as session:
        streams.set_default(session, stream_id, actor=ACTOR, now=NOW)
        assert associations.resolve(session, list_id=list_id).stream == "fast"


def test_the_tree_shows_own_and_inherited_streams(office: Office) -> None:
    stream_id = office.stream("fast", "192.0.2.1")
    site_id = office.site("b.example.com")
    office.site("a.example.com")
    list_id = office.list("news", site_id)
    office.list("alerts", site_id)
    segment_id = office.segment("part", list_id)
    office.member(list_id, "x@example.net")
    office.associate(NodeKind.LIST, list_id, stream_id)
    office.mailing("m", list_id, MailingState.ACTIVE, segment_id=segment_id, waiting=1)
    office.mailing("draft", list_id, MailingState.DRAFT)
    with office.database.read() as session:
        top = associations.sites(session)
        lists = associations.lists_of(session, site_id)
        (segment,) = associations.segments_of(session, list_id)
    assert [(each.name, each.children, each.members, each.active_mailings) for each in top] == [
        ("a.example.com", 0, 0, 0),
        ("b.example.com", 2, 1, 1),
    ]
    assert [(each.name, each.resolved.rule, each.children, each.active_mailings) for each in lists] == [
        ("alerts", "default", 0, 0),
        ("news", "list", 1, 1),
    ]
    assert (segment.own_stream_id, segment.resolved.stream, segment.resolved.origin) == (None, "fast", "news")
    assert (segment.id, segment.active_mailings) == (segment_id, 1)


def test_a_change_leaves_started_mailings_and_offers_to_move_them(office: Office) -> None:
    fast, slow = office.stream("fast", "192.0.2.1"), office.stream("slow", "192.0.2.2")
    site_id = office.site()
    list_id = office.list("news", site_id)
    office.associate(NodeKind.SITE, site_id, fast)
    running = office.mailing("running", list_id, MailingState.PAUSED, waiting=5)
    office.mailing("own choice", list_id, MailingState.ACTIVE, own_stream_id=fast, waiting=5)
    office.mailing("draft", list_id, MailingState.DRAFT)
    office.mailing("done", list_id, MailingState.COMPLETED)
    with office.database.read() as session:
        offered = associations.running_under(session, NodeKind.SITE, site_id, slow)
        assert associations.running_under(session, NodeKind.SITE, site_id, fast) == ()
    change = office.associate(NodeKind.SITE, site_id, slow)
    assert offered == change.running
    assert [(each.id, each.name, each.stream, each.waiting) for each in change.running] == [
        (running, "running", "fast", 5)
    ]
    assert (change.before, change.after, change.resolved.stream) == (fast, slow, "slow")
    with office.writing() as session:
        assert associations.move_waiting(session, [running], actor=ACTOR, now=NOW) == 1
    with office.database.read() as session:
        assert streams.usage(session, slow).mailings == ("running",)
    back = office.associate(NodeKind.SITE, site_id, fast)
    assert [each.name for each in back.running] == ["running"], "a moved mailing goes on following its association"


def test_a_change_above_a_node_with_its_own_stream_touches_nothing(office: Office) -> None:
    fast, slow = office.stream("fast", "192.0.2.1"), office.stream("slow", "192.0.2.2")
    site_id = office.site()
    list_id = office.list("news", site_id)
    office.associate(NodeKind.LIST, list_id, fast)
    office.mailing("running", list_id, MailingState.ACTIVE, waiting=5)
    assert office.associate(NodeKind.SITE, site_id, slow).running == ()


def test_changes_stand_in_the_trail(office: Office) -> None:
    stream_id = office.stream("fast", "192.0.2.1")
    list_id = office.list("news")
    office.associate(NodeKind.LIST, list_id, stream_id)
    entry = office.trail()[0]
    assert (entry.action, entry.subject, entry.before, entry.after) == (
        "list.associate",
        "list news",
        "inherit",
        "fast",
    )
    office.associate(NodeKind.LIST, list_id, stream_id)
    assert office.trail()[0] == entry


def test_nodes_are_found_by_name(office: Office) -> None:
    one = office.list("one")
    two = office.list("two", office.site("other.example.com"))
    in_one, in_two = office.segment("Part", one), office.segment("part", two)
    with office.database.read() as session:
        assert associations.find(session, NodeKind.LIST, "ONE") == one
        assert associations.find(session, NodeKind.SEGMENT, "part", list_id=two) == in_two
        assert associations.find(session, NodeKind.SEGMENT, "PART", list_id=one) == in_one
        with pytest.raises(Refused, match="one, two"):
            associations.find(session, NodeKind.SEGMENT, "part")
        with pytest.raises(UnknownName, match="no site"):
            associations.find(session, NodeKind.SITE, "nowhere.example.com")


def test_what_is_gone_is_said_to_be_gone(office: Office) -> None:
    with pytest.raises(Refused, match="list was deleted"):
        office.associate(NodeKind.LIST, 77, None)
    list_id = office.list()
    with pytest.raises(Refused, match="stream was deleted"):
        office.associate(NodeKind.LIST, list_id, 77)
