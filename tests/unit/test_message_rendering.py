"""Messages: what a recipient's mail program reads, whatever stands in the template and the members' fields."""

from __future__ import annotations

import email
import html
import re
from collections.abc import Mapping
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any, cast

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.message import CompiledMessage, MessageError, MessageSource, compile_message

ADDRESS = "joe@example.com"
TOKEN = "t0ken"

texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(list(".=\n\t <>&\"'?_ ä€😀")),
    max_size=200,
)
values = st.text(max_size=120) | st.sampled_from(
    [".", "..", "\n.", ".\r\n.", "a\n", "\r", "=", " ", "x" * 2000, "ä" * 900, "\n\n.\n"]
)


def source(**changes: Any) -> MessageSource:
    return MessageSource(**{"from_address": "news@sender.example", "subject": "Hello", "text": "Body\n"} | changes)


def wire_of(message: CompiledMessage, fields: Mapping[str, str] | None = None, **options: Any) -> bytes:
    return message.render(ADDRESS, fields, TOKEN, **options)


def unstuffed(wire: bytes) -> bytes:
    """What a server stores (RFC 5321, 4.5.2); fails when the message would end early or is no message."""
    assert wire.endswith(b"\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", wire)
    lines = wire[:-2].split(b"\r\n")
    assert b"." not in lines
    assert all(len(line) <= 998 for line in lines)
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in lines)
    return b"\r\n".join([line.removeprefix(b".") for line in lines]) + b"\r\n"


def read(wire: bytes) -> EmailMessage:
    """The message as a mail program reads it."""
    return cast("EmailMessage", email.message_from_bytes(unstuffed(wire), policy=default))


def body_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def as_stored(text: str) -> str:
    """A text with the line ends of a mail body, without what no mail can carry."""
    text = re.sub(r"\r\n?", "\n", text)
    text = re.sub("[\x00-\x08\x0b-\x1f\x7f]", "", text)
    return text.encode("utf-8", "replace").decode()


def filled(value: str, default_text: str = "") -> str:
    """What a value becomes in a body: it brings no line end of its own at its end."""
    return as_stored(value).rstrip("\n") if value and not value.isspace() else default_text


def test_a_plain_message_has_the_headers_that_mail_needs() -> None:
    message = read(wire_of(compile_message(source(from_name="The News", list_id="news.sender.example"))))

    assert message["From"] == "The News <news@sender.example>"
    assert message["To"] == ADDRESS
    assert message["Subject"] == "Hello"
    assert message["Message-ID"] == f"<{TOKEN}@sender.example>"
    assert message["List-ID"] == "<news.sender.example>"
    assert message["MIME-Version"] == "1.0"
    assert message["Date"].datetime.tzinfo is not None
    assert body_of(message) == "Body\n"
    assert message.defects == []


def test_a_second_try_has_the_same_message_id() -> None:
    message = compile_message(source())

    assert read(wire_of(message))["Message-ID"] == read(wire_of(message, seven_bit=True))["Message-ID"]


def test_text_and_html_become_alternatives() -> None:
    message = read(wire_of(compile_message(source(text="plain ä", html="<p>rich ä</p>"))))

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert body_of(message) == "plain ä\n"
    assert body_of(message, "html") == "<p>rich ä</p>\n"


def test_a_message_travels_to_the_workers() -> None:
    message = compile_message(source(text="Dear {{name|friend}}", html="<b>{{name}}</b>"))

    arrived = msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=CompiledMessage)

    assert arrived == message
    assert body_of(read(wire_of(arrived))) == "Dear friend\n"


@pytest.mark.parametrize("seven_bit", [False, True])
@given(before=texts, value=values, between=texts, default_text=st.sampled_from(["", "friend", "."]), after=texts)
@example(before="", value="", between=".", default_text="", after=".")
@example(before="\n", value="a\n", between=".\n", default_text="", after=".")
@example(before="x" * 980, value="y" * 30, between="", default_text="", after="z" * 980)
def test_a_body_arrives_as_written(
    seven_bit: bool, before: str, value: str, between: str, default_text: str, after: str
) -> None:
    template = f"{before}{{{{name|{default_text}}}}}{between}{{{{other}}}}{{{{name}}}}{after}"
    plain, rich = template, f"<p>{template}</p>"
    message = compile_message(source(text=plain, html=rich))

    arrived = read(wire_of(message, {"name": value, "other": "o"}, seven_bit=seven_bit))

    first = filled(value, default_text)
    expected = f"{before}{first}{between}o{filled(value)}{after}"
    assert body_of(arrived) == as_stored(expected).rstrip("\n") + "\n"
    escaped = f"{before}{html.escape(first)}{between}o{html.escape(filled(value))}{after}"
    assert body_of(arrived, "html") == as_stored(f"<p>{escaped}</p>") + "\n"


@given(text=texts)
@example(text=".\n..\n.x")
@example(text="x" * 3000)
def test_a_body_that_is_not_personal_arrives_to_the_letter(text: str) -> None:
    message = compile_message(source(text=f"start\n{text}"))

    for seven_bit in (False, True):
        expected = as_stored(f"start\n{text}").rstrip("\n") + "\n"
        assert body_of(read(wire_of(message, seven_bit=seven_bit))) == expected


@given(text=texts, value=values)
def test_the_seven_bit_form_is_seven_bit(text: str, value: str) -> None:
    message = compile_message(source(subject=f"S {text}".replace("\n", ""), text=f"x{text}{{{{name}}}}"))

    assert wire_of(message, {"name": value}, seven_bit=True).isascii()


@given(
    subject=st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="{}|"),
        min_size=1,
        max_size=150,
    ),
    value=values,
)
@example(subject="=?utf-8?q?x?=", value="\r\nBcc: evil@example.com")
@example(subject=" x " * 100, value="w" * 500)
def test_a_subject_arrives_on_one_line(subject: str, value: str) -> None:
    subject = f"S{subject}E"
    message = compile_message(source(subject=f"{subject} {{{{name}}}}"))

    wire = wire_of(message, {"name": value})

    assert [name.lower() for name, _ in read(wire).items()].count("bcc") == 0
    one_line = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", f"{subject} {value if value.strip() else ''}")
    expected = one_line.encode("utf-8", "replace").decode()
    assert " ".join(str(read(wire)["Subject"]).split(" ")).split() == expected.split()
    assert all(len(line) <= 78 or b" " not in line.strip() for line in wire.split(b"\r\n\r\n")[0].split(b"\r\n"))


def test_a_field_is_found_without_regard_to_case_and_blank_means_missing() -> None:
    message = compile_message(source(text="{{First Name|reader}} {{city|nowhere}}"))

    assert body_of(read(wire_of(message, {"first name": "Ann", "city": "  "}))) == "Ann nowhere\n"


def test_braces_that_are_no_field_stay() -> None:
    message = compile_message(source(text="{{}} {{a\nb}} {x} {{ok}}"))

    assert body_of(read(wire_of(message, {"ok": "yes"}))) == "{{}} {{a\nb}} {x} yes\n"
    assert message.fields_used() == {"ok"}


def test_values_are_text_in_html_too() -> None:
    message = compile_message(source(text="", html='<a title="{{name|A &amp; B}}">{{name|A &amp; B}}</a>'))

    evil = '"><script>alert(1)</script>'
    assert "<script" not in body_of(read(wire_of(message, {"name": evil})), "html")
    assert body_of(read(wire_of(message)), "html") == '<a title="A &amp; B">A &amp; B</a>\n'


def test_unsubscribing_takes_one_click() -> None:
    message = compile_message(
        source(
            list_unsubscribe_url="https://sender.example/u/{{token}}?a={{address}}&n={{name}}",
            list_unsubscribe_mailto="leave+{{token}}@sender.example?subject=leave",
            text="Leave: {{unsubscribe_url}}",
            html="<a href='{{unsubscribe_url}}'>leave</a>",
        )
    )
    url = f"https://sender.example/u/{TOKEN}?a=joe%40example.com&n=a%20b%0D%0A%26%3E"

    arrived = read(wire_of(message, {"name": "a b\r\n&>"}))

    assert arrived["List-Unsubscribe"] == f"<{url}>, <mailto:leave+{TOKEN}@sender.example?subject=leave>"
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert body_of(arrived) == f"Leave: {url}\n"
    assert html.escape(url) in body_of(arrived, "html")
    assert message.fields_used() == {"name"}


@pytest.mark.parametrize("value", ["x" * 5000, "ä" * 300, "y" * 100])
def test_a_value_that_is_too_long_for_a_header_line_is_left_out(value: str) -> None:
    url = "https://sender.example/" + "p" * 400

    arrived = read(
        wire_of(compile_message(source(list_unsubscribe_url=f"{url}?{{{{name}}}}&{{{{token}}}}")), {"name": value})
    )

    assert arrived["List-Unsubscribe"] == f"<{url}?{value if len(value) == 100 else ''}&{TOKEN}>"


def test_one_click_is_promised_for_https_only() -> None:
    for options in (
        {"list_unsubscribe_url": "http://sender.example/u"},
        {"list_unsubscribe_mailto": "leave@sender.example"},
    ):
        arrived = read(wire_of(compile_message(source(**options))))
        assert arrived["List-Unsubscribe"] is not None
        assert arrived["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize(
    "name", ["News", "Müller, Jörg", 'The "News"', "a" * 200, "=?utf-8?q?x?=", "你好" * 30, "a, b; <c>"]
)
def test_a_sender_keeps_its_name(name: str) -> None:
    arrived = email.message_from_bytes(unstuffed(wire_of(compile_message(source(from_name=name)))))

    phrase, address = parseaddr(arrived["From"].replace("\r\n", ""))
    assert (str(make_header(decode_header(phrase))), address) == (name, "news@sender.example")


def test_what_the_server_must_offer_is_told() -> None:
    assert not compile_message(source()).needs_8bit
    assert compile_message(source(text="ä")).needs_8bit
    assert compile_message(source(text="{{name}}")).needs_8bit
    assert not compile_message(source()).needs_smtputf8
    assert compile_message(source(from_address="jörg@sender.example")).needs_smtputf8
    assert not compile_message(source(from_address="joerg@münchen.example")).needs_smtputf8


def test_the_size_is_not_underestimated() -> None:
    message = compile_message(source(subject="Hello {{name}}", text="Dear {{name}}\n" + "ä" * 5000))

    assert message.size_bytes >= len(wire_of(message, {"name": "Annabelle"})) >= message.size_bytes / 8


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "a\r\nBcc: x@y.example"}, "subject"),
        ({"subject": "a\0"}, "subject"),
        ({"from_name": "a\nb"}, "from_name"),
        ({"from_address": "nobody"}, "from_address"),
        ({"from_address": "a@b.example\r\nBcc: c@d.example"}, "from_address"),
        ({"reply_to": "a@b.example, c@d.example"}, "reply_to"),
        ({"envelope_sender": "bounce@"}, "envelope_sender"),
        ({"message_id_domain": "a b"}, "message_id_domain"),
        ({"list_id": "no id"}, "list_id"),
        ({"list_id": "<news.example>\r\nX: y"}, "list_id"),
        ({"list_unsubscribe_url": "javascript:alert(1)"}, "list_unsubscribe_url"),
        ({"list_unsubscribe_url": "https://{{host}}/"}, "list_unsubscribe_url"),
        ({"list_unsubscribe_url": "https://a.example/>\r\nBcc: x"}, "list_unsubscribe_url"),
        ({"list_unsubscribe_url": "https://a.example/" + "x" * 500}, "list_unsubscribe_url"),
        ({"list_id": "a." * 200 + "example"}, "list_id"),
        ({"list_unsubscribe_mailto": "nobody"}, "list_unsubscribe_mailto"),
        ({"text": " \n", "html": ""}, "text"),
        ({"text": "", "eml": b""}, "eml"),
        ({"text": "", "eml": b"no headers at all"}, "eml"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MessageError) as caught:
        compile_message(source(**changes))

    assert caught.value.field == field
    assert str(caught.value).startswith(field.replace("_", " "))
    assert str(caught.value).isprintable()


def test_an_address_with_a_line_break_is_not_rendered() -> None:
    with pytest.raises(ValueError, match="control characters"):
        compile_message(source()).render("a@b.example\r\nBcc: c@d.example", {}, TOKEN)
