"""Streams in words, for the audit trail. Pure."""

from __future__ import annotations

from app.services.limits import words
from app.services.stream_views import StreamView


def description(view: StreamView) -> str:
    """All that is set of a stream."""
    return "; ".join(f"{label} {text}" for label, text in _words(view) if text)


def difference(before: StreamView, after: StreamView) -> tuple[str, str]:
    """What differs between two states of a stream: as it was, and as it became."""
    pairs = [
        (f"{label} {was or 'none'}", f"{label} {became or 'none'}")
        for (label, was), (_, became) in zip(_words(before), _words(after), strict=True)
        if was != became
    ]
    return "; ".join(was for was, _ in pairs), "; ".join(became for _, became in pairs)


def _words(view: StreamView) -> list[tuple[str, str]]:
    bound = (f"{each.ip} weight {each.weight}{' paused' if each.paused else ''}" for each in view.addresses)
    return [
        ("name", view.name),
        ("description", view.description),
        ("addresses", ", ".join(bound)),
        ("limits", words(view.limits)),
        ("guard", "on" if view.guard else ""),
        ("paused", "yes" if view.paused else ""),
    ]
