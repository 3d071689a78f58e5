"""Taking webhooks apart: from requests as they came to messages in their people's inboxes."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog

from bot import arrivals, webhooks
from bot.arrivals import Arrived
from bot.channels.updates import Parsed
from bot.database.connections import Database, is_away
from bot.numbers import Number
from bot.observe import correlation
from bot.webhooks import Webhook
from services.ground.wire import read_json

log = structlog.get_logger()

MOST = 100  # requests that share a transaction


class Source(NamedTuple):
    """How the requests of one provider are read, and our numbers there by its own address."""

    parse: Callable[[object], Parsed]
    numbers: Mapping[str, Number]


class Intake:
    """One process at a time does it, in the order in which the requests were stored."""

    def __init__(self, database: Database, sources: Mapping[str, Source]) -> None:
        self._pool = database.pool
        self._sources = sources

    async def take(self) -> bool:
        """One transaction's worth; answers whether there may be more. Raises what says that the
        database is away."""
        try:
            return await self._take_together()
        except Exception as error:  # one of them is to blame: the others must not pay for it
            if is_away(error):
                raise
            log.error("intake.apart", error=type(error).__name__)
        for _ in range(MOST):
            if not await self._take_one():
                break
        return True

    async def _take_together(self) -> bool:
        async with self._pool.acquire() as db, db.transaction():
            if not (taken := await webhooks.take(db, MOST)):
                return False
            reasons = await arrivals.write(db, [self._apart(one) for one in taken])
        arrivals.count(reasons)
        return len(taken) == MOST

    async def _take_one(self) -> bool:
        one: Webhook | None = None
        try:
            async with self._pool.acquire() as db, db.transaction():
                if not (taken := await webhooks.take(db, 1)):
                    return False
                [one] = taken
                correlation.bind(one.correlation_id)
                reasons = await arrivals.write_apart(db, self._apart(one))
        except Exception as error:  # ours to mend: it waits for the release that can read it
            if one is None or is_away(error):
                raise
            log.error("intake.set_aside", webhook=one.id, exc_info=error)
            await webhooks.set_aside(self._pool, one.id, type(error).__name__)
        else:
            arrivals.count(reasons)
        finally:
            correlation.bind(None)
        return True

    def _apart(self, one: Webhook) -> Arrived:
        source = self._sources[one.source]
        parsed = source.parse(read_json(one.body))
        return Arrived(source.numbers, parsed, one.correlation_id, one.received_at)
