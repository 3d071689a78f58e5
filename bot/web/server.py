"""The HTTP server: middlewares, routes handed in, start and stop."""

import time
from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiohttp import web

from bot.web.bodies import LARGEST
from bot.web.correlation import KEY, correlation_of
from bot.web.measuring import measure

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Mount = Callable[[web.Application], None]


def application(
    routes: Iterable[web.AbstractRouteDef], mounts: Iterable[Mount] = ()
) -> web.Application:
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=LARGEST)
    app.router.add_routes(routes)
    for mount in mounts:
        mount(app)
    return app


@web.middleware
async def _around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every request: its id, its measure, and no stack trace for the caller. One layer, since
    each costs a part of what receiving a message does."""
    begun = time.perf_counter()
    request[KEY] = correlation_of(request)
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as refusal:
        status = refusal.status
        raise
    except Exception as error:
        log.error("web.failed", path=request.match_info.route.name, exc_info=error)
        response = _ours_to_mend(request[KEY])
    finally:
        measure(request, status, time.perf_counter() - begun)
    return response


def _ours_to_mend(correlation_id: str) -> web.Response:
    """What went wrong inside is logged with the correlation id, which is all a caller gets."""
    title = "Something went wrong on our side."
    return web.json_response(
        {"status": 500, "title": title, "correlation_id": correlation_id},
        status=500,
        content_type="application/problem+json",
    )


MIDDLEWARES = (_around,)


class Server:
    """A running application."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
        self._host = host
        self._port = port

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        await self._runner.setup()
        await web.TCPSite(
            self._runner, self._host, self._port, reuse_port=False, backlog=1024
        ).start()

    async def stop(self) -> None:
        await self._runner.cleanup()
