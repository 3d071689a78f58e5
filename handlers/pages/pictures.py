"""Pictures of what is sold, for the provider to fetch or be given, and for pages to show."""

import mimetypes

from aiohttp import web

from bot.uploads import OwnFile
from services.shopping import pictures

PREFIX = "/pictures/"
A_DAY = 86_400  # seconds a copy may be kept


async def show(request: web.Request) -> web.FileResponse:
    file = pictures.find(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound(text="There is no such picture.\n")
    return web.FileResponse(file, headers={"Cache-Control": f"public, max-age={A_DAY}"})


def file_at(path: str) -> OwnFile | None:
    """The file behind a path of ours, for an upload; None when it is none of these."""
    file = pictures.find(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
    if file is None:
        return None
    return OwnFile(file, mimetypes.guess_type(file.name)[0] or "application/octet-stream")


ROUTES = [web.get(PREFIX + "{name:.+}", show)]
