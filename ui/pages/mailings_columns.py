"""The columns of the mailings page: of the table of mailings, and of domains, recipients and replies of one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from app.services.mailing_table import MailingRow, MailingSort
from app.services.recipients import RecipientView
from app.services.reports import DomainRow, DomainSort
from app.services.runs import Numbers
from engine.ports import MailingState
from ui import words
from ui.models.columns import Column
from ui.pages import mailings_words
from ui.theme import Tone
from ui.widgets.segmented_bar import describe

translate = QCoreApplication.translate
Clock = Callable[[], float]


def mailing_columns(now: Clock) -> tuple[Column[MailingRow], ...]:
    """Columns of the table of mailings."""
    return (
        Column("name", translate("mailings", "Name"), lambda row: row.view.name, MailingSort.NAME, 30),
        Column(
            "target",
            translate("mailings", "List"),
            lambda row: mailings_words.target(row.view),
            MailingSort.TARGET,
            24,
        ),
        Column(
            "stream",
            translate("mailings", "Stream"),
            lambda row: row.view.stream,
            MailingSort.STREAM,
            18,
            tip=lambda row: f"{row.view.stream}: {mailings_words.rule(row.view)}",
        ),
        Column(
            "state",
            translate("mailings", "State"),
            lambda row: mailings_words.state_mark(row.view).word,
            MailingSort.STATE,
            14,
            mark=lambda row: mailings_words.state_mark(row.view),
        ),
        Column(
            "progress",
            translate("mailings", "Progress"),
            lambda row: mailings_words.progress(row.view.numbers),
            MailingSort.DONE,
            40,
            parts=lambda row: mailings_words.parts(row.view.numbers) if row.view.numbers.total else (),
            tip=lambda row: describe(mailings_words.parts(row.view.numbers)),
        ),
        *_hidden_numbers(),
        Column(
            "rate",
            translate("mailings", "Rate"),
            lambda row: words.rate(row.pace.rate),
            MailingSort.RATE,
            9,
            is_number=True,
            header_tip=translate("mailings", "Messages per second, over the last minute"),
        ),
        Column(
            "left",
            translate("mailings", "Time left"),
            mailings_words.time_left,
            MailingSort.TIME_LEFT,
            12,
            is_number=True,
            header_tip=translate("mailings", "At the present rate, held recipients apart"),
        ),
        Column(
            "started",
            translate("mailings", "Started"),
            lambda row: _started(row, now()),
            MailingSort.STARTED,
            18,
            tip=lambda row: words.exact(row.view.started_at or row.view.scheduled_at),
        ),
    )


def domain_columns(now: Clock) -> tuple[Column[DomainRow], ...]:
    """Columns of the domains of a mailing."""
    return (
        Column("domain", translate("mailings", "Domain"), lambda row: row.domain, DomainSort.DOMAIN, 26),
        Column(
            "provider",
            translate("mailings", "Provider"),
            lambda row: row.provider or words.NONE,
            DomainSort.PROVIDER,
            16,
        ),
        _count("total", translate("mailings", "Total"), lambda row: row.total, DomainSort.TOTAL, None),
        _count(
            "delivered", translate("mailings", "Delivered"), lambda row: row.delivered, DomainSort.DELIVERED, Tone.GOOD
        ),
        _count(
            "failed", translate("mailings", "Failed"), lambda row: row.failed + row.expired, DomainSort.FAILED, Tone.BAD
        ),
        _count("held", translate("mailings", "Held"), lambda row: row.held, None, Tone.HELD),
        _count("waiting", translate("mailings", "Waiting"), lambda row: row.waiting, DomainSort.WAITING, None),
        _count(
            "in_doubt", translate("mailings", "In doubt"), lambda row: row.in_doubt, DomainSort.IN_DOUBT, Tone.WARNING
        ),
        Column(
            "last",
            translate("mailings", "Last"),
            lambda row: words.ago(row.last_at, now()),
            DomainSort.LAST_AT,
            14,
            tip=lambda row: words.exact(row.last_at),
        ),
        Column(
            "reply",
            translate("mailings", "Last reply"),
            lambda row: words.one_line(row.last_reply),
            width=60,
            is_fixed=True,
            tip=lambda row: words.one_line(row.last_reply),
        ),
    )


def reply_columns(now: Clock) -> tuple[Column[DomainRow], ...]:
    """Columns of the log of last replies."""
    return (
        Column(
            "at",
            translate("mailings", "When"),
            lambda row: words.ago(row.last_at, now()),
            width=14,
            tip=lambda row: words.exact(row.last_at),
            value=lambda row: row.last_at or 0.0,
        ),
        Column("domain", translate("mailings", "Domain"), lambda row: row.domain, width=24),
        Column("provider", translate("mailings", "Provider"), lambda row: row.provider or words.NONE, width=16),
        Column(
            "reply",
            translate("mailings", "Reply"),
            lambda row: words.one_line(row.last_reply),
            width=90,
            is_fixed=True,
            tip=lambda row: words.one_line(row.last_reply),
        ),
    )


def recipient_columns(now: Clock) -> tuple[Column[RecipientView], ...]:
    """Columns of the recipients of a mailing."""
    return (
        Column("address", translate("mailings", "Recipient"), lambda row: row.address, width=34),
        Column(
            "state",
            translate("mailings", "State"),
            lambda row: mailings_words.recipient_mark(row.state).word,
            width=13,
            mark=lambda row: mailings_words.recipient_mark(row.state),
            tip=lambda row: words.one_line(row.note),
        ),
        Column(
            "attempts",
            translate("mailings", "Attempts"),
            lambda row: words.number(row.attempts) if row.attempts else words.NONE,
            width=10,
            is_number=True,
        ),
        Column(
            "next",
            translate("mailings", "Next attempt"),
            lambda row: words.until(row.next_attempt, now()),
            width=14,
            tip=lambda row: words.exact(row.next_attempt),
        ),
        Column(
            "last",
            translate("mailings", "Last"),
            lambda row: words.ago(row.last_at, now()),
            width=14,
            tip=lambda row: words.exact(row.last_at),
        ),
        Column(
            "via",
            translate("mailings", "Sent via"),
            lambda row: row.sent_via or words.NONE,
            width=24,
            is_fixed=True,
        ),
        Column(
            "mx", translate("mailings", "MX address"), lambda row: row.mx_address or words.NONE, width=24, is_fixed=True
        ),
        Column(
            "reply",
            translate("mailings", "Reply"),
            lambda row: words.one_line(row.reply or row.note),
            width=60,
            is_fixed=True,
            tip=lambda row: words.one_line(row.reply or row.note),
        ),
    )


def _hidden_numbers() -> tuple[Column[MailingRow], ...]:
    """The parts of the bar as columns, for who wants them."""
    values: tuple[tuple[str, str, Callable[[Numbers], int]], ...] = (
        ("delivered", translate("mailings", "Delivered"), lambda numbers: numbers.delivered),
        ("failed", translate("mailings", "Failed"), lambda numbers: numbers.failed + numbers.expired),
        ("held", translate("mailings", "Held"), lambda numbers: numbers.held),
        ("waiting", translate("mailings", "Waiting"), lambda numbers: numbers.waiting),
        ("in_doubt", translate("mailings", "In doubt"), lambda numbers: numbers.in_doubt),
    )
    return tuple(_hidden_number(*each) for each in values)


def _hidden_number(key: str, title: str, value: Callable[[Numbers], int]) -> Column[MailingRow]:
    return Column(key, title, lambda row: words.number(value(row.view.numbers)), width=11, is_number=True, hidden=True)


def _count(
    key: str, title: str, value: Callable[[DomainRow], int], sort: DomainSort | None, tone: Tone | None
) -> Column[DomainRow]:
    return Column(
        key,
        title,
        lambda row: words.number(value(row)) if value(row) else words.NONE,
        sort,
        10,
        is_number=True,
        tone=lambda row: tone if value(row) else Tone.MUTED,
    )


def _started(row: MailingRow, now: float) -> str:
    if row.view.state is MailingState.SCHEDULED:
        return words.until(row.view.scheduled_at, now)
    return words.ago(row.view.started_at, now)
