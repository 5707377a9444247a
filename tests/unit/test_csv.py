"""Reading CSV as people have it, and writing CSV that a spreadsheet can open safely."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.csv_records import LONGEST_LINE, BadRecord, bounded_lines, records
from app.services.csv_shape import Column, UnusableFile, check_columns, inspect
from app.services.exports import neutral, plain, write_csv
from app.services.problems import BadValue


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "members.csv"
    path.write_bytes(content)
    return path


def read(text: str, separator: str = ",") -> list[tuple[int, list[str] | BadRecord]]:
    return list(records(io.StringIO(text), separator))


def test_a_file_that_is_one_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="can't be read as column names"):
        inspect(written(tmp_path, b"x" * (3 * LONGEST_LINE)))


def test_records_keep_their_line_numbers() -> None:
    assert read('a,b\n\n"x\ny",2\nc,d') == [(1, ["a", "b"]), (3, ["x\ny", "2"]), (5, ["c", "d"])]


@pytest.mark.parametrize("filling", ["x", '"', '"x'])
def test_a_line_that_is_far_too_long_is_one_bad_line_and_takes_no_memory(filling: str) -> None:
    text = io.StringIO("a,1\n" + filling * (4 * LONGEST_LINE) + "\nb,2\n" + filling * LONGEST_LINE + "x" * 9)
    lines = list(bounded_lines(text))
    assert max(map(len, lines)) <= LONGEST_LINE + 2
    found = list(records(lines, ","))
    assert [(number, isinstance(cells, BadRecord)) for number, cells in found] == [
        (1, False),
        (2, True),
        (3, False),
        (4, True),
    ]


def test_an_unclosed_quote_spoils_its_own_line_only() -> None:
    found = read('a,1\n"b,2\nc,3\nd,4\n')
    assert [number for number, cells in found if isinstance(cells, BadRecord)] == [2]
    assert [cells for _, cells in found if not isinstance(cells, BadRecord)] == [["a", "1"], ["c", "3"], ["d", "4"]]


def test_an_unclosed_quote_before_quoted_lines_spoils_its_own_line_only() -> None:
    found = read('"b,2\n"c",3\n"d",4\n')
    assert isinstance(found[0][1], BadRecord)
    assert found[1:] == [(2, ["c", "3"]), (3, ["d", "4"])]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=8),
            min_size=2,
            max_size=4,
        ),
        max_size=5,
    )
)
def test_what_we_write_is_what_we_read(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    write_csv(file, ["a", "b"], rows)
    cells = [cells for _, cells in records(io.StringIO(file.getvalue()), ",")]
    assert cells == [["a", "b"], *[[neutral(cell) for cell in row] for row in rows]]


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    for number, _ in read(text):
        assert number >= 1


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        ("address,name\na@example.com,Zoë\n".encode(), "utf-8-sig", ","),
        ("address;name\na@example.com;Zoë\n".encode("utf-8-sig"), "utf-8-sig", ";"),
        ("address\tname\na@example.com\tZoë\n".encode("cp1252"), "cp1252", "\t"),
        ("address|name\r\na@example.com|Zoë\r\n".encode("utf-16"), "utf-16", "|"),
        ("address,name\na@example.com,Zoë\n".encode("utf-16-le"), "utf-16-le", ","),
    ],
)
def test_finds_encoding_and_separator(tmp_path: Path, content: bytes, encoding: str, separator: str) -> None:
    preview = inspect(written(tmp_path, content))
    assert (preview.shape.encoding, preview.shape.separator) == (encoding, separator)
    assert preview.shape.columns == (Column("address", "address"), Column("name", "name"))
    assert preview.rows == (("a@example.com", "Zoë"),)


def test_one_damaged_byte_does_not_change_how_the_other_lines_are_read(tmp_path: Path) -> None:
    content = "address,name\na@example.com,Zoë\nb@example.com,Jürgen\n".encode() + b"c@example.com,\xff\n"
    preview = inspect(written(tmp_path, content))
    assert [row[1] for row in preview.rows] == ["Zoë", "Jürgen", "\ufffd"]


@pytest.mark.parametrize(
    ("header", "targets"),
    [
        ("Email,First name", ["address", "First name"]),
        ("E-Mail;NAME;Joined", ["address", "name", "joined"]),
        ("email,Domain,a,A,Company (old),", ["address", "Domain_2", "a", "A_2", "Company_old", ""]),
    ],
)
def test_headers_become_fields(tmp_path: Path, header: str, targets: list[str]) -> None:
    shape = inspect(written(tmp_path, f"{header}\n".encode())).shape
    assert [column.target for column in shape.columns] == targets
    check_columns(shape.columns)


def test_of_two_candidates_the_column_with_mail_addresses_is_taken(tmp_path: Path) -> None:
    shape = inspect(written(tmp_path, b"address,email\n1 Main St,a@example.com\n")).shape
    assert [column.target for column in shape.columns] == ["address_2", "address"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"name,city\n", "address or email"),
        (b"a@example.com\nb@example.com\n", "address or email"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (bytes(range(9)) * 99, "is no text"),
    ],
)
def test_an_unusable_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes, part: str) -> None:
    with pytest.raises(UnusableFile, match=part):
        inspect(written(tmp_path, content))


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="can't be read: No such file"):
        inspect(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "targets", [["name"], ["address", "address"], ["address", "a", "A"], ["address", 'a"b'], ["address", "domain"]]
)
def test_a_mapping_that_can_not_be_used_is_refused(targets: list[str]) -> None:
    with pytest.raises(BadValue):
        check_columns([Column(target, target) for target in targets])


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1"])
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(cell: str) -> None:
    assert neutral(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "a@example.com", "1-2", "a=b", "'quoted"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert neutral(cell) == cell


@given(st.text(max_size=20))
def test_neutralising_can_be_taken_back(cell: str) -> None:
    assert plain(neutral(cell)) == cell or cell.startswith("'")


def test_every_csv_file_is_written_by_the_one_that_neutralises() -> None:
    """No spreadsheet runs anything of an export: all go through exports.write_csv, as the source shows."""
    root = Path(__file__).resolve().parents[2]
    writers = {
        file.name
        for room in ("app", "ui", "engine")
        for file in (root / room).rglob("*.py")
        if re.search(r"\bcsv\.(writer|DictWriter)\b", file.read_text(encoding="utf-8"))
    }
    assert writers == {"exports.py"}


@given(st.text(max_size=30))
def test_no_cell_begins_a_formula(cell: str) -> None:
    written = io.StringIO()
    write_csv(written, (cell,), [(cell,)])
    for (read,) in csv.reader(io.StringIO(written.getvalue(), newline="")):
        assert not read.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert plain(read) == plain(cell) or plain(read) == cell
