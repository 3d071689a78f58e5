"""aiogram 3: its aiohttp webhook, a router and the state machine; memory, or Redis where a socket
of one is given."""

import asyncio
import sys

import orjson
import uvloop
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from tests.benchmark.peers.words import LANGUAGE, MENU, SECRET, TOKEN

AT_ONCE = 1000  # connections, to Telegram and to Redis; its own limits would lose messages
router = Router()


class Talk(StatesGroup):
    menu = State()
    language = State()


@router.message(F.text == "language")
async def language(message: Message, state: FSMContext) -> None:
    await state.set_state(Talk.language)
    await message.answer(LANGUAGE)


@router.message(Talk.language, F.text == "menu")
async def menu(message: Message, state: FSMContext) -> None:
    await state.set_state(Talk.menu)
    await message.answer(MENU)


@router.message()
async def anything(message: Message, state: FSMContext) -> None:
    await state.set_state(Talk.menu)
    await message.answer(MENU)


def storage(redis: str | None) -> BaseStorage:
    if redis is None:
        return MemoryStorage()
    limits = {"max_connections": AT_ONCE}
    return RedisStorage.from_url(f"unix://{redis}", connection_kwargs=limits)


def main(port: str, provider: str, redis: str | None = None) -> None:
    session = AiohttpSession(
        api=TelegramAPIServer.from_base(provider),
        limit=AT_ONCE,
        json_loads=orjson.loads,
        json_dumps=lambda value: orjson.dumps(value).decode(),
    )
    bot = Bot(TOKEN, session=session)
    dispatcher = Dispatcher(storage=storage(redis))
    dispatcher.include_router(router)
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=SECRET).register(app, path="/telegram")
    setup_application(app, dispatcher, bot=bot)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    web.run_app(app, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
