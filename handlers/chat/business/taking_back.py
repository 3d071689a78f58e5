"""Goods that came back: on the shelf again or not, then their money or the other one."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Burst,
    Choice,
    Done,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Words,
)
from bot.language import _, button, money
from handlers.chat.business.order import not_permitted
from handlers.chat.business.parcels import tracking
from handlers.chat.business.returning import waits
from handlers.chat.business.returns import choices, not_yours, own, stands, unknown
from handlers.chat.shopping import return_words
from handlers.chat.taps import number_of
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.payments import Refund, Request
from services.shopping import CannotMoveReturn, NotYours, Return, ReturnStatus, Tracking


async def is_back(argument: str, do: Services) -> Next:
    """The goods lie on the counter."""
    return_ = await own(number_of(argument), do)
    if return_ is None:
        return Again(unknown())
    if return_.user_id == do.me.id:
        return Again(not_yours(), quietly=True)
    if ReturnStatus.RECEIVED not in return_.possible:
        return Again(stands(return_), quietly=True)
    return SellAgain(return_id=return_.id)


class SellAgain(Step):
    """Whether what came back goes on the shelf."""

    tag: ClassVar[str] = "business.goods-back"
    strays: ClassVar[bool] = False
    return_id: int

    async def ask(self, do: Services) -> Words:
        return_ = await own(self.return_id, do)
        if return_ is None:
            return unknown()
        text = _("{goods} is back. Can it be sold again?")
        answers = (Choice("yes", button("Yes, on the shelf")), Choice("no", button("No")))
        return Reply(text.format(goods=return_words.goods(return_)), answers)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            is_good = said.choice() == "yes"
        except NotUnderstood:
            is_good = said.yes_no()
        try:
            return_ = await do.shopping.receive_return(self.return_id, do.me.id, sell_again=is_good)
        except CannotMoveReturn as refused:
            return Done(stands(refused.return_))
        except NotFound:
            return Done(unknown())
        if return_.is_exchange:
            text = _("Good. Now {others} can go to the customer.")
            said_ = text.format(others=return_words.others(return_))
            return Done(Reply(said_, choices(return_)))
        return Done(await _paid(return_, do))


async def pay(argument: str, do: Services) -> Next:
    """The money of what is back, where it did not go at once."""
    return_ = await own(number_of(argument), do)
    if return_ is None:
        return Again(unknown())
    try:
        return Again(await _paid(return_, do), quietly=True)
    except NotYours:
        return Again(not_yours(), quietly=True)
    except CannotMoveReturn as refused:
        return Again(stands(refused.return_), quietly=True)


async def _paid(return_: Return, do: Services) -> Words:
    try:
        done = await do.shopping.refund_return(return_.id, do.me.id)
    except NotPermitted:
        return not_permitted()
    order = await do.shopping.order(do.me.id, return_.order_id)
    match done:
        case Refund():
            text = _("*{amount}* of order *{number}* goes back; the customer knows.")
            if order.is_by_transfer:
                text = _("Please transfer *{amount}* of order *{number}* back; the customer knows.")
            return text.format(amount=money(done.amount), number=order.order_number)
        case Request():
            return await waits(done, order, is_it=done.id == await _request(return_, do), do=do)
    now = await do.shopping.goods_return(do.me.id, return_.id)
    if now.status is ReturnStatus.REFUNDED:
        return _("The money of order *{number}* has gone back already.").format(
            number=order.order_number
        )
    return _("The payer's bank has the money of order *{number}* and decides about it.").format(
        number=order.order_number
    )


async def _request(return_: Return, do: Services) -> int | None:
    return (await do.shopping.goods_return(do.me.id, return_.id)).request_id


async def send(argument: str, do: Services) -> Next:
    """What they get for it has left; perhaps there is something to follow it by."""
    return_ = await own(number_of(argument), do)
    if return_ is None:
        return Again(unknown())
    if return_.user_id == do.me.id:
        return Again(not_yours(), quietly=True)
    if ReturnStatus.EXCHANGED not in return_.possible:
        return Again(stands(return_), quietly=True)
    order = await do.shopping.order(do.me.id, return_.order_id)
    if order.delivery == "pickup":
        return await _sent(return_.id, None, do)
    return ExchangeParcel(return_id=return_.id)


class ExchangeParcel(Step):
    """How what they get for it can be followed."""

    tag: ClassVar[str] = "business.goods-parcel"
    free_text: ClassVar[bool] = True
    burst: ClassVar[Burst] = "each"
    return_id: int

    async def ask(self, do: Services) -> Words:
        return_ = await own(self.return_id, do)
        if return_ is None:
            return unknown()
        text = _("Is there a tracking number for {others}? Type it, or a link.")
        said = text.format(others=return_words.others(return_))
        return Reply(said, (Choice("none", button("No number")),))

    async def answer(self, said: Said, do: Services) -> Next:
        return await _sent(self.return_id, tracking(said), do)


async def _sent(return_id: int, followed: Tracking | None, do: Services) -> Next:
    try:
        return_ = await do.shopping.send_exchange(return_id, do.me.id, followed)
    except CannotMoveReturn as refused:
        return Done(stands(refused.return_))
    except NotFound:
        return Done(unknown())
    text = _("Return *{label}* is done: {others} is on its way, and the customer knows.")
    return Done(text.format(label=return_.label, others=return_words.others(return_)))


ACTIONS: dict[str, Action] = {"return-back": is_back, "return-pay": pay, "return-send": send}
STEPS: list[type[Step]] = [SellAgain, ExchangeParcel]
