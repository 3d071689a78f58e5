"""What a person agreed to: told the provider and not us, or a human agent and not the bot."""

from bot.dialog import Action, Again, Choice, Next, Notice, Reply, Said, Words
from bot.language import _, button, in_every_language
from handlers.chat import commands
from handlers.chat.phrases import phrases, plain
from services import Services
from services.ground.facts import Fact
from services.people.facts import MarketingRefused


async def refused(fact: MarketingRefused, do: Services) -> Words:
    """They stopped our offers in WhatsApp itself: honoured, and not talked about."""
    wording = "The provider refused an offer of ours: this person wants none."
    await do.people.stop_marketing(fact.user_id, wording, source="provider")
    return ""


def is_about_consent(said: Said) -> bool:
    """*stop* and *start* count whoever reads along, and so does the provider's own switch."""
    if said.kind == "marketing_preference":
        return True
    return said.kind == "text" and commands.command(said.text) in (commands.stop, commands.start)


_OFFERS = phrases(in_every_language("news, send me offers, subscribe to news"))


async def offers(said: Said, do: Services) -> Next | None:
    """*news*, typed anywhere: whether we may write of our own accord."""
    if plain(said.text) not in _OFFERS:
        return None
    choices = (
        Choice.act("offers", "yes", button("Yes, please")),
        Choice.act("offers", "no", button("No, thank you")),
    )
    return Again(Reply(asked(), choices), quietly=True)


def asked() -> str:
    return _(
        "May we write to you now and then: offers, and a reminder of a cart you left, even when "
        "you have not written for a while? *stop* ends it at any time."
    )


async def decided(argument: str, do: Services) -> Next:
    """The answer; the wording they agreed to is kept."""
    if argument == "yes":
        await do.people.agree_to_marketing(do.me.id, asked())
        return Again(_("Thank you! You hear from us now and then."), quietly=True)
    await do.people.stop_marketing(do.me.id, asked())
    return Again(_("All right: no offers from us."), quietly=True)


def is_phrase(words: str) -> bool:
    return plain(words) in _OFFERS


NOTICES: dict[type[Fact], Notice] = {MarketingRefused: refused}
ACTIONS: dict[str, Action] = {"offers": decided}
SHORTCUTS = (offers,)
