"""DKIM keys: made, registered and refused when others may read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from administration import ACTOR, NOW, Office

from app.database.database import Database
from app.services import dkim_keys
from app.services.dkim_keys import DkimKeyView
from app.services.problems import BadValue, Refused, UnknownName


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def generate(office: Office, folder: Path, domain: str = "Example.com", selector: str = "Mail1") -> DkimKeyView:
    with office.writing() as session:
        return dkim_keys.generate(session, domain=domain, selector=selector, folder=folder, actor=ACTOR, now=NOW)


def test_a_new_key_is_for_its_owner_alone_and_tells_what_to_publish(office: Office, tmp_path: Path) -> None:
    view = generate(office, tmp_path / "keys")
    assert view.path.stat().st_mode & 0o777 == 0o600
    assert view.path.parent.stat().st_mode & 0o077 == 0
    assert (view.domain, view.host) == ("example.com", "mail1._domainkey.example.com")
    assert view.record.startswith("v=DKIM1; k=rsa; p=MIIB")
    entry = office.trail()[0]
    assert entry.subject == "DKIM key of example.com"
    assert "PRIVATE" not in entry.after


def test_keys_are_never_overwritten(office: Office, tmp_path: Path) -> None:
    view = generate(office, tmp_path)
    before = view.path.read_bytes()
    with pytest.raises(Refused, match="already"):
        generate(office, tmp_path)
    assert view.path.read_bytes() == before
    second = generate(office, tmp_path, selector="mail2")
    with office.database.read() as session:
        assert [each.selector for each in dkim_keys.listing(session)] == ["mail2"]
    assert second.path != view.path


def test_a_key_that_others_may_read_is_refused(office: Office, tmp_path: Path) -> None:
    path = generate(office, tmp_path).path
    path.chmod(0o644)
    with pytest.raises(BadValue, match="chmod 600") as caught, office.writing() as session:
        dkim_keys.register(session, domain="example.net", selector="s", path=path, actor=ACTOR, now=NOW)
    assert caught.value.field == "path"
    with office.database.read() as session:
        (view,) = dkim_keys.listing(session)
    assert view.record == ""
    assert "open to other users" in view.fault


@pytest.mark.parametrize(
    ("domain", "selector", "content", "field"),
    [
        ("localhost", "s", b"", "domain"),
        ("example.com", "a b", b"", "selector"),
        ("example.com", "", b"", "selector"),
        ("example.com", "s", b"not a key", "path"),
        ("example.com", "s", None, "path"),
    ],
)
def test_what_can_not_be_used_is_refused_by_field(
    office: Office, tmp_path: Path, domain: str, selector: str, content: bytes | None, field: str
) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.touch(mode=0o600)
        path.write_bytes(content)
    with pytest.raises(BadValue) as caught, office.writing() as session:
        dkim_keys.register(session, domain=domain, selector=selector, path=path, actor=ACTOR, now=NOW)
    assert caught.value.field == field


def test_an_ed25519_key_is_recognised(office: Office, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path = tmp_path / "key.pem"
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.touch(mode=0o600)
    path.write_bytes(pem)
    with office.writing() as session:
        view = dkim_keys.register(session, domain="example.com", selector="e", path=path, actor=ACTOR, now=NOW)
    assert view.record.startswith("v=DKIM1; k=ed25519; p=")


def test_a_removed_key_leaves_its_file(office: Office, tmp_path: Path) -> None:
    view = generate(office, tmp_path)
    with office.writing() as session:
        dkim_keys.remove(session, "EXAMPLE.com", actor=ACTOR, now=NOW)
    assert os.access(view.path, os.R_OK)
    with pytest.raises(UnknownName), office.writing() as session:
        dkim_keys.remove(session, "example.com", actor=ACTOR, now=NOW)
