"""How blocks are written for machines and other people: instants and the values of one block. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from app.services.blocks import BlockView
from engine.replies import Scope


def utc(at: float | None) -> str:
    """An instant as ISO 8601 in UTC, to the second; "" for None."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def values_of(view: BlockView) -> dict[str, object]:
    """One block as JSON has it; a widened block has its ``pairs``."""
    values: dict[str, object] = {
        "id": view.id,
        "state": view.state.value,
        "total_block": view.is_total,
        "streams": list(view.streams),
        "sending_address": view.sending_address,
        "domain": view.domain,
        "provider": view.provider,
        "mx_host": view.mx_host,
        "mx_address": view.mx_address,
        "scope": view.scope.value,
        "stage": view.stage.value,
        "code": view.code,
        "enhanced": view.enhanced,
        "reason": view.reason,
        "reply": view.reply,
        "rule": view.rule,
        "since": utc(view.since),
        "last_probe": utc(view.last_probe) or None,
        "next_probe": utc(view.next_probe) or None,
        "probes": view.probes,
        "held": view.held,
        "note": view.note,
    }
    if view.scope is Scope.GROUP:
        values["pairs"] = [
            {
                "mx_address": pair.mx_address,
                "mx_host": pair.mx_host,
                "code": pair.code,
                "reply": pair.reply,
                "since": utc(pair.at),
            }
            for pair in view.pairs
        ]
    return values
