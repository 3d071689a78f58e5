"""Giving every request its id, or keeping the one it came with."""

from aiohttp import web

from bot.observe import correlation

HEADER = "X-Request-ID"
KEY = web.RequestKey("correlation_id", str)


def correlation_of(request: web.Request) -> str:
    """The request's id, bound until the next request on its connection."""
    given = request.headers.get(HEADER)
    if given is None or not _fits(given):
        given = correlation.new()
    correlation.bind(given)
    return given


def _fits(given: str) -> bool:
    return given.isalnum() and given.isascii() and len(given) <= correlation.LONGEST
