"""What a person agreed to: told the provider and not us, or a human agent and not the bot."""

from bot.dialog import Notice, Said, Words
from handlers.chat import commands
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


NOTICES: dict[type[Fact], Notice] = {MarketingRefused: refused}
