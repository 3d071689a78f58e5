"""Files that people sent, for the provider that shows them to whom they are passed on to."""

from dataclasses import dataclass

from aiohttp import web

from bot.file_types import BY_EXTENSION
from bot.files import FolderFiles
from bot.uploads import OwnFile
from services.ground.files import Files, NoSuchFile

PREFIX = "/files/"
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
        return [web.get(PREFIX + "{key}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        try:
            content = await self.files.get(key)
        except NoSuchFile:
            raise web.HTTPNotFound(text="There is no such file.\n") from None
        return web.Response(body=content, headers={**_SAFE, "Content-Type": _type(key)})


def file_at(files: FolderFiles, path: str) -> OwnFile | None:
    """The file behind a path of ours, for an upload; None when it is none of these."""
    key = path.removeprefix(PREFIX)
    file = files.at(key) if path.startswith(PREFIX) else None
    return OwnFile(file, _type(key)) if file is not None else None


def _type(key: str) -> str:
    found = BY_EXTENSION.get(key.rpartition(".")[2])
    return found.mime_type if found else "application/octet-stream"
