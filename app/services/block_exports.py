"""Writes the report of blocks to a file, as CSV or JSON, part by part. A service; reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from sqlalchemy.orm import Session

from app.services import blocks, exports
from app.services.block_words import values_of
from app.services.blocks import BlockView

COLUMNS: Final = (
    "id",
    "state",
    "total_block",
    "streams",
    "sending_address",
    "domain",
    "provider",
    "mx_host",
    "mx_address",
    "scope",
    "stage",
    "code",
    "enhanced",
    "reason",
    "reply",
    "rule",
    "since",
    "last_probe",
    "next_probe",
    "probes",
    "held",
    "note",
)
"""The columns of the CSV file; JSON has ``pairs`` besides."""


def write_csv(session: Session, file: TextIO, block_ids: Sequence[int]) -> int:
    """Write these blocks as CSV that no spreadsheet runs anything of; returns their number. Times in UTC."""
    return exports.write_csv(file, COLUMNS, (_cells(view) for view in _views(session, block_ids)))


def write_json(session: Session, file: TextIO, block_ids: Sequence[int]) -> int:
    """Write these blocks as a JSON array, one to a line; returns their number. Times in UTC."""
    written = 0
    file.write("[")
    for view in _views(session, block_ids):
        file.write(",\n" if written else "\n")
        json.dump(values_of(view), file, ensure_ascii=False)
        written += 1
    file.write("\n]\n")
    return written


def _views(session: Session, block_ids: Sequence[int]) -> Iterator[BlockView]:
    for start in range(0, len(block_ids), blocks.PAGE):
        yield from blocks.rows(session, block_ids[start : start + blocks.PAGE])


def _cells(view: BlockView) -> list[object]:
    values = values_of(view)
    return ["; ".join(view.streams) if name == "streams" else values[name] for name in COLUMNS]
