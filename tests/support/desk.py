"""A profile with one of everything, and the command line called in the test's own process: for the many ways to be wrong."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app import cli
from app.database import ledger
from app.database.database import Database
from app.database.schema import Base
from app.paths import open_profile
from app.services import addresses, drafts, lists, members, segments, sites, streams
from app.services.drafts import Draft
from app.services.messages import Content
from engine.blocks import Block, BlockEvent, BlockEventKind, BlockState, RefusedPair
from engine.pairs import ExchangerGroup, IPText
from engine.replies import Scope, Stage

ACTOR = "anna"
NOW = 1_700_000_000.0
FIRST, SECOND, UNUSED = "127.0.0.11", "127.0.0.12", "127.0.0.13"


@dataclass(frozen=True, slots=True)
class Told:
    """What a command line came to."""

    exit_code: int
    stdout: str
    stderr: str


class Desk:
    """One profile. ``block`` is the id of its open block, ``cleared`` of one that was cleared."""

    def __init__(self, folder: Path) -> None:
        self.profile = open_profile(folder)
        self.block, self.cleared = 0, 0

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The profile's database."""
        with Database.open(self.profile.database_url(), self.profile.backups) as database:
            yield database

    def run(self, *arguments: str, stdin: str = "") -> Told:
        """Run a command line in this process."""
        saved = sys.stdin, sys.stdout, sys.stderr
        sys.stdin, sys.stdout, sys.stderr = io.StringIO(stdin), io.StringIO(), io.StringIO()
        try:
            code = cli.run(["--profile", str(self.profile.folder), *arguments])
            return Told(code, sys.stdout.getvalue(), sys.stderr.getvalue())
        finally:
            sys.stdin, sys.stdout, sys.stderr = saved

    def done(self, *arguments: str) -> str:
        """Run a command line that must succeed; what it printed."""
        told = self.run(*arguments)
        assert told.exit_code == 0, (arguments, told)
        return told.stdout

    def ask(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.done(*arguments, "--json"))

    def fingerprint(self) -> str:
        """Something that differs when anything in the database does."""
        digest = hashlib.sha256()
        with self.database() as database, database.read() as session:
            for table in Base.metadata.sorted_tables:
                for row in session.execute(text(f"SELECT * FROM {table.name} ORDER BY 1, 2")):
                    digest.update(repr(row).encode())
        return digest.hexdigest()

    def fill(self) -> None:
        """Two streams, a site, a list with a segment, a draft, a running mailing, an open and a cleared block."""
        with self.database() as database, database.write() as session:
            for ip in (FIRST, SECOND, UNUSED):
                addresses.add(session, ip, helo="out.sender.test", actor=ACTOR, now=NOW)
            streams.create(session, name="news", addresses=[FIRST, SECOND], actor=ACTOR, now=NOW)
            streams.create(session, name="other", addresses=[SECOND], actor=ACTOR, now=NOW)
            site = sites.create(session, "lists.sender.test", actor=ACTOR, now=NOW).id
            readers = lists.create(session, name="readers", site_id=site, actor=ACTOR, now=NOW).id
            lists.create(session, name="empty", site_id=site, actor=ACTOR, now=NOW)
            for number in range(3):
                fields = {"country": "DE"}
                members.add(session, readers, f"r{number}@one.test", name="R", fields=fields, actor=ACTOR, now=NOW)
            where = {"field": "country", "operator": "equals", "value": "DE"}
            segments.create(session, name="germans", list_id=readers, where=where, actor=ACTOR, now=NOW)
            content = Content(from_address="me@sender.test", subject="Hi", text="Hello")
            drafts.create(session, Draft("draft", readers, content), actor=ACTOR, now=NOW)
            running = drafts.create(session, Draft("running", readers, content), actor=ACTOR, now=NOW)
            drafts.start(session, running.id, actor=ACTOR, now=NOW)
            self.block, self.cleared = self._store(session.connection())

    def _store(self, connection: object) -> tuple[int, int]:
        event = BlockEvent(BlockEventKind.BLOCKED, NOW)
        wanted = (_block(FIRST, BlockState.BLOCKED), _block(SECOND, BlockState.CLEARED))
        open_one, cleared = ledger.save(connection, [(block, event) for block in wanted])
        return open_one.id, cleared.id


def _block(ip: str, state: BlockState) -> Block:
    mx = IPText("127.0.1.1")
    reply = "554 5.7.1 blocked \u202e\x1b[31m"
    return Block(
        id=0,
        sending_address=IPText(ip),
        mx_address=mx,
        mx_host="mx.one.test",
        domain="one.test",
        group=ExchangerGroup("mx.one.test"),
        provider="",
        scope=Scope.PAIR,
        state=state,
        stage=Stage.BANNER,
        code=554,
        enhanced="5.7.1",
        reply=reply,
        rule="own",
        reason="refused",
        advice="",
        since=NOW,
        next_probe=NOW + 3600,
        pairs=(RefusedPair(mx, "mx.one.test", 554, reply, NOW),),
    )
