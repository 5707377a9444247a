"""The columns of the streams page: of the table of streams, and of the addresses of one."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.services.addresses import AddressState
from app.services.stream_details import AddressLine
from app.services.streams import StreamRow
from engine.limits import LimitRule
from ui import words
from ui.models.columns import Column
from ui.theme import Tone
from ui.widgets.marks import Mark

translate = QCoreApplication.translate


def stream_columns() -> tuple[Column[StreamRow], ...]:
    """Columns of the table of streams."""
    return (
        Column("name", translate("streams", "Name"), _name, width=34, bold=lambda row: row.is_default, tip=_name_tip),
        Column("state", translate("streams", "State"), lambda row: stream_mark(row).word, width=18, mark=stream_mark),
        Column(
            "addresses",
            translate("streams", "Addresses"),
            _addresses,
            width=18,
            mark=_addresses_mark,
            value=lambda row: row.addresses,
            tip=_addresses_tip,
        ),
        Column(
            "used",
            translate("streams", "Used by"),
            _used,
            width=28,
            value=lambda row: row.sites + row.lists + row.segments,
        ),
        Column(
            "rate",
            translate("streams", "Now"),
            lambda row: words.rate(row.messages_per_second),
            width=9,
            is_number=True,
            value=lambda row: row.messages_per_second,
            header_tip=translate("streams", "Messages per second, over the last half minute"),
        ),
        Column(
            "today",
            translate("streams", "Delivered today"),
            lambda row: words.number(row.delivered_today),
            width=16,
            is_number=True,
            value=lambda row: row.delivered_today,
            header_tip=translate("streams", "Since midnight UTC"),
        ),
        Column(
            "blocks",
            translate("streams", "Blocks"),
            lambda row: _some(row.blocks),
            width=9,
            is_number=True,
            mark=lambda row: Mark("cancel", "", Tone.BAD) if row.blocks else None,
            value=lambda row: row.blocks,
        ),
        Column(
            "held",
            translate("streams", "Held"),
            lambda row: _some(row.held),
            width=9,
            is_number=True,
            mark=lambda row: Mark("pause-circle-outline", "", Tone.HELD) if row.held else None,
            value=lambda row: row.held,
            header_tip=translate("streams", "Recipients that wait because every address is blocked at their provider"),
        ),
    )


def address_columns() -> tuple[Column[AddressLine], ...]:
    """Columns of the addresses of a stream."""
    return (
        Column("ip", translate("streams", "Sending address"), lambda line: line.ip, width=40, least=38, is_fixed=True),
        Column(
            "state",
            translate("streams", "State"),
            lambda line: address_mark(line).word,
            width=16,
            mark=address_mark,
            tip=_fault,
        ),
        Column("helo", translate("streams", "HELO name"), lambda line: words.one_line(line.helo), width=28),
        Column(
            "weight",
            translate("streams", "Weight"),
            lambda line: words.number(line.weight),
            width=8,
            is_number=True,
            value=lambda line: line.weight,
            header_tip=translate("streams", "The share of the stream's mail: 200 carries twice as much as 100"),
        ),
        Column(
            "delivered",
            translate("streams", "Delivered lately"),
            lambda line: words.number(line.delivered),
            width=16,
            is_number=True,
            value=lambda line: line.delivered,
            header_tip=translate("streams", "In this hour and the last, over all streams"),
        ),
        Column(
            "blocks",
            translate("streams", "Blocks"),
            lambda line: _some(line.open_blocks),
            width=9,
            is_number=True,
            mark=lambda line: Mark("cancel", "", Tone.BAD) if line.open_blocks else None,
            value=lambda line: line.open_blocks,
        ),
        Column("limits", translate("streams", "Limits"), _limits, width=30),
        Column(
            "others",
            translate("streams", "Also in"),
            lambda line: ", ".join(line.other_streams) or words.NONE,
            width=24,
        ),
    )


def stream_mark(row: StreamRow) -> Mark:
    """The state of a stream, the worst first."""
    if not row.addresses:
        return Mark("alert-circle-outline", translate("streams", "No addresses"), Tone.WARNING)
    if row.paused:
        return Mark("pause-circle-outline", translate("streams", "Paused"), Tone.WARNING)
    if row.closed_addresses == row.addresses:
        return Mark("alert-circle-outline", translate("streams", "No open address"), Tone.BAD)
    if row.messages_per_second > 0:
        return Mark("send", translate("streams", "Sending"), Tone.GOOD)
    return Mark("check-circle-outline", translate("streams", "Ready"), Tone.GOOD)


def address_mark(line: AddressLine) -> Mark:
    """The state of an address in its stream."""
    word = words.address_state(line.state, paused_here=line.paused)
    if line.state is AddressState.UNUSABLE:
        return Mark("alert-circle-outline", word, Tone.BAD)
    if line.state is AddressState.PAUSED or line.paused:
        return Mark("pause-circle-outline", word, Tone.WARNING)
    return Mark("check-circle-outline", word, Tone.GOOD)


def quantities(rule: LimitRule | None) -> str:
    """A limit in words: "5 connections, 2,000 messages/h"."""
    if rule is None:
        return words.NONE
    parts = (
        (rule.connections, translate("limits", "{} connections")),
        (rule.connections_per_hour, translate("limits", "{} connections/h")),
        (rule.messages_per_connection, translate("limits", "{} messages/connection")),
        (rule.messages_per_hour, translate("limits", "{} messages/h")),
    )
    return ", ".join(text.format(words.number(value)) for value, text in parts if value is not None)


def _name(row: StreamRow) -> str:
    return translate("streams", "{} (default)").format(row.name) if row.is_default else row.name


def _name_tip(row: StreamRow) -> str:
    return row.name


def _addresses(row: StreamRow) -> str:
    if not row.closed_addresses:
        return words.number(row.addresses)
    return translate("streams", "{} of {} open").format(row.addresses - row.closed_addresses, row.addresses)


def _addresses_mark(row: StreamRow) -> Mark | None:
    if not row.addresses:
        return None
    if row.closed_addresses:
        return Mark("alert-outline", "", Tone.WARNING)
    return Mark("ip-network-outline", "", Tone.MUTED)


def _addresses_tip(row: StreamRow) -> str:
    closed = row.closed_addresses
    return translate("streams", "%n address(es) paused or unusable", None, closed) if closed else ""


def _used(row: StreamRow) -> str:
    parts = (
        (row.sites, translate("streams", "%n site(s)", None, row.sites)),
        (row.lists, translate("streams", "%n list(s)", None, row.lists)),
        (row.segments, translate("streams", "%n segment(s)", None, row.segments)),
    )
    return ", ".join(text for number, text in parts if number) or words.NONE


def _some(number: int) -> str:
    return words.number(number) if number else words.NONE


def _fault(line: AddressLine) -> str:
    return words.one_line(line.fault)


def _limits(line: AddressLine) -> str:
    return quantities(line.limits)
