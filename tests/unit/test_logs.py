"""What is written to the log: for its user alone, one line a message, no secrets."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import logs
from app.settings import LogLevel

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The root logger as it was, whatever a test sets up."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgresql://anna:s3cret@db.test/mail", "postgresql://anna:***@db.test/mail"),
        ("postgresql+psycopg://anna:p%40ss:word@db/x and more", "postgresql+psycopg://anna:***@db/x and more"),
        ("postgresql://anna:a/b:c@db/x", "postgresql://anna:***@db/x"),
        ("postgresql://db/x?password=s3cret&user=anna", "postgresql://db/x?password=***&user=anna"),
        ("host=db password='s3 \\'cret' user=anna", "host=db password=*** user=anna"),
        (f"key {KEY} end", "key (private key) end"),
        ("-----BEGIN PRIVATE KEY-----\ncut off", "(private key)"),
        ("https://example.test/a:b@c", "https://example.test/a:b@c"),
        ("nothing to hide: 1@2", "nothing to hide: 1@2"),
    ],
)
def test_secrets_are_struck_out(text: str, clean: str) -> None:
    assert logs.without_secrets(text) == clean


def test_the_log_is_for_its_user_alone_and_in_utc(tmp_path: Path) -> None:
    path = logs.set_up(tmp_path, LogLevel.INFO, to_stderr=False)
    logging.getLogger("elsewhere").info("at %s", "postgresql://anna:s3cret@db/x")
    logging.getLogger("elsewhere").debug("not this")
    assert path.stat().st_mode & 0o077 == 0
    line = path.read_text()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO elsewhere: at postgresql://anna:\*\*\*@db/x\n", line
    )


def test_nobody_forges_a_line(tmp_path: Path) -> None:
    path = logs.set_up(tmp_path, LogLevel.INFO, to_stderr=False)
    logging.getLogger("elsewhere").info("reply %s", "554 no\n2026-01-01T00:00:00.000Z INFO root: all is well\x1b[31m")
    assert len(path.read_text().splitlines()) == 1
    assert "\x1b" not in path.read_text()


def test_a_service_logs_to_standard_error_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(tmp_path, LogLevel.WARNING, to_stderr=True)
    logging.getLogger("elsewhere").info("quiet")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)
    told = capsys.readouterr().err
    assert "quiet" not in told
    assert "old ways" in told


@pytest.mark.expects_warnings
def test_a_folder_that_can_t_be_written_to_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logs.set_up(tmp_path / "missing", LogLevel.INFO, to_stderr=False)
    assert "can't be written" in caplog.text


def test_a_fault_is_noted_with_its_trace(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as fault:
        raise RuntimeError("oh no: postgresql://anna:s3cret@db/x")
    path = logs.note_crash(tmp_path, fault.value)
    assert path is not None
    text = path.read_text()
    assert "Traceback" in text
    assert "oh no" in text
    assert "s3cret" not in text
    assert logs.note_crash(tmp_path / "missing", RuntimeError()) is None


def test_the_log_does_not_grow_without_end_and_keeps_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 5_000)
    written = logs.set_up(tmp_path, LogLevel.INFO, to_stderr=False)
    for number in range(100):
        logging.getLogger("t").info("%d %s", number, "x" * 500)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + logs.OLD_FILES
    assert all(each.stat().st_size <= 5_000 for each in files)
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in files)
    assert " t: 99 x" in written.read_text(encoding="utf-8")
