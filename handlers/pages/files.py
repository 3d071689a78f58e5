"""Files that people sent, for the provider that shows them to whom they are passed on to."""

from dataclasses import dataclass

from aiohttp import web

from bot.file_types import BY_EXTENSION
from services.ground.files import Files, NoSuchFile

_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, max-age=86400, immutable",
}


@dataclass(frozen=True)
class FilePages:
    """Whoever has a file's key, which is made of its content, may see it."""

    files: Files

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/files/{key}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        try:
            content = await self.files.get(key)
        except NoSuchFile:
            raise web.HTTPNotFound(text="There is no such file.\n") from None
        found = BY_EXTENSION.get(key.rpartition(".")[2])
        kind = found.mime_type if found else "application/octet-stream"
        return web.Response(body=content, headers={**_SAFE, "Content-Type": kind})
