"""The HTTP server: middlewares, routes handed in, start and stop."""

from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiohttp import web

from bot.web.bodies import LARGEST
from bot.web.correlation import KEY, correlate
from bot.web.measuring import measure

log = structlog.get_logger()
Mount = Callable[[web.Application], None]
UPLOADS = 32 * 1024 * 1024  # bytes: what the simulator's phones may send


def application(
    routes: Iterable[web.AbstractRouteDef], mounts: Iterable[Mount] = ()
) -> web.Application:
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=LARGEST)
    app.router.add_routes(routes)
    for mount in mounts:
        mount(app)
    return app


@web.middleware
async def _no_stack_traces(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """What went wrong inside is logged with the correlation id, which is all a caller gets."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        log.error("web.failed", path=request.match_info.route.name, exc_info=error)
        return web.json_response(
            {
                "status": 500,
                "title": "Something went wrong on our side.",
                "correlation_id": request[KEY],
            },
            status=500,
            content_type="application/problem+json",
        )


MIDDLEWARES = (measure, correlate, _no_stack_traces)


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
