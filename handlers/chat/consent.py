"""What a person agreed to, where they told the provider and not us."""

from bot.dialog import Notice, Words
from services import Services
from services.ground.facts import Fact
from services.people.facts import MarketingRefused


async def refused(fact: MarketingRefused, do: Services) -> Words:
    """They stopped our offers in WhatsApp itself: honoured, and not talked about."""
    wording = "The provider refused an offer of ours: this person wants none."
    await do.people.stop_marketing(fact.user_id, wording, source="provider")
    return ""


NOTICES: dict[type[Fact], Notice] = {MarketingRefused: refused}
