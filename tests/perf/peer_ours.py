"""MailStreams itself in the throughput bench: a real profile, the real program, four addresses in one stream."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from loads import ROOT, Job

from app.database.database import Database
from app.services import addresses, dkim_keys, drafts, imports, lists, mailings, runs, sites, streams
from app.services.messages import Content
from app.settings import store
from engine.ports import MailingState

ME = "bench"


class MailStreams:
    """One profile with the job's members; the engine is a process of its own.

    *dkim* ("rsa", "ed25519", "" for none) signs all messages. *server* is the process of the database's server, if it has one:
    what that costs counts.
    """

    def __init__(
        self,
        folder: Path,
        name_server: str,
        sink_port: int,
        job: Job,
        *,
        workers: int = 1,
        url: str = "",
        dkim: str = "",
        server: int | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._job = job
        self.database = Database.open(url or f"sqlite:///{folder / 'mailstreams.db'}", folder / "backups")
        self._url = url
        self._server = [] if server is None else [server]
        self.members = folder / "members.csv"
        self.members.write_text(
            "address\n" + "".join(f"{job.address(number)}\n" for number in range(job.recipients)), encoding="ascii"
        )
        now = time.time()
        chosen = {
            "network.name_servers": name_server,
            "network.smtp_port": str(sink_port),
            "network.allow_loopback": "true",
            "delivery.workers": str(workers),
            "delivery.connections_per_pair": str(job.connections),
        }
        with self.database.write() as session:
            for key, value in chosen.items():
                store(session, key, value)
            for number, address in enumerate(job.senders):
                addresses.add(session, address, helo=f"out{number}.sender.test", actor=ME, now=now)
            self.stream = streams.create(session, name="news", addresses=list(job.senders), actor=ME, now=now).id
            site = sites.create(session, "lists.sender.test", actor=ME, now=now)
            self._list = lists.create(session, name="readers", site_id=site.id, actor=ME, now=now).id
            if dkim:
                key = folder / "dkim.pem"
                write_key(key, dkim)
                dkim_keys.register(session, domain="sender.test", selector="bench", path=key, actor=ME, now=now)
        self._engine: subprocess.Popen[str] | None = None
        self._loaded = False
        self.mailing = 0

    def import_members(self) -> None:
        """Import the job's CSV file into the list."""
        imports.import_members(self.database, self._list, self.members, actor=ME, now=time.time())

    def start_mailing(self) -> None:
        """Write the mailing and start it: its recipients are in the queue when this returns."""
        content = Content(from_address="news@sender.test", subject="News", text=self._job.text())
        with self.database.write() as session:
            draft = drafts.Draft("bench", self._list, content, stream_id=self.stream)
            self.mailing = drafts.create(session, draft, actor=ME, now=time.time()).id
            drafts.start(session, self.mailing, actor=ME, now=time.time())

    def prepare(self, *, loaded: bool) -> None:
        """Start the engine; *loaded*: with the job in the queue, held back."""
        if loaded:
            self.import_members()
            self.start_mailing()
            with self.database.write() as session:
                runs.pause(session, self.mailing, actor=ME, now=time.time())
        self._loaded = loaded
        self.serve()

    def go(self) -> None:
        """Hand the job over, or release it."""
        if self._loaded:
            with self.database.write() as session:
                runs.resume(session, self.mailing, actor=ME, now=time.time())
        else:
            self.import_members()
            self.start_mailing()

    def serve(self, started: Callable[[int], None] = lambda _: None) -> None:
        """Start the engine; *started* is called with its process id before it is ready."""
        command = [sys.executable, "-m", "app.cli", "--profile", str(self._folder)]
        if self._url:
            command += ["--database", self._url]
        self._engine = subprocess.Popen(
            [*command, "serve"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started(self._engine.pid)
        assert self._engine.stdout is not None
        assert "ready" in self._engine.stdout.readline()

    def is_done(self) -> bool:
        """The mailing is completed in the database."""
        with self.database.read() as session:
            return mailings.get(session, self.mailing).state is MailingState.COMPLETED

    def roots(self) -> list[int]:
        """The engine, which starts the workers, and the database's server."""
        assert self._engine is not None
        return [self._engine.pid, *self._server]

    def memory(self) -> tuple[int, int]:
        """Bytes of memory of the engine, and of its workers together."""
        if self._engine is None:
            return 0, 0
        engine = psutil.Process(self._engine.pid)
        return engine.memory_info().rss, sum(each.memory_info().rss for each in engine.children())

    def end(self) -> None:
        """Drain the engine and wait for its end."""
        if self._engine is not None:
            self._engine.send_signal(signal.SIGTERM)
            self._engine.wait(60)
            self._engine = None

    def stop(self) -> None:
        """End all."""
        self.end()
        self.database.dispose()


def write_key(path: Path, kind: str) -> None:
    """A new DKIM key, "rsa" (2,048 bits) or "ed25519", for its owner alone."""
    private = rsa.generate_private_key(65_537, 2048) if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
