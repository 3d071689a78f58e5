"""Checkout: the summary, and paying."""

from typing import ClassVar

from bot.dialog import Again, Choice, Done, Go, Next, Reply, Said, Step, Words
from bot.language import _, button, money, when
from handlers.chat import payments
from handlers.chat.shopping import amending, cart, receiving, vouchers, words
from handlers.chat.shopping.offers import opened
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
    Shop,
    SoldOut,
    VoucherRefused,
)
from services.shopping import Choice as Chosen


async def begin(do: Services) -> Next:
    """From the cart into checkout; what changed meanwhile is told first, in the cart."""
    filled = await do.shopping.cart(do.me.id)
    if filled is None or filled.differences:
        return await cart.show(do)
    ways = await do.shopping.deliveries(filled.business_id, filled.subtotal)
    if len(ways) == 1:
        return await receiving.by_way(ways[0].zone_id, do)
    return receiving.Receive()


async def afresh(do: Services) -> Next:
    """Checkout from its beginning, for somebody who tapped a bubble of an earlier one."""
    there = await begin(do)
    if not isinstance(there, Step):
        return there
    return Go(there, _("That was an earlier checkout. Let us go through it afresh."))


class Summary(Step):
    """Everything at a glance; paying is one tap away."""

    tag: ClassVar[str] = "shopping.summary"
    strays: ClassVar[bool] = False
    zone_id: int | None
    address_id: int | None
    note: str | None = None

    async def ask(self, do: Services) -> Words:
        filled = await do.shopping.cart(do.me.id)
        if filled is None:
            return cart.nothing_in_it()
        shop = await do.shopping.shop(filled.business_id)
        quote = await self.quote(do)
        due = None if quote is None else Money(quote.totals.total, filled.subtotal.currency)
        shown = f"{filled.version}:{_counted(quote)}"
        ways = await self._ways(shop, shown, due, do)
        note = button("Change the note") if self.note else button("Add a note")
        asked = await do.shopping.takes_vouchers(filled.business_id)
        beside = (*vouchers.choices(filled, asked=asked), Choice("note", note))
        text = await self._text(filled, quote, do, payable=bool(ways))
        return Reply(text, (*ways, *beside), button("Choose"))

    async def _ways(
        self, shop: Shop, shown: str, due: Money | None, do: Services
    ) -> tuple[Choice, ...]:
        """How it can be paid; where there is nothing to pay, one word is enough."""
        if due is not None and not due.amount:
            return (Choice(f"wallet:{shown}", button("Order it")),)
        offered = [
            Choice(f"{method}:{shown}", self._method(method))
            for method in shop.methods
            if method != "wallet" and _takes(method, due, do)
        ]
        return (*offered, *await self._wallet(shown, shop.currency, due, do))

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
                    zone_id=self.zone_id,
                    address_id=self.address_id,
                    note=self.note,
                    version=version,
                    voucher_id=_voucher(counted),
                )
            case (
                ("stripe" | "phonepe" | "cash" | "wallet" | "manual") as method,
                version,
                *counted,
            ):
                return await self.order(method, version, _voucher(counted), do)
            case ("voucher",):
                return vouchers.EnterVoucher(
                    zone_id=self.zone_id, address_id=self.address_id, note=self.note
                )
            case ("no-voucher",):
                return await vouchers.take_off(do)
            case ("note",):
                return amending.Note(zone_id=self.zone_id, address_id=self.address_id)
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
        return button("Cash at pick-up") if self.zone_id is None else button("Cash on delivery")

    async def quote(self, do: Services) -> Quote | None:
        """None when it is not offered like this any more."""
        try:
            return await do.shopping.quote(do.me.id, self.zone_id)
        except NotOffered:
            return None

    async def _text(self, filled: Cart, quote: Quote | None, do: Services, *, payable: bool) -> str:
        if quote is None:
            return _("That is not offered any more. Type *back* and choose again.")
        sums, currency = quote.totals, filled.subtotal.currency
        voucher = quote.counted
        discount = Money(sums.discount, currency)
        foot = words.sums(
            filled.subtotal,
            "" if voucher is None else words.voucher_line(voucher.code, discount),
            Money(sums.shipping, currency),
            Money(sums.tax, currency),
            sums.tax_included,
            Money(sums.total, currency),
        )
        parts = [_("*Your order*"), words.cart_lines(filled), foot, await self._where(do)]
        if self.note:
            parts.append(_("Note: {note}").format(note=self.note))
        if quote.refused is not None:
            parts.append(words.why_not(quote.refused, do))
        if not sums.total:
            parts.append(_("There is nothing to pay. Shall I order it?"))
        else:
            parts.append(_("How would you like to pay?") if payable else _unpayable())
        return "\n\n".join(part for part in parts if part)

    async def _where(self, do: Services) -> str:
        if self.address_id is None:
            return await receiving.fetched_at(do)
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
        voucher_id: int | None,
        do: Services,
        payer: str | None = None,
    ) -> Next:
        """Order what the summary shows, and what is said to that."""
        choice = Chosen(self.zone_id, self.address_id, method, self.note, payer, voucher_id)
        try:
            order = await do.shopping.checkout(do.me.id, version, choice)
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
            return Go(receiving.Receive(), _("That is not offered any more. Please choose again."))
        return await ordered(order, do)

    async def _short(self, short: OnlyLeft) -> Next:
        return amending.TakeLess(
            zone_id=self.zone_id,
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


def _counted(quote: Quote | None) -> int:
    """The voucher that the summary counts, as its buttons carry it; 0 for none."""
    return 0 if quote is None or quote.counted is None else quote.counted.id


def _voucher(counted: list[int]) -> int | None:
    """And read again; a button of an earlier release carries none."""
    return (counted[0] or None) if counted else None


def _takes(method: Method, due: Money | None, do: Services) -> bool:
    """Whether a sum can be paid that way: M-Pesa takes whole shillings only, say."""
    if method in ("cash", "manual") or due is None or due.amount == 0:
        return True
    return do.payments.can_charge(method, due)


def _unpayable() -> str:
    return _("Nothing can be paid here just now. Type *agent* to ask a person.")


async def ordered(order: Order, do: Services) -> Next:
    """What an order that was just made is told with."""
    if order.reserved_until is not None:
        said = _("Order *{number}* is placed. I keep everything for you until {until}.").format(
            number=order.order_number, until=when(order.reserved_until, do.me.time_zone, do.now)
        )
        return Go(payments.awaiting(order), said, for_good=True)
    said = _("Thank you! 🎉 Order *{number}* is placed.").format(number=order.order_number)
    return Done((f"{said}\n\n{words.bill(order)}\n\n{await _what_now(order, do)}",))


async def _what_now(order: Order, do: Services) -> str:
    if order.payment_method == "wallet":
        left = await do.wallet.balance(do.me.id, order.total.currency)
        pay = _("Paid from your wallet; {left} is left in it.").format(left=money(left))
    elif order.payment_method == "cash":
        pay = _("Please have {amount} ready when it comes.").format(amount=money(order.total))
        if order.delivery == "pickup":
            pay = _("You pay {amount} when you pick it up.").format(amount=money(order.total))
    else:
        pay = _("There is nothing to pay.")
    hear = _("I'll write as soon as the shop accepts it. Type *track {number}* to see where it is.")
    return f"{pay}\n{hear.format(number=order.order_number)}"


STEPS: list[type[Step]] = [Summary]
