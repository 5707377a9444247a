"""Checks names that people give to streams, lists, segments and mailings, and finds free ones. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from app.database.columns import name_key
from app.services.problems import BadValue
from engine.addresses import HeaderValueError, check_header_value

LONGEST_NAME = 100
LONGEST_TEXT = 2_000
LONGEST_FIELD_NAME = 64
BUILT_IN_FIELDS = ("address", "name", "domain", "joined")
"""What every member has; all other fields are custom fields of a list."""

_FIELD_NAME = re.compile(rf"\w[\w .-]{{0,{LONGEST_FIELD_NAME - 1}}}").fullmatch


def check_name(text: str, field: str = "name") -> str:
    """The name in its stored form; raise BadValue for an empty or long one, and for control characters."""
    name = check_line(text, field, longest=LONGEST_NAME)
    if not name_key(name):
        raise BadValue(field, f"{field}: must not be empty.")
    return name


def check_line(text: str, field: str, *, longest: int = LONGEST_TEXT) -> str:
    """One line of text, composed (NFC) and without blanks around it; raise BadValue when it is none or too long."""
    try:
        line = unicodedata.normalize("NFC", check_header_value(text, field))
    except HeaderValueError as error:
        raise BadValue(field, f"{error}.") from None
    if len(line) > longest:
        raise BadValue(field, f"{field}: at most {longest:,} characters are allowed.")
    return line


def check_text(text: str, field: str, *, longest: int = LONGEST_TEXT) -> str:
    """Text that may have several lines, such as a description; raise BadValue when it is too long or no text."""
    lines = [check_line(line, field, longest=longest) for line in text.splitlines()]
    joined = "\n".join(lines).strip()
    if len(joined) > longest:
        raise BadValue(field, f"{field}: at most {longest:,} characters are allowed.")
    return joined


def is_field_name(name: str) -> bool:
    """Whether a custom field may be called so: 1 to 64 letters, digits, blanks, dots, hyphens, underscores; none of ours."""
    return _FIELD_NAME(name) is not None and name == name.strip() and name.casefold() not in BUILT_IN_FIELDS


def free_copy_name(name: str, taken: Collection[str]) -> str:
    """ "X copy", "X copy 2", … whichever is in no *taken* (in any case); a copy of a copy counts on."""
    keys = {name_key(each) for each in taken}
    stem = _without_copy(name)
    number = 1
    while True:
        ending = " copy" if number == 1 else f" copy {number}"
        candidate = stem[: LONGEST_NAME - len(ending)] + ending
        if name_key(candidate) not in keys:
            return candidate
        number += 1


def _without_copy(name: str) -> str:
    """ "X" of "X copy" and "X copy 2"."""
    stem, found, number = name.rpartition(" copy")
    return stem if found and stem and (not number or number.strip().isdigit()) else name
