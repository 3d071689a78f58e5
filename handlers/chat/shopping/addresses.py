"""*my addresses*: where things are brought, what each is called, who receives there; forgetting."""

from collections.abc import Sequence
from typing import ClassVar

from bot.dialog import Action, Again, Choice, Go, Next, Place, Reply, Said, Silence, Step, Words
from bot.language import _, button, row
from handlers.chat.shopping import receiving
from handlers.chat.shopping.offers import offer, opened
from handlers.chat.shopping.words import place
from services import Services
from services.ground.errors import NotFound
from services.shopping import Address

SHOWN = 9  # and a new one
LABEL = 20  # characters


async def mine(do: Services) -> Next:
    return MyAddresses()


class MyAddresses(Step):
    """All that are kept, the last used first."""

    tag: ClassVar[str] = "shopping.addresses"
    takes: ClassVar[frozenset[str]] = frozenset({"location"})

    async def ask(self, do: Services) -> Words:
        known = await do.shopping.addresses(do.me.id, SHOWN)
        new = Choice("new", row("A new one"))
        if not known:
            return Reply(_("I know no address of yours yet. Shall I keep one?"), (new,))
        rows = [Choice(f"address:{one.id}", *receiving.address_row(one)) for one in known]
        return offer(_("Your addresses, the last used first:"), [*rows, new], button("Addresses"))

    async def answer(self, said: Said, do: Services) -> Next:
        if said.place is not None:
            return receiving.at_spot((), said.place)
        return await _open(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _open(choice, do)


async def _open(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("address", address_id):
            known = await _mine(address_id, do)
            return _gone() if known is None else OneAddress(address_id=address_id)
        case ("new",):
            return receiving.NewPlace()
    return MyAddresses()


async def _mine(address_id: int, do: Services) -> Address | None:
    """A button's id proves nothing."""
    try:
        return await do.shopping.address(do.me.id, address_id)
    except NotFound:
        return None


def _gone() -> Next:
    return Go(MyAddresses(), _("I have forgotten that address already."))


class OneAddress(Step):
    """One of them, with what can be done about it."""

    tag: ClassVar[str] = "shopping.one-address"
    address_id: int

    async def ask(self, do: Services) -> Words:
        address = await _mine(self.address_id, do)
        if address is None:
            return _("I have forgotten that address already.")
        lines = [f"*{address.label}*" if address.label else "", place(address), _who(address)]
        choices = (
            Choice(f"name:{self.address_id}", button("Give it a name")),
            Choice(f"who:{self.address_id}", button("Who receives")),
            Choice(f"forget:{self.address_id}", button("Forget it")),
        )
        return Reply("\n".join(line for line in lines if line), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _done_with(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _done_with(choice, do)


async def _done_with(choice: str, do: Services) -> Next:
    match opened(choice):
        case (_what, address_id) if await _mine(address_id, do) is None:
            return _gone()
        case ("name", address_id):
            return NameAddress(address_id=address_id)
        case ("who", address_id):
            return WhoReceives(address_id=address_id)
        case ("forget", address_id):
            await do.shopping.forget_address(do.me.id, address_id)
            return Go(MyAddresses(), _("Forgotten."))
    return MyAddresses()


def _who(address: Address) -> str:
    received = " ".join(part for part in (address.recipient, address.phone) if part)
    return _("{name} receives").format(name=received) if received else ""


class NameAddress(Step):
    """What it is called in lists."""

    tag: ClassVar[str] = "shopping.name-address"
    free_text: ClassVar[bool] = True
    address_id: int

    async def ask(self, do: Services) -> Words:
        choices = [Choice(kind, label) for kind, label in _labels().items()]
        choices.append(Choice("none", button("No name")))
        return Reply(_("What shall I call it? Tap, or type a short name."), tuple(choices))

    async def answer(self, said: Said, do: Services) -> Next:
        label = said.words(LABEL) if said.tapped is None else _labels().get(said.tapped)
        try:
            await do.shopping.name_address(do.me.id, self.address_id, label)
        except NotFound:
            return _gone()
        return Go(MyAddresses(), _("Kept."))


def _labels() -> dict[str, str]:
    """What is kept for a tap, in the person's language: *home* by itself is a command."""
    return {"home": button("At home"), "work": button("At work")}


class WhoReceives(Step):
    """Who is there when it comes: a name, or a contact card with a phone."""

    tag: ClassVar[str] = "shopping.who-receives"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"contacts"})
    address_id: int

    @classmethod
    def together(cls, texts: Sequence[str]) -> str:
        return " ".join(texts)

    async def ask(self, do: Services) -> Words:
        return _("Who receives it there? Type a name, or share a contact.")

    async def answer(self, said: Said, do: Services) -> Next:
        name, phone = receiving.received_by(said)
        try:
            await do.shopping.receive_by(do.me.id, self.address_id, name, phone)
        except NotFound:
            return _gone()
        return Go(OneAddress(address_id=self.address_id), _("Kept."))


# -- a location out of the blue ---------------------------------------------------------------


def shared(spot: Place) -> Next:
    """Nothing asked for it: perhaps it is worth keeping."""
    text = _("Thank you for the location. Shall I keep it as one of your addresses?")
    at = f"{spot.latitude:.6f},{spot.longitude:.6f}"
    return Again(Reply(text, (Choice.act("keep-place", at, button("Keep it")),)), quietly=True)


async def keep(argument: str, do: Services) -> Next:
    try:
        latitude, longitude = map(float, argument.split(","))
    except ValueError:
        return Silence("strange tap")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return Silence("strange tap")
    return receiving.at_spot((), Place(latitude, longitude))


ACTIONS: dict[str, Action] = {"keep-place": keep}
STEPS: list[type[Step]] = [MyAddresses, OneAddress, NameAddress, WhoReceives]
