"""Bare aiohttp and orjson, the state in a dict: what is left when nothing is promised."""

import asyncio
import hashlib
import hmac
import sys
from collections.abc import AsyncIterator

import aiohttp
import orjson
import uvloop
from aiohttp import web

from tests.benchmark.peers.words import LANGUAGE, MENU, NUMBER, SECRET, TOKEN

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def application(provider: str) -> web.Application:
    url = f"{provider}/v24.0/{NUMBER}/messages"
    states: dict[str, str] = {}

    async def session(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as opened:
            app["http"] = opened
            yield

    async def take(request: web.Request) -> web.Response:
        raw = await request.read()
        wanted = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={wanted}", request.headers["X-Hub-Signature-256"]):
            raise web.HTTPUnauthorized
        for message in orjson.loads(raw)["entry"][0]["changes"][0]["value"]["messages"]:
            person = message["from"]
            state = "language" if message["text"]["body"] == "language" else "menu"
            states[person] = state
            text = LANGUAGE if state == "language" else MENU
            await say(request.app["http"], person, text)
        return web.Response()

    async def say(http: aiohttp.ClientSession, person: str, text: str) -> None:
        body = {"messaging_product": "whatsapp", "to": person, "type": "text",
                "text": {"body": text}}  # fmt: skip
        async with http.post(url, data=orjson.dumps(body), headers=HEADERS) as answer:
            await answer.read()

    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_post("/webhooks/whatsapp", take)
    return app


def main(port: str, provider: str) -> None:
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    web.run_app(
        application(provider), host="127.0.0.1", port=int(port), access_log=None, print=None
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
