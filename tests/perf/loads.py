"""What the benches share: the job, sink and name server."""

from __future__ import annotations

import datetime
import json
import shutil
import signal
import socket
import subprocess
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LOOPBACK = 127


@dataclass(frozen=True, slots=True)
class Job:
    """``recipients`` numbered ones over ``domains`` domains, each with one MX address, a body of ``body`` bytes.

    Each of ``addresses`` sending addresses may have ``connections`` connections to each domain. Recipients are spread evenly;
    with ``long_tail`` the n-th domain has a share of 1/n, and each has at least one. All addresses begin with the number
    ``network``.
    """

    recipients: int = 20_000
    domains: int = 20
    body: int = 4096
    addresses: int = 4
    connections: int = 10
    long_tail: bool = False
    network: int = LOOPBACK

    @property
    def senders(self) -> tuple[str, ...]:
        """The sending addresses."""
        return tuple(f"{self.network}.0.0.{11 + number}" for number in range(self.addresses))

    def sender_of(self, number: int) -> int:
        """The index of the sending address for a recipient, where the program doesn't choose: each domain's in turn."""
        return (self.domain_of(number) + number // self.domains) % self.addresses

    def address(self, number: int) -> str:
        """The mail address of a recipient."""
        return f"r{number}@{self.domain(self.domain_of(number))}"

    def domain_of(self, number: int) -> int:
        """The index of a recipient's domain."""
        if not self.long_tail or number < self.domains:
            return number % self.domains
        return bisect(_tail(self.domains), _spread(number) * _tail(self.domains)[-1])

    def domain(self, index: int) -> str:
        """The name of a domain."""
        return f"d{index + 1:05}.test"

    def mx_address(self, index: int) -> str:
        """The address of a domain's only mail exchanger."""
        return f"{self.network}.{1 + index // 62_500}.{1 + index // 250 % 250}.{1 + index % 250}"

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
    """What the sink saw. ``quick`` messages came to destinations that are not slow, the last at ``quick_end`` (the clock of
    time.monotonic); both are 0 when none is slow. ``cpu`` in seconds."""

    messages: int
    distinct: int
    duplicates: int
    unknown: int
    connections: int
    quick: int
    quick_end: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Manners:
    """How the sink behaves. ``slow_answer`` in seconds; ``slow_share`` and ``refusing_share`` from 0 to 1.

    A refusing destination refuses the first sending address, as one that is blocked, and takes mail from the others.
    """

    tls: bool = False
    slow_share: float = 0.0
    slow_answer: float = 1.0
    refusing_share: float = 0.0

    def options(self, refused: str, credentials: Path) -> list[str]:
        """The sink's command line."""
        options = ["-m", f"{self.slow_answer * 1000:g}"]
        if self.slow_share:
            options += ["-s", str(round(1 / self.slow_share))]
        if self.refusing_share:
            options += ["-r", str(round(1 / self.refusing_share)), "-a", refused]
        if self.tls:
            options += ["-c", str(credentials)]
        return options


class Sinks:
    """Starts sinks that behave in one way, each on a port of its own; *where* stands in front of their command."""

    def __init__(self, folder: Path, job: Job, manners: Manners, where: Sequence[str] = ()) -> None:
        self._job = job
        self._where = where
        credentials = folder / "sink.pem"
        self._program = build(
            "sink", folder, ["-DTLS"] if manners.tls else [], ["-lssl", "-lcrypto"] if manners.tls else []
        )
        if manners.tls:
            credentials.write_bytes(self_signed("sink.test"))
        self._options = manners.options(job.senders[0], credentials)

    def start(self) -> Sink:
        """The next one."""
        return Sink(self._program, free_port(), self._job.recipients, self._options, self._where)


class Sink:
    """The C sink as a process; it takes mail at every address on one port."""

    def __init__(
        self, program: Path, port: int, recipients: int, options: Sequence[str] = (), where: Sequence[str] = ()
    ) -> None:
        self.port = port
        self._process = subprocess.Popen(
            [*where, str(program), *options, "0.0.0.0", str(port), str(recipients)],
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

    def end(self) -> None:
        """End it, if it runs."""
        self._process.kill()
        self._process.wait(10)


def free_port() -> int:
    """A TCP port that nobody uses now at any address."""
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


def self_signed(host: str) -> bytes:
    """A key and a certificate for it, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


class NameServer:
    """The C name server as a process: it knows every domain of every job in *network*. ``address`` is where it answers."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", network: int = LOOPBACK) -> None:
        command = [str(build("names", folder)), host, str(network)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = f"{host}:{int(self._process.stdout.readline())}"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)


def build(name: str, folder: Path, options: Sequence[str] = (), libraries: Sequence[str] = ()) -> Path:
    """Compile one of the C programs that stand beside this file."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("A C compiler is needed (Debian: apt-get install gcc libc6-dev).")
    program = folder / name
    command = [compiler, "-O2", "-Wall", "-Wextra", *options, "-o", str(program), str(HERE / f"{name}.c"), *libraries]
    subprocess.run(command, check=True)
    return program


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
