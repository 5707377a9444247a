"""What the demo shows: a live picture on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from app.services.blocks import BlockEventView, BlockView
from app.services.mailings import MailingView
from app.services.reports import DomainRow
from engine.blocks import BlockEventKind, BlockState
from engine.hostile import shown

LINE_EVERY: Final = 2.0
"""Seconds between two lines about the mailing where there is no terminal."""

_EVENTS: Final = {
    BlockEventKind.BLOCKED: "{domain} refuses {ip} at the {stage}. No new attempt starts there; mail goes on over the others.",
    BlockEventKind.WIDENED: "The block of {ip} now covers all exchangers of {domain}: {text}.",
    BlockEventKind.PROBE_STARTED: "Probe: is {ip} still refused by {domain}?",
    BlockEventKind.PROBE_REFUSED: "Probe of {ip}: refused again.",
    BlockEventKind.PROBE_FAILED: "Probe of {ip}: no answer about the block ({text}).",
    BlockEventKind.PROBE_ACCEPTED: "Probe of {ip}: accepted. {domain} gets mail from it again: 1, 2, 4, 8 … messages a step.",
    BlockEventKind.RECOVERED: "{ip} has recovered at {domain}: the block is over.",
    BlockEventKind.CLEARED: "The block of {ip} at {domain} is cleared.",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that is shown, as of one instant (epoch seconds). ``rate`` in messages a second."""

    at: float
    mailing: MailingView
    domains: tuple[DomainRow, ...]
    blocks: tuple[BlockView, ...]
    rate: float

    @property
    def all_clear(self) -> bool:
        """No block is left."""
        return not self.blocks


class Screen:
    """Tells and shows; a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._live = Live(console=self._console, refresh_per_second=8) if self._console.is_terminal else None
        self._line_at = 0.0

    def __enter__(self) -> Screen:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def tell(self, sentence: str) -> None:
        """One line of the story."""
        stamp = time.strftime("%H:%M:%S")
        self._console.print(Text.assemble((stamp, "dim"), "  ", shown(sentence)), soft_wrap=True)

    def tell_event(self, event: BlockEventView, block: BlockView) -> None:
        """What happened to a block, with the exact reply where there was one."""
        words = _EVENTS.get(event.kind)
        if words is None:
            return
        stage = block.stage.value.replace("_", " ")
        self.tell(words.format(ip=block.sending_address, domain=block.domain, stage=stage, text=event.text))
        if event.reply and event.kind is BlockEventKind.BLOCKED:
            self._console.print(Text(f"          {shown(event.reply)}", style="dim"), soft_wrap=True)

    def show(self, moment: Moment) -> None:
        """The present state."""
        if self._live:
            self._live.update(_picture(moment))
        elif time.monotonic() - self._line_at >= LINE_EVERY:
            self._line_at = time.monotonic()
            numbers, count = moment.mailing.numbers, len(moment.blocks)
            blocks = "1 block" if count == 1 else f"{count} blocks"
            self.tell(
                f"{numbers.delivered:,} of {numbers.total:,} delivered, {numbers.failed:,} failed, {numbers.waiting:,} waiting,"
                f" {numbers.held:,} held, {blocks}"
            )

    def sum_up(self, moment: Moment, duplicates: int) -> None:
        """How it ended."""
        if self._live:
            self._live.update(_picture(moment))
        numbers = moment.mailing.numbers
        self.tell(
            f"Mailing {moment.mailing.name} is {moment.mailing.state.value}: {numbers.delivered:,} delivered,"
            f" {numbers.failed:,} failed (unknown users), {numbers.waiting + numbers.held:,} waiting."
        )
        twice = "Nobody got it twice" if duplicates == 0 else f"{duplicates} got it twice"
        self.tell(f"{twice}, and no recipient was failed for a block.")
        self.tell("Set up your own: mailstreams address add IP, mailstreams stream create NAME --address IP")


def _picture(moment: Moment) -> RenderableType:
    parts: list[RenderableType] = [_headline(moment), _domains(moment)]
    if moment.blocks:
        parts.append(_blocks(moment))
    return Group(*parts)


def _headline(moment: Moment) -> Text:
    numbers = moment.mailing.numbers
    return Text(
        f"\n{moment.mailing.name}: {moment.mailing.state.value}, {numbers.done:,} of {numbers.total:,},"
        f" {moment.rate:,.0f} messages a second",
        style="bold",
    )


def _domains(moment: Moment) -> Table:
    table = Table("domain", "", "delivered", "failed", "waiting", "held", box=None, pad_edge=False, header_style="dim")
    for column in table.columns[2:]:
        column.justify = "right"
    for row in moment.domains:
        bar = ProgressBar(total=row.total, completed=row.total - row.waiting - row.held, width=30)
        table.add_row(
            row.domain, bar, *(f"{number:,}" for number in (row.delivered, row.failed, row.waiting, row.held))
        )
    return table


def _blocks(moment: Moment) -> Group:
    lines: list[RenderableType] = [Text("\nBlocks", style="bold")]
    for view in moment.blocks:
        told = (
            f"{view.sending_address} at {view.domain} ({view.mx_host}), for {moment.at - view.since:.0f} s,"
            f" {_next_probe(view, moment.at)}"
        )
        lines.append(Text.assemble((f"{view.state.value:<11}", "bold yellow"), told))
        lines.append(Text(f"{'':11}{shown(view.reply)}", style="dim"))
    return Group(*lines)


def _next_probe(view: BlockView, now: float) -> str:
    if view.state is BlockState.RECOVERING:
        return "slow start"
    if view.next_probe is None:
        return "no probe"
    return f"next probe in {max(0.0, view.next_probe - now):.0f} s"
