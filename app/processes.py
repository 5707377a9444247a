"""Whether a process lives, seen from others of this machine; and names for files that are of use to one process only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
from pathlib import Path
from typing import Final

import psutil

_OWNED: Final = re.compile(r"\.mailstreams-(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]+)-(?P<word>[0-9a-f]{16})-.*", re.DOTALL)


def process_word(pid: int) -> str | None:
    """What tells a living process from all others that had or will have its pid; None when there is none.

    On Linux the boot and the tick of its start, which do not move when the machine's clock is set.
    """
    if platform.system() == "Linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()  # from field 3 on, proc(5): the name before may hold blanks
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


def owned_name(suffix: str) -> str:
    """A name for a file or folder that is of no use to anybody once this process has ended: see :func:`remove_orphans`."""
    pid = os.getpid()
    return f".mailstreams-{_digest(platform.node(), 4)}-{pid}-{_digest(process_word(pid) or '', 8)}-{suffix}"


def remove_orphans(folder: Path) -> None:
    """Remove from a folder what processes of this machine have left that were killed in the middle of something."""
    with contextlib.suppress(OSError):
        for each in folder.iterdir():
            owner = _OWNED.fullmatch(each.name)
            if owner is None or owner["host"] != _digest(platform.node(), 4):
                continue
            if _digest(process_word(int(owner["pid"])) or "", 8) == owner["word"]:
                continue
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=size).hexdigest()
