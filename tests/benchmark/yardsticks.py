"""Bare servers beside which ours is measured, each a process of its own:
`python -m tests.benchmark.yardsticks bare|verified|transaction PORT SECRET URL`."""

import asyncio
import hashlib
import hmac
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import orjson
import uvloop
from aiohttp import web
from sqlalchemy.engine import make_url

from bot.database.connections import arguments
from bot.roles import settle_memory


async def _health(_: web.Request) -> web.Response:
    return web.Response()


def bare() -> web.Application:
    """aiohttp that takes the body and says 200: it keeps nothing."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/webhooks/whatsapp", take), web.get("/health", _health)])
    return app


def verified(secret: str) -> web.Application:
    """aiohttp that does what every receiver must before it may believe a webhook: read the
    body, check its signature, parse it. Then 200: it keeps nothing."""

    async def take(request: web.Request) -> web.Response:
        signed_value(secret, await request.read(), request)
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/webhooks/whatsapp", take), web.get("/health", _health)])
    return app


def signed_value(secret: str, raw: bytes, request: web.Request) -> Any:
    wanted = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"sha256={wanted}", request.headers["X-Hub-Signature-256"]):
        raise web.HTTPUnauthorized
    return orjson.loads(raw)["entry"][0]["changes"][0]["value"]


def one_transaction_per_request(secret: str, url: str) -> web.Application:
    """The usual way to be durable: verify, parse, BEGIN, INSERT, COMMIT, 200."""

    async def pool(app: web.Application) -> AsyncIterator[None]:
        database = arguments(make_url(url))
        async with asyncpg.create_pool(min_size=1, max_size=8, **database) as opened:
            await opened.execute(
                "CREATE TABLE IF NOT EXISTS yardstick (id bigint GENERATED ALWAYS AS IDENTITY,"
                " wamid text PRIMARY KEY, phone text, payload jsonb, at timestamptz DEFAULT now())"
            )
            app["pool"] = opened
            yield

    async def take(request: web.Request) -> web.Response:
        raw = await request.read()
        message = signed_value(secret, raw, request)["messages"][0]
        async with request.app["pool"].acquire() as db, db.transaction():
            await db.execute(
                "INSERT INTO yardstick (wamid, phone, payload) VALUES ($1, $2, $3)"
                " ON CONFLICT DO NOTHING",
                message["id"],
                message["from"],
                orjson.dumps(message).decode(),
            )
        return web.Response()

    app = web.Application()
    app.cleanup_ctx.append(pool)
    app.add_routes([web.post("/webhooks/whatsapp", take), web.get("/health", _health)])
    return app


def main(kind: str, port: str, secret: str, url: str) -> None:
    kinds: dict[str, Callable[[], web.Application]] = {
        "bare": bare,
        "verified": lambda: verified(secret),
        "transaction": lambda: one_transaction_per_request(secret, url),
    }
    app = kinds[kind]()
    settle_memory()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    web.run_app(app, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
