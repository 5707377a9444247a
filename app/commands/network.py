"""How commands ask the DNS: as the engine would."""

from __future__ import annotations

from engine.clock import SystemClock
from engine.ports import EngineSettings
from engine.resolver import Resolver, ResolverConfig


def make_resolver(settings: EngineSettings, own_addresses: frozenset[str] = frozenset()) -> Resolver:
    """A resolver that asks as the engine would; to be closed by the caller."""
    config = ResolverConfig(
        name_servers=settings.name_servers,
        allow_loopback=settings.allow_loopback,
        own_addresses=own_addresses,
        timeout_seconds=3.0,
    )
    return Resolver(config, SystemClock())
