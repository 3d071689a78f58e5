"""A person's phone in a story: what they do as webhooks, what they see as lines of text."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

OURS = "106000000000001"  # the phone_number_id of the number people write to


@dataclass
class Seen:
    """A bubble on the phone: the lines it shows, and what each of its labels sends."""

    lines: list[str]
    taps: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Phone:
    """One person. Without `number` they are known by a username only."""

    name: str
    profile: str
    number: str | None
    bsuid: str
    user_id: int = 0
    seen: list[Seen] = field(default_factory=list)
    unread: list[Seen] = field(default_factory=list)
    sent: str = "wamid.0"  # the last message that was no edit, removal or reaction

    def webhook(self, message: dict[str, Any], id_: str) -> dict[str, Any]:
        """The POST body of something this person sent."""
        if str(message.get("type")) not in ABOUT:
            self.sent = id_
        ids: dict[str, Any] = {"user_id": self.bsuid}
        sender: dict[str, Any] = {"from_user_id": self.bsuid}
        if self.number:
            ids["wa_id"] = self.number
            sender["from"] = self.number
        item = {"id": id_, "timestamp": "1795510800", **sender, **message}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "12025550100", "phone_number_id": OURS},
            "contacts": [{"profile": {"name": self.profile}, **ids}],
            "calls" if message.get("event") else "messages": [item],
        }
        change = {"field": "messages", "value": value}
        return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}

    def does(self, words: str) -> dict[str, Any]:
        """What a `>` line means: typed text, a tap on `[Label]`, or a thing in brackets."""
        if tap := re.fullmatch(r"\[(.+?)\]( \(earlier\))?", words):
            return self._tap(tap[1], earlier=bool(tap[2]))
        if thing := re.fullmatch(r"\((\w+)(?: (.+))?\)", words):
            return self._about_last(THINGS[thing[1]](thing[2] or ""))
        return {"type": "text", "text": {"body": words.replace("\\n", "\n")}}

    def _about_last(self, message: dict[str, Any]) -> dict[str, Any]:
        if (name := ABOUT.get(message.get("type", ""))) is not None:
            message[message["type"]][name] = self.sent
        return message

    def _tap(self, label: str, earlier: bool) -> dict[str, Any]:
        found = [one.taps[label] for one in reversed(self.seen) if label in one.taps]
        if len(found) <= earlier:
            raise AssertionError(f"{self.name} sees no [{label}] to tap")
        return found[1 if earlier else 0]

    def shows(self, body: dict[str, Any]) -> None:
        """A request body of ours arrives as a bubble."""
        bubble = shown(body)
        self.seen.append(bubble)
        self.unread.append(bubble)


# -- what a person can send besides words ----------------------------------------------


def _file(kind: str, mime: str, **more: Any) -> Callable[[str], dict[str, Any]]:
    def send(words: str) -> dict[str, Any]:
        name, _, caption = words.partition(": ")
        body = {"id": f"media-{name or kind}", "mime_type": mime, "sha256": "0" * 64, **more}
        body |= {"filename": name} if name and kind == "document" else {}
        body |= {"caption": caption} if caption else {}
        return {"type": kind, kind: body}

    return send


def _location(words: str) -> dict[str, Any]:
    spot, _, name = words.partition(" ")
    latitude, longitude = spot.split(",")
    place = {"latitude": float(latitude), "longitude": float(longitude)}
    return {"type": "location", "location": place | ({"name": name} if name else {})}


def _cart(words: str) -> dict[str, Any]:
    lines = [line.strip().split(" × ") for line in words.split(",")]
    items = [
        {"product_retailer_id": sku, "quantity": int(count), "item_price": 1, "currency": "KES"}
        for sku, count in lines
    ]
    return {"type": "order", "order": {"catalog_id": "1", "product_items": items}}


def _contact(words: str) -> dict[str, Any]:
    card = {"name": {"formatted_name": words}, "phones": [{"phone": "+12025550199"}]}
    return {"type": "contacts", "contacts": [card]}


ABOUT = {
    "edit": "original_message_id",
    "revoke": "original_message_id",
    "reaction": "message_id",
}
"""What is about another message, and where it names it: here always the last one."""

THINGS: dict[str, Callable[[str], dict[str, Any]]] = {
    "photo": _file("image", "image/jpeg"),
    "video": _file("video", "video/mp4"),
    "voice": _file("audio", "audio/ogg", voice=True),
    "document": _file("document", "application/pdf"),
    "sticker": _file("sticker", "image/webp"),
    "location": _location,
    "cart": _cart,
    "contact": _contact,
    "reacts": lambda emoji: {
        "type": "reaction",
        "reaction": {"emoji": emoji},
    },
    "poll": lambda _: {"type": "unsupported", "errors": [{"code": 131051}]},
    "edits": lambda words: {
        "type": "edit",
        "edit": {
            "message": {"type": "text", "text": {"body": words}},
        },
    },
    "deletes": lambda _: {"type": "revoke", "revoke": {}},
    "calls": lambda _: {"event": "connect", "direction": "USER_INITIATED"},
}


# -- what a bubble looks like -----------------------------------------------------------


def shown(body: dict[str, Any]) -> Seen:
    """A request body of the Cloud API as lines."""
    content = body[body["type"]]
    match body["type"]:
        case "text":
            return Seen(_text(content["body"]))
        case "interactive":
            return _interactive(content)
        case "image" | "document" as kind:
            file = content.get("filename") or content.get("link") or content.get("id")
            return Seen([f"({kind} {file})", *_text(content.get("caption", ""))])
    raise AssertionError(f"a bubble of type {body['type']}")


def _text(words: str) -> list[str]:
    return words.split("\n") if words else []


def _interactive(content: dict[str, Any]) -> Seen:
    header = content.get("header")
    lines = [f"({header['type']} {header[header['type']]['link']})"] if header else []
    lines += _text(content["body"]["text"])
    if footer := content.get("footer"):
        lines.append(f"_{footer['text']}_")
    action = content["action"]
    match content["type"]:
        case "button":
            buttons = [button["reply"] for button in action["buttons"]]
            taps = {one["title"]: _tapped("button_reply", one) for one in buttons}
            return Seen([*lines, " ".join(f"[{one['title']}]" for one in buttons)], taps)
        case "list":
            rows = [row for section in action["sections"] for row in section["rows"]]
            taps = {row["title"]: _tapped("list_reply", row) for row in rows}
            assert action["button"] != "☰", "a list needs a word that opens it"
            return Seen([*lines, f"☰ {action['button']}", *map(_row, rows)], taps)
        case "cta_url":
            link = action["parameters"]
            return Seen([*lines, f"({link['display_text']}: {link['url']})"])
    return Seen([*lines, "(send location)"])


def _row(row: dict[str, Any]) -> str:
    beneath = row.get("description")
    return f"  [{row['title']}] – {beneath}" if beneath else f"  [{row['title']}]"


def _tapped(kind: str, reply: dict[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}
