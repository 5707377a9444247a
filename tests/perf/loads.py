"""What the throughput benches share: the sink, the job, processes and what they cost."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass(frozen=True, slots=True)
class Job:
    """``recipients`` numbered ones over ``domains`` domains, each with one MX address, a body of ``body`` bytes.

    They are spread evenly; with ``long_tail`` the n-th domain has a share of 1/n, and each has at least one recipient.
    """

    recipients: int = 20_000
    domains: int = 20
    body: int = 4096
    addresses: int = 4
    long_tail: bool = False

    @property
    def senders(self) -> tuple[str, ...]:
        """The sending addresses."""
        return tuple(f"127.0.0.{11 + number}" for number in range(self.addresses))

    def address(self, number: int) -> str:
        """The mail address of a recipient."""
        return f"r{number}@{self.domain(self._domain_of(number))}"

    def _domain_of(self, number: int) -> int:
        if not self.long_tail or number < self.domains:
            return number % self.domains
        return bisect(_tail(self.domains), _spread(number) * _tail(self.domains)[-1])

    def domain(self, index: int) -> str:
        """The name of a domain."""
        return f"d{index + 1:05}.test"

    def mx_address(self, index: int) -> str:
        """The address of a domain's only mail exchanger."""
        return f"127.{1 + index // 62_500}.{1 + index // 250 % 250}.{1 + index % 250}"

    def text(self) -> str:
        """The body, in lines of 72 characters."""
        line = "Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod te.\n"
        return (line * (self.body // len(line) + 1))[: self.body - 1] + "\n"


@cache
def _tail(domains: int) -> tuple[float, ...]:
    """The sums of 1/1 … 1/n."""
    return tuple(accumulate(1 / (index + 1) for index in range(domains)))


def _spread(number: int) -> float:
    """A number from 0 to 1, evenly spread over any run of numbers: its product with the golden ratio."""
    return number * 0.6180339887498949 % 1.0


@dataclass(frozen=True, slots=True)
class SinkCount:
    """What the sink saw."""

    messages: int
    distinct: int
    duplicates: int
    unknown: int
    connections: int
    cpu: float


class Sink:
    """The C sink as a process; it takes mail at every loopback address on one port."""

    def __init__(self, program: Path, port: int, recipients: int) -> None:
        self.port = port
        self._process = subprocess.Popen(
            [str(program), "0.0.0.0", str(port), str(recipients)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def count(self) -> SinkCount:
        """Stop it and read its count."""
        self._process.send_signal(signal.SIGTERM)
        output, _ = self._process.communicate(timeout=30)
        return SinkCount(**json.loads(output))


class NameServer:
    """The C name server as a process: it knows every domain of every job. ``address`` is where it answers."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self._process = subprocess.Popen([str(build("names", folder)), host], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = f"{host}:{int(self._process.stdout.readline())}"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)


def build(name: str, folder: Path) -> Path:
    """Compile one of the C programs that stand beside this file."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("A C compiler is needed for sink and name server (Debian: apt-get install gcc libc6-dev).")
    program = folder / name
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), str(HERE / f"{name}.c")], check=True)
    return program


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds and memory (bytes, all processes together) of a program with all its children."""

    cpu: float
    memory: int


def cost_of(process: psutil.Process) -> Cost:
    """What a process and its children, the finished ones too, have cost so far."""
    cpu, memory = 0.0, 0
    for each in [process, *process.children(recursive=True)]:
        try:
            times = each.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            memory += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return Cost(cpu, memory)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """End the program when a step takes too long."""

    def stop(_number: int, _frame: object) -> None:
        raise SystemExit(f"A step took longer than {seconds:g} seconds.")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def wait_for(condition: object, what: str, seconds: float = 60.0, pause: float = 0.02) -> None:
    """Poll a callable until it is true."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come about within {seconds:g} seconds.")
        time.sleep(pause)
