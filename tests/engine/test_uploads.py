"""Our own pictures are given to the provider once, and anew when it has lost them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.green_client import GreenClient
from bot.uploads import OwnFile, Uploads
from tests.engine.house import phone
from tests.engine.outside import Outside

AMINA, BEN = phone(101), phone(102)
JPEG = b"\xff\xd8\xff\xe0 a picture of tea"


class Counting:
    """The real client, with its uploads counted."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.kept = client.kept
        self.uploaded: list[str] = []

    async def upload(self, content: bytes, mime_type: str, filename: str) -> str:
        self.uploaded.append(await self._client.upload(content, mime_type, filename))
        return self.uploaded[-1]


@pytest.fixture
async def client(outside: Outside) -> AsyncIterator[Counting]:
    yield Counting(outside.client())


@pytest.fixture
def uploads(outside: Outside, client: Counting, tmp_path: Path) -> Uploads:
    (tmp_path / "tea.jpg").write_bytes(JPEG)
    (tmp_path / "chai.jpg").write_bytes(JPEG)

    def find(path: str) -> OwnFile | None:
        file = tmp_path / path.removeprefix("/pictures/")
        return OwnFile(file, "image/jpeg") if file.is_file() else None

    return Uploads(outside.house.database, outside.house.number.id, client, find)


def picture(name: str = "tea") -> dict[str, Any]:
    return {"image": {"url": f"/pictures/{name}.jpg", "filename": ""}}


async def images(outside: Outside, person: str) -> list[dict[str, Any]]:
    found = await outside.api("GET", f"/people/{person}/messages?from=bot&peek=1")
    return [message["media"] for message in found["messages"]]


async def test_a_picture_is_uploaded_once_whatever_it_is_called(
    outside: Outside, uploads: Uploads, client: Counting
) -> None:
    await outside.hello(AMINA, BEN)
    outside.start(uploads=uploads)
    await outside.put(AMINA, "one", **picture())
    await outside.done()
    await outside.put(BEN, "two", **picture("chai"))
    await outside.put(BEN, "three", **picture(), choices=[{"id": "a", "label": "Buy"}])
    await outside.done()
    assert len(client.uploaded) == 1
    for media in (*await images(outside, AMINA), *await images(outside, BEN)):
        assert client.uploaded[0] in str(media)


async def lost(outside: Outside) -> None:
    await outside.faults(expired_media={"count": 1})


async def about_to_expire(outside: Outside) -> None:
    await outside.house.execute("UPDATE uploads SET expires_at = now()")


@pytest.mark.parametrize("becomes", [lost, about_to_expire])
async def test_a_picture_the_provider_has_no_more_is_uploaded_again(
    outside: Outside,
    uploads: Uploads,
    client: Counting,
    becomes: Callable[[Outside], Awaitable[None]],
) -> None:
    await outside.hello(AMINA)
    outside.start(uploads=uploads)
    await outside.put(AMINA, "one", **picture())
    await outside.done()
    assert await outside.house.value("SELECT expires_at > now() + interval '28 days' FROM uploads")
    await becomes(outside)
    [two] = await outside.put(AMINA, "two", **picture())
    await outside.done()
    assert await outside.state(two) in ("sent", "delivered", "read")
    assert len(set(client.uploaded)) == 2
    assert client.uploaded[1] in str((await images(outside, AMINA))[1])
    assert await outside.house.values("SELECT media_id FROM uploads") == client.uploaded[1:]


async def test_it_is_kept_for_as_long_as_the_provider_keeps_it(
    outside: Outside, uploads: Uploads, client: Counting
) -> None:
    await outside.hello(AMINA)
    client.kept = GreenClient.kept
    outside.start(uploads=uploads)
    await outside.put(AMINA, "one", **picture())
    await outside.done()
    expires = "SELECT expires_at - now() FROM uploads"
    assert timedelta(days=13) < await outside.house.value(expires) < timedelta(days=15)


async def test_what_is_not_ours_goes_by_its_address(
    outside: Outside, uploads: Uploads, client: Counting
) -> None:
    await outside.hello(AMINA)
    outside.start(uploads=uploads)
    await outside.put(AMINA, "one", image={"url": "https://cdn.example/tea.jpg", "filename": ""})
    await outside.put(AMINA, "two", **picture("no-such-picture"))
    await outside.done()
    assert client.uploaded == []
    first, second = map(str, await images(outside, AMINA))
    assert "https://cdn.example/tea.jpg" in first
    assert "https://shop.example/pictures/no-such-picture.jpg" in second


async def test_a_picture_nobody_takes_fails_its_bubble_and_no_other(
    outside: Outside, uploads: Uploads, tmp_path: Path
) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    await outside.hello(AMINA)
    outside.start(uploads=uploads)
    [bad] = await outside.put(AMINA, "one", **picture("empty"))
    await outside.put(AMINA, "two")
    await outside.done()
    assert await outside.ended(bad) == ("failed", "the provider does not take the file")
    await outside.shows(AMINA, "two")
