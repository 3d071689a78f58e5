"""What kind of thing a Green API message is, in the words of this house."""

from typing import Any

from bot.channels.shapes import listing, mapping, text

UNSUPPORTED = "unsupported"
UNDECRYPTABLE = "{{SWE001}}"  # in the place of a text that must be sent again
TOO_LARGE = "{{SWE002}}"  # in the place of the address of a file over 100 MB

_KINDS = {
    "imageMessage": "image",
    "videoMessage": "video",
    "documentMessage": "document",
    "stickerMessage": "sticker",
    "locationMessage": "location",
    "contactMessage": "contacts",
    "contactsArrayMessage": "contacts",
    "editedMessage": "edit",
    "deletedMessage": "revoke",
    "pollMessage": "poll",
    "groupInviteMessage": "group_invite",
}
_TEXTS = frozenset(("textMessage", "extendedTextMessage", "quotedMessage"))
# The same tap has been seen under all of these names; the last one is a menu when it
# comes without a selection.
_TAPS = (
    "interactiveButtonsResponse",
    "buttonsResponseMessage",
    "templateButtonReplyMessage",
    "templateButtonsReplyMessage",
    "listResponseMessage",
    "interactiveButtonsReply",
)


def kind_of(body: dict[str, Any]) -> str:
    """The kind of a webhook's message; "unsupported" when its type is unknown."""
    if text(body.get("typeWebhook")) == "incomingCall":
        return "call"
    data = mapping(body.get("messageData"))
    name = text(data.get("typeMessage"))
    if name in _TEXTS:
        return "text" if words_of(data) not in ("", UNDECRYPTABLE) else UNSUPPORTED
    if name == "audioMessage":
        mime = text(mapping(data.get("fileMessageData")).get("mimeType"))
        return "voice" if mime.startswith("audio/ogg") else "audio"  # as WhatsApp records them
    if name == "reactionMessage":
        return "reaction" if words_of(data) else "reaction_removed"
    if name == "pollUpdateMessage":
        return "poll_vote" if voted(data) else "poll_unvote"
    if tap_of(data):
        return "list" if name == "listResponseMessage" else "button"
    return _KINDS.get(name, UNSUPPORTED)


def words_of(data: dict[str, Any]) -> str:
    """The typed text, in either of the two places it comes in."""
    plain = text(mapping(data.get("textMessageData")).get("textMessage"))
    return plain or text(mapping(data.get("extendedTextMessageData")).get("text"))


def tap_of(data: dict[str, Any]) -> dict[str, Any]:
    """The part that tells which button or row was tapped; empty when none was."""
    for key in _TAPS:
        part = mapping(data.get(key))
        if tapped_id(part) or text(part.get("selectedDisplayText")):
            return part
    return {}


def tapped_id(part: dict[str, Any]) -> str:
    row = part.get("singleSelectReply")
    return (
        text(part.get("selectedId"))
        or text(part.get("selectedButtonId"))
        or text(row)
        or text(mapping(row).get("selectedRowId"))
    )


def voted(data: dict[str, Any]) -> str:
    """The options of a poll that have a voter, in their order; the webhook tells the whole state
    each time, so that a vote that was changed reads as it is now."""
    votes = listing(mapping(data.get("pollMessageData")).get("votes"))
    options = [mapping(vote) for vote in votes]
    names = [text(option.get("optionName")) for option in options if _has_voter(option)]
    return ", ".join(filter(None, names))


def _has_voter(option: dict[str, Any]) -> bool:
    return bool(listing(option.get("optionVoters")))
