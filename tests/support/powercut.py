"""What a disk holds after a power cut: built from a record of every write, name and sync that programs made in one folder.

What was synced before the cut is there. Of the rest nothing, a part or all may be there, in the order of writing or not, and
a write may be torn at the bounds of sectors. disk_recorder.c makes the record.
"""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

SECTOR: Final = 512
_ENTRY: Final = struct.Struct("=dQqIIII")
_SOURCE: Final = Path(__file__).with_name("disk_recorder.c")


class Kind(StrEnum):
    """What an entry tells of."""

    CREATED = "C"
    WRITTEN = "W"
    TRUNCATED = "T"
    SYNC_BEGUN = "S"
    SYNCED = "E"
    UNLINKED = "U"
    FOLDER_MADE = "M"


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. ``at`` in epoch seconds; ``offset`` is the new size of a file that was truncated."""

    at: float
    kind: Kind
    inode: int
    offset: int
    thread: int
    path: str
    data: bytes


class Surviving(StrEnum):
    """What of that which was not synced is on the disk all the same."""

    NOTHING = "nothing"
    ALL = "all"
    FIRST = "the first part, in the order of writing"
    ANY = "anything, torn at the bounds of sectors"


def recorder(folder: Path) -> Path | None:
    """Compile the recorder, for LD_PRELOAD; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = folder / "disk_recorder.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
    return library


def read_record(path: Path) -> list[Entry]:
    """All entries, in order."""
    content = path.read_bytes()
    entries, at = [], 0
    while at < len(content):
        instant, inode, offset, thread, kind, path_size, data_size = _ENTRY.unpack_from(content, at)
        at += _ENTRY.size
        name = content[at : at + path_size].decode()
        data = content[at + path_size : at + path_size + data_size]
        at += path_size + data_size
        entries.append(Entry(instant, Kind(chr(kind)), inode, offset, thread, name, data))
    return entries


Choice = Callable[[int], bool]
"""Whether something that was not synced, told by its entry's number, is on the disk all the same."""


@dataclass(slots=True)
class _File:
    """One file, whatever its names: what it held at first, what happened to it, and before which entry that was synced."""

    first: bytes = b""
    changes: list[int] = field(default_factory=list)
    synced: int = 0


class Tree:
    """A folder as it stands before a record of it begins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        paths = sorted(folder.rglob("*"))
        self.folders = [str(each) for each in (folder, *paths) if each.is_dir()]
        self.files = {str(each): (each.stat().st_ino, each.read_bytes()) for each in paths if each.is_file()}


@dataclass(slots=True)
class _History:
    """What happened until the cut."""

    files: dict[int, _File]
    names: dict[str, _File]
    folders: set[str]
    links: list[tuple[int, str, str, _File | None]] = field(default_factory=list)
    """Number of the entry, folder, path, and what it names from then on: a file, or None for a folder or for nothing."""
    synced: dict[str, int] = field(default_factory=dict)
    """Before which entry the names in a folder were synced."""


class Disks:
    """The disks that a power cut may have left of a folder. Rights and times are not those of the originals."""

    def __init__(self, before: Tree, entries: Sequence[Entry]) -> None:
        self._before = before
        self.entries = entries

    def write(self, cut: int, target: Path, surviving: Surviving, source: random.Random) -> None:
        """Write to *target* what there is when only the first *cut* entries have happened."""
        history = self._history(cut)
        chosen = _choice(cut, surviving, source)
        folders, names = self._names(history, chosen)
        torn = source if surviving is Surviving.ANY else None
        for folder in sorted(folders):
            self._place(folder, target).mkdir(mode=0o700)
        for path, file in names.items():
            if str(Path(path).parent) in folders and not path.endswith("-shm"):
                place = self._place(path, target)
                place.touch(0o600)
                place.write_bytes(self._content(file, chosen, torn))

    def delays(self, suffix: str, cut: int | None = None) -> list[tuple[float, float | None]]:
        """Each write to files whose names end like this, up to a cut: when it came, and after how many seconds it was on the disk
        (None: not before the cut). What was deleted before it was synced is left out."""
        waiting: dict[int, list[float]] = {}
        inodes: dict[str, int] = {}
        begun: dict[int, int] = {}
        found: list[tuple[float, float | None]] = []
        for entry in self.entries[:cut]:
            if not entry.path.endswith(suffix):
                continue
            match entry.kind:
                case Kind.CREATED:
                    inodes[entry.path], waiting[entry.inode] = entry.inode, []
                case Kind.WRITTEN:
                    waiting[entry.inode].append(entry.at)
                case Kind.UNLINKED:
                    del waiting[inodes.pop(entry.path)]
                case Kind.SYNC_BEGUN:
                    begun[entry.thread] = len(waiting[entry.inode])
                case Kind.SYNCED if entry.inode in waiting:
                    writes, count = waiting[entry.inode], begun[entry.thread]
                    found += [(at, entry.at - at) for at in writes[:count]]
                    del writes[:count]
        return found + [(at, None) for writes in waiting.values() for at in writes]

    def _place(self, path: str, target: Path) -> Path:
        return target / Path(path).relative_to(self._before.folder)

    def _history(self, cut: int) -> _History:
        known = {path: (inode, _File(content)) for path, (inode, content) in self._before.files.items()}
        history = _History(
            dict(known.values()),
            {path: file for path, (_, file) in known.items()},
            set(self._before.folders),
        )
        begun: dict[int, int] = {}
        for number, entry in enumerate(self.entries[:cut]):
            folder = str(Path(entry.path).parent)
            match entry.kind:
                case Kind.CREATED:
                    file = history.files[entry.inode] = _File()
                    history.links.append((number, folder, entry.path, file))
                case Kind.WRITTEN | Kind.TRUNCATED:
                    history.files[entry.inode].changes.append(number)
                case Kind.FOLDER_MADE:
                    history.folders.add(entry.path)
                    history.links.append((number, folder, entry.path, None))
                case Kind.UNLINKED:
                    history.links.append((number, folder, entry.path, None))
                case Kind.SYNC_BEGUN:
                    begun[entry.thread] = number
                case Kind.SYNCED if entry.path in history.folders:
                    history.synced[entry.path] = max(begun[entry.thread], history.synced.get(entry.path, 0))
                case Kind.SYNCED:
                    file = history.files[entry.inode]
                    file.synced = max(begun[entry.thread], file.synced)
        return history

    def _names(self, history: _History, chosen: Choice) -> tuple[set[str], dict[str, _File]]:
        """Folders and files of the disk by path."""
        folders, names = set(self._before.folders), dict(history.names)
        for number, folder, path, file in history.links:
            if number >= history.synced.get(folder, 0) and not chosen(number):
                continue
            if file is not None:
                names[path] = file
            elif self.entries[number].kind is Kind.FOLDER_MADE:
                folders.add(path)
            else:
                folders.discard(path)
                names.pop(path, None)
        there = {each for each in folders if all(str(above) in folders for above in self._above(each))}
        return there, names

    def _above(self, path: str) -> list[Path]:
        """The folders that a folder stands in, as far as they were recorded."""
        return [each for each in Path(path).parents if each.is_relative_to(self._before.folder)]

    def _content(self, file: _File, chosen: Choice, torn: random.Random | None) -> bytes:
        content = bytearray(file.first)
        for number in file.changes:
            entry, is_synced = self.entries[number], number < file.synced
            if not is_synced and not chosen(number):
                continue
            if entry.kind is Kind.TRUNCATED:
                _resize(content, entry.offset)
            else:
                _write(content, entry, None if is_synced else torn)
        return bytes(content)


def _choice(cut: int, surviving: Surviving, source: random.Random) -> Choice:
    match surviving:
        case Surviving.NOTHING:
            return lambda _: False
        case Surviving.ALL:
            return lambda _: True
        case Surviving.FIRST:
            last = source.randint(max(0, cut - 300), cut)
            return lambda number: number < last
        case Surviving.ANY:
            share = source.random()
            return lambda _: source.random() < share


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


def _write(content: bytearray, entry: Entry, torn: random.Random | None) -> None:
    """Write the data of an entry, or only some of the sectors that it touches."""
    at, end = entry.offset, entry.offset + len(entry.data)
    is_whole = torn is None or torn.random() < 0.5
    while at < end:
        bound = end if is_whole else min(end, (at // SECTOR + 1) * SECTOR)
        if is_whole or (torn is not None and torn.random() < 0.5):
            if len(content) < bound:
                _resize(content, bound)
            content[at:bound] = entry.data[at - entry.offset : bound - entry.offset]
        at = bound
