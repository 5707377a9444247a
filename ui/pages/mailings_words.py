"""What is said of mailings: states, numbers, who chose the stream. Words and marks for the page, its tables and the wizard."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.services.associations import ResolutionRule
from app.services.mailing_table import MailingRow
from app.services.mailings import MailingView
from app.services.runs import Numbers
from engine.ports import MailingState, RecipientState
from ui import words
from ui.theme import Tone
from ui.widgets.marks import Mark
from ui.widgets.segmented_bar import Part

translate = QCoreApplication.translate


def state_mark(view: MailingView) -> Mark:
    """The state of a mailing."""
    match view.state:
        case MailingState.DRAFT:
            return Mark("file-document-edit-outline", translate("mailings", "Draft"), Tone.MUTED)
        case MailingState.SCHEDULED:
            return Mark("calendar-clock", translate("mailings", "Scheduled"), Tone.ACCENT)
        case MailingState.ACTIVE:
            return Mark("send", translate("mailings", "Active"), Tone.GOOD)
        case MailingState.PAUSED:
            return Mark("pause-circle-outline", translate("mailings", "Paused"), Tone.WARNING)
        case MailingState.STOPPED:
            return Mark("stop-circle-outline", translate("mailings", "Stopped"), Tone.MUTED)
        case MailingState.COMPLETED:
            return Mark("check-circle-outline", translate("mailings", "Completed"), Tone.GOOD)


def recipient_mark(state: RecipientState) -> Mark:
    """The state of a recipient."""
    match state:
        case RecipientState.WAITING:
            return Mark("clock-outline", translate("mailings", "Waiting"), Tone.MUTED)
        case RecipientState.IN_FLIGHT:
            return Mark("send", translate("mailings", "In flight"), Tone.ACCENT)
        case RecipientState.HELD:
            return Mark("pause-circle-outline", translate("mailings", "Held"), Tone.HELD)
        case RecipientState.DELIVERED:
            return Mark("check-circle-outline", translate("mailings", "Delivered"), Tone.GOOD)
        case RecipientState.FAILED:
            return Mark("close-circle-outline", translate("mailings", "Failed"), Tone.BAD)
        case RecipientState.EXPIRED:
            return Mark("timer-off-outline", translate("mailings", "Expired"), Tone.BAD)
        case RecipientState.STOPPED:
            return Mark("stop-circle-outline", translate("mailings", "Stopped"), Tone.MUTED)
        case RecipientState.IN_DOUBT:
            return Mark("help-circle-outline", translate("mailings", "In doubt"), Tone.WARNING)


def parts(numbers: Numbers) -> tuple[Part, ...]:
    """The numbers of a mailing as parts of a bar."""
    return (
        Part(translate("mailings", "delivered"), numbers.delivered, Tone.GOOD),
        Part(translate("mailings", "failed"), numbers.failed + numbers.expired, Tone.BAD),
        Part(translate("mailings", "stopped"), numbers.stopped, Tone.TEXT),
        Part(translate("mailings", "in doubt"), numbers.in_doubt, Tone.WARNING),
        Part(translate("mailings", "held"), numbers.held, Tone.HELD),
        Part(translate("mailings", "waiting"), numbers.waiting, Tone.MUTED),
    )


def target(view: MailingView) -> str:
    """The list, or the segment of it."""
    if not view.segment_name:
        return view.list_name
    return translate("mailings", "{} › {}").format(view.list_name, view.segment_name)


def rule(view: MailingView) -> str:
    """Which rule chose the stream, in words that follow its name."""
    match view.rule:
        case ResolutionRule.MAILING:
            return translate("mailings", "chosen for this mailing")
        case ResolutionRule.SEGMENT:
            return translate("mailings", "chosen by segment {}").format(view.segment_name)
        case ResolutionRule.LIST:
            return translate("mailings", "chosen by list {}").format(view.list_name)
        case ResolutionRule.SITE:
            return translate("mailings", "chosen by the site of list {}").format(view.list_name)
        case ResolutionRule.DEFAULT:
            return translate("mailings", "the server's default stream")


def time_left(row: MailingRow) -> str:
    """How long a mailing still takes at its present pace."""
    if row.view.state is not MailingState.ACTIVE or row.pace.seconds_left is None:
        return words.NONE
    return words.duration(row.pace.seconds_left)


def progress(numbers: Numbers) -> str:
    """How far a mailing is: "12,480 of 60,000"."""
    if not numbers.total:
        return ""
    return translate("mailings", "{} of {}").format(words.number(numbers.done), words.number(numbers.total))
