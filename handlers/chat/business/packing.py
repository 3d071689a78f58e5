"""Packing a part of an order: which lines, and how many of each."""

from typing import ClassVar

from bot.dialog import Action, Again, Choice, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button, ngettext, row
from handlers.chat.business.moving import refused
from handlers.chat.business.order import own, unknown
from handlers.chat.business.parcels import Pieces, changed, off
from handlers.chat.shopping.offers import chosen, offer
from handlers.chat.shopping.order_words import pieces
from handlers.chat.shopping.words import named as full_name
from handlers.chat.taps import number_of
from services import Services
from services.shopping import Move, Order, OrderItem

ROWS = 9  # lines of an order in a list, with one more to end it
FEW = 3  # counts that become buttons


async def ship_part(argument: str, do: Services) -> Next:
    """Which part."""
    order = await own(number_of(argument), do)
    if order is None:
        return Again(unknown())
    if Move.SHIP_PART not in order.possible:
        return await refused(order.id, do)
    if sum(order.to_send.values()) == 1:
        return await off(order, (), do)
    return await _next(order, (), do)


async def _next(order: Order, packed: Pieces, do: Services) -> Next:
    """What else goes into the parcel, as long as there is more than one answer."""
    left = _left(order, packed)
    if not left:
        return await off(order, packed, do)
    if len(left) == 1 and not packed:
        return PackCount(order_id=order.id, shipped=order.shipped, item_id=left[0].id)
    return Pack(order_id=order.id, shipped=order.shipped, packed=packed)


def _left(order: Order, packed: Pieces) -> list[OrderItem]:
    """Lines that are not packed yet."""
    inside = dict(packed)
    return [item for item in order.items if item.to_send and item.id not in inside]


class Pack(Step):
    """What goes into this parcel, line by line."""

    tag: ClassVar[str] = "business.pack"
    order_id: int
    shipped: int  # pieces, when it was begun: a repeated tap finds others
    packed: Pieces = ()

    async def ask(self, do: Services) -> Words:
        order = await own(self.order_id, do)
        if order is None:
            return unknown()
        text = _("What goes into this parcel of order *{number}*?")
        if self.packed:
            text = _("In the parcel: {things}.\nWhat else?")
        text = text.format(number=order.order_number, things=pieces(order, dict(self.packed)))
        rows = [_row(item) for item in _left(order, self.packed)[:ROWS]]
        if self.packed:
            rows.append(Choice("done:0", row("That is all")))
        return offer(text, rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        order = await own(self.order_id, do)
        if order is None:
            return Again(unknown())
        match chosen(said):
            case ("done", _number) if self.packed:
                return await off(order, self.packed, do)
            case ("line", item_id):
                return await self._pack(order, item_id, do)
        raise NotUnderstood(_("Please tap one of the choices."))

    async def _pack(self, order: Order, item_id: int, do: Services) -> Next:
        item = next((one for one in _left(order, self.packed) if one.id == item_id), None)
        if item is None or order.shipped != self.shipped:
            return changed(self.order_id)
        if item.to_send == 1:
            return await _next(order, (*self.packed, (item_id, 1)), do)
        return PackCount(
            order_id=self.order_id, shipped=self.shipped, packed=self.packed, item_id=item_id
        )


def _row(item: OrderItem) -> Choice:
    left = ngettext("{count} to send", "{count} to send", item.to_send).format(count=item.to_send)
    return Choice(f"line:{item.id}", full_name(item.name, item.title), left)


class PackCount(Step):
    """How many of a line go into this parcel."""

    tag: ClassVar[str] = "business.pack-count"
    order_id: int
    shipped: int
    packed: Pieces = ()
    item_id: int

    async def ask(self, do: Services) -> Words:
        item = await self._item(do)
        if item is None:
            return unknown()
        text = _("How many of *{name}* go into this parcel? Type a number from 1 to {count}.")
        name = full_name(item.name, item.title)
        few = range(1, item.to_send + 1) if item.to_send <= FEW else ()
        choices = tuple(Choice(str(n), str(n)) for n in few)
        return Reply(text.format(name=name, count=item.to_send), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        item, order = await self._item(do), await own(self.order_id, do)
        if item is None or order is None or not item.to_send:
            return changed(self.order_id)
        packed = (*self.packed, (item.id, said.number(1, item.to_send)))
        if len(order.to_send) == 1:
            return await off(order, packed, do)
        return await _next(order, packed, do)

    async def _item(self, do: Services) -> OrderItem | None:
        order = await own(self.order_id, do)
        items = () if order is None else order.items
        return next((item for item in items if item.id == self.item_id), None)


ACTIONS: dict[str, Action] = {"order-ship_part": ship_part}
STEPS: list[type[Step]] = [Pack, PackCount]
