"""Numbers, times and durations as the window writes them. Pure but for the locale and the translation that are in use."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.services.addresses import AddressState
from engine.hostile import shown

_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
translate = QCoreApplication.translate
NONE: Final = "–"
"""Stands where there is nothing to tell."""


def number(value: float) -> str:
    """A whole number with separators: 12,480."""
    return QLocale().toString(round(value))


def rate(per_second: float) -> str:
    """Messages per second: "412/s", "3.2/s"; "–" for none."""
    if per_second <= 0:
        return NONE
    digits = 0 if per_second >= 10 else 1
    return translate("words", "{}/s").format(QLocale().toString(per_second, "f", digits))


def percent(share: float) -> str:
    """A share of 1: "48 %"."""
    return translate("words", "{} %").format(number(share * 100))


def ago(at: float | None, now: float) -> str:
    """How long ago: "just now", "12 min ago", "3 h ago", "5 days ago"; "–" for None."""
    if at is None:
        return NONE
    seconds = max(0.0, now - at)
    return (
        translate("words", "just now") if seconds < _MINUTE else translate("words", "{} ago").format(duration(seconds))
    )


def until(at: float | None, now: float) -> str:
    """How long until then: "in 14 min", "now"; "–" for None."""
    if at is None:
        return NONE
    seconds = at - now
    return translate("words", "now") if seconds <= 0 else translate("words", "in {}").format(duration(seconds))


def duration(seconds: float) -> str:
    """A length of time in its largest unit, hours with minutes: "45 s", "12 min", "3 h", "2 h 20 min", "5 days"."""
    whole = int(seconds)
    if whole < _MINUTE:
        return translate("words", "{} s").format(whole)
    if whole < _HOUR:
        return translate("words", "{} min").format(whole // _MINUTE)
    if whole < _DAY:
        hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
        return (
            translate("words", "{} h").format(hours)
            if hours >= 10 or not minutes
            else translate("words", "{} h {} min").format(hours, minutes)
        )
    return translate("words", "%n day(s)", None, whole // _DAY)


def exact(at: float | None) -> str:
    """The instant in the local zone, to the second, with the zone's name; "" for None. For tooltips."""
    if at is None:
        return ""
    moment = datetime.fromtimestamp(at).astimezone()
    day = QLocale().toString(_local(at).date(), QLocale.FormatType.ShortFormat)
    return f"{day} {moment:%H:%M:%S %Z}"


def short_time(at: float | None, now: float) -> str:
    """A clock time for today, a date and time otherwise, in the local zone; "–" for None."""
    if at is None:
        return NONE
    moment = _local(at)
    if moment.date() == _local(now).date():
        return QLocale().toString(moment.time(), QLocale.FormatType.ShortFormat)
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


def size(bytes_: int) -> str:
    """The size of a message or a file: "12.4 kB"."""
    return QLocale().formattedDataSize(bytes_, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)


def one_line(text: str) -> str:
    """Text of strangers on one line, with control and bidirectional characters escaped."""
    return shown(" ".join(text.split()))


def address_state(state: AddressState, *, paused_here: bool = False) -> str:
    """The word for the state of a sending address, in a stream where it may be paused by itself."""
    if state is AddressState.ENABLED and paused_here:
        return translate("words", "Paused here")
    return {
        AddressState.ENABLED: translate("words", "In use"),
        AddressState.PAUSED: translate("words", "Paused"),
        AddressState.UNUSABLE: translate("words", "Unusable"),
    }[state]


def _local(at: float) -> QDateTime:
    return QDateTime.fromSecsSinceEpoch(int(at))
