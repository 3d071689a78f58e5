"""Saying how one likes what one bought: stars, then words and a photo for who wants to."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from pydantic import AliasChoices, Field

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Words,
)
from bot.language import _, button, row
from handlers.chat.files import FileComing
from handlers.chat.shopping.offers import chosen, offer
from handlers.chat.shopping.words import named as full_name
from handlers.chat.shopping.words import star_line
from handlers.chat.taps import has_none, number_of, two_numbers_of
from services import Services
from services.ground.errors import NotFound
from services.shopping import NotYours, Reviewable, ReviewStatus

LONGEST = 1000  # characters
ROWS = 9  # lines of an order in a list, with one more to leave it
BEST = 5
_STARS = frozenset(map(str, range(1, BEST + 1)))


async def begin(order_id: int, do: Services) -> Next:
    """Rate an order: its only product at once, else which one?"""
    lines = await rateable(order_id, do)
    if not lines:
        return Again(_("There is nothing to rate there."))
    if len(lines) == 1:
        return RateItem(item_id=lines[0].order_item_id)
    return WhichToRate(order_id=order_id)


async def rateable(order_id: int, do: Services) -> list[Reviewable]:
    try:
        return await do.shopping.reviewable(do.me.id, order_id)
    except NotFound:
        return []


async def _line(item_id: int, do: Services) -> Reviewable | None:
    try:
        return await do.shopping.reviewable_item(do.me.id, item_id)
    except (NotFound, NotYours):
        return None


class WhichToRate(Step):
    """Which line of an order, with the stars it has already."""

    tag: ClassVar[str] = "shopping.rate-which"
    order_id: int

    async def ask(self, do: Services) -> Words:
        lines = await rateable(self.order_id, do)
        rows = [
            Choice(f"item:{one.order_item_id}", full_name(one.name, one.title), _stars_of(one))
            for one in lines[:ROWS]
        ]
        rows.append(Choice("done:0", row("That is all")))
        return offer(_("Which one would you like to rate?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        match chosen(said):
            case ("item", item_id):
                return RateItem(item_id=item_id)
        return Done()

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        what, _colon, number = choice.partition(":")
        return await rate(number, do) if what == "item" else None


def _stars_of(line: Reviewable) -> str:
    return star_line(line.review.rating) if line.review else _("Not rated yet")


class RateItem(Step):
    """How many stars."""

    tag: ClassVar[str] = "shopping.rate"
    item_id: int

    async def ask(self, do: Services) -> Words:
        line = await _line(self.item_id, do)
        if line is None:
            return _gone()
        text = _("How do you like *{name}*? Tap, or type a number from 1 to 5.")
        text = text.format(name=full_name(line.name, line.title))
        if line.review:
            before = _("So far you gave it {stars}.").format(stars=star_line(line.review.rating))
            text = f"{text}\n{before}"
        return Reply(text, (*_ratings(), Choice("later", row("Not now"))), button("Stars"))

    async def answer(self, said: Said, do: Services) -> Next:
        rating = _rating(said)
        return Done(later()) if rating is None else await _rated(self.item_id, rating, do)


async def _rated(item_id: int, rating: int, do: Services) -> Next:
    try:
        review = await do.shopping.rate(do.me.id, item_id, rating)
    except (NotFound, NotYours):
        return Done(_gone())
    return ReviewWords(item_id=item_id, rating=review.rating)


def _ratings() -> tuple[Choice, ...]:
    """From one star to five, so that the number typed is the row's as well."""
    return tuple(Choice(str(n), label, star_line(n)) for n, label in _labels())


def _labels() -> Iterable[tuple[int, str]]:
    said = (row("Very bad"), row("Not good"), row("All right"), row("Good"), row("Very good"))
    return enumerate(said, start=1)


def _rating(said: Said) -> int | None:
    """1 to 5; None for *not now*. Raises NotUnderstood."""
    try:
        choice = said.choice()
    except NotUnderstood:
        choice = ""
    if choice == "later":
        return None
    return int(choice) if choice in _STARS else said.number(1, BEST)


def later() -> str:
    return _("All right. Whenever you like: the order has a button for it, under *my orders*.")


def _gone() -> str:
    return _("That cannot be rated any more.")


class ReviewWords(Step):
    """Why those stars: words, a photo, both, or neither."""

    tag: ClassVar[str] = "shopping.rate-words"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"image"})
    item_id: int
    rating: int

    async def ask(self, do: Services) -> Words:
        line = await _line(self.item_id, do)
        said = line.review.content if line and line.review else None
        stars = star_line(self.rating)
        if said:
            text = _("{stars} noted. So far you say: “{words}” Write it anew, or leave it so.")
            keep = Choice("none", button("Leave it so"))
            return Reply(text.format(stars=stars, words=said), (keep,))
        text = _(
            "{stars} noted, thank you! Would you like to say why? Write it in one message, "
            "or send a photo."
        )
        return Reply(text.format(stars=stars), (Choice("none", button("No, that is all")),))

    async def answer(self, said: Said, do: Services) -> Next:
        is_said = said.text.strip() if said.files else said.tapped is None and not has_none(said)
        if is_said:
            words = said.words(LONGEST)
            try:
                await do.shopping.add_words(do.me.id, self.item_id, words)
            except (NotFound, NotYours):
                return Done(_gone())
        if said.files:
            return ReviewPhoto(item_id=self.item_id, expected=said.files[0].file_id)
        return await thanked(self.item_id, do)


class ReviewPhoto(FileComing):
    """A review's photo is on its way."""

    tag: ClassVar[str] = "shopping.rate-photo"
    item_id: int
    expected: int = Field(validation_alias=AliasChoices("expected", "file_id"))  # so until 0.2

    async def came(self, key: str, do: Services) -> Next:
        await do.shopping.add_photo(do.me.id, self.item_id, key)
        return await thanked(self.item_id, do)

    async def question(self, do: Services) -> Step:
        line = await _line(self.item_id, do)
        rating = line.review.rating if line and line.review else BEST
        return ReviewWords(item_id=self.item_id, rating=rating)


async def thanked(item_id: int, do: Services) -> Next:
    """Thanks, and on to what else of the order has no stars yet."""
    line = await _line(item_id, do)
    if line is None:
        return Done(_gone())
    text = _("Thank you! The shop reads it first, then everybody can see it.")
    if line.review and line.review.status is ReviewStatus.APPROVED:
        text = _("Thank you! It stays as it is.")
    others = await rateable(line.order_id, do)
    if any(one.review is None for one in others):
        return Go(WhichToRate(order_id=line.order_id), text)
    return Done(text)


# -- buttons that work from anywhere -----------------------------------------------------


def star_buttons(item_id: int) -> tuple[Choice, ...]:
    """One to five stars for a line, at once."""
    return tuple(
        replace(Choice.act("stars", f"{item_id}.{n}", label), description=star_line(n))
        for n, label in _labels()
    )


async def give_stars(argument: str, do: Services) -> Next:
    item_id, rating = two_numbers_of(argument)
    if await _line(item_id, do) is None or not 1 <= rating <= BEST:
        return Again(_gone())
    return await _rated(item_id, rating, do)


async def rate(argument: str, do: Services) -> Next:
    """The button of one line."""
    line = await _line(number_of(argument), do)
    return Again(_gone()) if line is None else RateItem(item_id=line.order_item_id)


async def rate_order(argument: str, do: Services) -> Next:
    return await begin(number_of(argument), do)


async def not_now(argument: str, do: Services) -> Next:
    return Again(later(), quietly=True)


ACTIONS: dict[str, Action] = {
    "stars": give_stars,
    "rate": rate,
    "rate-order": rate_order,
    "rate-later": not_now,
}
STEPS: list[type[Step]] = [WhichToRate, RateItem, ReviewWords, ReviewPhoto]
