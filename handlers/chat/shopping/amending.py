"""What checkout asks beside the summary: whose phone pays, whether fewer will do, a note."""

import re
from typing import Any, ClassVar

from pydantic import model_validator

from bot.dialog import Again, Choice, Go, Next, Reply, Said, Step, Words
from bot.language import _, button, ngettext
from handlers.chat.shopping import cart, checkout
from handlers.chat.shopping.going import Going
from services import Services
from services.shopping import OnlyLeft

LONGEST_NOTE = 500  # characters
_KENYAN = re.compile(r"\+254[17][0-9]{8}")  # a mobile number, as M-Pesa's accounts are


class PayerNumber(Going):
    """The phone on which M-Pesa asks for the PIN: not always the one that is written from."""

    tag: ClassVar[str] = "shopping.payer"
    strays: ClassVar[bool] = False
    address_id: int | None
    note: str | None = None
    version: int
    vouchers: tuple[int, ...] = ()  # that are counted

    @model_validator(mode="before")
    @classmethod
    def _with_one_voucher(cls, stored: Any) -> Any:
        """Sessions of before there could be several have one, or none."""
        if not isinstance(stored, dict) or (voucher := stored.get("voucher_id")) is None:
            return stored
        return stored | {"vouchers": (voucher,)}

    async def ask(self, do: Services) -> Words:
        text = _("On which number shall M-Pesa ask you? Type it, like 0700 000 000.")
        last = await do.payments.last_payer(do.me.id)
        return Reply(text, () if last is None else (Choice(last, last),))

    async def answer(self, said: Said, do: Services) -> Next:
        payer = said.phone("KE")
        if _KENYAN.fullmatch(payer) is None:
            return Again(_("M-Pesa works on Kenyan numbers only, like 0700 000 000."))
        summary = checkout.Summary(zones=self.zones, address_id=self.address_id, note=self.note)
        there = await summary.order("mpesa", self.version, self.vouchers, do, payer)
        # What changed meanwhile is seen in the summary, and chosen there again.
        return Go(summary, there.say) if isinstance(there, Again) else there


class TakeLess(Going):
    """Somebody was faster: fewer are left than the cart holds."""

    tag: ClassVar[str] = "shopping.less"
    strays: ClassVar[bool] = False
    address_id: int | None
    note: str | None = None
    variant_id: int
    name: str
    left: int

    async def ask(self, do: Services) -> Words:
        text = ngettext(
            "Somebody was faster: only {count} × *{name}* is left. Take it?",
            "Somebody was faster: only {count} × *{name}* are left. Take {count}?",
            self.left,
        ).format(count=self.left, name=self.name)
        take = button("Take {count}").format(count=self.left)
        return Reply(text, (Choice("yes", take), Choice("no", button("Leave it out"))))

    async def answer(self, said: Said, do: Services) -> Next:
        count = self.left if cart.agreed(said) else 0
        try:
            filled = await do.shopping.set_quantity(do.me.id, self.variant_id, count)
        except OnlyLeft:
            filled = await do.shopping.remove(do.me.id, self.variant_id)
        if filled is None:
            return cart.OpenCart()
        return checkout.Summary(zones=self.zones, address_id=self.address_id, note=self.note)


class Note(Going):
    """A word to the shop."""

    tag: ClassVar[str] = "shopping.note"
    free_text: ClassVar[bool] = True
    address_id: int | None

    async def ask(self, do: Services) -> Words:
        text = _("What should the shop know? Write it in one message.")
        return Reply(text, (Choice("none", button("No note")),))

    async def answer(self, said: Said, do: Services) -> Next:
        note = None if said.tapped else said.words(LONGEST_NOTE)
        return checkout.Summary(zones=self.zones, address_id=self.address_id, note=note)


STEPS: list[type[Step]] = [PayerNumber, TakeLess, Note]
