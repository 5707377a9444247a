"""The settings that live in the database: their names, what is allowed, how they are written. Used in every process."""

from __future__ import annotations

import difflib
import logging
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.changes import WORLD, bump
from app.database.schema import StoredSetting
from engine.pairs import parse_ip
from engine.ports import EngineSettings, InDoubtPolicy

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class SettingError(ValueError):
    """A setting that is not known, or a value that is not allowed. ``sentence`` names the key and what is allowed."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key
        self.sentence = sentence


class Scheme(StrEnum):
    """The colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Setting(Generic[_T]):
    """One setting. ``allowed`` completes "allowed is …"; ``read`` raises ValueError for a text that is not allowed."""

    key: str
    default: _T
    description: str
    allowed: str
    read: Callable[[str], _T]
    write: Callable[[_T], str]
    choices: tuple[str, ...] = ()
    """The words to choose from, where these are all."""

    def parse(self, text: str) -> _T:
        """The value that a text stands for; raises SettingError."""
        try:
            return self.read(text.strip())
        except ValueError:
            raise SettingError(
                self.key, f"{self.key}: {text.strip()[:80]!r} is not allowed; allowed is {self.allowed}."
            ) from None

    def format(self, value: _T) -> str:
        """The text that stands for a value, as :meth:`parse` reads it."""
        return self.write(value)


def _whole(key: str, default: int, lowest: int, highest: int, description: str) -> Setting[int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not lowest <= int(text) <= highest:
            raise ValueError
        return int(text)

    return Setting(key, default, description, f"a whole number from {lowest} to {highest}", read, str)


def _decimal(text: str, lowest: float, highest: float) -> float:
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text) or not lowest <= float(text) <= highest:
        raise ValueError
    return float(text)


def _number(key: str, default: float, lowest: float, highest: float, description: str) -> Setting[float]:
    def read(text: str) -> float:
        return _decimal(text, lowest, highest)

    return Setting(key, default, description, f"a number from {_plain(lowest)} to {_plain(highest)}", read, _plain)


def _plain(value: float) -> str:
    """A number without an exponent and without trailing zeros."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text if math.isfinite(value) else "0"


def _flag(key: str, default: bool, description: str) -> Setting[bool]:
    def read(text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise ValueError
        return text.lower() == "true"

    return Setting(
        key, default, description, "true or false", read, lambda value: str(value).lower(), ("true", "false")
    )


_Word = TypeVar("_Word", bound=StrEnum)


def _choice(key: str, default: _Word, description: str) -> Setting[_Word]:
    kind = type(default)
    words = tuple(word.value for word in kind)
    return Setting(key, default, description, f"one of {', '.join(words)}", lambda text: kind(text.lower()), str, words)


def _items(text: str) -> list[str]:
    if not text:
        return []
    items = [item.strip() for item in text.split(",")]
    if "" in items:
        raise ValueError
    return items


def _name_server(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"\[([^\[\]]+)\](?::([0-9]{1,5}))?|([^:\[\]]+)(?::([0-9]{1,5}))?", text)
    if found is None:
        return parse_ip(text), 53
    port = int(found[2] or found[4] or 53)
    if not 1 <= port <= 65535:
        raise ValueError
    return parse_ip(found[1] or found[3]), port


def _name_server_text(server: tuple[str, int]) -> str:
    host, port = server
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _name_servers(key: str, description: str) -> Setting[tuple[tuple[str, int], ...]]:
    return Setting(
        key,
        (),
        description,
        "a comma-separated list of IP addresses, each with an optional port (192.0.2.53:53), or nothing",
        lambda text: tuple(_name_server(item) for item in _items(text)),
        lambda servers: ",".join(_name_server_text(server) for server in servers),
    )


def _minutes(key: str, default: tuple[float, ...], description: str) -> Setting[tuple[float, ...]]:
    def read(text: str) -> tuple[float, ...]:
        minutes = tuple(_decimal(item, 0.001, 43_200) for item in _items(text))
        if not 1 <= len(minutes) <= 100:
            raise ValueError
        return minutes

    return Setting(
        key,
        default,
        description,
        "a comma-separated list of up to 100 numbers from 0.001 to 43200",
        read,
        lambda minutes: ",".join(_plain(each) for each in minutes),
    )


def _names(key: str, description: str) -> Setting[frozenset[str]]:
    def read(text: str) -> frozenset[str]:
        names = frozenset(item.lower() for item in _items(text))
        if any(not re.fullmatch(r"\*|[^\s,\x00-\x1f\x7f]{1,253}", name) for name in names):
            raise ValueError
        return names

    return Setting(
        key,
        frozenset(),
        description,
        "a comma-separated list of domains and providers, * for all, or nothing",
        read,
        lambda names: ",".join(sorted(names)),
    )


def _language(text: str) -> str:
    if not re.fullmatch(r"system|[a-z]{2,3}(_[A-Z]{2})?", text):
        raise ValueError
    return text


def _workers() -> int:
    return max(1, min(4, (os.cpu_count() or 2) - 1))


NAME_SERVERS: Final = _name_servers("network.name_servers", "Name servers to ask; empty: those of this machine.")
SMTP_PORT: Final = _whole("network.smtp_port", 25, 1, 65_535, "The port that mail exchangers are called at.")
ALLOW_LOOPBACK: Final = _flag("network.allow_loopback", False, "Whether mail may go to addresses of this machine.")
PROBE_INTERVAL: Final = _number("probe.interval_seconds", 3600.0, 0.1, 604_800, "Seconds between two tests of a block.")
RECOVERY_STEP: Final = _number("recovery.step_seconds", 60.0, 0.01, 86_400, "Seconds of one step of the slow start.")
RETRY_SCHEDULE: Final = _minutes(
    "retry.schedule_minutes",
    (5.0, 15.0, 30.0, 60.0, 120.0, 240.0, 360.0),
    "Minutes from each attempt to the next; the last one is repeated.",
)
WORKERS: Final = _whole("delivery.workers", _workers(), 1, 64, "Worker processes that talk to mail exchangers.")
IN_DOUBT: Final = _choice(
    "delivery.in_doubt",
    InDoubtPolicy.ASK,
    "What becomes of recipients of whom nobody knows whether they got the message.",
)
CONNECTIONS_PER_PAIR: Final = _whole(
    "delivery.connections_per_pair", 10, 1, 1000, "Connections from one sending address to one MX address at a time."
)
MESSAGES_PER_CONNECTION: Final = _whole(
    "delivery.messages_per_connection", 1000, 1, 1_000_000, "Messages that one connection carries."
)
TLS_REQUIRED: Final = _names(
    "delivery.tls_required", "Domains and providers that get mail only over a checked STARTTLS."
)
REFUSAL_SHARE: Final = _number(
    "delivery.refusal_share",
    0.5,
    0.01,
    1,
    "Share of refusals for content or policy that pauses a mailing at a provider.",
)
REFUSAL_MINIMUM: Final = _whole(
    "delivery.refusal_minimum", 20, 1, 1_000_000, "Refusals at a provider before their share counts."
)
CONNECT_TIMEOUT: Final = _number(
    "delivery.connect_timeout_seconds", 30.0, 0.1, 600, "Seconds to wait for a connection."
)
REPLY_TIMEOUT: Final = _number("delivery.reply_timeout_seconds", 300.0, 0.1, 3600, "Seconds to wait for a reply.")
DRAIN_TIMEOUT: Final = _number(
    "delivery.drain_timeout_seconds",
    30,
    0.1,
    3600,
    "Seconds that open transactions get to finish when the engine stops.",
)
EXPIRY_HOURS: Final = _number(
    "mailing.expiry_hours", 72.0, 0.0001, 8760, "Hours after which recipients of a mailing expire."
)
LOG_LEVEL: Final = _choice("log.level", LogLevel.INFO, "The least that is logged.")
SCHEME: Final = _choice("ui.scheme", Scheme.SYSTEM, "The colours of the window.")
LANGUAGE: Final = Setting(
    "ui.language", "system", "The language of the window.", "system, or a code such as en or pt_BR", _language, str
)
NOTIFY_BLOCKS: Final = _flag("ui.notify_blocks", True, "Whether the tray tells of new blocks.")
NOTIFY_ALERTS: Final = _flag("ui.notify_alerts", True, "Whether the tray tells of what needs a person.")

SETTINGS: Final[Mapping[str, Setting[Any]]] = {
    setting.key: setting
    for setting in (
        NAME_SERVERS,
        SMTP_PORT,
        ALLOW_LOOPBACK,
        PROBE_INTERVAL,
        RECOVERY_STEP,
        RETRY_SCHEDULE,
        WORKERS,
        IN_DOUBT,
        CONNECTIONS_PER_PAIR,
        MESSAGES_PER_CONNECTION,
        TLS_REQUIRED,
        REFUSAL_SHARE,
        REFUSAL_MINIMUM,
        CONNECT_TIMEOUT,
        REPLY_TIMEOUT,
        DRAIN_TIMEOUT,
        EXPIRY_HOURS,
        LOG_LEVEL,
        SCHEME,
        LANGUAGE,
        NOTIFY_BLOCKS,
        NOTIFY_ALERTS,
    )
}
"""All settings, in the order in which they are shown."""


def find(key: str) -> Setting[Any]:
    """The setting of this key; raises SettingError with the keys that look like it."""
    try:
        return SETTINGS[key.strip().lower()]
    except KeyError:
        near = difflib.get_close_matches(key, SETTINGS, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "config list shows them all."
        raise SettingError(key, f"There is no setting {key!r}; {hint}") from None


def value_of(session: Session, setting: Setting[_T]) -> _T:
    """The value that counts now."""
    return _read(setting, session.scalar(select(StoredSetting.value).where(StoredSetting.key == setting.key)))


def texts(session: Session) -> dict[str, str]:
    """All settings as texts, in the order in which they are shown."""
    stored = _stored(session)
    return {key: setting.format(_read(setting, stored.get(key))) for key, setting in SETTINGS.items()}


def store(session: Session, key: str, text: str) -> tuple[str, str]:
    """Set a setting; returns the texts of its former and its new value. Raises SettingError, and nothing is changed then."""
    setting = find(key)
    value = setting.parse(text)
    before = setting.format(value_of(session, setting))
    after = setting.format(value)
    row = session.get(StoredSetting, setting.key)
    if row is None:
        session.add(StoredSetting(key=setting.key, value=after))
    else:
        row.value = after
    session.flush()
    bump(session, WORLD)
    return before, after


def engine_settings(session: Session) -> EngineSettings:
    """The settings that sending depends on."""
    stored = _stored(session)

    def get(setting: Setting[_T]) -> _T:
        return _read(setting, stored.get(setting.key))

    return EngineSettings(
        name_servers=get(NAME_SERVERS),
        smtp_port=get(SMTP_PORT),
        allow_loopback=get(ALLOW_LOOPBACK),
        workers=get(WORKERS),
        connections_per_pair=get(CONNECTIONS_PER_PAIR),
        messages_per_connection=get(MESSAGES_PER_CONNECTION),
        probe_interval=get(PROBE_INTERVAL),
        recovery_step=get(RECOVERY_STEP),
        retry_schedule=tuple(minutes * 60 for minutes in get(RETRY_SCHEDULE)),
        in_doubt=get(IN_DOUBT),
        tls_required=get(TLS_REQUIRED),
        refusal_share=get(REFUSAL_SHARE),
        refusal_minimum=get(REFUSAL_MINIMUM),
        connect_timeout=get(CONNECT_TIMEOUT),
        reply_timeout=get(REPLY_TIMEOUT),
        drain_timeout=get(DRAIN_TIMEOUT),
    )


def _stored(session: Session) -> dict[str, str]:
    return {key: value for key, value in session.execute(select(StoredSetting.key, StoredSetting.value))}  # noqa: C416


def _read(setting: Setting[_T], text: str | None) -> _T:
    if text is None:
        return setting.default
    try:
        return setting.parse(text)
    except SettingError as error:
        log.warning("%s The default is used.", error)
        return setting.default
