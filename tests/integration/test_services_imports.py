"""Importing members from files as people have them, on both databases; and what is left of an import that is killed."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from administration import ACTOR, NOW, Office

from app.database.database import Database
from app.services import imports, lists, members, suppressions
from app.services.csv_shape import Column, CsvShape, UnusableFile
from app.services.imports import ImportProgress, ImportReport
from app.services.members import MemberView
from app.services.problems import BadValue


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


Import = Callable[..., ImportReport]


@pytest.fixture
def load(office: Office, tmp_path: Path) -> Import:
    """Import a text into a list."""

    def load(list_id: int, text: str | bytes, **options: object) -> ImportReport:
        path = tmp_path / "members.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return imports.import_members(office.database, list_id, path, actor=ACTOR, now=NOW, **options)

    return load


def everyone(office: Office, list_id: int) -> dict[str, MemberView]:
    with office.database.read() as session:
        return {member.address: member for member in members.every(session, list_id)}


def test_columns_become_fields(office: Office, load: Import) -> None:
    list_id = office.list()
    report = load(list_id, "Email;Name;City;joined\nJo@Example.NET;Jo;Bern;2024-05-31\nb@example.net;;Zürich;\n")
    assert (report.added, report.taken, report.bad) == (2, 2, 0)
    found = everyone(office, list_id)
    jo = found["Jo@example.net"]
    assert (jo.name, jo.domain, jo.joined, jo.fields) == ("Jo", "example.net", 1_717_113_600.0, {"City": "Bern"})
    assert (found["b@example.net"].joined, found["b@example.net"].fields) == (NOW, {"City": "Zürich"})
    with office.database.read() as session:
        assert lists.get(session, list_id).fields == ("City",)
    assert office.trail()[0].action == "member.import"


def test_bad_lines_are_listed_and_the_others_are_taken(office: Office, load: Import) -> None:
    list_id = office.list()
    lines = [f"a{number}@example.net,City,2024-01-01" for number in range(1000)]
    lines[10] = "nobody,x,"
    lines[20] = "a@example.net,x"
    lines[30] = "a@example.net,x,,y"
    lines[40] = "a@example.net,x,yesterday"
    lines[50] = '"a@example.net,x,'
    lines[60] = '"a@example.net","x\ny",'
    lines[70] = "a@b..example,x,"
    report = load(list_id, "address,city,joined\n" + "\n".join(lines) + "\n")
    assert (report.added, report.bad) == (993, 7)
    assert [(bad.line, bad.column) for bad in report.bad_lines] == [
        (12, "address"),
        (22, ""),
        (32, ""),
        (42, "joined"),
        (52, ""),
        (62, "city"),
        (73, "address"),
    ]
    assert "has 2 cells, the header has 3" in report.bad_lines[1].sentence
    assert "line breaks" in report.bad_lines[5].sentence
    assert len(everyone(office, list_id)) == 993


def test_broken_bytes_spoil_their_line_only(office: Office, load: Import) -> None:
    list_id = office.list()
    report = load(list_id, "address,name\na@example.net,Zoë\nb@example.net,Jürg\n".encode() + b"c@example.net,\xff\n")
    assert (report.added, report.bad_lines[0].line, report.bad_lines[0].column) == (2, 4, "name")
    assert everyone(office, list_id)["a@example.net"].name == "Zoë"


def test_the_last_of_several_lines_about_one_mailbox_counts(office: Office, load: Import) -> None:
    list_id = office.list()
    report = load(list_id, "address,city\nA@example.net,Bern\nb@example.net,Thun\na@EXAMPLE.net,Biel\n")
    assert (report.added, report.duplicates) == (2, 1)
    assert everyone(office, list_id)["a@example.net"].fields == {"city": "Biel"}


def test_known_members_are_brought_up_to_date(office: Office, load: Import) -> None:
    list_id = office.list()
    office.member(list_id, "a@example.net", "Anna", city="Bern", plan="gold")
    office.member(list_id, "b@example.net", "Bert", city="Thun")
    report = load(list_id, "address,CITY\na@example.net,\nb@example.net,Thun\nc@example.net,Biel\n")
    assert (report.added, report.updated, report.unchanged, report.taken) == (1, 1, 1, 3)
    found = everyone(office, list_id)
    assert (found["a@example.net"].name, found["a@example.net"].fields) == ("Anna", {"plan": "gold"})
    assert (found["a@example.net"].joined, found["c@example.net"].fields) == (NOW, {"city": "Biel"})


def test_suppressed_mailboxes_stay_suppressed(office: Office, load: Import) -> None:
    list_id = office.list()
    with office.writing() as session:
        suppressions.add(session, "a@example.net", reason="complaint", actor=ACTOR, now=NOW)
        suppressions.add(session, "b@example.net", reason="left", actor=ACTOR, now=NOW, list_id=list_id)
    text = "address\nA@example.net\nb@example.net\nc@example.net\n"
    assert load(list_id, text).suppressed == 2
    assert load(list_id, text).suppressed == 2
    assert {each.address: each.suppressed for each in everyone(office, list_id).values()} == {
        "A@example.net": True,
        "b@example.net": True,
        "c@example.net": False,
    }


def test_the_administrator_may_map_columns(office: Office, load: Import) -> None:
    list_id = office.list()
    shape = CsvShape("utf-8", ",", (Column("mail", "address"), Column("who", "name"), Column("x", "")))
    assert load(list_id, "mail,who,x\na@example.net,Anna,secret\n", shape=shape).added == 1
    assert (everyone(office, list_id)["a@example.net"].name, everyone(office, list_id)["a@example.net"].fields) == (
        "Anna",
        {},
    )
    with pytest.raises(BadValue, match="exactly one column"):
        load(list_id, "mail,who,x\n", shape=CsvShape("utf-8", ",", (Column("mail", "name"),)))


def test_formulas_and_sql_are_just_texts(office: Office, load: Import) -> None:
    list_id = office.list()
    load(list_id, 'address,name,note\na@example.net,"Robert\'); DROP TABLE members;--",=1+1\n')
    member = everyone(office, list_id)["a@example.net"]
    assert (member.name, member.fields) == ("Robert'); DROP TABLE members;--", {"note": "=1+1"})


def test_a_file_without_good_lines_changes_nothing(office: Office, load: Import) -> None:
    list_id = office.list()
    before = office.counter("lists")
    report = load(list_id, "address,city\nnobody,x\n\n")
    assert (report.taken, report.bad) == (0, 1)
    assert office.counter("lists") == before
    with office.database.read() as session:
        assert lists.get(session, list_id).fields == ()


def test_an_unusable_file_is_refused(office: Office, load: Import) -> None:
    list_id = office.list()
    with pytest.raises(UnusableFile, match="address or email"):
        load(list_id, "name,city\nx,y\n")


def test_progress_is_told_and_cancelling_leaves_nothing(office: Office, load: Import) -> None:
    list_id = office.list()
    text = "address,city\n" + "".join(f"a{number}@example.net,x\n" for number in range(12_000))
    seen: list[ImportProgress] = []
    report = load(list_id, text, progress=seen.append, cancelled=lambda: len(seen) == 2)
    assert (report.cancelled, report.taken, len(seen)) == (True, 0, 2)
    assert everyone(office, list_id) == {}
    seen.clear()
    assert load(list_id, text, progress=seen.append).added == 12_000
    assert [each.taken for each in seen] == [5_000, 10_000, 12_000, 12_000]
    assert [each.storing for each in seen] == [False, False, False, True]
    assert seen[-1].bytes_read == seen[-1].bytes_total == len(text)


def test_other_writers_need_not_wait_while_lines_are_read(office: Office, load: Import) -> None:
    list_id = office.list()
    hosts: list[str] = []

    def write_something(step: ImportProgress) -> None:
        hosts.append(f"s{len(hosts)}.example.com")
        office.site(hosts[-1])

    text = "address\n" + "".join(f"a{number}@example.net\n" for number in range(6_000))
    assert load(list_id, text, progress=write_something).added == 6_000
    assert len(hosts) == 3


def test_memory_does_not_grow_with_the_file(office: Office, load: Import) -> None:
    list_id = office.list()

    def peak(lines: int) -> int:
        text = "address,name,city\n" + "".join(f"a{at}@example.net,Name {at},City {at % 9}\n" for at in range(lines))
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        load(list_id, text)
        return tracemalloc.get_traced_memory()[1] - start - len(text)

    tracemalloc.start()
    try:
        peak(10_000)  # what is loaded and kept once
        small = peak(10_000)
        assert peak(30_000) < 2 * small
    finally:
        tracemalloc.stop()


KILLED = """
import os, signal, sys
from pathlib import Path
from app.database.database import Database
from app.services import import_merge, imports

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

url, folder, file, where = sys.argv[1:]
progress = None
if where == "merging":
    import_merge.Merge.finish = die
else:
    progress = lambda step: die() if step.storing == (where == "read") else None
with Database.open(url, Path(folder)) as database:
    imports.import_members(database, 1, Path(file), actor="alex", now=1.0, progress=progress)
"""


@pytest.mark.parametrize("where", ["reading", "read", "merging"])
def test_a_killed_import_leaves_nothing_behind(office: Office, database_url: str, tmp_path: Path, where: str) -> None:
    list_id = office.list()
    file = tmp_path / "members.csv"
    file.write_text("address,city\n" + "".join(f"a{number}@example.net,x\n" for number in range(20_000)))
    arguments = [database_url, str(tmp_path / "backups"), str(file), where]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, timeout=60, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert everyone(office, list_id) == {}
    report = imports.import_members(office.database, list_id, file, actor=ACTOR, now=NOW)
    assert report.added == 20_000


def test_an_export_can_be_imported_again(office: Office, load: Import) -> None:
    first, second = office.list("first"), office.list("second", office.site("two.example.com"))
    load(
        first,
        'address,name,joined,note\n+tag@example.net,"=1+1",2024-05-31T10:00:00Z,"a, ""b"""\nb@example.net,-Bert,,\n',
    )
    file = io.StringIO(newline="")
    with office.database.read() as session:
        assert members.export_csv(session, first, file) == 2
    assert "'+tag@example.net,'=1+1,2024-05-31T10:00:00Z" in file.getvalue()
    assert load(second, file.getvalue()).added == 2

    def values(list_id: int) -> list[tuple[object, ...]]:
        return [(each.address, each.name, each.joined, each.fields) for each in everyone(office, list_id).values()]

    assert values(second) == values(first)
