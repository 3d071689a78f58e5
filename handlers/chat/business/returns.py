"""Goods that a buyer wants to give back: the business hears of it, and accepts or declines."""

from dataclasses import replace
from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Next,
    Notice,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Template,
    Words,
)
from bot.language import _, button
from handlers.chat.files import passed_on
from handlers.chat.shopping import return_words
from handlers.chat.taps import number_of
from services import Services
from services.businesses.facts import SentFile
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.shopping import (
    CannotMoveReturn,
    NotYours,
    OnlyLeft,
    Return,
    ReturnStatus,
)
from services.shopping.facts import ReturnAsked, ReturnCancelled

LONGEST_REASON = 200  # characters


async def own(return_id: int, do: Services) -> Return | None:
    """A return of a business the person belongs to."""
    try:
        return_ = await do.shopping.goods_return(do.me.id, return_id)
    except NotFound:
        return None
    member = await do.businesses.member(do.me.id, return_.business_id)
    return None if member is None else return_


def unknown() -> str:
    return _("I find no such return of your business.")


def not_yours() -> str:
    return _("You bought that yourself: somebody else of your business decides.")


def _photo(return_: Return) -> tuple[Reply, ...]:
    return () if return_.photo is None else (passed_on(SentFile(key=return_.photo)),)


def _bubble(return_: Return, head: str) -> Reply:
    """A return, with why, and what can be done with it."""
    why = _("Why: {reason}").format(reason=return_words.reason(return_.reason))
    return Reply(f"{head}\n{why}", choices(return_))


def choices(return_: Return) -> tuple[Choice, ...]:
    labels = {
        ReturnStatus.ACCEPTED: ("return-accept", button("Accept")),
        ReturnStatus.DECLINED: ("return-decline", button("Decline")),
        ReturnStatus.RECEIVED: ("return-back", button("It is back")),
        ReturnStatus.REFUNDED: ("return-pay", button("Give the money back")),
        ReturnStatus.EXCHANGED: ("return-send", button("Exchange sent")),
    }
    if return_.status is ReturnStatus.ACCEPTED:
        labels[ReturnStatus.DECLINED] = ("return-never", button("It never came"))
    last_no = sorted(return_.possible, key=lambda to: to is ReturnStatus.DECLINED)
    can = [labels[to] for to in last_no if to in labels]
    acts = [Choice.act(tag, return_.id, label) for tag, label in can]
    return (*acts, Choice.act("order-open", return_.order_id, button("Show the order")))


async def asked(fact: ReturnAsked, do: Services) -> Words:
    """To members: a buyer wants to give something back."""
    return_ = await do.shopping.goods_return(fact.user_id, fact.return_id)
    if return_.status is not ReturnStatus.ASKED:
        return ""
    name = await do.people.name(return_.user_id) or _("A customer")
    text = _("*{name}* wants to give back {goods} of order *{number}*, for the money.")
    if return_.is_exchange:
        text = _("*{name}* wants to give back {goods} of order *{number}*, for {others}.")
    head = text.format(
        name=name,
        goods=return_words.goods(return_),
        others=return_words.others(return_),
        number=return_.order_number,
    )
    bubble = _bubble(return_, f"{head} ({return_.label})")
    words = bubble.text.replace("*", "").replace("\n", " ")
    return (*_photo(return_), replace(bubble, template=Template("return_asked", (words,))))


async def cancelled(fact: ReturnCancelled, do: Services) -> Words:
    return_ = await do.shopping.goods_return(fact.user_id, fact.return_id)
    text = _("The customer keeps {goods} after all. Return *{label}* is off: nothing to do.")
    return text.format(goods=return_words.goods(return_), label=return_.label)


async def show(argument: str, do: Services) -> Next:
    return_ = await own(number_of(argument), do)
    if return_ is None:
        return Again(unknown())
    shown = (*_photo(return_), _bubble(return_, return_words.line(return_)))
    return Again(shown, quietly=True)


def stands(return_: Return) -> Reply:
    """What was tapped cannot be done now: how it stands."""
    return Reply(return_words.line(return_), choices(return_))


async def accept(argument: str, do: Services) -> Next:
    return_ = await own(number_of(argument), do)
    if return_ is None:
        return Again(unknown())
    try:
        return_ = await do.shopping.accept_return(return_.id, do.me.id)
    except NotYours:
        return Again(not_yours(), quietly=True)
    except CannotMoveReturn as refused:
        return Again(stands(refused.return_), quietly=True)
    except OnlyLeft:
        text = _("There is not enough of {others} any more. Decline it, and say why.")
        said = Reply(text.format(others=return_words.others(return_)), choices(return_))
        return Again(said, quietly=True)
    text = _("Return *{label}* is accepted; the customer knows. Tell me when it is back.")
    said = Reply(text.format(label=return_.label), choices(return_))
    return Again(said, quietly=True)


async def decline(argument: str, do: Services) -> Next:
    return_ = await own(number_of(argument), do)
    if return_ is None:
        return Again(unknown())
    if return_.user_id == do.me.id:
        return Again(not_yours(), quietly=True)
    if return_.status is not ReturnStatus.ASKED:
        return Again(stands(return_), quietly=True)
    return DeclineGoods(return_id=return_.id)


async def never_came(argument: str, do: Services) -> Next:
    """The button *It never came* of what was accepted."""
    try:
        return_ = await do.shopping.never_came(number_of(argument), do.me.id)
    except NotFound:
        return Again(unknown())
    except NotYours:
        return Again(not_yours(), quietly=True)
    except CannotMoveReturn as refused:
        return Again(stands(refused.return_), quietly=True)
    return Again(_declined(return_), quietly=True)


def _declined(return_: Return) -> str:
    text = _("Return *{label}* is declined; the customer knows.")
    return text.format(label=return_.label)


class DeclineGoods(Step):
    """Why they cannot come back."""

    tag: ClassVar[str] = "business.goods-decline"
    free_text: ClassVar[bool] = True
    return_id: int

    async def ask(self, do: Services) -> Words:
        return_ = await own(self.return_id, do)
        if return_ is None:
            return unknown()
        text = _("Why can {goods} not come back? Tap, or write it for the customer.")
        reasons = (
            Choice("used", button("It was used")),
            Choice("not_ours", button("Not what we sold")),
        )
        return Reply(text.format(goods=return_words.goods(return_)), reasons)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            why = said.choice()
        except NotUnderstood:
            why = said.words(LONGEST_REASON)
        try:
            return_ = await do.shopping.decline_return(self.return_id, do.me.id, why)
        except CannotMoveReturn as refused:
            return Done(stands(refused.return_))
        except NotFound:
            return Done(unknown())
        return Done(_declined(return_))


NOTICES: dict[type[Fact], Notice] = {ReturnAsked: asked, ReturnCancelled: cancelled}
ACTIONS: dict[str, Action] = {
    "return-open": show,
    "return-accept": accept,
    "return-decline": decline,
    "return-never": never_came,
}
STEPS: list[type[Step]] = [DeclineGoods]
