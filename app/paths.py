"""Where the program keeps what it writes: one profile folder, for its user alone. Used by every entry point."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from engine.private_folders import make_private_folder

APPLICATION = "mailstreams"
PROFILE_VARIABLE = "MAILSTREAMS_PROFILE"
_CONFIG_KEYS = frozenset({"database", "node"})


class ProfileProblem(Exception):  # noqa: N818 - told to a person, as one sentence
    """The profile folder or its configuration file can't be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The folder of one installation. Everything in it can be read by its user only."""

    folder: Path

    @property
    def database_file(self) -> Path:
        """The SQLite database, unless the configuration names another database."""
        return self.folder / "mailstreams.db"

    @property
    def config_file(self) -> Path:
        """TOML with ``database`` (an URL) and ``node`` (this machine's name among several), both optional."""
        return self.folder / "config.toml"

    @property
    def backups(self) -> Path:
        """Copies of the database, made before each migration."""
        return self.folder / "backups"

    @property
    def journal(self) -> Path:
        """The workers' journals."""
        return self.folder / "journal"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.folder / "logs"

    @property
    def keys(self) -> Path:
        """DKIM keys that the program made."""
        return self.folder / "keys"

    def config(self) -> Mapping[str, str]:
        """What the configuration file says; raises ProfileProblem when it can't be read, is damaged or has open rights."""
        try:
            with self.config_file.open("rb") as file:
                open_to_others = os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
                table = tomllib.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ProfileProblem(f"{self.config_file} can't be read: {error}.") from None
        for key, value in table.items():
            if key not in _CONFIG_KEYS or not isinstance(value, str):
                raise ProfileProblem(
                    f"{self.config_file}: {key}: allowed are the texts {', '.join(sorted(_CONFIG_KEYS))}."
                )
        if open_to_others and "database" in table:
            raise ProfileProblem(f"{self.config_file} can be read by others; run chmod 600 on it first.")
        return table

    def database_url(self, override: str | None = None) -> str:
        """The database to use: *override*, else the configuration's, else the SQLite file of the profile."""
        return database_url(override or self.config().get("database") or f"sqlite:///{self.database_file}")


def database_url(text: str) -> str:
    """An URL that SQLAlchemy understands, for SQLite or PostgreSQL (with psycopg); raises ProfileProblem otherwise."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError
        raise ProfileProblem("The database must be given as an URL such as postgresql://user@host/name.") from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ProfileProblem(f"The database {url.drivername!r} is not known; allowed are sqlite and postgresql.")
    if url.drivername == "sqlite" and not url.database:
        raise ProfileProblem("The URL of a SQLite database must name its file, as in sqlite:////var/lib/mail.db.")
    return url.render_as_string(hide_password=False)


def open_profile(folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> Profile:
    """The profile in *folder*, else in MAILSTREAMS_PROFILE, else in the platform's data folder; its folders are made.

    Raises ProfileProblem when that fails.
    """
    if folder is None:
        named = environment.get(PROFILE_VARIABLE)
        folder = Path(named) if named else platformdirs.user_data_path(APPLICATION, appauthor=False)
    profile = Profile(folder.expanduser().absolute())
    try:
        for each in (profile.folder, profile.backups, profile.journal, profile.logs, profile.keys):
            make_private_folder(each)
    except OSError as error:
        raise ProfileProblem(f"The folder {profile.folder} can't be used: {error.strerror or error}.") from None
    return profile


def make_private_file(path: Path) -> None:
    """Make an empty file that only its user may read; one that exists loses the rights of others."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
