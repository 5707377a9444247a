"""Two machines that share one PostgreSQL, as two profiles: each runs the real engine with sending addresses of its own."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil
from nursery import Nursery, Start
from processes import RehearsalProcess
from queues import sums
from sqlalchemy import func, select, update
from troubles import calm
from waiting import wait_until_blocking

from app.database.database import Database
from app.database.schema import Mailing, Node, Recipient, StoredBlock
from app.paths import open_profile
from app.services import addresses, drafts, imports, lists, sites, streams
from app.services.messages import Content
from app.settings import store
from engine.ports import MailingState

T = TypeVar("T")

ACTOR = "tester"
NODES = {"one": ("127.0.0.11", "127.0.0.12"), "two": ("127.0.0.13", "127.0.0.14")}
"""The sending addresses of each node."""
SETTINGS = {
    "network.allow_loopback": "true",
    "delivery.workers": "1",
    "delivery.connections_per_pair": "3",
}


class Cluster:
    """One mailing that both nodes send; use it in a ``with`` block."""

    def __init__(self, folder: Path, nursery: Nursery, url: str, people: list[str]) -> None:
        self._nursery = nursery
        self._engines: dict[str, int] = {}
        self._url = url
        self.people = people
        self.outputs = {name: folder / f"{name}.txt" for name in NODES}
        self.profiles = {name: open_profile(folder / name) for name in NODES}
        for name, profile in self.profiles.items():
            file = os.open(profile.config_file, os.O_CREAT | os.O_WRONLY, 0o600)
            os.write(file, f'database = "{url}"\nnode = "{name}"\n'.encode())
            os.close(file)
        self.network = RehearsalProcess(calm(0.4), folder / "rehearsal")
        self.databases = {
            name: Database.open(url, profile.backups, node=name) for name, profile in self.profiles.items()
        }
        self.mailing = self._set_up(folder)

    def _set_up(self, folder: Path) -> int:
        now, database = time.time(), self.databases["one"]
        network = {"network.name_servers": self.network.name_server, "network.smtp_port": str(self.network.smtp_port)}
        with database.write() as session:
            for key, value in (SETTINGS | network).items():
                store(session, key, value)
            for name, own in NODES.items():
                for ip in own:
                    addresses.add(session, ip, node_id=self.databases[name].node, helo="out.test", actor=ACTOR, now=now)
            everything = [ip for own in NODES.values() for ip in own]
            stream = streams.create(session, name="news", addresses=everything, actor=ACTOR, now=now).id
            site = sites.create(session, "lists.sender.test", actor=ACTOR, now=now).id
            members = lists.create(session, name="readers", site_id=site, actor=ACTOR, now=now).id
        file = folder / "members.csv"
        file.write_text("address\n" + "\n".join(self.people) + "\n", encoding="utf-8")
        imports.import_members(database, members, file, actor=ACTOR, now=now)
        content = Content(from_address="news@sender.test", subject="News", text="Good morning.\n")
        with database.write() as session:
            made = drafts.create(
                session, drafts.Draft("news 1", members, content, stream_id=stream), actor=ACTOR, now=now
            )
            drafts.start(session, made.id, actor=ACTOR, now=now)
        return made.id

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self._engines.values():
            self._nursery.kill(engine)
            self._nursery.wait(engine)
        for database in self.databases.values():
            database.dispose()
        self.network.close()

    # Engines

    def start(self, name: str, stop_at: str = "") -> None:
        """Start a node's engine; with *stop_at* it kills itself there (see stops.ENGINE), and this waits for that."""
        before = self._said_ready(name)
        arguments = ("--profile", str(self.profiles[name].folder), "serve")
        engine = self._engines[name] = self._nursery.start(Start(arguments, str(self.outputs[name]), stop_at))
        if stop_at:
            del self._engines[name]
            assert self._nursery.wait(engine) == -signal.SIGKILL, self.outputs[name].read_text()[-4000:]
        else:
            self.wait(lambda: self._said_ready(name) > before, f"node {name} is ready")

    def start_both(self) -> None:
        """Both nodes are at work, and node one has recipients in hand."""
        self.start("one")
        self.wait(lambda: self.in_hand("one") > 300, "node one has recipients in hand")
        self.start("two")
        self.wait_for_messages(200)

    def _said_ready(self, name: str) -> int:
        return self.outputs[name].read_text().splitlines().count("ready") if self.outputs[name].exists() else 0

    def processes(self, name: str) -> list[psutil.Process]:
        """A node's engine and its workers."""
        engine = psutil.Process(self._engines[name])
        return [engine, *engine.children()]

    def kill(self, name: str) -> None:
        """A node goes down, all at once."""
        for process in self.processes(name):
            process.kill()
        self._nursery.wait(self._engines.pop(name))

    def freeze(self, name: str) -> list[psutil.Process]:
        """A node stands still; its processes."""
        processes = self.processes(name)
        for process in processes:
            process.suspend()
        return processes

    def end(self, name: str) -> None:
        """SIGTERM; the engine ends well."""
        engine = self._engines.pop(name)
        self._nursery.kill(engine, signal.SIGTERM)
        assert self._nursery.wait(engine) == 0, self.outputs[name].read_text()[-4000:]

    def wait(self, condition: Callable[[], T], what: str, deadline: float = 180.0) -> T:
        """Wait for something; an engine that ends by itself meanwhile fails the test."""

        def look() -> T:
            for name, engine in self._engines.items():
                code = self._nursery.ended(engine)
                assert code is None, f"the engine ended with {code}:\n{self.outputs[name].read_text()[-4000:]}"
            return condition()

        return wait_until_blocking(look, deadline, what)

    # What can be seen

    def fall_silent(self, name: str, seconds: float) -> None:
        """A node, which says nothing now, was last heard of so long ago."""
        database = self.databases[name]
        with database.write() as session:
            session.execute(update(Node).where(Node.id == database.node).values(heartbeat_at=time.time() - seconds))

    def states(self) -> Counter[str]:
        """How many recipients are in which state."""
        with self.databases["one"].read() as session:
            rows = session.execute(select(Recipient.state, func.count()).group_by(Recipient.state))
            return Counter({state.value: number for state, number in rows})

    def in_hand(self, name: str) -> int:
        """How many recipients wait in the hands of a node."""
        database = self.databases[name]
        with database.read() as session:
            own = (Recipient.claimed_by == database.node, Recipient.state == "waiting")
            return session.scalar(select(func.count()).select_from(Recipient).where(*own)) or 0

    def blocked(self) -> set[str]:
        """The sending addresses that are refused somewhere."""
        with self.databases["one"].read() as session:
            return set(session.scalars(select(StoredBlock.sending_address)))

    def is_completed(self) -> bool:
        """The mailing is completed."""
        with self.databases["one"].read() as session:
            return session.get_one(Mailing, self.mailing).state is MailingState.COMPLETED

    def taken(self) -> Counter[str]:
        """How often the mail servers took a message for each recipient."""
        return self.network.client.recipients()

    def wait_for_messages(self, count: int) -> None:
        """Wait until the mail servers have taken so many."""
        self.wait(lambda: self.network.client.summary().messages >= count, "the mailing goes on")

    def assert_sums(self) -> None:
        """Lanes, mailing and recipients tell the same."""
        counted = sums(self.databases["one"], self.mailing)
        assert counted.lanes == counted.mailing == counted.recipients
