"""An installation that is set up the way a person would do it: on the command line, with a rehearsal for an internet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commandline import CommandLine, Running
from waiting import wait_until

ADDRESSES = ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14")


class Installation:
    """One profile with a stream "news" over four addresses, a site, a list "readers" and mailings to it."""

    def __init__(self, program: CommandLine, folder: Path) -> None:
        self.program = program
        self._folder = folder

    async def set_up(
        self, name_server: str, smtp_port: int, *, addresses: Sequence[str] = ADDRESSES, **settings: str
    ) -> None:
        """Addresses, stream, site and list."""
        await self.program.point_at(name_server, smtp_port, **settings)
        for number, address in enumerate(addresses):
            await self.do("address", "add", address, "--helo", f"out{number}.sender.example")
        bound = [part for address in addresses for part in ("--address", address)]
        await self.do("stream", "create", "news", *bound)
        await self.do("site", "create", "lists.sender.example")
        await self.do("list", "create", "readers", "--site", "lists.sender.example")
        await self.do("associate", "list", "readers", "news")

    async def do(self, *arguments: str) -> None:
        """Run a command that must succeed."""
        (await self.program.run(*arguments)).expect()

    async def ask(self, *arguments: str) -> Any:
        """What a command says with --json."""
        return (await self.program.run(*arguments, "--json")).expect().json()

    async def import_members(self, addresses: Sequence[str], target: str = "readers") -> None:
        """Make these the members of a list."""
        file = self._folder / "members.csv"
        file.write_text("address\n" + "\n".join(addresses) + "\n", encoding="utf-8")
        await self.do("member", "import", target, str(file))

    async def create_mailing(self, name: str = "issue 1", **options: str) -> None:
        """A draft to the list."""
        text = self._folder / "text.txt"
        text.write_text("Good morning.\n\nThis is the news.\n", encoding="utf-8")
        extra = [part for option, value in options.items() for part in (f"--{option}", value)]
        await self.do(
            *("mailing", "create", name, "--list", "readers", "--from", "news@sender.example"),
            *("--subject", "News", "--text", str(text), *extra),
        )

    async def start_mailing(self, name: str = "issue 1", **options: str) -> None:
        """Create and start."""
        await self.create_mailing(name, **options)
        await self.do("mailing", "start", name)

    async def serve(self, *options: str) -> Running:
        """Start the engine; returns when it is ready."""
        running = await self.program.start("serve", *options)
        await running.line_with("ready")
        return running

    async def status(self, name: str = "issue 1") -> dict[str, Any]:
        """``mailing status NAME --json``."""
        found: dict[str, Any] = await self.ask("mailing", "status", name)
        return found

    async def blocks(self) -> list[dict[str, Any]]:
        """``block list --json``."""
        found: list[dict[str, Any]] = await self.ask("block", "list")
        return found

    async def completed(self, name: str = "issue 1", deadline: float = 60.0) -> dict[str, Any]:
        """Wait until a mailing is completed; return its status."""

        async def look() -> dict[str, Any] | None:
            status = await self.status(name)
            return status if status["state"] == "completed" else None

        found = await wait_until(look, deadline, f"{name} completed")
        assert found is not None
        return found
