"""The commands about mailings."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.commands.access import actor, now, open_database, writing
from app.commands.invocation import Failure
from app.commands.output import (
    JsonObject,
    JsonOption,
    local_time,
    print_facts,
    print_json,
    print_json_array,
    print_table,
    say,
    warn,
)
from app.commands.progress import Bar, progress_bar
from app.database.database import Database
from app.services import drafts, lists, mailings, recipients, runs, segments, streams, trials
from app.services.drafts import Draft
from app.services.mailings import MailingView
from app.services.messages import Content, parse_sender
from app.services.problems import BadValue
from app.services.runs import Settlement
from engine.eml import EML_LIMIT
from engine.ports import MailingState

app = typer.Typer(help="Mailings: one message to one list or segment over one stream.", add_completion=False)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The mailing.")]
ENDED = (MailingState.COMPLETED, MailingState.STOPPED)
LOOK_AGAIN = 0.2
"""Seconds between two looks of ``status --wait``."""


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    list_name: Annotated[str, typer.Option("--list", metavar="L", help="The list that it goes to.")],
    sender: Annotated[str, typer.Option("--from", metavar="A", help="The sender: an address, or Name <address>.")],
    segment: Annotated[str | None, typer.Option(metavar="S", help="Only this segment of the list.")] = None,
    stream: Annotated[str | None, typer.Option(metavar="S", help="Its own stream; by association otherwise.")] = None,
    subject: Annotated[str, typer.Option(metavar="T", help="The subject; may have merge fields {{name}}.")] = "",
    text: Annotated[Path | None, typer.Option(metavar="F", help="A file with the text.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="F", help="A file with the HTML text.")] = None,
    eml: Annotated[Path | None, typer.Option(metavar="F", help="An .eml file with the whole message.")] = None,
    reply_to: Annotated[str, typer.Option(metavar="A", help="Where answers go.")] = "",
    unsubscribe_url: Annotated[str, typer.Option(metavar="URL", help="Where readers leave the list.")] = "",
    unsubscribe_mailto: Annotated[str, typer.Option(metavar="A", help="The address that readers leave by.")] = "",
    envelope_sender: Annotated[str, typer.Option(metavar="A", help="Where bounces go; the sender otherwise.")] = "",
    verp: Annotated[bool, typer.Option("--verp", help="Give each recipient an envelope sender of its own.")] = False,
    expiry_hours: Annotated[
        float | None, typer.Option(metavar="N", help="Hours after which recipients expire.")
    ] = None,
    hourly_ceiling: Annotated[int | None, typer.Option(metavar="N", help="Messages an hour at most.")] = None,
) -> None:
    """Write down a mailing; nothing is sent until it is started."""
    from_name, from_address = parse_sender(sender)
    content = Content(
        from_address=from_address,
        from_name=from_name,
        reply_to=reply_to,
        subject=subject,
        text=_read_text(text, "text"),
        html=_read_text(html, "html"),
        eml=None if eml is None else _read_file(eml, "eml"),
        envelope_sender=envelope_sender,
        verp=verp,
        unsubscribe_url=unsubscribe_url,
        unsubscribe_mailto=unsubscribe_mailto,
    )
    with writing(ctx) as session:
        list_id = lists.by_name(session, list_name).id
        draft = Draft(
            name=name,
            list_id=list_id,
            content=content,
            segment_id=None if segment is None else segments.by_name(session, segment, list_id=list_id).id,
            stream_id=None if stream is None else streams.by_name(session, stream).id,
            hourly_ceiling=hourly_ceiling,
            expiry_hours=expiry_hours,
        )
        view = drafts.create(session, draft, actor=actor(), now=now())
    say(f"Created mailing {view.name}; it would go over stream {view.stream} ({view.rule.value}).")


def _read_text(path: Path | None, option: str) -> str:
    if path is None:
        return ""
    data = _read_file(path, option)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadValue(option, f"{option}: {path} is not UTF-8 text (byte {error.start:,}).") from None


def _read_file(path: Path, option: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(EML_LIMIT + 1)
    except OSError as error:
        raise BadValue(option, f"{option}: {path} can't be read: {error.strerror or error}.") from None
    if len(data) > EML_LIMIT:
        raise BadValue(option, f"{option}: {path} is larger than {EML_LIMIT // 2**20} MiB.")
    if not data.strip():
        raise BadValue(option, f"{option}: {path} is empty.")
    return data


@app.command()
def start(ctx: typer.Context, name: NameArgument) -> None:
    """Fix stream, message and recipients of a mailing and let the engine send it."""
    with writing(ctx) as session:
        view = drafts.start(session, mailings.by_name(session, name).id, actor=actor(), now=now())
        pool = streams.get(session, view.stream_id).addresses
    say(
        f"Started mailing {view.name} to {view.numbers.total:,} recipients over stream {view.stream} ({view.rule.value})."
    )
    if not pool:
        warn(f"Stream {view.stream} has no sending addresses yet; the mailing waits until it has.")


@app.command()
def schedule(
    ctx: typer.Context,
    name: NameArgument,
    at: Annotated[str, typer.Option(metavar="TIME", help="Such as 2026-05-31T18:00, in this machine's time zone.")],
) -> None:
    """Let the engine start a mailing at a time."""
    instant = _instant(at)
    with writing(ctx) as session:
        view = drafts.schedule(session, mailings.by_name(session, name).id, instant, actor=actor(), now=now())
    say(f"Mailing {view.name} starts at {local_time(view.scheduled_at)}.")


def _instant(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.astimezone()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise BadValue("at", f"The time must be written like 2026-05-31T18:00, not {text!r}.") from None


@app.command()
def unschedule(ctx: typer.Context, name: NameArgument) -> None:
    """Make a scheduled mailing a draft again."""
    with writing(ctx) as session:
        view = drafts.unschedule(session, mailings.by_name(session, name).id, actor=actor(), now=now())
    say(f"Mailing {view.name} is a draft again.")


@app.command()
def pause(ctx: typer.Context, name: NameArgument) -> None:
    """Hand out no more recipients until the mailing is resumed."""
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        runs.pause(session, view.id, actor=actor(), now=now())
    say(f"Paused mailing {view.name}.")


@app.command()
def resume(ctx: typer.Context, name: NameArgument) -> None:
    """Go on with a mailing that was paused, or stopped with its recipients kept."""
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        runs.resume(session, view.id, actor=actor(), now=now())
    say(f"Resumed mailing {view.name}.")


@app.command()
def stop(
    ctx: typer.Context,
    name: NameArgument,
    waiting: Annotated[
        str, typer.Option(metavar="stopped|keep", help="What becomes of the waiting recipients.")
    ] = "stopped",
) -> None:
    """End a mailing; recipients in flight finish."""
    fate = runs.checked_fate(waiting)
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        numbers = runs.stop(session, view.id, waiting=fate, actor=actor(), now=now())
    left = numbers.waiting + numbers.held
    say(f"Stopped mailing {view.name}{f'; {left:,} recipients are kept' if left else ''}.")


@app.command()
def move(
    ctx: typer.Context, name: NameArgument, stream: Annotated[str, typer.Argument(help="The stream to move to.")]
) -> None:
    """Send a mailing over another stream; waiting and held recipients move, those in flight finish."""
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        target = streams.by_name(session, stream)
        runs.move(session, view.id, target.id, actor=actor(), now=now())
    say(f"Mailing {view.name} goes over stream {target.name} now.")


@app.command()
def copy(
    ctx: typer.Context,
    name: NameArgument,
    copy_name: Annotated[str | None, typer.Argument(help="The copy's name; a free one when left out.")] = None,
) -> None:
    """Make a new draft with the same message and recipients."""
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        made = drafts.duplicate(session, view.id, name=copy_name, actor=actor(), now=now())
    say(f"Created mailing {made.name}.")


@app.command()
def delete(ctx: typer.Context, name: NameArgument) -> None:
    """Delete a mailing that was not started."""
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        drafts.delete(session, view.id, actor=actor(), now=now())
    say(f"Deleted mailing {view.name}.")


@app.command("test")
def send_test(
    ctx: typer.Context, name: NameArgument, address: Annotated[str, typer.Argument(help="Where the test goes.")]
) -> None:
    """Send the message of a mailing to one address, over its stream."""
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        made = trials.send_test(session, view.id, address, actor=actor(), now=now())
    say(f"The test goes out as mailing {made.name}.")


@app.command()
def settle(
    ctx: typer.Context,
    name: NameArgument,
    how: Annotated[str, typer.Argument(metavar="delivered|again", help="What to do about recipients in doubt.")],
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="[ADDRESS]...", help="These recipients; all in doubt when left out.")
    ] = None,
) -> None:
    """Decide about recipients of whom nobody knows whether they got the message."""
    try:
        decision = Settlement(how.lower())
    except ValueError:
        raise BadValue("how", f"Recipients in doubt can be settled as delivered or again, not {how!r}.") from None
    with writing(ctx) as session:
        view = mailings.by_name(session, name)
        ids = [recipients.find(session, view.id, address).id for address in addresses or ()]
        number = runs.settle_in_doubt(session, view.id, decision, recipient_ids=ids or None, actor=actor(), now=now())
    say(f"Settled {number:,} recipients of mailing {view.name}: {decision.value}.")


@app.command()
def status(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One mailing; all when left out.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the mailing has ended.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show how far mailings are."""
    with open_database(ctx) as database:
        if wait:
            _wait(database, name)
        with database.read() as session:
            views = _chosen(session, name)
    if name is not None:
        if as_json:
            print_json(_json(views[0]))
        else:
            _print_one(views[0])
    elif as_json:
        print_json_array(_json(view) for view in views)
    else:
        _print_all(views)


def _chosen(session: Session, name: str | None) -> list[MailingView]:
    return mailings.listing(session) if name is None else [mailings.by_name(session, name)]


def _wait(database: Database, name: str | None) -> None:
    """Return when the mailing, or every mailing that was started, has ended."""
    with database.read() as session:
        views = _chosen(session, name)
    if name is not None and views[0].state is MailingState.DRAFT:
        raise Failure(f"Mailing {views[0].name} was not started; there is nothing to wait for.")
    ids = {view.id for view in views if view.state is not MailingState.DRAFT}
    with progress_bar(views[0].name if name is not None else "All mailings") as bar:
        while ids:
            with database.read() as session:
                views = mailings.by_ids(session, ids)
            _show(bar, views)
            if all(view.state in ENDED for view in views):
                return
            time.sleep(LOOK_AGAIN)


def _show(bar: Bar | None, views: list[MailingView]) -> None:
    if bar is None:
        return
    done = sum(view.numbers.done for view in views)
    held = sum(view.numbers.held for view in views)
    words = f"{sum(view.numbers.delivered for view in views):,} delivered" + (f", {held:,} held" if held else "")
    bar.update(done, sum(view.numbers.total for view in views), words)


def _print_one(view: MailingView) -> None:
    numbers = view.numbers
    target = f"{view.list_name}, segment {view.segment_name}" if view.segment_name else view.list_name
    print_facts(
        (
            ("mailing", view.name),
            ("state", view.state.value),
            ("list", target),
            ("stream", f"{view.stream} ({view.rule.value})"),
            ("total", numbers.total),
            ("delivered", numbers.delivered),
            ("failed", numbers.failed),
            ("expired", numbers.expired),
            ("stopped", numbers.stopped),
            ("in doubt", numbers.in_doubt),
            ("waiting", numbers.waiting),
            ("held", numbers.held),
            ("scheduled", local_time(view.scheduled_at)),
            ("started", local_time(view.started_at)),
            ("ended", local_time(view.finished_at)),
        )
    )


def _print_all(views: list[MailingView]) -> None:
    print_table(
        ("mailing", "state", "stream", "total", "delivered", "failed", "waiting", "held", "in doubt"),
        (
            (
                view.name,
                view.state.value,
                view.stream,
                view.numbers.total,
                view.numbers.delivered,
                view.numbers.failed,
                view.numbers.waiting,
                view.numbers.held,
                view.numbers.in_doubt,
            )
            for view in views
        ),
        empty="There are no mailings.",
    )


def _json(view: MailingView) -> JsonObject:
    numbers = view.numbers
    return {
        "name": view.name,
        "state": view.state.value,
        "stream": view.stream,
        "total": numbers.total,
        "delivered": numbers.delivered,
        "failed": numbers.failed,
        "expired": numbers.expired,
        "stopped": numbers.stopped,
        "in_doubt": numbers.in_doubt,
        "waiting": numbers.waiting,
        "held": numbers.held,
    }
