"""A business's vouchers: the list with their uses, one of them, switching it off and on."""

from datetime import timedelta
from typing import ClassVar

from bot.dialog import Again, Choice, Next, Reply, Said, Silence, Step, Words
from bot.language import _, button, dated, money, ngettext, row
from handlers.chat.business import making
from handlers.chat.business.order import not_permitted, permitted
from handlers.chat.shopping.offers import more, offer, opened
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.shopping import Voucher


class Vouchers(Step):
    """All of them, those that are on first."""

    tag: ClassVar[str] = "business.vouchers"
    business_id: int
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        try:
            page = await do.shopping.vouchers(do.me.id, self.business_id, self.offset)
        except NotFound:
            return _("You do not belong to a business here.")
        rows = [_row(one, do) for one in page.items]
        if await permitted(self.business_id, "products", do):
            rows.append(Choice("new", row("New voucher")))
        if page.has_more:
            rows.append(more(page.next_offset))
        if not page.items:
            text = _("No vouchers yet. With one, a code takes something off an order.")
            return Reply(text, tuple(rows))
        return offer(_("Your vouchers:"), rows, button("Vouchers"))

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("voucher", voucher_id):
                return await _look(voucher_id, do)
            case ("more", offset):
                return self.model_copy(update={"offset": offset})
            case ("new",):
                if not await permitted(self.business_id, "products", do):
                    return Again(not_permitted())
                return making.VoucherCode(business_id=self.business_id)
        return Silence("strange tap")

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("voucher", voucher_id):
                return await _look(voucher_id, do)
        return None


def _row(voucher: Voucher, do: Services) -> Choice:
    said = [value(voucher), used(voucher), _state(voucher, do)]
    return Choice(f"voucher:{voucher.id}", voucher.code, " · ".join(one for one in said if one))


async def _look(voucher_id: int, do: Services) -> Next:
    try:
        await do.shopping.voucher(do.me.id, voucher_id)
    except NotFound:
        return Again(_unknown())
    return VoucherOpen(voucher_id=voucher_id)


def _unknown() -> str:
    return _("I find no such voucher of your business.")


class VoucherOpen(Step):
    """One of them, with all its terms."""

    tag: ClassVar[str] = "business.voucher"
    voucher_id: int

    async def ask(self, do: Services) -> Words:
        try:
            voucher = await do.shopping.voucher(do.me.id, self.voucher_id)
        except NotFound:
            return _unknown()
        zone = (await do.businesses.get(voucher.business_id)).time_zone
        parts = [f"*{voucher.code}*", *terms(voucher, zone), used(voucher), _state(voucher, do)]
        switch = (
            Choice(f"off:{voucher.id}", button("Switch it off"))
            if voucher.is_active
            else Choice(f"on:{voucher.id}", button("Switch it on"))
        )
        may = await permitted(voucher.business_id, "products", do)
        every = Choice(f"all:{voucher.business_id}", button("All vouchers"))
        return Reply("\n".join(one for one in parts if one), (switch, every) if may else (every,))

    async def answer(self, said: Said, do: Services) -> Next:
        return await _done_with(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _done_with(choice, do)


async def _done_with(choice: str, do: Services) -> Next:
    match opened(choice):
        case (("on" | "off") as switch, voucher_id):
            return await _switch(voucher_id, do, on=switch == "on")
        case ("all", business_id):
            return Vouchers(business_id=business_id)
    return Silence("strange tap")


async def _switch(voucher_id: int, do: Services, *, on: bool) -> Next:
    try:
        voucher = await do.shopping.switch_voucher(do.me.id, voucher_id, on=on)
    except NotFound:
        return Again(_unknown())
    except NotPermitted:
        return Again(not_permitted())
    if on:
        text = _("*{code}* works again.")
    else:
        text = _("*{code}* is off: nobody can use it now. Orders made with it stay as they are.")
    return Again(text.format(code=voucher.code))


# -- in words --------------------------------------------------------------------------------


def value(voucher: Voucher) -> str:
    """What it takes off."""
    if voucher.amount is not None:
        return _("{amount} off").format(amount=money(voucher.amount))
    if voucher.basis_points is None:
        return _("free delivery")
    said = _("{amount} off").format(amount=f"{voucher.basis_points / 100:g} %")
    if voucher.most is None:
        return said
    return _("{share}, at most {amount}").format(share=said, amount=money(voucher.most))


def used(voucher: Voucher) -> str:
    if voucher.max_uses is None:
        said = ngettext("used {count} time", "used {count} times", voucher.uses)
        return said.format(count=voucher.uses)
    return _("{uses} of {count} used").format(uses=voucher.uses, count=voucher.max_uses)


def _state(voucher: Voucher, do: Services) -> str:
    """Why nobody can use it, if so."""
    if not voucher.is_active:
        return _("switched off")
    if voucher.ends_at is not None and voucher.ends_at <= do.now:
        return _("over")
    return _("used up") if voucher.is_used_up(voucher.uses) else ""


def terms(voucher: Voucher, time_zone: str) -> list[str]:
    """What it takes off and when, in lines."""
    lines = [value(voucher)]
    if voucher.minimum.amount:
        lines.append(_("from {amount} on").format(amount=money(voucher.minimum)))
    if voucher.starts_at is not None:
        lines.append(_("from {when} on").format(when=dated(voucher.starts_at, time_zone)))
    if voucher.ends_at is not None:
        last = voucher.ends_at - timedelta(minutes=1)  # midnight belongs to the day before
        lines.append(_("until {when}").format(when=dated(last, time_zone)))
    if voucher.max_per_person is not None:
        lines.append(_each(voucher.max_per_person))
    return lines


def _each(count: int) -> str:
    if count == 1:
        return _("once a person")
    return _("up to {count} times a person").format(count=count)


STEPS: list[type[Step]] = [Vouchers, VoucherOpen]
