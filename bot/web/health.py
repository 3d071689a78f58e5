"""Whether the program is well: alive, ready, its database, its providers; and its figures."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.database import migrations
from bot.database.connections import Database
from bot.observe import providers
from bot.observe.figures import AWAY, Figures

PATIENCE = 2.0  # seconds the database has to answer
WORRYING = 60.0  # seconds the oldest message may wait before we call ourselves not ready


@dataclass(frozen=True)
class Health:
    database: Database
    figures: Figures

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health", self.alive),
            web.get("/health/ready", self.ready),
            web.get("/health/db", self.database_health),
            web.get("/health/providers", self.providers),
            web.get("/metrics", self.metrics),
        ]

    async def alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        """Migrated, reachable, and not far behind."""
        figures = await self._ask(
            """SELECT (SELECT version_num FROM alembic_version) AS revision,
                      coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8 AS oldest
               FROM inbox WHERE state = 'waiting' AND due_at <= now()"""
        )
        if figures is None:
            return _answer({"database": "unreachable or not migrated"}, well=False)
        migrated = figures["revision"] == migrations.head()
        behind = round(figures["oldest"], 1)
        checks = {"migrated": migrated, "oldest_waiting_seconds": behind}
        return _answer(checks, well=migrated and behind < WORRYING)

    async def database_health(self, _: web.Request) -> web.Response:
        """Who answers, how quickly, and how many connections there are."""
        begun = time.perf_counter()
        figures = await self._ask(
            """SELECT current_setting('server_version') AS version,
                      (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())
                          AS connections,
                      current_setting('max_connections')::int AS most_connections,
                      pg_is_in_recovery() AS read_only"""
        )
        if figures is None:
            return _answer({"database": "unreachable"}, well=False)
        took = round((time.perf_counter() - begun) * 1000, 1)
        pool = self.database.pool
        own = {"open": pool.get_size(), "idle": pool.get_idle_size(), "most": pool.get_max_size()}
        checks = {**dict(figures), "answered_in_ms": took, "pool": own}
        return _answer(checks, well=not figures["read_only"])

    async def providers(self, _: web.Request) -> web.Response:
        """How each of our numbers fared lately; 200 also when one is failing: that is theirs."""
        try:
            async with asyncio.timeout(PATIENCE), self.database.pool.acquire() as db:
                states = await providers.look(db)
        except AWAY:
            return _answer({"database": "unreachable"}, well=False)
        return _answer({"providers": [state.json() for state in states]}, well=True)

    async def metrics(self, _: web.Request) -> web.Response:
        """For Prometheus; without the database it still tells what this process knows."""
        await self.figures.measure()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _ask(self, query: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.database.pool.fetchrow(query)
        except AWAY:
            return None


def _answer(checks: dict[str, object], *, well: bool) -> web.Response:
    status = "ok" if well else "unavailable"
    return web.json_response({"status": status, **checks}, status=200 if well else 503)
