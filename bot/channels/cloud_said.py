"""A Cloud API message as something said."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.channels.cart import cart_lines
from bot.channels.cloud_kinds import kind_of
from bot.channels.shapes import e164, listing, mapping, moment, text
from bot.dialog.said import Attachment, Place, Said


def read(payload: dict[str, Any]) -> Said:
    """What the person said: typed text, a caption, or the label they tapped. Never raises.

    `tapped` is the id we gave the button or row; `reply_to` the message it answers, or, for
    an edit, a removal or a reaction, the message it is about. A filled-in form ("flow") says
    nothing: its answers stay in the payload.
    """
    kind = kind_of(payload)
    heard = _READERS.get(kind, _nothing)(payload)
    return replace(
        heard,
        kind=kind,
        reply_to=heard.reply_to or text(mapping(payload.get("context")).get("id")) or None,
        sent_at=moment(payload.get("timestamp")),
    )


def _nothing(_message: dict[str, Any]) -> Said:
    return Said()


def _text(message: dict[str, Any]) -> Said:
    return Said(text(message["text"].get("body")))


def _button(message: dict[str, Any]) -> Said:
    return _tap(message["interactive"]["button_reply"])


def _list(message: dict[str, Any]) -> Said:
    return _tap(message["interactive"]["list_reply"])


def _tap(reply: dict[str, Any]) -> Said:
    return Said(text(reply.get("title")), tapped=text(reply.get("id")) or None)


def _quick_reply(message: dict[str, Any]) -> Said:
    button = message["button"]
    return Said(text(button.get("text")), tapped=text(button.get("payload")) or None)


def _file(message: dict[str, Any]) -> Said:
    body = message[text(message.get("type"))]
    attachment = Attachment(
        kind=kind_of(message),
        media_id=text(body.get("id")),
        url=text(body.get("url")) or text(body.get("link")),
        mime_type=text(body.get("mime_type")),
        filename=text(body.get("filename")),
        sha256=text(body.get("sha256")),
    )
    return Said(text(body.get("caption")), attachment=attachment)


def _location(message: dict[str, Any]) -> Said:
    return Said(place=place(message["location"], "name"))


def place(body: dict[str, Any], name_key: str) -> Place | None:
    """A point on the earth; None when the numbers are not one."""
    latitude, longitude = _degrees(body.get("latitude"), 90), _degrees(body.get("longitude"), 180)
    if latitude is None or longitude is None:
        return None
    return Place(latitude, longitude, text(body.get(name_key)), text(body.get("address")))


def _degrees(value: object, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -most <= value <= most else None  # NaN compares false


def _contacts(message: dict[str, Any]) -> Said:
    """A shared contact card: its first phone is what is said."""
    for contact in message["contacts"]:
        for phone in listing(mapping(contact).get("phones")):
            stated = mapping(phone)
            if said := e164(stated.get("wa_id")) or text(stated.get("phone")):
                name = mapping(mapping(contact).get("name"))
                return Said(said, name=text(name.get("formatted_name")))
    return Said()


def _order(message: dict[str, Any]) -> Said:
    order = message["order"]
    return Said(text(order.get("text")), cart=cart_lines(order))


def _reaction(message: dict[str, Any]) -> Said:
    reaction = message["reaction"]
    return Said(text(reaction.get("emoji")), reply_to=text(reaction.get("message_id")) or None)


def _revoke(message: dict[str, Any]) -> Said:
    return Said(reply_to=text(message["revoke"].get("original_message_id")) or None)


def _edit(message: dict[str, Any]) -> Said:
    """The new words or caption; `reply_to` is the message that was edited."""
    edit = message["edit"]
    inner = mapping(edit.get("message"))
    name = text(inner.get("type"))
    body = mapping(inner.get(name))
    words = text(body.get("body")) or text(body.get("caption")) or _edited_text(edit, message)
    return Said(words, reply_to=text(edit.get("original_message_id")) or None)


def _edited_text(edit: dict[str, Any], message: dict[str, Any]) -> str:
    """Where some versions put the new words: beside the message, not inside one."""
    for holder in (edit, message):
        words = holder.get("text")
        if said := text(words) or text(mapping(words).get("body")):
            return said
    return ""


def wants_marketing(payload: dict[str, Any]) -> bool | None:
    """What a "marketing_preference" says: False stop, True resume; None for anything else."""
    stated = text(payload.get("value")) or text(mapping(payload.get("system")).get("marketing"))
    return {"stop": False, "resume": True, "signup": True}.get(stated)


def _preference(message: dict[str, Any]) -> Said:
    wanted = wants_marketing(message)
    return Said("" if wanted is None else "resume" if wanted else "stop")


_READERS: dict[str, Callable[[dict[str, Any]], Said]] = {
    "text": _text,
    "button": _button,
    "list": _list,
    "quick_reply": _quick_reply,
    "image": _file,
    "audio": _file,
    "voice": _file,
    "video": _file,
    "document": _file,
    "sticker": _file,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "reaction": _reaction,
    "reaction_removed": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "marketing_preference": _preference,
}
