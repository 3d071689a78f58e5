"""The other side on a bare socket: takes messages as Meta and as Telegram do, answers as they
answer, and tells who got one. It keeps nothing and checks nothing: bot/simulator does that."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from itertools import count

from tests.benchmark.wire import Messages

_TO = re.compile(rb'"(?:to|recipient)": ?"(?:US\.)?(\d+)"')  # a phone, or speaking.py's user id
_CHAT = re.compile(rb'chat_id(?:"?[=:] ?"?|"\r\n\r\n)(\d+)')
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
_WHATSAPP = (
    b'{"messaging_product":"whatsapp","contacts":[{"input":"%s","wa_id":"%s"}],'
    b'"messages":[{"id":"wamid.answer%d"}]}'
)
_TELEGRAM = (
    b'{"ok":true,"result":{"message_id":%d,"date":1760000000,"chat":{"id":%s,"type":"private"},'
    b'"from":{"id":1,"is_bot":true,"first_name":"Bench"},"text":"an answer"}}'
)
_READ = b'{"success":true}'
_ME = (
    b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Bench","username":"bench_bot",'
    b'"can_join_groups":false,"can_read_all_group_messages":false,"supports_inline_queries":false}}'
)

Heard = Callable[[str], None]


class Provider:
    """Who listens is told the person of every message that arrives."""

    def __init__(self) -> None:
        self.heard: Heard = lambda phone: None
        self._ids = count(1)

    def answer(self, request: bytes, body_at: int) -> bytes:
        if request.startswith(b"POST /bot"):
            return self._telegram(request, body_at)
        return self._whatsapp(request, body_at)

    def _whatsapp(self, request: bytes, body_at: int) -> bytes:
        if (to := _TO.search(request, body_at)) is None:
            return _READ
        self.heard(to[1].decode())
        return _WHATSAPP % (to[1], to[1], next(self._ids))

    def _telegram(self, request: bytes, body_at: int) -> bytes:
        method = request[: request.index(b" HTTP")].rpartition(b"/")[2].lower()
        if method != b"sendmessage":
            return _ME if method == b"getme" else b'{"ok":true,"result":true}'
        to = _CHAT.search(request, body_at)
        assert to is not None
        self.heard(to[1].decode())
        return _TELEGRAM % (next(self._ids), to[1])


class _Serving(Messages):
    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider

    def took(self, message: bytes, body_at: int) -> None:
        assert self.transport is not None
        body = self._provider.answer(message, body_at)
        self.transport.write(_HEAD % (len(body), body))


@contextlib.asynccontextmanager
async def listening(provider: Provider, port: int) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Serving(provider), "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
