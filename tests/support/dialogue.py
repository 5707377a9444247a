"""A plain SMTP client for tests that look at every line: it sends what it is told and reads what comes."""

from __future__ import annotations

import asyncio
import ssl
from types import TracebackType

DEADLINE = 10.0


class Dialogue:
    """One connection. ``async with Dialogue("127.0.1.1", port, client="127.0.0.11") as talk: await talk.say("EHLO x")``."""

    def __init__(self, server: str, port: int, client: str = "127.0.0.11") -> None:
        self._server, self._port, self._client = server, port, client

    async def __aenter__(self) -> Dialogue:
        self.reader, self.writer = await asyncio.open_connection(
            self._server, self._port, local_addr=(self._client, 0), limit=2**20
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.transport.abort()
        # the transport tells the reader in the next turn of the loop
        await asyncio.sleep(0)

    def send(self, data: bytes | str) -> None:
        """Send bytes as they are."""
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def line(self) -> str:
        """The next line without its end; "" at the end of the connection."""
        line = await asyncio.wait_for(self.reader.readline(), DEADLINE)
        return line.decode("latin-1").removesuffix("\r\n")

    async def reply(self) -> str:
        """The next reply, its lines joined by a line feed; "" at the end of the connection."""
        lines = [await self.line()]
        while lines[-1][3:4] == "-":
            lines.append(await self.line())
        return "\n".join(lines)

    async def say(self, command: str) -> str:
        """Send one command; return its reply."""
        self.send(f"{command}\r\n")
        return await self.reply()

    async def greet(self) -> str:
        """Read the banner, say EHLO; return what is offered."""
        assert (await self.reply()).startswith("220")
        return await self.say("EHLO client.test")

    async def deliver(
        self, recipient: str, sender: str = "news@sender.test", content: str = "Message-ID: <1@x>\r\n\r\nHello\r\n"
    ) -> str:
        """MAIL, RCPT, DATA and content, one after the other; return the first refusal or the last reply."""
        for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"):
            reply = await self.say(command)
            if reply[:1] not in {"2", "3"}:
                await self.say("RSET")
                return reply
        return await self.say(f"{content}.")

    async def at_end(self) -> bool:
        """The server closes, and says nothing before."""
        return await asyncio.wait_for(self.reader.read(), DEADLINE) == b""

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """The handshake, after STARTTLS was answered."""
        await self.writer.start_tls(context, server_hostname=name)
