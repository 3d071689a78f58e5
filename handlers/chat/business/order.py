"""One order as its business sees it, with the buttons that move it."""

from typing import ClassVar

from bot.dialog import (
    Again,
    Choice,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Words,
)
from bot.language import _, button, money
from handlers.chat.business.choices import about_parts, moves
from handlers.chat.files import passed_on
from handlers.chat.shopping.order_words import became, status
from handlers.chat.shopping.words import bill, place
from services import Services
from services.businesses import Right, may
from services.businesses.facts import SentFile
from services.ground.errors import NotFound
from services.payments import Proof
from services.shopping import Move, Order, OrderSummary, PaymentStatus


def standing(order: Order | OrderSummary) -> str:
    """Where an order stands, in the shop's own view."""
    new = Move.ACCEPT in order.possible if isinstance(order, Order) else _is_new(order)
    return _("New") if new else status(order)


def _is_new(order: OrderSummary) -> bool:
    return order.status in ("placed", "paid")


async def look(order_id: int, do: Services) -> Next:
    order = await own(order_id, do)
    return Again(unknown()) if order is None else BusinessOrder(order_id=order_id)


def unknown() -> str:
    return _("I find no such order of your business.")


async def own(order_id: int, do: Services) -> Order | None:
    """An order of a business the person belongs to."""
    try:
        order = await do.shopping.order(do.me.id, order_id)
    except NotFound:
        return None
    member = await do.businesses.member(do.me.id, order.business_id)
    return None if member is None else order


async def permitted(business_id: int, right: Right, do: Services) -> bool:
    """Whether the person's role in a business does that."""
    member = await do.businesses.member(do.me.id, business_id)
    return member is not None and may(member.role, right)


def not_permitted() -> str:
    return _("That is for somebody else of your business to do. Ask an owner.")


class BusinessOrder(Step):
    """One order, with what the business can do about it."""

    tag: ClassVar[str] = "business.order"
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await own(self.order_id, do)
        if order is None:
            return unknown()
        bubble = await shown(order, do)
        if (proof := await do.shopping.waiting_proof(order)) is not None:
            photo = passed_on(SentFile(key=proof.file_key))
            return (photo, bubble.offering((*decisions(proof), *bubble.choices)))
        if order.payment_status is not PaymentStatus.PAID or order.payment_id is None:
            return bubble
        if not await permitted(order.business_id, "refunds", do):
            return bubble
        back = Choice.act("order-refund", order.id, button("Money back"))
        return bubble.offering((*bubble.choices, back))

    async def answer(self, said: Said, do: Services) -> Next:
        raise NotUnderstood(_("Tap a button of the order, or type *menu*."))


async def shown(order: Order, do: Services, head: str = "") -> Reply:
    """An order as its business sees it, with buttons that work for good."""
    head = head or f"*{order.order_number}* · {standing(order)}"
    name = await do.people.name(order.user_id) or _("a customer")
    parts = [head, bill(order), _paid(order), _to(order, name), await became(order, do)]
    if order.customer_notes:
        parts.append(_("Note: {note}").format(note=order.customer_notes))
    choices = (*moves(order), *await about_parts(order, do))
    return Reply("\n\n".join(part for part in parts if part), choices, button("Choose"))


def _paid(order: Order) -> str:
    if order.payment_status is PaymentStatus.DUE:
        return _("To be paid in cash: *{amount}*").format(amount=money(order.due))
    return _("Paid") if order.payment_status is PaymentStatus.PAID else ""


def _to(order: Order, name: str) -> str:
    if order.delivery == "pickup":
        return _("{name} picks it up").format(name=name)
    if order.address is None:
        return name
    receives = " ".join((order.address.recipient or name, order.address.phone or "")).strip()
    to = _("To {name}, {place}").format(name=receives, place=place(order.address))
    if order.address.latitude is None:
        return to
    # Any map application opens a geo address; no map service is preferred.
    return f"{to}\ngeo:{order.address.latitude:.5f},{order.address.longitude:.5f}"


def decisions(proof: Proof) -> tuple[Choice, Choice]:
    """What a member says to a photo."""
    return (
        Choice.act("proof-confirm", proof.id, button("It is there")),
        Choice.act("proof-decline", proof.id, button("It is not there")),
    )


STEPS: list[type[Step]] = [BusinessOrder]
