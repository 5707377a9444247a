"""How fast the classifier is: throughput on ordinary replies, time for hostile ones. Run it; it prints a table.

Times are processor time of one thread, so that a busy machine does not count. Replies are made new for every call
(addresses and hosts vary), so that nothing is answered from a cache; the first ones only warm the matcher up, as in a
worker that runs for hours.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from itertools import islice

from app.services.rules import bundled_rules
from engine.classifier import Classifier, parse_reply
from engine.replies import REPLY_LIMIT

WARM_UP = 5_000
ORDINARY = 50_000
HOSTILE = 2_000


def ordinary(source: random.Random) -> Iterator[str]:
    """Every example of the tables, its numbers and names exchanged."""
    examples = [example for rule in bundled_rules() for example in rule.examples]
    while True:
        text = source.choice(examples)
        ip = ".".join(str(source.randrange(1, 255)) for _ in range(4))
        yield text.replace("203.0.113.7", ip).replace("dest.example", f"d{source.randrange(10**6)}.example")


def hostile(source: random.Random) -> Iterator[str]:
    """Texts of full length: random bytes, words of the rules in any order, one phrase repeated, many scripts."""
    words = sorted({word for rule in bundled_rules() for text in rule.examples for word in text.split()})
    while True:
        yield "550 " + "".join(chr(source.randrange(1, 0x2FFF)) for _ in range(REPLY_LIMIT))
        yield "550 " + source.randbytes(REPLY_LIMIT).decode("latin-1")
        yield "550 " + " ".join(source.choices(words, k=REPLY_LIMIT // 4))
        yield "550 " + source.choice(words) * REPLY_LIMIT
        yield "550 " + "".join(source.choices("a.:0-[]<> \u0430\u0301\ufdfa", k=REPLY_LIMIT))
        yield "550-" + "\n550-5.7.1 ".join(source.choices(words, k=REPLY_LIMIT // 10))


def seconds(classifier: Classifier, text: str) -> float:
    """How long one reply takes, from wire text to verdict."""
    start = time.thread_time()
    classifier.classify(parse_reply(text), None, own_ip="203.0.113.7")
    return time.thread_time() - start


def main() -> None:
    """Measure and print."""
    source = random.Random(1)
    classifier = Classifier(bundled_rules())
    texts = list(islice(ordinary(source), WARM_UP + ORDINARY))
    for text in texts[:WARM_UP]:
        seconds(classifier, text)
    start = time.thread_time()
    for text in texts[WARM_UP:]:
        classifier.classify(parse_reply(text), None, own_ip="203.0.113.7")
    elapsed = time.thread_time() - start
    times = sorted(seconds(classifier, text) for text in islice(hostile(source), HOSTILE))
    print(f"rules                {len(bundled_rules()):10,}")
    print(f"ordinary replies/s   {ORDINARY / elapsed:10,.0f}")
    print(f"hostile median       {statistics.median(times) * 1e3:10.3f} ms")
    print(f"hostile 99th in 100  {times[len(times) * 99 // 100] * 1e3:10.3f} ms")
    print(f"hostile worst        {times[-1] * 1e3:10.3f} ms")


if __name__ == "__main__":
    main()
