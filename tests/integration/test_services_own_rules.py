"""The administrator's own rules, the rule lab, and settings, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from administration import ACTOR, NOW, Office

from app.database.database import Database
from app.database.schema import MetReply
from app.services import configuration, own_rules
from app.services.problems import BadValue, Refused, UnknownName
from engine.replies import Stage, Threshold, Verdict
from engine.rules import Rule

MOON = {
    "id": "own.moon",
    "pattern": "phase of the moon",
    "verdict": "block",
    "examples": ["550 wrong phase of the moon"],
}


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def act(office: Office, action: Callable[..., object], *arguments: object, **options: object) -> object:
    with office.writing() as session:
        return action(session, *arguments, actor=ACTOR, now=NOW, **options)


def ids(office: Office) -> list[str]:
    with office.database.read() as session:
        return [view.rule.id for view in own_rules.listing(session)]


def a_rule(**values: object) -> Rule:
    return own_rules.parse({**MOON, **values})


def met(office: Office, text: str, at: float = NOW) -> None:
    with office.writing() as session:
        session.add(MetReply(digest=text.encode(), text=text, stage=Stage.RCPT, verdict=Verdict.UNKNOWN, at=at))


def replayed(office: Office, *edited: Rule, days: float = 1.0) -> list[tuple[str, str, str]]:
    with office.database.read() as session:
        found = own_rules.lab(session, edited, days=days, now=NOW)
        return [(each.stored.text, each.before.verdict.value, each.after.verdict.value) for each in found]


def test_a_rule_comes_back_as_it_was_written(office: Office) -> None:
    rule = a_rule(
        stages=["rcpt", "data"],
        codes=["5xx"],
        threshold={"count": 3, "period_seconds": 60},
        advice='Say "please"\\n\tin München',
        permanent=True,
        counter_examples=["550 mailbox full"],
    )
    assert rule.threshold == Threshold(3, 60)
    act(office, own_rules.add, rule)
    with office.database.read() as session:
        stored = own_rules.get(session, "own.moon").rule
        assert stored == rule
        assert own_rules.complete_set(session)[0] == rule
    assert own_rules.parse(own_rules.values_of(stored)) == rule
    assert office.trail()[0].action == "rule.add"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"pattern": "("}, "pattern"),
        ({"verdict": "maybe"}, "verdict"),
        ({"examples": ["550 something else"]}, "does not match"),
        ({"counter_examples": ["550 phase of the moon"]}, "counter-example"),
        ({"id": "No Spaces"}, "id"),
        ({"stages": ["lunch"]}, "stages"),
        ({"threshold": {"count": 0, "period_seconds": 1}}, "threshold"),
        ({"colour": "red"}, "colour"),
        ({"examples": []}, "examples"),
    ],
)
def test_a_rule_that_does_not_do_what_it_says_is_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(BadValue, match=words):
        a_rule(**values)


def test_ids_are_unique_among_own_and_bundled_rules(office: Office) -> None:
    act(office, own_rules.add, a_rule())
    with pytest.raises(Refused, match=r"own\.moon already"):
        act(office, own_rules.add, a_rule())
    with pytest.raises(Refused, match="bundled"):
        act(office, own_rules.add, a_rule(id="lists.spamhaus"))
    with pytest.raises(BadValue, match="can't be changed"):
        act(office, own_rules.edit, "own.moon", a_rule(id="own.sun"))
    with pytest.raises(UnknownName, match=r"own\.moon"):
        act(office, own_rules.remove, "own.mon")


def test_rules_are_ordered_by_the_administrator(office: Office) -> None:
    for name in ("own.a", "own.b", "own.c"):
        act(office, own_rules.add, a_rule(id=name))
    act(office, own_rules.move, "own.c", "own.a")
    assert ids(office) == ["own.c", "own.a", "own.b"]
    act(office, own_rules.move, "own.c", None)
    assert ids(office) == ["own.a", "own.b", "own.c"]
    act(office, own_rules.remove, "own.b")
    assert ids(office) == ["own.a", "own.c"]


def test_the_lab_shows_what_a_new_rule_would_change(office: Office) -> None:
    met(office, "550 wrong phase of the moon")
    met(office, "550 5.1.1 No such user")
    met(office, "550 phase of the moon, long ago", at=NOW - 10 * 86_400)
    assert replayed(office) == []
    assert replayed(office, a_rule()) == [("550 wrong phase of the moon", "unknown", "block")]
    assert len(replayed(office, a_rule(), days=30)) == 2


def test_the_lab_counts_shadow_rules_as_switched_on(office: Office) -> None:
    met(office, "550 wrong phase of the moon")
    act(office, own_rules.add, a_rule(shadow=True))
    assert replayed(office) == [("550 wrong phase of the moon", "unknown", "block")]
    act(office, own_rules.switch, "own.moon", enabled=True, shadow=False)
    assert replayed(office) == []
    assert replayed(office, a_rule(verdict="throttle")) == [("550 wrong phase of the moon", "block", "throttle")]


def test_settings_are_checked_and_told_in_the_trail(office: Office) -> None:
    before = office.counter("world")
    view = act(office, configuration.store, "Delivery.Workers", "3")
    assert isinstance(view, configuration.SettingView)
    assert (view.key, view.value) == ("delivery.workers", "3")
    assert (office.trail()[0].action, office.trail()[0].after) == ("setting.set", "3")
    assert office.counter("world") > before
    with pytest.raises(BadValue) as refusal:
        act(office, configuration.store, "delivery.workers", "many")
    assert refusal.value.field == "delivery.workers"
    with pytest.raises(UnknownName, match=r"delivery\.workers"):
        act(office, configuration.store, "delivery.worker", "3")
    act(office, configuration.reset, "delivery.workers")
    with office.database.read() as session:
        view = configuration.get(session, "delivery.workers")
        assert view.value == view.default
