"""A worker process under test, with the engine's part played by the test: it hands out jobs and collects reports."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from waiting import wait_until

from engine.journal import Recovery, read_journals
from engine.message import CompiledMessage, MessageSource, compile_message
from engine.pairs import IPText
from engine.replies import Verdict
from engine.rules import Rule
from engine.wire import (
    ClosePair,
    Command,
    Configure,
    Deliver,
    End,
    Job,
    OpenPair,
    PairConnections,
    PairTrouble,
    Probe,
    ProbeDone,
    Report,
    Result,
    Results,
    SetMessage,
)
from engine.workers import WorkerProcess

SENDER = "127.0.0.11"
SERVER = "127.0.1.1"
RULES = (
    Rule("test.listed", "", (), (), (), "blocked using", Verdict.BLOCK),
    Rule("test.slow", "", (), (), (), "too (?:many|fast)", Verdict.THROTTLE),
    Rule("test.unknown", "", (), (), (), "user unknown", Verdict.RECIPIENT),
    Rule("test.grey", "", (), (), (), "greylisted", Verdict.GREYLIST),
)
MESSAGE = compile_message(MessageSource("news@sender.test", subject="Spring", text="Hello.\n.\nBye.\n"))


class Workbench:
    """``async with Workbench(port, tmp_path) as bench: bench.open(); bench.deliver("a@d.test"); await bench.finish()``.

    Everything that the worker reports is kept. Timeouts are short, in seconds.
    """

    def __init__(
        self,
        smtp_port: int,
        folder: Path,
        *,
        connect_timeout: float = 2.0,
        reply_timeout: float = 5.0,
        argv: tuple[str, ...] = (sys.executable, "-m", "engine.worker"),
    ) -> None:
        self.journal = folder / "journal"
        self.results: list[Result] = []
        self.reports: list[Report] = []
        self.exits: list[str] = []
        self._argv = argv
        self._configure = Configure(1, str(self.journal), smtp_port, RULES, connect_timeout, reply_timeout)
        self._next = 0
        self._pairs: set[int] = set()

    async def __aenter__(self) -> Workbench:
        self.worker = await WorkerProcess.start(self._argv, self._configure, self._take, self.exits.append)
        self.set_message(1, MESSAGE)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.exits:
            await self.worker.stop(2.0)

    def _take(self, report: Report) -> None:
        self.reports.append(report)
        if isinstance(report, Results):
            self.results += report.results
        elif isinstance(report, ProbeDone) and report.result is not None:
            self.results.append(report.result)

    # Commands

    def send(self, command: Command) -> None:
        """Any command."""
        self.worker.send(command)

    def set_message(self, mailing: int, message: CompiledMessage) -> None:
        """The content of a mailing."""
        self.send(SetMessage(mailing, message))

    @staticmethod
    def terms(
        pair: int = 1,
        *,
        sender: str = SENDER,
        server: str = SERVER,
        host: str = "mx.d.test",
        connections: int = 1,
        messages: int = 1000,
        tls_required: bool = False,
        exempt: bool = False,
        helo: str = "out11.sender.test",
    ) -> OpenPair:
        """Terms of a pair."""
        return OpenPair(pair, IPText(sender), IPText(server), host, helo, connections, messages, tls_required, exempt)

    def open(self, terms: OpenPair | None = None) -> None:
        """Open a pair."""
        self.send(terms or self.terms())

    def close(self, pair: int = 1) -> None:
        """Close a pair."""
        self.send(ClosePair(pair))

    def jobs(self, addresses: Iterable[str], mailing: int = 1) -> list[Job]:
        """Jobs for addresses, numbered on."""
        made = []
        for address in addresses:
            self._next += 1
            made.append(Job(self._next, 1, mailing, address, f"t{self._next}"))
        return made

    def deliver(self, *addresses: str, pair: int = 1, mailing: int = 1) -> list[int]:
        """Hand out recipients; their numbers."""
        jobs = self.jobs(addresses, mailing)
        self.send(Deliver(pair, jobs))
        return [job.recipient for job in jobs]

    async def probe(self, terms: OpenPair | None = None, *, job: Job | None = None, recipient: str = "") -> ProbeDone:
        """Probe a pair; how it ended."""
        number = len(self.probes()) + 1
        self.send(Probe(number, terms or self.terms(), job, "news@sender.test" if recipient else "", recipient))
        await wait_until(lambda: len(self.probes()) == number)
        return self.probes()[-1]

    # What came of it

    async def finish(self, count: int | None = None, deadline: float = 15.0) -> dict[End, int]:
        """Wait until so many jobs (all) have ended; how many ended how."""
        wanted = self._next if count is None else count
        await wait_until(lambda: len(self.results) >= wanted, deadline, f"{len(self.results)} of {wanted} jobs ended")
        assert len({result.recipient for result in self.results}) == len(self.results), "a job ended twice"
        return self.ends()

    def ends(self) -> dict[End, int]:
        """How many jobs ended how."""
        return dict(Counter(result.end for result in self.results))

    def result(self, recipient: int) -> Result:
        """The one result of a job."""
        [found] = [result for result in self.results if result.recipient == recipient]
        return found

    def probes(self) -> list[ProbeDone]:
        """Probes that ended."""
        return [report for report in self.reports if isinstance(report, ProbeDone)]

    def troubles(self) -> list[PairTrouble]:
        """Troubles with pairs."""
        return [report for report in self.reports if isinstance(report, PairTrouble)]

    async def trouble(self, count: int = 1, deadline: float = 15.0) -> PairTrouble:
        """Wait for so many troubles; the last."""
        await wait_until(lambda: len(self.troubles()) >= count, deadline, f"{len(self.troubles())} troubles of {count}")
        return self.troubles()[-1]

    def opened(self, pair: int = 1) -> int:
        """Connections that were opened for a pair."""
        return sum(
            report.opened for report in self.reports if isinstance(report, PairConnections) and report.pair == pair
        )

    def is_open(self, pair: int = 1) -> int:
        """Connections of a pair that are open now."""
        counts = [r.open for r in self.reports if isinstance(r, PairConnections) and r.pair == pair]
        return counts[-1] if counts else 0

    def recovery(self) -> Recovery:
        """What the journal says, once the worker is gone."""
        return read_journals(self.journal, patience=5.0)
