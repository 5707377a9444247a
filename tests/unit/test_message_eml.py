"""Messages from .eml files: what is kept, what is not, and that no file breaks anything."""

from __future__ import annotations

import email
import re
import time
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.message import CompiledMessage, MessageError, MessageSource, compile_message

ADDRESS = "joe@example.com"


def compiled(eml: bytes, **changes: Any) -> CompiledMessage:
    return compile_message(MessageSource(**({"from_address": "news@sender.example", "eml": eml} | changes)))


def read(wire: bytes) -> EmailMessage:
    assert wire.endswith(b"\r\n")
    lines = wire[:-2].split(b"\r\n")
    assert b"." not in lines
    assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in lines)
    stored = re.sub(rb"(?m)^\.", b"", wire)
    return cast("EmailMessage", email.message_from_bytes(stored, policy=default))


def arrived(
    eml: bytes, fields: dict[str, str] | None = None, *, seven_bit: bool = False, **changes: Any
) -> EmailMessage:
    return read(compiled(eml, **changes).render(ADDRESS, fields, "token", seven_bit=seven_bit))


def text_of(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


RICH = EmailMessage(policy=SMTP)
RICH["From"] = "Some Body <somebody@other.example>"
RICH["To"] = "list@other.example"
RICH["Cc"] = "secret@other.example"
RICH["Bcc"] = "hidden@other.example"
RICH["Subject"] = "Grüße, {{name|you}}"
RICH["Date"] = "Mon, 01 Jan 2001 00:00:00 +0000"
RICH["Message-ID"] = "<old@other.example>"
RICH["Received"] = "from a by b"
RICH["Return-Path"] = "<x@other.example>"
RICH["DKIM-Signature"] = "v=1; d=other.example"
RICH["ARC-Seal"] = "i=1"
RICH["Resent-From"] = "x@other.example"
RICH["Authentication-Results"] = "x; spf=pass"
RICH["X-Campaign"] = "März"
RICH["Precedence"] = "bulk"
RICH["List-Unsubscribe"] = "<mailto:leave@other.example>, <https://other.example/u?{{token}}>"
RICH["List-ID"] = "Other list <other.example>"
RICH["Reply-To"] = "Answers <answers@other.example>"
RICH.set_content("Hällo {{name|you}}\n.dot\n")
RICH.add_alternative("<p>Hällo {{name|you}} <img src='cid:logo'></p>", subtype="html")
RICH.get_payload()[1].add_related(b"\x89PNG\0\r\n.\r\n", "image", "png", cid="<logo>", filename="lögo.png")  # type: ignore[union-attr]
RICH.add_attachment(b"a,b\r\n.\r\n{{name}}\r\n", "text", "csv", filename="data.csv")
RICH.add_attachment(b"%PDF\0" * 500, "application", "pdf", filename="paper {{name}}.pdf")


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("seven_bit", [False, True])
def test_texts_are_merged_and_everything_else_arrives_as_it_was(line_end: bytes, seven_bit: bool) -> None:
    data = RICH.as_bytes().replace(b"\r\n", line_end)

    message = arrived(data, {"name": "Zoë <x>"}, seven_bit=seven_bit)

    assert message["Subject"] == "Grüße, Zoë <x>"
    assert message["From"] == "Some Body <news@sender.example>"
    assert message["To"] == ADDRESS
    assert message["X-Campaign"] == "März"
    assert message["Precedence"] == "bulk"
    assert message["List-ID"] == "Other list <other.example>"
    assert message["List-Unsubscribe"] == "<https://other.example/u?token>, <mailto:leave@other.example>"
    assert message["Reply-To"] == "answers@other.example"
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert text_of(plain) == "Hällo Zoë <x>\n.dot\n"
    assert text_of(rich) == "<p>Hällo Zoë &lt;x&gt; <img src='cid:logo'></p>\n"
    image = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert (image["Content-ID"], image.get_filename()) == ("<logo>", "lögo.png")
    assert image.get_payload(decode=True) == b"\x89PNG\0\r\n.\r\n"
    table, paper = (part for part in message.iter_attachments() if part.get_filename() != "lögo.png")
    assert re.split(r"\r?\n", str(table.get_content()))[:3] == ["a,b", ".", "{{name}}"]
    assert (paper.get_filename(), paper.get_content()) == ("paper {{name}}.pdf", b"%PDF\0" * 500)


def test_headers_that_tell_of_others_do_not_go_out() -> None:
    message = arrived(RICH.as_bytes())

    unwanted = (
        "Cc",
        "Bcc",
        "Received",
        "Return-Path",
        "DKIM-Signature",
        "ARC-Seal",
        "Resent-From",
        "Authentication-Results",
    )
    assert [name for name in unwanted if name in message] == []
    assert message.get_all("Date") != ["Mon, 01 Jan 2001 00:00:00 +0000"]
    assert message["Message-ID"] == "<token@sender.example>"
    assert b"other.example>" not in bytes(message["Message-ID"], "ascii")
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-ID", "Reply-To"):
        assert len(message.get_all(name, [])) == 1, name


def test_what_the_administrator_gives_replaces_what_the_file_says() -> None:
    changes = {"subject": "Ours", "from_name": "Us", "reply_to": "us@sender.example", "list_id": "us.sender.example"}

    message = arrived(
        RICH.as_bytes(),
        **changes,
        list_unsubscribe_url="https://sender.example/u",
        list_unsubscribe_mailto="u@sender.example",
    )

    assert message["Subject"] == "Ours"
    assert message["From"] == "Us <news@sender.example>"
    assert message["Reply-To"] == "us@sender.example"
    assert message["List-ID"] == "<us.sender.example>"
    assert message["List-Unsubscribe"] == "<https://sender.example/u>, <mailto:u@sender.example>"


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-8", "nonsense", '"utf-8\r\n x"'])
def test_texts_in_any_charset_become_utf_8(charset: str) -> None:
    encoding = charset if charset in {"iso-8859-1", "windows-1252"} else "utf-8"
    head = f"Subject: x\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"

    message = arrived(head.encode() + "Grüße".encode(encoding))

    assert (message.get_content_charset(), text_of(message)) == ("utf-8", "Grüße\n")


def test_a_signed_message_stays_as_it_is() -> None:
    body = (
        b'--b\r\nContent-Type: text/plain;\r\n  charset="us-ascii"\r\n\r\n.Dear {{name}}  \r\n\r\n'
        b"--b\r\nContent-Type: application/pgp-signature\r\n\r\nsignature\r\n--b--\r\n"
    )
    head = b'Subject: x\r\nX-A: b\r\nContent-Type: multipart/signed; boundary="b";\r\n micalg=pgp-sha256\r\n\r\n'

    message = compiled(head + body)
    wire = message.render(ADDRESS, {"name": "Ann"}, "token")

    assert re.sub(rb"(?m)^\.", b"", wire).partition(b"\r\n\r\n")[2] == body
    assert read(wire)["Content-Type"].params["boundary"] == "b"
    assert message.fields_used() == frozenset()


def test_a_mail_inside_a_mail_stays_one() -> None:
    inner = EmailMessage(policy=SMTP)
    inner["Subject"] = "inner"
    inner.set_content("inner text {{name}}")
    outer = EmailMessage(policy=SMTP)
    outer["Subject"] = "outer"
    outer.set_content("outer text")
    outer.add_attachment(inner)

    message = arrived(outer.as_bytes(), {"name": "Ann"})

    [attached] = message.iter_attachments()
    assert attached.get_content_type() == "message/rfc822"
    assert attached.get_content()["Subject"] == "inner"
    assert text_of(attached.get_content()) == "inner text {{name}}\n"


@pytest.mark.parametrize(
    "header",
    [
        b"X-A: b\r\nBcc: evil@example.com",
        b"X-A: =?utf-8?q?a=0D=0ABcc:_evil@example.com?=",
        b"X-A: =?utf-8?b?YQ0KQmNjOiBldmlsQGV4YW1wbGUuY29t?=",
        b"X-A: a\rBcc: evil@example.com",
        b"X-A: a\0b",
        b"Reply-To: =?utf-8?q?a=0D=0ABcc:_evil@example.com?= <a@b.example>",
        b"From: =?utf-8?q?a=0D=0ABcc:_evil@example.com?= <a@b.example>",
        b"Content-Description: =?utf-8?q?a=0D=0ABcc:_evil@example.com?=",
        b"bcc : evil@example.com",
        b"BCC: evil@example.com",
        b"X-" + b"a" * 500 + b": long",
        b"X-\xff: raw",
        b"X-A: \xff\xfe",
    ],
)
def test_no_header_smuggles_another_in(header: bytes) -> None:
    message = arrived(b"Subject: x\r\n" + header + b"\r\n\r\nbody\r\n")

    assert "bcc" not in [name.strip().lower() for name, _ in message.items()]
    assert text_of(message).endswith("body\n")


def test_a_subject_with_a_hidden_line_break_goes_on_one_line() -> None:
    message = arrived(b"Subject: =?utf-8?q?a=0D=0ABcc:_evil@example.com?=\r\n\r\nbody\r\n")

    assert message["Subject"] == "a Bcc: evil@example.com"
    assert "Bcc" not in message


@pytest.mark.parametrize(
    ("eml", "sentence"),
    [
        (b"", "eml has no headers"),
        (b"just text\r\n\r\nmore", "eml has no headers"),
        (
            b"Subject: x\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n" + b"x" * 999,
            "eml is signed or encrypted and has a line",
        ),
        (
            b"Subject: x\r\n" + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 600,
            "eml has more than 500 parts",
        ),
    ],
)
def test_files_that_cannot_be_used_are_refused(eml: bytes, sentence: str) -> None:
    with pytest.raises(MessageError) as caught:
        compiled(eml)

    assert str(caught.value).startswith(sentence)


def nested(kind: bytes, levels: int) -> bytes:
    """Parts in parts."""
    head = b"Content-Type: multipart/%b; boundary=b%d\r\n\r\n--b%d\r\n"
    if kind == b"digest":
        head += b"\r\n"
    return b"Subject: x\r\n" + b"".join(head % (kind, level, level) for level in range(levels))


@pytest.mark.parametrize(
    "eml",
    [
        nested(b"mixed", 10_000),
        nested(b"digest", 10_000),
        nested(b"mixed", 300) + b"x\r\n" * 100_000,
        b"Subject: x\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 10_000,
        b"Subject: x\r\n" + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 10_000,
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 300_000,
    ],
    ids=["nested", "digests", "nested around many lines", "mails in mails", "one boundary", "side by side"],
)
def test_too_many_parts_are_refused_before_all_are_read(eml: bytes) -> None:
    """Reading them takes seconds to minutes: refusing takes milliseconds, which leaves room for a slow machine."""
    begun = time.process_time()
    with pytest.raises(MessageError, match="has more than 500 parts or more than 20 levels"):
        compiled(eml)
    assert time.process_time() - begun < 0.4


def test_as_many_parts_as_are_allowed() -> None:
    parts = [b"--b\r\nContent-Type: text/plain\r\n\r\npart %d\r\n" % number for number in range(499)]
    head = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    assert len(list(arrived(head + b"".join(parts) + b"--b--\r\n").walk())) == 500
    with pytest.raises(MessageError, match="more than 500 parts"):
        compiled(head + b"".join(parts) + b"--b\r\n\r\none more\r\n--b--\r\n")


fragments = st.sampled_from(
    [
        b"Subject: x",
        b"Content-Type: multipart/mixed; boundary=b",
        b'Content-Type: multipart/alternative; boundary="b"',
        b"Content-Type: text/html; charset=utf-8",
        b"Content-Type: text/plain; format=flowed; charset*=utf-8''%C3",
        b"Content-Type: message/rfc822",
        b"Content-Type: image/png; name*0=a; name*1*=%ff",
        b"Content-Type: ;;;=",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: x-unknown",
        b'Content-Disposition: attachment; filename="a\xffb"',
        b"Content-Disposition: =?utf-8?q?x?=",
        b"Content-ID: <a@b>",
        b'From: "a <b@c>',
        b"Reply-To: a@b, c",
        b"List-Unsubscribe: <https://a.example/{{x}}>, <mailto:a@b.example>",
        b"",
        b"",
        b"--b",
        b"--b--",
        b".",
        b"=",
        b"=3D=\xc3=\xa4",
        b"{{name|x}}",
        b"\xff\xfe\x00",
        "ä€😀".encode(),
        b"x" * 1500,
        b" folded",
        b"\tfolded",
    ]
)


@settings(max_examples=300)
@given(st.lists(fragments | st.binary(max_size=30), max_size=25), st.sampled_from([b"\r\n", b"\n"]))
@example([b"Content-Type: text/plain", b"Content-Transfer-Encoding: base64", b"", b"!!!!"], b"\n")
def test_any_file_is_either_refused_or_becomes_a_message(lines: list[bytes], line_end: bytes) -> None:
    try:
        message = compiled(b"Subject: x" + line_end + line_end.join(lines))
    except MessageError as refusal:
        sentence = str(refusal)
    else:
        sentence = ""
        for seven_bit in (False, True):
            wire = message.render(ADDRESS, {"name": "ä\r\n.\r\n"}, "token", seven_bit=seven_bit)
            read(wire)
            assert wire.isascii() or not seven_bit or message.needs_8bit
    assert sentence.isprintable()


@pytest.mark.parametrize("header", ["Content-Type: image/png; name", "Content-Disposition: attachment; filename"])
@pytest.mark.parametrize(
    "word", ["=?utf-8?q?=0D=0ABcc:_x=40y.test?=", "=?utf-8?q?=3D=3Futf-8=3Fq=3F=3D0D=3D0ABcc:_x=3F=3D?="]
)
def test_an_encoded_word_in_a_name_brings_no_header(header: str, word: str) -> None:
    wire = compiled(f'Subject: a\r\n{header}="{word}"\r\n\r\nb'.encode()).render("x@one.test", {}, "token")
    assert "Bcc" not in read(wire)
    assert not [line for line in wire.split(b"\r\n") if line.startswith(b"Bcc")]


def test_a_sealed_message_with_a_nul_is_refused() -> None:
    with pytest.raises(MessageError, match="NUL"):
        compiled(b"Subject: a\r\nContent-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\nb\0\r\n--x--\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        b"X-A: b\n" * 50_000,
        b"Content-Type: text/plain" + b"; a*0=b" * 50_000 + b"\n",
        b"Subject: " + b"x" * 300_000 + b"\n",
    ],
)
def test_headers_without_an_end_are_refused_before_they_are_read(headers: bytes) -> None:
    with pytest.raises(MessageError, match="more than 256 KiB of headers"):
        compiled(headers + b"Subject: Hello\n\nbody\n")


def test_of_a_long_encoded_subject_only_the_beginning_is_decoded() -> None:
    """All of it would take minutes."""
    found = arrived(b"Subject: " + b"=?utf-8?q?a?= " * 15_000 + b"\n\nbody\n")
    assert str(found["Subject"]).startswith("aaaaaaaa")
