"""The Cloud API's media routes (upload, look-up, download, delete), and the plain address a
phone's own screen uses.
"""

from base64 import b64decode
from typing import Final

from aiohttp import BodyPartReader, web

from bot.simulator.cloud import VERSION, CloudApi, reply
from bot.simulator.graph_error import GraphError, NoSuchNode
from bot.simulator.media import MEGABYTE, Media, check_upload
from bot.simulator.world import World

UPLOAD_LIMIT: Final = 100 * MEGABYTE


class MediaApi:
    """Files in and out, for the product (bearer token) and for browsers."""

    def __init__(self, world: World, cloud: CloudApi) -> None:
        self._world = world
        self._cloud = cloud

    def routes(self) -> list[web.RouteDef]:
        node = VERSION + "/{node}"
        guarded = self._cloud.guarded
        return [
            web.post(f"{node}/media", guarded(self._upload)),
            web.get(node, guarded(self._look_up)),
            web.delete(node, guarded(self._delete)),
            web.get("/simulator/attachments/{node}", guarded(self._download)),
            web.get("/simulator/media/{node}", self._show),
        ]

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        if node != self._world.config.phone_number_id:
            raise NoSuchNode("post", node)
        if not request.content_type.startswith("multipart/"):
            raise GraphError(100, "The parameter file is required.")
        fields, file = await read_form(request)
        if fields.get("messaging_product") != "whatsapp":
            raise GraphError(100, "The parameter messaging_product is required.")
        if file is None:
            raise GraphError(100, "The parameter file is required.")
        content, declared, filename = file
        mime_type = fields.get("type") or declared
        check_upload(mime_type, len(content))
        return reply({"id": self._world.media.put(content, mime_type, filename).id})

    async def _look_up(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        if node == self._world.config.phone_number_id:
            return reply(self._cloud.number_info())
        if node == self._world.config.waba_id:
            return reply({"id": node, "name": self._world.config.business_name})
        media = self._find(node, "get")
        loan = self._world.media.loan(node)
        return reply(
            {
                "url": f"{request.url.origin()}/simulator/attachments/{node}?{loan}",
                "mime_type": media.mime_type,
                "sha256": bytes_of(media.sha256).hex(),
                "file_size": media.size,
                "id": node,
                "messaging_product": "whatsapp",
            }
        )

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        self._find(node, "delete")
        self._world.media.remove(node)
        return reply({"success": True})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        node, query = request.match_info["node"], request.query
        on_loan = self._world.media.on_loan(node, query.get("ext", ""), query.get("hash", ""))
        if not on_loan or self._world.faults.fires("expired_media"):
            raise GraphError(131052, status=404)
        media = self._find(node, "get")
        return web.Response(
            body=self._world.media.content(node), headers={"Content-Type": media.mime_type}
        )

    async def _show(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        media = self._world.media.find(node)
        if media is None:
            raise web.HTTPNotFound(text="There is no such file.")
        headers = {
            "Content-Type": media.mime_type,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; media-src 'self'",
        }
        return web.Response(body=self._world.media.content(node), headers=headers)

    def _find(self, node: str, verb: str) -> Media:
        media = self._world.media.find(node)
        if media is None:
            raise NoSuchNode(verb, node)
        return media


def bytes_of(sha256: str) -> bytes:
    """The digest behind its base64 form."""
    return b64decode(sha256)


Part = tuple[bytes, str, str | None]


async def read_form(request: web.Request) -> tuple[dict[str, str], Part | None]:
    """The text fields of a multipart body and its (last) file with mime type and name.

    Raises GraphError when the file is larger than anything that may be sent.
    """
    fields: dict[str, str] = {}
    file: Part | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.filename is None:
            fields[part.name or ""] = await part.text()
            continue
        declared = part.headers.get("Content-Type", "application/octet-stream")
        fields.setdefault("file_field", part.name or "")
        file = (await _read_file(part), declared, part.filename)
    return fields, file


async def _read_file(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > UPLOAD_LIMIT:
            raise GraphError(131053, "File size exceeds the limit.", status=413)
    return bytes(content)
