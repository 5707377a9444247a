"""Questions over real sockets: ports are used for a few questions, and what comes late or from nowhere is no answer."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from typing import cast

import pytest
from waiting import wait_until

from engine.dns_ports import USES, Ports, Server, Turnstile
from engine.dns_wire import TYPE_A, make_query


class Answerer(asyncio.DatagramProtocol):
    """A name server of few words: it answers what it is told to, from an address of its own."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, tuple[str, int]]] = []
        self.silent = False
        self.before: list[bytes] = []
        """Datagrams that come before the answer, as somebody else would send them; the query's number is put in front."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        self.address: Server = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append((data, addr))
        if not self.silent:
            self.answer(-1)

    def answer(self, index: int) -> None:
        """Answer one of the questions, with its own bytes and the bit that makes them an answer."""
        data, addr = self.asked[index]
        for false in self.before:
            self.transport.sendto(data[:2] + false, addr)
        self.transport.sendto(data[:2] + b"\x80" + data[3:], addr)


@pytest.fixture
async def server() -> AsyncIterator[Answerer]:
    transport, answerer = await asyncio.get_running_loop().create_datagram_endpoint(
        Answerer, local_addr=("127.0.0.1", 0)
    )
    yield answerer
    transport.close()


@pytest.fixture
async def ports() -> AsyncIterator[Ports]:
    ports = Ports(30.0)
    yield ports
    ports.close()


async def test_a_port_is_used_for_a_few_questions_and_then_another(server: Answerer, ports: Ports) -> None:
    for number in range(3 * USES):
        wire = await ports.ask(server.address, make_query(number, "a.example", TYPE_A))
        assert wire[:2] == number.to_bytes(2)

    assert list(Counter(addr for _, addr in server.asked).values()) == [USES, USES, USES]


async def test_questions_at_the_same_time_have_ports_of_their_own(server: Answerer, ports: Ports) -> None:
    await asyncio.gather(*(ports.ask(server.address, make_query(number, "a.example", TYPE_A)) for number in range(50)))

    assert len({addr for _, addr in server.asked}) == 50


async def test_what_is_no_answer_to_the_question_is_passed_over(server: Answerer, ports: Ports) -> None:
    query = make_query(7, "a.example", TYPE_A)
    other = make_query(7, "b.example", TYPE_A)
    server.before = [b"", b"\x80", query[2:], b"\x80" + other[3:]]

    assert await ports.ask(server.address, query) == query[:2] + b"\x80" + query[3:]


async def test_a_late_answer_meets_nobody(server: Answerer) -> None:
    ports = Ports(1.0)
    server.silent = True
    query = make_query(7, "a.example", TYPE_A)
    with pytest.raises(TimeoutError):
        await ports.ask(server.address, query)
    again = asyncio.create_task(ports.ask(server.address, query))
    await wait_until(lambda: len(server.asked) == 2)

    server.answer(0)
    server.answer(1)

    assert await again
    assert server.asked[0][1] != server.asked[1][1]
    ports.close()


async def test_one_that_gives_up_takes_its_port_along(server: Answerer, ports: Ports) -> None:
    server.silent = True
    first = asyncio.create_task(ports.ask(server.address, make_query(1, "a.example", TYPE_A)))
    await wait_until(lambda: server.asked)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    server.silent = False

    assert (await ports.ask(server.address, make_query(2, "a.example", TYPE_A)))[:2] == b"\0\2"
    assert server.asked[0][1] != server.asked[1][1]


async def test_a_server_that_is_not_there_is_told_at_once(ports: Ports) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        address: Server = nobody.getsockname()

    with pytest.raises(ConnectionRefusedError):
        await ports.ask(address, make_query(1, "a.example", TYPE_A))


async def test_a_turnstile_lets_in_by_order_and_passes_over_who_has_gone() -> None:
    turnstile, seen = Turnstile(1), list[str]()

    async def visit(name: str) -> None:
        async with turnstile:
            seen.append(name)

    await turnstile.__aenter__()
    visits = {name: asyncio.create_task(visit(name)) for name in "abc"}
    await asyncio.sleep(0)
    visits["a"].cancel()
    await turnstile.__aexit__()
    await asyncio.gather(*visits.values(), return_exceptions=True)
    await visit("d")

    assert seen == ["b", "c", "d"]


async def test_a_turn_that_was_given_is_passed_on_by_who_has_gone() -> None:
    turnstile, seen = Turnstile(1), list[str]()

    async def visit(name: str) -> None:
        async with turnstile:
            seen.append(name)

    await turnstile.__aenter__()
    first, second = asyncio.create_task(visit("a")), asyncio.create_task(visit("b"))
    await asyncio.sleep(0)
    await turnstile.__aexit__()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)

    assert seen == ["b"]
