"""Every change is in the trail: whatever a service does for a person, whatever the engine does by itself, and all of it exported.

A service that takes an actor and does not occur in the story here fails the test, as does a port of the engine that nobody
has judged.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import io
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import blocksample
from administration import ACTOR, NOW, Office
from queues import Ports, outcome, start_mailing
from queues import addresses as people_at
from sqlalchemy import event, select
from sqlalchemy.orm import Session

import app.services
from app.database import outcomes
from app.database.database import Database
from app.database.schema import Base, Recipient, StoredPause
from app.services import (
    activity,
    addresses,
    alerts,
    associations,
    audit,
    block_actions,
    configuration,
    dkim_keys,
    drafts,
    imports,
    launch,
    limits,
    lists,
    mailings,
    member_actions,
    members,
    own_rules,
    runs,
    segments,
    sites,
    streams,
    suppressions,
    trials,
)
from app.services.addresses import AddressEdit
from app.services.associations import NodeKind
from app.services.audit import AuditEntry
from app.services.blocks import BlockFilter
from app.services.drafts import Draft
from app.services.lists import ListEdit
from app.services.messages import Content
from app.services.runs import Settlement
from app.services.streams import StreamEdit
from engine.blocks import ENGINE, BlockEvent, BlockEventKind
from engine.limits import LimitRule, LimitScope
from engine.ports import Outcome, ProviderPause, Queue, RecipientState

CONTENT = Content(from_address="news@example.com", subject="News", text="Hello {{name}}")
SOMETHING = {"field": "address", "operator": "is_set"}
LIMITS = [LimitRule(LimitScope.DOMAIN, "example.net", connections=2)]
MOON = {
    "id": "own.moon",
    "pattern": "phase of the moon",
    "verdict": "block",
    "examples": ["550 wrong phase of the moon"],
}
TOLD_ELSEWHERE = {
    "audit",
    "block_events",
    "alerts",  # about what stands in the trail, or in the state of the thing itself; settled ones are forgotten
    "holds",  # follow from blocks
    "recipients",  # each row tells what became of it, and why
    "mailing_lanes",
    "met_replies",
    "stream_traffic",
    "address_traffic",
    "change_counters",
    "id_ranges",
}
"""Tables that change without a line of their own; any other is a person's."""
_WRITES: Final = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@contextmanager
def untold_changes(database: Database, *, told: str, elsewhere: set[str]) -> Iterator[list[set[str]]]:
    """The tables that transactions inside the block have changed without a row for the table *told*."""
    watched = {table.name for table in Base.metadata.tables.values()} - elsewhere
    found: list[set[str]] = []
    changed: set[str] = set()

    def on_statement(_: object, cursor: Any, statement: str, *__: object) -> None:
        # SQLite counts the rows of a statement that returns some when all were fetched.
        if cursor.rowcount != 0 or "RETURNING" in statement:
            changed.update(_WRITES.findall(statement))

    def on_commit(_: object) -> None:
        if told not in changed and changed & watched:
            found.append(changed & watched)
        changed.clear()

    def on_rollback(_: object) -> None:
        changed.clear()

    listeners = (("after_cursor_execute", on_statement), ("commit", on_commit), ("rollback", on_rollback))
    for name, listener in listeners:
        event.listen(database.writer_engine, name, listener)
    try:
        yield found
    finally:
        for name, listener in listeners:
            event.remove(database.writer_engine, name, listener)


def name_of(service: Callable[..., Any]) -> str:
    """As "streams.create"."""
    return f"{service.__module__.rpartition('.')[2]}.{service.__name__}"


def services_with_an_actor() -> set[str]:
    """Every public function of the services that somebody does something by."""
    found = set()
    for each in pkgutil.iter_modules(app.services.__path__):
        module = importlib.import_module(f"app.services.{each.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            is_own = function.__module__ == module.__name__ and not name.startswith("_")
            if is_own and "actor" in inspect.signature(function).parameters:
                found.add(name_of(function))
    return found


class Story:
    """What a person does, one transaction after the other; each has to be in the trail."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.called: set[str] = set()

    def do(self, told: str, service: Callable[..., Any], *arguments: Any, now: float = NOW, **options: Any) -> Any:
        """Call a service; *told* are the new lines as "action: subject", with semicolons between several."""
        self.called.add(name_of(service))
        before = max((line.id for line in self.see(audit.page)), default=0)
        with untold_changes(self.database, told="audit", elsewhere=TOLD_ELSEWHERE) as untold:
            if "database" in inspect.signature(service).parameters:
                result = service(self.database, *arguments, actor=ACTOR, now=now, **options)
            else:
                with self.database.write() as session:
                    result = service(session, *arguments, actor=ACTOR, now=now, **options)
        assert untold == [], name_of(service)
        lines = [line for line in self.see(audit.page) if line.id > before]
        assert {f"{line.action}: {line.subject}" for line in lines} == set(told.split("; ")), name_of(service)
        assert {(line.actor, line.at) for line in lines} == {(ACTOR, now)}
        return result

    def see(self, look: Callable[..., Any], *arguments: Any) -> Any:
        """What a service shows."""
        with self.database.read() as session:
            return look(session, *arguments)

    def last(self) -> AuditEntry:
        """The newest line."""
        with self.database.read() as session:
            return audit.page(session, limit=1)[0]


def senders(story: Story) -> None:
    """Addresses 192.0.2.1 to 3, and the streams news (over 1 and 2) and other."""
    for number in (1, 2, 3):
        story.do(f"address.add: address 192.0.2.{number}", addresses.add, f"192.0.2.{number}", helo="a.example.com")
    one, _, three = (view.id for view in story.see(addresses.listing))
    story.do("address.edit: address 192.0.2.1", addresses.edit, one, AddressEdit("b.example.com"))
    story.do("address.pause: address 192.0.2.1", addresses.pause, one)
    story.do("address.resume: address 192.0.2.1", addresses.resume, one)
    news = story.do("stream.create: stream news", streams.create, name="news", addresses=["192.0.2.1", "192.0.2.2"])
    story.do("stream.add_address: stream news", streams.add_addresses, news.id, ["192.0.2.3"])
    story.do("stream.set_weight: stream news", streams.set_weight, news.id, "192.0.2.3", 5)
    story.do("stream.pause_address: stream news", streams.pause_address, news.id, "192.0.2.3")
    story.do("stream.resume_address: stream news", streams.resume_address, news.id, "192.0.2.3")
    story.do("stream.remove_address: stream news", streams.remove_address, news.id, "192.0.2.3")
    story.do("stream.set_limits: stream news", streams.set_limits, news.id, LIMITS)
    story.do("stream.pause: stream news", streams.pause, news.id)
    story.do("stream.resume: stream news", activity.take_back, story.see(activity.keys)[0])
    story.do("stream.pause: stream news", streams.pause, news.id)
    story.do("stream.resume: stream news", streams.resume, news.id)
    copy = story.do("stream.create: stream news copy", streams.copy, news.id)
    story.do("stream.rename: stream news copy", streams.rename, copy.id, "other")
    base = story.see(streams.get, copy.id)
    edit = StreamEdit("other", "for tests", True, base.bindings(), base.limits)
    story.do("stream.edit: stream other", streams.edit, base, edit)
    story.do("stream.set_default: stream news", streams.set_default, news.id)
    story.do("limits.set: server", limits.set_server_limits, LIMITS)
    story.do("stream.add_address: stream other", streams.add_addresses, copy.id, ["192.0.2.3"])
    gone = "address.remove: address 192.0.2.3; stream.remove_address: stream other"
    story.do(gone, addresses.remove, three, unbind=True)


def readers(story: Story, folder: Path) -> int:
    """The list readers of lists.example.net with its segment all; the list's id."""
    site = story.do("site.create: site lists.example.com", sites.create, "lists.example.com").id
    story.do("site.rename: site lists.example.com", sites.rename, site, "lists.example.net")
    made = story.do("list.create: list news", lists.create, name="news", site_id=site)
    story.do("list.edit: list news", lists.edit, made.id, ListEdit("readers", site))
    ann = story.do("member.add: member ann@one.test of readers", members.add, made.id, "ann@one.test")
    values = {"address": "anne@one.test", "name": "Anne", "fields": {}}
    story.do("member.edit: member ann@one.test of readers", members.edit, ann.id, **values)
    file = folder / "people.csv"
    file.write_text("address\nbob@two.test\ncid@two.test\ndora@two.test\n")
    story.do("member.import: list readers", imports.import_members, made.id, file)
    people = [f"{name}@two.test" for name in ("bob", "cid", "dora")]
    bob, cid, dora = (story.see(members.by_address, made.id, address).id for address in people)
    story.do("member.remove: member anne@one.test of readers", members.remove, [ann.id])
    removed = story.do("member.remove: 2 members of readers", member_actions.remove, [bob, cid])
    assert story.last().before == "bob@two.test, cid@two.test"
    story.do("member.restore: 2 members of readers", member_actions.put_back, removed)
    assert story.last().after == "bob@two.test, cid@two.test"
    spam = {"reason": "complained"}
    story.do("suppression.add: cid@two.test", members.suppress, [cid], **spam)
    story.do("suppression.add: dora@two.test", member_actions.suppress, [dora], **spam)
    story.do("suppression.add: eve@two.test", suppressions.add, "eve@two.test", **spam)
    story.do("suppression.add: 2 addresses", suppressions.add_many, ["f@two.test", "g@two.test"], **spam)
    assert story.last().after == "2 addresses for all lists: complained: f@two.test, g@two.test"
    entries = [entry.id for entry in story.see(suppressions.page) if entry.list_id == made.id]
    story.do("suppression.remove: 2 addresses", suppressions.remove, entries)
    segment = story.do(
        "segment.create: segment one of readers", segments.create, name="one", list_id=made.id, where=SOMETHING
    )
    story.do("segment.edit: segment one of readers", segments.edit, segment.id, name="all", where=SOMETHING)
    return made.id


def settings_and_rules(story: Story, folder: Path) -> None:
    """Set and taken back."""
    story.do("setting.set: setting delivery.workers", configuration.store, "delivery.workers", "3")
    story.do("setting.set: setting delivery.workers", configuration.reset, "delivery.workers")
    rule = own_rules.parse(MOON)
    story.do("rule.add: rule own.moon", own_rules.add, rule)
    story.do("rule.add: rule own.sun", own_rules.add, own_rules.parse({**MOON, "id": "own.sun"}))
    story.do("rule.edit: rule own.moon", own_rules.edit, "own.moon", own_rules.parse({**MOON, "verdict": "throttle"}))
    story.do("rule.switch: rule own.moon", own_rules.switch, "own.moon", enabled=False, shadow=False)
    story.do("rule.move: rule own.moon", own_rules.move, "own.moon", None)
    story.do("rule.remove: rule own.moon", own_rules.remove, "own.moon")
    key = {"domain": "example.com", "selector": "s"}
    path = story.do("dkim.register: DKIM key of example.com", dkim_keys.generate, **key, folder=folder / "keys").path
    story.do("dkim.register: DKIM key of example.com", dkim_keys.register, **key, path=path)
    story.do("dkim.remove: DKIM key of example.com", dkim_keys.remove, "example.com")


def drafted(story: Story, to: int) -> None:
    """Mailings before they are sent, and two that have started: june and july."""
    draft = Draft("may", to, CONTENT)
    made = story.do("mailing.create: mailing may", drafts.create, draft)
    made = story.do("mailing.edit: mailing may", drafts.edit, made, Draft("june", to, CONTENT))
    copy = story.do("mailing.create: mailing june copy", drafts.duplicate, made.id)
    story.do("mailing.delete: mailing june copy", drafts.delete, copy.id)
    story.do("mailing.schedule: mailing june", drafts.schedule, made.id, NOW + 60)
    story.do("mailing.unschedule: mailing june", drafts.unschedule, made.id)
    story.do("mailing.test: mailing june", trials.send_test, made.id, "me@example.com")
    story.do("mailing.start: mailing june", drafts.start, made.id)
    stored = story.do("mailing.create: mailing may", launch.store, None, draft)
    tried = "mailing.edit: mailing may; mailing.test: mailing may"
    base, _ = story.do(tried, launch.try_out, stored, draft, "me@example.com")
    july = Draft("july", to, CONTENT)
    story.do("mailing.edit: mailing may; mailing.start: mailing july", launch.launch, base, july, None)


def under_way(story: Story) -> None:
    """Mailings while they are sent, and the stream other, which is deleted under july."""
    june, july = (story.see(mailings.by_name, name).id for name in ("june", "july"))
    news, other = (story.see(streams.by_name, name).id for name in ("news", "other"))
    story.do("mailing.pause: mailing june", runs.pause, june)
    story.do("mailing.resume: mailing june", runs.resume, june)
    story.do("mailing.move: mailing june", runs.move, june, other)
    with story.database.write() as session:
        session.add(StoredPause(provider="Google", mailing_id=june, reason="content", since_at=NOW))
        session.add(StoredPause(provider="Google", stream_id=other, reason="contagion", since_at=NOW))
        alerts.raise_alert(session, "contagion", "other at Google", "Look at it.", now=NOW)
        row = session.scalars(select(Recipient).where(runs.recipient_range(session, june))).first()
        assert row is not None
        doubt = Outcome(row.id, row.lane_id, 1, RecipientState.IN_DOUBT, NOW)
        outcomes.record(session.connection(), [doubt], writer="an engine")
    story.do("mailing.resume: mailing june", runs.resume, june)
    assert story.last().before == "active, paused at Google"
    (pause,), (alert,) = story.see(alerts.pauses), story.see(alerts.listing)
    story.do("pause.lift: stream other", alerts.lift, pause.id)
    story.do("alert.dismiss: other at Google", alerts.dismiss, alert.id)
    story.do("mailing.settle: mailing june", runs.settle_in_doubt, june, Settlement.DELIVERED)
    story.do("mailing.stop: mailing june", runs.stop, june)

    to = story.see(lists.by_name, "readers").id
    segment = story.see(segments.by_name, "all").id
    story.do("list.associate: list readers", associations.associate, NodeKind.LIST, to, other)
    story.do("mailing.move: mailing july", associations.move_waiting, [july])
    of_segment = "segment.associate: segment all of readers"
    story.do(of_segment, associations.associate, NodeKind.SEGMENT, segment, news)
    story.do(of_segment, associations.replace_stream, news, other)
    gone = f"mailing.move: mailing july; list.associate: list readers; {of_segment}; stream.delete: stream other"
    story.do(gone, streams.delete, other, replace_with=news)


def blocks_of_news(story: Story) -> None:
    """Everything that can be decided about two blocks."""
    with story.database.write() as session:
        found = [blocksample.a_block("192.0.2.1", mx, NOW) for mx in ("198.51.100.1", "198.51.100.2")]
        one, two = blocksample.store(session, *found)
    first, second = (f"block {each} (192.0.2.1 at northmail.test)" for each in (one, two))
    story.do(f"block.note: {first}", block_actions.note, one, "asked them")
    story.do(f"block.probe: {first}", block_actions.probe_now, [one])
    story.do(f"block.hold: {first}", block_actions.hold, [one])
    story.do(f"block.exempt: {first}", block_actions.exempt, [one])
    story.do(f"block.unexempt: {first}", block_actions.unexempt, [one])
    cleared = story.do(f"block.clear: {second}", block_actions.clear, [two])
    story.do(f"block.restore: {second}", block_actions.restore, cleared)
    story.do(f"block.clear_and_probe: {second}", block_actions.clear_and_probe, [two])
    story.do(f"block.clear: {second}", block_actions.clear_matching, BlockFilter())


def endings(story: Story) -> None:
    """What is left is deleted."""
    to = story.see(lists.by_name, "readers")
    story.do("mailing.stop: mailing july", runs.stop, story.see(mailings.by_name, "july").id)
    segment = story.do(
        "segment.create: segment two of readers", segments.create, name="two", list_id=to.id, where=SOMETHING
    )
    story.do("segment.delete: segment two of readers", segments.delete, segment.id)
    story.do("list.delete: list readers", lists.delete, to.id)
    assert story.last().before == "3 members, segment all"
    story.do("site.delete: site lists.example.net", sites.delete, to.site_id)


def test_whatever_a_person_changes_is_in_the_trail(database: Database, tmp_path: Path) -> None:
    story = Story(database)
    senders(story)
    settings_and_rules(story, tmp_path)
    drafted(story, readers(story, tmp_path))
    under_way(story)
    blocks_of_news(story)
    endings(story)
    assert services_with_an_actor() - story.called == {"audit.record", "audit.record_many"}
    with database.read() as session:
        lines = list(audit.every(session))
        exported = exported_trail(session)
    told = [(line.actor, line.action, line.subject) for line in lines]
    assert [line for line in exported if line[0] == ACTOR] == told
    assert {line[1] for line in exported if line[0] == ENGINE} == {"block.blocked"}


def exported_trail(session: Session) -> list[tuple[str, str, str]]:
    """Actor, action and subject of each line that a person takes along."""
    file = io.StringIO(newline="")
    activity.export_csv(session, file, activity.keys(session, descending=False))
    return [(line["actor"], line["action"], line["subject"]) for line in csv.DictReader(io.StringIO(file.getvalue()))]


# What the engine does by itself

TOLD_PORTS = {
    "complete": "mailing.complete",
    "pause_at_provider": "provider.pause",
    "address_unusable": "address.unusable",
    "report": "node.silent, of another one",
    "give_back": "node.return, node.journal_lost",
}
"""Ports of the engine that change what a person would look for, and how it is told. What is about nodes: test_nodes.py."""
UNTOLD_PORTS = {
    *("world", "message", "lanes", "lanes_of", "holds", "sent_today", "changed"),  # change nothing
    *("read", "record", "expire"),  # each recipient tells what became of it, the end of the mailing the sums
    *("set_holds", "alert"),  # follow from what is told
    *("set_back", "let_go"),  # when and by which node somebody is sent who waits anyway
}


def test_every_port_of_the_engine_was_judged() -> None:
    ports = {name for name, _ in inspect.getmembers(Queue, inspect.isfunction) if not name.startswith("_")}
    assert ports == TOLD_PORTS.keys() | UNTOLD_PORTS


async def test_whatever_the_engine_changes_by_itself_is_in_the_trail(database: Database, ports: Ports) -> None:
    with database.write() as session:
        addresses.add(session, "192.0.2.7", actor=ACTOR, now=NOW)
    mailing = start_mailing(database, people_at(2))
    with untold_changes(database, told="audit", elsewhere=TOLD_ELSEWHERE | {"mailings"}) as untold:
        for pause in (ProviderPause("Google", stream=1), ProviderPause("Google", mailing=mailing)):
            await ports.queue.pause_at_provider(pause, "half of them refused", NOW)
        for reason in ("not on this machine", "not on this machine", None, None):
            await ports.queue.address_unusable("192.0.2.7", reason)
        rows = await ports.read_all(mailing)
        await ports.queue.record([outcome(rows[0]), outcome(rows[1], RecipientState.IN_DOUBT)])
        await ports.queue.expire(rows[2].lane, NOW, held=False)
        assert await ports.queue.complete(mailing)
        assert await ports.queue.complete(mailing)
    assert untold == []
    with database.read() as session:
        lines = [line for line in audit.every(session) if line.actor == ENGINE]
    assert [(line.action, line.subject, line.before, line.after) for line in lines] == [
        ("provider.pause", "stream default", "", "Google: half of them refused"),
        ("provider.pause", "mailing may", "", "Google: half of them refused"),
        ("address.unusable", "address 192.0.2.7", "", "not on this machine"),
        ("address.usable", "address 192.0.2.7", "not on this machine", ""),
        ("mailing.complete", "mailing may", "", "1 delivered, 2 expired, 1 in doubt"),
    ]


async def test_every_event_of_a_block_is_in_the_trail(database: Database, ports: Ports) -> None:
    """What the engine does to blocks is told by their history, and the trail that a person sees has both."""
    found = blocksample.a_block("192.0.2.7", "198.51.100.1", NOW)
    elsewhere = TOLD_ELSEWHERE | {"block_pairs"}
    with untold_changes(database, told="block_events", elsewhere=elsewhere) as untold:
        for kind in BlockEventKind:
            (found,) = await ports.ledger.save([(found, BlockEvent(kind, NOW))])
    assert untold == []
    with database.read() as session:
        lines = exported_trail(session)
    subject = f"block {found.id} (192.0.2.7 at northmail.test)"
    assert lines == [(ENGINE, f"block.{kind.value}", subject) for kind in BlockEventKind]


def test_what_starts_by_the_clock_is_in_the_trail_and_so_is_why_it_did_not(database: Database) -> None:
    office = Office(database)
    to = office.list("readers")
    office.member(to, "ann@one.test")
    with database.write() as session:
        for name, target in (("may", to), ("june", office_list(session, to))):
            made = drafts.create(session, Draft(name, target, CONTENT), actor=ACTOR, now=NOW)
            drafts.schedule(session, made.id, NOW + 60, actor=ACTOR, now=NOW)
    with untold_changes(database, told="audit", elsewhere=TOLD_ELSEWHERE) as untold, database.write() as session:
        drafts.start_due(session, now=NOW + 60)
    assert untold == []
    failed, started = office.trail()[:2]
    assert (started.actor, started.action, started.subject) == (ENGINE, "mailing.start", "mailing may")
    assert (failed.actor, failed.action, failed.subject) == (ENGINE, "mailing.unschedule", "mailing june")
    assert "nobody to go to" in failed.after


def office_list(session: Session, beside: int) -> int:
    """A list without members, on the site of another."""
    site = lists.get(session, beside).site_id
    return lists.create(session, name="empty", site_id=site, actor=ACTOR, now=NOW).id
