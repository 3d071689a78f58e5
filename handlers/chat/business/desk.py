"""A business's day: figures, and its orders in lists."""

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from bot.dialog import (
    Action,
    Again,
    Choice,
    Next,
    Reply,
    Said,
    Silence,
    Step,
    Words,
)
from bot.language import _, button, money, ngettext
from handlers.chat.business import managing, opening, papers, reviewing, vouchers
from handlers.chat.business.order import look, standing
from handlers.chat.business.products import Products
from handlers.chat.shopping.offers import chosen, more, offer, opened
from services import Services
from services.businesses import Business, may
from services.shopping import OrderSummary


async def enter(do: Services) -> Next:
    """Into the member's business; which one only matters where there are several."""
    mine = await do.businesses.business_of(do.me.id)
    if not mine:
        return Again(Reply(_no_business(), (opening.open_button(),)), quietly=True)
    return Desk(business_id=mine[0].id) if len(mine) == 1 else WhichBusiness()


def _no_business() -> str:
    return _("You do not belong to a business here.")


class WhichBusiness(Step):
    tag: ClassVar[str] = "business.which"

    async def ask(self, do: Services) -> Words:
        mine = await do.businesses.business_of(do.me.id)
        rows = [Choice(f"desk:{one.id}", one.name) for one in mine[:10]]
        return offer(_("Which business?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        _what, business_id = chosen(said)
        return Desk(business_id=business_id)


class Desk(Step):
    """A business's day."""

    tag: ClassVar[str] = "business.desk"
    business_id: int

    async def ask(self, do: Services) -> Words:
        member = await do.businesses.member(do.me.id, self.business_id)
        if member is None:
            return _no_business()
        business = await do.businesses.get(self.business_id)
        text = await figures(business, do)
        if left := carts_left(await do.shopping.carts_waiting(do.me.id, business.id)):
            text = f"{text}\n{left}"
        choices = [
            Choice(f"todo:{business.id}", button("Orders to send")),
            Choice(f"all:{business.id}", button("All orders")),
        ]
        if may(member.role, "products"):
            choices.append(Choice(f"products:{business.id}", button("Products")))
            choices.append(Choice(f"vouchers:{business.id}", button("Vouchers")))
        if await reviewing.oldest(business.id, do):
            choices.append(Choice(f"reviews:{business.id}", button("New reviews")))
        choices.append(Choice(f"manage:{business.id}", button("Manage")))
        return Reply(text, tuple(choices), button("Menu"))

    async def answer(self, said: Said, do: Services) -> Next:
        return await _list(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _list(choice, do)


async def figures(business: Business, do: Services) -> str:
    """The day of a business so far."""
    here = ZoneInfo(business.time_zone)
    midnight = datetime.combine(do.now.astimezone(here).date(), datetime.min.time(), here)
    day = await do.shopping.day(do.me.id, business.id, midnight)
    came = ngettext("{count} order today", "{count} orders today", day.ordered)
    waits = ngettext("{count} order to send", "{count} orders to send", day.to_do)
    lines = (
        f"*{business.name}*",
        await papers.standing(business, do),
        came.format(count=day.ordered),
        _("Takings today {amount}").format(amount=money(day.takings)),
        waits.format(count=day.to_do),
    )
    return "\n".join(line for line in lines if line)


def carts_left(count: int) -> str:
    """How many people have chosen something and gone away; nothing for none."""
    if not count:
        return ""
    return ngettext(
        "{count} cart with your goods waits", "{count} carts with your goods wait", count
    ).format(count=count)


async def _list(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("todo", business_id):
            return BusinessOrders(business_id=business_id, to_do=True)
        case ("all", business_id):
            return BusinessOrders(business_id=business_id, to_do=False)
        case ("vouchers", business_id):
            return vouchers.Vouchers(business_id=business_id)
        case ("reviews", business_id):
            return await _reviews(business_id, do)
        case ("products", business_id):
            return Products(business_id=business_id)
        case ("manage", business_id):
            return managing.Manage(business_id=business_id)
    return Silence("strange tap")


async def _reviews(business_id: int, do: Services) -> Next:
    """The review that has waited longest; the others follow it."""
    if await do.businesses.member(do.me.id, business_id) is None:
        return Again(_no_business())
    waiting = await reviewing.oldest(business_id, do)
    return Again(waiting or _("No review waits for you. 👌"), quietly=True)


class BusinessOrders(Step):
    """Orders of a business, newest first."""

    tag: ClassVar[str] = "business.orders"
    business_id: int
    to_do: bool
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        if await do.businesses.member(do.me.id, self.business_id) is None:
            return _no_business()
        page = await do.shopping.orders_of_business(
            do.me.id, self.business_id, self.offset, to_do=self.to_do
        )
        if not page.items:
            text = _("Nothing waits to be sent. 👌") if self.to_do else _("No orders yet.")
            return Reply(text, (Choice("desk:0", button("My business")),))
        rows = [_order_row(one) for one in page.items]
        if page.has_more:
            rows.append(more(page.next_offset))
        return offer(_("Which order?"), rows, button("Orders"))

    async def answer(self, said: Said, do: Services) -> Next:
        match chosen(said):
            case ("more", offset):
                return self.model_copy(update={"offset": offset})
            case ("desk", _number):
                return await enter(do)
            case (_what, order_id):
                return await look(order_id, do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("order", order_id):
                return await look(order_id, do)
        return await enter(do)


def _order_row(order: OrderSummary) -> Choice:
    description = f"{standing(order)} · {order.first}"
    return Choice(f"order:{order.id}", f"{order.order_number} · {money(order.total)}", description)


async def by_button(argument: str, do: Services) -> Next:
    """The button *My business*."""
    return await enter(do)


ACTIONS: dict[str, Action] = {"my-business": by_button}
STEPS: list[type[Step]] = [WhichBusiness, Desk, BusinessOrders]
