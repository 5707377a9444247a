"""OpenSMTPD as a peer of the throughput bench: Debian's package, unpacked into a folder (``dpkg -x``), not installed.

Its paths and users are compiled in, so it runs in a mount namespace of its own in which they lead into the bench's folder;
the system sees nothing of it. Each domain has a relay rule to its address at the sink, with all sending addresses as
sources; OpenSMTPD takes them in turn. A queue that is loaded before was held by ``smtpctl pause mta``. It encrypts towards
destinations that offer it, without being told.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from loads import Job, free_port
from submission import submit, wait_for_port

_USERS = ("opensmtpd", "opensmtpq")
_FIRST_ID = 64_000
_ENTER = """
mount --make-rprivate /
mount --bind {etc}/passwd /etc/passwd
mount --bind {etc}/group /etc/group
mount --bind {folder}/lib /var/lib
mount --bind {folder}/spool /var/spool
mount --bind {folder}/run /run
mount --bind {package}/usr/libexec /usr/libexec
exec {package}/usr/sbin/smtpd -d -f {folder}/smtpd.conf
"""


class OpenSMTPD:
    """One instance in a folder of its own. *package* is where the Debian package was unpacked."""

    def __init__(self, folder: Path, package: Path, sink_port: int, job: Job) -> None:
        self._folder = folder
        self._package = package.absolute()
        if not (package / "usr" / "sbin" / "smtpd").exists():
            raise SystemExit(f"There is no OpenSMTPD in {package}: apt-get download opensmtpd; dpkg -x FILE {package}")
        self._port = free_port()
        self._job = job
        self._loaded = False
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("etc", "lib/opensmtpd/empty", "spool/smtpd", "run"):
            (folder / name).mkdir(parents=True)
        for name in ("passwd", "group"):
            known = Path("/etc", name).read_text()
            own = "".join(_entry(name, user, _FIRST_ID + number) for number, user in enumerate(_USERS))
            (folder / "etc" / name).write_text(known + own)
        (folder / "spool" / "smtpd").chmod(0o711)
        (folder / "smtpd.conf").write_text(self._configuration(sink_port))

    def _configuration(self, sink_port: int) -> str:
        job = self._job
        sources = ", ".join(f'"{address}"' for address in job.senders)
        lines = [
            f"table sources {{ {sources} }}",
            "smtp limit max-mails 1000000",
            f"listen on 127.0.0.1 port {self._port} hostname bench.sender.test",
        ]
        for index in range(job.domains):
            way = f"smtp://{job.mx_address(index)}:{sink_port}"
            lines.append(f'action "d{index}" relay host "{way}" src <sources>')
        lines += [f'match from any for domain "{job.domain(index)}" action "d{index}"' for index in range(job.domains)]
        return "\n".join(lines) + "\n"

    def prepare(self, *, loaded: bool) -> None:
        """Start it; *loaded*: with the job in the queue, held back."""
        self._loaded = loaded
        script = _ENTER.format(folder=self._folder, etc=self._folder / "etc", package=self._package)
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(["unshare", "-m", "sh", "-ec", script], stdout=log, stderr=log)
        wait_for_port(self._port)
        if loaded:
            self._control("pause")
            submit(self._port, self._job)

    def go(self) -> None:
        """Hand the job over, or release it."""
        if self._loaded:
            self._control("resume")
        else:
            submit(self._port, self._job)

    def _control(self, verb: str) -> None:
        assert self._process is not None
        inside = ["nsenter", "-m", "-G", str(_FIRST_ID + 1), "-t", str(self._process.pid)]
        subprocess.run(
            [*inside, str(self._package / "usr/sbin/smtpctl"), verb, "mta"], check=True, stdout=subprocess.DEVNULL
        )

    def is_done(self) -> bool:
        """No message is left in its queue."""
        folders = [self._folder / "spool" / "smtpd" / name for name in ("incoming", "queue")]
        return not any(path.is_file() for folder in folders for path in folder.rglob("*"))

    def roots(self) -> list[int]:
        """Its first process."""
        assert self._process is not None
        return [self._process.pid]

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None


def _entry(file: str, user: str, number: int) -> str:
    if file == "group":
        return f"{user}:x:{number}:\n"
    return f"{user}:x:{number}:{number}::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n"
