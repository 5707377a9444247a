"""What the overview and the status bar are told, on both databases."""

from __future__ import annotations

import pytest
from administration import NOW, Office

from app.database.database import Database
from app.database.lease import Lease
from app.database.schema import AddressTraffic, Mailing, MailingLane, StreamTraffic
from app.services import alerts, block_reports, reports, stats
from app.services.problems import Refused
from engine.ports import MailingState

TEN = int(NOW) // 10 * 10


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_traffic_is_the_mean_of_each_step_by_stream(office: Office) -> None:
    news, other = office.stream("news", "192.0.2.1"), office.stream("Other", "192.0.2.2")
    with office.writing() as session:
        session.add(StreamTraffic(stream_id=news, bucket_at=TEN - 10, delivered=50))
        session.add(StreamTraffic(stream_id=news, bucket_at=TEN, delivered=70))
        session.add(StreamTraffic(stream_id=other, bucket_at=TEN - 60, delivered=20))
        session.add(StreamTraffic(stream_id=other, bucket_at=TEN - 600, delivered=99))
    with office.database.read() as session:
        found = stats.traffic(session, now=TEN + 5, seconds=80, step=20)
    assert [series.stream for series in found] == ["news", "Other"]
    assert {(series.start % 20, series.step, len(series.values)) for series in found} == {(0, 20, 4)}
    assert sum(found[0].values) * 20 == 120
    assert sum(found[1].values) * 20 == 20
    assert found[0].start + 80 > TEN + 5


def test_busy_destinations(office: Office) -> None:
    hour = int(NOW) // 3600 * 3600
    rows = [
        ("Google", 5, hour),
        ("Yahoo", 9, hour),
        ("Google", 6, hour - 3600),
        ("Old", 99, hour - 7200),
        ("", 50, hour),
    ]
    with office.writing() as session:
        for number, (provider, delivered, at) in enumerate(rows):
            ip = f"192.0.2.{number}"
            session.add(
                AddressTraffic(hour_at=at, sending_address=ip, provider=provider, delivered=delivered, blocked=1)
            )
    with office.database.read() as session:
        found = [(each.provider, each.delivered, each.blocked) for each in stats.busiest(session, now=NOW)]
    assert found == [("Google", 11, 2), ("Yahoo", 9, 1)]


def test_the_engine_is_shown_while_it_holds_its_lease(office: Office) -> None:
    with office.database.read() as session:
        assert [engine.state for engine in stats.engines(session)] == ["stopped"]
    lease = Lease.acquire(office.database)
    with office.database.read() as session:
        (engine,) = stats.engines(session)
    assert (engine.state, engine.pid is not None) == ("starting", True)
    lease.release(office.database)
    with office.database.read() as session:
        assert stats.engines(session)[0].pid is None


def test_alerts_are_raised_once_dismissed_and_raised_anew(office: Office) -> None:
    with office.writing() as session:
        alerts.raise_alert(session, "unusable_address", "192.0.2.1", "It is gone.", now=NOW)
        alerts.raise_alert(session, "unusable_address", "192.0.2.1", "It is still gone.", now=NOW + 1)
        (alert,) = alerts.listing(session)
        assert (alert.text, stats.server_numbers(session).alerts) == ("It is still gone.", 1)
        alerts.dismiss(session, alert.id, actor="anna", now=NOW + 2)
        assert alerts.listing(session) == []
        alerts.raise_alert(session, "unusable_address", "192.0.2.1", "Again.", now=NOW + 3)
        assert [each.text for each in alerts.listing(session)] == ["Again."]
        with pytest.raises(Refused):
            alerts.dismiss(session, 999, actor="anna", now=NOW)


def test_the_pace_of_a_mailing_is_its_share_of_the_stream(office: Office) -> None:
    stream = office.stream("news", "192.0.2.1")
    list_id = office.list()
    first = office.mailing("first", list_id, MailingState.ACTIVE, stream_id=stream, waiting=30)
    second = office.mailing("second", list_id, MailingState.ACTIVE, stream_id=stream, waiting=10)
    with office.writing() as session:
        session.add(StreamTraffic(stream_id=stream, bucket_at=TEN - 30, delivered=200, failed=40))
    with office.database.read() as session:
        assert reports.pace(session, first, now=TEN) == reports.Pace(3.0, 10.0)
        assert reports.pace(session, second, now=TEN) == reports.Pace(1.0, 10.0)


def test_domains_of_a_mailing_sort_by_any_column(office: Office) -> None:
    mailing = office.mailing("may", office.list(), MailingState.ACTIVE, waiting=5)
    with office.writing() as session:
        session.get_one(Mailing, mailing).total = 105
        for name, total, last_at in (("a.test", 60, NOW), ("b.test", 40, None)):
            session.add(
                MailingLane(
                    mailing_id=mailing,
                    domain=name,
                    first_id=9,
                    last_id=9,
                    total=total,
                    delivered=total // 2,
                    last_at=last_at,
                    last_reply="451 later" if last_at else "",
                )
            )
    with office.database.read() as session:
        for sort in reports.DomainSort:
            ids = reports.domain_ids(session, mailing, sort=sort, descending=False)
            rows = reports.domains(session, mailing, ids)
            values = [getattr(row, sort.value) for row in rows]
            given = [value for value in values if value is not None]
            assert given == sorted(given)
            assert values[: len(given)] == given
        assert [row.domain for row in reports.last_replies(session, mailing)] == ["a.test"]


def test_blocks_by_hour_and_an_empty_summary(office: Office) -> None:
    with office.database.read() as session:
        assert stats.blocks_by_hour(session, now=NOW, hours=3) == [0, 0, 0]
        assert block_reports.summary(session) == block_reports.Summary(0, 0, 0, 0, None)
