"""Where a person lands after the payment page: a word, and the way back to the chat."""

from html import escape

from aiohttp import web

from bot.language import DEFAULT, LANGUAGES, _, speaking

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<link rel="stylesheet" href="/pages/plain.css"></head>
<body><main><h1>{title}</h1><p>{words}</p></main></body></html>
"""
STYLE = """:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 32rem; padding: 2rem 1.5rem; text-align: center; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } p { margin: 0; }
"""


async def show(request: web.Request) -> web.Response:
    language = preferred(request.headers.get("Accept-Language", ""))
    with speaking(language):
        page = PAGE.format(
            language=language,
            title=escape(_("Back to the chat")),
            words=escape(_("You can close this page. I'll write to you in the chat in a moment.")),
        )
    return web.Response(text=page, content_type="text/html")


async def style(_request: web.Request) -> web.Response:
    return web.Response(text=STYLE, content_type="text/css")


def preferred(header: str) -> str:
    """The first language of an Accept-Language header that we speak."""
    asked = [part.partition(";")[0].strip()[:2].lower() for part in header.split(",")]
    return next((language for language in asked if language in LANGUAGES), DEFAULT)


ROUTES = [web.get("/paid", show), web.get("/pages/plain.css", style)]
