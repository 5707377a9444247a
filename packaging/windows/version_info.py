"""Writes what Windows shows under "Details" of the two executables, as PyInstaller reads it.

python packaging/windows/version_info.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from app.version import VERSION

DESCRIPTIONS: Final = {"mailstreams": "MailStreams", "mailstreams-engine": "MailStreams engine and command line"}
_FORM: Final = """\
VSVersionInfo(
    ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0, OS=0x40004, fileType=1, subtype=0),
    kids=[
        StringFileInfo([StringTable("040904B0", [
            StringStruct("CompanyName", "MailStreams"),
            StringStruct("FileDescription", {description!r}),
            StringStruct("FileVersion", {version!r}),
            StringStruct("OriginalFilename", {file!r}),
            StringStruct("ProductName", "MailStreams"),
            StringStruct("ProductVersion", {version!r}),
        ])]),
        VarFileInfo([VarStruct("Translation", [0x0409, 1200])]),
    ],
)
"""


def form(name: str, version: str) -> str:
    """The description of one executable."""
    numbers = tuple(int(part) for part in (*version.split("."), "0", "0", "0")[:4])
    return _FORM.format(numbers=numbers, version=version, description=DESCRIPTIONS[name], file=f"{name}.exe")


def main() -> None:
    """Write both."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    for name in DESCRIPTIONS:
        (Path(sys.argv[1]) / f"{name}.version").write_text(form(name, VERSION), encoding="utf-8")


if __name__ == "__main__":
    main()
