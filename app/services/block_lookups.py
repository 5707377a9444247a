"""Short answers about blocks that are known by their ids: their states, how many pairs they have. A service; reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.schema import StoredBlock, StoredBlockPair
from app.services.blocks import PAGE
from engine.blocks import BlockState


def in_states(session: Session, block_ids: Sequence[int], states: Collection[BlockState]) -> list[int]:
    """Those of these blocks that are in one of *states* now, in this order."""
    found: list[int] = []
    for start in range(0, len(block_ids), PAGE):
        part = list(block_ids[start : start + PAGE])
        query = select(StoredBlock.id).where(StoredBlock.id.in_(part), StoredBlock.state.in_(states))
        known = set(session.scalars(query))
        found += [each for each in part if each in known]
    return found


def numbers_of_pairs(session: Session, block_ids: Collection[int]) -> Mapping[int, int]:
    """How many pairs these blocks have each."""
    query = (
        select(StoredBlockPair.block_id, func.count())
        .where(StoredBlockPair.block_id.in_(list(block_ids)))
        .group_by(StoredBlockPair.block_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def refusing_providers(session: Session) -> list[str]:
    """The providers (or exchanger groups without one) at which there is a block now, by name."""
    provider = func.coalesce(func.nullif(StoredBlock.provider, ""), StoredBlock.exchanger_group)
    query = select(provider).where(StoredBlock.state != BlockState.CLEARED).distinct()
    return sorted(session.scalars(query), key=str.casefold)
