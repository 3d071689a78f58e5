"""The page: a handful of files of our own, served as they are, with a policy that lets nothing
foreign run.
"""

from pathlib import Path
from typing import Final

from aiohttp import web

FOLDER: Final = Path(__file__).parent / "page"
MIME_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
# Pictures in messages may come from anywhere, as on a real phone; nothing else may.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob: http: https:; media-src 'self' blob: http: https:; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class PageFiles:
    """GET /simulator and the files it is made of."""

    def __init__(self) -> None:
        self._files = {path.name: path for path in FOLDER.iterdir() if path.suffix in MIME_TYPES}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/simulator", self._index),
            web.get("/simulator/", self._index),
            web.get("/simulator/page/{name}", self._file),
        ]

    async def _index(self, _: web.Request) -> web.StreamResponse:
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-cache",
        }
        return web.FileResponse(FOLDER / "index.html", headers=headers)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = self._files.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text="There is no such file.")
        mime_type = MIME_TYPES[path.suffix]
        headers = {
            "Content-Type": f"{mime_type}; charset=utf-8",
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers=headers)
