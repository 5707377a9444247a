"""Journals that a disk or a stranger has damaged: reading never fails, invents nobody's outcome, and keeps what is whole."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.journal import Dot, JournalWriter, PairName, read_journals
from engine.replies import Classification, Verdict
from engine.wire import End, Result

pytestmark = pytest.mark.expects_warnings

PAIRS = (PairName(1, "192.0.2.1", "198.51.100.1", "mx1.test"), PairName(2, "192.0.2.2", "198.51.100.2", "mx2.test"))
SAID = Classification(Verdict.BLOCK, rule="r", reason="is listed")
KEYS = st.tuples(st.integers(1, 6), st.integers(1, 2), st.sampled_from([1, 2]))
RESULTS = st.builds(
    lambda key, end, reply: Result(*key, end, "end_of_data", 250, "", reply, SAID if end is End.REFUSED else None),
    KEYS,
    st.sampled_from([End.DELIVERED, End.REFUSED, End.RETURNED]),
    st.text(max_size=20) | st.just("\udcf5MSj".encode("utf-8", "surrogatepass").decode("latin-1")),
)
CALLS = st.lists(st.tuples(st.lists(KEYS, max_size=3), st.lists(RESULTS, max_size=3)), min_size=1, max_size=8)


@dataclass(frozen=True, slots=True)
class Damage:
    """*length* bytes at *where* (both taken by the size of the file) replaced by *content*, or by a part of the file itself."""

    where: int
    length: int
    content: bytes | int

    def do(self, data: bytes) -> tuple[bytes, int]:
        """The damaged data, and where the damage begins."""
        at = self.where % (len(data) + 1)
        new = data[self.content % (len(data) + 1) :][:200] if isinstance(self.content, int) else self.content
        return data[:at] + new + data[at + self.length :], at


DAMAGES = st.lists(
    st.builds(
        Damage,
        st.integers(0, 5_000),
        st.sampled_from([0, 1, 4, 12, 100, 100_000]),
        st.binary(max_size=40) | st.integers(0, 5_000) | st.just(b"\xf5MSj") | st.just(b"\xf5MSj\xff\xff\xff\xff"),
    ),
    min_size=1,
    max_size=4,
)


@given(CALLS, DAMAGES)
def test_damage_invents_nothing_and_takes_what_it_hits(
    calls: list[tuple[list[Dot], list[Result]]], damages: list[Damage]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ends = _write(folder, calls)
        (file,) = folder.glob("*.journal")
        data, sound = file.read_bytes(), len(file.read_bytes())
        for damage in damages:
            data, at = damage.do(data)
            sound = min(sound, at)
        file.write_bytes(data)
        recovery = read_journals(folder)
    said = {(result.recipient, result.attempt): [] for _, results in calls for result in results}
    for _, results in calls:
        for result in results:
            said[result.recipient, result.attempt].append(result)
    dots = {(recipient, attempt) for given_dots, _ in calls for recipient, attempt, _ in given_dots}
    for noted in recovery.noted:
        key = noted.recipient, noted.attempt
        assert key in dots if noted.result is None else noted.result in said[key]
        assert noted.pair in PAIRS or noted.pair.sending_address == ""
    known = {(noted.recipient, noted.attempt) for noted in recovery.noted}
    for end, (given_dots, results) in zip(ends, calls, strict=True):
        if end <= sound:
            assert {key[:2] for key in given_dots} | {(each.recipient, each.attempt) for each in results} <= known


def _write(folder: Path, calls: list[tuple[list[Dot], list[Result]]]) -> list[int]:
    """Note the calls; where in the file each of them ends."""
    writer = JournalWriter(folder, open_dots=list, now=lambda: 5.0)
    for pair in PAIRS:
        writer.name_pair(pair)
    ends = []
    for dots, results in calls:
        writer.note(dots, results)
        (file,) = folder.glob("*.journal")
        ends.append(file.stat().st_size)
    writer.close()
    return ends


@given(st.binary(max_size=400), st.binary(max_size=100))
def test_any_bytes_are_read(first: bytes, second: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "00000001.journal").write_bytes(first)
        (folder / "00000002.journal").write_bytes(b"\xf5MSj" + second)
        assert read_journals(folder).noted == ()
