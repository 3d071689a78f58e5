"""HTTP/1.1 on bare sockets, for load and emulator: so little that what is measured is the program
between them. Kept connections, one request at a time on each, bodies with a Content-Length."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import cast

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_HEAD_END = b"\r\n\r\n"

Done = Callable[[int], None]
"""Told the status of the answer; 0: the connection broke."""


class Messages(asyncio.Protocol):
    """Requests or answers, one after the other, whole."""

    def __init__(self) -> None:
        self._rest = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        while (end := data.find(_HEAD_END)) >= 0:
            found = _LENGTH.search(data, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(data) < whole:
                break
            message, data = data[:whole], data[whole:]
            self.took(message, end + 4)
        self._rest = data

    def took(self, message: bytes, body_at: int) -> None:
        raise NotImplementedError


class Connection(Messages):
    """One of a client's connections."""

    def __init__(self, client: "Client") -> None:
        super().__init__()
        self._client = client
        self._done: Done | None = None

    def request(self, data: bytes, done: Done) -> None:
        self._done = done
        assert self.transport is not None
        self.transport.write(data)

    def took(self, message: bytes, body_at: int) -> None:
        done, self._done = self._done, None
        self._client.free(self)
        if done is not None:
            done(int(message[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        done, self._done = self._done, None
        self._client.lost(self)
        if done is not None:
            done(0)


class Client:
    """So many kept connections to a program here; what is more waits for a free one."""

    def __init__(self, port: int, connections: int) -> None:
        self._port = port
        self._wanted = connections
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._waiting: deque[tuple[bytes, Done]] = deque()
        self._open = False
        self._opening: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Client":
        self._open = True
        await asyncio.gather(*(self._connect() for _ in range(self._wanted)))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open = False
        for task in self._opening:
            task.cancel()
        for connection in self._all:
            assert connection.transport is not None
            connection.transport.abort()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: Connection(self), "127.0.0.1", self._port
        )
        self._all.add(connection)
        self.free(connection)

    def post(self, request: bytes, done: Done) -> None:
        if self._idle:
            self._idle.pop().request(request, done)
        else:
            self._waiting.append((request, done))

    def free(self, connection: Connection) -> None:
        if self._waiting:
            connection.request(*self._waiting.popleft())
        else:
            self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """A program may close its side: another connection takes its place."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if self._open:
            task = asyncio.get_running_loop().create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
