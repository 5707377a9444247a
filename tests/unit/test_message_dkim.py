"""DKIM signatures, verified by another implementation; keys and their files."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dkim.canonicalization import CanonicalizationPolicy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.dkim_keys import DkimAlgorithm, DkimKey, DkimKeyError
from engine.dkim_signing import relaxed_body, relaxed_header
from engine.message import CompiledMessage, MessageError, MessageSource, compile_message

ADDRESS = '"odd  name"@example.com'

RSA = generate_private_key(65537, 2048)
ED25519 = Ed25519PrivateKey.generate()


def written(
    path: Path, key: RSAPrivateKey | Ed25519PrivateKey, encryption: KeySerializationEncryption | None = None
) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))
    return path


@pytest.fixture
def keys(tmp_path: Path) -> tuple[DkimKey, DkimKey]:
    """An RSA and an Ed25519 key in files."""
    rsa = written(tmp_path / "rsa.pem", RSA)
    ed25519 = written(tmp_path / "ed25519.pem", ED25519)
    return (
        DkimKey("sender.example", "r1", str(rsa), DkimAlgorithm.RSA),
        DkimKey("sender.example", "e1", str(ed25519), DkimAlgorithm.ED25519),
    )


def published(name: bytes, timeout: int = 5) -> bytes:
    """The key records of sender.example, as the verifier would get them from the DNS."""
    if name.startswith(b"r1._domainkey.sender.example"):
        public = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    public = ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)


def stored(wire: bytes) -> bytes:
    """The message as a server stores it, dots taken away."""
    return re.sub(rb"(?m)^\.", b"", wire)


def is_valid(wire: bytes, signature: int) -> bool:
    try:
        return bool(dkim.DKIM(stored(wire)).verify(signature, dnsfunc=published))
    except dkim.ValidationError:
        return False


def signed(keys: tuple[DkimKey, ...], **changes: Any) -> CompiledMessage:
    given = {"from_address": "news@sender.example", "subject": "Hello", "text": "Body", "dkim": keys} | changes
    return compile_message(MessageSource(**given))


MESSAGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "personal": {
        "subject": "Dear {{name}}",
        "text": "Dear {{name}},\n\n.dots  and \t blanks \n\n\n",
        "html": "<b>{{name}}</b>\n\n\n",
    },
    "value at the end": {"text": "bye {{name}}"},
    "long": {"subject": "Long subject " * 20, "text": "x" * 3000 + "\n\n", "from_name": "Jörg Müller"},
    "list": {
        "list_id": "n.sender.example",
        "list_unsubscribe_url": "https://sender.example/{{token}}",
        "reply_to": "re@sender.example",
    },
    "file": {
        "text": "",
        "subject": "",
        "eml": b"Subject: x\nX-Kept: y\nContent-Type: text/plain\n\nDear {{name}}\n\n\n",
    },
    "sealed": {
        "text": "",
        "eml": b'Content-Type: multipart/signed; boundary="b"\n\n.pre  \n--b\n\n.x \t y\n--b--\n\n\n',
    },
}


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("value", ["Ann", " two  blanks ", "Zoë\n.\n\n", "=", "x" * 500, "\t"])
def test_signatures_hold(keys: tuple[DkimKey, ...], name: str, value: str) -> None:
    message = signed(keys, **MESSAGES[name])

    wire = message.render(ADDRESS, {"name": value}, "token", seven_bit=False)

    assert [is_valid(wire, 0), is_valid(wire, 1)] == [True, True]
    assert b"a=rsa-sha256" in wire
    assert b"a=ed25519-sha256" in wire
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))


text_parts = st.text(alphabet=st.sampled_from(list("ab .\t\n=ä{}")), max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(before=text_parts, value=text_parts, after=text_parts, subject=st.text(alphabet="a b\tä", max_size=90))
@example(before="x ", value=" y ", after=" \n\n", subject="a")
@example(before="x", value="", after="", subject="a")
def test_signatures_hold_wherever_blanks_and_dots_stand(
    keys: tuple[DkimKey, DkimKey], before: str, value: str, after: str, subject: str
) -> None:
    message = signed((keys[1],), subject=f"S {subject}", text=f"{before}{{{{name}}}}{after}")

    assert is_valid(message.render(ADDRESS, {"name": value}, "token"), 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda wire: wire.replace(b"Subject: Hello", b"Subject: Hallo"),
        lambda wire: wire.replace(b"\r\n\r\nBody", b"\r\n\r\nbody"),
        lambda wire: wire.replace(b"\r\nTo: ", b"\r\nTo: x"),
        lambda wire: wire.replace(b"\r\nSubject:", b"\r\nSubject: Second\r\nSubject:"),
        lambda wire: wire.replace(b"\r\nSubject:", b"\r\nReply-To: evil@example.com\r\nSubject:"),
        lambda wire: wire.replace(b"\r\nSubject:", b"\r\nCc: evil@example.com\r\nSubject:"),
        lambda wire: wire.replace(b"<https://sender", b"<https://evil"),
    ],
)
def test_what_is_changed_or_added_breaks_the_signature(
    keys: tuple[DkimKey, ...], change: Callable[[bytes], bytes]
) -> None:
    wire = signed(keys, list_unsubscribe_url="https://sender.example/").render(ADDRESS, {}, "token")

    assert change(wire) != wire
    assert is_valid(wire, 0)
    assert not is_valid(change(wire), 0)
    assert not is_valid(change(wire), 1)


def test_a_signed_message_is_seven_bit(keys: tuple[DkimKey, ...]) -> None:
    message = signed(keys, text="ä {{name}}")

    assert not message.needs_8bit
    assert message.render(ADDRESS, {"name": "ö"}, "token").isascii()


relaxed = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")


@given(st.lists(st.text(alphabet=st.sampled_from(list("ab .\t\x0bä")), max_size=12), max_size=8))
def test_the_relaxed_form_of_a_body_is_that_of_others(lines: list[str]) -> None:
    body = "".join(f"{line}\r\n" for line in lines).encode()

    assert relaxed_body(body) == relaxed.canonicalize_body(body)


@given(name=st.sampled_from(["Subject", "X-Odd"]), words=st.lists(st.text(alphabet="ab \tä", max_size=12), max_size=6))
def test_the_relaxed_form_of_a_header_is_that_of_others(name: str, words: list[str]) -> None:
    value = "\r\n ".join(words).encode()

    [(other_name, other_value)] = relaxed.canonicalize_headers([(name.encode(), b" " + value + b"\r\n")])

    assert relaxed_header(name, value) == other_name + b":" + other_value


def test_a_key_that_others_can_read_is_refused(keys: tuple[DkimKey, ...]) -> None:
    for mode in (0o640, 0o604, 0o610, 0o660):
        Path(keys[0].key_file).chmod(mode)
        with pytest.raises(DkimKeyError, match="open to other users: run chmod 600"):
            signed(keys).render(ADDRESS, {}, "token")


def test_a_key_is_read_once(keys: tuple[DkimKey, ...]) -> None:
    message = signed(keys)
    message.render(ADDRESS, {}, "first")
    for key in keys:
        Path(key.key_file).unlink()

    assert is_valid(message.render(ADDRESS, {}, "second"), 0)


def test_keys_that_cannot_be_used_are_refused_without_their_content(tmp_path: Path, keys: tuple[DkimKey, ...]) -> None:
    weak = written(tmp_path / "weak.pem", generate_private_key(65537, 1024))
    encrypted = written(tmp_path / "locked.pem", RSA, BestAvailableEncryption(b"secret"))
    damaged = tmp_path / "damaged.pem"
    damaged.touch(mode=0o600)
    damaged.write_text("SECRET STUFF")
    wrong_kind = DkimKey("sender.example", "r1", keys[1].key_file, DkimAlgorithm.RSA)
    cases: Mapping[str, DkimKey] = {
        "can't be read": DkimKey("sender.example", "s", str(tmp_path / "missing.pem")),
        "is not a file": DkimKey("sender.example", "s", "/dev/null"),
        "holds no unencrypted private key": DkimKey("sender.example", "s", str(damaged)),
        "no unencrypted private key in PEM form": DkimKey("sender.example", "s", str(encrypted)),
        "is not of the kind rsa": wrong_kind,
    }
    for sentence, key in cases.items():
        with pytest.raises(DkimKeyError, match=sentence) as caught:
            signed((key,)).render(ADDRESS, {}, "token")
        assert "SECRET" not in str(caught.value)
    assert signed((DkimKey("sender.example", "s", str(weak)),)).render(ADDRESS, {}, "token")


@pytest.mark.parametrize(
    ("domain", "selector"), [("a b", "s"), ("a.example; d=b.example", "s"), ("a.example", "s\r\nx"), ("a.example", "")]
)
def test_a_domain_or_selector_cannot_smuggle_anything_in(domain: str, selector: str) -> None:
    with pytest.raises(MessageError) as caught:
        signed((DkimKey(domain, selector, "key.pem"),))

    assert caught.value.field == "dkim"
