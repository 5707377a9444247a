"""Secrets and files stay with their user: the real program, run with a umask that would let everybody in."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import CommandLine
from desk import Desk

from app.database.database import Database
from app.paths import open_profile
from app.rehearsal.scenarios import single_host
from app.services import addresses, configuration, dkim_keys, drafts, lists, members, sites, streams
from app.services.messages import Content

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")

ME = "tester"
PASSWORD = "s3cret/of:db"


@pytest.fixture
def _everybody_let_in() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def _set_up(profile_folder: Path, network: Any) -> None:
    """A mailing that is started and will be signed."""
    profile, now = open_profile(profile_folder), time.time()
    told = {"actor": ME, "now": now}
    with Database.open(profile.database_url(), profile.backups) as database, database.write() as session:
        for key, value in (
            ("network.name_servers", network.name_server),
            ("network.smtp_port", str(network.smtp_port)),
            ("network.allow_loopback", "true"),
            ("delivery.workers", "1"),
        ):
            configuration.store(session, key, value, **told)
        addresses.add(session, "127.0.0.11", helo="out.sender.example", **told)
        stream = streams.create(session, name="news", addresses=["127.0.0.11"], **told).id
        site = sites.create(session, "lists.sender.example", **told).id
        readers = lists.create(session, name="readers", site_id=site, **told).id
        members.add(session, readers, "p1@one.test", **told)
        dkim_keys.generate(session, domain="sender.example", selector="s1", folder=profile.keys, **told)
        content = Content(from_address="news@sender.example", subject="News", text="Good morning.\n")
        draft = drafts.create(session, drafts.Draft("issue 1", readers, content, stream_id=stream), **told)
        drafts.start(session, draft.id, **told)


@pytest.mark.usefixtures("_everybody_let_in")
async def test_what_the_program_makes_is_for_its_user_alone_and_holds_no_key(
    mailstreams: CommandLine, rehearsal_process: Any, tmp_path: Path
) -> None:
    network = rehearsal_process(single_host(["one.test"]))
    profile = tmp_path / "some" / "where" / "profile"
    mailstreams.environment["MAILSTREAMS_PROFILE"] = str(profile)
    _set_up(profile, network)
    serving = await mailstreams.start("serve")
    await serving.line_with("ready")
    (key,) = (profile / "keys").iterdir()
    secret = key.read_bytes().splitlines()[5]
    assert len(secret) > 50
    seen = _check_files(profile, secret, key)
    assert {path.suffix for path in seen} >= {".db", ".db-wal", ".db-shm", ".journal", ".lock", ".log"}
    desk = Desk(profile)
    lines = (["backup"], ["config", "list"], ["dkim", "list"], ["audit", "export", str(profile / "trail.csv")])
    told = [await asyncio.to_thread(desk.run, *line) for line in (*lines, ["doctor"])]
    assert [each.exit_code for each in told[:-1]] == [0, 0, 0, 0], told
    ended = await serving.stop()
    assert network.client.recipients() == {"p1@one.test": 1}
    assert not [each for each in (*told, ended) if secret.decode() in each.stdout + each.stderr]
    (profile / "trail.csv").chmod(0o600)  # a file that a person chose has the rights of any other of his
    assert any("backup-" in path.name for path in _check_files(profile, secret, key))
    for folder in (profile, profile.parent):
        assert not stat.S_IMODE(folder.stat().st_mode) & 0o077


def _check_files(profile: Path, secret: bytes, key: Path) -> list[Path]:
    files = [path for path in profile.rglob("*") if path.exists()]
    for path in files:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert not mode & 0o077, f"{path.relative_to(profile)} has {mode:o}"
        if path.is_file() and path != key:
            assert secret not in path.read_bytes(), path
    return files


def test_the_password_of_a_database_is_told_to_nobody(tmp_path: Path) -> None:
    """The server refuses or is not there, the URL is damaged: what is said and written down has no password in it."""
    desk = Desk(tmp_path)
    config = desk.profile.config_file
    urls = (
        f"postgresql://anna:{PASSWORD}@127.0.0.1:9/mail",
        f"postgresql://127.0.0.1:9/mail?user=anna&password={PASSWORD}",
        f"postgresql://anna:{PASSWORD}@[127.0.0.1/mail",
    )
    for url in urls:
        config.write_text(f'database = "{url}"\n', encoding="utf-8")
        config.chmod(0o600)
        told = [desk.run("doctor"), desk.run("--database", url, "stream", "list")]
        assert {each.exit_code for each in told} <= {1, 2}
        assert not [each for each in told if "s3cret" in each.stdout + each.stderr]
    config.chmod(0o644)
    refused = desk.run("doctor")
    assert (refused.exit_code, "can be read by others" in refused.stderr) == (2, True)
    for path in tmp_path.rglob("*"):
        assert path == config or not path.is_file() or b"s3cret" not in path.read_bytes(), path
