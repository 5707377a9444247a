"""The settings as the window tells them: which page each is on, its title, one sentence, its unit, the words of its choices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


class SettingsPart(StrEnum):
    """The parts of the settings page, in their order."""

    SENDING = "sending"
    PROBES = "probes"
    RULES = "rules"
    SENDERS = "senders"
    NETWORK = "network"
    NOTIFICATIONS = "notifications"
    DATABASE = "database"
    APPEARANCE = "appearance"


@dataclass(frozen=True, slots=True)
class OptionWords:
    """How one setting is told. ``unit`` stands behind the input."""

    part: SettingsPart
    title: str
    sentence: str
    unit: str = ""


def part_title(part: SettingsPart) -> str:
    """What a part is called."""
    return {
        SettingsPart.SENDING: translate("settings", "Sending"),
        SettingsPart.PROBES: translate("settings", "Probes"),
        SettingsPart.RULES: translate("settings", "Rules"),
        SettingsPart.SENDERS: translate("settings", "Sender domains"),
        SettingsPart.NETWORK: translate("settings", "Network"),
        SettingsPart.NOTIFICATIONS: translate("settings", "Notifications"),
        SettingsPart.DATABASE: translate("settings", "Database"),
        SettingsPart.APPEARANCE: translate("settings", "Appearance"),
    }[part]


def option_words(key: str, description: str) -> OptionWords:
    """How a setting is told; one that is not known here stands among those of sending, in the words of its registry."""
    return _known().get(key) or OptionWords(SettingsPart.SENDING, key, description)


def choice_word(key: str, word: str) -> str:
    """What a choice of a setting is called."""
    return {
        ("delivery.in_doubt", "ask"): translate("settings", "Ask me"),
        ("delivery.in_doubt", "delivered"): translate("settings", "Treat as delivered"),
        ("delivery.in_doubt", "again"): translate("settings", "Send again"),
        ("ui.scheme", "system"): translate("settings", "As the system"),
        ("ui.scheme", "light"): translate("settings", "Light"),
        ("ui.scheme", "dark"): translate("settings", "Dark"),
        ("log.level", "debug"): translate("settings", "Everything"),
        ("log.level", "info"): translate("settings", "What happens"),
        ("log.level", "warning"): translate("settings", "Warnings"),
        ("log.level", "error"): translate("settings", "Errors"),
        ("ui.language", "system"): translate("settings", "As the system"),
        ("ui.language", "en"): translate("settings", "English"),
    }.get((key, word), word)


def _known() -> dict[str, OptionWords]:
    return {**_sending(), **_elsewhere()}


def _sending() -> dict[str, OptionWords]:
    part = SettingsPart.SENDING
    seconds, messages = translate("settings", "seconds"), translate("settings", "messages")
    return {
        "retry.schedule_minutes": OptionWords(
            part,
            translate("settings", "Retry after"),
            translate("settings", "Minutes from each attempt to the next, with commas; the last one is repeated."),
            translate("settings", "minutes"),
        ),
        "mailing.expiry_hours": OptionWords(
            part,
            translate("settings", "Give up after"),
            translate("settings", "Recipients who could not be reached by then expire. A mailing can have its own."),
            translate("settings", "hours"),
        ),
        "delivery.in_doubt": OptionWords(
            part,
            translate("settings", "Recipients in doubt"),
            translate("settings", "What becomes of recipients of whom nobody knows whether they got the message."),
        ),
        "delivery.tls_required": OptionWords(
            part,
            translate("settings", "Only over TLS"),
            translate(
                "settings", "Domains and providers, with commas, that get mail only over a checked STARTTLS; * for all."
            ),
        ),
        "delivery.connections_per_pair": OptionWords(
            part,
            translate("settings", "Connections of a pair"),
            translate("settings", "At a time, from one sending address to one MX address; smaller limits win."),
            translate("settings", "connections"),
        ),
        "delivery.messages_per_connection": OptionWords(
            part,
            translate("settings", "Messages of a connection"),
            translate("settings", "After so many messages a connection is closed and another one opened."),
            messages,
        ),
        "delivery.refusal_share": OptionWords(
            part,
            translate("settings", "Pause a mailing when refused"),
            translate(
                "settings",
                "The share of a mailing's recipients at a provider, refused for content or policy: 0.5 is half.",
            ),
        ),
        "delivery.refusal_minimum": OptionWords(
            part,
            translate("settings", "But not before"),
            translate("settings", "So many refusals at a provider must have come before their share counts."),
            translate("settings", "refusals"),
        ),
        "delivery.connect_timeout_seconds": OptionWords(
            part,
            translate("settings", "Wait for a connection"),
            translate(
                "settings",
                "An exchanger that has not answered by then is tried again later. Counts from the next start of the engine on.",
            ),
            seconds,
        ),
        "delivery.reply_timeout_seconds": OptionWords(
            part,
            translate("settings", "Wait for a reply"),
            translate(
                "settings", "RFC 5321 asks for five minutes and more. Counts from the next start of the engine on."
            ),
            seconds,
        ),
        "delivery.drain_timeout_seconds": OptionWords(
            part,
            translate("settings", "Time to finish"),
            translate("settings", "How long open transactions may take when the engine stops."),
            seconds,
        ),
        "delivery.workers": OptionWords(
            part,
            translate("settings", "Worker processes"),
            translate(
                "settings",
                "They talk to mail exchangers, each on a processor of its own. Counts from the next start of the engine on.",
            ),
            translate("settings", "processes"),
        ),
    }


def _elsewhere() -> dict[str, OptionWords]:
    seconds = translate("settings", "seconds")
    return {
        "probe.interval_seconds": OptionWords(
            SettingsPart.PROBES,
            translate("settings", "Test each block every"),
            translate(
                "settings", "With ten percent of chance, so that tests do not come all at once. Rules may differ."
            ),
            seconds,
        ),
        "recovery.step_seconds": OptionWords(
            SettingsPart.PROBES,
            translate("settings", "Slow start, one step"),
            translate(
                "settings", "After a test that was accepted a pair sends 1, 2, 4, 8 … messages, doubling each step."
            ),
            seconds,
        ),
        "network.name_servers": OptionWords(
            SettingsPart.NETWORK,
            translate("settings", "Name servers"),
            translate(
                "settings", "IP addresses with commas, each with a port if need be; empty: those of this machine."
            ),
        ),
        "network.smtp_port": OptionWords(
            SettingsPart.NETWORK,
            translate("settings", "SMTP port"),
            translate(
                "settings",
                "The port that mail exchangers are called at: 25 on the internet. Counts from the next start of the engine on.",
            ),
        ),
        "network.allow_loopback": OptionWords(
            SettingsPart.NETWORK,
            translate("settings", "Mail to this machine"),
            translate("settings", "Allow mail to exchangers with addresses of this machine; for rehearsals."),
        ),
        "ui.notify_blocks": OptionWords(
            SettingsPart.NOTIFICATIONS,
            translate("settings", "New blocks"),
            translate("settings", "The tray tells when a provider begins to refuse an address."),
        ),
        "ui.notify_alerts": OptionWords(
            SettingsPart.NOTIFICATIONS,
            translate("settings", "What needs attention"),
            translate(
                "settings", "The tray tells of total blocks, unusable addresses and mailings that paused themselves."
            ),
        ),
        "log.level": OptionWords(
            SettingsPart.DATABASE,
            translate("settings", "Log file"),
            translate("settings", "The least that is written to it. Counts from the next start of a program on."),
        ),
        "ui.scheme": OptionWords(
            SettingsPart.APPEARANCE,
            translate("settings", "Colours"),
            translate("settings", "Light, dark, or what the system shows. Counts at once."),
        ),
        "ui.language": OptionWords(
            SettingsPart.APPEARANCE,
            translate("settings", "Language"),
            translate("settings", "Counts from the next start of the window on."),
        ),
    }
