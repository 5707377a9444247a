"""The profile folder, its configuration file, database URLs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.paths import Profile, ProfileProblem, database_url, make_private_file, open_profile


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_profile_is_for_its_user_alone(tmp_path: Path) -> None:
    profile = open_profile(tmp_path / "deep" / "profile")
    folders = (profile.folder, profile.backups, profile.journal, profile.logs, profile.keys)
    assert {_mode(folder) for folder in folders} == {0o700}
    assert profile.database_url() == f"sqlite:///{tmp_path / 'deep' / 'profile' / 'mailstreams.db'}"


def test_the_environment_names_a_profile(tmp_path: Path) -> None:
    assert open_profile(None, {"MAILSTREAMS_PROFILE": str(tmp_path / "x")}).folder == tmp_path / "x"
    assert open_profile(tmp_path / "y", {"MAILSTREAMS_PROFILE": str(tmp_path / "x")}).folder == tmp_path / "y"


def test_without_a_name_it_is_in_the_platforms_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert open_profile(None, {}).folder == tmp_path / "mailstreams"


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProfileProblem, match="can't be used"):
        open_profile(tmp_path / "file")


def _write(profile: Profile, text: str, mode: int = 0o600) -> None:
    profile.config_file.write_text(text)
    profile.config_file.chmod(mode)


def test_the_configuration_names_a_database(tmp_path: Path) -> None:
    profile = open_profile(tmp_path)
    _write(profile, 'database = "postgresql://mail:secret@db.test/mail"\nnode = "one"\n')
    assert profile.database_url() == "postgresql+psycopg://mail:secret@db.test/mail"
    assert profile.database_url("sqlite:////tmp/x.db") == "sqlite:////tmp/x.db"
    assert profile.config()["node"] == "one"


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        ("database = ", 0o600, "can't be read"),
        ("databse = 'x'", 0o600, "allowed are the texts database, node"),
        ("database = 5", 0o600, "allowed are the texts database, node"),
        ("database = 'postgresql://u:secret@h/d'", 0o644, "chmod 600"),
    ],
)
def test_a_configuration_that_can_not_be_used(tmp_path: Path, text: str, mode: int, told: str) -> None:
    profile = open_profile(tmp_path)
    _write(profile, text, mode)
    with pytest.raises(ProfileProblem, match=told) as caught:
        profile.database_url()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["no url", "mysql://h/d", "sqlite://", "", "postgresql+asyncpg://h/d", "postgresql://h:/d"]
)
def test_other_urls_are_refused(text: str) -> None:
    with pytest.raises(ProfileProblem):
        database_url(text)


def test_a_file_loses_the_rights_of_others_and_keeps_its_content(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    file.write_text("kept")
    file.chmod(0o666)
    make_private_file(file)
    assert _mode(file) == 0o600
    assert file.read_text() == "kept"
