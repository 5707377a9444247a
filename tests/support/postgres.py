"""A PostgreSQL server of the tests' own: Debian's programs, a temporary folder, one Unix socket, no network."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final

import psycopg
from psycopg import sql

_PROGRAMS: Final = Path("/usr/lib/postgresql")
_USER: Final = "postgres"
_OPTIONS: Final = "-c listen_addresses='' -c max_connections=60"
_FORGETFUL: Final = " -c fsync=off -c full_page_writes=off"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, of the newest version that is installed; None when none is."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(_PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    return versions[-1].parent if versions else None


class PostgresServer:
    """A running server, ended and removed at the end of the block. As root it runs as the user postgres, as it must.

    Unless it is *durable* it does not wait for the disk.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._options = _OPTIONS if durable else _OPTIONS + _FORGETFUL
        folder = programs()
        if folder is None:
            raise FileNotFoundError("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
        self._programs = folder
        self._folder = Path(tempfile.mkdtemp(prefix="mailstreams-postgres-"))

    def __enter__(self) -> PostgresServer:
        if os.geteuid() == 0:
            shutil.chown(self._folder, _USER, _USER)
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-k {self._folder} {self._options}"
        self._run("pg_ctl", "-D", data, "-l", str(self._folder / "log"), "-w", "-t", "60", "-o", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def process(self) -> int:
        """The number of its first process."""
        return int((self._folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def new_database(self, like: str | None = None) -> str:
        """Create an empty database, or a copy of the one at the URL *like*; its URL for SQLAlchemy."""
        name = f"test_{secrets.token_hex(6)}"
        template = sql.Identifier(_name(like) if like else "template1")
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
        return f"postgresql+psycopg://{_USER}@/{name}?host={self._folder}"

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name(url))))

    def cut_connections(self, url: str) -> None:
        """End all connections to a database, as a restart of the server would."""
        statement = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}")
        self._administer(statement.format(sql.Literal(_name(url))))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        user = _USER if os.geteuid() == 0 else None
        done = subprocess.run(
            command, user=user, cwd=self._folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
