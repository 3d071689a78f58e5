"""How our numbers' providers fare, read off the latest sends; nothing is asked of them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.observe import held

LATEST = 500  # bubbles looked at


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One number: "stopped", "ok", "failing" (the newest ends were failures), or "quiet" (nothing
    sent). `holds` is what errors hold back now."""

    channel_id: int
    kind: str
    state: str
    sent: int
    failed: int
    unknown: int
    last_sent_at: datetime | None
    last_failed_at: datetime | None
    last_code: int | None
    holds: tuple[str, ...] = ()

    def json(self) -> dict[str, object]:
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


async def look(db: Any) -> list[ProviderState]:
    """The state of every number, from what was sent on it lately."""
    rows = await db.fetch(
        """WITH latest AS (SELECT * FROM outbox ORDER BY id DESC LIMIT $1)
           SELECT c.id AS channel_id, c.kind,
                  count(*) FILTER (WHERE o.state IN ('sent', 'delivered', 'read'))::int AS sent,
                  count(*) FILTER (WHERE o.state = 'failed' OR o.error_code IS NOT NULL)::int
                      AS failed,
                  count(*) FILTER (WHERE o.state = 'unknown')::int AS unknown,
                  max(o.id) FILTER (WHERE o.state IN ('sent', 'delivered', 'read')) AS newest_sent,
                  max(o.id) FILTER (WHERE o.state IN ('failed', 'unknown')
                                       OR o.error_code IS NOT NULL) AS newest_failed,
                  max(o.sent_at) AS last_sent_at, max(o.failed_at) AS last_failed_at,
                  (array_agg(o.error_code ORDER BY o.id DESC)
                      FILTER (WHERE o.error_code IS NOT NULL))[1] AS last_code
           FROM channels c LEFT JOIN latest o ON o.channel_id = c.id
           GROUP BY c.id ORDER BY c.id""",
        LATEST,
    )
    holds = {number.channel_id: number.holds for number in await held.look(db)}
    return [_state(dict(row), holds.get(row["channel_id"], ())) for row in rows]


def _state(row: dict[str, Any], holds: tuple[str, ...]) -> ProviderState:
    sent, failed = row.pop("newest_sent"), row.pop("newest_failed")
    state = "quiet" if sent is None and failed is None else "ok"
    if failed is not None and (sent is None or failed > sent):
        state = "failing"
    if "stopped" in holds:
        state = "stopped"
    return ProviderState(state=state, holds=holds, **row)
