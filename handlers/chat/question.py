"""Asking a person: the question reaches the people of a business, their answer comes back."""

from collections.abc import Sequence
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
    Silence,
    Step,
    Template,
    Words,
)
from bot.language import _, button, ngettext
from handlers.chat.files import FilesComing, passed_on, sorry
from handlers.chat.shopping.offers import chosen, offer
from handlers.chat.taps import number_of
from services import Services
from services.businesses.facts import BusinessAnswered, PersonAsked, SentFile
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.files import FileCame, FileFailed

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
    takes: ClassVar[frozenset[str]] = frozenset({"image", "document"})
    business_id: int

    async def ask(self, do: Services) -> Words:
        business = await do.businesses.get(self.business_id)
        return _("What would you like to ask *{business}*? Write it in one message.").format(
            business=business.name
        )

    async def answer(self, said: Said, do: Services) -> Next:
        if said.files:
            words = said.words(LONGEST) if said.text.strip() else ""
            expected = tuple(file.file_id for file in said.files if file.file_id)
            return PassOn(business_id=self.business_id, words=words, expected=expected)
        return await _pass_on(self.business_id, said.words(LONGEST), (), do)


class PassOn(FilesComing):
    """A question with files in it waits for them to come."""

    tag: ClassVar[str] = "people.passing"
    business_id: int
    words: str
    expected: tuple[int, ...]  # file ids that have not come yet
    came: tuple[tuple[int, SentFile], ...] = ()  # and those that have

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case FileCame(file_id=id_) if id_ in self.expected:
                return await self._came(fact, do)
            case FileFailed(file_id=id_) if id_ in self.expected:
                return Go(AskPerson(business_id=self.business_id), sorry(fact.why))
        return None

    async def _came(self, fact: FileCame, do: Services) -> Next:
        file = SentFile(key=fact.file_key, name=fact.name)
        came = tuple(sorted((*self.came, (fact.file_id, file)), key=lambda pair: pair[0]))
        expected = tuple(id_ for id_ in self.expected if id_ != fact.file_id)
        if expected:
            now = self.model_copy(update={"expected": expected, "came": came})
            return Silence("waits for more files", now)
        return await _pass_on(self.business_id, self.words, [file for _, file in came], do)


async def _pass_on(business_id: int, words: str, files: Sequence[SentFile], do: Services) -> Next:
    told = await do.businesses.ask(do.me.id, business_id, words, files)
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
    try:
        message = await do.businesses.message(fact.user_id, fact.message_id)
    except NotFound:
        return ""  # who is told later may belong no more
    business = await do.businesses.get(fact.business_id)
    name = await _name(message.user_id, do)
    words = fact.words or _("(see the file)")
    text = _("*{name}* asks {business}:\n{words}").format(
        name=name, business=business.name, words=words
    )
    template = Template("question_new", (name, business.name, words))
    reply = Reply(text, (_reply_button(fact.message_id),), template=template)
    return (*map(passed_on, fact.files), reply)


async def answered(fact: BusinessAnswered, do: Services) -> Words:
    """To the person: somebody has answered."""
    business = await do.businesses.get(fact.business_id)
    text = _("*{business}* answers:\n{words}").format(business=business.name, words=fact.words)
    template = Template("question_answered", (business.name, fact.words))
    return Reply(text, (_reply_button(fact.message_id),), template=template)


def _reply_button(message_id: int) -> Choice:
    return Choice.act("reply", message_id, button("Reply"))


NOTICES: dict[type[Fact], Notice] = {
    PersonAsked: asked,
    BusinessAnswered: answered,
}
ACTIONS: dict[str, Action] = {"reply": reply}
STEPS: list[type[Step]] = [WhomToAsk, AskPerson, PassOn, Answer]
