"""From a scripting request to the message it means, files included: uploads, data URLs and links
that are fetched.
"""

import mimetypes
from base64 import b64decode
from binascii import Error as BadBase64
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

import aiohttp
from aiohttp import web

from bot.simulator.media import MEGABYTE, Media
from bot.simulator.media_api import read_form
from bot.simulator.people import Person
from bot.simulator.said import (
    KINDS,
    CannotSay,
    Opens,
    Tapped,
    change_message,
    media_message,
    plain_message,
    reaction_message,
    tap,
)
from bot.simulator.shapes import Object, parsed, text
from bot.simulator.world import World

FILES: Final = ("image", "document", "voice", "audio", "video", "sticker")
MIME_TYPES: Final = {
    "image": "image/jpeg",
    "document": "application/pdf",
    "voice": "audio/ogg; codecs=opus",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "sticker": "image/webp",
}
FETCH_SECONDS: Final = 5
FETCH_LIMIT: Final = 16 * MEGABYTE

Heard = Object | Tapped | Opens


class Speech:
    """Understands what a script says for a person."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def heard(self, person: Person, request: web.Request) -> Heard:
        """The message of a JSON or multipart request; raises CannotSay."""
        if request.content_type.startswith("multipart/"):
            return await self._uploaded(request)
        body = await self._json(request)
        kind = next((kind for kind in FILES if body.get(kind) is not None), None)
        if kind is not None:
            return self._with_context(await self._file(kind, body), body)
        return self._plain(person, body)

    def plain(self, person: Person, body: Object) -> Object:
        """The message of a body without files, for batches."""
        message = self._plain(person, body)
        if isinstance(message, Opens):
            raise CannotSay(409, "a link cannot be opened in a batch")
        return message.cloud if isinstance(message, Tapped) else message

    def _plain(self, person: Person, body: Object) -> Heard:
        if wanted := text(body.get("tap")):
            return tap(self._world, person, wanted, text(body.get("message")) or None)
        if body.get("reaction") is not None:
            return reaction_message(self._world, person, body)
        if "edit" in body or "revoke" in body:
            return change_message(self._world, person, body)
        message = plain_message(body)
        if message is None:
            raise CannotSay(400, f"give one of: {KINDS}")
        return self._with_context(message, body)

    def _with_context(self, message: Object, body: Object) -> Object:
        if replied_to := text(body.get("reply_to")):
            message.setdefault("context", {"from": self._world.number, "id": replied_to})
        return message

    async def _json(self, request: web.Request) -> Object:
        try:
            body = parsed(await request.read())
        except ValueError as broken:
            raise CannotSay(400, "the body is not valid JSON") from broken
        if not isinstance(body, dict):
            raise CannotSay(400, "the body must be a JSON object")
        return body

    async def _uploaded(self, request: web.Request) -> Object:
        fields, file = await read_form(request)
        if file is None:
            raise CannotSay(400, "upload: the form holds no file")
        content, mime_type, filename = file
        kind = fields.get("kind") or fields.get("type") or fields["file_field"]
        if kind not in FILES:
            kind = _kind_of(mime_type)
        media = self._world.media.put(content, _typed(kind, mime_type, filename), filename)
        message = media_message(kind, media, fields.get("caption", ""))
        return self._with_context(message, {"reply_to": fields.get("reply_to", "")})

    async def _file(self, kind: str, body: Object) -> Object:
        given = body[kind]
        shape = given if isinstance(given, dict) else {"url": given}
        caption = text(shape.get("caption")) or text(body.get("caption"))
        if media_id := text(shape.get("id")):
            media = self._world.media.find(media_id)
            if media is None:
                raise CannotSay(404, f"{kind}: no file with id {media_id}")
            return media_message(kind, media, caption)
        media = await self._bring_in(kind, shape)
        return media_message(kind, media, caption)

    async def _bring_in(self, kind: str, shape: Object) -> Media:
        filename = text(shape.get("filename")) or None
        url = text(shape.get("url")) or text(shape.get("link"))
        if data := text(shape.get("data")):
            content, mime_type = _decoded(kind, data), text(shape.get("mime_type"))
        elif url.startswith("data:"):
            content, mime_type = _from_data_url(kind, url)
        elif url.startswith(("http://", "https://")):
            filename = filename or PurePosixPath(urlsplit(url).path).name or None
            content, mime_type = await _fetched(url)
        else:
            raise CannotSay(
                400, f"{kind}: give a url, a data: url, data as base64, or upload a file"
            )
        return self._world.media.put(content, _typed(kind, mime_type, filename), filename)


def _kind_of(mime_type: str) -> str:
    start = mime_type.partition("/")[0]
    return {"image": "image", "video": "video", "audio": "voice"}.get(start, "document")


def _typed(kind: str, mime_type: str, filename: str | None) -> str:
    if mime_type and not mime_type.startswith(("application/octet-stream", "binary/")):
        return mime_type
    guessed, _ = mimetypes.guess_type(filename or "")
    return guessed or MIME_TYPES[kind]


def _decoded(kind: str, data: str) -> bytes:
    try:
        return b64decode(data, validate=True)
    except BadBase64 as broken:
        raise CannotSay(400, f"{kind}: data is not base64") from broken


def _from_data_url(kind: str, url: str) -> tuple[bytes, str]:
    head, comma, data = url.removeprefix("data:").partition(",")
    if not comma:
        raise CannotSay(400, f"{kind}: the data: url has no comma")
    if head.endswith(";base64"):
        return _decoded(kind, data), head.removesuffix(";base64")
    return unquote_to_bytes(data), head


async def _fetched(url: str) -> tuple[bytes, str]:
    """A file from the network with its mime type; raises CannotSay 422."""
    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.get(url) as response,
        ):
            response.raise_for_status()
            return await response.content.read(FETCH_LIMIT), response.content_type
    except (aiohttp.ClientError, TimeoutError, OSError) as failed:
        raise CannotSay(422, f"the file at {url} cannot be fetched: {failed!r}") from failed
