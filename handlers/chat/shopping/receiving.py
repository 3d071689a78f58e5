"""How an order comes to a person: brought or fetched, where to, and who receives it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from bot.dialog import Choice, Next, Place, Reply, Said, Step, Words
from bot.language import _, button, money, row
from handlers.chat.shopping import addresses, cart, checkout
from handlers.chat.shopping.going import Going
from handlers.chat.shopping.offers import offer, opened
from handlers.chat.shopping.words import place, shop_name
from services import Services
from services.ground.errors import NotFound
from services.shopping import Address, Cart, Delivery, NewAddress, Part

ADDRESS = 300  # characters
NAME = 80
DIRECTIONS = 200
SAVED = 8  # addresses offered
LABEL = 20  # characters that a button shows


class Receive(Going):
    """Brought, and where to roughly; or fetched. Of one seller: `zones` are the answers about
    those before."""

    tag: ClassVar[str] = "shopping.delivery"
    strays: ClassVar[bool] = False
    business_id: int = 0  # 0: who comes first in the cart

    async def ask(self, do: Services) -> Words:
        filled = await do.shopping.cart(do.me.id)
        if filled is None or (part := self._part(filled)) is None:
            return cart.nothing_in_it()
        ways = await do.shopping.deliveries(part.business_id, part.subtotal)
        rows = [Choice(f"zone:{way.zone_id or 0}", _way(way), _fee(way)) for way in ways]
        text = _("How would you like to get it?")
        if len(filled.parts) > 1:
            name = await shop_name(part.business_id, do)
            text = _("How would you like to get what *{shop}* sells you?").format(shop=name)
        return offer(text, rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("zone", zone_id):
                filled = await do.shopping.cart(do.me.id)
                if filled is not None and (part := self._part(filled)) is not None:
                    chosen = (*self.zones, zone_id) if zone_id else self.zones
                    after = filled.parts.index(part) + 1
                    return await next_way(filled.parts[after:], chosen, do)
        return cart.OpenCart()

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await checkout.afresh(do)

    def _part(self, filled: Cart) -> Part | None:
        mine = (part for part in filled.parts if self.business_id in (0, part.business_id))
        return next(mine, None)


async def next_way(parts: Sequence[Part], zones: tuple[int, ...], do: Services) -> Next:
    """The next seller who offers more than one way is asked about; then where to."""
    for part in parts:
        ways = await do.shopping.deliveries(part.business_id, part.subtotal)
        if len(ways) != 1:
            return Receive(zones=zones, business_id=part.business_id)
        zones = (*zones, *(way.zone_id for way in ways if way.zone_id is not None))
    return await _where_to(zones, do)


async def _where_to(zones: tuple[int, ...], do: Services) -> Next:
    """Fetched needs no address; a saved one is offered."""
    if not zones:
        return checkout.Summary(zones=(), address_id=None)
    if await do.shopping.addresses(do.me.id, SAVED):
        return SavedAddress(zones=zones)
    return NewPlace(zones=zones)


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


class SavedAddress(Going):
    """One of the places they had things brought to before."""

    tag: ClassVar[str] = "shopping.address"
    strays: ClassVar[bool] = False
    takes: ClassVar[frozenset[str]] = frozenset({"location"})

    async def ask(self, do: Services) -> Words:
        known = await do.shopping.addresses(do.me.id, SAVED)
        rows = [Choice(f"address:{one.id}", *address_row(one)) for one in known]
        rows.append(Choice("new", row("Somewhere else")))
        return offer(_("Where shall we bring it?"), rows, button("Addresses"))

    async def answer(self, said: Said, do: Services) -> Next:
        if said.place is not None:
            return await NewPlace(zones=self.zones).answer(said, do)
        match opened(said.choice()):
            case ("address", address_id):
                return await self._known(address_id, do)
        return NewPlace(zones=self.zones)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await checkout.afresh(do)

    async def _known(self, address_id: int, do: Services) -> Next:
        try:
            address = await do.shopping.address(do.me.id, address_id)
        except NotFound:
            return NewPlace(zones=self.zones)
        return _to(self.zones, address)


def address_row(address: Address) -> tuple[str, str]:
    """Its name, and all of it; a bare point on the map goes by what is near it."""
    where = place(address)
    if address.label:
        return address.label, where
    if address.line is None and address.directions:
        return address.directions, place(replace(address, directions=None))
    return where, where if len(where) > LABEL else ""


class NewPlace(Going):
    """A place, typed or shared; where nothing is brought it is no order's, but kept for later."""

    tag: ClassVar[str] = "shopping.place"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"location"})

    async def ask(self, do: Services) -> Words:
        text = _(
            "Where shall we bring it? Type the address (street, house, area), "
            "or share your location."
        )
        return Reply(text, asks_place=True)

    async def answer(self, said: Said, do: Services) -> Next:
        if (spot := said.place) is None:
            line = said.words(ADDRESS)
            return await _received(self.zones, NewAddress(line=line), do)
        return at_spot(self.zones, spot)


def at_spot(zones: tuple[int, ...], spot: Place) -> Next:
    """A point on the map finds nobody's door: on to what else helps."""
    line = ", ".join(part for part in (spot.name, spot.address) if part)
    return Landmark(
        zones=zones, latitude=spot.latitude, longitude=spot.longitude, line=line or None
    )


class Landmark(Going):
    """What helps to find a shared location."""

    tag: ClassVar[str] = "shopping.landmark"
    free_text: ClassVar[bool] = True
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
        return await _received(self.zones, address, do)


class Recipient(Going):
    """Who receives, when we do not know the person's name."""

    tag: ClassVar[str] = "shopping.recipient"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"contacts"})
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
        return _to(self.zones, await do.shopping.save_address(do.me.id, address))


def received_by(said: Said) -> tuple[str, str | None]:
    """Name and phone (E.164) of who receives: typed, or from a contact card."""
    if said.kind != "contacts":
        return said.words(NAME), None
    phone = said.text if said.text.startswith("+") else None
    return (said.name[:NAME] or said.words(NAME)), phone


async def _received(zones: tuple[int, ...], address: NewAddress, do: Services) -> Next:
    if do.me.name:
        named = replace(address, recipient=do.me.name)
        return _to(zones, await do.shopping.save_address(do.me.id, named))
    return Recipient(
        zones=zones,
        line=address.line,
        latitude=address.latitude,
        longitude=address.longitude,
        directions=address.directions,
    )


def _to(zones: tuple[int, ...], address: Address) -> Next:
    if not zones:
        return addresses.NameAddress(address_id=address.id or 0)
    return checkout.Summary(zones=zones, address_id=address.id)


STEPS: list[type[Step]] = [Receive, SavedAddress, NewPlace, Landmark, Recipient]
