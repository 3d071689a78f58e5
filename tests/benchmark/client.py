"""A light HTTP client for load: kept connections, signed webhooks, nothing but the status read."""

import asyncio
import hashlib
import hmac
import time
from collections import deque
from dataclasses import dataclass
from typing import cast

PATH = "/webhooks/whatsapp"


class _Connection(asyncio.Protocol):
    """One kept connection with one request under way."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[int] | None = None
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(body) < length:
            return
        self._buffer = body[length:]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(int(head[9:12]))

    async def request(self, data: bytes) -> int:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._answer


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    secret: str
    phone_number_id: str


class Client:
    """Posts messages of people, as Meta would."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._idle: deque[_Connection] = deque()
        self._count = time.time_ns()
        self._head = (
            f"POST {PATH} HTTP/1.1\r\nHost: {target.host}\r\n"
            "Content-Type: application/json\r\nUser-Agent: facebookexternalua\r\n"
        ).encode()

    async def say(self, phone: str, text: str) -> int:
        """One message of one person in a webhook of its own; the HTTP status of the answer."""
        self._count += 1
        return await self.post(self.body(phone, text, f"wamid.bench{self._count}"))

    def body(self, phone: str, text: str, wamid: str) -> bytes:
        return (
            '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":'
            '[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":'
            f'"12025550100","phone_number_id":"{self._target.phone_number_id}"}},"contacts":'
            f'[{{"profile":{{"name":"Person {phone[-4:]}"}},"wa_id":"{phone}"}}],"messages":'
            f'[{{"from":"{phone}","id":"{wamid}","timestamp":"{int(time.time())}",'
            f'"text":{{"body":"{text}"}},"type":"text"}}]}},"field":"messages"}}]}}]}}'
        ).encode()

    async def post(self, body: bytes) -> int:
        signature = hmac.new(self._target.secret.encode(), body, hashlib.sha256).hexdigest()
        request = b"%sX-Hub-Signature-256: sha256=%s\r\nContent-Length: %d\r\n\r\n%s" % (
            self._head,
            signature.encode(),
            len(body),
            body,
        )
        connection = self._idle.pop() if self._idle else await self._connect()
        status = await connection.request(request)
        self._idle.append(connection)
        return status

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            _Connection, self._target.host, self._target.port
        )
        return connection
