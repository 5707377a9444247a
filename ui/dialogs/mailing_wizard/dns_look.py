"""Asks the DNS about a message's sender, in a thread with a loop of its own: a resolver belongs to one loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from app.commands.network import make_resolver
from app.services.sender_checks import sender_advice
from engine.message import CompiledMessage
from engine.message_checks import Advice
from engine.ports import EngineSettings


def ask_dns(settings: EngineSettings, message: CompiledMessage, ips: Sequence[str]) -> list[Advice]:
    """What the DNS says of a message that leaves from the sending addresses *ips*. Blocks."""

    async def main() -> list[Advice]:
        resolver = make_resolver(settings)
        try:
            return await sender_advice(resolver, message, ips)
        finally:
            await resolver.close()

    return asyncio.run(main())
