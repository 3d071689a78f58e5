"""What is said of a wallet wherever the person is: the link, that it came, that it lapsed."""

from bot.dialog import Choice, Link, Reply, Words
from bot.language import _, button, money, when
from services import Services
from services.ground.money import Money
from services.payments import Payment, Status
from services.payments.facts import RefundFact
from services.wallet.facts import ToppedUp


def link(payment: Payment, do: Services) -> Reply:
    """The bubble one pays from."""
    until = when(payment.expires_at or do.now, do.me.time_zone, do.now)
    text = _("*{amount}* for your wallet. The link is open until {until}.").format(
        amount=money(payment.amount), until=until
    )
    return Reply(text, link=Link(button("Pay now"), payment.url or ""))


def lapsed(payment: Payment) -> Reply:
    """Nothing came for the wallet, with the way to try again."""
    if payment.status is Status.CANCELLED:
        return Reply(_("Called off. Nothing was charged."), (to_wallet(),))
    if payment.status is Status.FAILED:
        text = _("Your bank said no, and nothing was charged. Would you like to try once more?")
    else:
        text = _("The link lapsed before you paid {amount} into your wallet. A fresh one?")
    again = Choice.act("top-up-again", payment.id, button("Fresh link"))
    return Reply(text.format(amount=money(payment.amount)), (again,))


def to_wallet() -> Choice:
    """The way to all of it."""
    return Choice.act("wallet", "", button("My wallet"))


async def arrived(amount: Money, do: Services) -> str:
    left = await do.wallet.balance(do.me.id, amount.currency)
    return _("*{amount}* is in your wallet, thank you! You have {left} now.").format(
        amount=money(amount), left=money(left)
    )


async def topped_up(fact: ToppedUp, do: Services) -> Words:
    return await arrived(Money(fact.amount, fact.currency), do)


def too_little(left: Money) -> str:
    return _("Your wallet holds {left}, which is not enough for this.").format(left=money(left))


def going_back(fact: RefundFact) -> str:
    return _amount(fact, _("*{amount}* of your wallet is on its way back to your card."))


def went_back(fact: RefundFact) -> str:
    return _amount(fact, _("*{amount}* of your wallet has gone back to your card."))


def not_gone_back(fact: RefundFact) -> str:
    text = _(
        "Giving back *{amount}* to your card did not work at once. "
        "Somebody on our team is on it; you will get your money."
    )
    return _amount(fact, text)


def _amount(fact: RefundFact, text: str) -> str:
    return text.format(amount=money(Money(fact.amount, fact.currency)))
