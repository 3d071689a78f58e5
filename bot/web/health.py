"""Whether the program is well: alive, ready, its database; and its figures for Prometheus."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.database import migrations
from bot.database.connections import Database

PATIENCE = 2.0  # seconds the database has to answer
WORRYING = 60.0  # seconds the oldest message may wait before we call ourselves not ready


@dataclass(frozen=True)
class Health:
    database: Database

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health", self.alive),
            web.get("/health/ready", self.ready),
            web.get("/health/db", self.database_health),
            web.get("/metrics", self.metrics),
        ]

    async def alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        """Migrated, reachable, and not far behind."""
        figures = await self._ask(
            """SELECT (SELECT version_num FROM alembic_version) AS revision,
                      coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8 AS oldest
               FROM inbox WHERE state = 'waiting'"""
        )
        if figures is None:
            return _answer({"database": "unreachable"}, well=False)
        migrated = figures["revision"] == migrations.head()
        behind = round(figures["oldest"], 1)
        checks = {"migrated": migrated, "oldest_waiting_seconds": behind}
        return _answer(checks, well=migrated and behind < WORRYING)

    async def database_health(self, _: web.Request) -> web.Response:
        figures = await self._ask(
            "SELECT current_setting('server_version') AS version,"
            " (SELECT count(*) FROM pg_stat_activity) AS connections"
        )
        if figures is None:
            return _answer({"database": "unreachable"}, well=False)
        return _answer(dict(figures), well=True)

    async def metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _ask(self, query: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.database.pool.fetchrow(query)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None


def _answer(checks: dict[str, object], *, well: bool) -> web.Response:
    status = "ok" if well else "unavailable"
    return web.json_response({"status": status, **checks}, status=200 if well else 503)
