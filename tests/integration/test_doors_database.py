"""The database from outside: statements carry their values as parameters, the trail is only added to, ids are never given anew."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample import block
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.database import Database
from app.database.restore import restore
from app.database.schema import Member
from app.services import (
    activity,
    addresses,
    audit,
    drafts,
    lists,
    members,
    recipients,
    segments,
    sites,
    streams,
    suppressions,
)
from app.services.activity import ActivityLine
from app.services.messages import Content

ROOT = Path(__file__).resolve().parents[2]
STATEMENT = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|PRAGMA|CREATE|DROP|LISTEN|COPY|WHERE|ORDER BY)\b"
).search
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*|[\w.]+\((?:'[\w., ]*'|, )*\)").fullmatch
"""A constant of the module, or a call with nothing but literals."""
WITHOUT_VALUES = {
    ("import_staging.py", "pragma"),
    ("0001_the_first_schema.py", "name"),
    ("0001_the_first_schema.py", "event"),
    ("0001_the_first_schema.py", "table"),
    ("0001_the_first_schema.py", "words"),
}
"""Names that run over constants of their own module."""
QUOTES = (
    "x'; DROP TABLE members; --",
    'x" OR ""="',
    "%' OR '%'='",
    "\\'; --",
    "x'||(SELECT 1)||'",
    ":actor ?",
    "%s %(x)s",
)
ME, NOW = "tester'; --", 1_700_000_000.0


def _formatted_statements(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what is put into it) of every SQL text that is put together from pieces."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values) if STATEMENT(
                "".join(each.value for each in values if isinstance(each, ast.Constant))
            ):
                yield from (
                    (node.lineno, ast.unparse(each.value)) for each in values if isinstance(each, ast.FormattedValue)
                )
            case ast.BinOp(ast.Constant(str(words)), ast.Mod()) if STATEMENT(words):
                yield node.lineno, ast.unparse(node.right)
            case ast.Call(ast.Attribute(ast.Constant(str(words)), "format")) if STATEMENT(words):
                yield node.lineno, ast.unparse(node)
            case ast.BinOp(ast.Constant(str(words)), ast.Add(), right) if STATEMENT(words):
                if not isinstance(right, ast.Constant):
                    yield node.lineno, ast.unparse(right)
            case _:
                pass


def test_no_statement_has_values_written_into_it() -> None:
    found = {
        (file.name, what, line)
        for room in ("app", "engine", "ui")
        for file in (ROOT / room).rglob("*.py")
        for line, what in _formatted_statements(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found, "the test finds no statement at all"
    wrong = {each for each in found if not CONSTANT(each[1]) and each[:2] not in WITHOUT_VALUES}
    assert not wrong
    assert {each[:2] for each in found} >= WITHOUT_VALUES


def test_quotes_are_letters_to_the_database(database: Database) -> None:
    """What would break out of a statement comes back as it went in, and finds nothing else when it is searched for."""
    with database.write() as session:
        addresses.add(session, "127.0.0.11", actor=ME, now=NOW)
        site = sites.create(session, "lists.sender.test", actor=ME, now=NOW).id
        for number, quote in enumerate(QUOTES):
            made = lists.create(session, name=quote, site_id=site, actor=ME, now=NOW).id
            assert lists.by_name(session, quote).id == made
            streams.create(session, name=quote, addresses=["127.0.0.11"], actor=ME, now=NOW)
            members.add(session, made, f"p{number}@one.test", name=quote, actor=ME, now=NOW)
            members.add(session, made, f"q{number}@one.test", name="x", actor=ME, now=NOW)
            suppressions.add(session, f"o{number}@one.test", reason=quote, actor=ME, now=NOW)
            where = segments.read_where(session, made, {"field": "name", "operator": "equals", "value": quote})
            assert segments.count(session, made, where) == 1
            wanted = members.MemberFilter(text=quote)
            assert members.count(session, made, wanted) == 1
            assert [line.subject for line in audit.page(session, containing=quote)]
    with database.read() as session:
        assert {view.name for view in members.every(session, made)} == {QUOTES[-1], "x"}
        assert session.query(Member).count() == 2 * len(QUOTES)


def test_the_trail_of_changes_is_only_added_to(database: Database) -> None:
    """What the engine did to blocks stands in their history, which is a part of the trail that a person sees."""
    with database.write() as session:
        sites.create(session, "lists.sender.test", actor=ME, now=NOW)
        block(session, "192.0.2.7", now=NOW)
    before = _trail(database)
    assert {"site.create", "block.blocked"} <= {line.action for line in before}
    statements = [
        statement
        for table in ("audit", "block_events")
        for statement in (
            f"UPDATE {table} SET actor = 'nobody'",
            f"DELETE FROM {table}",
            f"DELETE FROM {table} WHERE id = 1",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" if database.is_sqlite else f"TRUNCATE {table}",
        )
    ]
    for statement in statements:
        with pytest.raises(DBAPIError, match="only added to"), database.write() as session:
            session.execute(text(statement))
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), database.write() as session:
        session.execute(text("DELETE FROM blocks"))
    assert _trail(database) == before


def _trail(database: Database) -> list[ActivityLine]:
    with database.read() as session:
        return activity.rows(session, activity.keys(session))


def test_ids_that_were_given_are_not_given_again_after_a_restore(tmp_path: Path) -> None:
    """A journal may still name them: what it tells of one recipient must never be taken for another."""
    with Database.open(f"sqlite:///{tmp_path / 'mail.db'}", tmp_path / "backups") as database:
        with database.write() as session:
            site = sites.create(session, "lists.sender.test", actor=ME, now=NOW).id
            readers = lists.create(session, name="readers", site_id=site, actor=ME, now=NOW).id
            members.add(session, readers, "p1@one.test", actor=ME, now=NOW)
            addresses.add(session, "127.0.0.11", actor=ME, now=NOW)
            stream = streams.create(session, name="news", addresses=["127.0.0.11"], actor=ME, now=NOW).id
        database.backup(tmp_path / "copy.db")
        first = _recipient_of_new_mailing(database, readers, stream)
        restore(database, tmp_path / "copy.db", tmp_path / "safety.db", actor=ME)
        with database.read() as session:
            last = list(audit.every(session))[-1]
        assert (last.actor, last.action) == (ME, "database.restore")
        second = _recipient_of_new_mailing(database, readers, stream)
    assert second > first


def _recipient_of_new_mailing(database: Database, readers: int, stream: int) -> int:
    content = Content(from_address="news@sender.test", subject="News", text="Good morning.\n")
    with database.write() as session:
        made = drafts.create(
            session, drafts.Draft("news 1", readers, content, stream_id=stream), actor=ME, now=time.time()
        )
        drafts.start(session, made.id, actor=ME, now=time.time())
    with database.read() as session:
        (only,) = recipients.listing(session, made.id)
        return only.id
