"""Tables of rules: how they are read, and what is wrong with a bad one. And the services on top of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.services.rules import (
    LineError,
    StoredReply,
    bundled_rules,
    check_bundled_rules,
    measure,
    provider_of,
    providers,
    replay,
    test_lines,
)
from engine.classifier import Classifier, parse_reply
from engine.replies import Scope, Stage, Threshold, Verdict
from engine.rules import Rule, RuleError, check_rule, load_table

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "replies.jsonl"

GOOD = r"""
provider = "Someone"

[fragments]
who = 'host|server'

[[rule]]
id = "some.block"
stages = ["banner", "rcpt"]
codes = ["55x", "421"]
enhanced = ["x.7.1"]
pattern = '{who} is blocked'
verdict = "block"
scope = "group"
threshold = { count = 3, period_seconds = 600 }
permanent = true
probe_interval_seconds = 7200
reason = "blocks {ip}"
advice = "Write to them."
source = "their page"
examples = ["550 5.7.1 your host is blocked"]
counter_examples = ["550 5.7.1 your mailbox is blocked"]
"""


def a_rule(identifier: str, pattern: str, verdict: Verdict = Verdict.BLOCK, **other: object) -> Rule:
    rule = Rule(identifier, "", (), (), (), pattern, verdict)
    return replace(rule, **other)  # type: ignore[arg-type]


def test_table_is_read() -> None:
    (rule,) = load_table(GOOD, name="some.toml")
    assert rule == Rule(
        id="some.block",
        provider="Someone",
        stages=(Stage.BANNER, Stage.RCPT),
        codes=("55x", "421"),
        enhanced=("x.7.1",),
        pattern="(?:host|server) is blocked",
        verdict=Verdict.BLOCK,
        scope=Scope.GROUP,
        threshold=Threshold(3, 600),
        permanent=True,
        probe_interval_seconds=7200,
        reason="blocks {ip}",
        advice="Write to them.",
        source="their page",
        examples=("550 5.7.1 your host is blocked",),
        counter_examples=("550 5.7.1 your mailbox is blocked",),
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("your host is blocked", "your box is blocked", "the example '550 5.7.1 your box is blocked' does not match"),
        ("your mailbox is", "mail server is", "the counter-example '550 5.7.1 mail server is blocked' matches"),
        ("{who} is", "{whom} is", "pattern: no fragment {whom}"),
        ("{who} is", "({who} is", "pattern: missing )"),
        ("{who} is", "(?=x)", "pattern: "),
        ("{who} is", "((x{1,100}){1,9}){1,99}", "pattern: "),
        ('"block"', '"blocked"', "verdict: 'blocked' is none of block, throttle"),
        ('"group"', '"all"', "scope: 'all' is none of pair, group"),
        ('"55x"', '"5555"', "codes: '5555' is not"),
        ('"x.7.1"', '"7.1"', "enhanced: '7.1' is not"),
        ('"banner"', '"hello"', "stages: 'hello' is none of"),
        ("count = 3, ", "", "threshold: needs count and period_seconds"),
        ("= 7200", '= "soon"', "probe_interval_seconds: not a whole number"),
        ("permanent = true", 'permanent = "yes"', "permanent: neither true nor false"),
        ("blocks {ip}", "blocks {host}", "reason: {host} is neither"),
        ("advice", "advise", "unknown field 'advise'"),
        ('id = "some.block"', 'id = "Some Block"', "id: 'Some Block' is not"),
        ('examples = ["550 5.7.1 your host is blocked"]', "", "examples: missing"),
    ],
)
def test_bad_table_is_refused_by_name(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(RuleError) as refused:
        load_table(GOOD.replace(old, new, 1), name="some.toml")
    message = str(refused.value)
    assert message.startswith("some.toml: ")
    assert "some.block" in message or "Some Block" in message
    assert says in message


def test_broken_toml_and_doubled_rule_are_refused() -> None:
    with pytest.raises(RuleError, match=r"^some\.toml: "):
        load_table("[[rule]\n", name="some.toml")
    again = GOOD[GOOD.index("[[rule]]") :]
    with pytest.raises(RuleError, match=r"rule some\.block: id: used twice"):
        load_table(GOOD + again, name="some.toml")


def test_counter_example_may_be_taken_by_an_earlier_rule() -> None:
    trap = a_rule("trap", "mailbox", Verdict.RECIPIENT)
    rule = a_rule("block", "blocked", counter_examples=("550 mailbox blocked",))
    check_rule(rule, [trap])
    with pytest.raises(RuleError, match="rule block: the counter-example"):
        check_rule(rule)


def test_first_rule_that_matches_decides() -> None:
    first, second = a_rule("first", "blocked", Verdict.CONTENT), a_rule("second", "host blocked")
    reply = parse_reply("550 host blocked")
    assert Classifier([first, second]).classify(reply, None).rule == "first"
    assert Classifier([second, first]).classify(reply, None).rule == "second"


def test_rule_keeps_to_its_stage_and_codes() -> None:
    (rule,) = load_table(GOOD, name="some.toml")
    classifier = Classifier([rule])

    def rule_of(text: str, stage: Stage | None) -> str:
        return classifier.classify(parse_reply(text), stage).rule

    assert rule_of("550 5.7.1 host is blocked", Stage.RCPT) == "some.block"
    assert rule_of("550 5.7.1 host is blocked", None) == "some.block"
    assert rule_of("550 5.7.1 host is blocked", Stage.DATA) == ""
    assert rule_of("450 4.7.1 host is blocked", Stage.RCPT) == ""
    assert rule_of("421 4.7.1 host is blocked", Stage.RCPT) == "some.block"
    assert rule_of("550 5.1.1 host is blocked", Stage.RCPT) == ""


def test_shadow_and_disabled_rules_decide_nothing() -> None:
    shadow = a_rule("shadow", "blocked", shadow=True)
    off = a_rule("off", "blocked", enabled=False)
    classifier = Classifier([shadow, off])
    reply = parse_reply("550 host blocked")
    assert classifier.classify(reply, None).verdict is Verdict.UNKNOWN
    assert classifier.shadow_matches(reply, None) == ("shadow",)
    assert classifier.shadow_matches(parse_reply("250 not blocked"), None) == ()


def test_pattern_is_folded_like_the_text() -> None:
    classifier = Classifier([a_rule("some", "Größe überschritten")])
    assert classifier.classify(parse_reply("552 GRÖSSE ÜBERSCHRITTEN"), None).rule == "some"


def test_bad_pattern_is_refused_when_compiled() -> None:
    with pytest.raises(RuleError, match="rule some: pattern"):
        Classifier([a_rule("some", "(")])


def test_rules_travel_to_other_processes() -> None:
    rules = bundled_rules()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(rules), type=tuple[Rule, ...]) == rules


def test_bundled_rules_do_what_their_examples_say() -> None:
    check_bundled_rules()


def test_bundled_rules_say_where_they_come_from() -> None:
    for rule in bundled_rules():
        assert rule.source, rule.id
        assert rule.reason, rule.id
        assert rule.counter_examples, rule.id
        assert rule.advice or rule.verdict is not Verdict.BLOCK, rule.id


@pytest.mark.skipif(not CORPUS.exists(), reason="the labelled replies are not at hand")
def test_bundled_rules_on_labelled_replies() -> None:
    with CORPUS.open(encoding="utf-8") as lines:
        measured = measure(lines)
    assert measured.rows + measured.borderline == 320
    assert measured.scores[Verdict.BLOCK].precision >= 0.99
    assert measured.scores[Verdict.BLOCK].recall >= 0.97
    assert measured.accuracy >= 0.92


def test_measure_counts_right_wrong_and_missed() -> None:
    rows = [
        {"reply": "550 host blocked", "verdict": "block", "stage": "connect"},
        {"reply": "550 host blocked", "verdict": "content"},
        {"reply": "550 banned", "verdict": "block"},
        {"reply": "550 host blocked", "verdict": "content", "borderline": True},
    ]
    measured = measure((json.dumps(row) for row in rows), [a_rule("some", "blocked")])
    block = measured.scores[Verdict.BLOCK]
    assert (block.right, block.wrong, block.missed) == (1, 1, 1)
    assert (block.precision, block.recall) == (0.5, 0.5)
    assert (measured.rows, measured.borderline) == (3, 1)
    assert measured.accuracy == pytest.approx(1 / 3)
    assert [(miss.line, miss.expected) for miss in measured.misses] == [(2, "content"), (3, "block")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2: not an object"),
        ('{"verdict": "block"}', "line 2: reply: missing"),
        ('{"reply": "550 x", "verdict": "bad"}', "line 2: verdict: 'bad' is none of"),
    ],
)
def test_bad_line_is_named(line: str, says: str) -> None:
    with pytest.raises(LineError, match=says):
        measure(["", line], [])


def test_lines_are_answered_one_by_one() -> None:
    lines = [
        '{"reply": "554 5.7.1 Client host [203.0.113.7] blocked using zen.spamhaus.org", "stage": "RCPT"}',
        '{"reply": "250 2.0.0 ok"}',
    ]
    first, second = (json.loads(answer) for answer in test_lines(lines))
    assert first["verdict"] == "block"
    assert first["scope"] == "pair"
    assert first["permanent"] is False
    assert set(first) == {"verdict", "rule", "scope", "permanent", "reason", "advice"}
    assert second["verdict"] == "accepted"
    with pytest.raises(LineError, match="line 1: stage: 'lunch' is none of"):
        list(test_lines(['{"reply": "550 no", "stage": "lunch"}']))


def test_lab_shows_what_an_edited_set_would_change() -> None:
    current = [a_rule("old", "blocked")]
    edited = [a_rule("new", "mailbox blocked", Verdict.RECIPIENT, shadow=True), *current]
    stored = [
        StoredReply("550 mailbox blocked", Stage.RCPT, "203.0.113.7", 1.0),
        StoredReply("550 host blocked", None, "", 2.0),
        StoredReply("550 mailbox blocked", Stage.RCPT, "203.0.113.7", 3.0),
    ]
    changed = list(replay(current, edited, stored))
    assert [(item.stored.when, item.before.verdict, item.after.verdict) for item in changed] == [
        (1.0, "block", "recipient"),
        (3.0, "block", "recipient"),
    ]


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("alt1.gmail-smtp-in.l.google.com,gmail-smtp-in.l.google.com", "Google"),
        ("dest-example.mail.protection.outlook.com", "Microsoft"),
        ("mta5.am0.yahoodns.net,mta6.am0.yahoodns.net", "Yahoo"),
        ("mx.dest.example", ""),
        ("notgoogle.com", ""),
    ],
)
def test_provider_is_known_by_its_exchangers(group: str, name: str) -> None:
    assert provider_of(group) == name


def test_provider_names_are_unique_and_hosts_folded() -> None:
    names = [provider.name for provider in providers()]
    assert len(set(names)) == len(names)
    for provider in providers():
        assert all(host == host.lower() and not host.endswith(".") for host in provider.hosts), provider.name
