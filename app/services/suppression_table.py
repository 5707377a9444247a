"""The table of suppressed mailboxes as a window shows it: ids in order, and rows. A service; reads only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from app.database.ids import read_ids
from app.database.schema import MailingList, Suppression
from app.services import suppressions
from app.services.suppressions import SuppressionView


class SuppressionSort(StrEnum):
    """What the table can be sorted by."""

    ADDRESS = "address"
    REASON = "reason"
    AT = "at"
    ACTOR = "actor"


def ids(
    session: Session,
    list_id: int | None,
    sort: SuppressionSort = SuppressionSort.AT,
    *,
    descending: bool = True,
    text: str = "",
) -> array[int]:
    """The ids of the entries that hold for a list (None: of all entries) and have *text* in the address."""
    query = select(Suppression.id)
    if list_id is not None:
        query = query.where(suppressions.holds_for(literal(list_id)))
    if text.strip():
        query = query.where(Suppression.address_key.icontains(text.strip(), autoescape=True))
    column = _COLUMNS[sort]
    return read_ids(session, query.order_by(column.desc() if descending else column, Suppression.id))


def rows(session: Session, entry_ids: Sequence[int]) -> list[SuppressionView]:
    """These entries, in this order; those that were removed are left out."""
    query = (
        select(Suppression, MailingList.name)
        .outerjoin(MailingList, MailingList.id == Suppression.list_id)
        .where(Suppression.id.in_(entry_ids))
    )
    found = {
        row.id: SuppressionView(row.id, row.address_key, row.list_id, name, row.reason, row.at, row.actor)
        for row, name in session.execute(query)
    }
    return [found[each] for each in entry_ids if each in found]


_COLUMNS: Mapping[SuppressionSort, Any] = {
    SuppressionSort.ADDRESS: Suppression.address_key,
    SuppressionSort.REASON: Suppression.reason,
    SuppressionSort.AT: Suppression.at,
    SuppressionSort.ACTOR: Suppression.actor,
}
