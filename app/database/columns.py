"""What all tables share: their base, ids, instants, words, JSON. Used by the tables and the migrations."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from sqlalchemy import JSON, BigInteger, Double, Enum, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite's row id must be called INTEGER."""

DATA = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON that conditions can look into; None is NULL."""

WORD_LENGTH = 20

Id = Annotated[int, mapped_column(BIG, primary_key=True)]
Instant = Annotated[float, mapped_column(Double)]
"""UTC seconds since the epoch."""

NEVER_REUSED = {"sqlite_autoincrement": True}
"""Ids of deleted rows are not given out again: an engine or a window may still hold them."""

_Word = TypeVar("_Word", bound=StrEnum)


class Base(DeclarativeBase):
    """The base of all tables. Constraints have names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {int: BIG, float: Double(), str: Text()}


def words(kind: type[_Word]) -> Enum:
    """A column type that stores the words of an enumeration as text, and gives them back as its members."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=WORD_LENGTH,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def name_key(name: str) -> str:
    """What names are unique by: the same for two spellings that differ in case only."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
