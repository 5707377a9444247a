"""What can be wrong with a request to a service, in one short sentence for a person; raised by every service."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

NEAR_MATCHES = 3


class Problem(Exception):  # noqa: N818 - a person's request is at fault, not the program
    """A request that can't be done. ``sentence`` says why, and what is allowed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class BadValue(Problem):
    """A value is not allowed. ``field`` is the name of the form field or option that it stands in."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class UnknownName(Problem):
    """Nothing of this ``kind`` has this ``name``; ``near`` are existing names that look like it, best first."""

    def __init__(self, kind: str, name: str, near: Sequence[str] = ()) -> None:
        hint = f" Did you mean {_alternatives(near)}?" if near else ""
        super().__init__(f"There is no {kind} {name!r}.{hint}")
        self.kind = kind
        self.name = name
        self.near = tuple(near)


class Refused(Problem):
    """The request is well-formed, but the present state forbids it. ``names`` are what stands in the way."""

    def __init__(self, sentence: str, names: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.names = tuple(names)


class StaleEdit(Refused):
    """What is being edited was changed elsewhere since it was read; ``changed`` names the fields that differ now."""

    def __init__(self, what: str, changed: Sequence[str]) -> None:
        fields = ", ".join(changed) or "something"
        super().__init__(f"{what} was changed elsewhere in the meantime ({fields}).", changed)
        self.changed = tuple(changed)


def near_names(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three of *known* that look like *name*, best first, without regard to case."""
    by_fold = {each.casefold(): each for each in known}
    matches = difflib.get_close_matches(name.casefold(), by_fold, n=NEAR_MATCHES, cutoff=0.6)
    return tuple(by_fold[match] for match in matches)


def names_of(names: Sequence[str], most: int = 5) -> str:
    """*names* as one phrase for a sentence: "A, B and 3 more"."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _alternatives(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
