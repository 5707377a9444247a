"""Whether the DNS vouches for a message's sender: DKIM key, SPF for the sending addresses, DMARC. Async, changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from app.services.preflight import DnsNames
from app.services.spf import SpfResult, check_host
from engine.message import CompiledMessage
from engine.message_checks import Advice, Level, is_aligned, key_advice
from engine.resolver import Resolver, TemporaryDNSFailure

MOST_ADDRESSES = 16
"""Sending addresses whose SPF is asked for; more would take long."""


async def sender_advice(resolver: Resolver, message: CompiledMessage, ips: Sequence[str]) -> list[Advice]:
    """What the DNS says of a message that leaves from the sending addresses *ips*, good news included."""
    domain = message.sender.rpartition("@")[2]
    asked = asyncio.gather(*(_spf(resolver, ip, domain) for ip in ips[:MOST_ADDRESSES]))
    keys, policy, spf = await asyncio.gather(_keys(resolver, message), _policy(resolver, message.author_domain), asked)
    return [*keys, *_spf_advice(message, spf), *policy]


async def _keys(resolver: Resolver, message: CompiledMessage) -> list[Advice]:
    records = {}
    for key in message.dkim:
        host = f"{key.selector}._domainkey.{key.domain}"
        try:
            records[key] = await resolver.txt(host)
        except TemporaryDNSFailure as trouble:
            return [Advice(Level.WARNING, "dkim_record", f"DKIM: {trouble}")]
    found = key_advice(message.dkim, records)
    if message.dkim and not found:
        domains = ", ".join(sorted({key.domain for key in message.dkim}))
        return [Advice(Level.NOTE, "dkim_record", f"DKIM: the DNS publishes the key of {domains}.")]
    return found


async def _policy(resolver: Resolver, domain: str) -> list[Advice]:
    """The DMARC record of the author's domain, or of the domains above it (RFC 7489, 6.6.3, by walking up the labels)."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        name = ".".join(labels[start:])
        try:
            records = [record for record in await resolver.txt(f"_dmarc.{name}") if record.startswith("v=DMARC1")]
        except TemporaryDNSFailure as trouble:
            return [Advice(Level.WARNING, "dmarc_record", f"DMARC: {trouble}")]
        if records:
            return [Advice(Level.NOTE, "dmarc_record", f"DMARC: {name} has a policy: {records[0][:200]}")]
    sentence = f"DMARC: {domain} has no policy; large providers ask for one (RFC 7489)."
    return [Advice(Level.WARNING, "dmarc_record", sentence)]


async def _spf(resolver: Resolver, ip: str, domain: str) -> tuple[str, SpfResult]:
    return ip, (await check_host(DnsNames(resolver), ip, domain)).result


def _spf_advice(message: CompiledMessage, results: Sequence[tuple[str, SpfResult]]) -> list[Advice]:
    domain = message.sender.rpartition("@")[2]
    if not results:
        return [Advice(Level.WARNING, "spf_record", "SPF: the stream has no sending addresses to ask for.")]
    others = [ip for ip, result in results if result is not SpfResult.PASS]
    if others:
        words = f"SPF: {domain} does not cover {', '.join(others[:3])}{' and more' if len(others) > 3 else ''}."
        return [Advice(Level.PROBLEM, "spf_record", words)]
    aligned = "" if is_aligned(domain, message.author_domain) else " It does not count for DMARC, though."
    number = "the sending address" if len(results) == 1 else f"all {len(results)} sending addresses"
    return [Advice(Level.NOTE, "spf_record", f"SPF: {domain} covers {number}.{aligned}")]
