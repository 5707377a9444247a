"""Scenarios and their rules: what loads, and when a rule applies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from app.rehearsal import scenarios
from app.rehearsal.scenario import (
    Answer,
    Append,
    Drop,
    Flood,
    FloodKind,
    Greylist,
    Rate,
    Rule,
    Scenario,
    Slow,
    load,
    save,
)
from app.rehearsal.script import RuleBook, Script
from engine.replies import Stage

MIDNIGHT = 1_700_006_400.0
"""A midnight, UTC."""

REFUSE = Answer(554, "5.7.1 refused")


@dataclass(frozen=True)
class Talk:
    client: str = "127.0.0.11"
    sender: str = "news@sender.test"
    recipient: str = "anna@d01.test"
    header: str = "Subject: Spring\r\n"
    encrypted: bool = False
    connection: int = 1
    message: int = 1
    open_connections: int = 1


def applies(rule: Rule, talk: Talk = Talk(), now: float = MIDNIGHT) -> bool:
    """Whether the only rule of a script applies."""
    return script(rule).play(rule.stage, talk, now) is not None


def script(*rules: Rule) -> Script:
    return RuleBook(rules).script_for(frozenset({"provider", "mx.d01.test", "127.0.1.1"}))


@pytest.mark.parametrize("scenario", [scenarios.demo(MIDNIGHT), scenarios.twenty_domains()], ids=lambda s: s.name)
def test_a_scenario_survives_its_file(scenario: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"

    save(scenario, path)

    assert load(path) == scenario


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"name": "x", "providers": [], "domains": [], "colour": 1}', "colour"),
        ('{"name": "x", "providers": [], "domains": [], "rules": [{"stage": "banner"}]}', "action"),
        (
            '{"name":"x","providers":[],"domains":[],"rules":[{"stage":"banner","action":{"do":"answer","code":7,"text":""}}]}',
            "200 to 599",
        ),
        (
            '{"name":"x","providers":[],"domains":[],"rules":[{"stage":"rcpt","action":{"do":"swap"},"daily":["9:00","25:00"]}]}',
            "10:00",
        ),
        ("{", "truncated"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_with_the_reason(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(text)

    with pytest.raises(ValueError, match=complaint):
        load(path)


@pytest.mark.parametrize(
    ("clock_time", "inside"), [("09:59:59", False), ("10:00:00", True), ("10:59:59", True), ("11:00:00", False)]
)
def test_a_daily_window_holds_on_the_clock_of_the_network(clock_time: str, inside: bool) -> None:
    hours, minutes, seconds = map(int, clock_time.split(":"))
    now = MIDNIGHT + hours * 3600 + minutes * 60 + seconds

    assert applies(Rule(Stage.BANNER, REFUSE, daily=("10:00", "11:00")), now=now) is inside


@pytest.mark.parametrize(("hour", "inside"), [(22, False), (23, True), (0, True), (1, False)])
def test_a_daily_window_runs_over_midnight(hour: int, inside: bool) -> None:
    assert applies(Rule(Stage.BANNER, REFUSE, daily=("23:00", "01:00")), now=MIDNIGHT + hour * 3600) is inside


@pytest.mark.parametrize(
    ("rule", "talk", "expected"),
    [
        (Rule(Stage.BANNER, REFUSE, clients=("127.0.0.12",)), Talk(), False),
        (Rule(Stage.BANNER, REFUSE, clients=("127.0.0.12", "127.0.0.11")), Talk(), True),
        (Rule(Stage.BANNER, REFUSE, clients=("127.0.0.8/29",)), Talk(), True),
        (Rule(Stage.BANNER, REFUSE, clients=("127.0.0.8/29",)), Talk(client="127.0.0.16"), False),
        (Rule(Stage.BANNER, REFUSE, clients=("::1",)), Talk(client="::1"), True),
        (Rule(Stage.RCPT, REFUSE, recipient="a*@D01.test"), Talk(), True),
        (Rule(Stage.RCPT, REFUSE, recipient="a*@d02.test"), Talk(), False),
        (Rule(Stage.MAIL, REFUSE, sender="*@sender.test"), Talk(), True),
        (Rule(Stage.MAIL, REFUSE, sender="*@other.test"), Talk(), False),
        (Rule(Stage.END_OF_DATA, REFUSE, header="subject: spring"), Talk(), True),
        (Rule(Stage.END_OF_DATA, REFUSE, header="subject: autumn"), Talk(), False),
        (Rule(Stage.MAIL, REFUSE, tls=False), Talk(), True),
        (Rule(Stage.MAIL, REFUSE, tls=False), Talk(encrypted=True), False),
        (Rule(Stage.MAIL, REFUSE, connections=(2, None)), Talk(), False),
        (Rule(Stage.MAIL, REFUSE, connections=(2, 3)), Talk(connection=3), True),
        (Rule(Stage.MAIL, REFUSE, connections=(2, 3)), Talk(connection=4), False),
        (Rule(Stage.MAIL, REFUSE, messages=(5, 5)), Talk(message=5), True),
        (Rule(Stage.MAIL, REFUSE, messages=(5, 5)), Talk(message=6), False),
        (Rule(Stage.BANNER, REFUSE, open_over=2), Talk(open_connections=2), False),
        (Rule(Stage.BANNER, REFUSE, open_over=2), Talk(open_connections=3), True),
        (Rule(Stage.BANNER, REFUSE, since=MIDNIGHT + 1), Talk(), False),
        (Rule(Stage.BANNER, REFUSE, until=MIDNIGHT + 1), Talk(), True),
        (Rule(Stage.BANNER, REFUSE, until=MIDNIGHT), Talk(), False),
        (Rule(Stage.BANNER, REFUSE, at=("mx.d01.test",)), Talk(), True),
        (Rule(Stage.BANNER, REFUSE, at=("provider",)), Talk(), True),
        (Rule(Stage.BANNER, REFUSE, at=("127.0.1.2",)), Talk(), False),
    ],
)
def test_conditions(rule: Rule, talk: Talk, expected: bool) -> None:
    assert applies(rule, talk) is expected


def test_a_rule_with_times_is_spent() -> None:
    rules = script(Rule(Stage.RCPT, REFUSE, times=2))

    assert [rules.play(Stage.RCPT, Talk(), MIDNIGHT) is not None for _ in range(4)] == [True, True, False, False]


def test_chance_is_repeatable() -> None:
    def run() -> list[bool]:
        rules = script(Rule(Stage.RCPT, REFUSE, probability=0.5, seed=7))
        return [rules.play(Stage.RCPT, Talk(), MIDNIGHT) is not None for _ in range(100)]

    assert run() == run()
    assert 30 < sum(run()) < 70


def test_a_rate_lets_so_many_of_each_client_pass_within_its_period() -> None:
    rules = script(Rule(Stage.MAIL, REFUSE, over=Rate(2, 60.0)))

    def refused(client: str, now: float) -> bool:
        return rules.play(Stage.MAIL, Talk(client=client), MIDNIGHT + now) is not None

    assert [refused("127.0.0.11", now) for now in (0, 10, 20, 59)] == [False, False, True, True]
    assert not refused("127.0.0.12", 20)
    assert [refused("127.0.0.11", now) for now in (60, 61, 70)] == [False, True, False]


def test_greylisting_goes_by_client_sender_and_recipient() -> None:
    rules = script(Rule(Stage.RCPT, Greylist(300.0)))

    def refused(talk: Talk, now: float) -> bool:
        return rules.play(Stage.RCPT, talk, MIDNIGHT + now) is not None

    assert [refused(Talk(), now) for now in (0, 299, 300, 5000)] == [True, True, False, False]
    assert refused(Talk(client="127.0.0.12"), 300)
    assert refused(Talk(recipient="ben@d01.test"), 300)
    assert refused(Talk(sender="else@sender.test"), 300)


def test_what_changes_a_step_adds_up_until_something_ends_it() -> None:
    play = script(
        Rule(Stage.MAIL, Slow(1.0)),
        Rule(Stage.MAIL, Append("250 extra\r\n")),
        Rule(Stage.MAIL, Slow(0.5)),
        Rule(Stage.MAIL, REFUSE),
        Rule(Stage.MAIL, Drop()),
        Rule(Stage.MAIL, Slow(9.0)),
    ).play(Stage.MAIL, Talk(), MIDNIGHT)

    assert play is not None
    assert (play.end, play.delay, play.behind) == (REFUSE, 1.5, b"250 extra\r\n")


def test_rules_of_a_scenario_are_looked_at_in_order_and_later_ones_before_them() -> None:
    book = RuleBook([Rule(Stage.MAIL, REFUSE, id="first"), Rule(Stage.MAIL, Drop(), id="second")])

    added = book.add(Rule(Stage.MAIL, Flood(FloodKind.LINE)))

    assert [rule.id for rule in book.rules()] == [added, "first", "second"]
    assert book.lift(added)
    assert not book.lift(added)
    assert [rule.id for rule in book.rules()] == ["first", "second"]


def test_two_rules_cannot_have_one_id() -> None:
    book = RuleBook([Rule(Stage.MAIL, REFUSE, id="mine")])

    with pytest.raises(ValueError, match="mine"):
        book.add(Rule(Stage.RCPT, REFUSE, id="mine"))


def test_a_rule_knows_how_often_it_applied() -> None:
    book = RuleBook([Rule(Stage.MAIL, REFUSE, id="mine", clients=("127.0.0.11",))])
    rules = book.script_for(frozenset())

    for client in ("127.0.0.11", "127.0.0.12", "127.0.0.11"):
        rules.play(Stage.MAIL, Talk(client=client), MIDNIGHT)

    assert book.applied("mine") == 2
    with pytest.raises(KeyError):
        book.applied("yours")


def test_every_action_can_be_told_from_its_json() -> None:
    for action in (REFUSE, Slow(1), Drop(accept=True), Greylist(60), Flood(FloodKind.REPLIES), Append("x")):
        rule = Rule(Stage.RCPT, action)
        assert msgspec.json.decode(msgspec.json.encode(rule), type=Rule) == rule
