"""Pictures of what is sold, for the provider to fetch and for pages to show."""

from aiohttp import web

from services.shopping import pictures

A_DAY = 86_400  # seconds a copy may be kept


async def show(request: web.Request) -> web.FileResponse:
    file = pictures.find(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound(text="There is no such picture.\n")
    return web.FileResponse(file, headers={"Cache-Control": f"public, max-age={A_DAY}"})


ROUTES = [web.get("/pictures/{name:.+}", show)]
