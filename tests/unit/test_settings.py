"""Settings as texts: what is read, what is refused and how that is told, what the engine makes of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import settings
from app.database.schema import Base, StoredSetting
from app.settings import SETTINGS, SettingError, find
from engine.ports import EngineSettings, InDoubtPolicy


@pytest.fixture
def session() -> Iterator[Session]:
    """A session of an empty database in memory."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


@pytest.mark.parametrize(
    ("key", "text", "value", "written"),
    [
        ("network.name_servers", "127.0.0.1:5353", (("127.0.0.1", 5353),), "127.0.0.1:5353"),
        (
            "network.name_servers",
            " 192.0.2.1 , [2001:DB8::1]:54,2001:db8::2 ",
            None,
            "192.0.2.1:53,[2001:db8::1]:54,[2001:db8::2]:53",
        ),
        ("network.name_servers", "", (), ""),
        ("network.smtp_port", "2525", 2525, "2525"),
        ("network.allow_loopback", "TRUE", True, "true"),
        ("probe.interval_seconds", "2", 2.0, "2"),
        ("recovery.step_seconds", "0.25", 0.25, "0.25"),
        ("retry.schedule_minutes", "0.05, 1,360", (0.05, 1.0, 360.0), "0.05,1,360"),
        ("delivery.in_doubt", "Again", InDoubtPolicy.AGAIN, "again"),
        (
            "delivery.tls_required",
            "Google, example.test,*",
            frozenset({"google", "example.test", "*"}),
            "*,example.test,google",
        ),
        ("delivery.tls_required", "", frozenset(), ""),
        ("mailing.expiry_hours", "0.01", 0.01, "0.01"),
        ("ui.language", "pt_BR", "pt_BR", "pt_BR"),
    ],
)
def test_allowed_values(key: str, text: str, value: object, written: str) -> None:
    setting = find(key)
    read = setting.parse(text)
    if value is not None:
        assert read == value
    assert setting.format(read) == written
    assert setting.parse(written) == read


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("network.name_servers", "localhost:53"),
        ("network.name_servers", "127.0.0.1:0"),
        ("network.name_servers", "127.0.0.1:65536"),
        ("network.name_servers", "127.0.0.1,,127.0.0.2"),
        ("network.smtp_port", "0"),
        ("network.smtp_port", "25.0"),
        ("network.smtp_port", "٢٥"),
        ("network.allow_loopback", "yes"),
        ("probe.interval_seconds", "0"),
        ("probe.interval_seconds", "nan"),
        ("probe.interval_seconds", "1e3"),
        ("probe.interval_seconds", "-1"),
        ("retry.schedule_minutes", ""),
        ("retry.schedule_minutes", "5,,15"),
        ("retry.schedule_minutes", "5,-1"),
        ("delivery.workers", "0"),
        ("delivery.workers", ""),
        ("delivery.in_doubt", "maybe"),
        ("delivery.tls_required", "a b"),
        ("delivery.refusal_share", "1.5"),
        ("mailing.expiry_hours", "inf"),
        ("log.level", "loud"),
        ("ui.language", "../../etc"),
    ],
)
def test_other_values_are_refused_with_key_and_what_is_allowed(key: str, text: str) -> None:
    with pytest.raises(SettingError) as caught:
        find(key).parse(text)
    assert caught.value.sentence.startswith(f"{key}: ")
    assert find(key).allowed in caught.value.sentence
    assert "\n" not in caught.value.sentence


def test_every_setting_can_be_shown_and_read_back() -> None:
    for setting in SETTINGS.values():
        text = setting.format(setting.default)
        assert setting.parse(text) == setting.default
        assert setting.description.endswith(".")
        for word in setting.choices:
            setting.parse(word)


def test_an_unknown_key_names_those_that_look_like_it() -> None:
    with pytest.raises(SettingError, match=r"did you mean probe\.interval_seconds"):
        find("probe.interval")
    assert find(" Network.SMTP_port ").key == "network.smtp_port"


def test_storing_and_what_the_engine_makes_of_it(session: Session) -> None:
    assert settings.engine_settings(session).retry_schedule == EngineSettings().retry_schedule
    assert settings.store(session, "retry.schedule_minutes", "0.5, 2") == ("5,15,30,60,120,240,360", "0.5,2")
    assert settings.store(session, "retry.schedule_minutes", "1") == ("0.5,2", "1")
    settings.store(session, "network.name_servers", "127.0.0.1:5353")
    found = settings.engine_settings(session)
    assert found.retry_schedule == (60.0,)
    assert found.name_servers == (("127.0.0.1", 5353),)
    assert settings.value_of(session, settings.EXPIRY_HOURS) == 72.0
    assert list(settings.texts(session)) == list(SETTINGS)


def test_a_refused_value_changes_nothing(session: Session) -> None:
    with pytest.raises(SettingError):
        settings.store(session, "delivery.workers", "many")
    assert session.query(StoredSetting).count() == 0


@pytest.mark.expects_warnings
def test_a_stored_value_that_is_no_longer_allowed_gives_way_to_the_default(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.add(StoredSetting(key="network.smtp_port", value="99999"))
    session.flush()
    with caplog.at_level(logging.WARNING):
        assert settings.engine_settings(session).smtp_port == 25
    assert "network.smtp_port" in caplog.text
