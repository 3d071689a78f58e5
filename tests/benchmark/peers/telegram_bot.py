"""python-telegram-bot: a webhook of one's own on starlette and uvicorn, as its documentation shows;
the state in `user_data`, updates handled side by side."""

import asyncio
import sys

import orjson
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, CallbackContext, MessageHandler, filters

from tests.benchmark.peers.words import LANGUAGE, MENU, SECRET, TOKEN

AT_ONCE = 16  # updates handled at once: more made it slower


async def language(update: Update, context: CallbackContext) -> None:
    context.user_data["state"] = "language"
    await update.message.reply_text(LANGUAGE)


async def menu(update: Update, context: CallbackContext) -> None:
    context.user_data["state"] = "menu"
    await update.message.reply_text(MENU)


def application(provider: str) -> Application:
    built = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{provider}/bot")
        .updater(None)
        .concurrent_updates(AT_ONCE)
        .connection_pool_size(AT_ONCE)
        .pool_timeout(30)
        .build()
    )
    built.add_handler(MessageHandler(filters.Text(["language"]), language))
    built.add_handler(MessageHandler(filters.TEXT, menu))
    return built


async def serve(port: int, provider: str) -> None:
    telegram = application(provider)

    async def take(request: Request) -> Response:
        if request.headers.get("x-telegram-bot-api-secret-token") != SECRET:
            return Response(status_code=401)
        update = Update.de_json(orjson.loads(await request.body()), telegram.bot)
        await telegram.update_queue.put(update)
        return Response()

    app = Starlette(routes=[Route("/telegram", take, methods=["POST"])])
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
    )
    async with telegram:
        await telegram.start()
        await server.serve()
        await telegram.stop()


def main(port: str, provider: str) -> None:
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(serve(int(port), provider))


if __name__ == "__main__":
    main(*sys.argv[1:])
