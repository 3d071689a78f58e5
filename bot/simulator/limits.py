"""What the Cloud API accepts in a message, kind by kind; figures from Meta's message reference
(see providers.md B).
"""

from collections.abc import Callable
from typing import Final

from bot.simulator.graph_error import GraphError
from bot.simulator.interactive import check_interactive
from bot.simulator.limit_rules import at_most, invalid, missing, web_link
from bot.simulator.shapes import Object, obj, objects, text

MEDIA_KINDS: Final = ("image", "audio", "video", "document", "sticker")
CAPTIONED: Final = ("image", "video", "document")


def check_send(body: Object) -> None:
    """Refuse a send call that the Cloud API would refuse; raises GraphError."""
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if body.get("recipient_type", "individual") not in {"individual", "group"}:
        raise invalid("recipient_type", "must be one of {INDIVIDUAL, GROUP}")
    if not text(body.get("to")) and not text(body.get("recipient")):
        raise missing("to")
    at_most("biz_opaque_callback_data", text(body.get("biz_opaque_callback_data")), 512)
    kind = body.get("type", "text")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise GraphError(
            100,
            f'Param type must be one of {{{", ".join(sorted(CHECKS)).upper()}}} - got "{kind}".',
        )
    if not isinstance(body.get(str(kind)), list if kind == "contacts" else dict):
        raise missing(str(kind))
    check(body)


def _text(body: Object) -> None:
    words = obj(body["text"]).get("body")
    if not isinstance(words, str) or not words.strip():
        raise missing("text['body']")
    at_most("text['body']", words, 4096)


def _media(body: Object) -> None:
    kind = text(body["type"])
    media = obj(body[kind])
    link, media_id = media.get("link"), media.get("id")
    if bool(link) == bool(media_id):
        raise GraphError(131008 if not link else 100, f"{kind} needs either an id or a link.")
    if link:
        web_link(f"{kind}['link']", link)
    if media.get("caption") and kind not in CAPTIONED:
        raise invalid(f"{kind}['caption']", "is not supported for this type")
    at_most(f"{kind}['caption']", text(media.get("caption")), 1024)
    at_most(f"{kind}['filename']", text(media.get("filename")), 240)


def _location(body: Object) -> None:
    place = obj(body["location"])
    for name, limit in (("latitude", 90), ("longitude", 180)):
        try:
            value = float(str(place[name]))
        except (KeyError, ValueError) as none:
            raise missing(f"location['{name}']") from none
        if not -limit <= value <= limit:
            raise invalid(f"location['{name}']", f"must lie between -{limit} and {limit}")


def _contacts(body: Object) -> None:
    cards = objects(body["contacts"])
    if not 1 <= len(cards) <= 257:
        raise invalid("contacts", "must hold 1 to 257 contacts")
    for card in cards:
        if not text(obj(card.get("name")).get("formatted_name")):
            raise missing("contacts['name']['formatted_name']")


def _reaction(body: Object) -> None:
    if not text(obj(body["reaction"]).get("message_id")):
        raise missing("reaction['message_id']")


def _template(body: Object) -> None:
    template = obj(body["template"])
    if not text(template.get("name")):
        raise missing("template['name']")
    if not text(obj(template.get("language")).get("code")):
        raise missing("template['language']['code']")


def _interactive(body: Object) -> None:
    check_interactive(obj(body["interactive"]))


CHECKS: Final[dict[str, Callable[[Object], None]]] = {
    "text": _text,
    **dict.fromkeys(MEDIA_KINDS, _media),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "template": _template,
    "interactive": _interactive,
}
