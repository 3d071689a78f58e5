"""Where a shop is: country, money and clock guessed from the number, and its address."""

from typing import ClassVar

from bot.dialog import Choice, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import LANGUAGES, _, button, current
from handlers.chat.business import opening
from handlers.chat.shopping.offers import offer
from services import Services
from services.businesses.places import (
    OFTEN,
    Place,
    country_name,
    country_named,
    place_in,
    place_of,
    zones_of,
)

ADDRESS = 200  # characters
ROWS = 9


async def ask_country(do: Services) -> Next:
    """One tap where the number says it; else the list."""
    phone = await do.people.phone(do.me.id)
    guess = None if phone is None else place_of(phone)
    if guess is None:
        return WhichCountry()
    return ShopCountry(country=guess.country, time_zone=guess.time_zone)


class ShopCountry(Step):
    """Country, money, clock and language, to be confirmed by one tap."""

    tag: ClassVar[str] = "business.open-country"
    country: str
    time_zone: str

    async def ask(self, do: Services) -> Words:
        place = place_in(self.country, self.time_zone)
        text = _(
            "*{country}*: prices in {currency}, the clock of {city}, and I write to you in "
            "{language}. Is that right?"
        ).format(
            country=country_name(self.country, current()),
            currency=place.currency if place else "",
            city=_city(self.time_zone),
            language=LANGUAGES[current()],
        )
        choices = [Choice("yes", button("That is right"))]
        choices.append(Choice("country", button("Another country")))
        if len(zones_of(self.country)) > 1:
            choices.append(Choice("clock", button("Another clock")))
        return Reply(text, tuple(choices))

    async def answer(self, said: Said, do: Services) -> Next:
        match _meant(said):
            case "country":
                return WhichCountry()
            case "clock":
                return WhichClock(country=self.country)
        place = place_in(self.country, self.time_zone)
        return WhichCountry() if place is None else await _there(place, do)


def _meant(said: Said) -> str:
    try:
        return said.choice()
    except NotUnderstood:
        return "yes" if said.yes_no() else "country"


async def _there(place: Place, do: Services) -> Next:
    draft = await opening.kept(do)
    fee = draft.fee if draft.currency == place.currency else None
    return await opening.on(
        do,
        country=place.country,
        currency=place.currency,
        time_zone=place.time_zone,
        language=current(),
        fee=fee,
    )


class WhichCountry(Step):
    tag: ClassVar[str] = "business.open-where"
    free_text: ClassVar[bool] = True

    async def ask(self, do: Services) -> Words:
        rows = [Choice(code, country_name(code, current())) for code in OFTEN]
        text = _("Which country is your shop in? Choose, or type its name.")
        return offer(text, rows, button("Countries"))

    async def answer(self, said: Said, do: Services) -> Next:
        place = place_in(_country(said))
        if place is None:
            raise NotUnderstood(_("I do not know that country. Type its name once more?"))
        return ShopCountry(country=place.country, time_zone=place.time_zone)


def _country(said: Said) -> str:
    if (code := country_named(said.text, tuple(LANGUAGES))) is not None:
        return code
    try:
        return said.choice()
    except NotUnderstood:
        return ""


class WhichClock(Step):
    """A country with several time zones."""

    tag: ClassVar[str] = "business.open-clock"
    free_text: ClassVar[bool] = True
    country: str

    async def ask(self, do: Services) -> Words:
        rows = [Choice(zone, _city(zone)) for zone in zones_of(self.country)[:ROWS]]
        text = _("Which city's clock do you go by? Choose, or type a city.")
        return offer(text, rows, button("Cities"))

    async def answer(self, said: Said, do: Services) -> Next:
        zone = self._typed(said)
        if zone not in zones_of(self.country):
            raise NotUnderstood(_("I do not know that city's clock. Type a larger one nearby?"))
        return ShopCountry(country=self.country, time_zone=zone)

    def _typed(self, said: Said) -> str:
        wanted = said.text.strip().casefold()
        for zone in zones_of(self.country):
            if _city(zone).casefold() == wanted:
                return zone
        try:
            return said.choice()
        except NotUnderstood:
            return ""


def _city(time_zone: str) -> str:
    return time_zone.rpartition("/")[2].replace("_", " ")


class ShopAddress(Step):
    """Where people find it, if they do."""

    tag: ClassVar[str] = "business.open-address"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"location"})

    async def ask(self, do: Services) -> Words:
        text = _(
            "Where do people find your shop? Type the address, or share its location: tap the "
            "paper clip, then *Location*."
        )
        return Reply(text, (Choice("none", button("I only deliver")),))

    async def answer(self, said: Said, do: Services) -> Next:
        if (spot := said.place) is not None:
            where = {"latitude": spot.latitude, "longitude": spot.longitude}
            named = (spot.name or spot.address)[:ADDRESS] or None
            return await _at(named, do, **where)
        if _is_none(said):
            gone = {"address": None, "latitude": None, "longitude": None}
            return await opening.on(do, has_place=False, hands="delivery", **gone)
        return await _at(said.words(ADDRESS), do)


def _is_none(said: Said) -> bool:
    try:
        return said.choice() == "none"
    except NotUnderstood:
        return False


async def _at(address: str | None, do: Services, **where: float) -> Next:
    draft = await opening.kept(do)
    hands = draft.hands if draft.has_place else None  # asked anew where there was no place before
    return await opening.on(do, has_place=True, address=address, hands=hands, **where)


class ShopLandmark(Step):
    """How people call a place that was shared without a name."""

    tag: ClassVar[str] = "business.open-landmark"
    free_text: ClassVar[bool] = True

    async def ask(self, do: Services) -> Words:
        return _("Got it. And in words: street, house, what stands beside it?")

    async def answer(self, said: Said, do: Services) -> Next:
        return await _at(said.words(ADDRESS), do)


STEPS: list[type[Step]] = [ShopCountry, WhichCountry, WhichClock, ShopAddress, ShopLandmark]
