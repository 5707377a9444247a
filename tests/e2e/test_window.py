"""The window as a person meets it: the real program on a screen, real keys and mouse, an engine and mail servers."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import CommandLine
from screen import Place, Screen, is_possible
from waiting import wait_until

from app.database.database import Database
from app.paths import Profile, open_profile
from app.rehearsal.scenarios import block, single_host
from app.services import configuration, drafts, lists, members, sites
from app.services.drafts import Draft
from app.services.messages import Content

pytestmark = pytest.mark.skipif(not is_possible(), reason="Xvfb and xdotool are not installed")

ADDRESS = "127.0.0.12"
DOMAIN, OTHER_DOMAIN = "d01.test", "d02.test"
SERVER = "127.0.1.1"
"""The mail server of the first domain."""
READERS = [f"reader{number}@{domain}" for number in range(6) for domain in (DOMAIN, OTHER_DOMAIN)]
MAILING = "issue 1"
DEADLINE = 60.0


@pytest.fixture
def screen() -> Iterator[Screen]:
    """An empty screen."""
    with Screen() as shown:
        yield shown


class Person:
    """Somebody at the program's window, who can look into the database besides."""

    def __init__(self, screen: Screen, profile: Path) -> None:
        self.screen, self._profile = screen, profile
        self.main = 0

    def one(self, query: str) -> Any:
        """The first value that a query of the database finds, None when there is none."""
        with contextlib.closing(sqlite3.connect(self._profile / "mailstreams.db")) as database:
            row = database.execute(query).fetchone()
        return row[0] if row else None

    async def wait_for(self, query: str, wanted: object) -> None:
        """Wait until a query finds this value."""
        await wait_until(lambda: self.one(query) == wanted, DEADLINE, f"{query} to be {wanted}")

    async def open_window(self) -> None:
        """Wait for the window, and for its engine."""
        self.main = await self.screen.window("MailStreams")
        self.screen.resize(self.main, 1280, 800)
        await self.wait_for("SELECT state FROM nodes", "idle")

    async def open_dialog(self, title: str, window: int, *keys: str) -> int:
        """Press keys until a dialog is there."""
        await self.screen.press_until(lambda: self.screen.windows(f"^{title}$"), window, *keys, what=f"{title} to open")
        return await self.screen.window(title)

    async def make_stream(self, name: str, address: str) -> None:
        """Fill in the form of a new stream, its addresses too, and create it as the default."""
        screen = self.screen
        screen.press(self.main, "ctrl+2")
        editor = await self.open_dialog("New stream", self.main, "ctrl+n")
        screen.press(editor, "alt+n")
        screen.write(editor, name)
        screen.press(editor, "alt+d", "alt+s")  # the default stream; the tab of addresses
        binding = await self.open_dialog("Bind addresses to the new stream", editor, "alt+b")
        screen.press(binding, "alt+o")
        screen.write(binding, address)
        screen.press(binding, "alt+d")  # out of the field of many lines, where Return is a new line
        await self._close(binding, "Return")
        await self._close(editor, "alt+c")

    async def _close(self, dialog: int, *keys: str) -> None:
        screen = self.screen
        await screen.press_until(
            lambda: dialog not in screen.windows(), dialog, *keys, what=f"{keys} to close the dialog"
        )

    async def start_mailing(self, name: str) -> None:
        """Open the draft in the wizard and go to its end. What a key does there is done on one step only."""
        screen, state = self.screen, f"SELECT state FROM mailings WHERE name = '{name}'"
        screen.press(self.main, "ctrl+5")
        wizard = await self.open_dialog("Edit mailing", self.main, "Home", "F2")
        await screen.press_until(
            lambda: self.one(state) != "draft", wizard, "alt+x", "alt+s", what="the mailing to be started"
        )

    async def find_row(self) -> Place:
        """Where the first row of the table is: its menu, asked for by the keyboard, opens there."""
        screen = self.screen
        before = screen.windows()
        await screen.press_until(
            lambda: screen.windows() - before, self.main, "Home", "Menu", what="the menu of the first row to open"
        )
        (menu,) = screen.windows() - before
        place = screen.place(menu)
        await screen.press_until(lambda: menu not in screen.windows(), self.main, "Escape", what="the menu to close")
        return place


def write_draft(profile: Profile, name_server: str, smtp_port: int) -> None:
    """A list and a message for it, in an installation that sends to the rehearsal; there is no sending address yet."""
    who = {"actor": "anna", "now": time.time()}
    chosen = {
        "network.name_servers": name_server,
        "network.smtp_port": str(smtp_port),
        "network.allow_loopback": "true",
    }
    content = Content(from_address="news@sender.example", subject="News", text="Good morning.")
    with Database.open(profile.database_url(), profile.backups) as database, database.write() as session:
        for key, value in chosen.items():
            configuration.store(session, key, value, **who)
        site = sites.create(session, "lists.sender.example", **who).id
        readers = lists.create(session, name="Readers", site_id=site, **who).id
        for address in READERS:
            members.add(session, readers, address, **who)
        drafts.create(session, Draft(name=MAILING, list_id=readers, content=content), **who)


async def test_from_a_new_stream_to_a_block_that_a_double_click_clears(
    mailstreams: CommandLine, rehearsal_process: Any, screen: Screen
) -> None:
    network = rehearsal_process(single_host([DOMAIN, OTHER_DOMAIN], [block(ADDRESS, [DOMAIN], rule_id="refusal")]))
    write_draft(open_profile(mailstreams.profile), network.name_server, network.smtp_port)
    mailstreams.environment.update(screen.environment())
    program = await mailstreams.start()
    person = Person(screen, mailstreams.profile)
    await person.open_window()

    await person.make_stream("weekly", ADDRESS)
    await person.wait_for("SELECT name FROM streams WHERE is_default", "weekly")
    await person.wait_for("SELECT ip FROM sending_addresses", ADDRESS)
    await person.start_mailing(MAILING)

    state = "SELECT state FROM blocks"
    await person.wait_for(state, "blocked")
    await person.wait_for("SELECT delivered FROM mailings", len(READERS) // 2)
    screen.press(person.main, "ctrl+4")
    row = await person.find_row()
    network.client.lift_rule("refusal")
    cleared_at = network.client.time()
    screen.double_click(row.x, row.y)
    await person.wait_for(state, "cleared")
    await person.wait_for("SELECT delivered FROM mailings", len(READERS))

    first = network.client.connections(ADDRESS, SERVER, cleared_at)[0]
    assert first.at >= cleared_at
    assert {each.recipient for each in network.client.received(ADDRESS, SERVER)} == {
        reader for reader in READERS if reader.endswith(DOMAIN)
    }
    (await program.stop()).expect()
