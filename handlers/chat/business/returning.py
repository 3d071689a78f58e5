"""Giving money back: how much, why, and above the limit the word of a second member."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Next,
    Notice,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Template,
    Words,
)
from bot.language import _, button, money, ngettext
from handlers.chat.business.order import (
    BusinessOrder,
    not_permitted,
    own,
    permitted,
    unknown,
)
from handlers.chat.taps import number_of
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.money import Money
from services.payments import Request, RequestStatus
from services.payments.errors import (
    AlreadyDecided,
    NoSuchPayment,
    NotAllowed,
    SamePerson,
    TooMuch,
)
from services.payments.facts import RefundDecided, RefundRequest
from services.payments.requests import NOT_POSSIBLE
from services.shopping import Order

LONGEST_REASON = 200  # characters


async def begin(argument: str, do: Services) -> Next:
    """The button *Money back* of an order."""
    order = await own(number_of(argument), do)
    if order is None:
        return Again(unknown())
    if not await permitted(order.business_id, "refunds", do):
        return Again(not_permitted(), quietly=True)
    if not (await do.shopping.returnable(order.id, do.me.id)).amount:
        return Again(_nothing(order), quietly=True)
    return ReturnAmount(order_id=order.id)


def _nothing(order: Order) -> str:
    return _("Of order *{number}* nothing can be given back any more.").format(
        number=order.order_number
    )


class ReturnAmount(Step):
    """How much goes back."""

    tag: ClassVar[str] = "business.return"
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await own(self.order_id, do)
        if order is None or not await permitted(order.business_id, "refunds", do):
            return not_permitted()
        left = await do.shopping.returnable(order.id, do.me.id)
        text = _("How much of order *{number}* goes back? At most *{amount}*. Tap, or type it.")
        choices = (Choice("all", button("All of it")), Choice("keep", button("Nothing")))
        return Reply(text.format(number=order.order_number, amount=money(left)), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        left = await do.shopping.returnable(self.order_id, do.me.id)
        if said.tapped == "keep" or not left.amount:
            return BusinessOrder(order_id=self.order_id)
        amount = left if _is_all(said) else said.money(Money(1, left.currency), left)
        return ReturnReason(
            order_id=self.order_id, amount=amount.amount, currency=amount.currency, left=left.amount
        )


def _is_all(said: Said) -> bool:
    try:
        return said.choice() == "all"
    except NotUnderstood:
        return False


class ReturnReason(Step):
    """Why it goes back. Kept with it."""

    tag: ClassVar[str] = "business.return-reason"
    free_text: ClassVar[bool] = True
    strays: ClassVar[bool] = False
    order_id: int
    amount: int  # minor units of `currency`
    currency: str
    left: int  # when it was asked: a second refund of the same amount is another one

    async def ask(self, do: Services) -> Words:
        text = _("Why does *{amount}* go back? Tap, or write it in one message.")
        choices = (
            Choice("damaged", button("It was damaged")),
            Choice("missing", button("Something missing")),
            Choice("not_arrived", button("It did not arrive")),
        )
        return Reply(text.format(amount=money(self._money)), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            reason = said.choice()
        except NotUnderstood:
            reason = said.words(LONGEST_REASON)
        key = f"order-{self.order_id}-{self.left}-{self.amount}"
        try:
            done = await do.shopping.give_back(self.order_id, do.me.id, self._money, reason, key)
        except (TooMuch, NotAllowed):
            return Go(BusinessOrder(order_id=self.order_id), _too_late())
        order = await do.shopping.order(do.me.id, self.order_id)
        if isinstance(done, Request):
            is_it = done.asked_by == do.me.id and done.amount == self._money
            return Done(await waits(done, order, is_it=is_it, do=do))
        text = _("*{amount}* of order *{number}* goes back; the customer knows.")
        if order.is_by_transfer:
            text = _("Please transfer *{amount}* of order *{number}* back; the customer knows.")
        return Done(text.format(amount=money(done.amount), number=order.order_number))

    @property
    def _money(self) -> Money:
        return Money(self.amount, self.currency)


async def waits(request: Request, order: Order, *, is_it: bool, do: Services) -> str:
    """A second person is asked; whether `is_it` what this member wants, or another refund."""
    if not is_it:
        text = _("*{amount}* of order *{number}* waits for a second person already.")
        return text.format(amount=money(request.amount), number=order.order_number)
    limit = (await do.businesses.get(order.business_id)).refund_limit
    others = len(await do.shopping.others(order.id, do.me.id))
    if not others:
        text = _(
            "More than {limit} needs a second person of your business, and there is nobody "
            "else yet. Nothing goes back until somebody has joined and approved it."
        )
    else:
        text = ngettext(
            "More than {limit} needs a second person. I have asked {count} of you, and tell "
            "you what they say. The customer does not know yet.",
            "More than {limit} needs a second person. I have asked {count} of you, and tell "
            "you what they say. The customer does not know yet.",
            others,
        )
    return text.format(limit=money(limit), count=others)


def _too_late() -> str:
    return _("Meanwhile that much cannot be given back any more.")


def why(reason: str) -> str:
    """A reason that was tapped, in words; one that was written as it is; of a return its number."""
    what, _space, label = reason.partition(" ")
    if what == "return":
        return _("Return {number}").format(number=label)
    return {
        "damaged": _("It was damaged"),
        "missing": _("Something is missing"),
        "not_arrived": _("It did not arrive"),
    }.get(reason, reason)


# -- the second person -----------------------------------------------------------------


async def asked(fact: RefundRequest, do: Services) -> Words:
    """To the others: one of them asks."""
    request = await do.payments.refund_request(fact.request_id)
    if request.status is not RequestStatus.ASKED:
        return ""
    order = await do.shopping.order_of_request(request.id, fact.user_id)
    text = _("{name} wants to give back *{amount}* of order *{number}*: {why}\nDo you agree?")
    said = text.format(
        name=await _name(request.asked_by, do),
        amount=money(request.amount),
        number=order.order_number,
        why=why(request.reason),
    )
    choices = (
        Choice.act("refund-approve", request.id, button("Give it back")),
        Choice.act("refund-decline", request.id, button("Decline")),
        Choice.act("order-open", order.id, button("Show the order")),
    )
    words = said.replace("*", "").replace("\n", " ")
    return Reply(said, choices, template=Template("refund_request", (words,)))


async def approve(argument: str, do: Services) -> Next:
    number = number_of(argument)
    if (stands := await _undecidable(number, do)) is not None:
        return Again(stands, quietly=True)
    request = await do.shopping.decide_return(number, do.me.id, approve=True)
    if request.status is RequestStatus.DECLINED:
        return Again(_too_late(), quietly=True)
    order = await do.shopping.order_of_request(request.id, do.me.id)
    text = _("*{amount}* goes back; the customer knows.")
    if order.is_by_transfer:
        text = _("Please transfer *{amount}* back; the customer knows.")
    return Again(text.format(amount=money(request.amount)), quietly=True)


async def decline(argument: str, do: Services) -> Next:
    number = number_of(argument)
    if (stands := await _undecidable(number, do)) is not None:
        return Again(stands, quietly=True)
    return DeclineReturn(request_id=number)


async def _undecidable(request_id: int, do: Services) -> str | None:
    """Why the person cannot decide this, if they cannot."""
    try:
        await do.shopping.order_of_request(request_id, do.me.id)
        request = await do.payments.refund_request(request_id)
    except (NoSuchPayment, NotFound):
        return unknown()
    except NotPermitted:
        return not_permitted()
    if request.asked_by == do.me.id:
        return _("Somebody else of your business decides what you asked for.")
    return None if request.status is RequestStatus.ASKED else await _decision(request, do)


class DeclineReturn(Step):
    """Why not."""

    tag: ClassVar[str] = "business.return-decline"
    free_text: ClassVar[bool] = True
    request_id: int

    async def ask(self, do: Services) -> Words:
        if (stands := await _undecidable(self.request_id, do)) is not None:
            return stands
        request = await do.payments.refund_request(self.request_id)
        text = _("Why not? {name} reads it. Tap, or write it in one message.")
        name = await _name(request.asked_by, do)
        return Reply(text.format(name=name), (Choice("none", button("No reason")),))

    async def answer(self, said: Said, do: Services) -> Next:
        reason = None if said.tapped is not None else said.words(LONGEST_REASON)
        try:
            await do.shopping.decide_return(self.request_id, do.me.id, approve=False, why=reason)
        except (AlreadyDecided, SamePerson):
            request = await do.payments.refund_request(self.request_id)
            return Done(await _decision(request, do))
        return Done(_("Declined. Nothing goes back."))


async def decided(fact: RefundDecided, do: Services) -> Words:
    """To the one who asked."""
    return await _decision(await do.payments.refund_request(fact.request_id), do)


async def _decision(request: Request, do: Services) -> str:
    """How a request was decided, by whom."""
    name = await _name(request.decided_by or 0, do)
    amount = money(request.amount)
    if request.status is RequestStatus.APPROVED:
        return _("{name} has approved it: *{amount}* goes back, the customer knows.").format(
            name=name, amount=amount
        )
    if request.why == NOT_POSSIBLE:
        return _("{name} has approved it, but *{amount}* cannot go back any more.").format(
            name=name, amount=amount
        )
    if request.why:
        text = _("{name} has declined giving back *{amount}*: {why}")
        return text.format(name=name, amount=amount, why=request.why)
    return _("{name} has declined giving back *{amount}*.").format(name=name, amount=amount)


async def _name(user_id: int, do: Services) -> str:
    return await do.people.name(user_id) or _("Somebody of your business")


NOTICES: dict[type[Fact], Notice] = {RefundRequest: asked, RefundDecided: decided}
ACTIONS: dict[str, Action] = {
    "order-refund": begin,
    "refund-approve": approve,
    "refund-decline": decline,
}
STEPS: list[type[Step]] = [ReturnAmount, ReturnReason, DeclineReturn]
