"""MailStreams itself in the throughput bench: a real profile, the real program, four addresses in one stream."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from loads import ROOT, Cost, Job, cost_of, wait_for

from app.database.database import Database
from app.services import addresses, drafts, imports, lists, mailings, sites, streams
from app.services.messages import Content
from app.settings import store
from engine.ports import MailingState

ME = "bench"


class MailStreams:
    """One profile with the job's members; the engine is a process of its own."""

    def __init__(
        self, folder: Path, name_server: str, sink_port: int, job: Job, *, workers: int = 1, url: str = ""
    ) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._job = job
        self.database = Database.open(url or f"sqlite:///{folder / 'mailstreams.db'}", folder / "backups")
        self._url = url
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
        }
        with self.database.write() as session:
            for key, value in chosen.items():
                store(session, key, value)
            for number, address in enumerate(job.senders):
                addresses.add(session, address, helo=f"out{number}.sender.test", actor=ME, now=now)
            self.stream = streams.create(session, name="news", addresses=list(job.senders), actor=ME, now=now).id
            site = sites.create(session, "lists.sender.test", actor=ME, now=now)
            self._list = lists.create(session, name="readers", site_id=site.id, actor=ME, now=now).id
        self._engine: subprocess.Popen[str] | None = None
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

    def serve(self) -> None:
        """Start the engine."""
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
        assert self._engine.stdout is not None
        assert "ready" in self._engine.stdout.readline()

    def wait_until_done(self, seconds: float) -> None:
        """Return when the mailing is completed in the database."""

        def done() -> bool:
            with self.database.read() as session:
                return mailings.get(session, self.mailing).state is MailingState.COMPLETED

        wait_for(done, "The mailing's completion", seconds)

    def cost(self) -> Cost:
        """What engine and workers have cost so far."""
        assert self._engine is not None
        return cost_of(psutil.Process(self._engine.pid))

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
