"""The journal: what is noted is read back, whatever becomes of the file; files go when nobody needs them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import journal
from engine.journal import Dot, JournalWriter, PairName, begin_journals, forget_journals, read_journals
from engine.replies import Classification, Verdict
from engine.wire import End, Result

PAIR = PairName(3, "192.0.2.1", "198.51.100.9", "mx.example.org")
BLOCKED = Classification(Verdict.BLOCK, rule="spamhaus", reason="is listed", advice="ask to be delisted")


def writer(
    folder: Path, *, segment_bytes: int = 1 << 20, open_dots: list[Dot] | None = None, at: float = 5.0
) -> JournalWriter:
    made = JournalWriter(folder, open_dots=lambda: open_dots or [], segment_bytes=segment_bytes, now=lambda: at)
    made.name_pair(PAIR)
    return made


def delivered(recipient: int, attempt: int = 1, text: str = "250 2.0.0 ok") -> Result:
    return Result(recipient, attempt, 3, End.DELIVERED, "end_of_data", 250, "", text)


def ends(folder: Path) -> dict[tuple[int, int], End]:
    return {(noted.recipient, noted.attempt): noted.end for noted in read_journals(folder).noted}


def test_a_dot_without_a_reply_is_in_doubt_and_one_with_a_reply_is_what_it_says(tmp_path: Path) -> None:
    notes = writer(tmp_path)
    notes.note([(1, 1, 3), (2, 4, 3)], [])
    refused = Result(2, 4, 3, End.REFUSED, "end_of_data", 550, "5.7.1", "550 5.7.1 no\nreally", BLOCKED)
    notes.note([(5, 1, 3)], [refused])
    notes.close()

    recovery = read_journals(tmp_path)

    assert [(noted.recipient, noted.attempt, noted.end, noted.pair) for noted in recovery.noted] == [
        (1, 1, End.IN_DOUBT, PAIR),
        (2, 4, End.REFUSED, PAIR),
        (5, 1, End.IN_DOUBT, PAIR),
    ]
    assert recovery.noted[1].result == refused
    assert recovery.noted[1].at == 5.0
    assert recovery.damaged == 0


def test_an_attempt_that_is_tried_again_after_a_block_counts_by_its_last_note(tmp_path: Path) -> None:
    notes = writer(tmp_path)
    notes.note([(1, 1, 3)], [])
    notes.note([], [Result(1, 1, 3, End.REFUSED, "end_of_data", 550, "", "550 blocked", BLOCKED)])
    notes.note([(1, 1, 3)], [])
    notes.close()

    assert ends(tmp_path) == {(1, 1): End.IN_DOUBT}


def test_of_several_workers_the_weightiest_note_counts(tmp_path: Path) -> None:
    """One was refused and the other delivered: delivered. One was refused and the other is open: in doubt."""
    first, second = writer(tmp_path / "1", at=1.0), writer(tmp_path / "2", at=2.0)
    first.note([(1, 1, 3)], [])
    first.note([], [delivered(1)])
    second.note([], [Result(1, 1, 3, End.REFUSED, "rcpt", 550, "", "550 blocked", BLOCKED)])
    first.note([(2, 1, 3)], [])
    second.note([], [Result(2, 1, 3, End.REFUSED, "rcpt", 550, "", "550 blocked", BLOCKED)])
    first.note([], [Result(3, 1, 3, End.REFUSED, "rcpt", 450, "", "450 first")])
    second.note([], [Result(3, 1, 3, End.REFUSED, "rcpt", 450, "", "450 second")])
    first.close()
    second.close()

    assert ends(tmp_path) == {(1, 1): End.DELIVERED, (2, 1): End.IN_DOUBT, (3, 1): End.REFUSED}
    [third] = [noted.result for noted in read_journals(tmp_path).noted if noted.recipient == 3]
    assert third is not None
    assert third.reply == "450 second"


def test_files_go_when_their_results_are_durable_and_open_dots_move_on(tmp_path: Path) -> None:
    still_open: list[Dot] = []
    notes = writer(tmp_path, segment_bytes=500, open_dots=still_open)
    sequence = 0
    for recipient in range(100):
        notes.note([(recipient, 1, 3)], [delivered(recipient - 1)] if recipient else [])
        sequence += 1
        if notes.is_full:
            still_open[:] = [(recipient, 1, 3)]
            notes.rotate(sequence)
            still_open.clear()
    before = len(list(tmp_path.glob("*.journal")))
    assert before > 5

    notes.committed(sequence - 30)
    assert len(list(tmp_path.glob("*.journal"))) == before, "the open dots have not moved on to a file on the disk"
    notes.sync_later()()
    notes.committed(sequence - 30)
    assert 1 < len(list(tmp_path.glob("*.journal"))) < before
    notes.committed(sequence)
    assert len(list(tmp_path.glob("*.journal"))) == 1
    notes.close()

    assert ends(tmp_path)[99, 1] is End.IN_DOUBT
    [pair] = {noted.pair for noted in read_journals(tmp_path).noted}
    assert pair == PAIR


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file that is open can't be deleted")
def test_a_journal_that_was_deleted_is_begun_anew_with_what_is_open(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    notes = writer(folder, open_dots=[(1, 1, 3)])
    notes.note([(1, 1, 3)], [delivered(2)])
    assert not notes.is_deleted
    shutil.rmtree(folder)
    assert not read_journals(folder).has_files
    assert notes.is_deleted

    notes.rotate(1)
    with pytest.raises(OSError, match="another worker"):
        writer(folder)
    notes.note([(3, 1, 3)], [])
    notes.close()

    assert ends(folder) == {(1, 1): End.IN_DOUBT, (3, 1): End.IN_DOUBT}
    assert read_journals(folder).has_files


@pytest.mark.expects_warnings
def test_a_torn_end_costs_only_what_is_torn(tmp_path: Path) -> None:
    notes = writer(tmp_path)
    notes.note([(1, 1, 3)], [])
    notes.note([(2, 1, 3)], [delivered(1)])
    notes.close()
    [file] = tmp_path.glob("*.journal")
    whole = file.read_bytes()
    first = whole.find(b"\xf5MSj", 1)

    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        expected = {} if length < first else {(1, 1): End.IN_DOUBT}
        assert ends(tmp_path) == expected, length


@pytest.mark.expects_warnings
@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300), where=st.integers(0, 400), length=st.integers(0, 50))
def test_garbage_never_raises_and_never_invents(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, where: int, length: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    notes = writer(folder)
    for recipient in range(3):
        notes.note([(recipient, 1, 3)], [])
    notes.close()
    [file] = folder.glob("*.journal")
    content = file.read_bytes()
    file.write_bytes(content[:where] + data + content[where + length :])

    found = ends(folder)

    assert set(found) <= {(0, 1), (1, 1), (2, 1)}
    assert set(found.values()) <= {End.IN_DOUBT}


def test_what_could_not_be_written_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle of a frame: the part is cut off again, and what comes later is readable."""
    notes = writer(tmp_path)
    notes.note([(1, 1, 3)], [])
    write = os.write
    calls = 0

    def full(file: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            return write(file, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "write", full)
        with pytest.raises(OSError, match="No space"):
            notes.note([(2, 1, 3)], [])
    notes.note([(4, 1, 3)], [delivered(1)])
    notes.close()

    recovery = read_journals(tmp_path)
    assert {noted.recipient: noted.end for noted in recovery.noted} == {1: End.DELIVERED, 4: End.IN_DOUBT}
    assert recovery.damaged == 0


def test_what_was_noted_is_put_on_the_disk_beside_the_work(tmp_path: Path) -> None:
    notes = writer(tmp_path)
    notes.note([(1, 1, 3)], [])
    sync = notes.sync_later()
    notes.rotate(1)
    notes.committed(1)
    sync()
    notes.close()


def test_what_was_read_can_be_forgotten(tmp_path: Path) -> None:
    notes = writer(tmp_path)
    notes.note([(1, 1, 3)], [])
    notes.close()

    forget_journals(tmp_path)

    assert not tmp_path.exists()


def test_journals_that_were_begun_are_told_from_those_that_are_lost(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    assert not read_journals(folder).has_files
    notes = writer(folder / "1")
    notes.note([(1, 1, 3)], [])
    notes.close()
    begin_journals(folder)
    begun = read_journals(folder)
    assert (begun.noted, begun.has_files) == ((), True)


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    notes = writer(tmp_path / "journal")
    notes.close()
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "journal").iterdir()} == {0o600}


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    notes = writer(tmp_path)
    with pytest.raises(OSError, match="another worker"):
        writer(tmp_path)
    notes.close()
    writer(tmp_path).close()


HOLDER = """
import sys, time
from pathlib import Path
from engine.journal import JournalWriter, PairName
writer = JournalWriter(Path(sys.argv[1]), open_dots=lambda: [])
writer.name_pair(PairName(3, "192.0.2.1", "198.51.100.9", "mx.example.org"))
writer.note([(1, 1, 3)], [])
print("ready", flush=True)
sys.stdin.read()
writer.note([(2, 1, 3)], [])
if len(sys.argv) > 2:
    time.sleep(60)
"""


def _holder(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert process.stdin is not None
    process.stdin.close()
    return process


def test_reading_waits_for_a_worker_that_is_ending(tmp_path: Path) -> None:
    """Its engine has died and it notes its last replies: what it notes is not missed."""
    with _holder(tmp_path) as process:
        assert ends(tmp_path) == {(1, 1): End.IN_DOUBT, (2, 1): End.IN_DOUBT}
        assert process.wait() == 0


def test_reading_kills_a_worker_that_does_not_end(tmp_path: Path) -> None:
    """It could still send what the journal says was never sent."""
    with _holder(tmp_path, "forever") as process:
        assert set(read_journals(tmp_path, patience=0.2).noted) != set()
        assert process.wait() != 0
