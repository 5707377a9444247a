"""Looks at everything that sending depends on, and says what is wrong and what to do. Changes nothing.

:func:`look` asks database and machine, :func:`look_outside` the network; both give findings in the order in which they count.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.database import Database
from app.database.lease import database_time, is_held
from app.database.schema import AuditLine, Mailing, MailingLane, Node, StoredSetting
from app.paths import Profile
from app.services import addresses, dkim_keys, preflight, rules, streams
from app.services.addresses import AddressState, AddressView
from app.services.preflight import Check, Finding, Grade, PortTarget
from app.settings import SETTINGS, SettingError
from engine.ports import MailingState
from engine.resolver import Resolver, TemporaryDNSFailure
from engine.rules import RuleError

MOST_ADDRESSES = 32
"""Sending addresses that are looked at; more would take minutes."""
LITTLE_SPACE = 1 << 30
NO_SPACE = 100 << 20
CLOCK_TOLERANCE = 60.0
NAME_TO_ASK = "gmail.com"
"""Whose exchangers are asked for when nothing was sent yet."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One answer. ``check`` is a word such as "database" or "address 192.0.2.7"; the sentence says what to do."""

    check: str
    grade: Grade
    sentence: str


def look(database: Database, profile: Profile, *, now: float) -> list[Diagnosis]:
    """Database, settings, rules, keys, disk, clock, engine, streams: what can be told without the network."""
    found = [_database(database)]
    with database.read() as session:
        found += _settings(session)
        found.append(_rules())
        found += _dkim(session)
        found += _disk(profile.folder)
        found.append(_clock(session, now))
        found.append(_engine(session, database.node))
        found += _streams(session)
    return found


async def look_outside(resolver: Resolver, views: Sequence[AddressView], domain: str, *, port: int) -> list[Diagnosis]:
    """Name servers, and the pre-flight of the sending addresses; *domain* is whose exchangers are tried."""
    found = [await _name_servers(resolver, domain)]
    enabled = [view for view in views if view.state is not AddressState.PAUSED]
    target = PortTarget(domain, port)
    checked = await asyncio.gather(*(_preflight(resolver, view, target) for view in enabled[:MOST_ADDRESSES]))
    found += [diagnosis for each in checked for diagnosis in each]
    if len(enabled) > MOST_ADDRESSES:
        left = len(enabled) - MOST_ADDRESSES
        found.append(
            Diagnosis("addresses", Grade.WARNING, f"{left} more addresses were not looked at; use address check IP.")
        )
    return found


def usual_domain(session: Session) -> str:
    """The domain that most mail goes to, to try the network with."""
    query = (
        select(MailingLane.domain).group_by(MailingLane.domain).order_by(func.sum(MailingLane.total).desc()).limit(1)
    )
    return session.scalar(query) or NAME_TO_ASK


def _database(database: Database) -> Diagnosis:
    faults = database.check()
    if faults:
        words = f"The database is damaged ({faults[0]}); restore a backup."
        return Diagnosis("database", Grade.FAIL, words)
    where = str(database.file) if database.file else "the PostgreSQL server"
    return Diagnosis("database", Grade.PASS, f"The database in {where} is sound.")


def _settings(session: Session) -> Iterator[Diagnosis]:
    faults = 0
    for row in session.scalars(select(StoredSetting).order_by(StoredSetting.key)):
        setting = SETTINGS.get(row.key)
        try:
            if setting is not None:
                setting.parse(row.value)
        except SettingError as error:
            faults += 1
            yield Diagnosis("settings", Grade.WARNING, f"{error.sentence} The default is used.")
    if not faults:
        yield Diagnosis("settings", Grade.PASS, "All settings can be used.")


def _rules() -> Diagnosis:
    try:
        rules.check_bundled_rules()
    except RuleError as error:
        return Diagnosis("rules", Grade.FAIL, f"The bundled rules can't be used: {error}.")
    return Diagnosis("rules", Grade.PASS, f"{len(rules.bundled_rules())} bundled rules are in force.")


def _dkim(session: Session) -> Iterator[Diagnosis]:
    for view in dkim_keys.listing(session):
        grade = Grade.FAIL if view.fault else Grade.PASS
        yield Diagnosis(f"DKIM {view.domain}", grade, view.fault or f"Mail from {view.domain} can be signed.")


def _disk(folder: Path) -> Iterator[Diagnosis]:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Diagnosis("disk", Grade.WARNING, f"The free space of {folder} is not known: {error.strerror or error}.")
        return
    grade = Grade.FAIL if free < NO_SPACE else Grade.WARNING if free < LITTLE_SPACE else Grade.PASS
    advice = "" if grade is Grade.PASS else " Make room before mail is sent."
    yield Diagnosis("disk", grade, f"{free / (1 << 30):,.1f} GiB are free for database and journals.{advice}")


def _clock(session: Session, now: float) -> Diagnosis:
    newest = session.scalar(select(func.max(AuditLine.at)))
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        hours = (newest - now) / 3600
        words = f"The clock stands {hours:,.1f} hours before the last change in the database; was it set back?"
        return Diagnosis("clock", Grade.WARNING, words)
    return Diagnosis("clock", Grade.PASS, f"The clock says {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(now))} UTC.")


def _engine(session: Session, node_id: int) -> Diagnosis:
    node = session.get_one(Node, node_id)
    if is_held(node, database_time(session.connection())):
        return Diagnosis("engine", Grade.PASS, f"The engine runs as process {node.pid} and is {node.state}.")
    active = session.scalar(select(func.count()).select_from(Mailing).where(Mailing.state == MailingState.ACTIVE))
    if active:
        words = f"No engine runs, and {active} mailings wait for one; start it with: mailstreams serve"
        return Diagnosis("engine", Grade.WARNING, words)
    return Diagnosis("engine", Grade.PASS, "No engine runs, and nothing waits for one.")


def _streams(session: Session) -> Iterator[Diagnosis]:
    for view in addresses.listing(session):
        if view.state is AddressState.UNUSABLE:
            yield Diagnosis(f"address {view.ip}", Grade.FAIL, f"{view.ip} could not be bound: {view.fault}")
    default = streams.default(session)
    if not default.addresses:
        words = f"The default stream {default.name} has no sending addresses; mail that falls to it waits."
        yield Diagnosis("streams", Grade.WARNING, words)
    else:
        yield Diagnosis("streams", Grade.PASS, f"The default stream {default.name} has sending addresses.")


async def _name_servers(resolver: Resolver, domain: str) -> Diagnosis:
    try:
        await resolver.exchangers(domain)
    except TemporaryDNSFailure:
        words = f"The name servers do not answer for {domain}; look at network.name_servers."
        return Diagnosis("name servers", Grade.WARNING, words)
    return Diagnosis("name servers", Grade.PASS, "The name servers answer.")


async def _preflight(resolver: Resolver, view: AddressView, target: PortTarget) -> list[Diagnosis]:
    found = [each async for each in preflight.check_address(resolver, view.ip, helo=view.helo, port_target=target)]
    found.sort(key=lambda finding: _ORDER.index(finding.check))
    return [Diagnosis(f"address {view.ip}", _gravity(each), each.sentence) for each in found]


_ORDER = list(Check)


def _gravity(finding: Finding) -> Grade:
    """Of all that a pre-flight finds only a fault of binding is certain to keep mail from leaving."""
    if finding.check is Check.BIND or finding.grade is Grade.PASS:
        return finding.grade
    return Grade.WARNING
