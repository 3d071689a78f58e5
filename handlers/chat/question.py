"""Asking a person: the question reaches the people of a business, their answer comes back."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Next,
    Notice,
    Reply,
    Said,
    Silence,
    Step,
    Template,
    Words,
)
from bot.language import _, button, ngettext
from handlers.chat.shopping.offers import chosen, offer
from handlers.chat.taps import number_of
from services import Services
from services.businesses.facts import BusinessAnswered, PersonAsked
from services.ground.errors import NotFound
from services.ground.facts import Fact

LONGEST = 1000  # characters
ROWS = 10


async def begin(do: Services) -> Next:
    """To a person; which business's only matters where there are several."""
    open_ = await do.businesses.listed()
    if not open_:
        return Again(_("Nobody is here right now, sorry."))
    return AskPerson(business_id=open_[0].id) if len(open_) == 1 else WhomToAsk()


class WhomToAsk(Step):
    tag: ClassVar[str] = "people.whom"

    async def ask(self, do: Services) -> Words:
        rows = [Choice(f"ask:{one.id}", one.name) for one in await do.businesses.listed()]
        return offer(_("Who should answer you?"), rows[:ROWS], button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        _what, business_id = chosen(said)
        return AskPerson(business_id=business_id)


class AskPerson(Step):
    """What a person wants to ask."""

    tag: ClassVar[str] = "people.ask"
    free_text: ClassVar[bool] = True
    business_id: int

    async def ask(self, do: Services) -> Words:
        business = await do.businesses.get(self.business_id)
        return _("What would you like to ask *{business}*? Write it in one message.").format(
            business=business.name
        )

    async def answer(self, said: Said, do: Services) -> Next:
        told = await do.businesses.ask(do.me.id, self.business_id, said.words(LONGEST))
        if not told:
            return Done(_("Nobody at the shop is here to read it, sorry. Please try tomorrow."))
        return Done(
            ngettext(
                "I have passed it on. The answer comes here, in this chat.",
                "I have passed it on to {count} people. The answer comes here, in this chat.",
                told,
            ).format(count=told)
        )


class Answer(Step):
    """A member's answer to a person."""

    tag: ClassVar[str] = "people.answer"
    free_text: ClassVar[bool] = True
    message_id: int

    async def ask(self, do: Services) -> Words:
        message = await do.businesses.message(do.me.id, self.message_id)
        name = await _name(message.user_id, do)
        return _("What shall I tell {name}? Write it in one message.").format(name=name)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            asked = await do.businesses.answer(do.me.id, self.message_id, said.words(LONGEST))
        except NotFound:
            return Done(_("That question is not there any more."))
        return Done(_("Sent to {name}.").format(name=await _name(asked.user_id, do)))


async def _name(user_id: int, do: Services) -> str:
    return await do.people.name(user_id) or _("a customer")


async def reply(argument: str, do: Services) -> Next:
    """The button *Reply*: a member answers, the person asks on."""
    if not (number := number_of(argument)):
        return Silence("strange tap")
    try:
        message = await do.businesses.message(do.me.id, number)
    except NotFound:
        return Again(_("That question is not there any more."))
    if message.user_id == do.me.id:
        return AskPerson(business_id=message.business_id)
    return Answer(message_id=message.id)


async def asked(fact: PersonAsked, do: Services) -> Words:
    """To a member: somebody asks."""
    message = await do.businesses.message(fact.user_id, fact.message_id)
    business = await do.businesses.get(fact.business_id)
    name = await _name(message.user_id, do)
    text = _("*{name}* asks {business}:\n{words}").format(
        name=name, business=business.name, words=fact.words
    )
    template = Template("question_new", (name, business.name, fact.words))
    return Reply(text, (_reply_button(fact.message_id),), template=template)


async def answered(fact: BusinessAnswered, do: Services) -> Words:
    """To the person: somebody has answered."""
    business = await do.businesses.get(fact.business_id)
    text = _("*{business}* answers:\n{words}").format(business=business.name, words=fact.words)
    template = Template("question_answered", (business.name, fact.words))
    return Reply(text, (_reply_button(fact.message_id),), template=template)


def _reply_button(message_id: int) -> Choice:
    return Choice.act("reply", message_id, button("Reply"))


NOTICES: dict[type[Fact], Notice] = {PersonAsked: asked, BusinessAnswered: answered}
ACTIONS: dict[str, Action] = {"reply": reply}
STEPS: list[type[Step]] = [WhomToAsk, AskPerson, Answer]
