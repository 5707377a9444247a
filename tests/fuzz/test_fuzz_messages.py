"""Messages of hostile texts, values and files: what goes on the wire is one message with our headers, in lines that end once."""

from __future__ import annotations

import email
import re
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from engine.eml import EmlError, read_eml
from engine.message import CompiledMessage, MessageError, MessageSource, compile_message
from engine.message_checks import advise, preview

NASTY = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    ".",
    "\r\n.\r\n",
    "\n..",
    "\x85",
    "\u2028",
    "\x0b",
    "=?utf-8?q?=0D=0AX-Injected:_1?=",
    "=",
    "é",
]
PIECES = st.sampled_from(
    [*NASTY, "X-Injected: 1", "{{name}}", "{{name|a\tb}}", "{{", "}}", "<p>", " " * 80, "x" * 1_200, "\ud800"]
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join)
VALUES = st.dictionaries(st.sampled_from(["name", "Name", "city", "token", "address"]), TEXTS, max_size=4)
OURS = {
    *("date", "from", "to", "subject", "message-id", "mime-version", "content-type", "content-transfer-encoding"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "reply-to"),
}
LONE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)").search
HEADER = re.compile(rb"[!-9;-~]+: ?[^\r\n]*(?:\r\n[ \t][^\r\n]+)*").fullmatch

EML_HEADS = st.sampled_from(
    [
        "Subject: ",
        "Content-Type: text/plain; charset=",
        "Content-Type: text/html; name=",
        'Content-Type: multipart/mixed; boundary="x"; a=',
        'Content-Type: multipart/signed; boundary="x"; micalg=',
        "Content-Type: message/rfc822; x*0*=utf-8''",
        "Content-Type: image/png; name=",
        "Content-Disposition: attachment; filename=",
        "Content-Disposition: attachment; filename*=utf-8''",
        "Content-Transfer-Encoding: ",
        "Content-ID: ",
        "Content-Description: ",
        "List-Unsubscribe: <mailto:",
        "From: ",
        "Reply-To: ",
        "List-ID: ",
        "X-Own: ",
        "Bcc: ",
        "\xe4: ",
        "",
    ]
)
EML_VALUES = st.sampled_from(
    [*NASTY, '"', "base64", "quoted-printable", "utf-7", "=?utf-8?b?DQpYLUluamVjdGVkOiAx?=", "%0D%0A", ";", "a"]
)
EML_LINES = st.builds(
    lambda head, values, end: head + "".join(values) + end,
    EML_HEADS,
    st.lists(EML_VALUES | st.text(max_size=4), max_size=4),
    st.sampled_from(["\r\n", "\n", "\r", "\r\n\r\n", "\r\n\t", "\r\n--x\r\n", "\r\n--x--\r\n"]),
)
EMLS = st.lists(EML_LINES, max_size=10).map(lambda lines: "".join(lines).encode("utf-8", "surrogatepass")) | st.binary(
    max_size=300
)


def check_wire(wire: bytes, allowed: set[str] | None) -> None:
    """One message: lines that end with CRLF and are no longer than 998 bytes, no end of data in it, *allowed* headers only."""
    assert wire.endswith(b"\r\n")
    assert not LONE_LINE_END(wire)
    assert b"\0" not in wire
    assert not re.search(rb"(?m)^\.\r$", wire)
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    head, _, _ = wire.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", head)
    names = [field.partition(b":")[0].decode("ascii").lower() for field in fields]
    assert all(HEADER(field) for field in fields), head
    assert len(names) == len(set(names))
    assert {"from", "to", "subject", "date", "message-id"} <= set(names)
    assert not {"bcc", "x-injected"} & set(names)
    assert allowed is None or set(names) <= allowed
    assert not email.message_from_bytes(wire, policy=default)["From"].defects


def check_message(message: CompiledMessage, values: dict[str, str], allowed: set[str] | None) -> None:
    for seven_bit in (False, True):
        wire = message.render("reader@one.test", values, "token", seven_bit=seven_bit)
        assert wire.isascii() or not seven_bit or message.needs_smtputf8 or message.eight_bit is None
        check_wire(wire, allowed)
    advise(message, ["name"])
    assert preview(message, "reader@one.test", values).size > 0


@given(
    subject=TEXTS,
    text=TEXTS,
    html=st.just("") | TEXTS,
    name=TEXTS,
    list_id=TEXTS,
    url=TEXTS,
    mailto=TEXTS,
    values=VALUES,
)
def test_written_messages(
    subject: str, text: str, html: str, name: str, list_id: str, url: str, mailto: str, values: dict[str, str]
) -> None:
    source = MessageSource("news@sender.test", from_name=name, subject=subject, text=text, html=html, list_id=list_id)
    for last in (
        MessageSource("news@sender.test", subject="{{name}} {{city}}", text=text or "x", html=html),
        MessageSource("news@sender.test", subject="x", text="x", list_unsubscribe_url=f"https://x.test/{url}"),
        MessageSource(
            "news@sender.test", subject="x", text="x", list_unsubscribe_mailto=f"off@x.test?subject={mailto}"
        ),
        source,
    ):
        try:
            message = compile_message(last)
        except MessageError:
            continue
        check_message(message, values, OURS)


@given(EMLS, VALUES)
def test_messages_of_files(eml: bytes, values: dict[str, str]) -> None:
    try:
        content = read_eml(eml)
    except EmlError:
        return
    for text in (content.subject, content.from_name, content.reply_to, content.list_id):
        assert not set(text) & set("\r\n\0\x0b\x85\u2028")
    try:
        message = compile_message(
            MessageSource("news@sender.test", eml=eml, subject="x", reply_to="", list_id="a.test")
        )
    except MessageError:
        return
    check_message(message, values, None)
