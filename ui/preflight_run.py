"""Runs pre-flight checks of several addresses in a thread with a loop of its own, and tells each finding to the Qt loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.commands.network import make_resolver
from app.services import preflight
from app.services.preflight import PortTarget
from app.settings import engine_settings
from engine.ports import EngineSettings
from engine.resolver import Resolver
from ui.session import WindowSession

AT_ONCE: Final = 8
"""Addresses that are checked at a time."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An address to check, with the HELO name that it is to have."""

    ip: str
    helo: str


class PreflightRun(QObject):
    """``found`` carries each finding, ``named`` an address and the HELO name that its reverse name suggests."""

    found = Signal(object)
    named = Signal(str, str)

    def __init__(self, session: WindowSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lock = threading.Lock()
        self._running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []

    async def suggest_names(self, ips: Sequence[str]) -> None:
        """Look up the reverse names of addresses."""
        settings = await self._session.read(engine_settings)
        wanted = tuple(ips)
        await self._session.background.run(self._in_thread, settings, lambda resolver: self._suggest(resolver, wanted))

    async def check(self, subjects: Sequence[Subject], target: PortTarget, sender_domain: str) -> None:
        """Check addresses; returns when all is told, or after :meth:`cancel`."""
        settings = await self._session.read(engine_settings)

        wanted = tuple(subjects)
        await self._session.background.run(
            self._in_thread, settings, lambda resolver: self._check(resolver, wanted, target, sender_domain)
        )

    def cancel(self) -> None:
        """End what runs; what was found stays found."""
        with self._lock:
            for loop, task in self._running:
                loop.call_soon_threadsafe(task.cancel)

    def _in_thread(self, settings: EngineSettings, work: Callable[[Resolver], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - we are in it
            entry = (asyncio.get_running_loop(), task)
            with self._lock:
                self._running.append(entry)
            resolver = make_resolver(settings)
            try:
                await work(resolver)
            except asyncio.CancelledError:
                pass
            finally:
                with self._lock:
                    self._running.remove(entry)
                await resolver.close()

        asyncio.run(main())

    async def _suggest(self, resolver: Resolver, ips: Sequence[str]) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(ip: str) -> None:
            async with gate:
                self.named.emit(ip, await preflight.default_helo(resolver, ip))

        await asyncio.gather(*(one(ip) for ip in ips))

    async def _check(
        self, resolver: Resolver, subjects: Sequence[Subject], target: PortTarget, sender_domain: str
    ) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(subject: Subject) -> None:
            async with gate:
                async for finding in preflight.check_address(
                    resolver, subject.ip, helo=subject.helo, port_target=target, sender_domain=sender_domain
                ):
                    self.found.emit(finding)

        await asyncio.gather(*(one(subject) for subject in subjects))
