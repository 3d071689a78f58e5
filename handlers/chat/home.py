"""The main menu, and the choice of language."""

from collections.abc import Sequence
from typing import ClassVar

from bot.dialog import (
    Action,
    Burst,
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
from bot.language import LANGUAGES, _, button, current, in_every_language, row, speak
from handlers.chat import business, question
from handlers.chat.names import first_name
from handlers.chat.phrases import phrases, plain
from handlers.chat.shopping import browse, cart, orders
from services import Services


class Menu(Step):
    """Where every conversation begins and ends. Asks the database nothing."""

    tag: ClassVar[str] = "home.menu"
    burst: ClassVar[Burst] = "together"

    @classmethod
    def together(cls, texts: Sequence[str]) -> str:
        """*hi* · *I want* · *a haircut*: what is wanted, without the greeting."""
        return super().together([text for text in texts if not is_greeting(text)] or texts[-1:])

    async def ask(self, do: Services) -> Words:
        rows = [
            Choice("shop", row("Shop"), _("Look around, or type what you need")),
            Choice("orders", row("My orders"), _("Where they are, order again")),
            Choice("cart", row("My cart"), _("What you have chosen so far")),
            Choice("person", row("Ask a person"), _("Your question goes to the shop")),
            Choice("language", row("Language"), " · ".join(LANGUAGES.values())),
        ]
        if do.me.is_member:
            rows.append(Choice("business", row("My business"), _("New orders, today's takings")))
        return Reply(_("What can I do for you?"), tuple(rows), button("Menu"))

    async def answer(self, said: Said, do: Services) -> Next:
        return await _enter(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _enter(choice, do)


async def _enter(choice: str, do: Services) -> Next:
    match choice:
        case "shop":
            return await browse.enter(do)
        case "orders":
            return orders.MyOrders()
        case "cart":
            return await cart.show(do)
        case "person":
            return await question.begin(do)
        case "language":
            return ChooseLanguage()
        case "business":
            return await business.enter(do)
    return Menu()


class ChooseLanguage(Step):
    """Which language we speak from here on."""

    tag: ClassVar[str] = "home.language"

    async def ask(self, do: Services) -> Words:
        choices = tuple(Choice(code, name) for code, name in LANGUAGES.items())
        return Reply(_("Which language shall we speak?"), choices, button("Languages"))

    async def answer(self, said: Said, do: Services) -> Next:
        return await switch(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await switch(choice, do) if choice in LANGUAGES else None


async def switch(language: str, do: Services) -> Next:
    """Speak `language` (a code of LANGUAGES) from now on."""
    if language not in LANGUAGES:
        raise NotUnderstood(
            _("I did not get that. Please tap one of the choices, or type its number.")
        )
    if language != current() or language != do.me.language:
        await do.people.choose_language(do.me.id, language)
    speak(language)
    return Done(_("Good, we speak English."))


async def named_language(said: Said, do: Services) -> Next | None:
    """*Kiswahili*: the name of a language, by itself, switches to it."""
    code = _language(said.text)
    return None if code is None else await switch(code, do)


def _language(words: str) -> str | None:
    names = {name.casefold(): code for code, name in LANGUAGES.items()}
    return names.get(plain(words)) or _ALSO.get(plain(words))


_ALSO = {"swahili": "sw", "kiingereza": "en"}


async def my_business(said: Said, do: Services) -> Next | None:
    """*my business*, typed anywhere."""
    return await business.enter(do) if plain(said.text) in _BUSINESS else None


def is_phrase(words: str) -> bool:
    """Whether a whole message is one of these shortcuts."""
    return plain(words) in _BUSINESS or _language(words) is not None


_BUSINESS = phrases(in_every_language("my business, business"))


async def greeted(said: Said, do: Services) -> Next | None:
    """*Hi* in the middle of things: a greeting back, and the menu."""
    if not is_greeting(said.text):
        return None
    return Go(Menu(), hello(do))


def hello(do: Services) -> str:
    if do.me.name:
        return _("Hello {name}, good to hear from you! 👋").format(name=first_name(do.me.name))
    return _("Hello, good to hear from you! 👋")


GREETINGS = {
    "en": "hi, hello, hey, hallo, hiya, yo, morning, evening, good morning, good afternoon, "
    "good evening, hi there, hello there, greetings",
    "sw": "habari, mambo, jambo, hujambo, niaje, sasa, shikamoo, vipi, salaam, hodi, "
    "habari yako, habari za leo, habari za asubuhi, habari za jioni, mambo vipi",
}
"""Greetings by language: the first one a person says tells which language they speak."""


def is_greeting(text: str) -> bool:
    return plain(text) in phrases(GREETINGS)


def spoken_in(text: str) -> str | None:
    """The language a greeting, or a language's name, belongs to."""
    words = plain(text)
    for language, greetings in GREETINGS.items():
        if words in phrases({language: greetings}) or words == LANGUAGES[language].casefold():
            return language
    return None


async def to_menu(argument: str, do: Services) -> Next:
    return Go(Menu())


async def to_person(argument: str, do: Services) -> Next:
    return await question.begin(do)


STEPS: list[type[Step]] = [Menu, ChooseLanguage]
ACTIONS: dict[str, Action] = {"menu": to_menu, "agent": to_person}
SHORTCUTS = (named_language, my_business)
ROUTES = (greeted,)
