"""What is said to things that are not words: a human answer, or silence for a reason."""

from bot.dialog import Again, Aside, Go, Next, Said, Silence
from bot.language import _
from handlers.chat import home
from handlers.chat.business import files
from handlers.chat.payments import proofs
from handlers.chat.shopping import addresses, native_cart
from services import Services


def _aside(text: str) -> Next:
    """A remark that leaves the question open as it stands."""
    return Again(text, quietly=True)


async def sticker(said: Said, do: Services) -> Next:
    return _aside("😊")


async def voice(said: Said, do: Services) -> Next:
    return _aside(_("I cannot listen to voice notes yet. Could you type it for me?"))


async def picture(said: Said, do: Services) -> Next:
    if (receipt := await proofs.stray(do)) is not None:
        return receipt
    return Again(
        _("Nice picture! I cannot make use of it here, though. Could you put it in words?")
    )


async def video(said: Said, do: Services) -> Next:
    return _aside(_("I cannot watch videos yet. Could you put it in words?"))


async def document(said: Said, do: Services) -> Next:
    if files.wants(said, do.me):
        return await files.received(said, do)
    if (receipt := await proofs.stray(do)) is not None:
        return receipt
    return _aside(_("Thank you, but I cannot read documents yet. Could you put it in words?"))


async def contacts(said: Said, do: Services) -> Next:
    return _aside(_("Thank you for the contact. I do not need one right now."))


async def location(said: Said, do: Services) -> Next:
    if said.place is None:
        return _aside(_("I cannot read that location. Could you type the address?"))
    return addresses.shared(said.place)


async def call(said: Said, do: Services) -> Next:
    text = _("I cannot take calls, only messages. Type *agent* and a person reads your question.")
    return _aside(text)


async def edit(said: Said, do: Services) -> Next:
    return _aside(
        _("I see you changed an earlier message. I went by what it said first: please send it new.")
    )


async def revoke(said: Said, do: Services) -> Next:
    return _aside(
        _("You took a message back. What I did with it stays; type *back* to go one step back.")
    )


async def unsupported(said: Said, do: Services) -> Next:
    return _aside(_("WhatsApp does not show me that kind of message. Could you type it?"))


async def opened(said: Said, do: Services) -> Next:
    """The person opened the chat and has said nothing yet."""
    return Go(home.Menu(), home.hello(do))


async def preference(said: Said, do: Services) -> Next:
    """The provider's own switch for marketing: honoured, and not talked about."""
    if said.text == "stop":
        await do.people.stop_marketing(do.me.id, "marketing preference", source="provider")
    if said.text == "resume":
        await do.people.start_marketing(do.me.id, "marketing preference", source="provider")
    return Silence("marketing preference")


ASIDES: dict[str, Aside] = {
    "sticker": sticker,
    "voice": voice,
    "audio": voice,
    "image": picture,
    "video": video,
    "document": document,
    "contacts": contacts,
    "location": location,
    "call": call,
    "edit": edit,
    "revoke": revoke,
    "unsupported": unsupported,
    "flow": unsupported,
    "poll": unsupported,
    "welcome": opened,
    "marketing_preference": preference,
    "order": native_cart.received,
}
