"""Files of members: any bytes are read or refused with a sentence, and what comes in is clean."""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.database.database import Database
from app.services import imports, lists, members, sites
from app.services.csv_records import MOST_LINES_OF_RECORD, BadRecord, records
from app.services.csv_shape import UnusableFile
from engine.addresses import parse_mailbox

CELLS = st.sampled_from(
    [
        "a@one.test",
        "A@ONE.test",
        "b@one.test",
        "ä@one.test",
        '"',
        '""',
        '"a,b"',
        "=1+1",
        "'=1",
        "\0",
        "\ufeff",
        "\x85",
        "2024-01-31",
        "x\ty",
    ]
)
ENDS = st.sampled_from([",", ";", "\t", "|", "\n", "\r\n", "\r", '"\n', "\n\n"])
TEXTS = st.lists(st.tuples(CELLS | st.text(max_size=6), ENDS).map("".join), max_size=25).map("".join)
HEADS = st.sampled_from(
    ["address,name,city\n", "email;joined;a\r\n", "name\taddress\n", '"address","x"\n', "Address|address2\n", ""]
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
FILES = st.binary(max_size=400) | st.builds(
    lambda head, text, encoding, noise: (head + text).encode(encoding, "replace") + noise,
    HEADS,
    TEXTS,
    ENCODINGS,
    st.just(b"") | st.binary(max_size=6),
)
ME, NOW = "tester", 1_700_000_000.0


@cache
def database() -> Database:
    folder = Path(tempfile.mkdtemp(prefix="mailstreams-fuzz-"))
    made = Database.open(f"sqlite:///{folder / 'mail.db'}", folder)
    with made.write() as session:
        sites.create(session, "lists.sender.test", actor=ME, now=NOW)
    return made


@given(TEXTS, st.sampled_from([",", ";", "\t", "|"]))
def test_every_line_is_a_record_or_bad(text: str, separator: str) -> None:
    lines = list(io.StringIO(text, newline=""))
    last = 0
    for number, record in records(lines, separator):
        assert last < number <= len(lines)
        last = number
        if isinstance(record, BadRecord):
            assert len(record.text) <= 200
        else:
            assert record
            assert sum(cell.count("\n") for cell in record) <= MOST_LINES_OF_RECORD
    assert not any(line.strip() for line in lines[last + MOST_LINES_OF_RECORD :])


@given(FILES)
def test_any_file_is_imported_or_refused(content: bytes) -> None:
    with database().write() as session:
        site = sites.listing(session)[0].id
        readers = lists.create(session, name="readers", site_id=site, actor=ME, now=NOW).id
    try:
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            file.write(content)
            file.flush()
            _import(readers, Path(file.name))
    finally:
        with database().write() as session:
            lists.delete(session, readers, actor=ME, now=NOW)


def _import(readers: int, path: Path) -> None:
    try:
        report = imports.import_members(database(), readers, path, actor=ME, now=NOW)
    except UnusableFile as refusal:
        assert str(refusal).endswith(".")
        return
    with database().read() as session:
        found = list(members.every(session, readers))
    assert len(found) == report.added
    assert len({parse_mailbox(view.address).key for view in found}) == len(found)
    for view in found:
        assert parse_mailbox(view.address).address == view.address
        assert not set(view.name + "".join(view.fields.values())) & set("\r\n\0\x0b\x85\u2028")
    assert imports.import_members(database(), readers, path, actor=ME, now=NOW).added == 0
