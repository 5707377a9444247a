"""Every way into a message or a command, tried with what would break out of it: people's words, lists, files, replies."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email import policy
from email.parser import BytesParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from enginehouse import ADDRESSES, ME, EngineHouse
from sqlalchemy import delete, text

from app.database.schema import Member, MemberState
from app.rehearsal.scenario import Answer, Rule
from app.rehearsal.scenarios import single_host
from app.services import (
    addresses,
    audit,
    block_actions,
    dkim_keys,
    drafts,
    imports,
    lists,
    members,
    recipients,
    sites,
    streams,
    suppressions,
)
from app.services.messages import Content
from app.services.problems import Problem
from engine.replies import Stage

PAYLOADS = (
    "a\r\nX-Injected: yes",
    "a\nX-Injected: yes",
    "a\rX-Injected: yes",
    "a\x00b",
    "a\x85X-Injected: yes",
    "a\u2028X-Injected: yes",
    "a\x0bX-Injected: yes",
    "a\x0cX-Injected: yes",
    "a\r\n\r\nbody",
    "a\r\n.\r\nMAIL FROM:<evil@sender.test>\r\nRCPT TO:<victim@one.test>\r\nDATA\r\n",
    "a>\r\nRCPT TO:<victim@one.test>",
    "=?utf-8?q?a=0D=0AX-Injected:_yes?=",
)
BAD_ADDRESSES = (
    "p1@one.test>\r\nRCPT TO:<victim@one.test",
    "p1@one.test> ORCPT=rfc822;victim@one.test",
    '"a\r\nRCPT TO:<victim@one.test>"@one.test',
    "@evil.test:victim@one.test",
    "<victim@one.test>",
    "p1@one.test, victim@one.test",
    "p1@one.test victim@one.test",
    "p1@[127.0.0.1]",
    "p1@one.test\x00",
    "victim@one.test\u2028",
)
CONTENT = Content(from_address="news@sender.test", subject="News", text="Good morning.\n")
HOSTILE_EML = (
    b"Subject: a\rBcc: victim@one.test\r\nX-Kept: b\x0bX-Injected: yes\r\n\r\nbody\r\n",
    b"Subject: a\r\n X-Injected: folded\r\nBcc: victim@one.test\r\nResent-To: victim@one.test\r\n\r\nbody\r\n",
    b"Subject: a\x00b\nX-Kept: c\x00\r\nX-Bad Name: d\r\nX-\xffInjected: e\r\n\r\nbody\x00\n",
    b"Subject: \xe4\xf6\xfc\x85X-Injected: yes\nX-Kept: \xe2\x80\xa8X-Injected: yes\n\nbody\n",
    b"Subject: =?utf-8?q?a=0D=0AX-Injected:_yes=00?=\r\nX-Kept: =?utf-8?b?YQ0KWC1JbmplY3RlZDogeWVz?=\r\n\r\nbody\r\n",
    b"Subject: a\n\nb\n.\nMAIL FROM:<evil@sender.test>\nRCPT TO:<victim@one.test>\nDATA\n.\n",
    b"Subject: a\r\n\r\nb\r.\rMAIL FROM:<evil@sender.test>\r\n.\r\nc\n.\r\nRCPT TO:<victim@one.test>\r\n..\r\n.",
    b'Subject: a\r\nContent-Type: multipart/mixed; boundary="x\r\n\r\n.\r\ny"\r\n\r\n--x\r\n\r\nb\r\n--x--\r\n',
    b"Subject: a\r\nContent-Type: multipart/signed; boundary=x; a=\x00\r\n\r\n--x\r\n\r\n.\n.\r\r\n--x--\r\n",
    b'Subject: a\r\nContent-Type: text/plain; name="b\r\n\tX-Injected: yes"; charset="\r\nBcc: victim@one.test"\r\n\r\nb\r\n',
    b'Subject: a\nContent-Type: image/png\nContent-Disposition: attachment; filename="=?utf-8?q?=0D=0AX-Injected:_1?="\n\nb',
    b"From evil Sat Jan  1 00:00:00 2000\nSubject: a\nList-Unsubscribe: <https://one.test/\r\n\tX-Injected: yes>\n\nbody\n",
)
"""Files with bare line ends, NULs, eight-bit headers, folded headers, ends of data, broken boundaries and parameters."""
LONE_LINE_END = re.compile(r"(?<!\r)\n|\r(?!\n)").search
"""What a careless server takes for the end of a line (and so for the end of the data)."""
ODD_ADDRESSES = (
    '"p 1"@one.test',
    '"p>1"@one.test',
    "p%two.test@one.test",
    "p1!x@one.test",
    "p+=1@one.test",
    "grüße@one.test",
)
"""Unusual, and allowed: they arrive as written and as nothing else."""


@pytest.fixture
async def home(tmp_path: Path, rehearsal: Any) -> AsyncIterator[EngineHouse]:
    """An engine with a list whose servers keep what they get."""
    network = await rehearsal(single_host(["one.test"]), keep_content=True)
    made = EngineHouse(tmp_path, network, network.clock)
    await made.set_up(ADDRESSES[:1], {"delivery.connections_per_pair": "1"})
    yield made
    await made.close()


def content(**fields: Any) -> Content:
    """A message with one thing or another in it."""
    return replace(CONTENT, **fields)


def refused(door: Callable[..., object], *arguments: Any, **options: Any) -> bool:
    """Whether a door stays closed; what it lets in is not refused, and must be harmless then."""
    try:
        door(*arguments, **options)
    except Problem:
        return True
    return False


def test_what_is_no_address_comes_in_nowhere(home: EngineHouse) -> None:
    for address in BAD_ADDRESSES:
        assert refused(home.write, members.add, home.list, address), address
        assert refused(home.write, suppressions.add, address, reason="x"), address
        for field in ("from_address", "reply_to", "envelope_sender"):
            draft = drafts.Draft(f"m {field}", home.list, content(**{field: address}))
            assert refused(_create_and_start, home, draft), (field, address)


def _create_and_start(home: EngineHouse, draft: drafts.Draft) -> None:
    made = home.write(drafts.create, draft)
    home.write(drafts.start, made.id)


def test_helo_names_and_hosts_are_names(home: EngineHouse) -> None:
    for payload in PAYLOADS:
        assert refused(home.write, addresses.add, "127.0.0.77", helo=payload), payload
        assert refused(home.write, sites.create, payload), payload


async def test_nothing_that_people_write_breaks_out_of_a_message(home: EngineHouse) -> None:
    """Each payload through each door; what is let in is sent, and arrives as one message with the headers we gave it."""
    sent = 0
    home.write(members.add, home.list, "reader@one.test")
    for number, eml in enumerate(HOSTILE_EML):
        draft = drafts.Draft(
            f"eml {number}", home.list, replace(CONTENT, subject="", text="", eml=eml), stream_id=home.stream
        )
        sent += not refused(_create_and_start, home, draft)
    assert sent == len(HOSTILE_EML)
    for number, payload in enumerate(PAYLOADS):
        address = f"p{number}@one.test"
        refused(home.write, members.add, home.list, address, name=payload, fields={"city": payload})
        _write_past_the_services(home, address, payload)
        for door in ("subject", "from_name", "list_id_header", "unsubscribe_url", "unsubscribe_mailto"):
            said = content(**{"subject": "{{name}} {{city}}", "text": payload, door: payload})
            draft = drafts.Draft(f"{door} {number}", home.list, said, stream_id=home.stream)
            sent += not refused(_create_and_start, home, draft)
        for service, options in (
            (streams.create, {"name": payload, "addresses": [ADDRESSES[0]]}),
            (lists.create, {"name": payload, "site_id": 1}),
        ):
            refused(home.write, service, **options)
    assert sent > len(HOSTILE_EML)
    await home.start()
    await home.until(lambda: home.network.log.messages >= 1 and not _waiting(home), "all are sent")
    for message in home.network.log.received():
        assert not LONE_LINE_END(message.content)
        assert message.recipient != "victim@one.test"
        assert message.sender != "evil@sender.test"
        parsed = BytesParser(policy=policy.default).parsebytes(message.content.encode("latin-1"))
        assert not {"X-Injected", "Bcc", "Resent-To"} & set(parsed.keys())
        assert {"From", "To", "Subject", "Date", "Message-ID"} <= set(parsed.keys())
        assert len(parsed.get_all("Subject", [])) == 1
        assert not parsed.defects
    assert home.network.log.faults() == []
    assert set(home.network.log.commands()) <= {"EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"}


def _write_past_the_services(home: EngineHouse, address: str, payload: str) -> None:
    """A member whom another program wrote into the database."""
    stored = payload.replace("\x00", "")  # which PostgreSQL does not take, and SQLite cuts texts at
    with home.database.write() as session:
        session.execute(delete(Member).where(Member.address == address))
        session.add(
            Member(
                list_id=home.list,
                address=address,
                address_key=address,
                domain="one.test",
                name=stored,
                fields={"city": payload},
                joined_at=home.clock.now(),
                state=MemberState.ACTIVE,
            )
        )


def _waiting(home: EngineHouse) -> int:
    query = text("SELECT count(*) FROM recipients WHERE state = 'waiting'")
    return home.read(lambda session: int(session.execute(query).scalar_one()))


async def test_odd_addresses_arrive_as_written(home: EngineHouse) -> None:
    for address in ODD_ADDRESSES:
        home.write(members.add, home.list, address)
    home.start_mailing()
    await home.start()
    await home.completed()
    assert home.network.log.recipients() == dict.fromkeys(ODD_ADDRESSES, 1)


async def test_cells_of_a_file_are_cells(home: EngineHouse, tmp_path: Path) -> None:
    file = tmp_path / "hostile.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["address", "name", "city"])
        writer.writerows([f"c{number}@one.test", payload, payload] for number, payload in enumerate(PAYLOADS))
        writer.writerows([address, "", ""] for address in BAD_ADDRESSES)
    report = imports.import_members(home.database, home.list, file, actor=ME, now=home.clock.now())
    assert report.bad >= len(BAD_ADDRESSES)
    for view in home.read(lambda session: list(members.every(session, home.list))):
        assert view.address.startswith("c")
        assert not set(view.name + "".join(view.fields.values())) & set("\r\n\x00\x0b\x0c\x85\u2028")


async def test_a_reply_that_a_spreadsheet_would_run_is_neutralised(home: EngineHouse) -> None:
    home.network.add_rule(Rule(Stage.RCPT, Answer(550, '5.1.1 =HYPERLINK("http://evil.test")'), recipient="p1@*"))
    home.write(members.add, home.list, "p1@one.test", name="=1+1")
    home.start_mailing()
    await home.start()
    await home.completed()
    written = StringIO()
    home.read(recipients.export_csv, home.mailing().id, written)
    home.read(members.export_csv, home.list, written)
    cells = [cell for row in csv.reader(StringIO(written.getvalue())) for cell in row]
    assert "'=1+1" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_a_key_with_open_rights_is_refused_when_a_mailing_starts(home: EngineHouse, tmp_path: Path) -> None:
    view = home.write(dkim_keys.generate, domain="sender.test", selector="s1", folder=tmp_path / "keys")
    view.path.chmod(0o644)
    home.write(members.add, home.list, "p1@one.test")
    with pytest.raises(Problem, match="open to other users"):
        home.start_mailing()


def test_notes_and_reasons_are_one_line(home: EngineHouse) -> None:
    for payload in PAYLOADS[:9]:
        assert refused(home.write, block_actions.clear, [1], reason=payload) or "\n" not in str(
            home.read(lambda session: list(audit.every(session)))
        )
