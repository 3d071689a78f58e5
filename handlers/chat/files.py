"""Files that people send: on their way, passed on to others, or not come."""

from typing import ClassVar

from bot.dialog import Again, Go, Media, Next, Reply, Said, Step, Words
from bot.language import _
from services import Services
from services.businesses.facts import SentFile
from services.ground.facts import Fact
from services.ground.files import FileCame, FileFailed


class FilesComing(Step):
    """Files are on their way from WhatsApp: nothing is asked meanwhile."""

    strays: ClassVar[bool] = False

    async def ask(self, do: Services) -> Words:
        return _("Thank you, one moment…")

    async def answer(self, said: Said, do: Services) -> Next:
        return Again(_("One moment please, your file is still on its way."), quietly=True)


class FileComing(FilesComing):
    """One file; what it was sent for, a subclass knows."""

    expected: int  # file id

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case FileCame(file_id=self.expected):
                return await self.came(fact.file_key, do)
            case FileFailed(file_id=self.expected):
                return Go(await self.question(do), sorry(fact.why))
        return None

    async def came(self, key: str, do: Services) -> Next:
        """What is done with it."""
        raise NotImplementedError

    async def question(self, do: Services) -> Step:
        """What is asked once more when it does not come."""
        raise NotImplementedError


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
