"""Giving something back: which, how many, for what, and why."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Words,
)
from bot.language import _, button, ngettext, row
from handlers.chat.shopping import return_words
from handlers.chat.shopping.offers import chosen, offer
from handlers.chat.shopping.return_photo import PhotoOfIt, why_not
from handlers.chat.shopping.words import named as full_name
from handlers.chat.taps import number_of
from services import Services
from services.ground.errors import NotFound
from services.shopping import (
    CannotMoveReturn,
    NotReturnable,
    Order,
    OrderItem,
    Return,
    ReturnStatus,
    WhyNot,
)

LONGEST_REASON = 200  # characters
ROWS = 9  # with one more beneath them
FEW = 3  # counts that become buttons


async def choices(order: Order, do: Services) -> list[Choice]:
    """What an order's buyer can do about giving some of it back."""
    until = await do.shopping.returns_until(order)
    found = []
    if until is not None and do.now <= until:
        found.append(Choice(f"return:{order.id}", button("Return or exchange")))
    if order.delivered_at is not None:
        found += [
            Choice.act("return-own", one.id, button("Return {number}").format(number=one.label))
            for one in await do.shopping.returns_of(do.me.id, order.id)
            if one.status is ReturnStatus.ASKED
        ]
    return found


async def begin(order_id: int, do: Services) -> Next:
    """The only line at once, else which one?"""
    try:
        lines = await do.shopping.may_return(do.me.id, order_id)
    except NotFound:
        return Again(_("I do not know that order."))
    except NotReturnable as refused:
        return Again(why_not(refused.why), quietly=True)
    return await _of(lines[0], do) if len(lines) == 1 else WhichBack(order_id=order_id)


async def _of(item: OrderItem, do: Services) -> Next:
    """How many of a line; the only one at once."""
    if item.may_return == 1:
        return await _for_what(item.id, 1, do)
    return HowManyBack(item_id=item.id, most=item.may_return, name=_name(item))


def _name(item: OrderItem) -> str:
    return full_name(item.name, item.title)


async def _for_what(item_id: int, count: int, do: Services) -> Next:
    """Money or another one, where there is one."""
    if await do.shopping.exchanges(do.me.id, item_id, count):
        return ForWhat(item_id=item_id, count=count)
    return WhyBack(item_id=item_id, count=count)


class WhichBack(Step):
    """Which line of an order."""

    tag: ClassVar[str] = "shopping.return-which"
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await do.shopping.order(do.me.id, self.order_id)
        rows = [
            Choice(f"line:{item.id}", _name(item), _count(item.may_return))
            for item in order.items
            if item.may_return
        ]
        return offer(_("What would you like to give back?"), rows[:ROWS], button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        _what, item_id = chosen(said)
        try:
            lines = await do.shopping.may_return(do.me.id, self.order_id)
        except NotReturnable as refused:
            return Done(why_not(refused.why))
        for item in lines:
            if item.id == item_id:
                return await _of(item, do)
        return Done(why_not(WhyNot.ALREADY))


def _count(count: int) -> str:
    return ngettext("{count} piece", "{count} pieces", count).format(count=count)


class HowManyBack(Step):
    tag: ClassVar[str] = "shopping.return-count"
    item_id: int
    most: int
    name: str

    async def ask(self, do: Services) -> Words:
        text = _(
            "How many of *{name}* would you like to give back? Type a number from 1 to {count}."
        )
        few = range(1, self.most + 1) if self.most <= FEW else ()
        buttons = tuple(Choice(str(n), str(n)) for n in few)
        return Reply(text.format(name=self.name, count=self.most), buttons)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _for_what(self.item_id, said.number(1, self.most), do)


class ForWhat(Step):
    """Money back, or another one."""

    tag: ClassVar[str] = "shopping.return-for"
    item_id: int
    count: int

    async def ask(self, do: Services) -> Words:
        text = _("Would you like your money back, or another size or kind of the same?")
        buttons = (Choice("money", button("Money back")), Choice("other", button("Another one")))
        return Reply(text, buttons)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.choice() == "money":
            return WhyBack(item_id=self.item_id, count=self.count)
        return ForWhich(item_id=self.item_id, count=self.count)


class ForWhich(Step):
    """For which variant: those that cost the same and are there."""

    tag: ClassVar[str] = "shopping.return-variant"
    item_id: int
    count: int

    async def ask(self, do: Services) -> Words:
        others = await do.shopping.exchanges(do.me.id, self.item_id, self.count)
        rows = [Choice(f"variant:{one.id}", one.title) for one in others[:ROWS]]
        rows.append(Choice("money:0", row("Money back")))
        return offer(_("Which one would you like? These cost the same."), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        what, number = chosen(said)
        variant = number if what == "variant" else 0
        return WhyBack(item_id=self.item_id, count=self.count, variant_id=variant)


class WhyBack(Step):
    """Why it goes back, in a tap or their own words."""

    tag: ClassVar[str] = "shopping.return-why"
    free_text: ClassVar[bool] = True
    item_id: int
    count: int
    variant_id: int = 0  # 0: for its money

    async def ask(self, do: Services) -> Words:
        text = _("Why does it go back? Tap, or write it in one message.")
        buttons = (
            Choice("damaged", button("It is damaged")),
            Choice("size", button("It does not fit")),
            Choice("other", button("Not what I ordered")),
        )
        return Reply(text, buttons)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            why = said.choice()
        except NotUnderstood:
            why = said.words(LONGEST_REASON)
        known = {"item_id": self.item_id, "count": self.count, "variant_id": self.variant_id}
        return PhotoOfIt(**known, reason=why)


async def show(argument: str, do: Services) -> Next:
    """The button of a return."""
    return_ = await _own(argument, do)
    if return_ is None:
        return Again(_unknown())
    keep = Choice.act("return-keep", return_.id, button("Keep it after all"))
    may_keep = ReturnStatus.CANCELLED in return_.possible
    return Again(Reply(return_words.line(return_), (keep,) if may_keep else ()), quietly=True)


async def keep(argument: str, do: Services) -> Next:
    """The buyer changes their mind."""
    return_ = await _own(argument, do)
    if return_ is None:
        return Again(_unknown())
    try:
        await do.shopping.cancel_return(return_.id, do.me.id)
    except CannotMoveReturn as stands:
        return Again(return_words.line(stands.return_), quietly=True)
    text = _("All right, you keep it. Return *{label}* is off.")
    return Again(text.format(label=return_.label), quietly=True)


async def _own(argument: str, do: Services) -> Return | None:
    try:
        return_ = await do.shopping.goods_return(do.me.id, number_of(argument))
    except NotFound:
        return None
    return return_ if return_.user_id == do.me.id else None


def _unknown() -> str:
    return _("I do not know that return.")


ACTIONS: dict[str, Action] = {"return-own": show, "return-keep": keep}
STEPS: list[type[Step]] = [WhichBack, HowManyBack, ForWhat, ForWhich, WhyBack]
