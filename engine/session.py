"""Opening one SMTP session from a bound sending address: connect, greeting, EHLO, STARTTLS. Runs in the worker process.

aiosmtplib does the talking; what comes out is the bare transport and what the server offers.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, TypeVar, cast

import aiosmtplib

from engine.addresses import AddressError, check_helo_name
from engine.destination import Destination
from engine.envelope import Offers
from engine.replies import REPLY_LIMIT, Stage
from engine.wire import OpenPair, Trouble

log = logging.getLogger(__name__)

_BIND_ADDRESS_NO_PORT: Final = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24 if sys.platform == "linux" else None)
"""Leaves the choice of the local port to connect(), so that one address has 60,000 ports for each destination (ip(7))."""
_UNKNOWN_COMMAND: Final = frozenset({500, 501, 502, 503, 504, 550})
"""Replies to EHLO after which an old server may still know HELO (RFC 5321, 3.2)."""

_NOBODY: Final = asyncio.Protocol()
"""The protocol of a transport between two owners; it takes part in nothing."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Session:
    """An open session, ready for MAIL: go on with ``client``, or :meth:`detach` its transport.

    ``security`` is the TLS version, "" without TLS.
    """

    client: aiosmtplib.SMTP
    transport: asyncio.Transport
    offers: Offers
    security: str = ""
    starttls_refusal: str = ""
    """What was answered to STARTTLS that was offered, tried, and not needed."""

    def detach(self) -> asyncio.Transport:
        """Take the transport away from the client, which is of no more use.

        Nothing holds the client then, which takes some kilobytes: uvloop's transports keep the last ordinary protocol that they
        had, also under a buffered one; client and protocol keep each other.
        """
        self.transport.set_protocol(_NOBODY)
        self.client.protocol = None
        return self.transport


class SessionRefused(Exception):  # noqa: N818 - an outcome
    """The server refused the session; ``text`` is the reply as on the wire."""

    def __init__(self, stage: Stage, text: str) -> None:
        """The stage, and the reply with its code."""
        super().__init__(text)
        self.stage = stage
        self.text = text


class SessionFailed(Exception):  # noqa: N818 - an outcome
    """There is no session, and no reply says why."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        """What kind of trouble, and one sentence."""
        super().__init__(text)
        self.trouble = trouble
        self.text = text


class _HandshakeFailed(Exception):  # noqa: N818 - handled here
    """STARTTLS was accepted and TLS did not come about."""


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """What opening a session depends on besides the pair. Timeouts in seconds, one for each step."""

    port: int
    connect_timeout: float
    reply_timeout: float
    any_certificate: ssl.SSLContext
    valid_certificate: Callable[[], ssl.SSLContext]

    @classmethod
    def make(cls, port: int, connect_timeout: float, reply_timeout: float) -> SessionTerms:
        """With the system's certificate authorities (SSL_CERT_FILE and SSL_CERT_DIR name others, as for all of OpenSSL),
        which are read when the first certificate is to be valid: most workers never need them."""
        return cls(port, connect_timeout, reply_timeout, _any_certificate(), cache(ssl.create_default_context))


def _any_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def open_session(pair: OpenPair, terms: SessionTerms, destination: Destination) -> Session:
    """Open a session for *pair*; raises SessionRefused or SessionFailed.

    STARTTLS is opportunistic (RFC 7435): any certificate will do, and where the handshake fails the session is opened once
    more without it. Where TLS is required it must come about with a valid certificate for the MX host.
    """
    if pair.tls_required:
        try:
            return await _open(pair, terms, destination, starttls=True)
        except _HandshakeFailed as error:
            raise SessionFailed(Trouble.NO_TLS, str(error)) from None
    if destination.starttls:
        try:
            return await _open(pair, terms, destination, starttls=True)
        except _HandshakeFailed as error:
            log.info("%s (%s): %s; going on without TLS", pair.mx_host, pair.mx_address, error)
            destination.handshake_failed()
    return await _open(pair, terms, destination, starttls=False)


async def _open(pair: OpenPair, terms: SessionTerms, destination: Destination, *, starttls: bool) -> Session:
    try:
        helo = _helo_name(pair.helo)
    except AddressError as error:
        raise SessionFailed(Trouble.UNBINDABLE, f"{pair.sending_address} has no usable HELO name: {error}") from None
    connection = await _connect(pair, terms)
    client = aiosmtplib.SMTP(sock=connection, local_hostname=helo, start_tls=False, timeout=terms.reply_timeout)
    try:
        return await _greet(client, helo.encode(), pair, terms, destination, starttls=starttls)
    except BaseException:
        client.close()
        connection.close()
        raise


@lru_cache(maxsize=256)
def _helo_name(text: str) -> str:
    return check_helo_name(text)


async def _connect(pair: OpenPair, terms: SessionTerms) -> socket.socket:
    """A connected socket, bound to the sending address."""
    family = socket.AF_INET6 if ":" in pair.mx_address else socket.AF_INET
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise SessionFailed(Trouble.UNREACHABLE, f"no socket: {error.strerror}") from None
    try:
        _bind(connection, pair.sending_address)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(terms.connect_timeout):
            await loop.sock_connect(connection, (pair.mx_address, terms.port))
    except TimeoutError:
        connection.close()
        text = f"no connection to {pair.mx_address} within {terms.connect_timeout:g} seconds"
        raise SessionFailed(Trouble.UNREACHABLE, text) from None
    except OSError as error:
        connection.close()
        text = f"no connection to {pair.mx_address}: {os.strerror(error.errno) if error.errno else error}"
        raise SessionFailed(Trouble.UNREACHABLE, text) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _bind(connection: socket.socket, sending_address: str) -> None:
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if _BIND_ADDRESS_NO_PORT is not None:
        try:
            connection.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        except OSError as error:
            if error.errno not in (errno.ENOPROTOOPT, errno.EOPNOTSUPP):
                raise
    try:
        connection.bind((sending_address, 0))
    except OSError as error:
        text = f"{sending_address} can't be bound: {error.strerror or error}"
        raise SessionFailed(Trouble.UNBINDABLE, text) from None


async def _greet(
    client: aiosmtplib.SMTP,
    helo: bytes,
    pair: OpenPair,
    terms: SessionTerms,
    destination: Destination,
    *,
    starttls: bool,
) -> Session:
    await _step(Stage.BANNER, client.connect())
    await _ehlo(client, helo)
    security = refusal = ""
    if starttls and (pair.tls_required or client.supports_extension("starttls")):
        try:
            security = await _starttls(client, pair, terms)
            _note_certificate(client, pair, security, destination)
            await _ehlo(client, helo)
        except SessionRefused as refused:
            if pair.tls_required or refused.stage is not Stage.STARTTLS or not client.is_connected:
                raise
            refusal = refused.text
    transport = client.transport
    if not client.is_connected or transport is None:
        raise SessionFailed(Trouble.UNREACHABLE, "the server closed the connection")
    return Session(client, cast("asyncio.Transport", transport), Offers.of(client.esmtp_extensions), security, refusal)


async def _ehlo(client: aiosmtplib.SMTP, helo: bytes) -> None:
    """EHLO, and HELO where EHLO is not known."""
    response = await _step(Stage.EHLO, client.execute_command(b"EHLO", helo))
    if response.code == aiosmtplib.SMTPStatus.completed:
        client.last_ehlo_response = response
        return
    refusal = _refusal(Stage.EHLO, response.code, response.message)
    if response.code not in _UNKNOWN_COMMAND or not client.is_connected:
        raise refusal
    try:
        response = await _step(Stage.EHLO, client.execute_command(b"HELO", helo))
    except SessionFailed:
        raise refusal from None
    if response.code != aiosmtplib.SMTPStatus.completed:
        raise refusal


async def _starttls(client: aiosmtplib.SMTP, pair: OpenPair, terms: SessionTerms) -> str:
    """Turn to TLS; the version of it."""
    if not client.supports_extension("starttls"):
        raise SessionFailed(Trouble.NO_TLS, "the server does not offer STARTTLS")
    context = terms.valid_certificate() if pair.tls_required else terms.any_certificate
    host = pair.mx_host.rstrip(".") or None
    try:
        await client.starttls(server_hostname=host, tls_context=context, timeout=terms.reply_timeout)
    except aiosmtplib.SMTPResponseException as error:
        raise _refusal(Stage.STARTTLS, error.code, error.message) from None
    except (aiosmtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
        raise _HandshakeFailed(f"TLS failed: {_reason(error)}") from None
    connection = client.get_transport_info("ssl_object")
    return str(connection.version()) if connection is not None else "TLS"


def _note_certificate(client: aiosmtplib.SMTP, pair: OpenPair, security: str, destination: Destination) -> None:
    """Say once for a destination what is wrong with the certificate that was accepted."""
    connection = client.get_transport_info("ssl_object")
    if pair.tls_required or destination.certificate_noted or connection is None:
        return
    from engine.certificates import certificate_fault  # noqa: PLC0415 - what reads certificates takes memory in each worker

    destination.certificate_noted = True
    fault = certificate_fault(connection.getpeercert(binary_form=True), pair.mx_host, time.time())
    if fault:
        log.info(
            "%s (%s): %s, with a certificate that is not valid: %s", pair.mx_host, pair.mx_address, security, fault
        )


async def _step(stage: Stage, work: Awaitable[_T]) -> _T:
    """Await one step; whatever goes wrong becomes a SessionRefused or SessionFailed."""
    try:
        return await work
    except aiosmtplib.SMTPResponseException as error:
        raise _refusal(stage, error.code, error.message) from None
    except aiosmtplib.SMTPTimeoutError:
        raise SessionFailed(Trouble.UNREACHABLE, f"no reply at {stage} in time") from None
    except aiosmtplib.SMTPServerDisconnected:
        raise SessionFailed(Trouble.UNREACHABLE, f"the server closed the connection at {stage}") from None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise SessionFailed(Trouble.UNREACHABLE, f"no session at {stage}: {_reason(error)}") from None


def _refusal(stage: Stage, code: int, message: str) -> SessionRefused | SessionFailed:
    if 400 <= code < 600:
        return SessionRefused(stage, on_the_wire(code, message))
    return SessionFailed(Trouble.UNREACHABLE, f"the server's reply at {stage} makes no sense")


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError) and cause.reason:
        return cause.reason.replace("_", " ").lower()
    return str(cause)[:200] or type(cause).__name__


def on_the_wire(code: int, message: str) -> str:
    """A reply as it was sent, from aiosmtplib's form: code included, lines joined by line feeds."""
    lines = message.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split("\n")
    marked = [f"{code}-{line}" for line in lines[:-1]] + [f"{code} {lines[-1]}"]
    return "\n".join(marked).rstrip()[:REPLY_LIMIT]
