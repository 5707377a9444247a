"""Postfix as a peer of the throughput bench: an instance in a folder of its own, a transport for each sending address.

It is Debian's package, installed; the system's own instance, if one runs, is left alone. Needs root.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from loads import Job, free_port, wait_for
from submission import submit

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = bench.sender.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_dns_support_level = disabled
transport_maps = hash:{folder}/transport
default_process_limit = 400
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
qmgr_message_active_limit = 40000
qmgr_message_recipient_limit = 40000
default_destination_concurrency_limit = {connections}
initial_destination_concurrency = {connections}
minimal_backoff_time = 300s
in_flow_delay = 0
smtp_tls_security_level = {tls}
smtp_tls_connection_reuse = yes
smtpd_tls_security_level = none
{more}
"""

_MASTER = """
127.0.0.1:{port} inet n - n - 100 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
tlsproxy unix - - n - 0 tlsproxy
{bound}
"""


class Postfix:
    """One instance; with *tls* it encrypts where the destination offers it, as ours does."""

    def __init__(self, folder: Path, sink_port: int, job: Job, *, tls: bool = False) -> None:
        self._folder = folder
        self._port = free_port()
        self._job = job
        self._tls = tls
        self._loaded = False
        self._pid = 0
        if shutil.which("postmap") is None:
            raise SystemExit(
                "Postfix is not installed (Debian: apt-get install postfix; its own instance need not run)."
            )
        folder.mkdir(parents=True)
        for name in ("queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        bound = "\n".join(
            f"out{number} unix - - n - 200 smtp\n  -o smtp_bind_address={address} -o smtp_helo_name=out{number}.sender.test"
            for number, address in enumerate(job.senders)
        )
        with (folder / "transport").open("w") as transport:
            for number in range(job.recipients):
                index = job.domain_of(number)
                way = f"out{job.sender_of(number)}:[{job.mx_address(index)}]:{sink_port}"
                transport.write(f"{job.address(number)} {way}\n")
        subprocess.run(["postmap", f"hash:{folder / 'transport'}"], check=True)
        (folder / "master.cf").write_text(_MASTER.format(port=self._port, bound=bound))

    def prepare(self, *, loaded: bool) -> None:
        """Start it; *loaded*: with the job in the queue, held back."""
        transports = " ".join(f"out{number}" for number in range(len(self._job.senders)))
        more = f"defer_transports = {transports}" if loaded else ""
        tls = "may" if self._tls else "none"
        settings = _MAIN.format(folder=self._folder, connections=self._job.connections, tls=tls, more=more)
        (self._folder / "main.cf").write_text(settings)
        self._postfix("start")
        pid_file = self._folder / "queue" / "pid" / "master.pid"
        wait_for(pid_file.exists, "Postfix's start")
        self._pid = int(pid_file.read_text().strip())
        self._loaded = loaded
        if loaded:
            submit(self._port, self._job)

    def go(self) -> None:
        """Hand the job over, or release it."""
        if self._loaded:
            self._release()
        else:
            submit(self._port, self._job)

    def is_done(self) -> bool:
        """No message is left in its queue."""
        folders = [self._folder / "queue" / name for name in ("incoming", "active", "deferred", "maildrop")]
        return not any(path.is_file() for folder in folders for path in folder.rglob("*"))

    def _postfix(self, verb: str) -> None:
        subprocess.run(["postfix", "-c", str(self._folder), verb], check=True, capture_output=True)

    def _release(self) -> None:
        main = self._folder / "main.cf"
        main.write_text("\n".join(line for line in main.read_text().splitlines() if not line.startswith("defer_")))
        self._postfix("reload")
        self._postfix("flush")

    def roots(self) -> list[int]:
        """Its master, which starts all others."""
        return [self._pid]

    def stop(self) -> None:
        """End it."""
        if self._pid:
            self._postfix("stop")
            self._pid = 0
