"""A Green API message as something said."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.channels.cloud_said import place
from bot.channels.green_kinds import TOO_LARGE, kind_of, tap_of, tapped_id, voted, words_of
from bot.channels.shapes import e164, listing, mapping, moment, text
from bot.dialog.said import Attachment, Said

_CARD_ID = re.compile(r"waid=(\d{7,15})")
# At the beginning of a line, as in RFC 6350, also so that no card takes long to look through.
_CARD_PHONE = re.compile(r"^(?:[\w-]+\.)?TEL[^:\n]*:([^\r\n]+)", re.MULTILINE)


def read(payload: dict[str, Any]) -> Said:
    """What the person said, as `cloud_said.read` does. `payload` is the whole webhook."""
    data = mapping(payload.get("messageData"))
    kind = kind_of(payload)
    heard = _READERS.get(kind, _nothing)(data)
    return replace(
        heard,
        kind="text" if kind == "poll_vote" else kind,  # an option is as good as its label typed
        reply_to=heard.reply_to or _quoted(data),
        sent_at=moment(payload.get("timestamp")),
    )


def _quoted(data: dict[str, Any]) -> str | None:
    for key in ("quotedMessage", "extendedTextMessageData"):
        if stanza := text(mapping(data.get(key)).get("stanzaId")):
            return stanza
    return None


def _nothing(_data: dict[str, Any]) -> Said:
    return Said()


def _text(data: dict[str, Any]) -> Said:
    return Said(words_of(data))


def _tap(data: dict[str, Any]) -> Said:
    part = tap_of(data)
    label = (
        text(part.get("selectedDisplayText"))
        or text(part.get("selectedButtonText"))
        or text(part.get("title"))
    )
    return Said(label, tapped=tapped_id(part) or None, reply_to=_stanza(part))


def _vote(data: dict[str, Any]) -> Said:
    """A vote is the option's label said; taking it back says nothing."""
    return Said(voted(data), reply_to=_stanza(mapping(data.get("pollMessageData"))))


def _file(data: dict[str, Any]) -> Said:
    file = mapping(data.get("fileMessageData"))
    url = text(file.get("downloadUrl"))
    attachment = Attachment(
        kind=kind_of({"messageData": data}),
        url="" if url == TOO_LARGE else url,
        mime_type=text(file.get("mimeType")),
        filename=text(file.get("fileName")),
    )
    return Said(text(file.get("caption")), attachment=attachment)


def _location(data: dict[str, Any]) -> Said:
    return Said(place=place(mapping(data.get("locationMessageData")), "nameLocation"))


def _contacts(data: dict[str, Any]) -> Said:
    """A shared contact card: its first phone is what is said."""
    inner = mapping(data.get("messageData"))
    cards = [data.get("contactMessageData"), *listing(inner.get("contacts"))]
    for card in (*cards, *listing(data.get("contacts"))):
        vcard = text(mapping(card).get("vcard"))
        name = text(mapping(card).get("displayName"))
        if known := _CARD_ID.search(vcard):
            return Said(e164(known.group(1)) or "", name=name)
        if written := _CARD_PHONE.search(vcard):
            return Said(written.group(1).strip(), name=name)
    return Said()


def _edit(data: dict[str, Any]) -> Said:
    edited = mapping(data.get("editedMessageData"))
    words = text(edited.get("textMessage")) or text(edited.get("text"))
    return Said(words or text(edited.get("caption")), reply_to=_stanza(edited))


def _revoke(data: dict[str, Any]) -> Said:
    return Said(reply_to=_stanza(mapping(data.get("deletedMessageData"))))


def _stanza(part: dict[str, Any]) -> str | None:
    return text(part.get("stanzaId")) or None


_READERS: dict[str, Callable[[dict[str, Any]], Said]] = {
    "text": _text,
    "button": _tap,
    "list": _tap,
    "poll_vote": _vote,
    "poll_unvote": _vote,
    "image": _file,
    "audio": _file,
    "voice": _file,
    "video": _file,
    "document": _file,
    "sticker": _file,
    "location": _location,
    "contacts": _contacts,
    "reaction": _text,
    "reaction_removed": _text,
    "edit": _edit,
    "revoke": _revoke,
}
