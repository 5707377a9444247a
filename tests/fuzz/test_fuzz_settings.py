"""Settings and the configuration file: any text is a value or is refused with a sentence, and a damaged one stops nothing."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app import settings
from app.database.schema import StoredSetting
from app.paths import Profile, ProfileProblem, database_url
from app.settings import SETTINGS, SettingError

WORDS = [
    "",
    "0",
    "1",
    "-1",
    "1e5",
    "0x10",
    "nan",
    "inf",
    "٣",
    "true",
    "TRUE",
    "ask",
    "*",
    "a.test",
    "[::1]:53",
    "::1",
    "1.2.3.4:99999",
    "de_DE",
]
TEXTS = st.lists(st.sampled_from([*WORDS, ",", " ", "\0", "\n", "]"]) | st.text(max_size=4), max_size=5).map("".join)
LINES = st.sampled_from(
    [
        'database = "postgresql://a:s3cret@h/x"\n',
        'database = "sqlite:////tmp/x.db"\n',
        'node = "mx1"\n',
        "node = 1\n",
        "database = [1]\n",
        "[node]\n",
        '"\\u0000" = ""\n',
        "x" * 50,
    ]
)


@given(st.sampled_from(sorted(SETTINGS)), TEXTS)
def test_a_text_is_a_value_or_is_refused(key: str, text: str) -> None:
    setting = SETTINGS[key]
    try:
        value = setting.parse(text)
    except SettingError as refusal:
        assert refusal.sentence.startswith(key)
        return
    written = setting.format(value)
    assert "\n" not in written
    assert setting.parse(written) == value
    assert setting.format(setting.parse(written)) == written


@cache
def engine() -> Engine:
    made = create_engine("sqlite://")
    StoredSetting.__table__.metadata.create_all(made)
    return made


@pytest.mark.expects_warnings
@given(st.dictionaries(st.sampled_from(sorted(SETTINGS)) | st.text(max_size=5), TEXTS, max_size=10))
def test_whatever_stands_in_the_database_there_are_settings(stored: dict[str, str]) -> None:
    with Session(engine()) as session:
        session.add_all(StoredSetting(key=key, value=value) for key, value in stored.items())
        session.flush()
        found = settings.engine_settings(session)
        assert found.workers >= 1
        assert all(minutes > 0 for minutes in found.retry_schedule)
        assert settings.texts(session).keys() == SETTINGS.keys()


@given(st.binary(max_size=200) | st.lists(LINES, max_size=4).map(lambda lines: "".join(lines).encode()))
def test_a_configuration_file_is_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        profile = Profile(Path(folder))
        profile.config_file.touch(0o600)
        profile.config_file.write_bytes(content)
        try:
            profile.database_url()
        except ProfileProblem as refusal:
            assert "s3cret" not in str(refusal)


@given(
    st.lists(
        st.sampled_from(["postgresql", "sqlite", "://", "/", ":", "@", "[", "?", "s3cret", "%", "99999999"])
        | st.text(max_size=3)
    ).map("".join)
)
def test_a_database_is_named_or_refused(text: str) -> None:
    try:
        assert database_url(text).startswith(("sqlite:", "postgresql+psycopg:"))
    except ProfileProblem as refusal:
        assert str(refusal).endswith(".")
