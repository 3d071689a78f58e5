"""The people of a business: who belongs, as what, and who has been asked."""

from typing import ClassVar

from bot.dialog import Choice, Done, Go, Next, Reply, Said, Silence, Step, Words
from bot.language import _, button, row
from handlers.chat.business.inviting import (
    InvitePhone,
    role_choices,
    role_name,
    role_of,
    which_role,
)
from handlers.chat.business.order import not_permitted, permitted
from handlers.chat.shopping.offers import more, offer, opened
from services import Services
from services.businesses import Invitation, Member
from services.businesses.errors import LastOwner, NotPermitted
from services.ground.errors import NotFound

ROWS = 8


class People(Step):
    """Everybody, and asking somebody new."""

    tag: ClassVar[str] = "business.people"
    business_id: int
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        if not await permitted(self.business_id, "members", do):
            return not_permitted()
        everybody = [await _row(one, do) for one in await _everybody(self.business_id, do)]
        rows = everybody[self.offset : self.offset + ROWS]
        if len(everybody) > self.offset + ROWS:
            rows.append(more(self.offset + ROWS))
        rows.append(Choice(f"invite:{self.business_id}", row("Invite somebody")))
        return offer(_("Your people. Tap one to change something."), rows, button("People"))

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("more", offset):
                return self.model_copy(update={"offset": offset})
            case found:
                return _on(found)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return _on(opened(choice))


async def _everybody(business_id: int, do: Services) -> list[Member | Invitation]:
    asked = await do.businesses.invitations(business_id, do.me.id)
    return [*await do.businesses.members(business_id), *asked]


async def _row(one: Member | Invitation, do: Services) -> Choice:
    what = "member" if isinstance(one, Member) else "asked"
    says = role_name(one.role)
    if isinstance(one, Invitation):
        says = _("{role}, has not answered yet").format(role=says)
    return Choice(f"{what}:{one.business_id}:{one.user_id}", await _name(one.user_id, do), says)


async def _name(user_id: int, do: Services) -> str:
    return await do.people.name(user_id) or await do.people.phone(user_id) or _("Somebody")


def _on(found: tuple[str, *tuple[int, ...]]) -> Next:
    match found:
        case ("invite", business_id):
            return InvitePhone(business_id=business_id)
        case ("member", business_id, user_id):
            return OneMember(business_id=business_id, user_id=user_id)
        case ("asked", business_id, user_id):
            return OneInvited(business_id=business_id, user_id=user_id)
    return Silence("strange tap")


class OneMember(Step):
    """What can be done about a member: another role, or out."""

    tag: ClassVar[str] = "business.member"
    business_id: int
    user_id: int

    async def ask(self, do: Services) -> Words:
        if not await permitted(self.business_id, "members", do):
            return not_permitted()
        member = await do.businesses.member(self.user_id, self.business_id)
        if member is None:
            return _gone()
        text = f"*{await _name(self.user_id, do)}* – {role_name(member.role)}"
        choices = (Choice("role", button("Another role")), Choice("remove", button("Take out")))
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.choice() == "role":
            return MemberRole(business_id=self.business_id, user_id=self.user_id)
        try:
            await do.businesses.remove(self.business_id, self.user_id, by=do.me.id)
        except NotFound:
            return Done(_gone())
        except NotPermitted:
            return Done(not_permitted())
        except LastOwner:
            return Go(People(business_id=self.business_id), last_owner())
        text = _("*{name}* does not belong to your business any more.")
        if self.user_id == do.me.id:
            return Done(left())
        said_ = text.format(name=await _name(self.user_id, do))
        return Go(People(business_id=self.business_id), said_, for_good=True)


def _gone() -> str:
    return _("They do not belong to your business any more.")


def last_owner() -> str:
    return _("A business needs an owner. Make somebody else owner first.")


def left() -> str:
    return _("You do not belong to it any more. Thank you for your work!")


class MemberRole(Step):
    """A member's new role."""

    tag: ClassVar[str] = "business.member-role"
    business_id: int
    user_id: int

    async def ask(self, do: Services) -> Words:
        if not await permitted(self.business_id, "members", do):
            return not_permitted()
        return Reply(which_role(await do.businesses.get(self.business_id)), role_choices())

    async def answer(self, said: Said, do: Services) -> Next:
        role = role_of(said)
        people = People(business_id=self.business_id)
        try:
            await do.businesses.change_role(self.business_id, self.user_id, role, by=do.me.id)
        except NotFound:
            return Done(_gone())
        except NotPermitted:
            return Done(not_permitted())
        except LastOwner:
            return Go(people, last_owner())
        text = _("*{name}* is {role} now.")
        said_ = text.format(name=await _name(self.user_id, do), role=role_name(role))
        return Go(people, said_, for_good=True)


class OneInvited(Step):
    """Somebody who was asked and has not answered."""

    tag: ClassVar[str] = "business.invited"
    business_id: int
    user_id: int

    async def ask(self, do: Services) -> Words:
        if not await permitted(self.business_id, "members", do):
            return not_permitted()
        text = _("*{name}* has not answered yet.").format(name=await _name(self.user_id, do))
        choices = (Choice("withdraw", button("Take it back")), Choice("wait", button("Wait")))
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        people = People(business_id=self.business_id)
        if said.choice() == "wait":
            return people
        try:
            await do.businesses.withdraw(self.business_id, self.user_id, by=do.me.id)
        except NotPermitted:
            return Done(not_permitted())
        except NotFound:
            return Go(people, _("That invitation does not hold any more."))
        return Go(people, _("The invitation is taken back."), for_good=True)


class Leave(Step):
    """Going by oneself, asked once more."""

    tag: ClassVar[str] = "business.leave"
    business_id: int

    async def ask(self, do: Services) -> Words:
        if await do.businesses.member(do.me.id, self.business_id) is None:
            return not_permitted()
        business = await do.businesses.get(self.business_id)
        choices = (Choice("leave", button("Yes, I leave")), Choice("stay", button("I stay")))
        text = _("Do you want to leave *{name}*? You hear nothing of it any more.")
        return Reply(text.format(name=business.name), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.choice() == "stay":
            return Done(_("Good that you stay!"))
        try:
            await do.businesses.leave(self.business_id, do.me.id)
        except NotFound:
            return Done(not_permitted())
        except LastOwner:
            return Done(last_owner())
        return Done(left())


STEPS: list[type[Step]] = [People, OneMember, MemberRole, OneInvited, Leave]
