"""The columns of the report of blocks, for groups, blocks and pairs, and of the history of all blocks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from app.services.block_history import EventRow, EventSort
from app.services.blocks import BlockSort, BlockView
from engine.blocks import BlockState
from engine.replies import Scope
from ui import words
from ui.models.block_lines import BlockLine, GroupLine, Line, PairLine
from ui.models.block_marks import block_mark, event_mark
from ui.models.columns import Column
from ui.theme import Tone
from ui.widgets.marks import Mark

translate = QCoreApplication.translate
Now = Callable[[], float]
LONGEST_CELL = 300
"""Characters of a reply that a cell shows; the details have all."""


def block_columns(now: Now) -> tuple[Column[Line], ...]:
    """Columns of the report. The first one tells a group's name, and the state of a block."""
    return (
        Column(
            "state",
            translate("blocks", "State"),
            _state,
            sort=BlockSort.STATE,
            width=22,
            least=22,
            mark=_mark,
            bold=_is_group,
        ),
        _of_block("streams", translate("blocks", "Streams"), BlockSort.STREAMS, _streams, width=13),
        _of_block(
            "address",
            translate("blocks", "Sending address"),
            BlockSort.SENDING_ADDRESS,
            lambda block: block.sending_address,
            width=16,
            least=14,
            is_fixed=True,
        ),
        _of_block(
            "domain",
            translate("blocks", "Domain"),
            BlockSort.DOMAIN,
            lambda block: words.one_line(block.domain),
            width=17,
            least=12,
        ),
        _of_block("provider", translate("blocks", "Provider"), BlockSort.PROVIDER, provider_of, width=12, least=9),
        Column(
            "mx_host",
            translate("blocks", "MX host"),
            _mx_host,
            sort=BlockSort.MX_HOST,
            width=26,
            tip=_mx_host,
            hidden=True,
        ),
        Column(
            "mx_address",
            translate("blocks", "MX address"),
            _mx_address,
            sort=BlockSort.MX_ADDRESS,
            width=16,
            least=16,
            is_fixed=True,
        ),
        _of_block(
            "reason",
            translate("blocks", "Reason"),
            BlockSort.REASON,
            lambda block: words.one_line(block.reason),
            width=24,
            least=9,
        ),
        Column("reply", translate("blocks", "Reply"), _reply, sort=BlockSort.REPLY, width=26, least=8, tip=_reply_tip),
        Column(
            "since",
            translate("blocks", "Since"),
            lambda line: _when(line, now),
            sort=BlockSort.SINCE,
            width=11,
            least=11,
            tip=_since_tip,
        ),
        _time(
            "last_probe",
            translate("blocks", "Last probe"),
            BlockSort.LAST_PROBE,
            lambda block: words.ago(block.last_probe, now()),
            lambda block: block.last_probe,
        ),
        _time(
            "next_probe",
            translate("blocks", "Next probe"),
            BlockSort.NEXT_PROBE,
            lambda block: next_probe(block, now()),
            lambda block: block.next_probe,
        ),
        Column(
            "held",
            translate("blocks", "Held"),
            _held,
            sort=BlockSort.HELD,
            width=9,
            least=7,
            is_number=True,
            header_tip=translate(
                "blocks", "Recipients that wait because every address of their stream is refused there"
            ),
        ),
        _of_block(
            "probes",
            translate("blocks", "Probes"),
            BlockSort.PROBES,
            lambda block: words.number(block.probes) if block.probes else words.NONE,
            width=8,
            least=6,
            is_number=True,
        ),
    )


def next_probe(block: BlockView, now: float) -> str:
    """When a block is tested next: "in 14 min", "Permanent", "now" while it is, "–" when it needs no test."""
    if block.state is BlockState.PERMANENT:
        return translate("blocks", "Permanent")
    if block.state is BlockState.PROBING:
        return translate("blocks", "now")
    if block.probe_requested:
        return translate("blocks", "at once")
    return words.until(block.next_probe, now)


def provider_of(block: BlockView) -> str:
    """The provider's name; the exchanger group's when it has none."""
    return words.one_line(block.provider or block.group)


def event_columns() -> tuple[Column[EventRow], ...]:
    """Columns of the history of all blocks."""
    return (
        Column("at", translate("blocks", "Time"), lambda row: words.exact(row.at), sort=EventSort.AT, width=28),
        Column(
            "kind",
            translate("blocks", "What"),
            lambda row: event_mark(row.kind).word,
            sort=EventSort.KIND,
            width=22,
            mark=lambda row: event_mark(row.kind),
        ),
        Column(
            "actor", translate("blocks", "Who"), lambda row: words.one_line(row.actor), sort=EventSort.ACTOR, width=14
        ),
        Column(
            "address",
            translate("blocks", "Sending address"),
            lambda row: row.sending_address,
            sort=EventSort.SENDING_ADDRESS,
            width=20,
            is_fixed=True,
        ),
        Column(
            "domain",
            translate("blocks", "Domain"),
            lambda row: words.one_line(row.domain),
            sort=EventSort.DOMAIN,
            width=20,
        ),
        Column(
            "mx_address",
            translate("blocks", "MX address"),
            lambda row: row.mx_address,
            sort=EventSort.MX_ADDRESS,
            width=20,
            is_fixed=True,
        ),
        Column(
            "text", translate("blocks", "Details"), lambda row: words.one_line(row.text), sort=EventSort.TEXT, width=34
        ),
        Column(
            "reply",
            translate("blocks", "Reply"),
            lambda row: words.one_line(row.reply[:LONGEST_CELL]),
            sort=EventSort.REPLY,
            width=50,
            tip=lambda row: wrapped(row.reply),
        ),
    )


def wrapped(reply: str) -> str:
    """A reply for a tooltip: escaped, and broken into lines, for a plain tooltip is one line of any length."""
    text = words.one_line(reply)
    return "\n".join(text[start : start + 100] for start in range(0, min(len(text), 1_000), 100))


def _of_block(
    key: str,
    title: str,
    sort: BlockSort,
    text: Callable[[BlockView], str],
    *,
    width: int,
    least: int = 0,
    is_fixed: bool = False,
    is_number: bool = False,
) -> Column[Line]:
    """A column that tells something of a block; empty beside groups and pairs."""

    def told(line: Line) -> str:
        return text(line.block) if isinstance(line, BlockLine) else ""

    return Column(
        key, title, told, sort=sort, width=width, least=least, is_fixed=is_fixed, is_number=is_number, tip=told
    )


def _time(
    key: str, title: str, sort: BlockSort, text: Callable[[BlockView], str], at: Callable[[BlockView], float | None]
) -> Column[Line]:
    return Column(
        key,
        title,
        lambda line: text(line.block) if isinstance(line, BlockLine) else "",
        sort=sort,
        width=11,
        least=11,
        tip=lambda line: words.exact(at(line.block)) if isinstance(line, BlockLine) else "",
    )


def _is_group(line: Line) -> bool:
    return isinstance(line, GroupLine)


def _state(line: Line) -> str:
    match line:
        case GroupLine():
            number = translate("blocks", "%Ln block(s)", "", line.blocks)
            name = words.one_line(line.name) or translate("blocks", "in no stream")
            return f"{name} · {number}"
        case PairLine():
            return translate("blocks", "Refused")
        case BlockLine():
            return block_mark(line.block).word


def _mark(line: Line) -> Mark | None:
    match line:
        case GroupLine():
            return Mark("alert-octagon", "", Tone.BAD) if line.held else None
        case PairLine():
            return Mark("subdirectory-arrow-right", "", Tone.MUTED)
        case BlockLine():
            return block_mark(line.block)


def _streams(block: BlockView) -> str:
    return words.one_line(", ".join(block.streams)) or words.NONE


def _mx_host(line: Line) -> str:
    match line:
        case GroupLine():
            return ""
        case PairLine():
            return words.one_line(line.pair.mx_host)
        case BlockLine():
            return words.one_line(line.block.group if line.block.scope is Scope.GROUP else line.block.mx_host)


def _mx_address(line: Line) -> str:
    match line:
        case GroupLine():
            return ""
        case PairLine():
            return line.pair.mx_address
        case BlockLine() if line.block.scope is Scope.GROUP:
            return translate("blocks", "all, %Ln refused", "", len(line.block.pairs))
        case BlockLine():
            return line.block.mx_address


def _text_of_reply(line: Line) -> str:
    match line:
        case GroupLine():
            return ""
        case PairLine():
            return line.pair.reply
        case BlockLine():
            return line.block.reply


def _reply(line: Line) -> str:
    return words.one_line(_text_of_reply(line)[:LONGEST_CELL])


def _reply_tip(line: Line) -> str:
    return wrapped(_text_of_reply(line))


def _since(line: Line) -> float | None:
    match line:
        case GroupLine():
            return None
        case PairLine():
            return line.pair.at
        case BlockLine():
            return line.block.since


def _when(line: Line, now: Now) -> str:
    return "" if isinstance(line, GroupLine) else words.ago(_since(line), now())


def _since_tip(line: Line) -> str:
    return words.exact(_since(line))


def _held(line: Line) -> str:
    match line:
        case PairLine():
            return ""
        case GroupLine():
            return words.number(line.held) if line.held else ""
        case BlockLine():
            return words.number(line.block.held) if line.block.held else words.NONE
