"""Bubbles as Cloud API messages: split to its limits, then written as request bodies."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.channels.address import Address, NoAddress
from bot.channels.lengths import Room, clip, pieces
from bot.channels.media import UPLOADED
from bot.dialog.reply import Choice, Link, Media, Reply

# Characters each part of a message may have (Meta, "Messages" reference).
TEXT, CAPTION, INTERACTIVE_BODY, LIST_BODY, FOOTER = 4096, 1024, 1024, 4096, 60
BUTTONS, BUTTON_LABEL = 3, 20
ROWS, ROW_LABEL, ROW_DESCRIPTION, LIST_LABEL = 10, 24, 72, 20

_WORDLESS = "…"  # an interactive message must say something
_OPENS_LIST = "☰"


def parts(reply: Reply) -> list[Reply]:
    """The bubble as as many messages as it takes: media first, choices on the last."""
    reply = _folded(reply)
    apart: list[Reply] = []
    if reply.image and (reply.document or not _takes_header(reply)):
        apart.append(Reply("", image=reply.image))
        reply = replace(reply, image=None)
    if reply.document and not _takes_header(reply):
        apart.append(Reply("", document=reply.document))
        reply = replace(reply, document=None)
    return [*apart, *_worded(reply), *_further_rows(reply)]


def _worded(reply: Reply) -> list[Reply]:
    if not (reply.text.strip() or _interactive(reply) or reply.image or reply.document):
        return []
    said = pieces(reply.text, _room(reply))
    bubbles = [Reply(each) for each in said]
    if said == [reply.text] and len(reply.choices) <= ROWS:
        return [reply]  # as nearly always
    if len(said) == 1:
        return [replace(reply, text=said[0], choices=reply.choices[:ROWS])]
    bubbles[0] = replace(bubbles[0], image=reply.image, document=reply.document)
    bubbles[-1] = replace(
        reply, text=said[-1], choices=reply.choices[:ROWS], image=None, document=None
    )
    return bubbles


def _further_rows(reply: Reply) -> list[Reply]:
    more = range(ROWS, len(reply.choices), ROWS)
    return [
        Reply(_WORDLESS, reply.choices[start : start + ROWS], reply.list_label) for start in more
    ]


def _folded(reply: Reply) -> Reply:
    """The same bubble without what WhatsApp cannot show together, said in its text instead."""
    if reply.choices and reply.asks_place:
        reply = replace(reply, asks_place=False)
    if reply.link and (reply.choices or reply.asks_place):
        address = f"{reply.link.label}: {reply.link.url}"
        reply = replace(reply, text=f"{reply.text}\n\n{address}", link=None)
    if reply.footer and not _interactive(reply):
        reply = replace(reply, text=f"{reply.text}\n\n_{reply.footer}_", footer="")
    return reply


def _interactive(reply: Reply) -> bool:
    return bool(reply.choices or reply.link or reply.asks_place)


def _takes_header(reply: Reply) -> bool:
    """Lists and location requests have no picture; buttons, links and captions do."""
    return not reply.asks_place and len(reply.choices) <= BUTTONS


def _room(reply: Reply) -> Room:
    first = CAPTION if reply.image or reply.document else TEXT
    if len(reply.choices) > BUTTONS:
        return Room(first, TEXT, LIST_BODY)
    return Room(first, TEXT, INTERACTIVE_BODY if _interactive(reply) else TEXT)


def render(reply: Reply, *, to: Address, ours: int, reply_to: str | None = None) -> dict[str, Any]:
    """One of `parts` as a request body. `ours` comes back in every status of the message.

    Raises NoAddress.
    """
    return enveloped(_content(reply), to, ours, reply_to)


def enveloped(
    content: dict[str, Any], to: Address, ours: int, reply_to: str | None = None
) -> dict[str, Any]:
    """The request body around the content of any message. Raises NoAddress."""
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(to),
        **content,
        "biz_opaque_callback_data": str(ours),
    }
    if reply_to:
        body["context"] = {"message_id": reply_to}
    return body


def _recipient(to: Address) -> dict[str, str]:
    if to.phone:
        return {"to": to.phone.removeprefix("+")}
    if to.bsuid:
        return {"recipient": to.bsuid}
    raise NoAddress(NoAddress.__doc__)


def _content(reply: Reply) -> dict[str, Any]:
    if reply.choices:
        few = len(reply.choices) <= BUTTONS
        return _interactive_message(reply, _buttons(reply) if few else _list(reply))
    if reply.link:
        return _interactive_message(reply, _cta(reply.link))
    if reply.asks_place:
        asks = {"type": "location_request_message", "action": {"name": "send_location"}}
        return _interactive_message(reply, asks)
    if reply.image or reply.document:
        return _media_message(reply)
    shows_link = "://" in reply.text
    return {"type": "text", "text": {"body": reply.text, "preview_url": shows_link}}


def _interactive_message(reply: Reply, what: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {**what, "body": {"text": reply.text.strip() or _WORDLESS}}
    kind, file = _file(reply)
    if file:
        message["header"] = {"type": kind, kind: file}
    if reply.footer:
        message["footer"] = {"text": clip(reply.footer, FOOTER)}
    return {"type": "interactive", "interactive": message}


def _buttons(reply: Reply) -> dict[str, Any]:
    buttons = [
        {"type": "reply", "reply": {"id": id, "title": label}}
        for id, label, _ in _titled(reply.choices, BUTTON_LABEL)
    ]
    return {"type": "button", "action": {"buttons": buttons}}


def _list(reply: Reply) -> dict[str, Any]:
    rows = []
    for id, label, description in _titled(reply.choices, ROW_LABEL):
        row = {"id": id, "title": label}
        if description:
            row["description"] = clip(description, ROW_DESCRIPTION)
        rows.append(row)
    opens = clip(_one_line(reply.list_label) or _OPENS_LIST, LIST_LABEL)
    return {"type": "list", "action": {"button": opens, "sections": [{"rows": rows}]}}


def _cta(link: Link) -> dict[str, Any]:
    label = clip(_one_line(link.label) or link.url, BUTTON_LABEL)
    return {
        "type": "cta_url",
        "action": {"name": "cta_url", "parameters": {"display_text": label, "url": link.url}},
    }


def _media_message(reply: Reply) -> dict[str, Any]:
    kind, file = _file(reply)
    if reply.text.strip():
        file["caption"] = reply.text
    return {"type": kind, kind: file}


def _file(reply: Reply) -> tuple[str, dict[str, str]]:
    """The picture or document, by Meta's id when it has the file, else by address."""
    if reply.image:
        return "image", source(reply.image)
    if reply.document is None:
        return "", {}
    file = source(reply.document)
    if reply.document.filename:
        file["filename"] = reply.document.filename
    return "document", file


def source(media: Media) -> dict[str, str]:
    """Where Meta finds a file: its own id for it, or an address."""
    if media.url.startswith(UPLOADED):
        return {"id": media.url.removeprefix(UPLOADED)}
    return {"link": media.url}


def _titled(choices: Iterable[Choice], limit: int) -> list[tuple[str, str, str]]:
    """(id, label, description) with labels clipped and told apart: equal ones are refused.

    A label that had to be clipped is said whole in the description, where that is free.
    """
    titled: list[tuple[str, str, str]] = []
    ids: set[str] = set()
    labels: set[str] = set()
    for choice in choices:
        if choice.id in ids:
            continue
        whole = _one_line(choice.label) or "•"
        label = _unlike(labels, whole, limit)
        ids.add(choice.id)
        labels.add(label)
        said_whole = "" if label == whole else whole
        titled.append((choice.id, label, _one_line(choice.description) or said_whole))
    return titled


def _unlike(taken: set[str], label: str, limit: int) -> str:
    clipped, count = clip(label, limit), 1
    while clipped in taken:
        count += 1
        number = f" {count}"
        clipped = clip(label, limit - len(number)) + number
    return clipped


def _one_line(text: str) -> str:
    return " ".join(text.split())


def seen_body(message_id: str, typing: bool = True) -> dict[str, Any]:
    """Marks a message read and shows "typing…" until we answer, for 25 seconds at most."""
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
    }
    if typing:
        body["typing_indicator"] = {"type": "text"}
    return body
