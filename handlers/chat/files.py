"""Files that people send: passed on to others, or not come."""

from bot.dialog import Media, NotUnderstood, Reply, Said, named
from bot.language import _
from services.businesses.facts import SentFile


def passed_on(file: SentFile) -> Reply:
    """A file that somebody sent, passed on."""
    kept = Media(f"/files/{file.key}", file.name)
    is_picture = file.key.endswith((".jpg", ".png"))
    return Reply("", image=kept) if is_picture else Reply("", document=kept)


def sorry(why: str) -> str:
    """Why a file did not come."""
    match why:
        case "too large":
            return _("That file is too large for me. Please send a smaller one.")
        case "type":
            return _("I cannot pass on that kind of file. A photo or a PDF works.")
    return _("I could not get your file from WhatsApp. Please send it once more.")


def has_none(said: Said) -> bool:
    """Whether somebody who was asked for a file has none: by a no, or by the choice "none"."""
    try:
        return not said.yes_no()
    except NotUnderstood:
        return named(said.text, said.offered) == "none"
