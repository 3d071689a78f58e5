"""A buyer's voucher: typed from anywhere or in the summary, told what it does, taken off again."""

import re
from typing import ClassVar

from bot.dialog import Again, Choice, Go, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button, in_every_language, money
from handlers.chat.phrases import phrases, plain
from handlers.chat.shopping import cart, checkout
from handlers.chat.shopping.going import Going
from handlers.chat.shopping.words import why_not
from services import Services
from services.shopping import (
    Cart,
    EmptyCart,
    Kind,
    OrderStatus,
    Part,
    Voucher,
    VoucherRefused,
    code_of,
)

LONGEST = 100  # characters typed


def choices(filled: Cart, *, asked: bool) -> tuple[Choice, ...]:
    """What the summary offers: to take the voucher off, or to bring one where any could work."""
    if any(part.voucher_id is not None for part in filled.parts):
        return (Choice("no-voucher", button("Take voucher off")),)
    return (Choice("voucher", button("I have a voucher")),) if asked else ()


class EnterVoucher(Going):
    """The code, in the middle of checkout."""

    tag: ClassVar[str] = "shopping.voucher"
    free_text: ClassVar[bool] = True
    address_id: int | None
    note: str | None = None

    async def ask(self, do: Services) -> Words:
        text = _("What is the code of your voucher? Type it in one message.")
        return Reply(text, (Choice("none", button("Go on without")),))

    async def answer(self, said: Said, do: Services) -> Next:
        summary = checkout.Summary(zones=self.zones, address_id=self.address_id, note=self.note)
        if _goes_on(said):
            return summary
        try:
            voucher = await do.shopping.use_voucher(do.me.id, said.words(LONGEST))
        except EmptyCart:
            return cart.OpenCart()
        except VoucherRefused as refused:
            return Again(why_not(refused, do))
        there = await summary.quote(do)
        if there is None or voucher.id not in there.counted:
            return summary  # which says why
        return Go(summary, await _works(voucher, do))


def _goes_on(said: Said) -> bool:
    try:
        return said.choice() == "none"
    except NotUnderstood:
        return False


async def take_off(do: Services) -> Next:
    """The button in the summary: it stays, at the full price."""
    await do.shopping.drop_vouchers(do.me.id)
    return Again(_("The voucher is off."))


async def gone(refused: VoucherRefused, do: Services) -> Next:
    """What the summary promised is not so any more: said before anything is paid."""
    await do.shopping.drop_vouchers(do.me.id, refused.code)
    text = _("{why} I took it off: this is your order now.")
    return Again(text.format(why=why_not(refused, do)))


async def on_cart(filled: Cart, do: Services) -> str:
    """What the cart says of the vouchers that lie with it."""
    said = [await _on_part(part, do) for part in filled.parts]
    return "\n".join(text for text in said if text)


async def _on_part(part: Part, do: Services) -> str:
    voucher, refused = await do.shopping.voucher_on(part, do.me.id)
    if voucher is None:
        return ""
    return why_not(refused, do) if refused is not None else _takes_off(voucher, part)


# -- what is said of one -----------------------------------------------------------------


async def _works(voucher: Voucher, do: Services) -> str:
    filled = await do.shopping.cart(do.me.id)
    parts = filled.parts if filled is not None else ()
    part = next((one for one in parts if one.voucher_id == voucher.id), None)
    return _takes_off(voucher, part)


def _takes_off(voucher: Voucher, part: Part | None) -> str:
    if voucher.kind is Kind.DELIVERY or part is None:
        return _("Voucher *{code}* pays for your delivery.").format(code=voucher.code)
    text = _("Voucher *{code}* works: it takes *{amount}* off.")
    return text.format(code=voucher.code, amount=money(voucher.off(part.subtotal)))


# -- from anywhere -----------------------------------------------------------------------

_WORDS = phrases(in_every_language("voucher, vouchers, coupon, promo code, voucher code"))
_WITHOUT = phrases(in_every_language("no voucher, remove voucher, take voucher off"))
_CODED = re.compile(r"(?P<words>.+?)[\s:]+(?P<code>\S+(?: \S+)?)")


async def by_words(said: Said, do: Services) -> Next | None:
    """*voucher KARIBU*, *voucher*, *no voucher*"""
    words = plain(said.text)
    if words in _WORDS:
        return Again(_("Type *voucher* and its code, like *voucher KARIBU*."))
    if words in _WITHOUT:
        return await take_off(do)
    code = _code(words)
    return None if code is None else await _use(code, do)


def is_phrase(words: str) -> bool:
    said = plain(words)
    return said in _WORDS | _WITHOUT or _code(said) is not None


def _code(words: str) -> str | None:
    """The code in *voucher KARIBU 10*."""
    found = _CODED.fullmatch(words)
    if found is None or found["words"] not in _WORDS:
        return None
    return code_of(found["code"])


async def _use(code: str, do: Services) -> Next:
    try:
        voucher = await do.shopping.use_voucher(do.me.id, code)
    except EmptyCart:
        text = _("Your cart is empty. Put something in first, then type *voucher {code}* again.")
        return Again(text.format(code=code))
    except VoucherRefused as refused:
        return Again(why_not(refused, do))
    return Again(await _works(voucher, do) + await _not_for(do))


async def _not_for(do: Services) -> str:
    """An order that waits for its money stays as it was made."""
    newest = (await do.shopping.orders(do.me.id, limit=1)).items
    if not newest or newest[0].status is not OrderStatus.PENDING:
        return ""
    text = _("Order *{number}* stays as it is: type *checkout* to order with the voucher instead.")
    return "\n" + text.format(number=newest[0].order_number)


STEPS: list[type[Step]] = [EnterVoucher]
