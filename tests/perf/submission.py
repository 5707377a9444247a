"""Handing the bench's job over to a mail server by SMTP, as peers get it."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from loads import Job, wait_for

SESSIONS = 8


def submit(port: int, job: Job) -> None:
    """One message for each recipient, over parallel sessions."""
    with ThreadPoolExecutor(SESSIONS) as pool:
        list(pool.map(lambda part: _submit_part(port, job, part), range(SESSIONS)))


def wait_for_port(port: int) -> None:
    """Return when a server greets there."""

    def greets() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 1.0) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    wait_for(greets, "A server's start")


def _submit_part(port: int, job: Job, part: int) -> None:
    text = job.text().replace("\n", "\r\n")
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as replies:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _expect(replies, b"220")
        connection.sendall(b"EHLO bench.sender.test\r\n")
        offers = _expect(replies, b"250")
        for number in range(part, job.recipients, SESSIONS):
            address = job.address(number)
            steps = ["MAIL FROM:<news@sender.test>\r\n", f"RCPT TO:<{address}>\r\n", "DATA\r\n"]
            codes = [b"250", b"250", b"354"]
            for group in [range(3)] if b"PIPELINING" in offers else [[0], [1], [2]]:
                connection.sendall("".join([steps[step] for step in group]).encode())
                for step in group:
                    _expect(replies, codes[step])
            head = f"From: news@sender.test\r\nTo: {address}\r\nSubject: News\r\nMessage-ID: <{number}@sender.test>\r\n"
            connection.sendall(f"{head}\r\n{text}.\r\n".encode())
            _expect(replies, b"250")
        connection.sendall(b"QUIT\r\n")


def _expect(replies: BinaryIO, code: bytes) -> bytes:
    """The whole reply, which must have this code."""
    lines = [replies.readline()]
    while lines[-1][3:4] == b"-":
        lines.append(replies.readline())
    if not lines[-1].startswith(code):
        raise SystemExit(f"The mail server answered {lines[-1]!r}.")
    return b"".join(lines)
