"""The clients against a server that answers, refuses, hangs up, or is not there."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels import posting
from bot.channels.address import Address
from bot.channels.channel import Channel, CloudChannel, GreenChannel
from bot.channels.cloud_client import CloudClient
from bot.channels.errors import Action
from bot.channels.green_client import GreenClient
from bot.channels.media import Download, MediaTooLarge, MediaUnavailable, MediaUnreachable
from bot.channels.outcome import Failed, Outcome, Sent, Unknown
from bot.dialog.reply import Choice, Reply, Template
from bot.dialog.said import Attachment
from tests.channels.payloads import load

TO = Address(phone="+12025550101", chat_id="12025550101@c.us")
TOKEN = "t0ken-that-must-not-be-seen"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Provider:
    """A server that answers as told and remembers what it was asked."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.content_type == "application/json" and request.can_read_body:
            body = await request.json()
        else:
            body = dict(await request.post())
        self.asked.append((request.method, request.path, dict(request.headers), body))
        return await self.answers.pop(0)(request)


def says(body: Any, status: int = 200) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return answer


def sends(content: bytes, status: int = 200, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=content, status=status, headers=headers)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    told = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", told.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        told.url = str(server.make_url("")).rstrip("/")
        yield told


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as open_session:
        yield open_session


@pytest.fixture
def cloud(provider: Provider, session: aiohttp.ClientSession) -> CloudClient:
    return CloudClient(session, provider.url, "v24.0", TOKEN, "1065403")


@pytest.fixture
def green(provider: Provider, session: aiohttp.ClientSession) -> GreenClient:
    return GreenClient(session, provider.url, "1101", TOKEN)


@pytest.fixture(params=["cloud", "green"])
def channel(request: pytest.FixtureRequest, cloud: CloudClient, green: GreenClient) -> Channel:
    return CloudChannel(cloud) if request.param == "cloud" else GreenChannel(green)


async def sent(channel: Channel) -> Outcome:
    return await channel.send(TO, Reply("Hello"), 42)


async def test_a_taken_message_has_the_providers_id(provider: Provider, cloud: CloudClient) -> None:
    provider.answers = [says(load("cloud", "api_send_ok"))]
    outcome = await sent(CloudChannel(cloud))
    assert outcome == Sent("wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA")
    ((method, path, headers, body),) = provider.asked
    assert (method, path) == ("POST", "/v24.0/1065403/messages")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert body["biz_opaque_callback_data"] == "42"


@pytest.mark.parametrize("name", ["api_error_131056", "api_error_190"])
async def test_a_refused_message_says_what_to_do(
    provider: Provider, cloud: CloudClient, name: str
) -> None:
    body = load("cloud", name)
    provider.answers = [says(body, body["_http_status_typical"])]
    outcome = await sent(CloudChannel(cloud))
    assert isinstance(outcome, Failed)
    assert outcome.failure.code == body["error"]["code"]


@pytest.mark.parametrize("answer", [hangs_up, says({}), says([]), sends(b"<html>")])
async def test_an_answer_lost_after_the_request_left_is_unknown(
    provider: Provider, channel: Channel, answer: Answer
) -> None:
    provider.answers = [answer]
    assert isinstance(await sent(channel), Unknown)
    assert len(provider.asked) == 1


async def test_a_provider_that_does_not_answer_in_time_is_unknown(
    provider: Provider, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    released = asyncio.Event()

    async def waits(_request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    provider.answers = [waits]
    outcome = await sent(channel)
    released.set()
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("kind", ["cloud", "green"])
async def test_where_nobody_listens_nothing_was_sent_and_no_token_is_told(
    session: aiohttp.ClientSession,
    kind: str,
    unused_tcp_port: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"http://127.0.0.1:{unused_tcp_port}"
    client: Channel = (
        CloudChannel(CloudClient(session, url, "v24.0", TOKEN, "1065403"))
        if kind == "cloud"
        else GreenChannel(GreenClient(session, url, "1101", TOKEN))
    )
    outcome = await sent(client)
    assert isinstance(outcome, Failed) and outcome.failure.action is Action.RETRY
    assert TOKEN not in str(outcome) + caplog.text


async def test_a_redirect_is_not_followed(provider: Provider, channel: Channel) -> None:
    provider.answers = [sends(b"", 302, Location="/elsewhere")]
    outcome = await sent(channel)
    assert isinstance(outcome, Failed) and outcome.failure.action is Action.BUG
    assert len(provider.asked) == 1


async def test_nobody_to_write_to_is_unreachable(cloud: CloudClient, green: GreenClient) -> None:
    for channel in (CloudChannel(cloud), GreenChannel(green)):
        outcome = await channel.send(Address(), Reply("Hello"), 1)
        assert isinstance(outcome, Failed)
        assert outcome.failure.action is Action.UNREACHABLE


async def test_a_closed_window_is_answered_by_template(
    provider: Provider, cloud: CloudClient
) -> None:
    channel = CloudChannel(cloud)
    bare = await channel.send_template(TO, Reply("Hello"), "en", 1)
    assert isinstance(bare, Failed) and bare.failure.action is Action.NEEDS_TEMPLATE
    provider.answers = [says({"messages": [{"id": "wamid.9"}]})]
    reply = Reply("Hello", template=Template("order_shipped", ("1042",)))
    assert await channel.send_template(TO, reply, "en", 1) == Sent("wamid.9")
    assert provider.asked[0][3]["template"]["name"] == "order_shipped"


async def test_reading_shows_the_ticks_and_typing(provider: Provider, cloud: CloudClient) -> None:
    provider.answers = [says({"success": True}), says({}, 500), hangs_up]
    assert await cloud.mark_read("wamid.1")
    assert provider.asked[0][3] == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.1",
        "typing_indicator": {"type": "text"},
    }
    assert not await cloud.mark_read("wamid.1", typing=False)
    await CloudChannel(cloud).seen(TO, "wamid.1")


def media(provider: Provider, **also: Any) -> Answer:
    return says({"url": f"{provider.url}/file/7?sig=a%2Fb", "mime_type": "image/jpeg", **also})


async def test_a_file_is_fetched_with_the_token_by_its_id(
    provider: Provider, cloud: CloudClient
) -> None:
    provider.answers = [media(provider, file_size=3), sends(b"jpg")]
    file = await CloudChannel(cloud).fetch(Attachment("image", media_id="77"), 100)
    assert file == Download(b"jpg", "image/jpeg")
    assert [asked[1] for asked in provider.asked] == ["/v24.0/77", "/file/7"]
    assert provider.asked[1][2]["Authorization"] == f"Bearer {TOKEN}"


async def test_a_file_that_is_too_large_is_not_taken_even_if_it_lies(
    provider: Provider, cloud: CloudClient
) -> None:
    provider.answers = [media(provider, file_size=101)]
    with pytest.raises(MediaTooLarge):
        await cloud.download("77", 100)
    provider.answers = [media(provider, file_size=1), sends(b"x" * 101)]
    with pytest.raises(MediaTooLarge):
        await cloud.download("77", 100)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([says({"error": {}}, 404)], MediaUnavailable),
        ([says({})], MediaUnavailable),
        ([says({"url": "file:///etc/passwd"})], MediaUnavailable),
        ([says({"url": 7})], MediaUnavailable),
        ([says({}, 503)], MediaUnreachable),
        ([hangs_up], MediaUnreachable),
    ],
)
async def test_a_file_that_cannot_be_had_says_whether_to_try_again(
    provider: Provider, cloud: CloudClient, answers: list[Answer], error: type[Exception]
) -> None:
    provider.answers = list(answers)
    with pytest.raises(error):
        await cloud.download("77", 100)


async def test_a_file_of_ours_is_uploaded(provider: Provider, cloud: CloudClient) -> None:
    provider.answers = [says({"id": "987"}), says({"error": {}}, 400)]
    assert await cloud.upload(b"pdf", "application/pdf", "bill.pdf") == "987"
    _, path, _, form = provider.asked[0]
    assert path == "/v24.0/1065403/media"
    assert (form["messaging_product"], form["type"]) == ("whatsapp", "application/pdf")
    assert (form["file"].filename, form["file"].content_type) == ("bill.pdf", "application/pdf")
    with pytest.raises(MediaUnavailable):
        await cloud.upload(b"pdf", "application/pdf", "bill.pdf")


async def test_green_puts_its_token_in_the_address_only(
    provider: Provider, green: GreenClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    provider.answers = [says({"idMessage": "3EB0"})]
    assert await sent(GreenChannel(green)) == Sent("3EB0")
    _, path, headers, body = provider.asked[0]
    assert path == f"/waInstance1101/sendMessage/{TOKEN}"
    assert body == {"chatId": "12025550101@c.us", "message": "Hello"}
    assert TOKEN not in str(headers) + caplog.text


async def test_green_quota_stops_the_channel(provider: Provider, green: GreenClient) -> None:
    provider.answers = [says(load("greenapi", "api_error_466_method"), 466)]
    outcome = await sent(GreenChannel(green))
    assert isinstance(outcome, Failed)
    assert outcome.failure.action is Action.STOP_CHANNEL


async def test_an_instance_without_buttons_gets_numbers_at_once(
    provider: Provider, green: GreenClient
) -> None:
    provider.answers = [says({}, 403), says({"idMessage": "3EB0"})]
    channel = GreenChannel(green, buttons=True)
    assert await channel.send(TO, Reply("Sure?", (Choice("y", "Yes"),)), 1) == Sent("3EB0")
    tried = [asked[1].split("/")[2] for asked in provider.asked]
    assert tried == ["sendInteractiveButtonsReply", "sendMessage"]
    assert provider.asked[1][3]["message"] == "Sure?\n\n1. Yes\n\n↩ 1"


async def test_a_file_of_ours_goes_to_greens_own_shelf(
    provider: Provider, session: aiohttp.ClientSession
) -> None:
    green = GreenClient(session, "http://127.0.0.1:1", "1101", TOKEN, provider.url)
    provider.answers = [says({"urlFile": "https://shelf.example/tea.jpg"}), says({}, 500)]
    kept = await green.upload(b"jpeg", "image/jpeg", "tea.jpg")
    assert kept == "https://shelf.example/tea.jpg"
    _, path, headers, _ = provider.asked[0]
    assert path == f"/waInstance1101/uploadFile/{TOKEN}"
    assert headers["Content-Type"] == "image/jpeg"
    with pytest.raises(MediaUnreachable):
        await green.upload(b"jpeg", "image/jpeg", "tea.jpg")
    provider.answers = [says({}, 400), says({"urlFile": 7})]
    for _ in range(2):
        with pytest.raises(MediaUnavailable):
            await green.upload(b"jpeg", "image/jpeg", "tea.jpg")


async def test_green_reading_and_files(provider: Provider, green: GreenClient) -> None:
    provider.answers = [says({"setRead": True}), says({}), sends(b"ogg")]
    channel = GreenChannel(green)
    await channel.seen(TO, "3EB0")
    assert provider.asked[0][3] == {"chatId": "12025550101@c.us", "idMessage": "3EB0"}
    voice = Attachment("voice", url=f"{provider.url}/file/1")
    assert (await channel.fetch(voice, 100)).content == b"ogg"
    with pytest.raises(MediaUnavailable):
        await channel.fetch(Attachment("document"), 100)
