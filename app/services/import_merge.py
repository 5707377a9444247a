"""Turns staged lines into members of a list: new ones are inserted in bulk, known ones brought up to date. In one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import psycopg
from sqlalchemy import Row, exists, or_, select, text, update
from sqlalchemy.orm import Session

from app.database.schema import Member, MemberState, Suppression
from app.services.import_lines import MemberLine

_COLUMNS: Final = "list_id, address_key, address, domain, name, joined_at, state, fields"
_INSERT_SQLITE: Final = f"INSERT INTO members ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants only
_COPY_POSTGRESQL: Final = f"COPY members ({_COLUMNS}) FROM STDIN"

_read_fields = msgspec.json.Decoder(dict[str, str]).decode
_read_names = msgspec.json.Decoder(list[str]).decode

_NewRow = tuple[int, str, str, str, str, float, str, str | None]
_KnownRow = Row[int, str, str, str, str, float, MemberState, dict[str, Any] | None]


class Merge:
    """One import's lines on their way into the table; the numbers say what became of them.

    ``suppressed`` counts members of the file that get no mail, known ones included.
    """

    def __init__(self, session: Session, list_id: int, now: float, *, has_name: bool) -> None:
        self._session = session
        self._list_id = list_id
        self._now = now
        self._has_name = has_name
        self._may_know = bool(session.scalar(select(exists().where(Member.list_id == list_id))))
        self.added = 0
        self.updated = 0
        self.unchanged = 0
        self.suppressed = 0

    def put(self, lines: Sequence[MemberLine]) -> None:
        """Store some lines, each of another mailbox."""
        known = self._known(lines) if self._may_know else {}
        self._insert([self._new_row(line) for line in lines if line.key not in known])
        changes = [self._change(known[line.key], line) for line in lines if line.key in known]
        changed = [change for change in changes if change is not None]
        if changed:
            self._session.execute(update(Member), changed)
        self.updated += len(changed)
        self.unchanged += len(changes) - len(changed)
        self.suppressed += sum(row.state is not MemberState.ACTIVE for row in known.values())

    def finish(self) -> None:
        """Mark the new members whose mailboxes are suppressed; let PostgreSQL know how the table looks now."""
        barred = select(Suppression.address_key).where(
            or_(Suppression.list_id.is_(None), Suppression.list_id == self._list_id)
        )
        marked = self._session.execute(
            update(Member)
            .where(Member.list_id == self._list_id, Member.address_key.in_(barred), Member.state == MemberState.ACTIVE)
            .values(state=MemberState.SUPPRESSED)
            .returning(Member.id)
            .execution_options(synchronize_session=False)
        )
        self.suppressed += len(marked.all())
        if self._session.connection().dialect.name == "postgresql":
            self._session.execute(text("ANALYZE members"))

    def _known(self, lines: Sequence[MemberLine]) -> Mapping[str, _KnownRow]:
        columns = (
            Member.id,
            Member.address_key,
            Member.address,
            Member.domain,
            Member.name,
            Member.joined_at,
            Member.state,
            Member.fields,
        )
        found = self._session.execute(
            select(*columns).where(
                Member.list_id == self._list_id, Member.address_key.in_([line.key for line in lines])
            )
        )
        return {row.address_key: row for row in found}

    def _new_row(self, line: MemberLine) -> _NewRow:
        joined = self._now if line.joined is None else line.joined
        fields = line.fields.decode() if line.fields is not None else None
        return (
            self._list_id,
            line.key,
            line.address,
            line.domain,
            line.name,
            joined,
            MemberState.ACTIVE.value,
            fields,
        )

    def _insert(self, rows: Sequence[_NewRow]) -> None:
        """Past the ORM and the compiler of SQL: a million rows have to fit into a few seconds of everybody's time."""
        if not rows:
            return
        connection = self._session.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(_INSERT_SQLITE, list(rows))
        else:
            driver = connection.connection.driver_connection
            if not isinstance(driver, psycopg.Connection):
                raise TypeError("not psycopg")
            with driver.cursor() as cursor, cursor.copy(_COPY_POSTGRESQL) as copy:
                for row in rows:
                    copy.write_row(row)
        self.added += len(rows)

    def _change(self, member: _KnownRow, line: MemberLine) -> dict[str, object] | None:
        """The new values of a known member, None when the file tells nothing new."""
        stored = member.fields or {}
        fields = stored | (_read_fields(line.fields) if line.fields is not None else {})
        for name in _read_names(line.cleared) if line.cleared is not None else ():
            fields.pop(name, None)
        values: dict[str, object] = {
            "address": line.address,
            "name": line.name if self._has_name else member.name,
            "joined_at": member.joined_at if line.joined is None else line.joined,
            "fields": fields or None,
        }
        if (line.address, values["name"], values["joined_at"], fields) == (
            member.address,
            member.name,
            member.joined_at,
            stored,
        ):
            return None
        return {"id": member.id, **values}
