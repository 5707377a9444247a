"""Two nodes send one mailing over one PostgreSQL, and one of them is gone for a while: nobody gets a message from both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import NODES, Cluster
from nursery import Nursery
from ordeal import DOMAINS
from postgres import PostgresServer

from app.database.lease import EXPIRY, SILENCE
from app.rehearsal.scenarios import block


@pytest.fixture
def cluster(nursery: Nursery, postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Cluster]:
    url = postgres_server.new_database()
    people = [f"p{number}@{DOMAINS[number % len(DOMAINS)]}" for number in range(2000)]
    with Cluster(tmp_path, nursery, url, people) as made:
        yield made
    postgres_server.drop_database(url)


def test_a_node_dies_and_comes_back(cluster: Cluster) -> None:
    cluster.start_both()
    cluster.kill("one")
    left = cluster.in_hand("one")
    cluster.start("one", "journal read")  # it has the lease, and dies before it could record anything
    cluster.fall_silent("one", EXPIRY + 1)
    cluster.wait(lambda: cluster.states()["waiting"] == left, "node two has done what it can")
    assert cluster.in_hand("one") == left
    assert not cluster.is_completed()

    cluster.fall_silent("one", SILENCE + 1)
    cluster.wait(cluster.is_completed, "the mailing is over, but for the doubts")
    assert cluster.states()["in_doubt"] == left
    cluster.assert_sums()

    cluster.start("one")
    cluster.wait(
        lambda: cluster.is_completed() and cluster.states()["in_doubt"] < left, "all that was not begun is sent"
    )
    cluster.end("one")
    cluster.end("two")
    states, taken = cluster.states(), cluster.taken()
    assert states.keys() == {"delivered", "in_doubt"}
    assert states["in_doubt"] <= 2 * 3 * len(DOMAINS), "more than node one had connections"
    assert max(taken.values()) == 1
    assert states["delivered"] <= len(taken) <= states.total() == len(cluster.people)
    cluster.assert_sums()


def test_a_node_is_frozen_for_long_and_goes_on(cluster: Cluster) -> None:
    cluster.start("one")
    cluster.wait(lambda: cluster.in_hand("one") > 300, "node one has recipients in hand")
    frozen = cluster.freeze("one")
    cluster.start("two")
    cluster.fall_silent("one", SILENCE + 1)
    cluster.wait(lambda: cluster.states()["in_doubt"], "what node one has in hand is in doubt")
    for process in frozen:
        process.resume()
    cluster.wait(cluster.is_completed, "the mailing is completed")
    cluster.wait(lambda: cluster.states().keys() == {"delivered"}, "nobody is in doubt any more")
    cluster.end("one")
    cluster.end("two")
    assert set(cluster.taken().values()) == {1}
    assert len(cluster.taken()) == len(cluster.people)
    cluster.assert_sums()
    assert cluster.in_hand("one") == cluster.in_hand("two") == 0


def test_a_node_without_its_journals_asks_about_everything_it_had_in_hand(cluster: Cluster) -> None:
    cluster.start_both()
    cluster.kill("one")
    left = cluster.in_hand("one")
    shutil.rmtree(cluster.profiles["one"].journal)
    cluster.start("one")
    cluster.wait(cluster.is_completed, "the mailing is completed")
    cluster.end("one")
    cluster.end("two")
    assert cluster.states() == {"delivered": len(cluster.people) - left, "in_doubt": left}
    assert set(cluster.taken().values()) == {1}
    cluster.assert_sums()


def test_a_node_that_ends_leaves_the_rest_to_the_other(cluster: Cluster) -> None:
    cluster.start_both()
    cluster.end("one")
    assert cluster.in_hand("one") == 0
    cluster.wait(cluster.is_completed, "the mailing is completed")
    cluster.end("two")
    assert cluster.states() == {"delivered": len(cluster.people)}
    assert set(cluster.taken().values()) == {1}
    cluster.assert_sums()


def test_a_node_that_is_refused_leaves_its_recipients_to_the_other(cluster: Cluster) -> None:
    for address in NODES["one"]:
        cluster.network.client.add_rule(block(address, [DOMAINS[0]]))
    cluster.start("one")
    cluster.wait(lambda: cluster.blocked() == set(NODES["one"]), "both addresses of node one are blocked")
    cluster.start("two")
    cluster.wait(cluster.is_completed, "the mailing is completed")
    cluster.end("one")
    cluster.end("two")
    assert cluster.states() == {"delivered": len(cluster.people)}
    assert set(cluster.taken().values()) == {1}
    cluster.assert_sums()
