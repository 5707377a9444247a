"""The journal of a worker process: which recipients got the last dot, and what was answered. Written by the worker, read by
the engine after a crash.

A file is a row of frames, each written with one call: mark, length, CRC-32, MessagePack. What a killed process has
handed to the kernel is not lost, so nobody waits for the disk; against a loss of power the worker syncs more than once
a second, the names of new files with it. Files are kept small and begin with what is still open, so that each can be
deleted as soon as the results noted in it are durable elsewhere.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from engine.filelock import FileLock
from engine.private_folders import make_private_folder
from engine.wire import End, Result

log = logging.getLogger(__name__)

SEGMENT_BYTES: Final = 4 * 1024 * 1024
"""A file is closed when it has grown to this."""

_sync: Final = getattr(os, "fdatasync", os.fsync)

LOCK_NAME: Final = "worker.lock"
"""Held by a worker for as long as it lives; its content is the process id."""

_SUFFIX: Final = ".journal"
_MARK: Final = b"\xf5MSj"
_HEAD: Final = len(_MARK) + 8


class PairName(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What stands behind the engine's number of a pair, so that an outcome can be written without the worker."""

    pair: int
    sending_address: str
    mx_address: str
    mx_host: str


Dot = tuple[int, int, int]
"""(recipient, attempt, pair): the last dot is about to be written."""


class _Batch(msgspec.Struct, frozen=True, array_like=True):
    """What is noted with one call. ``at`` in epoch seconds. Results stand before dots."""

    at: float
    pairs: list[PairName]
    results: list[Result]
    dots: list[Dot]


@dataclass(frozen=True, slots=True)
class Noted:
    """The last that a journal knows of one (recipient, attempt).

    ``result`` is None when the last dot went out and no reply was noted: in doubt. ``at`` in epoch seconds.
    """

    recipient: int
    attempt: int
    pair: PairName
    at: float
    result: Result | None

    @property
    def end(self) -> End:
        """What it came to."""
        return End.IN_DOUBT if self.result is None else self.result.end


@dataclass(frozen=True, slots=True)
class Recovery:
    """Everything that the journals of a folder say, one entry for each (recipient, attempt), oldest first."""

    noted: tuple[Noted, ...]
    damaged: int = 0
    """Bytes that could not be read: the torn end of a file, or damage."""
    has_files: bool = True
    """Without a file somebody has deleted the journal of a worker that had begun: nothing can be said of what it did."""


@dataclass(slots=True)
class _Segment:
    path: Path
    needed: int
    """The number of the batch of results that must be durable before the file can go."""
    is_succeeded: bool = False
    """The dots that were open at its end are on the disk in the next file."""


class JournalWriter:
    """Appends to the journal of one worker. Every method may raise OSError; then nothing of that call counts as noted."""

    def __init__(
        self,
        folder: Path,
        *,
        open_dots: Callable[[], Iterable[Dot]],
        segment_bytes: int = SEGMENT_BYTES,
        now: Callable[[], float] = time.time,
    ) -> None:
        """*open_dots* tells the dots that have no reply yet: they are noted again at the start of each file."""
        make_private_folder(folder)
        self._lock = FileLock(folder / LOCK_NAME)
        if not self._lock.acquire():
            raise OSError(f"another worker writes to {folder}")
        self._folder = folder
        self._open_dots = open_dots
        self._segment_bytes = segment_bytes
        self._now = now
        self._encoder = msgspec.msgpack.Encoder()
        self._names: dict[int, PairName] = {}
        self._named: set[int] = set()
        self._closed: list[_Segment] = []
        self._durable = 0
        self._unsynced: list[int] = []
        """Files that are closed but for this: what was last written to them has to reach the disk."""
        self._has_new_name = False
        self._count = max((int(file.stem) for file in folder.glob(f"*{_SUFFIX}") if file.stem.isdecimal()), default=0)
        self._file = -1
        self._size = 0
        self._path = folder
        self._begin_segment()

    def name_pair(self, name: PairName) -> None:
        """Tell what a pair's number stands for, before anything of the pair is noted."""
        if self._names.get(name.pair) != name:
            self._names[name.pair] = name
            self._named.discard(name.pair)

    def forget_pair(self, pair: int) -> None:
        """Nothing more of this pair comes."""
        self._names.pop(pair, None)
        self._named.discard(pair)

    def note(self, dots: Sequence[Dot], results: Sequence[Result]) -> None:
        """Append; call it before the dots are written to their sockets and before the results are told."""
        pairs = {dot[2] for dot in dots}
        pairs.update([result.pair for result in results])
        unnamed = [self._names[pair] for pair in pairs - self._named if pair in self._names]
        self._append(_Batch(self._now(), unnamed, list(results), list(dots)))
        self._named.update([name.pair for name in unnamed])

    @property
    def is_full(self) -> bool:
        """It is time for :meth:`rotate`."""
        return self._size >= self._segment_bytes

    @property
    def is_deleted(self) -> bool:
        """Somebody has deleted the file that is written to: it is time for :meth:`rotate`."""
        return os.fstat(self._file).st_nlink == 0

    def rotate(self, sequence: int) -> None:
        """Begin a new file. All results noted so far are in the batches up to *sequence*."""
        before, path = self._file, self._path
        if self.is_deleted:
            self._restore_folder()
        self._begin_segment()
        self._unsynced.append(before)
        self._closed.append(_Segment(path, sequence))

    def _restore_folder(self) -> None:
        """Folder and lock, if they are gone, too: the next engine must see that somebody still writes here."""
        make_private_folder(self._folder)
        lock = FileLock(self._folder / LOCK_NAME)
        if lock.acquire():
            self._lock.release()
            self._lock = lock

    def committed(self, sequence: int) -> None:
        """All batches up to *sequence* are durable: delete the files that nobody needs any more, oldest first."""
        self._durable = sequence
        self._delete()

    def _delete(self) -> None:
        with contextlib.suppress(OSError):  # what can't be deleted is tried again, and read twice does no harm
            while self._closed and self._closed[0].is_succeeded and self._closed[0].needed <= self._durable:
                self._closed[0].path.unlink(missing_ok=True)
                del self._closed[0]

    def sync_later(self) -> Callable[[], None]:
        """What puts everything noted so far on the disk, to be called in a thread: it takes its time. May raise OSError."""
        self._delete()
        files, self._unsynced, closed = [*self._unsynced, os.dup(self._file)], [], tuple(self._closed)
        folder = self._folder if self._has_new_name else None
        self._has_new_name = False

        def sync() -> None:
            with contextlib.ExitStack() as stack:
                for file in files:
                    stack.callback(os.close, file)
                    stack.callback(_sync, file)
                if folder is not None:
                    sync_names(folder)
            for segment in closed:
                segment.is_succeeded = True

        return sync

    def close(self) -> None:
        """Put the rest on the disk, close the file and let go of the folder."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                self.sync_later()()
            os.close(self._file)
            self._file = -1
        self._lock.release()

    def _begin_segment(self) -> None:
        """Open the next file with the open dots in it; the one before stays in use when that fails."""
        self._count += 1
        path = self._folder / f"{self._count:08d}{_SUFFIX}"
        file, size, named = self._file, self._size, self._named
        self._file = os.open(
            path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600
        )
        self._size, self._named = 0, set()
        try:
            if dots := list(self._open_dots()):
                self.note(dots, ())
        except OSError:
            os.close(self._file)
            path.unlink(missing_ok=True)
            self._file, self._size, self._named = file, size, named
            raise
        self._path = path
        self._has_new_name = True

    def _append(self, batch: _Batch) -> None:
        body = self._encoder.encode(batch)
        frame = b"".join((_MARK, len(body).to_bytes(4, "big"), zlib.crc32(body).to_bytes(4, "big"), body))
        written = 0
        try:
            while written < len(frame):
                written += os.write(self._file, frame[written:] if written else frame)
        except OSError:
            if written:
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(frame)


def read_journals(folder: Path, *, patience: float = 10.0) -> Recovery:
    """Read every journal in *folder* and below it. Never raises for damaged content.

    Waits up to *patience* seconds for a worker that still holds its folder (one whose engine has just died ends by itself),
    then kills it: nothing may be sent any more once this returns.
    """
    for lock in sorted(folder.rglob(LOCK_NAME)):
        FileLock(lock).wait_for_owner_to_end(patience)
    known: dict[tuple[int, int], Noted] = {}
    files = tuple(sorted(folder.rglob("*" + _SUFFIX)))
    damaged = 0
    for notes, bytes_damaged in map(_read_worker, _by_folder(files)):
        damaged += bytes_damaged
        for key, noted in notes.items():
            other = known.get(key)
            known[key] = noted if other is None else max(other, noted, key=_weight)
    if damaged:
        log.warning("%d bytes of the journal in %s could not be read", damaged, folder)
    return Recovery(tuple(sorted(known.values(), key=lambda noted: noted.at)), damaged, bool(files))


def make_folder(folder: Path) -> None:
    """Make the folder of one worker's journal, and put its name on the disk; raises OSError."""
    make_private_folder(folder.parent)
    folder.mkdir(mode=0o700)
    sync_names(folder.parent)
    sync_names(folder.parent.parent)


def forget_journals(folder: Path) -> None:
    """Delete the journals in *folder* and below it, and the folder; call it when all that they say is durable elsewhere.

    Oldest first: should this be the last that the process does, no dot is left whose reply is gone.
    """
    for file in sorted(folder.rglob("*" + _SUFFIX)):
        with contextlib.suppress(OSError):
            file.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def begin_journals(folder: Path) -> None:
    """Forget what former workers noted, which is durable elsewhere by now, and say by an empty file that journals are kept here:
    who finds none later knows that they were lost. May raise OSError."""
    forget_journals(folder)
    make_private_folder(folder)
    (folder / f"engine{_SUFFIX}").touch(mode=0o600)
    sync_names(folder)


def sync_names(folder: Path) -> None:
    """Put the names of a folder's files on the disk; where a system has no such thing, it looks after them by itself."""
    if os.name == "nt":
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(file)
    finally:
        os.close(file)


def _weight(noted: Noted) -> tuple[int, float]:
    """What several workers say of one attempt: accepted is accepted, then a dot without a reply, then the newest reply."""
    return {End.DELIVERED: 3, End.IN_DOUBT: 2, End.REFUSED: 1, End.RETURNED: 0}[noted.end], noted.at


def _by_folder(files: Iterable[Path]) -> Iterator[list[Path]]:
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(file.parent, []).append(file)
    yield from folders.values()


def _read_worker(files: Sequence[Path]) -> tuple[dict[tuple[int, int], Noted], int]:
    """What one worker noted, in the order in which it did: the newest note of an attempt counts."""
    notes: dict[tuple[int, int], Noted] = {}
    damaged = 0
    for file in files:
        names: dict[int, PairName] = {}
        content = file.read_bytes()
        good = 0
        for batch, size in _frames(content):
            good += size
            names.update({name.pair: name for name in batch.pairs})
            _apply(batch, names, notes)
        damaged += len(content) - good
    return notes, damaged


def _apply(batch: _Batch, names: dict[int, PairName], notes: dict[tuple[int, int], Noted]) -> None:
    for result in batch.results:
        name = names.get(result.pair) or PairName(result.pair, "", "", "")
        notes[result.recipient, result.attempt] = Noted(result.recipient, result.attempt, name, batch.at, result)
    for recipient, attempt, pair in batch.dots:
        name = names.get(pair) or PairName(pair, "", "", "")
        notes[recipient, attempt] = Noted(recipient, attempt, name, batch.at, None)


def _frames(content: bytes) -> Iterator[tuple[_Batch, int]]:
    """Every whole frame with its size; what lies between is skipped."""
    decoder = msgspec.msgpack.Decoder(_Batch)
    at = content.find(_MARK)
    while at >= 0:
        end = at + _HEAD + int.from_bytes(content[at + 4 : at + 8], "big")
        body = content[at + _HEAD : end]
        batch = None
        if end <= len(content) and zlib.crc32(body).to_bytes(4, "big") == content[at + 8 : at + _HEAD]:
            try:
                batch = decoder.decode(body)
            except msgspec.DecodeError:
                batch = None
        if batch is None:
            at = content.find(_MARK, at + 1)
        else:
            yield batch, end - at
            at = content.find(_MARK, end)
