"""What reconciliation finds, as `payments check` writes it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import orjson

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def as_text(found: Sequence[Any], now: datetime) -> str:
    """A line for each finding, under its kind."""
    if not found:
        return "Money and orders agree, and nothing waits."
    kinds = list(dict.fromkeys(one.kind for one in found))
    lines = []
    for kind in kinds:
        mine = [one for one in found if one.kind == kind]
        lines += [f"{kind}: {len(mine)}", *(f"  {_line(one, now)}" for one in mine)]
    return "\n".join(lines)


def as_json(found: Sequence[Any]) -> str:
    return orjson.dumps([asdict(one) for one in found], option=orjson.OPT_INDENT_2).decode()


def _line(one: Any, now: datetime) -> str:
    about = (
        ("payment", one.payment_id),
        ("order", one.order_number),
        ("event", one.event_id),
        ("for", _age(now - one.since) if one.since else None),
    )
    named = "  ".join(f"{what} {value}" for what, value in about if value is not None)
    return f"{named}  {one.what}"


def _age(age: timedelta) -> str:
    if age >= DAY:
        return f"{age // DAY} d"
    return f"{age // HOUR} h" if age >= HOUR else f"{age // timedelta(minutes=1)} min"
