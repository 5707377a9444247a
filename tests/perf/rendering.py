"""How long it takes to check an address, to compile a message and to render it for one recipient.

    .venv/bin/python tests/perf/rendering.py [--seconds N]

Prints a table: microseconds each, the best of five rounds. Only ratios within one run mean something on a busy machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.addresses import parse_mailbox
from engine.dkim_keys import DkimAlgorithm, DkimKey
from engine.message import MessageSource, compile_message

ROUNDS: Final = 5
LINE: Final = "Lorem ipsum dolor sit amet, consectetur adipiscing elit sed.\n"
BODY: Final = LINE * 66
"""4 KiB, as in the job of the throughput bench."""
HTML: Final = (
    "<html><body>" + "<p>Lorem ipsum dolor sit amet, <b>consectetur</b> adipiscing elit.</p>\n" * 400 + "</body></html>"
)
FIELDS: Final = {"name": "Anna", "last": "Müller", "city": "Berlin"}
PERSONAL: Final = "Dear {{name}} {{last|}} from {{city|your town}},\n"


def source(text: str, html: str = "", *, subject: str = "News", dkim: tuple[DkimKey, ...] = ()) -> MessageSource:
    """A mailing's message, with what a list adds to it."""
    return MessageSource(
        from_address="news@sender.example",
        from_name="The News",
        subject=subject,
        text=text,
        html=html,
        list_id="news.sender.example",
        list_unsubscribe_url="https://sender.example/u/{{token}}",
        dkim=dkim,
    )


def cases(keys: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is measured."""
    yield "check an address", lambda: parse_mailbox("somebody.or.other@mail.example.com").key
    yield "check a quoted address", lambda: parse_mailbox('"somebody or other"@mail.example.com').key
    yield "compile 4 KiB, personal", lambda: compile_message(source(PERSONAL + BODY))
    plain = MessageSource(from_address="news@sender.example", subject="News", text=BODY)
    yield "4 KiB, To is personal", rendering(plain)
    yield "4 KiB, list headers", rendering(source(BODY))
    yield "4 KiB, fields in subject and text", rendering(source(PERSONAL + BODY, subject="News for {{name}}"))
    yield "the same for 7-bit servers", rendering(source(PERSONAL + BODY, subject="News for {{name}}"), seven_bit=True)
    yield (
        "4 KiB + 30 KiB HTML with fields",
        rendering(source(PERSONAL + BODY, HTML.replace("<p>", f"<p>{PERSONAL}", 1))),
    )
    rsa = DkimKey("sender.example", "s", str(keys / "rsa.pem"), DkimAlgorithm.RSA)
    ed25519 = DkimKey("sender.example", "s", str(keys / "ed25519.pem"), DkimAlgorithm.ED25519)
    yield "4 KiB, DKIM RSA-2048", rendering(source(BODY, dkim=(rsa,)))
    yield "4 KiB, DKIM Ed25519", rendering(source(BODY, dkim=(ed25519,)))
    yield "4 KiB with fields, DKIM Ed25519", rendering(source(PERSONAL + BODY, dkim=(ed25519,)))
    yield "4 KiB with fields, both", rendering(source(PERSONAL + BODY, dkim=(rsa, ed25519)))


def rendering(message: MessageSource, *, seven_bit: bool = False) -> Callable[[], object]:
    """A call that renders a message."""
    render = compile_message(message).render
    return lambda: render("somebody@mail.example.com", FIELDS, "12.345678", seven_bit=seven_bit)


def best(call: Callable[[], object], seconds: float) -> float:
    """Seconds of one call, the best of the rounds, each of about *seconds* / ROUNDS."""
    start = time.perf_counter()
    call()
    times = max(1, int(seconds / ROUNDS / max(time.perf_counter() - start, 1e-6)))
    rounds: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            call()
        rounds.append((time.perf_counter() - start) / times)
    return min(rounds)


def write_key(path: Path, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
    """A key in a file that its owner alone can read."""
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures how fast messages are rendered.")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each line of the table (default 0.5)")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder)
        write_key(keys / "rsa.pem", generate_private_key(65537, 2048))
        write_key(keys / "ed25519.pem", Ed25519PrivateKey.generate())
        for name, call in cases(keys):
            print(f"{name:<36}{best(call, seconds) * 1e6:>10.2f} µs")


if __name__ == "__main__":
    main()
