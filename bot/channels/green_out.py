"""Bubbles as Green API calls: plain text with numbered choices, files by address."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from bot.channels.address import Address, NoAddress
from bot.channels.lengths import Room, clip, pieces, width
from bot.channels.media import UPLOADED
from bot.dialog.reply import Choice, Media, Reply

TEXT, CAPTION = 4096, 1024
BUTTONS, BUTTON_LABEL, BUTTON_BODY = 3, 25, 1024
LINE = 72  # of a numbered choice's label and description, as much as a row of a list shows
HINT = "↩ {numbers}"  # what follows numbered choices; {numbers} becomes "1–4"
_BLOCK_IN_CAPTION = 512  # numbered choices longer than this leave a caption no room
_LEAST = 200


@dataclass(frozen=True, slots=True)
class GreenCall:
    """A method of the API and its body; the address is the client's business."""

    method: str
    body: dict[str, Any]


def parts(reply: Reply, hint: str = HINT) -> list[Reply]:
    """The bubble as as many messages as it takes: the file first, choices on the last."""
    reply = _folded(reply)
    block = width(_numbered(reply.choices, reply.list_label, hint))
    apart: list[Reply] = []
    if reply.image and (reply.document or block > _BLOCK_IN_CAPTION):
        apart.append(Reply("", image=reply.image))
        reply = replace(reply, image=None)
    if reply.document and block > _BLOCK_IN_CAPTION:
        apart.append(Reply("", document=reply.document))
        reply = replace(reply, document=None)
    return [*apart, *_worded(reply, block)]


def _worded(reply: Reply, block: int) -> list[Reply]:
    file = bool(reply.image or reply.document)
    if not (reply.text.strip() or reply.choices or file):
        return []
    last = min(TEXT - block, BUTTON_BODY if 0 < len(reply.choices) <= BUTTONS else TEXT)
    first = (CAPTION - block) if file else TEXT
    said = pieces(reply.text, Room(first, TEXT, max(last, _LEAST)))
    if len(said) == 1:
        return [replace(reply, text=said[0])]
    bubbles = [Reply(each) for each in said]
    bubbles[0] = replace(bubbles[0], image=reply.image, document=reply.document)
    bubbles[-1] = replace(reply, text=said[-1], image=None, document=None)
    return bubbles


def _folded(reply: Reply) -> Reply:
    """The same bubble with its link and footer said in its text."""
    text = reply.text
    if reply.link:
        text = f"{text}\n\n{reply.link.label}: {reply.link.url}"
    if reply.footer:
        text = f"{text}\n\n_{reply.footer}_"
    return replace(reply, text=text, link=None, footer="")


def render(
    reply: Reply,
    *,
    to: Address,
    reply_to: str | None = None,
    buttons: bool = False,
    hint: str = HINT,
) -> GreenCall:
    """One of `parts` as a call. `buttons` uses the beta method where it works: up to three
    choices in a personal chat. Raises NoAddress."""
    chat = chat_of(to)
    body: dict[str, Any] = {"chatId": chat}
    if reply_to:
        body["quotedMessageId"] = reply_to
    file = reply.image or reply.document
    if file is None and buttons and takes_buttons(reply, chat):
        return GreenCall("sendInteractiveButtonsReply", {**body, **_buttons(reply)})
    text = reply.text.strip() + _numbered(reply.choices, reply.list_label, hint)
    if file is None:
        return GreenCall("sendMessage", {**body, "message": text.strip()})
    address = file.url.removeprefix(UPLOADED)
    body |= {"urlFile": address, "fileName": _filename(file, ".jpg" if reply.image else ".pdf")}
    return GreenCall("sendFileByUrl", {**body, "caption": text.strip()} if text else body)


def chat_of(to: Address) -> str:
    """The chat id as it came; a phone only when that is all we have. Raises NoAddress."""
    if to.chat_id:
        return to.chat_id
    if to.phone:
        return f"{to.phone.removeprefix('+')}@c.us"
    raise NoAddress(NoAddress.__doc__)


def takes_buttons(reply: Reply, chat: str) -> bool:
    return 0 < len(reply.choices) <= BUTTONS and not chat.endswith("@g.us")


def _buttons(reply: Reply) -> dict[str, Any]:
    buttons = [
        {"buttonId": choice.id, "buttonText": clip(_one_line(choice.label), BUTTON_LABEL)}
        for choice in reply.choices
    ]
    return {"body": reply.text.strip() or "…", "buttons": buttons}


def _numbered(choices: tuple[Choice, ...], title: str, hint: str) -> str:
    """The choices as lines to answer with a number; empty when there are none."""
    if not choices:
        return ""
    lines = [f"{number}. {_line(choice)}" for number, choice in enumerate(choices, 1)]
    heading = f"*{clip(_one_line(title), LINE)}*\n" if title.strip() else ""
    numbers = f"1–{len(choices)}" if len(choices) > 1 else "1"
    return f"\n\n{heading}" + "\n".join(lines) + f"\n\n{hint.format(numbers=numbers)}"


def _line(choice: Choice) -> str:
    label = clip(_one_line(choice.label), LINE)
    description = clip(_one_line(choice.description), LINE)
    return f"{label} — {description}" if description else label


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _filename(file: Media, extension: str) -> str:
    """A name with an extension: it decides how WhatsApp shows the file."""
    name = file.filename or PurePosixPath(urlsplit(file.url).path).name or "file"
    return name if PurePosixPath(name).suffix else name + extension
