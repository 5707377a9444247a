"""Fixtures of the integration tests: databases of both kinds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres
import pytest
from queues import Ports, engine_ports

from app.database.database import Database


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database as it is after a first start, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    Database.open(f"sqlite:///{folder / 'mail.db'}", folder).dispose()
    return folder / "mail.db"


@pytest.fixture(scope="session")
def prepared_postgres(postgres_server: postgres.PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database as it is after a first start, to be copied."""
    url = postgres_server.new_database()
    Database.open(url, tmp_path_factory.mktemp("prepared")).dispose()
    return url


@pytest.fixture
def postgres_url(postgres_server: postgres.PostgresServer, prepared_postgres: str) -> Iterator[str]:
    """A PostgreSQL database as it is after a first start."""
    url = postgres_server.new_database(like=prepared_postgres)
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind as it is after a first start."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("prepared_file"), tmp_path / "mail.db")
        return f"sqlite:///{tmp_path / 'mail.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """No database yet, or an empty one."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def open_database(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Database]]:
    """Open the test's database, once or several times; all are closed at the end."""
    opened: list[Database] = []

    def open_it(url: str = database_url, **options: object) -> Database:
        opened.append(Database.open(url, tmp_path / "backups", **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_it
    for each in opened:
        each.dispose()


@pytest.fixture
def database(open_database: Callable[..., Database]) -> Database:
    """An open database of each kind, as it is after a first start."""
    return open_database()


@pytest.fixture
def ports(database: Database) -> Iterator[Ports]:
    """An engine's ports over the test's database."""
    with engine_ports(database) as made:
        yield made
