"""The classifier with the bundled rules: any text gets a verdict, and what is told of it is short and harmless."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from app.services.rules import bundled_rules
from engine.classifier import Classifier
from engine.hostile import folded, parse_reply, shown
from engine.replies import REPLY_LIMIT, Classification, Scope, Stage, Verdict

EXAMPLES = sorted({example for rule in bundled_rules() for example in rule.examples})
PIECES = st.sampled_from(
    ["\r\n550-", "\n550 ", "5.7.1", "  ", "\u202e", "\u0430", "ﬁ", "\0", "192.0.2.7", "2001:db8::", ":" * 40]
)
TEXTS = st.one_of(
    st.text(max_size=400),
    st.binary(max_size=400).map(lambda data: data.decode("utf-8", "replace")),
    st.builds(
        lambda text, at, piece, times: text[: at % (len(text) + 1)] + piece * times + text[at % (len(text) + 1) :],
        st.sampled_from(EXAMPLES),
        st.integers(0, 400),
        PIECES | st.text(max_size=5),
        st.sampled_from([0, 1, 2, 5_000]),
    ),
    st.builds(lambda one, other: one[: len(one) // 2] + other, st.sampled_from(EXAMPLES), st.sampled_from(EXAMPLES)),
)


@cache
def classifier() -> Classifier:
    return Classifier(bundled_rules())


@given(TEXTS, st.none() | st.sampled_from(Stage), st.sampled_from([None, "192.0.2.7", "2001:db8::7"]))
def test_every_text_gets_a_verdict_that_can_be_shown(text: str, stage: Stage | None, own_ip: str | None) -> None:
    reply = parse_reply(text)
    assert len(reply.text) <= REPLY_LIMIT
    assert reply.code == 0 or 200 <= reply.code < 600
    found = classifier().classify(reply, stage, own_ip=own_ip)
    assert isinstance(found, Classification)
    assert (found.verdict in Verdict, found.scope in Scope) == (True, True)
    assert found == classifier().classify(reply, stage, own_ip=own_ip)
    assert (found.verdict is Verdict.ACCEPTED) == (
        reply.is_positive or (reply.enhanced.startswith("2.") and not reply.code)
    )
    for words in (found.reason, found.advice, shown(text)):
        assert words.isprintable()
    assert len(found.reason) < 600
    assert len(folded(text, own_ip).encode()) <= 4 * REPLY_LIMIT
