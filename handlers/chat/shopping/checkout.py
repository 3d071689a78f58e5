"""Checkout: the summary, and paying."""

from collections.abc import Sequence
from typing import ClassVar

from bot.dialog import Again, Choice, Done, Go, Next, Reply, Said, Step, Words
from bot.language import _, button, money, ngettext, when
from handlers.chat.payments import waiting
from handlers.chat.shopping import amending, cart, receiving, vouchers, words
from handlers.chat.shopping.going import Going
from handlers.chat.shopping.offers import opened
from handlers.chat.shopping.quoted import quoted
from handlers.chat.wallet.words import too_little
from services import Services
from services.ground.errors import NotFound
from services.ground.money import Money
from services.ledger import NotEnough
from services.shopping import (
    Cart,
    CartChanged,
    EmptyCart,
    Method,
    NotOffered,
    OnlyLeft,
    Order,
    Quote,
    SoldOut,
    VoucherRefused,
)
from services.shopping import Choice as Chosen


async def begin(do: Services) -> Next:
    """From the cart into checkout; what changed meanwhile is told first, in the cart."""
    filled = await do.shopping.cart(do.me.id)
    if filled is None or filled.differences:
        return await cart.show(do)
    return await receiving.next_way(filled.parts, (), do)


async def afresh(do: Services, why: str = "") -> Next:
    """Checkout from its beginning, and why: if not another, a bubble of an earlier one was
    tapped."""
    there = await begin(do)
    if not isinstance(there, Step):
        return there
    return Go(there, why or _("That was an earlier checkout. Let us go through it afresh."))


class Summary(Going):
    """Everything at a glance; paying is one tap away."""

    tag: ClassVar[str] = "shopping.summary"
    strays: ClassVar[bool] = False
    address_id: int | None
    note: str | None = None

    async def ask(self, do: Services) -> Words:
        filled = await do.shopping.cart(do.me.id)
        if filled is None:
            return cart.nothing_in_it()
        quote = await self.quote(do)
        due = None if quote is None else quote.total
        ways = await self._ways(filled, _shown(filled, quote), due, do)
        note = button("Change the note") if self.note else button("Add a note")
        sellers = [part.business_id for part in filled.parts]
        asked = any([await do.shopping.takes_vouchers(seller) for seller in sellers])
        beside = (*vouchers.choices(filled, asked=asked), Choice("note", note))
        text = await self._text(filled, quote, do, payable=bool(ways))
        return Reply(text, (*ways, *beside), button("Choose"))

    async def _ways(
        self, filled: Cart, shown: str, due: Money | None, do: Services
    ) -> tuple[Choice, ...]:
        """How it can be paid; where there is nothing to pay, one word is enough."""
        if due is not None and not due.amount:
            return (Choice(f"wallet:{shown}", button("Order it")),)
        offered = [
            Choice(f"{method}:{shown}", self._method(method))
            for method in await do.shopping.methods(filled)
            if method != "wallet" and _takes(method, due, do)
        ]
        return (*offered, *await self._wallet(shown, filled.subtotal.currency, due, do))

    async def _wallet(
        self, shown: str, currency: str, due: Money | None, do: Services
    ) -> tuple[Choice, ...]:
        """Offered to who has enough in it."""
        left = await do.wallet.balance(do.me.id, currency)
        if not left.amount or (due is not None and left.amount < due.amount):
            return ()
        label = button("Pay from wallet")
        return (Choice(f"wallet:{shown}", label, _("{left} in it").format(left=money(left))),)

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("mpesa", version, *counted):
                return amending.PayerNumber(
                    zones=self.zones,
                    address_id=self.address_id,
                    note=self.note,
                    version=version,
                    vouchers=_vouchers(counted),
                )
            case (
                ("stripe" | "phonepe" | "cash" | "wallet" | "manual") as method,
                version,
                *counted,
            ):
                return await self.order(method, version, _vouchers(counted), do)
            case ("voucher",):
                return vouchers.EnterVoucher(
                    zones=self.zones, address_id=self.address_id, note=self.note
                )
            case ("no-voucher",):
                return await vouchers.take_off(do)
            case ("note",):
                return amending.Note(zones=self.zones, address_id=self.address_id)
        return cart.OpenCart()

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        """An old summary orders nothing any more: the way to a new one is offered."""
        return await afresh(do)

    def _method(self, method: Method) -> str:
        match method:
            case "stripe":
                return button("Pay by card")
            case "phonepe":
                return button("Pay by UPI or card")
            case "mpesa":
                return button("Pay by M-Pesa")
            case "manual":
                return button("Bank transfer")
        return button("Cash on delivery") if self.zones else button("Cash at pick-up")

    async def quote(self, do: Services) -> Quote | None:
        """None when it is not offered like this any more."""
        try:
            return await do.shopping.quote(do.me.id, self.zones)
        except NotOffered:
            return None

    async def _text(self, filled: Cart, quote: Quote | None, do: Services, *, payable: bool) -> str:
        if quote is None:
            return _("That is not offered any more. Type *back* and choose again.")
        parts = [_("*Your order*"), *await quoted(filled, quote, do), await self._where(do)]
        if self.note:
            parts.append(_("Note: {note}").format(note=self.note))
        refused = [bill.refused for bill in quote.bills if bill.refused is not None]
        parts += [words.why_not(why, do) for why in refused]
        if not quote.total.amount:
            parts.append(_("There is nothing to pay. Shall I order it?"))
        else:
            parts.append(_("How would you like to pay?") if payable else _unpayable())
        return "\n\n".join(part for part in parts if part)

    async def _where(self, do: Services) -> str:
        if self.address_id is None:
            return ""
        try:
            address = await do.shopping.address(do.me.id, self.address_id)
        except NotFound:
            return _("You had me forget that address. Type *back* and choose another.")
        to = words.place(address)
        if address.recipient:
            return _("To {name}, {place}").format(name=address.recipient, place=to)
        return _("To {place}").format(place=to)

    async def order(
        self,
        method: Method,
        version: int,
        counted: tuple[int, ...],
        do: Services,
        payer: str | None = None,
    ) -> Next:
        """Order what the summary shows, and what is said to that."""
        choice = Chosen(self.zones, self.address_id, method, self.note, payer, counted)
        try:
            orders = await do.shopping.checkout(do.me.id, version, choice)
        except EmptyCart:
            return cart.OpenCart()
        except CartChanged as changed:
            return await _changed(changed, do)
        except SoldOut as gone:
            return await _sold_out(gone, do)
        except OnlyLeft as short:
            return await self._short(short)
        except VoucherRefused as refused:
            return await vouchers.gone(refused, do)
        except NotEnough as short:
            return Again(too_little(short.left))
        except (NotOffered, NotFound):
            return await afresh(do, _("That is not offered any more. Please choose again."))
        return await ordered(orders, do)

    async def _short(self, short: OnlyLeft) -> Next:
        return amending.TakeLess(
            zones=self.zones,
            address_id=self.address_id,
            note=self.note,
            variant_id=short.variant_id,
            name=short.name,
            left=short.left,
        )


async def _changed(changed: CartChanged, do: Services) -> Next:
    """The cart is not what was shown: say how, and show it."""
    said = words.changes(changed.cart.differences)
    if await do.shopping.keep_changes(do.me.id) is None:
        return Go(cart.OpenCart(), said)
    first = _("Just now something changed:")
    return Again(f"{first}\n{said}" if said else _("Your cart has changed. This is it now:"))


async def _sold_out(gone: SoldOut, do: Services) -> Next:
    left = await do.shopping.remove(do.me.id, gone.variant_id)
    said = _("Somebody was faster: *{name}* is sold out. I took it out of your cart.").format(
        name=gone.name
    )
    return Go(cart.OpenCart(), said) if left is None else Again(said)


def _shown(filled: Cart, quote: Quote | None) -> str:
    """The cart's version and the vouchers that the summary counts, as its buttons carry them; 0
    for none."""
    counted = (quote.counted if quote else ()) or (0,)
    return ":".join(map(str, (filled.version, *counted)))


def _vouchers(counted: list[int]) -> tuple[int, ...]:
    """And read again; a button of an earlier release carries none."""
    return tuple(filter(None, counted))


def _takes(method: Method, due: Money | None, do: Services) -> bool:
    """Whether a sum can be paid that way: M-Pesa takes whole shillings only, say."""
    if method in ("cash", "manual") or due is None or due.amount == 0:
        return True
    return do.payments.can_charge(method, due)


def _unpayable() -> str:
    return _("Nothing can be paid here just now. Type *agent* to ask a person.")


async def ordered(orders: Sequence[Order], do: Services) -> Next:
    """What orders that were just made are told with, in one message."""
    first, number = orders[0], words.numbers(orders)
    if first.reserved_until is not None:
        said = ngettext(
            "Order *{number}* is placed. I keep everything for you until {until}.",
            "Orders *{number}* are placed. I keep everything for you until {until}.",
            len(orders),
        ).format(number=number, until=when(first.reserved_until, do.me.time_zone, do.now))
        return Go(waiting.awaiting(first), said, for_good=True)
    said = ngettext(
        "Thank you! 🎉 Order *{number}* is placed.",
        "Thank you! 🎉 Orders *{number}* are placed.",
        len(orders),
    ).format(number=number)
    return Done((f"{said}\n\n{await words.bills(orders, do)}\n\n{await _what_now(orders, do)}",))


async def _what_now(orders: Sequence[Order], do: Services) -> str:
    methods = {order.payment_method for order in orders}
    if "wallet" in methods:
        left = await do.wallet.balance(do.me.id, orders[0].total.currency)
        pay = [_("Paid from your wallet; {left} is left in it.").format(left=money(left))]
    elif "cash" in methods:
        pay = [_in_cash(order) for order in orders if order.total.amount]
    else:
        pay = [_("There is nothing to pay.")]
    return "\n".join([*pay, words.what_follows(orders)])


def _in_cash(order: Order) -> str:
    amount = money(order.total)
    if order.delivery == "pickup":
        return _("You pay {amount} when you pick it up.").format(amount=amount)
    return _("Please have {amount} ready when it comes.").format(amount=amount)


STEPS: list[type[Step]] = [Summary]
