"""Making a voucher, a question at a time: its code, what it takes off, from what, until, how often.

A step knows what the ones before it asked.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bot.dialog import Again, Choice, Go, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button, money
from handlers.chat.business import vouchers
from handlers.chat.business.days import day_of
from handlers.chat.business.order import not_permitted
from handlers.chat.shopping.cart import agreed
from services import Services
from services.businesses import Business
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.ground.money import Money
from services.shopping import CodeTaken, Kind, NewVoucher, Voucher, code_of

LONGEST = 60  # characters typed
DEAREST = 10**9  # minor units
MOST = 100_000  # uses
WEEK, MONTH = 7, 30  # days offered


class _Draft(Step):
    strays: ClassVar[bool] = False
    business_id: int

    def onto(self, step: type[Step], **more: Any) -> Step:
        """The next question, with what is known and what was just said."""
        return step(**dict(self), **more)

    async def business(self, do: Services) -> Business:
        return await do.businesses.get(self.business_id)

    async def amount(self, minor: int, do: Services) -> Money:
        return Money(minor, (await self.business(do)).currency)


class VoucherCode(_Draft):
    """What people type."""

    tag: ClassVar[str] = "business.voucher-code"
    free_text: ClassVar[bool] = True

    async def ask(self, do: Services) -> Words:
        return _("What shall the code be? 3 to 24 letters and digits, like *KARIBU10*.")

    async def answer(self, said: Said, do: Services) -> Next:
        code = code_of(said.words(LONGEST))
        if code is None:
            raise NotUnderstood(_("A code is 3 to 24 letters from A to Z, digits or dashes."))
        if await do.shopping.is_code_taken(self.business_id, code):
            return Again(taken(code))
        return self.onto(VoucherKind, code=code)


def taken(code: str) -> str:
    return _("You have a voucher *{code}* already.").format(code=code)


class _Coded(_Draft):
    code: str


class VoucherKind(_Coded):
    """What sort of thing it takes off."""

    tag: ClassVar[str] = "business.voucher-kind"

    async def ask(self, do: Services) -> Words:
        choices = (
            Choice("fixed", button("An amount")),
            Choice("percent", button("A percentage")),
            Choice("delivery", button("The delivery")),
        )
        text = _("What does *{code}* take off?").format(code=self.code)
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        match said.choice():
            case "fixed":
                return self.onto(VoucherAmount)
            case "percent":
                return self.onto(VoucherShare)
        return self.onto(VoucherMinimum, kind=Kind.DELIVERY)


class VoucherAmount(_Coded):
    """How much."""

    tag: ClassVar[str] = "business.voucher-amount"

    async def ask(self, do: Services) -> Words:
        like = money(await self.amount(200_00, do))
        return _("How much does it take off? Type an amount, like {amount}.").format(amount=like)

    async def answer(self, said: Said, do: Services) -> Next:
        low, high = await self.amount(1, do), await self.amount(DEAREST, do)
        amount = said.money(low, high).amount
        return self.onto(VoucherMinimum, kind=Kind.FIXED, value=amount)


class VoucherShare(_Coded):
    """How many percent."""

    tag: ClassVar[str] = "business.voucher-share"

    async def ask(self, do: Services) -> Words:
        return _("How many percent does it take off the goods? Type a number from 1 to 100.")

    async def answer(self, said: Said, do: Services) -> Next:
        percent = replace(said, text=said.text.replace("%", " ")).number(1, 100)
        return self.onto(VoucherMinimum, kind=Kind.PERCENT, value=percent * 100)


class _Valued(_Coded):
    kind: Kind
    value: int = 0  # minor units, or basis points


class VoucherMinimum(_Valued):
    """From what a cart comes to."""

    tag: ClassVar[str] = "business.voucher-minimum"

    async def ask(self, do: Services) -> Words:
        text = _("From what order value on does it work? Type an amount, or tap.")
        return Reply(text, (Choice("none", button("From any")),))

    async def answer(self, said: Said, do: Services) -> Next:
        if _chose(said, "none"):
            return self.onto(VoucherUntil, minimum=0)
        low, high = await self.amount(1, do), await self.amount(DEAREST, do)
        return self.onto(VoucherUntil, minimum=said.money(low, high).amount)


class _From(_Valued):
    minimum: int  # minor units


class VoucherUntil(_From):
    """Its last day."""

    tag: ClassVar[str] = "business.voucher-until"

    async def ask(self, do: Services) -> Words:
        text = _("Until when does it work? Type its last day, like 24.12., or tap.")
        choices = (
            Choice(f"days:{WEEK}", button("For a week")),
            Choice(f"days:{MONTH}", button("For a month")),
            Choice("none", button("Without end")),
        )
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        here = ZoneInfo((await self.business(do)).time_zone)
        today = do.now.astimezone(here).date()
        if _chose(said, "none"):
            return self.onto(VoucherTimes, until=None)
        for days in (WEEK, MONTH):
            if _chose(said, f"days:{days}"):
                return self.onto(VoucherTimes, until=today + timedelta(days=days))
        return self.onto(VoucherTimes, until=day_of(said.text, today))


class _Until(_From):
    until: date | None  # its last day


class VoucherTimes(_Until):
    """How often in all."""

    tag: ClassVar[str] = "business.voucher-times"

    async def ask(self, do: Services) -> Words:
        text = _("How many orders may use it in all, once a person? Type a number, or tap.")
        return Reply(text, (Choice("none", button("As many as come")),))

    async def answer(self, said: Said, do: Services) -> Next:
        if _chose(said, "none"):
            return self.onto(VoucherCheck, times=None)
        return self.onto(VoucherCheck, times=said.number(1, MOST))


class VoucherCheck(_Until):
    """All of it once more, before anybody can use it."""

    tag: ClassVar[str] = "business.voucher-check"
    times: int | None

    async def ask(self, do: Services) -> Words:
        business = await self.business(do)
        lines = [f"*{self.code}*", *vouchers.terms(self._preview(business), business.time_zone)]
        if self.times is not None:
            lines.append(_("{count} orders in all").format(count=self.times))
        lines.append("\n" + _("Shall I make it?"))
        choices = (Choice("yes", button("Yes, make it")), Choice("no", button("No, leave it")))
        return Reply("\n".join(lines), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        there = vouchers.Vouchers(business_id=self.business_id)
        if not agreed(said):
            return Go(there, _("All right, I made nothing."))
        new = self._terms(await self.business(do))
        try:
            made = await do.shopping.make_voucher(do.me.id, self.business_id, new)
        except CodeTaken:
            return Go(VoucherCode(business_id=self.business_id), taken(self.code))
        except (NotPermitted, NotFound):
            return Go(there, not_permitted())
        text = _("*{code}* works from now on. People type *voucher {code}*, or tap at checkout.")
        return Go(there, text.format(code=made.code), for_good=True)

    def _terms(self, business: Business) -> NewVoucher:
        return NewVoucher(
            code=self.code,
            kind=self.kind,
            amount=self.value if self.kind is Kind.FIXED else None,
            basis_points=self.value if self.kind is Kind.PERCENT else None,
            minimum=self.minimum,
            ends_at=None if self.until is None else _end_of(self.until, business.time_zone),
            max_uses=self.times,
        )

    def _preview(self, business: Business) -> Voucher:
        """As it will be."""
        new = self._terms(business)
        return Voucher(
            id=0,
            business_id=business.id,
            code=new.code,
            kind=new.kind,
            amount=None if new.amount is None else Money(new.amount, business.currency),
            basis_points=new.basis_points,
            most=None,
            minimum=Money(new.minimum, business.currency),
            starts_at=None,
            ends_at=new.ends_at,
            max_uses=new.max_uses,
            max_per_person=new.max_per_person,
            uses=0,
            is_active=True,
        )


def _end_of(day: date, time_zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(time_zone))


def _chose(said: Said, choice: str) -> bool:
    try:
        return said.choice() == choice
    except NotUnderstood:
        return False


STEPS: list[type[Step]] = [
    VoucherCode,
    VoucherKind,
    VoucherAmount,
    VoucherShare,
    VoucherMinimum,
    VoucherUntil,
    VoucherTimes,
    VoucherCheck,
]
