"""`bot numbers`: what our numbers are held back by, and letting them go on."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from bot import holds
from bot.observe.held import Held, look


async def find(db: Any) -> list[Held]:
    return await look(db)


async def resume(db: Any, channel_id: int) -> bool | None:
    """Take away all that holds the number back: False, nothing did; None, there is none."""
    if await db.fetchval("SELECT id FROM channels WHERE id = $1", channel_id) is None:
        return None
    return await holds.resume(db, channel_id)


def as_json(found: Sequence[Held]) -> str:
    return orjson.dumps([one.json() for one in found], option=orjson.OPT_INDENT_2).decode()


def as_text(found: Sequence[Held]) -> str:
    if not found:
        return "There is no number yet."
    return "\n".join(line for one in found for line in _lines(one))


def _lines(one: Held) -> Iterator[str]:
    state = ", ".join(one.holds) or "ok"
    yield f"{one.channel_id:>4}  {one.kind} {one.address}: {state}; {one.waiting} bubbles wait"
    if one.stopped_at is not None:
        tried = f", tried again at {_clock(one.paused_until)}" if one.paused_until else ""
        yield f"      stopped since {_clock(one.stopped_at)} by {one.stopped_by}{tried}"
        yield f"      again now: python -m bot numbers resume {one.channel_id}"
    elif one.paused_until is not None:
        yield f"      paused until {_clock(one.paused_until)}"
    if one.bulk_paused_until is not None:
        yield f"      bulk paused until {_clock(one.bulk_paused_until)}"
    if one.rate_now < one.rate:
        yield f"      slowed to {one.rate_now:.0f} of {one.rate} messages a second"
    if one.templates:
        yield f"      held templates: {', '.join(one.templates)}"


def _clock(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "never"
