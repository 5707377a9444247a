"""The commands about rules: testing and measuring all of them, keeping one's own, and the rule lab."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from app.commands.access import actor, now, reading, writing
from app.commands.output import JsonObject, JsonOption, iso, local_time, print_json, print_json_array, print_table, say
from app.services import own_rules, rules
from app.services.own_rules import OwnRuleView
from app.services.problems import BadValue, UnknownName, near_names
from app.services.rules import LineError, Measurement, Replayed
from engine.rules import Rule

app = typer.Typer(help="Rules: what replies of mail servers mean.", add_completion=False)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="A rule of your own.")]
TableArgument = Annotated[
    Path, typer.Argument(metavar="FILE.toml", help="A table with [[rule]] entries; - for standard input.")
]
ANSWERED = ("verdict", "rule", "scope", "permanent")


@app.command("test")
def classify(
    ctx: typer.Context,
    as_json: JsonOption = False,  # noqa: ARG001 - the answers are JSON either way
) -> None:
    """Classify JSON lines {"reply", "stage"?} from standard input; print a JSON line for each."""
    with reading(ctx) as session:
        known = own_rules.complete_set(session)
    try:
        for line in rules.test_lines(sys.stdin, known):
            answer = json.loads(line)
            print_json({key: answer[key] for key in ANSWERED})
    except LineError as error:
        raise BadValue("reply", f"{error}.") from None
    except UnicodeDecodeError:
        raise BadValue("reply", "The input is not UTF-8 text.") from None


@app.command()
def measure(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help='JSON lines {"reply", "verdict", "stage"?}.')],
    as_json: JsonOption = False,
) -> None:
    """Print precision and recall of each verdict on a file of labelled replies."""
    with reading(ctx) as session:
        known = own_rules.complete_set(session)
    try:
        with _opened(file) as lines:
            found = rules.measure(lines, known)
    except LineError as error:
        raise BadValue("file", f"{file}: {error}.") from None
    if as_json:
        print_json(_measurement_json(found))
        return
    print_table(
        ("verdict", "right", "wrong", "missed", "precision", "recall"),
        (
            (verdict.value, score.right, score.wrong, score.missed, f"{score.precision:.3f}", f"{score.recall:.3f}")
            for verdict, score in found.scores.items()
        ),
        empty="The file has no replies to measure.",
    )
    say(f"{found.rows} replies, {found.accuracy:.3f} of them right; {found.borderline} borderline ones left out.")


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    if str(file) == "-":
        yield sys.stdin
        return
    try:
        with file.open(encoding="utf-8") as lines:
            yield lines
    except OSError as error:
        raise BadValue("file", f"file: {file} can't be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise BadValue("file", f"file: {file} is not UTF-8 text.") from None


@app.command("list")
def list_(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="The bundled ones, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List your own rules in the order in which they are tried."""
    with reading(ctx) as session:
        own: Sequence[Rule] = [view.rule for view in own_rules.listing(session)]
    bundled = rules.bundled_rules() if everything else ()
    if as_json:
        print_json_array(_rule_json(rule, source) for rule, source in _sourced(own, bundled))
        return
    print_table(
        ("rule", "from", "state", "verdict", "scope", "permanent", "provider"),
        (
            (rule.id, source, _state(rule), rule.verdict.value, rule.scope.value, rule.permanent, rule.provider)
            for rule, source in _sourced(own, bundled)
        ),
        empty="You have no rules of your own; add one with: mailstreams rule add FILE.toml",
    )


def _sourced(own: Sequence[Rule], bundled: Sequence[Rule]) -> Iterable[tuple[Rule, str]]:
    yield from ((rule, "own") for rule in own)
    yield from ((rule, "bundled") for rule in bundled)


@app.command()
def show(
    ctx: typer.Context,
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="A rule, your own or a bundled one.")],
    as_json: JsonOption = False,
) -> None:
    """Print a rule as a table that add and edit take."""
    with reading(ctx) as session:
        own = {view.rule.id: view.rule for view in own_rules.listing(session)}
    known = own | {rule.id: rule for rule in rules.bundled_rules()}
    if rule_id not in known:
        raise UnknownName("rule", rule_id, near_names(rule_id, known))
    rule = known[rule_id]
    if as_json:
        print_json(_rule_json(rule, "own" if rule_id in own else "bundled"))
    else:
        sys.stdout.write(own_rules.to_toml(own_rules.values_of(rule)))


@app.command()
def add(ctx: typer.Context, file: TableArgument) -> None:
    """Add rules of your own; they are tried before the bundled ones."""
    found = _read_table(file)
    with writing(ctx) as session:
        for rule in found:
            own_rules.add(session, rule, actor=actor(), now=now())
    say(f"Added {', '.join(rule.id for rule in found)}.")


@app.command()
def edit(ctx: typer.Context, rule_id: IdArgument, file: TableArgument) -> None:
    """Replace a rule of your own."""
    found = _read_table(file)
    if len(found) != 1:
        raise BadValue("file", f"{file} must hold one rule, not {len(found)}.")
    with writing(ctx) as session:
        view = own_rules.edit(session, rule_id, found[0], actor=actor(), now=now())
    say(f"Changed rule {view.rule.id}.")


def _read_table(file: Path) -> tuple[Rule, ...]:
    with _opened(file) as table:
        return own_rules.parse_table(table.read(own_rules.LARGEST_TABLE + 1), str(file))


@app.command()
def on(ctx: typer.Context, rule_id: IdArgument) -> None:
    """Let a rule decide."""
    say(_told(_switch(ctx, rule_id, enabled=True, shadow=False)))


@app.command()
def off(ctx: typer.Context, rule_id: IdArgument) -> None:
    """Switch a rule off."""
    say(_told(_switch(ctx, rule_id, enabled=False, shadow=False)))


@app.command()
def shadow(ctx: typer.Context, rule_id: IdArgument) -> None:
    """Let a rule be logged only."""
    say(_told(_switch(ctx, rule_id, enabled=True, shadow=True)))


def _switch(ctx: typer.Context, rule_id: str, *, enabled: bool, shadow: bool) -> OwnRuleView:
    with writing(ctx) as session:
        return own_rules.switch(session, rule_id, enabled=enabled, shadow=shadow, actor=actor(), now=now())


def _told(view: OwnRuleView) -> str:
    return f"Rule {view.rule.id} is {_state(view.rule)} now."


@app.command()
def remove(ctx: typer.Context, rule_id: IdArgument) -> None:
    """Delete a rule of your own."""
    with writing(ctx) as session:
        own_rules.remove(session, rule_id, actor=actor(), now=now())
    say(f"Removed rule {rule_id}.")


@app.command()
def lab(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.toml]", help="Rules to try; your shadow rules when left out.")
    ] = None,
    days: Annotated[float, typer.Option(metavar="N", help="How far back.")] = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Replay the replies met lately, and show which would mean something else with these rules."""
    if not 0 < days <= 36_500:
        raise BadValue("days", f"The days must be more than 0 and at most 36500, not {days:g}.")
    edited = () if file is None else _read_table(file)
    with reading(ctx) as session:
        found = own_rules.lab(session, edited, days=days, now=now())
        if as_json:
            print_json_array(_replayed_json(each) for each in found)
            return
        print_table(
            ("met", "before", "after", "rule", "reply"),
            (
                (
                    local_time(each.stored.when),
                    each.before.verdict.value,
                    each.after.verdict.value,
                    each.after.rule,
                    each.stored.text,
                )
                for each in found
            ),
            empty="No reply of this time would mean anything else.",
        )


def _state(rule: Rule) -> str:
    return "off" if not rule.enabled else "shadow" if rule.shadow else "on"


def _rule_json(rule: Rule, origin: str) -> JsonObject:
    values = {key: value for key, value in own_rules.values_of(rule).items() if key not in ("enabled", "shadow")}
    return {**values, "from": origin, "state": _state(rule)}


def _measurement_json(found: Measurement) -> JsonObject:
    return {
        "rows": found.rows,
        "borderline": found.borderline,
        "accuracy": found.accuracy,
        "verdicts": {
            verdict.value: {
                "right": score.right,
                "wrong": score.wrong,
                "missed": score.missed,
                "precision": score.precision,
                "recall": score.recall,
            }
            for verdict, score in found.scores.items()
        },
        "misses": [
            {
                "line": miss.line,
                "expected": miss.expected.value,
                "given": miss.given.verdict.value,
                "rule": miss.given.rule,
            }
            for miss in found.misses
        ],
    }


def _replayed_json(each: Replayed) -> JsonObject:
    return {
        "at": iso(each.stored.when),
        "reply": each.stored.text,
        "stage": each.stored.stage.value if each.stored.stage else None,
        "before": {"verdict": each.before.verdict.value, "rule": each.before.rule},
        "after": {"verdict": each.after.verdict.value, "rule": each.after.rule},
    }
