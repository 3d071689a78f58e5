"""pywa, its asynchronous client with its own server (starlette on uvicorn, uvloop, httptools); the
state in a dict, as it has no place for one."""

import sys

import httpx
from pywa_async import WhatsApp, filters, types

from tests.benchmark.peers.words import LANGUAGE, MENU, NUMBER, SECRET, TOKEN

states: dict[str, str] = {}


async def language(_: WhatsApp, message: types.Message) -> None:
    states[message.from_user.wa_id] = "language"
    await message.reply_text(LANGUAGE)


async def menu(_: WhatsApp, message: types.Message) -> None:
    states[message.from_user.wa_id] = "menu"
    await message.reply_text(MENU)


def main(port: str, provider: str) -> None:
    session = httpx.AsyncClient(timeout=30)
    bot = WhatsApp(
        phone_id=NUMBER,
        token=TOKEN,
        app_secret=SECRET,
        verify_token="bench-verify",
        webhook_endpoint="/webhooks/whatsapp",
        session=session,
    )
    session.base_url = f"{provider}/v24.0"  # pywa sets Meta's
    bot.on_message(filters.matches("language"))(language)
    bot.on_message(filters.text)(menu)
    bot.run(host="127.0.0.1", port=int(port), log_level="error")


if __name__ == "__main__":
    main(*sys.argv[1:])
