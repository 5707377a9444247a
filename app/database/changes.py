"""Who changes rows says so here, and the others notice: change counters, and the thread that watches them.

Each process has one watcher for its database. On SQLite it asks for ``PRAGMA data_version`` ten times a second, which costs
microseconds; on PostgreSQL it waits for NOTIFY. Either way the counters tell what has changed, so that no word is lost.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from app.database.problems import problem_of

log = logging.getLogger(__name__)

WORLD: Final = "world"
"""Streams, addresses, associations, mailings, settings, rules, pauses."""
BLOCKS: Final = "blocks"
RECIPIENTS: Final = "recipients"
"""What became of recipients. When a person decided it, engines read what is left of their mailings anew."""
LISTS: Final = "lists"
"""Sites, lists, members, segments, suppressions."""
HOLDS: Final = "holds"
ALERTS: Final = "alerts"
NODES: Final = "nodes"
"""Leases and states of engines."""
TOPICS: Final = (WORLD, BLOCKS, RECIPIENTS, LISTS, HOLDS, ALERTS, NODES)

PERSON: Final = ""
"""The writer of changes that are not an engine's."""

POLL_SECONDS: Final = 0.1
_LISTEN_SECONDS: Final = 0.25
"""How soon a listening watcher sees that it shall stop."""
_CHANNEL: Final = "mailstreams"
_BUMP: Final = text(
    "INSERT INTO change_counters (topic, writer, value) VALUES (:topic, :writer, 1)"
    " ON CONFLICT (topic, writer) DO UPDATE SET value = change_counters.value + 1"
)
_COUNTERS: Final = "SELECT topic, writer, value FROM change_counters"
_NOTIFY: Final = text(f"SELECT pg_notify('{_CHANNEL}', '')")

Counters = Mapping[tuple[str, str], int]
"""The change counters by (topic, writer)."""


def bump(session: Session | Connection, *topics: str, writer: str = PERSON) -> None:
    """Say that something of these topics changed, in the transaction of the change itself.

    ``writer`` is the word of an engine's lease, so that it is not told of what it did itself.
    """
    connection = session.connection() if isinstance(session, Session) else session
    # A fixed order, so that two transactions never wait for each other's row.
    connection.execute(_BUMP, [{"topic": topic, "writer": writer} for topic in sorted(set(topics))])
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY)


class _Source(Protocol):
    """Where a watcher learns that something was committed."""

    def wait(self, seconds: float) -> bool:
        """Wait up to so long; True when there may have been a commit."""
        ...

    def counters(self) -> Counters:
        """The counters as they are now."""
        ...

    def poke(self) -> None:
        """Let :meth:`wait` return at once. Called from any thread."""
        ...

    def close(self) -> None:
        """Give up the connection."""
        ...


class _SQLiteSource:
    """Polls one connection: its data_version changes with every commit of any other connection (sqlite.org/pragma.html)."""

    def __init__(self, reader: Engine) -> None:
        self._connection = reader.raw_connection()
        self._poked = threading.Event()
        self._version = -1

    def _select(self, statement: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        try:
            return list(cursor.execute(statement))
        finally:
            cursor.close()

    def wait(self, seconds: float) -> bool:
        self._poked.wait(min(seconds, POLL_SECONDS))
        self._poked.clear()
        before, self._version = self._version, int(self._select("PRAGMA data_version")[0][0])
        return self._version != before

    def counters(self) -> Counters:
        return {(topic, writer): value for topic, writer, value in self._select(_COUNTERS)}

    def poke(self) -> None:
        self._poked.set()

    def close(self) -> None:
        self._connection.close()


class _PostgreSQLSource:
    """Listens on a connection of its own."""

    def __init__(self, reader: Engine) -> None:
        import psycopg  # noqa: PLC0415 - whoever uses SQLite starts without it

        self._reader = reader
        url = reader.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._listener = psycopg.connect(url, autocommit=True, connect_timeout=10, application_name="mailstreams")
        self._listener.execute(f"LISTEN {_CHANNEL}")
        self._first = True

    def wait(self, seconds: float) -> bool:
        heard = any(True for _ in self._listener.notifies(timeout=min(seconds, _LISTEN_SECONDS), stop_after=1))
        heard, self._first = heard or self._first, False
        return heard

    def counters(self) -> Counters:
        with self._reader.connect() as connection:
            return {(topic, writer): value for topic, writer, value in connection.exec_driver_sql(_COUNTERS)}

    def poke(self) -> None:
        """Not needed: NOTIFY comes at once."""

    def close(self) -> None:
        self._listener.close()


Listener = Callable[[frozenset[str]], None]
Ignoring = Callable[[str, str], bool]
"""Whether changes of a topic by a writer are not of interest."""


class Watcher:
    """Tells listeners which topics were changed, from a thread of its own that runs while anyone listens."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._listeners: dict[object, tuple[Listener, Ignoring | None]] = {}
        self._thread: threading.Thread | None = None
        self._source: _Source | None = None
        self._seen: Counters = {}
        self._stopping = threading.Event()

    @contextlib.contextmanager
    def listening(self, listener: Listener, *, ignoring: Ignoring | None = None) -> Iterator[None]:
        """Call *listener* with the topics of each change inside the block; see :meth:`subscribe`."""
        unsubscribe = self.subscribe(listener, ignoring=ignoring)
        try:
            yield
        finally:
            unsubscribe()

    def subscribe(self, listener: Listener, *, ignoring: Ignoring | None = None) -> Callable[[], None]:
        """Call *listener* with the topics that changed from now on, in the watcher's thread; returns how to end that.

        Changes of a topic by a writer for which *ignoring* holds are not told.
        """
        key = object()
        with self._lock:
            if self._thread is None:
                self._start()
            self._listeners[key] = (listener, ignoring)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(key, None)

        return unsubscribe

    def poke(self) -> None:
        """Something was committed in this process: look at once."""
        source = self._source
        if source is not None:
            source.poke()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        self.poke()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _start(self) -> None:
        self._source = self._connect()
        self._seen = self._source.counters()
        self._thread = threading.Thread(target=self._run, name="database watcher", daemon=True)
        self._thread.start()

    def _connect(self) -> _Source:
        return _SQLiteSource(self._reader) if self._reader.dialect.name == "sqlite" else _PostgreSQLSource(self._reader)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception as error:
                if problem_of(error) is None:
                    raise
                log.warning("Changes can't be watched at the moment: %s", problem_of(error))
                self._drop_source()
                self._stopping.wait(1.0)
        self._drop_source()

    def _turn(self) -> None:
        source = self._source
        if source is None:
            source = self._source = self._connect()
        if source.wait(1.0):
            counters = source.counters()
            before, self._seen = self._seen, counters
            self._tell(before, counters)

    def _drop_source(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            with contextlib.suppress(Exception):
                source.close()

    def _tell(self, before: Counters, after: Counters) -> None:
        changed = Counter({key: value - before.get(key, 0) for key, value in after.items()})
        moved = [key for key, difference in changed.items() if difference]
        if not moved:
            return
        with self._lock:
            listeners = list(self._listeners.values())
        for listener, ignoring in listeners:
            topics = frozenset(topic for topic, writer in moved if ignoring is None or not ignoring(topic, writer))
            if topics:
                _call(listener, topics)


def _call(listener: Listener, topics: frozenset[str]) -> None:
    try:
        listener(topics)
    except Exception:
        log.exception("A listener failed; the others are told nevertheless.")
