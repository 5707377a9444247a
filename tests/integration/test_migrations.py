"""The history of the schema: it leads to what the models say, copies first, and is all or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.database import migrate
from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.database.schema import Base
from app.version import VERSION

_NEXT = '''
"""A later schema."""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    op.add_column("streams", sa.Column("colour", sa.Text()))
    with op.batch_alter_table("sites") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="blue"))
    {last}
'''


def test_models_and_migrations_agree(database: Database) -> None:
    config = migrate.migration_config()
    with database.writer_engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_the_newest_revision_is_the_one_that_is_named() -> None:
    assert ScriptDirectory.from_config(migrate.migration_config()).get_current_head() == migrate.HEAD


def test_indexes_have_their_conditions(database: Database) -> None:
    """Alembic compares names and columns of indexes only."""
    with database.reader_engine.connect() as connection:
        found = sa.inspect(connection)
        for table in Base.metadata.tables.values():
            partial = {
                str(index["name"])
                for index in found.get_indexes(table.name)
                if any(key.endswith("_where") for key in index.get("dialect_options", {}))
            }
            wanted = {index.name for index in table.indexes if index.dialect_options["sqlite"]["where"] is not None}
            assert partial == wanted, table.name


class TestALaterSchema:
    """A database of this schema is opened by a program with a later one."""

    @pytest.fixture
    def later(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        """Make this program a later one, whose migration ends with a statement."""

        def make(last: str) -> None:
            scripts = tmp_path / "migrations"
            shutil.copytree(Path(migrate.__file__).parent / "migrations", scripts)
            (scripts / "versions" / "0002_later.py").write_text(_NEXT.format(last=last))

            def config() -> Config:
                later = Config()
                later.set_main_option("script_location", str(scripts))
                return later

            monkeypatch.setattr(migrate, "migration_config", config)
            monkeypatch.setattr(migrate, "HEAD", "0002")

        return make

    def test_is_brought_up_to_date_after_a_copy(
        self, open_database: Callable[..., Database], later: Callable[[str], None], tmp_path: Path
    ) -> None:
        open_database().dispose()
        assert not (tmp_path / "backups").exists()
        later("")
        database = open_database()
        with database.read() as session:
            colours = session.execute(sa.text("SELECT name, colour FROM streams")).all()
        assert [tuple(row) for row in colours] == [("default", None)]
        (copy,) = (tmp_path / "backups").iterdir()
        assert copy.name.startswith("before-0002-")
        assert copy.suffix == (".db" if database.is_sqlite else ".zip")

    def test_a_migration_that_fails_changes_nothing(
        self, open_database: Callable[..., Database], later: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_database().dispose()
        later("raise RuntimeError('power cut')")
        with pytest.raises(RuntimeError, match="power cut"):
            open_database()
        monkeypatch.undo()
        database = open_database()
        with database.read() as session:
            columns = {column["name"] for column in sa.inspect(session.connection()).get_columns("streams")}
            assert session.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0001"
        assert "colour" not in columns

    def test_the_older_program_refuses_the_result(
        self, open_database: Callable[..., Database], later: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later("")
        monkeypatch.setattr(migrate, "VERSION", "7.8.9")
        open_database().dispose()
        monkeypatch.undo()
        with pytest.raises(
            DatabaseProblem, match=f"newer version of this program, MailStreams 7.8.9; this is {VERSION}"
        ):
            open_database()

    def test_five_copies_are_kept(
        self, open_database: Callable[..., Database], later: Callable[[str], None], tmp_path: Path
    ) -> None:
        open_database().dispose()
        backups = tmp_path / "backups"
        backups.mkdir()
        (backups / "my own.db").write_text("kept")
        for number in range(7):
            (backups / f"before-0001-2020010{number}-000000.db").write_text("old")
        later("")
        open_database()
        names = sorted(path.name for path in backups.iterdir())
        assert len(names) == 6
        assert "my own.db" in names
        assert any(name.startswith("before-0002-") for name in names)
