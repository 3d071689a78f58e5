"""A person is asked to join a business: by a member's invitation, answered with a tap."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Next,
    Notice,
    Reply,
    Said,
    Step,
    Template,
    Words,
)
from bot.language import _, button
from handlers.chat.business import desk
from handlers.chat.business.order import not_permitted, permitted
from handlers.chat.taps import number_of
from services import Services
from services.businesses import Business, Role
from services.businesses.errors import AlreadyMember, NotInvited, TooManyInvited
from services.businesses.facts import InvitationAnswered, MemberInvited, MemberRemoved
from services.ground.errors import NotFound
from services.ground.facts import Fact


def role_name(role: str) -> str:
    return {"owner": _("owner"), "manager": _("manager"), "agent": _("agent")}[role]


def duties(role: str) -> str:
    match role:
        case "owner":
            return _("everything: orders, products, refunds, people and settings")
        case "manager":
            return _("orders, products, prices and refunds")
    return _("orders: accept, send, answer questions")


def role_choices() -> tuple[Choice, ...]:
    return (
        Choice("agent", button("Agent")),
        Choice("manager", button("Manager")),
        Choice("owner", button("Owner")),
    )


def which_role(business: Business) -> str:
    lines = [_("What may they do for *{name}*?").format(name=business.name)]
    lines += [f"*{role_name(role)}* – {duties(role)}" for role in ("agent", "manager", "owner")]
    return "\n".join(lines)


def role_of(said: Said) -> Role:
    """Raises NotUnderstood."""
    match said.choice():
        case "owner":
            return "owner"
        case "manager":
            return "manager"
    return "agent"


class InvitePhone(Step):
    """Whom to ask."""

    tag: ClassVar[str] = "business.invite"
    free_text: ClassVar[bool] = True
    business_id: int

    async def ask(self, do: Services) -> Words:
        return _("What is their WhatsApp number? Type it with the country's code, like +254 …")

    async def answer(self, said: Said, do: Services) -> Next:
        if not await permitted(self.business_id, "members", do):
            return Done(not_permitted())
        phone = said.phone((await do.businesses.get(self.business_id)).country)
        return InviteRole(business_id=self.business_id, phone=phone)


class InviteRole(Step):
    """As what; then they are asked."""

    tag: ClassVar[str] = "business.invite-role"
    business_id: int
    phone: str

    async def ask(self, do: Services) -> Words:
        if not await permitted(self.business_id, "members", do):
            return not_permitted()
        return Reply(which_role(await do.businesses.get(self.business_id)), role_choices())

    async def answer(self, said: Said, do: Services) -> Next:
        role = role_of(said)
        if not await permitted(self.business_id, "members", do):
            return Done(not_permitted())
        asked = await do.people.of_phone(self.phone, through=do.me.id)
        try:
            await do.businesses.invite(self.business_id, asked, role, by=do.me.id)
        except AlreadyMember:
            return Done(_("They belong to your business already."))
        except TooManyInvited:
            return Done(_("Many have not answered yet. Wait for them, or take some back first."))
        text = _(
            "I have asked {phone} to join as {role}. They have a week to answer, and I tell you "
            "what they say."
        )
        return Go(
            desk.Desk(business_id=self.business_id),
            text.format(phone=self.phone, role=role_name(role)),
            for_good=True,
        )


# -- the one who is asked -------------------------------------------------------------


async def invited(fact: MemberInvited, do: Services) -> Words:
    try:
        asked = await do.businesses.invitation(fact.business_id, fact.user_id)
    except NotInvited:
        return ""
    business = await do.businesses.get(asked.business_id)
    name = await do.people.name(asked.invited_by) or _("Somebody")
    text = _(
        "*{name}* asks you to join *{business}* as {role}: {duties}. What customers order then "
        "comes to you here. Would you like to?"
    ).format(
        name=name,
        business=business.name,
        role=role_name(asked.role),
        duties=duties(asked.role),
    )
    choices = (
        Choice.act("invite-accept", business.id, button("Join")),
        Choice.act("invite-decline", business.id, button("No, thank you")),
    )
    template = Template("member_invited", (name, business.name))
    return Reply(text, choices, template=template)


async def accept(argument: str, do: Services) -> Next:
    business_id = number_of(argument)
    try:
        member = await do.businesses.accept(business_id, do.me.id)
    except NotFound:
        return Again(_gone(), quietly=True)
    business = await do.businesses.get(business_id)
    text = _("Welcome to *{business}*! You are {role} now; *my business* brings you here.")
    said = text.format(business=business.name, role=role_name(member.role))
    return Go(desk.Desk(business_id=business_id), said, for_good=True)


async def decline(argument: str, do: Services) -> Next:
    try:
        await do.businesses.decline(number_of(argument), do.me.id)
    except NotFound:
        return Again(_gone(), quietly=True)
    return Again(_("All right. I tell them so."), quietly=True)


def _gone() -> str:
    return _("That invitation does not hold any more. Ask for a new one if you would like to join.")


# -- what follows ----------------------------------------------------------------------


async def answered(fact: InvitationAnswered, do: Services) -> Words:
    """To the one who invited."""
    business = await do.businesses.get(fact.business_id)
    name = await do.people.name(fact.member_id) or await do.people.phone(fact.member_id)
    if fact.accepted:
        text = _("*{name}* has joined *{business}*.")
    else:
        text = _("*{name}* does not want to join *{business}*.")
    return text.format(name=name or _("Somebody"), business=business.name)


async def removed(fact: MemberRemoved, do: Services) -> Words:
    """To the one who belongs no more."""
    business = await do.businesses.get(fact.business_id)
    return _("You do not belong to *{business}* any more.").format(business=business.name)


NOTICES: dict[type[Fact], Notice] = {
    MemberInvited: invited,
    InvitationAnswered: answered,
    MemberRemoved: removed,
}
ACTIONS: dict[str, Action] = {"invite-accept": accept, "invite-decline": decline}
STEPS: list[type[Step]] = [InvitePhone, InviteRole]
