"""Fixtures of the integration tests: databases of both kinds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres
import pytest
from queues import Ports, engine_ports

from app.database.database import Database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server for the whole run; without one, tests that need it are skipped, which CI does not allow."""
    if postgres.programs() is None:
        if os.environ.get("MAILSTREAMS_TESTS_NEED_POSTGRESQL"):
            pytest.fail("PostgreSQL's server is not installed")
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    with postgres.PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.PostgresServer) -> str:
    """An empty PostgreSQL database."""
    return postgres_server.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mail.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


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
    """An open, new database of each kind."""
    return open_database()


@pytest.fixture
def ports(database: Database) -> Iterator[Ports]:
    """An engine's ports over the test's database."""
    with engine_ports(database) as made:
        yield made
