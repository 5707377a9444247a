"""Haraka as a peer of the throughput bench (``npm install --prefix DIR Haraka``): one process, a plugin that chooses the way.

The plugin binds each message to one of the sending addresses and leads it to its domain's address at the sink. A queue that
is loaded before was taken by a Haraka whose outbound side is switched off; the measure then begins with the start of one
that delivers, so it holds the second that Haraka needs to start. Haraka keeps 64 connections for all destinations together
unless told otherwise: it gets as many as the others may open.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from loads import Job, free_port
from submission import submit, wait_for_port

_PLUGIN = """
const ways = %s;
exports.register = function () {
  this.register_hook('lookup_rdns', 'name_client');
  this.register_hook('rcpt', 'accept');
  this.register_hook('get_mx', 'lead');
};
exports.name_client = function (next) {
  next(OK, 'client.test');
};
exports.accept = function (next, connection) {
  connection.relaying = true;
  next(OK);
};
exports.lead = function (next, hmail, domain) {
  const number = Number(/^r(\\d+)/.exec(hmail.todo.rcpt_to[0].user)[1]);
  const bind = ways.senders[number];
  next(OK, [{ priority: 0, exchange: ways.exchangers[domain], port: ways.port, bind, bind_helo: 'out.sender.test' }]);
};
"""


class Haraka:
    """One instance in a folder of its own. *home* holds node_modules/Haraka."""

    def __init__(self, folder: Path, home: Path, sink_port: int, job: Job, *, tls: bool = False) -> None:
        self._folder = folder
        self._program = home / "node_modules" / "Haraka" / "bin" / "haraka"
        if not self._program.exists():
            raise SystemExit(f"There is no Haraka in {home}: npm install --prefix {home} Haraka")
        self._port = free_port()
        self._job = job
        self._tls = tls
        self._loaded = False
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("config", "plugins", "queue"):
            (folder / name).mkdir(parents=True)
        shutil.copy(home / "node_modules" / "Haraka" / "config" / "connection.ini", folder / "config")
        ways = {
            "senders": [job.senders[job.sender_of(number)] for number in range(job.recipients)],
            "port": sink_port,
            "exchangers": {job.domain(index): job.mx_address(index) for index in range(job.domains)},
        }
        (folder / "plugins" / "bench.js").write_text(_PLUGIN % json.dumps(ways))
        self._configure("plugins", "bench\n")
        self._configure("smtp.ini", f"listen=127.0.0.1:{self._port}\nnodes=0\n")
        self._configure("loglevel", "ERROR\n")
        self._configure("me", "bench.sender.test\n")
        self._configure("host_list", "")

    def _configure(self, name: str, text: str) -> None:
        (self._folder / "config" / name).write_text(text)

    def _start(self, *, outbound: bool) -> None:
        tls = "true" if self._tls else "false"
        off = "false" if outbound else "true"
        self._configure("outbound.ini", f"disabled={off}\nconcurrency_max=800\nenable_tls={tls}\ninet_prefer=v4\n")
        self._process = subprocess.Popen(
            ["node", str(self._program), "-c", str(self._folder)], stdout=subprocess.DEVNULL
        )

    def prepare(self, *, loaded: bool) -> None:
        """Start it; *loaded*: with the job in the queue, and not running."""
        self._loaded = loaded
        self._start(outbound=not loaded)
        wait_for_port(self._port)
        if loaded:
            submit(self._port, self._job)
            self.stop()

    def go(self) -> None:
        """Hand the job over, or start with it."""
        if self._loaded:
            self._start(outbound=True)
        else:
            submit(self._port, self._job)

    def is_done(self) -> bool:
        """No message is left in its queue."""
        return not any(path.is_file() for path in (self._folder / "queue").rglob("*"))

    def roots(self) -> list[int]:
        """Its only process, while it runs."""
        return [] if self._process is None else [self._process.pid]

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None
