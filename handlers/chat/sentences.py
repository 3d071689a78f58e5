"""What the engine itself has to say."""

from bot.dialog import Choice, Reply, Said, Sentences, Words
from bot.language import _, button, current, speak
from handlers.chat.home import hello, spoken_in
from handlers.chat.names import first_name
from services import Services


async def welcome(said: Said, do: Services) -> Words:
    """The very first words, in the language of the person's own."""
    if (language := spoken_in(said.text)) and language != current():
        await do.people.choose_language(do.me.id, language)
        speak(language)
    name = do.me.name
    hi = _("Hello {name}! 👋").format(name=first_name(name)) if name else _("Hello! 👋")
    who = _("I am *{brand}*: shop, order and pay right here, in this chat.").format(brand=do.brand)
    return f"{hi}\n{who}"


async def welcome_back(do: Services) -> Words:
    resume = (Choice.act("resume", "", button("Go on")),)
    text = _("You were in the middle of something. Shall we go on there?")
    return (hello(do), Reply(text, resume))


async def stale(do: Services) -> Words:
    return _("That button is from earlier in our chat, and things have moved on.")


async def already(do: Services) -> Words:
    return _("I have that already, thank you.")


async def start(do: Services) -> Words:
    return _("This is where we begin.")


async def no_way_back(do: Services) -> Words:
    return _("This step cannot be undone. Type *menu* to do something else.")


async def lost(do: Services) -> Words:
    text = _("I am sorry, I do not understand. The menu shows what I can do, or a person can help.")
    choices = (
        Choice.act("menu", "", button("Menu")),
        Choice.act("agent", "", button("Ask a person")),
    )
    return Reply(text, choices)


async def unreadable(do: Services) -> Words:
    return _(
        "I was improved just now and lost the thread, sorry. "
        "Your cart and your orders are safe. Let us start here."
    )


async def changed(do: Services) -> Words:
    return _("All right, I go by your new words.")


async def too_fast(do: Services) -> Words:
    return _(
        "That is more than I can follow. I stop answering for a minute; "
        "write again then, one message at a time."
    )


def apology() -> Reply:
    """What is said when a message could not be answered, whatever we tried."""
    return Reply(
        _("I am sorry, something went wrong on my side. It has been noted. Please try once more.")
    )


SENTENCES = Sentences(
    welcome=welcome,
    welcome_back=welcome_back,
    stale=stale,
    already=already,
    start=start,
    no_way_back=no_way_back,
    lost=lost,
    unreadable=unreadable,
    changed=changed,
    too_fast=too_fast,
)
