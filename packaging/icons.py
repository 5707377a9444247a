"""Draws resources/icons/mailstreams.svg in the sizes and containers that desktops want, into a folder.

    python packaging/icons.py FOLDER

PNG files as hicolor/NxN/apps/mailstreams.png, mailstreams.ico for Windows, mailstreams.icns for macOS.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SOURCE: Final = Path(__file__).resolve().parents[1] / "resources" / "icons" / "mailstreams.svg"
SIZES: Final = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES: Final = (16, 24, 32, 48, 64, 128, 256)
ICNS_TYPES: Final = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}
"""The types of PNG pictures in an icns file, with their pixels."""


def png(renderer: QSvgRenderer, size: int) -> bytes:
    """The picture of *size* pixels as a PNG file."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload] # as documented; the stub wants bytes, which Qt refuses
    return bytes(data.data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """A Windows icon of PNG pictures: a header, an entry for each (0 stands for 256 pixels), the pictures."""
    offset = 6 + 16 * len(pictures)
    entries, body = b"", b""
    for size, picture in pictures.items():
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), offset + len(body))
        body += picture
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + body


def icns(pictures: dict[bytes, bytes]) -> bytes:
    """A macOS icon of PNG pictures: each with its type and length, lengths counting their own eight bytes."""
    body = b"".join(kind + struct.pack(">I", len(picture) + 8) + picture for kind, picture in pictures.items())
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main() -> None:
    """Write all of them."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    renderer = QSvgRenderer(str(SOURCE))
    if not renderer.isValid():
        raise SystemExit(f"{SOURCE} can't be drawn.")
    for size in SIZES:
        path = folder / "hicolor" / f"{size}x{size}" / "apps" / "mailstreams.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(renderer, size))
    (folder / "mailstreams.ico").write_bytes(ico({size: png(renderer, size) for size in ICO_SIZES}))
    (folder / "mailstreams.icns").write_bytes(icns({kind: png(renderer, size) for kind, size in ICNS_TYPES.items()}))


if __name__ == "__main__":
    main()
