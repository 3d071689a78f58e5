"""What a phone shows of a message: one flat object per bubble, for the page and for scripts
alike.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from bot.simulator.limits import MEDIA_KINDS
from bot.simulator.people import Bubble
from bot.simulator.shapes import Object, obj, objects, text, whole, without_none
from bot.simulator.templates import Templates

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_PAYS = re.compile(r"/(checkout|pay|payments?)(/|$)")


class Shown:
    """Turns bubbles into what a phone shows; `media_url` gives a browser's address for a media
    id.
    """

    def __init__(self, templates: Templates, media_url: Callable[[str], str]) -> None:
        self._templates = templates
        self._media_url = media_url

    def bubble(self, bubble: Bubble) -> Object:
        """The bubble with id, from, type, text, choices, media, payment link, status and time."""
        source = bubble.source | (bubble.edited or {})
        kind = text(source.get("type")) or "text"
        content = source.get(kind)
        shown: Object = {
            "id": bubble.id,
            "seq": bubble.seq,
            "from": "person" if bubble.by_person else "bot",
            "type": kind,
            "text": "",
            "choices": [],
            "status": bubble.status,
            "time": datetime.fromtimestamp(bubble.at, UTC).isoformat(timespec="milliseconds"),
        }
        if bubble.reaction:
            shown["reaction"] = bubble.reaction
        context = obj(bubble.source.get("context"))
        if replied_to := context.get("message_id") or context.get("id"):
            shown["reply_to"] = replied_to
        shown |= {"revoked": True} if bubble.revoked else self._content(kind, content)
        if bubble.edited:
            shown["edited"] = True
        if link := payment_link(shown):
            shown["payment_link"] = link
        return shown

    def choices(self, bubble: Bubble) -> list[Object]:
        """The choices a bot's bubble offers."""
        return [] if bubble.by_person else objects(self.bubble(bubble)["choices"])

    def _content(self, kind: str, content: object) -> Object:
        match kind:
            case "template":
                return self._templates.words(obj(content))
            case "interactive":
                return self._interactive(obj(content))
            case "contacts":
                return {"text": ", ".join(map(_card, objects(content))), "contacts": content}
            case _ if kind in MEDIA_KINDS:
                return self._media(kind, obj(content))
        plain = PLAIN.get(kind)
        return plain(obj(content)) if plain else {}

    def _media(self, kind: str, media: Object) -> Object:
        return {"text": text(media.get("caption")), "media": self._media_of(kind, media)}

    def _media_of(self, kind: str, media: Object) -> Object:
        media_id = text(media.get("id"))
        return without_none(
            {
                "kind": "voice" if media.get("voice") else kind,
                "id": media_id or None,
                "url": self._media_url(media_id) if media_id else media.get("link"),
                "mime_type": media.get("mime_type"),
                "filename": media.get("filename"),
            }
        )

    def _interactive(self, interactive: Object) -> Object:
        kind = text(interactive.get("type"))
        if kind in {"button_reply", "list_reply"}:
            return {
                "text": text(obj(interactive.get(kind)).get("title")),
                "tapped": obj(interactive.get(kind)),
            }
        if kind == "nfm_reply":
            return {"text": text(obj(interactive.get(kind)).get("body"))}
        shown: Object = {"kind": kind, "text": text(obj(interactive.get("body")).get("text"))}
        if footer := text(obj(interactive.get("footer")).get("text")):
            shown["footer"] = footer
        shown |= self._header(obj(interactive.get("header")))
        action = obj(interactive.get("action"))
        if kind == "list":
            shown["button"] = text(action.get("button"))
        if kind == "cta_url":
            parameters = obj(action.get("parameters"))
            shown["link"] = {"label": parameters.get("display_text"), "url": parameters.get("url")}
        return shown | {"choices": _button_choices(action) + _list_choices(action)}

    def _header(self, header: Object) -> Object:
        kind = text(header.get("type"))
        if kind == "text":
            return {"header": text(header.get("text"))}
        return {"media": self._media_of(kind, obj(header.get(kind)))} if kind else {}


def payment_link(shown: Object) -> str | None:
    """The address of a payment page that the bubble leads to, by its link or in its text."""
    found = [text(obj(shown.get("link")).get("url")), *_LINK.findall(text(shown["text"]))]
    return next((link for link in found if link and _PAYS.search(urlsplit(link).path)), None)


def _button_choices(action: Object) -> list[Object]:
    replies = [obj(button.get("reply")) for button in objects(action.get("buttons"))]
    return [{"id": reply.get("id"), "label": reply.get("title")} for reply in replies]


def _list_choices(action: Object) -> list[Object]:
    return [
        without_none(
            {
                "id": row.get("id"),
                "label": row.get("title"),
                "description": row.get("description") or None,
                "section": section.get("title") or None,
            }
        )
        for section in objects(action.get("sections"))
        for row in objects(section.get("rows"))
    ]


def _location(place: Object) -> Object:
    words = [text(place.get("name")), text(place.get("address"))]
    return {"text": ", ".join(filter(None, words)), "location": place}


def _order(order: Object) -> Object:
    count = sum(whole(item.get("quantity"), 1) for item in objects(order.get("product_items")))
    return {"text": text(order.get("text")) or f"Cart with {count} items", "order": order}


def _card(card: Object) -> str:
    return text(obj(card.get("name")).get("formatted_name"))


PLAIN: Final[dict[str, Callable[[Object], Object]]] = {
    "text": lambda content: {"text": text(content.get("body"))},
    "button": lambda content: {"text": text(content.get("text")), "tapped": content},
    "location": _location,
    "order": _order,
    "reaction": lambda content: {"text": text(content.get("emoji")), "reaction_to": content},
    "system": lambda content: {"text": text(content.get("body"))},
    "revoke": lambda content: {"about": content.get("original_message_id")},
    "edit": lambda content: {
        "text": text(obj(obj(content.get("message")).get("text")).get("body")),
        "about": content.get("original_message_id"),
    },
    "unsupported": lambda _: {"text": "A message of a kind that is not supported"},
}
