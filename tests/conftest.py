"""Fixtures that all tests share: the rehearsal network, the program as processes, waiting with a deadline, a watch on the log."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Protocol

import postgres
import pytest
import waiting
from commandline import CommandLine
from hypothesis import HealthCheck, settings
from processes import RehearsalProcess

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import Scenario

_OURS = {"engine", "app", "ui"}

settings.register_profile("minutes", deadline=None)
settings.register_profile("hours", deadline=None, max_examples=200_000, suppress_health_check=list(HealthCheck))
settings.load_profile("minutes")


def pytest_configure(config: pytest.Config) -> None:
    """Markers of our own."""
    config.addinivalue_line(
        "markers",
        "expects_warnings: the test brings about log records of level WARNING or above, and checks them itself",
    )
    config.addinivalue_line("markers", "long: the test takes minutes; it begins first, and others run beside it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first: where several run at a time, the last ones to end are short."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True)
def _no_unexpected_warnings(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which our code warned, or the event loop met an exception that nobody handled."""
    yield
    if request.node.get_closest_marker("expects_warnings"):
        return
    records = [record for when in ("setup", "call", "teardown") for record in caplog.get_records(when)]
    unexpected = [
        f"{record.levelname} {record.name}: {record.getMessage()}"
        for record in records
        if (record.levelno >= logging.WARNING and record.name.split(".")[0] in _OURS)
        or (record.levelno >= logging.ERROR and record.name == "asyncio")
    ]
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server for the whole run; without one, tests that need it are skipped, which CI does not allow."""
    if postgres.programs() is None:
        if os.environ.get("MAILSTREAMS_TESTS_NEED_POSTGRESQL"):
            pytest.fail("PostgreSQL's server is not installed")
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    with postgres.PostgresServer() as server:
        yield server


class RehearsalFactory(Protocol):
    """Starts a network; the arguments are those of RehearsalNetwork."""

    def __call__(self, scenario: Scenario, *arguments: Any, **options: Any) -> Awaitable[RehearsalNetwork]: ...


@pytest.fixture
async def rehearsal() -> AsyncIterator[RehearsalFactory]:
    """Start rehearsal networks in the test's own event loop: ``network = await rehearsal(twenty_domains())``."""
    async with AsyncExitStack() as stack:

        async def start(scenario: Scenario, *arguments: Any, **options: Any) -> RehearsalNetwork:
            return await stack.enter_async_context(RehearsalNetwork(scenario, *arguments, **options))

        yield start


class RehearsalProcessFactory(Protocol):
    """Starts a network in its own process; options are those of ``python -m app.rehearsal``."""

    def __call__(self, scenario: Scenario, *options: str) -> RehearsalProcess: ...


@pytest.fixture
def rehearsal_process(tmp_path: Path) -> Iterator[RehearsalProcessFactory]:
    """Start rehearsal networks as processes: ``process = rehearsal_process(twenty_domains(), "--speed", "60")``."""
    with ExitStack() as stack:

        def start(scenario: Scenario, *options: str) -> RehearsalProcess:
            return stack.enter_context(RehearsalProcess(scenario, tmp_path / "rehearsal", *options))

        yield start


@pytest.fixture
async def mailstreams(tmp_path: Path) -> AsyncIterator[CommandLine]:
    """The program with an empty profile: ``await mailstreams.run("stream", "list", "--json")``."""
    program = CommandLine(tmp_path / "profile")
    yield program
    await program.close()


@pytest.fixture
def mailstreams_blocking(tmp_path: Path) -> CommandLine:
    """The same for tests without an event loop: ``mailstreams_blocking.call("doctor")``."""
    return CommandLine(tmp_path / "profile")


@pytest.fixture
def wait_until() -> Callable[..., Awaitable[Any]]:
    """``await wait_until(lambda: condition, deadline=10)``: the condition may be async; its value is returned."""
    return waiting.wait_until


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives TCP ports of 127.0.0.1 that were free a moment ago."""

    def find() -> int:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port: int = sock.getsockname()[1]
            return port

    return find
