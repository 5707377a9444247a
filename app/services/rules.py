"""Rule tables as an administrator meets them: the bundled ones, providers, measuring, testing, the rule lab.

Pure functions over texts and rules; the administrator's own rules come from the database elsewhere and are put in front.
Runs in any process of the application.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from engine.classifier import Classifier, parse_reply
from engine.replies import Classification, Stage, Verdict
from engine.rules import Rule, RuleError, load_fragments, load_table, read_table

_WORDS = "00_words.toml"


class LineError(ValueError):
    """A line of a JSON-lines input that can't be read; the message names line and field."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A named family of exchanger groups.

    ``hosts`` are MX host names in lower case or, with a leading dot, their suffixes. ``delisting`` is the page to ask for removal (as
    text, never opened by itself), ``guidance`` the provider's page for senders.
    """

    name: str
    hosts: tuple[str, ...]
    delisting: str = ""
    guidance: str = ""


@cache
def bundled_fragments() -> Mapping[str, str]:
    """The pattern fragments that every table, and the administrator's rules, may use."""
    return load_fragments(_rule_files()[0].read_text(encoding="utf-8"), name=_WORDS)


@cache
def bundled_rules() -> tuple[Rule, ...]:
    """The bundled rules in the order in which they are tried. That they do what they say was checked before the release."""
    rules: list[Rule] = []
    for table in _rule_files()[1:]:
        rules += read_table(table.read_text(encoding="utf-8"), name=table.name, fragments=bundled_fragments())
    return tuple(rules)


def check_bundled_rules() -> None:
    """Check every bundled rule by its examples, alone and among all others; takes a second or two.

    Raises RuleError, naming table, rule and example, when an example is not decided by its rule.
    """
    rules: list[Rule] = []
    for table in _rule_files()[1:]:
        text = table.read_text(encoding="utf-8")
        rules += load_table(text, name=table.name, fragments=bundled_fragments(), earlier=rules)
    _check_order(rules)


def _rule_files() -> list[Traversable]:
    tables = [entry for entry in files("resources").joinpath("rules").iterdir() if entry.name.endswith(".toml")]
    return sorted(tables, key=lambda entry: entry.name)


def _check_order(rules: Sequence[Rule]) -> None:
    """Each example must be decided by its own rule when all tables are tried in order."""
    classifier = Classifier(rules)
    ids = Counter(rule.id for rule in rules)
    for rule in rules:
        if ids[rule.id] > 1:
            raise RuleError(f"rule {rule.id}: id: used in two tables")
        stage = rule.stages[0] if rule.stages else None
        for example in rule.examples:
            decided = classifier.classify(parse_reply(example), stage).rule
            if decided != rule.id:
                raise RuleError(f"rule {rule.id}: the example {example!r} is decided by {decided or 'no rule'}")


@cache
def providers() -> tuple[Provider, ...]:
    """The bundled providers."""
    table = tomllib.loads(files("resources").joinpath("providers.toml").read_text(encoding="utf-8"))
    return tuple(
        Provider(entry["name"], tuple(entry["hosts"]), entry.get("delisting", ""), entry.get("guidance", ""))
        for entry in table["provider"]
    )


@cache
def _providers_by_host() -> Mapping[str, tuple[str, ...]]:
    """The names of the providers that know a host, or a suffix (with its leading dot), in the order of the table."""
    found: dict[str, tuple[str, ...]] = {}
    for provider in providers():
        for host in provider.hosts:
            found[host] = (*found.get(host, ()), provider.name)
    return found


def provider_of(group: str) -> str:
    """The provider that serves an exchanger group (its key: host names joined by commas).

    The one that most hosts of the group belong to, of several the one of the first host; "" when none does.
    """
    counts = Counter(name for host in group.lower().split(",") for name in _providers_of(host.rstrip(".")))
    return counts.most_common(1)[0][0] if counts else ""


def _providers_of(host: str) -> Iterable[str]:
    """The providers that know a host, each once, those first that name it most closely."""
    known = _providers_by_host()
    return dict.fromkeys(name for part in _ends(host) for name in known.get(part, ()))


def _ends(host: str) -> Iterator[str]:
    """A host name, and its suffixes from the longest on, as the table writes them."""
    yield host
    dot = host.find(".")
    while dot >= 0:
        yield host[dot:]
        dot = host.find(".", dot + 1)


@dataclass(frozen=True, slots=True)
class Score:
    """How one verdict fares on labelled replies: counts of right, wrongly given and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the given verdicts that are right; 1.0 when none was given."""
        given = self.right + self.wrong
        return self.right / given if given else 1.0

    @property
    def recall(self) -> float:
        """Share of the labelled verdicts that were found; 1.0 when there are none."""
        labelled = self.right + self.missed
        return self.right / labelled if labelled else 1.0


@dataclass(frozen=True, slots=True)
class Miss:
    """One reply that got another verdict than its label (line numbers from 1)."""

    line: int
    reply: str
    expected: Verdict
    given: Classification


@dataclass(frozen=True, slots=True)
class Measurement:
    """Precision and recall of each verdict on a labelled file, borderline rows left out."""

    scores: Mapping[Verdict, Score]
    rows: int
    borderline: int
    misses: tuple[Miss, ...]

    @property
    def accuracy(self) -> float:
        """Share of the rows with the right verdict; 1.0 of an empty file."""
        return 1 - len(self.misses) / self.rows if self.rows else 1.0


def measure(lines: Iterable[str], rules: Sequence[Rule] | None = None) -> Measurement:
    """Measure *rules* (default: the bundled ones) on JSON lines with ``reply``, ``verdict`` and, if known, ``stage``.

    Rows with ``borderline`` true are counted, not scored. Raises LineError naming line and field.
    """
    classifier = Classifier(bundled_rules() if rules is None else rules)
    right: Counter[Verdict] = Counter()
    misses: list[Miss] = []
    borderline = 0
    for number, row in _rows(lines):
        if row.get("borderline") is True:
            borderline += 1
            continue
        expected = _verdict(row.get("verdict"), number)
        text = _reply_text(row, number)
        given = classifier.classify(parse_reply(text), _known_stage(row.get("stage")))
        if given.verdict is expected:
            right[expected] += 1
        else:
            misses.append(Miss(number, text, expected, given))
    wrong = Counter(miss.given.verdict for miss in misses)
    missed = Counter(miss.expected for miss in misses)
    scores = {v: Score(right[v], wrong[v], missed[v]) for v in Verdict if right[v] or wrong[v] or missed[v]}
    return Measurement(scores, right.total() + len(misses), borderline, tuple(misses))


def test_lines(
    lines: Iterable[str],
    rules: Sequence[Rule] | None = None,  # noqa: PT028 - the command's name, not a test
) -> Iterator[str]:
    """Classify JSON lines ``{"reply", "stage"?, "own_ip"?}``; yield a JSON line for each.

    The answers hold ``verdict``, ``rule``, ``scope``, ``permanent``, ``reason`` and ``advice``. Raises LineError naming
    line and field.
    """
    classifier = Classifier(bundled_rules() if rules is None else rules)
    for number, row in _rows(lines):
        own_ip = row.get("own_ip")
        given = classifier.classify(
            parse_reply(_reply_text(row, number)),
            _stage(row.get("stage"), number),
            own_ip=own_ip if isinstance(own_ip, str) else None,
        )
        yield json.dumps(
            {
                "verdict": given.verdict,
                "rule": given.rule,
                "scope": given.scope,
                "permanent": given.permanent,
                "reason": given.reason,
                "advice": given.advice,
            },
            ensure_ascii=False,
        )


test_lines.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name makes pytest think


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise LineError(f"line {number}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise LineError(f"line {number}: not an object")
        yield number, row


def _reply_text(row: Mapping[str, object], number: int) -> str:
    text = row.get("reply")
    if not isinstance(text, str):
        raise LineError(f"line {number}: reply: missing, or not a text")
    return text


def _verdict(value: object, number: int) -> Verdict:
    try:
        return Verdict(str(value))
    except ValueError:
        raise LineError(f"line {number}: verdict: {value!r} is none of {', '.join(Verdict)}") from None


def _stage(value: object, number: int) -> Stage | None:
    if value is None or value == "":
        return None
    try:
        return Stage.parse(str(value))
    except ValueError:
        raise LineError(f"line {number}: stage: {value!r} is none of {', '.join(Stage)}") from None


def _known_stage(value: object) -> Stage | None:
    """The stage of a labelled row; other people's words for it count as not known."""
    try:
        return Stage.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A reply that was met. ``when`` in epoch seconds; ``own_ip`` "" when it was not stored."""

    text: str
    stage: Stage | None
    own_ip: str
    when: float


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stored reply whose classification an edited rule set would change."""

    stored: StoredReply
    before: Classification
    after: Classification


def replay(current: Sequence[Rule], edited: Sequence[Rule], stored: Iterable[StoredReply]) -> Iterator[Replayed]:
    """The rule lab: which stored replies would get another verdict, scope or permanence from *edited* than from *current*.

    Rule sets are complete and in order. A shadow rule of *edited* counts as switched on, for the lab shows what would
    happen if it were. Yields in the order of *stored*; equal replies are classified once.
    """
    before, after = Classifier(current), Classifier([_switched_on(rule) for rule in edited])
    seen: dict[tuple[str, Stage | None, str], tuple[Classification, Classification]] = {}
    for item in stored:
        key = (item.text, item.stage, item.own_ip)
        if key not in seen:
            reply = parse_reply(item.text)
            own_ip = item.own_ip or None
            seen[key] = (
                before.classify(reply, item.stage, own_ip=own_ip),
                after.classify(reply, item.stage, own_ip=own_ip),
            )
        old, new = seen[key]
        if _effect(old) != _effect(new):
            yield Replayed(item, old, new)


def _switched_on(rule: Rule) -> Rule:
    return replace(rule, shadow=False) if rule.shadow else rule


def _effect(given: Classification) -> tuple[object, ...]:
    return (given.verdict, given.scope, given.permanent, given.threshold, given.probe_interval_seconds)
