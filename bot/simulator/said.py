"""What a script or the page says for a person, turned into the message object that WhatsApp
would send.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.simulator.media import Media
from bot.simulator.people import Bubble, Person
from bot.simulator.shapes import Object, obj, objects, text, without_none
from bot.simulator.world import World

KINDS: Final = (
    "text, tap, location, image, document, voice, audio, video, sticker, contacts, reaction, "
    "order, edit, revoke, cloud"
)


class CannotSay(Exception):
    """Something that this phone cannot do; `status` is the HTTP status, `shows` what there is
    instead.
    """

    def __init__(self, status: int, message: str, shows: list[Object] | None = None) -> None:
        self.status = status
        self.shows = shows
        super().__init__(message)


@dataclass(frozen=True)
class Opens:
    """A tap that opens a link instead of sending a message."""

    message: str
    url: str


@dataclass(frozen=True)
class Tapped:
    """The message a tap sends, and what was tapped."""

    cloud: Object
    message: str
    choice: Object


def plain_message(body: Object) -> Object | None:
    """The message for everything that needs neither the phone's history nor a file; None for
    other kinds.
    """
    kind = next((kind for kind in PLAIN if body.get(kind) is not None), None)
    return PLAIN[kind](body) if kind else None


def _text(body: Object) -> Object:
    words = body["text"]
    if isinstance(words, dict):
        words = words.get("body")
    if not isinstance(words, str) or not words:
        raise CannotSay(400, "text: give the words as a string that is not empty")
    if len(words) > 65536:
        raise CannotSay(400, "text: at most 65536 characters")
    return {"type": "text", "text": {"body": words}}


def _location(body: Object) -> Object:
    place = obj(body["location"])
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        raise CannotSay(400, "location: give latitude and longitude as numbers")
    kept = {name: place.get(name) for name in ("name", "address", "url")}
    where = {"latitude": latitude, "longitude": longitude}
    return {"type": "location", "location": without_none(where | kept)}


def _contacts(body: Object) -> Object:
    given = body["contacts"]
    cards = [each if isinstance(each, dict) else {"name": each} for each in _listed(given)]
    return {"type": "contacts", "contacts": [_card(card) for card in cards]}


def _card(card: Object) -> Object:
    name = card.get("name")
    if isinstance(name, str):
        card = card | {"name": {"formatted_name": name, "first_name": name}}
    if phone := text(card.pop("phone", None)):
        card["phones"] = [{"phone": phone, "type": "CELL"}]
    if not obj(card.get("name")):
        raise CannotSay(400, "contacts: every contact needs a name")
    return card


def _order(body: Object) -> Object:
    order = obj(body["order"])
    if not objects(order.get("product_items")):
        raise CannotSay(
            400, "order: give product_items, each with product_retailer_id and quantity"
        )
    return {"type": "order", "order": {"catalog_id": "1", "text": "", **order}}


def _cloud(body: Object) -> Object:
    message = obj(body["cloud"])
    if not message:
        raise CannotSay(400, "cloud: give a WhatsApp message object")
    return dict(message)


PLAIN: Final[dict[str, Callable[[Object], Object]]] = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "cloud": _cloud,
}


def media_message(kind: str, media: Media, caption: str) -> Object:
    """The message that carries a file of the person's; `voice` is audio spoken into the phone."""
    content: Object = {"mime_type": media.mime_type, "sha256": media.sha256, "id": media.id}
    if caption and kind in {"image", "video", "document"}:
        content["caption"] = caption
    if kind == "document":
        content["filename"] = media.filename or "document"
    if kind in {"voice", "audio"}:
        content["voice"] = kind == "voice"
    if kind == "sticker":
        content["animated"] = False
    name = "audio" if kind == "voice" else kind
    return {"type": name, name: content}


def reaction_message(world: World, person: Person, body: Object) -> Object:
    """A reaction to the message named, or to the bot's last; an empty emoji takes it back."""
    given = body["reaction"]
    reaction = given if isinstance(given, dict) else {"emoji": given}
    target = text(reaction.get("message_id") or reaction.get("message") or body.get("message"))
    if not target:
        last = next((b for b in reversed(person.bubbles) if not b.by_person), None)
        if last is None:
            raise CannotSay(409, "reaction: the bot has not written anything yet")
        target = last.id
    if world.find(target) is None:
        raise CannotSay(404, f"reaction: no message {target} on this phone")
    emoji = text(reaction.get("emoji"))
    return {"type": "reaction", "reaction": {"message_id": target, "emoji": emoji}}


def change_message(world: World, person: Person, body: Object) -> Object:
    """Taking a message back, or saying it in other words."""
    given = body["edit"] if "edit" in body else body["revoke"]
    shape = given if isinstance(given, dict) else {"message": given}
    target = text(shape.get("message") or body.get("message"))
    place = world.find(target)
    if place is None or place[0] is not person or not place[1].by_person:
        raise CannotSay(404, f"this person has sent no message {target!r}")
    if "revoke" in body:
        return {"type": "revoke", "revoke": {"original_message_id": target}}
    words = text(shape.get("text"))
    if not words:
        raise CannotSay(400, "edit: give the message and its new text")
    fresh: Object = {"type": "text", "text": {"body": words}}
    return {"type": "edit", "edit": {"original_message_id": target, "message": fresh}}


def tap(world: World, person: Person, wanted: str, message_id: str | None) -> Tapped | Opens:
    """Tap a choice by its id or label, on the message named or the newest that shows it.

    Raises CannotSay: 404 for an unknown message, 409 with what is there when nothing fits.
    """
    for bubble in _tappable(world, person, message_id):
        shown = world.shown.bubble(bubble)
        link = obj(shown.get("link"))
        if link and _same(wanted, text(link.get("label"))):
            return Opens(bubble.id, text(link.get("url")))
        if choice := _matching(objects(shown["choices"]), wanted):
            return Tapped(_tap_message(world, bubble, choice), bubble.id, choice)
    shows = _shows(world, person, message_id)
    raise CannotSay(409, f"tap: this phone does not show {wanted!r}", shows)


def _tappable(world: World, person: Person, message_id: str | None) -> list[Bubble]:
    if message_id is None:
        return [bubble for bubble in reversed(person.bubbles) if not bubble.by_person]
    place = world.find(message_id)
    if place is None or place[0] is not person:
        raise CannotSay(404, f"tap: no message {message_id} on this phone")
    return [place[1]]


def _matching(choices: list[Object], wanted: str) -> Object | None:
    by_id = (choice for choice in choices if choice.get("id") == wanted)
    by_label = (choice for choice in choices if choice.get("label") == wanted)
    loosely = (choice for choice in choices if _same(wanted, text(choice.get("label"))))
    return next(by_id, None) or next(by_label, None) or next(loosely, None)


def _same(one: str, other: str) -> bool:
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()


def _tap_message(world: World, bubble: Bubble, choice: Object) -> Object:
    context: Object = {"from": world.number, "id": bubble.id}
    reply = {"id": choice["id"], "title": choice["label"]}
    if bubble.source.get("type") == "template":
        button = {"payload": choice["id"], "text": choice["label"]}
        return {"context": context, "type": "button", "button": button}
    if obj(bubble.source.get("interactive")).get("type") == "list":
        if choice.get("description"):
            reply["description"] = choice["description"]
        interactive: Object = {"type": "list_reply", "list_reply": reply}
    else:
        interactive = {"type": "button_reply", "button_reply": reply}
    return {"context": context, "type": "interactive", "interactive": interactive}


def _shows(world: World, person: Person, message_id: str | None) -> list[Object]:
    for bubble in _tappable(world, person, message_id):
        shown = world.shown.bubble(bubble)
        if choices := objects(shown["choices"]):
            return choices
        if link := obj(shown.get("link")):
            return [link]
    return []


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
