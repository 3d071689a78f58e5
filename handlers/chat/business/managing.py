"""What a member can change about their business, as far as their role goes."""

from typing import ClassVar

from bot.dialog import Choice, Next, Said, Silence, Step, Words
from bot.language import _, button, row
from handlers.chat.business import hearing, papers, people
from handlers.chat.business.order import not_permitted
from handlers.chat.shopping.offers import offer, opened
from services import Services
from services.businesses import Member, may


class Manage(Step):
    """The list of it."""

    tag: ClassVar[str] = "business.manage"
    business_id: int

    async def ask(self, do: Services) -> Words:
        member = await do.businesses.member(do.me.id, self.business_id)
        if member is None:
            return not_permitted()
        business = await do.businesses.get(self.business_id)
        rows = _rows(member, is_approved=business.verification == "approved")
        return offer(_("What would you like to change?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        return await _on(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _on(choice, do)


def _rows(member: Member, *, is_approved: bool) -> list[Choice]:
    here = member.business_id
    rows = []
    if may(member.role, "settings") and not is_approved:
        rows.append(Choice(f"papers:{here}", row("Send papers"), _("For the verification")))
    if may(member.role, "members"):
        rows.append(Choice(f"people:{here}", row("People"), _("Who belongs, and as what")))
    rows.append(Choice(f"hearing:{here}", row("What I hear of"), _("And quiet hours")))
    rows.append(Choice(f"leave:{here}", row("Leave"), _("Belong to it no more")))
    return rows


async def _on(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("papers", business_id):
            return await papers.begin(str(business_id), do)
        case ("people", business_id):
            return people.People(business_id=business_id)
        case ("hearing", business_id):
            return hearing.Hearing(business_id=business_id)
        case ("leave", business_id):
            return people.Leave(business_id=business_id)
    return Silence("strange tap")


STEPS: list[type[Step]] = [Manage]
