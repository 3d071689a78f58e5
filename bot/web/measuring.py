"""Counting requests and how long they took, by route."""

from aiohttp import web

from bot.observe.metrics import http_seconds


def measure(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "none"
    http_seconds(route, status).observe(seconds)
