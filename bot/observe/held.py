"""What errors hold back just now, for the command line, the doctor, health and the gauges."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.holds import RATE


@dataclass(frozen=True, slots=True)
class Held:
    """One of our numbers; `address` is the provider's id for it, rates are messages a second."""

    channel_id: int
    kind: str
    address: str
    rate: int
    rate_now: float
    stopped_at: datetime | None
    stopped_code: int | None
    stopped_reason: str | None
    paused_until: datetime | None  # of a stopped number: when it is tried again
    bulk_paused_until: datetime | None
    templates: tuple[str, ...]  # "order_new/en", held
    waiting: int

    @property
    def stopped_by(self) -> str:
        """The code of a stop, or what the provider said unasked."""
        return f"code {self.stopped_code}" if self.stopped_code else str(self.stopped_reason)

    @property
    def holds(self) -> tuple[str, ...]:
        """Of stopped, paused, bulk paused, slowed, templates; nothing: all is well."""
        true = {
            "stopped": self.stopped_at is not None,
            "paused": self.paused_until is not None and self.stopped_at is None,
            "bulk paused": self.bulk_paused_until is not None,
            "slowed": self.rate_now < self.rate,
            "templates": bool(self.templates),
        }
        return tuple(name for name, is_true in true.items() if is_true)

    def json(self) -> dict[str, Any]:
        return {"holds": self.holds, **asdict(self)}


HOLDS = ("stopped", "paused", "bulk paused", "slowed", "templates")


async def look(db: Any) -> list[Held]:
    """Every number, with what is over left out."""
    rows = await db.fetch(
        f"""SELECT c.id AS channel_id, kind, address, rate, {RATE} AS rate_now, stopped_at,
                   stopped_code, stopped_reason,
                   CASE WHEN paused_until > now() THEN paused_until END AS paused_until,
                   CASE WHEN bulk_paused_until > now() THEN bulk_paused_until END
                       AS bulk_paused_until,
                   ARRAY(SELECT name || '/' || language FROM held_templates h
                         WHERE h.channel_id = c.id AND held_until > now() ORDER BY 1) AS templates,
                   (SELECT count(*) FROM outbox o
                    WHERE o.channel_id = c.id AND o.state = 'waiting'
                      AND o.state IN ('waiting', 'sending', 'unknown'))::int AS waiting
            FROM channels c ORDER BY c.id"""
    )
    return [Held(**{**row, "templates": tuple(row["templates"])}) for row in rows]
