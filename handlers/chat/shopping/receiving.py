"""How an order comes to a person: brought or fetched, where to, and who receives it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from bot.dialog import Choice, Next, Place, Reply, Said, Step, Words
from bot.language import _, button, money, row
from handlers.chat.shopping import addresses, cart, checkout
from handlers.chat.shopping.offers import offer, opened
from handlers.chat.shopping.words import place
from services import Services
from services.ground.errors import NotFound
from services.shopping import Address, Delivery, NewAddress

ADDRESS = 300  # characters
NAME = 80
DIRECTIONS = 200
SAVED = 8  # addresses offered
LABEL = 20  # characters that a button shows


class Receive(Step):
    """Brought, and where to roughly; or fetched."""

    tag: ClassVar[str] = "shopping.delivery"
    strays: ClassVar[bool] = False

    async def ask(self, do: Services) -> Words:
        ways = await _ways(do)
        if not ways:
            return cart.nothing_in_it()
        rows = [Choice(f"zone:{way.zone_id or 0}", _way(way), _fee(way)) for way in ways]
        return offer(_("How would you like to get it?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("zone", zone_id):
                return await by_way(zone_id or None, do)
        return cart.OpenCart()

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await checkout.afresh(do)


async def by_way(zone_id: int | None, do: Services) -> Next:
    """On from the way chosen: fetched needs no address; a saved one is offered."""
    if zone_id is None:
        return checkout.Summary(zone_id=None, address_id=None)
    if await do.shopping.addresses(do.me.id, SAVED):
        return SavedAddress(zone_id=zone_id)
    return NewPlace(zone_id=zone_id)


async def fetched_at(do: Services) -> str:
    """Where an order waits to be picked up."""
    for way in await _ways(do):
        if way.zone_id is None:
            return _("You pick it up at {place}").format(place=way.name)
    return ""


async def _ways(do: Services) -> list[Delivery]:
    filled = await do.shopping.cart(do.me.id)
    if filled is None:
        return []
    return await do.shopping.deliveries(filled.business_id, filled.subtotal)


def _way(way: Delivery) -> str:
    return row("I pick it up") if way.zone_id is None else way.name


def _fee(way: Delivery) -> str:
    if way.zone_id is None:
        return _("free, at {place}").format(place=way.name)
    if way.fee.amount == 0:
        return _("free")
    if way.free_from is None:
        return money(way.fee)
    return _("{fee}, free from {amount}").format(fee=money(way.fee), amount=money(way.free_from))


class SavedAddress(Step):
    """One of the places they had things brought to before."""

    tag: ClassVar[str] = "shopping.address"
    strays: ClassVar[bool] = False
    takes: ClassVar[frozenset[str]] = frozenset({"location"})
    zone_id: int

    async def ask(self, do: Services) -> Words:
        known = await do.shopping.addresses(do.me.id, SAVED)
        rows = [Choice(f"address:{one.id}", *address_row(one)) for one in known]
        rows.append(Choice("new", row("Somewhere else")))
        return offer(_("Where shall we bring it?"), rows, button("Addresses"))

    async def answer(self, said: Said, do: Services) -> Next:
        if said.place is not None:
            return await NewPlace(zone_id=self.zone_id).answer(said, do)
        match opened(said.choice()):
            case ("address", address_id):
                return await self._known(address_id, do)
        return NewPlace(zone_id=self.zone_id)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await checkout.afresh(do)

    async def _known(self, address_id: int, do: Services) -> Next:
        try:
            address = await do.shopping.address(do.me.id, address_id)
        except NotFound:
            return NewPlace(zone_id=self.zone_id)
        return _to(self.zone_id, address)


def address_row(address: Address) -> tuple[str, str]:
    """Its name, and all of it; a bare point on the map goes by what is near it."""
    where = place(address)
    if address.label:
        return address.label, where
    if address.line is None and address.directions:
        return address.directions, place(replace(address, directions=None))
    return where, where if len(where) > LABEL else ""


class NewPlace(Step):
    """A place, typed or shared; without a zone it is no order's, but kept for later."""

    tag: ClassVar[str] = "shopping.place"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"location"})
    zone_id: int | None

    async def ask(self, do: Services) -> Words:
        text = _(
            "Where shall we bring it? Type the address (street, house, area), "
            "or share your location."
        )
        return Reply(text, asks_place=True)

    async def answer(self, said: Said, do: Services) -> Next:
        if (spot := said.place) is None:
            line = said.words(ADDRESS)
            return await _received(self.zone_id, NewAddress(line=line), do)
        return at_spot(self.zone_id, spot)


def at_spot(zone_id: int | None, spot: Place) -> Next:
    """A point on the map finds nobody's door: on to what else helps."""
    line = ", ".join(part for part in (spot.name, spot.address) if part)
    return Landmark(
        zone_id=zone_id, latitude=spot.latitude, longitude=spot.longitude, line=line or None
    )


class Landmark(Step):
    """What helps to find a shared location."""

    tag: ClassVar[str] = "shopping.landmark"
    free_text: ClassVar[bool] = True
    zone_id: int | None
    latitude: float
    longitude: float
    line: str | None = None

    async def ask(self, do: Services) -> Words:
        text = _("Got it. What helps the rider find you? House, floor, colour of the gate…")
        return Reply(text, (Choice("none", button("Nothing more")),))

    async def answer(self, said: Said, do: Services) -> Next:
        address = NewAddress(
            line=self.line and self.line[:ADDRESS],
            latitude=self.latitude,
            longitude=self.longitude,
            directions=None if said.tapped else said.words(DIRECTIONS),
        )
        return await _received(self.zone_id, address, do)


class Recipient(Step):
    """Who receives, when we do not know the person's name."""

    tag: ClassVar[str] = "shopping.recipient"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"contacts"})
    zone_id: int | None
    line: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    directions: str | None = None

    @classmethod
    def together(cls, texts: Sequence[str]) -> str:
        return " ".join(texts)

    async def ask(self, do: Services) -> Words:
        return _("And who receives it? Type a name.")

    async def answer(self, said: Said, do: Services) -> Next:
        name, phone = received_by(said)
        address = NewAddress(
            line=self.line,
            latitude=self.latitude,
            longitude=self.longitude,
            directions=self.directions,
            recipient=name,
            phone=phone,
        )
        return _to(self.zone_id, await do.shopping.save_address(do.me.id, address))


def received_by(said: Said) -> tuple[str, str | None]:
    """Name and phone (E.164) of who receives: typed, or from a contact card."""
    if said.kind != "contacts":
        return said.words(NAME), None
    phone = said.text if said.text.startswith("+") else None
    return (said.name[:NAME] or said.words(NAME)), phone


async def _received(zone_id: int | None, address: NewAddress, do: Services) -> Next:
    if do.me.name:
        named = replace(address, recipient=do.me.name)
        return _to(zone_id, await do.shopping.save_address(do.me.id, named))
    return Recipient(
        zone_id=zone_id,
        line=address.line,
        latitude=address.latitude,
        longitude=address.longitude,
        directions=address.directions,
    )


def _to(zone_id: int | None, address: Address) -> Next:
    if zone_id is None:
        return addresses.NameAddress(address_id=address.id or 0)
    return checkout.Summary(zone_id=zone_id, address_id=address.id)


STEPS: list[type[Step]] = [Receive, SavedAddress, NewPlace, Landmark, Recipient]
