"""Preview and advice, the text of an HTML message, envelope senders of their own for each recipient."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from engine.addresses import AddressError, parse_mailbox
from engine.dkim_keys import DkimAlgorithm, DkimKey
from engine.message import CompiledMessage, MessageSource, compile_message
from engine.message_checks import Level, advise, key_advice, preview
from engine.plain_text import text_of_html
from engine.verp import verp_recipient, verp_sender


def compiled(**changes: Any) -> CompiledMessage:
    given = {"from_address": "news@sender.example", "subject": "Hi {{name|you}}", "text": "Dear {{name|reader}}\n.\n"}
    return compile_message(MessageSource(**(given | changes)))


def test_a_preview_is_what_the_recipient_reads() -> None:
    message = compiled(html="<p>Dear {{name}}</p>", list_unsubscribe_url="https://sender.example/u?{{token}}")

    shown = preview(message, "joe@example.com", {"name": "Zoë & <co>"})

    assert shown.subject == "Hi Zoë & <co>"
    assert shown.text == "Dear Zoë & <co>\n.\n"
    assert shown.html == "<p>Dear Zoë &amp; &lt;co&gt;</p>\n"
    assert ("To", "joe@example.com") in shown.headers
    assert ("List-Unsubscribe", "<https://sender.example/u?preview>") in shown.headers
    assert shown.size == len(message.render("joe@example.com", {"name": "Zoë & <co>"}, "preview"))


def topics(message: CompiledMessage, *fields: str) -> dict[str, Level]:
    return {advice.topic: advice.level for advice in advise(message, fields)}


def test_a_message_that_is_in_order_needs_no_advice() -> None:
    key = DkimKey("sender.example", "s", "key.pem")
    message = compiled(dkim=(key,), list_unsubscribe_url="https://sender.example/u")

    assert advise(message, ["name"]) == []


@pytest.mark.parametrize(
    ("changes", "topic", "level"),
    [
        ({}, "no_unsubscribe", Level.PROBLEM),
        ({"list_unsubscribe_mailto": "u@sender.example"}, "no_one_click", Level.WARNING),
        ({}, "no_dkim", Level.WARNING),
        ({"dkim": (DkimKey("other.example", "s", "key.pem"),)}, "dkim_alignment", Level.WARNING),
        ({"envelope_sender": "bounce@other.example"}, "spf_alignment", Level.NOTE),
        ({"text": "{{Name}}"}, "no_default", Level.NOTE),
        ({"text": "{{nmae}}"}, "unknown_field", Level.PROBLEM),
        ({"text": "x" * 120_000}, "large", Level.NOTE),
    ],
)
def test_what_may_go_wrong_is_said_before(changes: dict[str, Any], topic: str, level: Level) -> None:
    assert topics(compiled(**changes), "name")[topic] is level


def test_built_in_fields_are_known() -> None:
    message = compiled(
        text="{{address}} {{token}} {{unsubscribe_url}}", list_unsubscribe_url="https://sender.example/u"
    )

    assert {"unknown_field", "no_default"} & set(topics(message)) == set()


def test_a_domain_below_the_senders_counts_for_it() -> None:
    key = DkimKey("sender.example", "s", "key.pem")
    message = compiled(
        from_address="a@news.sender.example", envelope_sender="b@bounce.news.sender.example", dkim=(key,)
    )

    assert {"dkim_alignment", "spf_alignment"} & set(topics(message)) == set()


def stored_key(path: Path, private: RSAPrivateKey | Ed25519PrivateKey, algorithm: DkimAlgorithm) -> DkimKey:
    path.touch(mode=0o600)
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return DkimKey("sender.example", path.stem, str(path), algorithm)


def test_a_key_is_compared_with_what_the_dns_publishes(tmp_path: Path) -> None:
    rsa, other, ed25519 = (
        generate_private_key(65537, 2048),
        generate_private_key(65537, 2048),
        Ed25519PrivateKey.generate(),
    )
    rsa_key = stored_key(tmp_path / "r.pem", rsa, DkimAlgorithm.RSA)
    ed_key = stored_key(tmp_path / "e.pem", ed25519, DkimAlgorithm.ED25519)

    def record(private: RSAPrivateKey, kind: PublicFormat) -> str:
        encoded = base64.b64encode(private.public_key().public_bytes(Encoding.DER, kind)).decode()
        return f"v=DKIM1; k=rsa; p={encoded[:100]} {encoded[100:]}"

    raw = base64.b64encode(ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    good = (record(rsa, PublicFormat.SubjectPublicKeyInfo), record(rsa, PublicFormat.PKCS1))
    for text in good:
        assert key_advice([rsa_key, ed_key], {rsa_key: [text], ed_key: [f"v=DKIM1;k=ed25519;p={raw}"]}) == []
    bad = ([record(other, PublicFormat.PKCS1)], [], ["v=DKIM1; p="], ["p=!!!"], ["rubbish"])
    for texts in bad:
        [advice] = key_advice([rsa_key], {rsa_key: texts})
        assert (advice.level, advice.topic) == (Level.PROBLEM, "dkim_record")
    assert key_advice([rsa_key], {}) == []


def test_a_key_that_cannot_be_used_here_is_told(tmp_path: Path) -> None:
    weak = stored_key(tmp_path / "w.pem", generate_private_key(65537, 1024), DkimAlgorithm.RSA)
    Path(weak.key_file).chmod(0o600)
    missing = DkimKey("sender.example", "s", str(tmp_path / "missing.pem"))

    assert [(advice.level, advice.topic) for advice in key_advice([weak, missing], {})] == [
        (Level.WARNING, "dkim_key_size"),
        (Level.PROBLEM, "dkim_key"),
    ]


def test_html_alone_gets_its_text_beside_it() -> None:
    message = compiled(
        text="",
        html="<html><head><title>T</title><style>p{}</style></head><body><h1>Hello {{name|A &amp; B}}</h1>\n"
        "<p>One\n two&nbsp;&ouml;</p><ul><li>first<li>second</ul><a href='https://x.example/{{token}}'>Read  on</a><br>"
        "<img src='x' alt='A dog'><a href='https://y.example'>https://y.example</a><script>bad()</script></body></html>",
    )

    shown = preview(message, "joe@example.com", {})

    assert shown.text == (
        "Hello A & B\n\nOne two ö\n\n- first\n- second\n\nRead on (https://x.example/preview)\nA doghttps://y.example\n"
    )


def test_html_without_a_word_stays_alone() -> None:
    shown = preview(compiled(text="", html="<img src='cid:x'>"), "joe@example.com", {})

    assert (shown.text, shown.html) == ("", "<img src='cid:x'>\n")


def test_conditions_for_one_program_are_not_read_out() -> None:
    markup = "<!--[if mso]><p>Outlook</p><![endif]--><![if !mso]><p>All</p><![endif]><!--[if !mso]><!--><p>More</p><!--<![endif]-->"

    assert text_of_html(markup) == "All\n\nMore"


@given(st.text(alphabet="<>/a b='\"&;!-[]p{}ulistyle", max_size=120))
@example("<![;")
@example("<!<![x>[;")
def test_any_markup_can_be_read(markup: str) -> None:
    assert "\n\n\n" not in text_of_html(markup)


@pytest.mark.parametrize(
    ("recipient", "sender"),
    [
        ("joe@example.com", "bounce+joe=example.com@sender.example"),
        ("a+b=c%d@example.com", "bounce+a%2Bb%3Dc%25d=example.com@sender.example"),
        ('"a b"@example.com', "bounce+a%20b=example.com@sender.example"),
        ("jörg@example.com", "bounce+j%C3%B6rg=example.com@sender.example"),
        ("x" * 60 + "@example.com", "bounce@sender.example"),
    ],
)
def test_bounces_tell_whom_they_are_about(recipient: str, sender: str) -> None:
    address = parse_mailbox(recipient).address

    assert verp_sender("bounce@sender.example", address) == sender
    assert parse_mailbox(sender).address == sender
    assert verp_recipient(sender) == (address if "+" in sender else None)
    assert compiled(envelope_sender="bounce@sender.example", verp=True).sender_for(address) == sender
    assert compiled(envelope_sender="bounce@sender.example").sender_for(address) == "bounce@sender.example"


@given(st.text(max_size=20))
@example("..")
@example('"x"')
@example("a@b")
def test_an_envelope_sender_can_always_be_read_back(local: str) -> None:
    quoted = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"@example.com'
    try:
        address = parse_mailbox(quoted).address
    except AddressError:
        return
    sender = verp_sender("b+c@sender.example", address)

    assert sender == "b+c@sender.example" or verp_recipient(sender) == address
    assert parse_mailbox(sender).address == sender


@pytest.mark.parametrize(
    "text", ["", "bounce@sender.example", "bounce+@sender.example", "bounce+x@sender.example", "bounce+a=b@s.example"]
)
def test_other_addresses_are_no_envelope_senders_of_that_kind(text: str) -> None:
    assert verp_recipient(text) is None
