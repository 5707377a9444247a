"""What the classifier says of replies, with all bundled rules loaded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.rules import bundled_rules
from engine.classifier import Classifier, parse_reply, shown
from engine.replies import REPLY_LIMIT, Classification, Reply, Stage, Verdict

OWN_IP = "203.0.113.7"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(bundled_rules())


def verdict(classifier: Classifier, text: str, stage: Stage | None = None) -> Verdict:
    return classifier.classify(parse_reply(text), stage, own_ip=OWN_IP).verdict


TRAPS = {
    "550 5.2.1 The mailbox is blocked": Verdict.RECIPIENT,
    "550 User account blocked": Verdict.RECIPIENT,
    "550 5.1.1 <ann@dest.example>: Recipient address rejected: blocked by recipient": Verdict.RECIPIENT,
    "554 5.7.1 This message was blocked because its content looks like spam": Verdict.CONTENT,
    "552 5.7.0 The attachment was blocked": Verdict.CONTENT,
    "550 5.7.1 Message blocked: virus found": Verdict.CONTENT,
    "554 5.7.1 Message blocked, it contains a URL listed by SURBL": Verdict.SENDER_DOMAIN,
    "554 The message holds a blocked link": Verdict.SENDER_DOMAIN,
    "550 5.7.1 Sender domain shop.example is blocked": Verdict.SENDER_DOMAIN,
    "550 5.7.1 The sending domain has a poor reputation": Verdict.SENDER_DOMAIN,
    "554 5.7.1 Sender address [a@shop.example] blocked using dbl.spamhaus.org": Verdict.SENDER_DOMAIN,
    "550 5.7.1 <a@shop.example>: Sender address rejected: Blocked": Verdict.SENDER_DOMAIN,
    "450 4.7.1 Client host [203.0.113.7] blocked using grey.example; Greylisted, try later": Verdict.GREYLIST,
    "451 4.7.1 Your server is temporarily blocked by greylisting": Verdict.GREYLIST,
    "550 5.7.1 Blocked: no reverse DNS for 203.0.113.7": Verdict.POLICY,
    "550 5.7.26 Mail from 203.0.113.7 is blocked, SPF of shop.example fails": Verdict.POLICY,
    "530 5.7.0 Blocked until you issue a STARTTLS command": Verdict.POLICY,
    "421 4.7.0 Too many connections from 203.0.113.7, blocked for a minute": Verdict.THROTTLE,
    "550 5.7.1 Relaying from 203.0.113.7 is denied": Verdict.RELAY,
    "552 5.2.2 Mailbox full, further mail is blocked": Verdict.MAILBOX_FULL,
    "552 5.3.4 Message size exceeds the limit and is rejected": Verdict.SIZE,
    "554 5.7.1 Client host [203.0.113.7] blocked using multi.uribl.com; Query Refused": Verdict.UNKNOWN,
    "550 5.7.1 Blocked by policy": Verdict.UNKNOWN,
    "553 Your server is blocked by the recipient": Verdict.RECIPIENT,
    "550 User (ann@dest.example) unknown": Verdict.RECIPIENT,
    "550 5.1.1 <login@dest.example>: Recipient address rejected: User unknown": Verdict.RECIPIENT,
    "550 5.1.1 <no-spam@dest.example>... User unknown": Verdict.RECIPIENT,
    "550 Blocked": Verdict.UNKNOWN,
    "554 Mail from 203.0.113.7 rejected: virus EXAMPLE found": Verdict.CONTENT,
    "552 Mailbox full, mail from 203.0.113.7 is rejected": Verdict.MAILBOX_FULL,
    "552 5.3.4 Message from 203.0.113.7 exceeds the maximum size and is blocked": Verdict.SIZE,
    "451 4.4.4 The hosted tenant has no mail-enabled subscriptions": Verdict.RECIPIENT,
    "552 Too many messages in this mailbox": Verdict.MAILBOX_FULL,
    "450 4.7.3 The queue quota of this organisation is exceeded": Verdict.THROTTLE,
    "554 5.7.1 <a@shop.example>: Sender address rejected: not wanted here": Verdict.SENDER_DOMAIN,
    "554 5.7.1 The return domain shop.example is invalid": Verdict.POLICY,
    "451 4.7.24 Temporary SPF lookup failure for shop.example": Verdict.SYSTEM,
    "450 4.1.1 <ann@dest.example>: address verification is in progress": Verdict.SYSTEM,
    "450 4.7.1 mx.dest.example is not accepting connections": Verdict.SYSTEM,
    "250 2.0.0 Ok: the block list says 203.0.113.7 is fine": Verdict.ACCEPTED,
}


@pytest.mark.parametrize(("reply", "expected"), TRAPS.items())
def test_word_blocked_alone_is_no_block(classifier: Classifier, reply: str, expected: Verdict) -> None:
    assert verdict(classifier, reply) is expected


BLOCKS = [
    "554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org",
    "550 203.0.113.7 is blacklisted",
    "554 Your access is rejected due to the poor reputation of your server",
    "550 5.2.1 Mailbox unavailable. Your IP address 203.0.113.7 is on a block list",
    "554 5.7.1 <mx.sender.example[203.0.113.7]>: Client host rejected: Access denied",
    "550-Your host is blocked.\n550 See http://dest.example/delist?ip=203.0.113.7",
    "550 Mail relay.shop.example[203.0.113.7]: Client host rejected: stop",
    "550 You are not allowed to connect",
    "550 Connections from your country are not allowed",
    "554 Ihre IP-Adresse 203.0.113.7 wurde wegen Spamversand gesperrt",
    "550 L'adresse IP 203.0.113.7 a été bloquée",
    "550 La dirección IP 203.0.113.7 está en una lista negra",
    "550 L'indirizzo IP 203.0.113.7 è stato bloccato",
    "550 O endereço IP 203.0.113.7 está bloqueado",
    "550 Het IP-adres 203.0.113.7 is geblokkeerd",
    "550 Adres IP 203.0.113.7 jest zablokowany",
    "550 IP-адрес 203.0.113.7 заблокирован",
    "550 您的IP 203.0.113.7 已被拒绝",
    "550 IPアドレス 203.0.113.7 はブロックされています",
    "550 IP 주소 203.0.113.7 이 차단되었습니다",
]


@pytest.mark.parametrize("reply", BLOCKS)
def test_refusal_of_the_address_is_a_block(classifier: Classifier, reply: str) -> None:
    assert verdict(classifier, reply) is Verdict.BLOCK


def test_block_counts_at_the_banner_and_with_a_temporary_code(classifier: Classifier) -> None:
    text = "421 4.7.1 Your IP address 203.0.113.7 is on our block list"
    assert verdict(classifier, text, Stage.BANNER) is Verdict.BLOCK


def test_own_address_is_evidence_where_another_says_nothing(classifier: Classifier) -> None:
    text = "554 5.7.1 Against the policy of this site (203.0.113.7)"
    assert classifier.classify(parse_reply(text), None, own_ip=OWN_IP).verdict is Verdict.BLOCK
    assert classifier.classify(parse_reply(text), None, own_ip="198.51.100.1").verdict is Verdict.UNKNOWN
    assert classifier.classify(parse_reply(text), None, own_ip="3.0.113.7").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("written", ["2001:db8::7", "2001:DB8:0:0:0:0:0:7", "IPv6:2001:db8::7"])
def test_own_ipv6_address_is_known_in_every_spelling(classifier: Classifier, written: str) -> None:
    found = classifier.classify(parse_reply(f"554 5.7.1 [{written}] is blocked"), None, own_ip="2001:db8::7")
    assert found.verdict is Verdict.BLOCK


def test_reason_names_address_and_list(classifier: Classifier) -> None:
    found = classifier.classify(
        parse_reply("554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org"), None
    )
    assert found.reason == "says that 203.0.113.7 is on a block list: zen.spamhaus.org"
    assert "https://check.spamhaus.org" in found.advice
    assert (found.rule, found.permanent) == ("lists.spamhaus", False)


def test_reason_uses_the_own_address_where_the_reply_names_none(classifier: Classifier) -> None:
    found = classifier.classify(parse_reply("550 Your IP address is blacklisted"), None, own_ip=OWN_IP)
    assert found.reason == f"says that {OWN_IP} is on a block list"


@pytest.mark.parametrize(
    "text",
    [
        "550-5.7.1 Your IP address\n550-5.7.1 has been\n550 5.7.1 blocked",
        "550-5.7.1 Your IP address 550-5.7.1 has been 550 5.7.1 blocked",
        "550-Your IP address\r\n550-has been\r\n550 blocked",
    ],
)
def test_lines_are_joined(classifier: Classifier, text: str) -> None:
    assert verdict(classifier, text) is Verdict.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "550 Your IP ad\u200bdress is bl\u00adacklisted",
        "550 Your IP address is ｂｌａｃｋｌｉｓｔｅｄ",
        "550 Your IP address is blаcklisted",  # with a Cyrillic a
        "550 YOUR   IP\tADDRESS IS BLACKLISTED",
    ],
)
def test_disguised_letters_are_read(classifier: Classifier, text: str) -> None:
    assert verdict(classifier, text) is Verdict.BLOCK


def test_nothing_after_the_limit_is_looked_at(classifier: Classifier) -> None:
    text = "550 " + "x" * REPLY_LIMIT + " Your IP address is blacklisted"
    assert len(parse_reply(text).text) == REPLY_LIMIT
    assert verdict(classifier, text) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("550 5.7.1 no", 550, "5.7.1"),
        ("550-5.7.1 no\n550 5.7.1 more", 550, "5.7.1"),
        ("550 #5.1.0 no", 550, "5.1.0"),
        ("451 later (#4.3.0)", 451, "4.3.0"),
        ("550 from 5.7.1.9", 550, ""),
        ("550 4.2.2 odd but first", 550, "4.2.2"),
        ("550 odd (#4.2.2)", 550, ""),
        ("550 550 5.7.1 said twice", 550, "5.7.1"),
        ("5.7.1 no code", 0, "5.7.1"),
        ("hello", 0, ""),
        ("", 0, ""),
    ],
)
def test_codes_are_read(text: str, code: int, enhanced: str) -> None:
    reply = parse_reply(text)
    assert (reply.code, reply.enhanced) == (code, enhanced)


def test_shown_text_holds_nothing_that_moves_or_hides() -> None:
    assert shown("a\x1b[2J\u202egpj.exe\u2028\x00é\nb") == "a\\x1b[2J\\u202egpj.exe\\u2028\\x00é\\nb"


def test_shown_text_is_bounded() -> None:
    assert len(shown("x" * 100_000)) == REPLY_LIMIT
    assert shown("é 日本") == "é 日本"


hostile_text = st.one_of(
    st.text(max_size=REPLY_LIMIT + 100),
    st.binary(max_size=REPLY_LIMIT + 100).map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.lists(
        st.sampled_from(
            ["550", "-", "\n", " ", "5.7.1", "blocked", "IP", "203.0.113.7", "::", "spamhaus", "\u202e", "\ufdfa"]
        ),
        max_size=800,
    ).map("".join),
)


@settings(max_examples=300, deadline=None)
@given(
    text=hostile_text, stage=st.none() | st.sampled_from(Stage), own_ip=st.sampled_from([None, OWN_IP, "2001:db8::7"])
)
def test_every_text_gets_a_verdict(classifier: Classifier, text: str, stage: Stage | None, own_ip: str | None) -> None:
    reply = parse_reply(text)
    found = classifier.classify(reply, stage, own_ip=own_ip)
    assert isinstance(reply, Reply)
    assert isinstance(found, Classification)
    assert found.verdict in Verdict
    assert found.reason.isprintable()
    assert found.advice.isprintable()
    assert shown(text).isprintable()
