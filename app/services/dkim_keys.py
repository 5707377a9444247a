"""DKIM keys of sender domains: made, registered, checked; the keys stay in files for their owner alone. A service."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.changes import WORLD, bump
from app.database.schema import StoredDkimKey
from app.services import audit
from app.services.problems import BadValue, Refused, UnknownName, near_names
from engine.addresses import AddressError, to_ascii_domain
from engine.dkim_keys import DkimAlgorithm, DkimKey, DkimKeyError
from engine.dkim_signing import load_key
from engine.private_folders import make_private_folder

NEW_KEY_BITS = 2_048
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*").fullmatch


@dataclass(frozen=True, slots=True)
class DkimKeyView:
    """The key of one sender domain.

    ``record`` is the text to publish at ``host``; "" while the key can't be read, and then ``fault`` says why.
    """

    id: int
    domain: str
    selector: str
    path: Path
    host: str
    record: str
    fault: str


def register(session: Session, *, domain: str, selector: str, path: Path, actor: str, now: float) -> DkimKeyView:
    """Use a private key (PEM, RSA of 1,024 bits or more, or Ed25519) for a sender domain; replaces the one it had.

    Raises BadValue ("domain", "selector", "path"); also when others than its owner may read the file.
    """
    ascii_domain, selector = _domain(domain), _checked_selector(selector)
    key, _ = _load(ascii_domain, selector, path.absolute())
    stored = session.scalar(select(StoredDkimKey).where(StoredDkimKey.domain == ascii_domain))
    before = _words(stored) if stored is not None else ""
    if stored is None:
        stored = StoredDkimKey(domain=ascii_domain, created_at=now)
        session.add(stored)
    stored.selector, stored.path, stored.algorithm = selector, key.key_file, key.algorithm.value
    session.flush()
    _record(session, "register", ascii_domain, actor, now, before=before, after=_words(stored))
    return _view(stored)


def generate(session: Session, *, domain: str, selector: str, folder: Path, actor: str, now: float) -> DkimKeyView:
    """Make an RSA key of 2,048 bits in a new file (mode 0600) of *folder*, and register it.

    Raises Refused when there is such a file; keys are never overwritten.
    """
    ascii_domain, selector = _domain(domain), _checked_selector(selector)
    path = folder / f"{ascii_domain}.{selector}.pem"
    private = generate_private_key(public_exponent=65_537, key_size=NEW_KEY_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        make_private_folder(folder)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except FileExistsError:
        raise Refused(f"There is a key {path} already; choose another selector.") from None
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror or 'error'}.") from None
    return register(session, domain=ascii_domain, selector=selector, path=path, actor=actor, now=now)


def remove(session: Session, domain: str, *, actor: str, now: float) -> None:
    """Forget the key of a domain; its file stays. Raises UnknownName."""
    try:
        ascii_domain = to_ascii_domain(domain)
    except AddressError:
        ascii_domain = domain
    stored = session.scalar(select(StoredDkimKey).where(StoredDkimKey.domain == ascii_domain))
    if stored is None:
        known = session.scalars(select(StoredDkimKey.domain))
        raise UnknownName("DKIM key for the domain", domain, near_names(domain, known))
    _record(session, "remove", stored.domain, actor, now, before=_words(stored))
    session.delete(stored)
    session.flush()


def listing(session: Session) -> list[DkimKeyView]:
    """The keys of all sender domains, by domain. Looks at their files."""
    return [_view(stored) for stored in session.scalars(select(StoredDkimKey).order_by(StoredDkimKey.domain))]


def _load(domain: str, selector: str, path: Path) -> tuple[DkimKey, RSAPrivateKey | Ed25519PrivateKey]:
    """The key in a file, whichever of the two kinds it is."""
    fault = ""
    for algorithm in DkimAlgorithm:
        key = DkimKey(domain, selector, str(path), algorithm)
        try:
            return key, load_key(key)
        except DkimKeyError as error:
            fault = fault or str(error)
    raise BadValue("path", f"path: {fault}.")


def _view(stored: StoredDkimKey) -> DkimKeyView:
    path = Path(stored.path)
    try:
        record, fault = _public_record(load_key(_key(stored))), ""
    except DkimKeyError as error:
        record, fault = "", f"{error}."
    host = f"{stored.selector}._domainkey.{stored.domain}"
    return DkimKeyView(stored.id, stored.domain, stored.selector, path, host, record, fault)


def _key(stored: StoredDkimKey) -> DkimKey:
    return DkimKey(stored.domain, stored.selector, stored.path, DkimAlgorithm(stored.algorithm))


def _public_record(private: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """The TXT record of the public key (RFC 6376, 3.6.1; RFC 8463, 4)."""
    if isinstance(private, Ed25519PrivateKey):
        kind, public = "ed25519", private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        kind, public = "rsa", private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}"


def _domain(text: str) -> str:
    try:
        return to_ascii_domain(text)
    except AddressError as error:
        raise BadValue("domain", f"domain: {error}.") from None


def _checked_selector(text: str) -> str:
    """RFC 6376, 3.1: labels of a host name with dots between them."""
    selector = text.strip().lower()
    if _SELECTOR(selector) is None or len(selector) > 100:
        raise BadValue("selector", "selector: must be letters, digits and hyphens, such as mail2024.")
    return selector


def _words(stored: StoredDkimKey) -> str:
    return f"selector {stored.selector}, {stored.algorithm} key in {stored.path}"


def _record(
    session: Session, verb: str, domain: str, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    audit.record(
        session,
        actor=actor,
        now=now,
        action=f"dkim.{verb}",
        subject=f"DKIM key of {domain}",
        before=before,
        after=after,
    )
    bump(session, WORLD)
