"""Putting money into a wallet: how much, the link, and waiting for it."""

from typing import ClassVar

from bot.dialog import (
    Again,
    Choice,
    Done,
    Go,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Silence,
    Step,
    Words,
)
from bot.language import _, button, money
from handlers.chat.payments import answers
from handlers.chat.payments.words import coming
from handlers.chat.shopping.offers import opened
from handlers.chat.taps import number_of
from handlers.chat.wallet import contents, words
from services import Services
from services.ground.facts import Fact
from services.ground.money import Money, decimals
from services.payments import Payment, Status
from services.payments.books import TOP_UP
from services.payments.errors import AlreadyPaid, NoSuchPayment, NotAllowed, NotChargeable
from services.payments.facts import (
    PaymentExpired,
    PaymentFact,
    PaymentFailed,
    PaymentHeld,
    PaymentReady,
)
from services.wallet.facts import ToppedUp

ENDED = (Status.EXPIRED, Status.FAILED, Status.CANCELLED)


class HowMuch(Step):
    """How much is to be put in."""

    tag: ClassVar[str] = "wallet.amount"
    strays: ClassVar[bool] = False
    currency: str

    async def ask(self, do: Services) -> Words:
        example = money(Money(500 * 10 ** decimals(self.currency), self.currency))
        return _("How much would you like to put in? Type an amount, like {example}.").format(
            example=example
        )

    async def answer(self, said: Said, do: Services) -> Next:
        least = Money(10 ** decimals(self.currency), self.currency)
        return await _ask_for(said.money(least, do.wallet.most(self.currency)), do)


async def _currency(do: Services) -> str | None:
    """Of the wallet a person has, else of the shops there are; None where there is neither."""
    if wallets := await do.wallet.balances(do.me.id):
        return wallets[0].currency
    open_ = await do.businesses.listed()
    return open_[0].currency if open_ else None


async def begin(do: Services) -> Next:
    """From wherever the person is."""
    currency = await _currency(do)
    if currency is None:
        return Again(_("Nobody is here right now, sorry."))
    return HowMuch(currency=currency)


async def _ask_for(amount: Money, do: Services) -> Next:
    try:
        asked = await do.wallet.top_up(do.me.id, amount)
    except NotChargeable as why:
        raise NotUnderstood(_("A card cannot pay that amount to the unit. A round one?")) from why
    return Go(AwaitTopUp(payment_id=asked.id), for_good=True)


class AwaitTopUp(Step):
    """Money for the wallet is awaited."""

    tag: ClassVar[str] = "wallet.waiting"
    payment_id: int

    async def ask(self, do: Services) -> Words:
        payment = await do.payments.payment(self.payment_id)
        if payment.is_paid:
            return Reply(await words.arrived(payment.amount, do), (words.to_wallet(),))
        if payment.status in ENDED:
            return words.lapsed(payment)
        if payment.status is Status.HELD:
            return coming(payment)
        cancel = Choice(f"cancel:{payment.id}", button("Cancel it"))
        if payment.url is None:
            return Reply(coming(payment), (cancel,))
        paid = Choice(f"paid:{payment.id}", button("I have paid"))
        question = Reply(_("I'll tell you the moment the money arrives."), (paid, cancel))
        return (words.link(payment, do), question)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _wanted(said.choice(), do)

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case ToppedUp(payment_id=self.payment_id):
                return Done(await words.topped_up(fact, do))
            case PaymentReady() | PaymentHeld() | PaymentExpired() | PaymentFailed():
                return Again() if _is_mine(fact, self.payment_id) else None
        return None

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _wanted(choice, do)


def _is_mine(fact: PaymentFact, payment_id: int) -> bool:
    return fact.service_type == TOP_UP and fact.payment_id == payment_id


async def _wanted(choice: str, do: Services) -> Next:
    match opened(choice):
        case (what, payment_id) if payment := await _own(payment_id, do):
            return await _done_with(what, payment, do)
    return contents.OpenWallet()


async def _own(payment_id: int, do: Services) -> Payment | None:
    """A top-up of the person's own; a button's id proves nothing."""
    try:
        payment = await do.payments.payment(payment_id)
    except NoSuchPayment:
        return None
    mine = (payment.user_id, payment.service_type) == (do.me.id, TOP_UP)
    return payment if mine else None


async def _done_with(what: str, payment: Payment, do: Services) -> Next:
    try:
        match what:
            case "paid":
                return Again(await answers.asked_now(payment, do))
            case "cancel":
                await do.payments.cancel(payment.id)
                return Go(
                    contents.OpenWallet(), _("Called off. Nothing was charged."), for_good=True
                )
    except (AlreadyPaid, NotAllowed):
        return Again(await answers.asked_now(payment, do))
    return contents.OpenWallet()


async def again(argument: str, do: Services) -> Next:
    """The button *Fresh link* of a top-up that lapsed, from however long ago."""
    number = number_of(argument)
    payment = await _own(number, do) if number else None
    if payment is None:
        return Silence("strange tap")
    try:
        await do.payments.ask_again(payment.id)
    except (AlreadyPaid, NotAllowed):
        return Again(await answers.asked_now(payment, do))
    return Go(AwaitTopUp(payment_id=payment.id), for_good=True)
